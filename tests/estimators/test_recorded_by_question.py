"""What recorded attempts say question by question, against enumeration, and what the estimator says and refuses."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from test_recorded import attempts_of, model_of

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators import recorded
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation import special
from moo_inference.evaluation.question_attempts import QuestionAttempts

SIZES = [4, 6, 3, 6, 5]
"""Attempts of each question, so that they are counted in another order than they stand."""
K = np.array([1, 3])
TOKENS = {"joules_per_input_token": 0.5, "joules_per_output_token": 0.01}


def uneven(seed=0, **options):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(len(SIZES)), SIZES)
    n = len(question)
    tokens = rng.integers(50, 2000, (2, n)).astype(float)
    return QuestionAttempts.of(
        question, rng.random(n) < 0.4, rng.random(n), 1 + rng.random(n), tokens=tokens, **options
    )


def queries_of(attempts, k, parallel, *, stops=False, ideal=False):
    """Of each question (ways, 4): USD, seconds, joules and what is kept of each order of its attempts."""
    joules = 0.5 * attempts.tokens[0] + 0.01 * attempts.tokens[1]
    found, start = [], 0
    for n in SIZES:
        own = []
        for order in permutations(range(start, start + n), k):
            ran, seconds = [], 0.0
            for first in range(0, k, parallel):
                wave = list(order[first : first + parallel])
                ran += wave
                times = attempts.seconds[wave]
                seconds += times.sum() / parallel if ideal else times.max()
                if stops and attempts.worth[wave].max() == 1:
                    break
            own.append((attempts.cost[ran].sum(), seconds, joules[ran].sum(), attempts.worth[ran].max()))
        found.append(np.array(own))
        start += n
    return found


@pytest.mark.parametrize("latency", ["waves", "ideal"])
@pytest.mark.parametrize("stop", [None, "first-verified"])
def test_means_of_each_question_are_those_of_all_orders_of_its_attempts(stop, latency):
    attempts = uneven()
    model = model_of(attempts, stop=stop, parallel=2, latency=latency, **TOKENS)
    (usd, joules), seconds, error = mi.Recorded().means_by_question(model, K, Conditions())
    assert usd.shape == joules.shape == seconds.shape == error.shape == (5, 2)
    for column, k in enumerate(K.tolist()):
        for row, own in enumerate(queries_of(attempts, k, 2, stops=stop is not None, ideal=latency == "ideal")):
            found = [usd[row, column], seconds[row, column], joules[row, column], 1 - error[row, column]]
            np.testing.assert_allclose(found, own.mean(axis=0), rtol=1e-9, atol=1e-12)
    one_by_one = mi.Recorded().means_by_question(model, K, Conditions(parallel=1))
    assert (one_by_one[1][:, 1] > seconds[:, 1] if latency == "waves" else one_by_one[1][:, 1] > 0).all()


@pytest.mark.parametrize("stop", [None, "first-verified"])
def test_shares_of_each_question_are_those_of_all_orders_of_its_attempts(stop):
    attempts = uneven()
    model = model_of(attempts, stop=stop, parallel=2, **TOKENS)
    for limits in ((0.9, None, None), (None, 2.5, None), (None, None, 900.0), (1.2, 2.9, 1300.0), (None, None, None)):
        found = mi.Recorded().shares_by_question(model, K, limits, Conditions())
        assert found.shape == (5, 2)
        for column, k in enumerate(K.tolist()):
            for row, own in enumerate(queries_of(attempts, k, 2, stops=stop is not None)):
                most = [np.inf if limit is None else limit for limit in limits]
                within = (own[:, :3] <= most).all(axis=1)
                assert found[row, column] == pytest.approx(within.mean(), abs=1e-12)


@pytest.mark.parametrize("stop", [None, "first-verified"])
def test_a_curve_of_uneven_questions_counts_each_as_often_as_any_other(stop):
    attempts = uneven()
    scenario = mi.Scenario(name="s", c_max=1.2, t_max=2.9, a_min=0.5, joules_max=1300.0)
    model = model_of(attempts, stop=stop, parallel=2, **TOKENS)
    curve = mi.Recorded().estimate(model, K, scenarios=[scenario])
    assert curve.evidence.last.tolist() == [False, True]
    for row, k in enumerate(K.tolist()):
        own = queries_of(attempts, k, 2, stops=stop is not None)
        means = np.array([queries.mean(axis=0) for queries in own])
        second = np.mean([(queries**2).mean(axis=0) for queries in own], axis=0)
        std = np.sqrt(second - means.mean(axis=0) ** 2)
        for quantity, column in ((curve.cost, 0), (curve.time, 1), (curve.resource("joules"), 2), (curve.accuracy, 3)):
            assert quantity.mean[row] == pytest.approx(means[:, column].mean())
            assert quantity.std[row] == pytest.approx(std[column])
            assert quantity.se[row] == pytest.approx(means[:, column].std(ddof=1) / np.sqrt(5))
        met = [((queries <= [1.2, 2.9, 1300, 1]).all(axis=1) & (queries[:, 3] == 1)).mean() for queries in own]
        assert curve.views[scenario].attainment[row] == pytest.approx(np.mean(met))
        assert curve.error[row] == pytest.approx(1 - means[:, 3].mean())


def test_budgets_for_quantiles_of_several_scenarios_each_get_their_own():
    attempts = uneven()
    model = model_of(attempts, parallel=2, **TOKENS)
    budgets = {"c_max": 9.0, "t_max": 9.0, "a_min": 0.0, "joules_max": 1e4}
    plain = mi.Scenario(name="plain", **budgets)
    some = mi.Scenario(name="some", c_quantile=0.7, joules_quantile=0.3, **budgets)
    others = mi.Scenario(name="others", c_quantile=0.9, t_quantile=0.6, a_quantile=0.5, **budgets)
    curve = mi.Recorded().estimate(model, K, scenarios=[plain, some, others])
    assert curve.views[plain].tails is None
    np.testing.assert_array_equal(curve.views[plain].values, curve.means)
    for scenario, asked in ((some, {0: 0.7, 2: 0.3}), (others, {0: 0.9, 1: 0.6, 3: 0.5})):
        view = curve.views[scenario]
        for row, k in enumerate(K.tolist()):
            own = queries_of(attempts, k, 2)
            weights = np.concatenate([np.full(len(queries), 1 / len(queries) / len(SIZES)) for queries in own])
            every = np.concatenate(own)
            for place, column in enumerate((0, 1, 2, 3)):
                expected = curve.means[row, place]
                if place in asked:
                    order = np.argsort(every[:, column], kind="stable")
                    reached = np.cumsum(weights[order]) >= asked[place] * (1 - 1e-9)
                    expected = every[order, column][reached.argmax()]
                assert view.values[row, place] == pytest.approx(expected)
                told = place in asked and place < 3
                assert np.isnan(view.tails.needed[row, place]) != told
                if told and not np.isnan(view.tails.ci_low[row, place]):
                    assert view.tails.ci_low[row, place] <= expected <= view.tails.ci_high[row, place]


@pytest.mark.parametrize("keep", ["oracle", "all"])
def test_beyond_the_attempts_the_interval_is_the_band_of_the_fit_and_holds_the_accuracy(keep):
    attempts = attempts_of(m=40, ease=-0.8, keep=keep)
    k = np.array([2, 6, 9, 30])
    estimator = mi.Recorded(beyond="extrapolate")
    curve = estimator.estimate(model_of(attempts), k)
    low, high = replace(attempts, beyond="extrapolate").difficulty_band(k[2:])
    mean = curve.accuracy.mean[2:]
    np.testing.assert_allclose(curve.evidence.ci_low[2:], np.minimum(low, mean), rtol=1e-12)
    np.testing.assert_allclose(curve.evidence.ci_high[2:], np.maximum(high, mean), rtol=1e-12)
    width = (curve.evidence.ci_high - curve.evidence.ci_low)[2:]
    np.testing.assert_allclose(curve.accuracy.se[2:], width / (2 * special.normal_quantile(0.975)), rtol=1e-12)
    assert curve.evidence.extrapolated.tolist() == [False, False, True, True]
    assert curve.evidence.last.tolist() == [False] * 4
    refused = mi.Recorded().estimate(model_of(attempts), k[:2])
    assert refused.evidence.last.tolist() == [False, True]
    np.testing.assert_array_equal(refused.evidence.ci_low, curve.evidence.ci_low[:2])


def test_models_without_attempts_end_where_they_do_and_with_attempts_nowhere_if_asked_for(gpt5):
    own = model_of(attempts_of())
    counted = gpt5.replace(accuracy={"kind": "outcomes", "questions": {"a": "3/6"}})
    for beyond, limits in (("refuse", [6, 6, None]), ("extrapolate", [None, 6, None])):
        estimator = mi.Recorded(beyond=beyond)
        assert [estimator.k_limit(model) for model in (own, counted, gpt5)] == limits


def test_progress_counts_models_and_stacks_hold_as_many_as_memory_allows(gpt5, monkeypatch):
    alike = [model_of(attempts_of(seed=seed)) for seed in range(3)]
    models = [*alike[:2], gpt5, model_of(attempts_of(n=5)), alike[2], model_of(attempts_of(), stop="first-verified")]
    for at_once, steps in ((1 << 16, [3, 4, 5, 6]), (2 * 72, [2, 3, 4, 5, 6]), (1, [1, 2, 3, 4, 5, 6])):
        monkeypatch.setattr(recorded, "_ATTEMPTS_AT_ONCE", at_once)
        seen: list[tuple[int, int]] = []
        curves = mi.Recorded().estimate_many(models, [1, 2], progress=lambda *step, seen=seen: seen.append(step))
        assert seen == [(done, 6) for done in steps]
        for model, curve in zip(models, curves, strict=True):
            np.testing.assert_array_equal(curve.table, mi.Recorded().estimate(model, [1, 2]).table)


def test_each_question_has_its_share_of_the_draws():
    """Of 60 queries over 12 questions each has 5; fewer than two would have no standard error."""
    model = model_of(attempts_of(n=14), parallel=3)
    for trials, draws in ((60, 5), (61, 6), (72, 6), (2, 2)):
        how = mi.Recorded(trials=trials, seed=9)._queries([model], 7, Conditions()).how
        assert (how.draws, how.seed, how.parallel, how.ideal) == (draws, 9, 3, False)


@pytest.mark.parametrize(
    ("settings", "errors"),
    [
        ({"beyond": "guess"}, ["beyond must be one of: refuse, extrapolate; got 'guess'"]),
        (
            {"confidence": 0.9},
            ["confidence must come with stop 'vote-until-sure', got stop None"],
        ),
        (
            {"stop": "fixed", "confidence": 0.9},
            ["confidence must come with stop 'vote-until-sure', got stop 'fixed'"],
        ),
        (
            {"stop": "first-verified=0.5", "confidence": 0.9},
            ["confidence must come with stop 'vote-until-sure', got stop 'first-verified=0.5'"],
        ),
        (
            {"stop": "vote-until-sure", "confidence": 0.5},
            ["the confidence of vote-until-sure must be above 0.5 and below 1, which no vote reaches; got 0.5"],
        ),
        (
            {"trials": 1, "seed": -1},
            ["trials must be a whole number of at least 2, got 1", "seed must be a whole number of at least 0, got -1"],
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_one_by_one(settings, errors):
    with pytest.raises(SettingError) as refused:
        mi.Recorded(**settings)
    assert list(refused.value.errors) == errors


def test_a_stop_is_one_text_with_its_confidence():
    for given, stop, confidence in (
        ({}, None, None),
        ({"stop": "fixed"}, "fixed", None),
        ({"stop": "first-verified=0.5/2"}, "first-verified=0.5/2", None),
        ({"stop": "vote-until-sure"}, "vote-until-sure", 0.95),
        ({"stop": "vote-until-sure", "confidence": 0.8}, "vote-until-sure=0.8", 0.8),
        ({"stop": "vote-until-sure=0.7/3", "confidence": 0.8}, "vote-until-sure=0.8/3", 0.8),
    ):
        estimator = mi.Recorded(**given)
        assert (estimator.stop, estimator.confidence) == (stop, confidence)
        assert estimator.settings() == {"estimator": "Recorded", "stop": stop, "trials": 10_000, "seed": 42}


def test_more_passes_than_attempts_are_refused_where_they_stop_early_for_all_models_at_once(gpt5):
    models = [model_of(attempts_of(n=n), name=f"of {n}") for n in (4, 5, 6)]
    with pytest.raises(SettingError) as refused:
        mi.Recorded(stop="first-verified/2", beyond="extrapolate").estimate_many([*models, gpt5], [1, 6])
    assert list(refused.value.errors) == [
        f"of {n}: k must be at most the {n} attempts of a question where passes stop early (first-verified/2), got 6"
        for n in (4, 5)
    ]


def test_a_vote_of_all_attempts_is_no_extrapolation():
    answers = np.random.default_rng(0).integers(0, 3, 72)
    model = model_of(attempts_of(answer=answers, keep="majority"))
    found = mi.Recorded(beyond="extrapolate").estimate(model, [6])
    np.testing.assert_array_equal(found.table, mi.Recorded().estimate(model, [6]).table)


def test_shares_within_budgets_are_those_of_passes_that_run_as_they_are_told_to():
    model = model_of(uneven(), parallel=1, latency="ideal", **TOKENS)
    scenario = mi.Scenario(name="s", c_max=1.2, t_max=2.9, a_min=0.5, joules_max=1300.0)
    share, se = mi.Recorded(stop="first-verified").attainment(model, K, scenario, parallel=2, latency="waves")
    assert se.tolist() == [0, 0]
    for row, k in enumerate(K.tolist()):
        own = queries_of(model.attempts, k, 2, stops=True)
        met = [((queries <= [1.2, 2.9, 1300, 1]).all(axis=1) & (queries[:, 3] == 1)).mean() for queries in own]
        assert share[row] == pytest.approx(np.mean(met))
    with pytest.raises(SettingError, match="k must be at most the 3 attempts of a question where passes stop early"):
        mi.Recorded(stop="first-verified").attainment(model, [4], scenario)
