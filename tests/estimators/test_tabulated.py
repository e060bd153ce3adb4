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
