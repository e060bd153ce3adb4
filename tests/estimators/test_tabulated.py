import pytest

import moo_inference as mi
from moo_inference.errors import SettingError


@pytest.fixture
def curve(gpt5):
    return mi.MonteCarlo(trials=10).estimate(gpt5, [8, 2, 4])


def test_answers_in_the_order_asked(gpt5, curve):
    known = mi.Tabulated(curve).estimate(gpt5, [4, 8, 4])
    assert known.k.tolist() == [4, 8, 4]
    assert (known.table == curve.table[[2, 0, 2]]).all()


@pytest.mark.parametrize("k", [[1], [3], [9], [2, 5]])
def test_an_unknown_k_is_refused_by_name(gpt5, curve, k):
    with pytest.raises(SettingError, match=f"does not hold {k[-1]}"):
        mi.Tabulated(curve).estimate(gpt5, k)


def test_other_conditions_are_refused(gpt5, curve):
    with pytest.raises(SettingError, match="parallel and latency must be None"):
        mi.Tabulated(curve).estimate(gpt5, [2], parallel=2)


def test_every_unknown_k_is_named_up_to_five(gpt5, curve):
    with pytest.raises(SettingError, match=r"^k must be in the table, which does not hold 1, 3, 5, 6, 7$"):
        mi.Tabulated(curve).estimate(gpt5, [1, 2, 3, 4, 5, 6, 7, 9])
    with pytest.raises(SettingError, match="latency must be None"):
        mi.Tabulated(curve).estimate(gpt5, [2], latency="waves")


def test_each_model_gets_the_same_rows_with_the_views_that_are_known(gpt5, essay):
    other = essay.replace(name="Other")
    known = mi.Tabulated(mi.ClosedForm().estimate(gpt5, [8, 2, 4], scenarios=[essay]))
    first, second = known.estimate_many([gpt5, gpt5], [4, 8], scenarios=[essay, other])
    assert first.table.tobytes() == second.table.tobytes()
    assert list(first.views) == [essay]
    assert first.views[essay].attainment.tolist() == known.curve.views[essay].attainment[[2, 0]].tolist()
    assert known.estimate(gpt5, [2]).views == {}
    assert known.settings() == {"estimator": "Tabulated", "k": [8, 2, 4]}
