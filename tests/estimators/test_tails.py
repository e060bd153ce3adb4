"""Quantiles that budgets are for: their intervals from measured passes and from questions, and where they are shown."""

import json

import numpy as np
import pytest
from test_recorded import model_of

import moo_inference as mi
from moo_inference.estimators.measured_tails import of_passes, of_queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.pareto.budgets import tails
from moo_inference.views.marks import tail_text
from moo_inference.views.route import route_tables

K = [1, 2, 4, 8]
BUDGETS = {"name": "s", "c_max": 10.0, "t_max": 1e6, "a_min": 0.0}
TAILS = mi.Scenario(**BUDGETS, t_quantile=0.95, c_quantile=0.95)


def measured(gpt5, n, seed=0, **changes):
    rng = np.random.default_rng(seed)
    tokens = np.round(1000 * np.exp(0.5 * rng.standard_normal(n))).astype(int).tolist()
    seconds = np.exp(0.5 * rng.standard_normal(n)).tolist()
    passes = {"input_tokens": [100] * n, "output_tokens": tokens, "seconds": seconds}
    return gpt5.replace(passes=passes, parallel=4, latency="waves", **changes)


def test_the_interval_of_a_wave_is_that_of_the_passes_at_the_root_of_the_quantile(gpt5):
    model = measured(gpt5, 200)
    view = mi.Empirical().estimate(model, K, scenarios=[TAILS]).views[TAILS]
    seconds = np.array(model.passes.seconds)
    for row, k in enumerate(K[:3]):
        low, high, needed = of_passes(seconds, 0.95, k)
        assert view.tails.needed[row, 1] == needed == np.ceil(1 / (1 - 0.95 ** (1 / k)) - 1e-6)
        assert view.tails.ci_low[row, 1] == min(low, view.values[row, 1])
        assert view.tails.ci_high[row, 1] == max(high, view.values[row, 1])
    assert not (view.tails.ci_low[:, :2] > view.values[:, :2]).any()
    assert not (view.tails.ci_high[:, :2] < view.values[:, :2]).any()
    assert np.isnan(view.tails.needed[:, 2]).all()


def test_few_passes_are_said_to_be_too_few_and_how_many_it_takes(gpt5):
    model = measured(gpt5, 19)
    curve = mi.Empirical().estimate(model, K, scenarios=[TAILS])
    assert np.isnan(curve.views[TAILS].tails.ci_low[:, :2]).all()
    assert curve.views[TAILS].tails.needed[0, 1] == 20
    _, time = tails(curve, TAILS, 0)
    assert time.unknown
    assert tail_text(time).endswith("s (interval unknown)")
    found = mi.route(mi.Catalog(models={"m": model}, scenarios={"s": TAILS}), "s", "accuracy-max", k_max=1)
    words = "the p95 of time at k = 1 rests on too few measured passes or questions to be known: 20 are needed"
    assert words in found.choice.warnings
    record = json.loads(json.dumps(found.to_dict()))
    assert record["time_at_quantile"] > 0
    assert record["time_at_quantile_ci_low"] is None


def test_budgets_for_means_and_formulas_have_no_such_interval(gpt5):
    means = mi.Scenario(**BUDGETS)
    assert mi.Empirical().estimate(measured(gpt5, 30), K, scenarios=[means]).views[means].tails is None
    curve = mi.ClosedForm().estimate(gpt5, K, scenarios=[TAILS])
    assert curve.views[TAILS].tails is None
    assert tails(curve, TAILS, 0)[0].interval is None


@pytest.mark.parametrize(("n", "k", "wave"), [(200, 2, 1), (200, 8, 1), (200, 8, 4)])
def test_intervals_of_several_passes_hold(n, k, wave):
    rng = np.random.default_rng(3)

    def total(values):
        return values.reshape(k // wave, wave, -1).max(axis=1).sum(axis=0)

    truth = np.quantile(total(np.exp(0.5 * rng.standard_normal((k, 200_000)))), 0.95)
    runs, held, known, naive = 300, 0, 0, 0
    for _ in range(runs):
        passes = np.exp(0.5 * rng.standard_normal(n))
        drawn = rng.integers(0, n, (k, 1000))
        queries = total(passes[drawn])
        low, high, needed = of_queries(queries, 0.95, drawn, n)
        known += needed <= n
        held += low <= truth <= high
        share = 1.96 * np.sqrt(0.95 * 0.05 / 1000)
        naive += np.quantile(queries, 0.95 - share) <= truth <= np.quantile(queries, 0.95 + share)
        assert needed == 20 * k
    assert 0.91 < held / known <= 1
    assert naive < 0.7 * runs
    assert np.isnan(of_queries(queries, 0.95, drawn % (20 * k - 1), 20 * k - 1)[0])


def recorded(m, seed, between=0.8, within=0.3, n=4):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(m), n)
    seconds = np.exp(between * rng.standard_normal(m)[question] + within * rng.standard_normal(m * n))
    return model_of(QuestionAttempts.of(question, np.ones(m * n), 0.001 * seconds, seconds), parallel=4)


def test_intervals_over_questions_hold():
    rng = np.random.default_rng(0)
    x = np.exp(0.8 * rng.standard_normal((200_000, 1)) + 0.3 * rng.standard_normal((200_000, 4)))
    truth = np.quantile(x[:, 0], 0.95), np.quantile(x.max(axis=1), 0.95)
    held = []
    for seed in range(150):
        view = mi.Recorded().estimate(recorded(60, seed), [1, 4], latency="waves", scenarios=[TAILS]).views[TAILS]
        held.append((view.tails.ci_low[:, 1] <= truth) & (truth <= view.tails.ci_high[:, 1]))
    assert (np.mean(held, axis=0) > 0.88).all()
    for m in (1, 19, 20):
        view = mi.Recorded().estimate(recorded(m, 1), [1], latency="waves", scenarios=[TAILS]).views[TAILS]
        assert np.isfinite(view.tails.ci_low[0, :2]).all() == (m == 20)
        np.testing.assert_array_equal(view.tails.needed[0, :2], 20)


def test_the_interval_stands_beside_the_quantile_in_tables_frames_and_checkpoints(tmp_path):
    catalog = mi.Catalog(models={"m": recorded(60, 1), "n": recorded(60, 2)}, scenarios={"s": TAILS})
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_max=4, baselines=["fixed-4"])
    frame = study.choices
    low, high = frame["time_at_quantile_ci_low"], frame["time_at_quantile_ci_high"]
    assert (low < frame["time_at_quantile"]).all()
    assert (frame["time_at_quantile"] < high).all()
    text = "\n".join(str(cell) for table in mi.views.study_tables(study) for row in table.rows for cell in row)
    assert f"{low[0]:.3g} s to" in text
    assert "Behind a quantile: its 95 % interval" in str(mi.views.study_tables(study)[-1].notes)
    found = mi.route(catalog, "s", "accuracy-max", k_max=4)
    notes = route_tables(found)[0].notes
    assert "100% of the queries of the choice meet all budgets at once." in notes
    assert "Behind a quantile: its 95 % interval over the measured passes or questions." in notes
    curve = study.model_curves["m"]
    assert curve.take(np.array([1])).views[TAILS].tails.ci_low[0, 1] == curve.views[TAILS].tails.ci_low[1, 1]
