"""Curves of models whose passes stop early, from recorded attempts."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.studies.posterior import posterior


@pytest.fixture(scope="module")
def catalog():
    return mi.load_catalog("otis-mock-aime")


@pytest.fixture(scope="module")
def model(catalog):
    return catalog.models["gpt-5@high"]


def test_first_verified_is_as_accurate_and_cheaper(model):
    fixed = mi.Recorded().estimate(model, [1, 2, 4, 8], parallel=1)
    stopped = mi.Recorded(stop="first-verified").estimate(model, [1, 2, 4, 8], parallel=1)
    np.testing.assert_allclose(stopped.accuracy.mean, fixed.accuracy.mean, rtol=1e-12)
    np.testing.assert_allclose(stopped.cost.mean[0], fixed.cost.mean[0])
    assert (stopped.cost.mean[1:] < 0.9 * fixed.cost.mean[1:]).all()
    assert (np.diff(stopped.cost.mean) > 0).all()
    np.testing.assert_allclose(stopped.passes.sum(axis=1), 1)
    assert (stopped.mean_passes[1:] < [2, 4, 8]).all()
    assert stopped.passes_within(1.0).tolist() == [1, 2, 4, 8], "questions that are never solved run all"
    assert fixed.passes is None
    assert fixed.mean_passes.tolist() == [1, 2, 4, 8]


def test_a_batch_of_all_passes_saves_nothing(model):
    fixed = mi.Recorded().estimate(model, [8], parallel=8)
    stopped = mi.Recorded(stop="first-verified").estimate(model, [8], parallel=8)
    np.testing.assert_allclose(stopped.cost.mean, fixed.cost.mean)
    one_by_one = mi.Recorded(stop="first-verified/1").estimate(model, [8], parallel=8)
    np.testing.assert_allclose(
        one_by_one.table, mi.Recorded(stop="first-verified").estimate(model, [8], parallel=1).table
    )
    # Looking after each pass is cheaper and slower than running all at once.
    assert one_by_one.cost.mean < 0.5 * fixed.cost.mean
    assert one_by_one.time.mean > 1.1 * fixed.time.mean


def test_a_vote_that_is_sure_keeps_the_most_frequent_answer(model):
    voted = mi.Recorded(stop="vote-until-sure", confidence=0.9)
    assert voted.settings()["stop"] == "vote-until-sure=0.9"
    assert voted.as_run(model).keep == "majority"
    assert mi.Recorded(stop="vote-until-sure").confidence == 0.95
    fixed = mi.Recorded(stop="fixed").estimate(voted.as_run(model), [8], parallel=1)
    stopped = voted.estimate(model, [8], parallel=1)
    assert abs(stopped.accuracy.mean - fixed.accuracy.mean) < 0.01
    assert stopped.cost.mean < 0.75 * fixed.cost.mean


def test_attainment_is_between_that_of_one_pass_and_that_of_all(model):
    scenario = mi.Scenario(name="own", c_max=0.1, t_max=400.0, a_min=0.5)
    shares = {}
    for stop in ("fixed", "first-verified"):
        [share], [se] = mi.Recorded(stop=stop).attainment(model, [8], scenario, parallel=1)
        assert se == 0
        shares[stop] = share
    assert shares["fixed"] < shares["first-verified"] < 1


def test_resampled_questions_rest_on_the_same_means(catalog):
    """What a choice is assessed with is, question by question, what the curve is the mean of."""
    models = {
        key: mi.Recorded(stop="vote-until-sure/2").as_run(catalog.models[key])
        for key in ("gpt-5@high", "gemini-3-flash")
    }
    conditions = Conditions(k_max=8)
    scenario = mi.Scenario(name="own", c_max=0.1, t_max=600.0, t_quantile=0.95, a_min=None)
    curves = {
        key: mi.Recorded().estimate(model, conditions.grid, scenarios=[scenario]) for key, model in models.items()
    }
    known = posterior(models, curves, scenario, conditions)
    for table in known.tables:
        np.testing.assert_allclose(table.estimated, known.F[table.rows], rtol=1e-9, atol=1e-12)
        assert table.within.shape[2] == 1


def test_curves_are_joined_with_the_passes_that_ran(model):
    fixed = mi.Recorded().estimate(model, [1, 4])
    stopped = mi.Recorded(stop="first-verified/1").estimate(model, [2, 8])
    joined = mi.ScalingCurve.joined([fixed, stopped])
    assert joined.passes.shape == (4, 8)
    np.testing.assert_allclose(joined.mean_passes[:2], [1, 4])
    np.testing.assert_allclose(joined.mean_passes[2:], stopped.mean_passes)
    np.testing.assert_allclose(joined.take([3]).passes[0], stopped.passes[1])


def test_what_cannot_be_is_refused(model, catalog):
    with pytest.raises(SettingError, match="at most the 8 attempts"):
        mi.Recorded(stop="first-verified", beyond="extrapolate").estimate(model, [9])
    with pytest.raises(SettingError, match="confidence must come with stop 'vote-until-sure'"):
        mi.Recorded(stop="first-verified", confidence=0.9)
    with pytest.raises(SettingError, match="needs answers"):
        mi.Recorded(stop="vote-until-sure").estimate(catalog.models["gpt-4"], [2])
    with pytest.raises(SettingError, match="MonteCarlo"):
        mi.MonteCarlo().estimate(model.replace(stop="first-verified"), [2])
    with pytest.raises(SettingError, match="keep 'majority'"):
        model.replace(stop="vote-until-sure")


def test_settings_make_the_same_estimator_again():
    from moo_inference.estimators import estimator_from

    own = mi.Recorded(stop="vote-until-sure=0.9/2", seed=3)
    assert estimator_from(own.settings()) == own


def test_a_catalog_holds_a_policy(tmp_path, catalog, model):
    own = catalog.replace(models={"a": model.replace(stop="first-verified/2"), "b": model})
    path = tmp_path / "catalog.yaml"
    mi.save_catalog(own, path)
    assert "stop: first-verified/2" in path.read_text()
    assert path.read_text().count("stop") == 1
    again = mi.load_catalog(path)
    assert again.models["a"].stop == own.models["a"].stop
    assert again.models["b"].stop is None
