"""What every estimator shares: validated k, trials and conditions, and models that end at their own samples."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.errors import SettingError, whole_number
from moo_inference.estimators import choose_estimator, default_estimator, estimator_from
from moo_inference.estimators.base import (
    MOST_TRIALS,
    Estimator,
    curves_within_samples,
    estimate_curves,
    estimator_settings,
    groups_within_samples,
    refuse_beyond_samples,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.checks import passes


def sampled(model, samples, name):
    return model.replace(name=name, accuracy={"kind": "outcomes", "questions": {"a": f"1/{samples}"}})


class Asked(Estimator):
    """Notes how it is asked."""

    def __init__(self):
        self.calls = []

    def estimate_many(self, models, k, **options):
        self.calls.append((list(k), options))
        options["progress"] and options["progress"](1, 1)
        return [model.name for model in models]

    def settings(self):
        return {"estimator": "Asked"}


@pytest.mark.parametrize("within_samples", [False, True])
def test_every_argument_reaches_the_estimator(gpt5, essay, within_samples):
    estimator, told = Asked(), []
    conditions = Conditions(k_max=3, k_step=2, k_min=1, parallel=7, latency="waves")
    asked = (estimator, [gpt5, gpt5.replace(name="Other")])
    options = {"scenarios": [essay], "progress": lambda *step: told.append(step)}
    if within_samples:
        found = curves_within_samples(*asked, conditions, **options)
    else:
        found = estimate_curves(*asked, [1, 3], conditions, **options)
    assert found == ["GPT-5", "Other"]
    [(k, options)] = estimator.calls
    assert k == [1, 3]
    assert (options["parallel"], options["latency"], options["scenarios"]) == (7, "waves", [essay])
    assert told == [(1, 1)]


def test_models_with_other_samples_are_asked_apart_and_come_back_in_their_order(gpt5):
    estimator, told = Asked(), []
    models = [sampled(gpt5, 2, "two"), gpt5, sampled(gpt5, 2, "also two"), sampled(gpt5, 9, "nine")]
    found = curves_within_samples(estimator, models, Conditions(k_max=4), progress=lambda *step: told.append(step))
    assert found == ["two", "GPT-5", "also two", "nine"]
    assert [k for k, _ in estimator.calls] == [[1, 2], [1, 2, 3, 4]]
    assert [options["progress"] for _, options in estimator.calls] == [None, None]
    assert told == [(1, 2), (2, 2)]
    curves_within_samples(Asked(), models, Conditions(k_max=4))
    groups = groups_within_samples(models, np.array([4, 1, 2]))
    assert [(k.tolist(), members) for k, members in groups] == [([1, 2], [0, 2]), ([4, 1, 2], [1, 3])]


def test_an_object_with_just_an_estimate_will_do(gpt5):
    class Plain:
        def estimate(self, model, k, *, parallel, latency):
            return model.name, list(k), parallel, latency

    found = estimate_curves(Plain(), [gpt5], [1], Conditions(parallel=3, latency="ideal"))
    assert found == [("GPT-5", [1], 3, "ideal")]
    assert estimator_settings(Plain()) == {"estimator": "Plain"}
    assert estimator_settings(mi.MonteCarlo(seed=3)) == {
        "estimator": "MonteCarlo", "trials": 300, "seed": 3, "draws": "common",
    }  # fmt: skip


def test_an_evaluation_that_tells_of_no_k_is_refused_by_name(gpt5):
    models = [sampled(gpt5, 2, "two"), gpt5, sampled(gpt5, 3, "three")]
    with pytest.raises(SettingError) as refused:
        groups_within_samples(models, np.array([5, 3]))
    assert refused.value.errors == ("two: its evaluation has 2 samples of some question, which allow no k from 3 on",)
    with pytest.raises(SettingError) as refused:
        refuse_beyond_samples(models, 3)
    assert refused.value.errors == ("two: k_max must be at most 2, the samples per question of its evaluation, got 3",)
    refuse_beyond_samples(models, 2)


def test_numbers_of_passes_are_checked_and_told():
    assert passes(3).tolist() == [3]
    assert passes(np.array([2.0, 1.0])).dtype == np.int64
    assert passes([2**53 - 1]).tolist() == [2**53 - 1]
    for k in ([2**53], [1e19], [0, 5, -1, 1.5, np.nan, 0.5, -9]):
        with pytest.raises(SettingError, match="k must be whole numbers of at least 1, got"):
            passes(k)
    with pytest.raises(SettingError, match=r"got 0, -1, 1\.5, nan, 0\.5, \.\.\.$"):
        passes([0, 5, -1, 1.5, np.nan, 0.5, -9])
    for k in ([[1, 2]], [], ["1"], [True]):
        with pytest.raises(SettingError, match="k must be a list of whole numbers of at least 1, got"):
            passes(k)


def test_whole_numbers_have_a_least_and_a_most():
    assert whole_number("trials", np.int64(1), 1, 3) == whole_number("trials", 1, 1) == 1
    assert whole_number("trials", 3, 1, 3) == 3
    with pytest.raises(SettingError, match="trials must be at most 1,000, got 1,001"):
        whole_number("trials", 1001, 1, 1000)
    for kind in (mi.MonteCarlo, mi.Empirical):
        assert kind(trials=MOST_TRIALS, seed=10**12).seed == 10**12
        assert type(kind(trials=np.int32(5)).trials) is int
        with pytest.raises(SettingError, match="trials must be at most 100,000,000, got 100,000,001"):
            kind(trials=MOST_TRIALS + 1)


def test_conditions_are_the_model_s_unless_others_are_asked_for(gpt5):
    assert Conditions().of(gpt5) == (4, "ideal")
    assert Conditions(parallel=10**9, latency="waves").of(gpt5) == (10**9, "waves")
    with pytest.raises(SettingError, match="parallel must be at most 1,000,000,000, got 1,000,000,001"):
        Conditions(parallel=10**9 + 1)
    with pytest.raises(SettingError, match="latency must be one of: ideal, waves; got 'fast'"):
        Conditions(latency="fast")


def test_options_that_an_estimator_does_not_have_are_named():
    with pytest.raises(
        SettingError, match=r"^trials, seed must not be given: closed-form has no trials, and so no seed"
    ):
        choose_estimator("closed-form", trials=5, seed=1)
    with pytest.raises(SettingError, match=r"^draws must not be given: empirical has common draws alone$"):
        choose_estimator("empirical", draws="common")
    with pytest.raises(SettingError, match=r"must be one of: ClosedForm, MonteCarlo, Empirical, Recorded; got None"):
        estimator_from({})
    with pytest.raises(SettingError, match=r"ClosedForm does not take these settings: \{'trials': 3\}"):
        estimator_from({"estimator": "ClosedForm", "trials": 3})
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(7, 8, "independent"), mi.Empirical(7, 8)):
        assert estimator_from(estimator.settings()) == estimator
    assert default_estimator() == mi.ClosedForm()
