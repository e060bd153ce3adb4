"""Measured passes that are drawn: further resources, other weights, intervals of quantiles, against plain counts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from test_empirical import ANSWERS, PROMPTS, SECONDS, TIER, VARIANTS, twin, variant

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.empirical import resampled_means
from moo_inference.estimators.measured_tails import of_passes, of_queries

JOULES = {"joules_per_input_token": 0.25, "joules_per_output_token": 2.0}
TRIALS, SEED, Q = 80, 3, 0.6
KS = [1, 2, 3]


@pytest.fixture
def measured(gpt5):
    passes = {"input_tokens": PROMPTS, "output_tokens": ANSWERS, "seconds": SECONDS}
    return gpt5.replace(passes=passes, prompt="per-query", latency="waves", accuracy={"mean": 0.8, "std": 0.2})


def many(model, seconds=True):
    """The model with 24 measured passes, so that medians of queries of three are known."""
    rng = np.random.default_rng(1)
    passes = {
        "input_tokens": rng.integers(100, 3000, 24).tolist(),
        "output_tokens": rng.integers(50, 8000, 24).tolist(),
        **({"seconds": rng.gamma(2, 3, 24).tolist()} if seconds else {}),
    }
    return model.replace(passes=passes, **JOULES)


def drawn(model, k):
    """(k, trials) which measured pass each trial draws."""
    rng = np.random.default_rng(SEED)
    return np.array([np.floor(rng.random(TRIALS) * len(model.passes.input_tokens)).astype(int) for _ in range(k)])


def joules(model, k):
    """(trials,) what the queries use: each pass reads the prompt of the first, or its own, and writes its answer."""
    which = drawn(model, k)
    prompts, answers = np.array(model.passes.input_tokens), np.array(model.passes.output_tokens)
    read = prompts[which] if model.prompt == "per-pass" else prompts[which[:1]].repeat(k, axis=0)
    return (0.25 * read + 2.0 * answers[which]).sum(axis=0)


@pytest.mark.parametrize("prompt", ["per-query", "per-pass"])
def test_a_further_resource_is_used_for_each_prompt_and_each_answer(measured, prompt):
    model = measured.replace(prompt=prompt, **JOULES)
    curve = mi.Empirical(TRIALS, SEED).estimate(model, [3, 1], parallel=2)
    found = curve.resource("joules")
    assert_allclose(found.mean, np.array([3, 1]) * (0.25 * np.mean(PROMPTS) + 2 * np.mean(ANSWERS)), rtol=1e-12)
    for row, k in enumerate((3, 1)):
        used = joules(model, k)
        assert found.std[row] == pytest.approx(used.std(), rel=1e-12)
        assert [found.low[row], found.high[row]] == pytest.approx(np.quantile(used, [0.025, 0.975]), rel=1e-12)


@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("kind", VARIANTS)
def test_passes_of_other_weights_have_the_means_of_the_passes_that_they_stand_for(measured, kind, latency):
    model = variant(measured, kind).replace(**JOULES)
    k, conditions = np.array([5, 1, 2]), Conditions(parallel=2, latency=latency)
    counts = np.array([[1, 1, 1, 1, 1, 1], [0, 2, 0, 1, 0, 3], [0, 0, 1, 0, 0, 0]])
    found = resampled_means(model, k, conditions, counts / counts.sum(axis=1, keepdims=True))
    assert found.shape == (3, 3, 3)
    for row, times in enumerate(counts.tolist()):
        passes = {
            name: np.repeat(values, times).tolist()
            for name, values in model.passes.model_dump().items()
            if values is not None
        }
        means = mi.Empirical(1).estimate(model.replace(passes=passes), k, parallel=2, latency=latency).means
        assert_allclose(found[row], means[:, :3].T, rtol=1e-12)


def test_a_model_without_measured_passes_has_none_to_weigh(gpt5):
    with pytest.raises(SettingError, match=r"^GPT-5: must have measured passes$"):
        resampled_means(gpt5, np.array([1]), Conditions(), np.ones((1, 1)))


@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("seconds", [True, False])
def test_intervals_of_quantiles_are_those_of_the_passes_or_of_the_queries_that_were_drawn(measured, latency, seconds):
    model = many(measured, seconds).replace(price_tiers=[TIER], latency=latency)
    scenario = mi.Scenario(
        name="S", c_max=1, t_max=99, a_min=0.5, c_quantile=Q, t_quantile=Q, joules_max=1e6, joules_quantile=Q
    )
    mean = scenario.replace(name="M", c_quantile=None, t_quantile=None, joules_quantile=None)
    curve = mi.Empirical(TRIALS, SEED).estimate(model, [3, 1, 2], parallel=2, scenarios=[scenario, mean])
    view, n = curve.views[scenario], 24
    assert curve.views[mean].tails is None
    for row, k in enumerate((3, 1, 2)):
        cost, time = twin(model, k, TRIALS, SEED, 2, latency).T
        each = [twin(one, 1, 1, 0, 2, latency)[0] for one in passes_one_by_one(model)]
        prompts, answers = np.array(model.passes.input_tokens), np.array(model.passes.output_tokens)
        own = [*np.array(each).T, 0.25 * prompts + 2.0 * answers]
        one_wave = latency == "waves" and seconds and k <= 2
        for column, queries in enumerate((cost, time, joules(model, k))):
            if k == 1 or (column == 1 and one_wave):
                low, high, needed = of_passes(own[column], Q, k)
            else:
                low, high, needed = of_queries(queries, Q, drawn(model, k), n)
            value = np.quantile(queries, Q)
            assert view.values[row, column] == pytest.approx(value, rel=1e-12)
            assert view.tails.ci_low[row, column] == pytest.approx(min(low, value), rel=1e-9)
            assert view.tails.ci_high[row, column] == pytest.approx(max(high, value), rel=1e-9)
            assert view.tails.needed[row, column] == needed
    assert np.isnan(view.tails.needed[:, 3]).all()


def passes_one_by_one(model):
    """The model with each of its measured passes alone."""
    whole = {name: values for name, values in model.passes.model_dump().items() if values is not None}
    for row in range(len(model.passes.input_tokens)):
        yield model.replace(passes={name: [values[row]] for name, values in whole.items()})


@pytest.mark.parametrize(("given", "price"), [({"usd_per_million_reasoning_tokens": 3.0}, 3.0), ({}, 4.0)])
def test_reasoning_has_the_price_of_its_tier_or_else_of_the_model(measured, given, price):
    """Half of what is written is reasoning; prompts of more than 1,024 tokens have other prices."""
    tier = {**TIER, **given}
    model = measured.replace(
        reasoning_tokens={"mean": 2048, "std": 10}, usd_per_million_reasoning_tokens=4.0, price_tiers=[tier]
    )
    prompts, answers = np.array(PROMPTS), np.array(ANSWERS)
    read = np.where(prompts > 1024, 2.5, 1.25)
    written = np.where(prompts > 1024, (15 + price) / 2, (10 + 4) / 2)
    found = mi.Empirical(3).estimate(model, [1]).cost.mean[0]
    assert found == pytest.approx((read * prompts + written * answers).mean() / 1e6, rel=1e-12)


def test_progress_of_drawn_passes_counts_the_rows_that_are_done(measured, monkeypatch):
    from moo_inference.estimators import empirical

    monkeypatch.setattr(empirical, "_VALUES_AT_ONCE", 2 * 7)
    told = []
    mi.Empirical(7).estimate_many([measured], [1, 2, 3, 5, 9], progress=lambda *step: told.append(step))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_settings_and_what_is_wrong_with_them():
    assert mi.Empirical().settings() == {"estimator": "Empirical", "trials": 1000, "seed": 42}
    with pytest.raises(SettingError) as refused:
        mi.Empirical(trials=0, seed=-1)
    assert refused.value.errors == (
        "trials must be a whole number of at least 1, got 0",
        "seed must be a whole number of at least 0, got -1",
    )


def test_more_passes_than_samples_are_refused_beside_measured_ones(measured):
    few = measured.replace(accuracy={"kind": "outcomes", "questions": {"a": "1/2"}})
    with pytest.raises(SettingError) as refused:
        mi.Empirical(3).estimate_many([measured, few], [1, 3])
    assert refused.value.errors == ("GPT-5: k must be at most 2, the samples per question of its evaluation, got 3",)
