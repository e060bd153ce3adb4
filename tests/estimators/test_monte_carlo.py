import csv

import numpy as np
import pytest
import slow_twin
from conftest import GOLDEN

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators import random_draws as reduced
from moo_inference.estimators.curve import COLUMNS


@pytest.mark.parametrize("draws", ["independent", "common"])
@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("kind", ["gpt-5", "nemotron-nano-9b-v2", "clipping"])
def test_equals_the_slow_twin_draw_by_draw(paper, clipping_model, draws, kind, latency):
    model = clipping_model if kind == "clipping" else paper.models[kind]
    twin = slow_twin.common_trials if draws == "common" else slow_twin.independent_trials
    ks = [1, 2, 3, 5, 9]
    curve = mi.MonteCarlo(trials=37, seed=7, draws=draws).estimate(model, ks, parallel=3, latency=latency)
    for row, k in enumerate(ks):
        rows = twin(model, k, 37, 7, 3, latency == "waves")
        np.testing.assert_allclose(curve.table[row], np.ravel(slow_twin.summary(rows)), rtol=1e-12, atol=1e-15)
        assert curve.error[row] == pytest.approx(np.mean(1 - rows[:, 2]), abs=1e-15)


def test_the_clipping_model_does_clip(clipping_model):
    rows = slow_twin.independent_trials(clipping_model, 1, 200, 1, 1)
    assert ((rows[:, 2] == 0) | (rows[:, 2] == 1)).mean() > 0.2
    least = (1.25 + 10) / 1e6
    assert (rows[:, 0] < least * 1.01).any()


def test_models_estimated_together_equal_models_estimated_alone(paper, clipping_model):
    models = [*paper.models.values(), clipping_model]
    for draws in ("independent", "common"):
        estimator = mi.MonteCarlo(trials=20, seed=3, draws=draws)
        for model, together in zip(models, estimator.estimate_many(models, range(1, 12)), strict=True):
            alone = estimator.estimate(model, range(1, 12))
            assert (alone.table == together.table).all()
            assert (alone.error == together.error).all()


@pytest.mark.parametrize("draws", ["independent", "common"])
def test_the_value_at_k_depends_on_k_alone(gpt5, clipping_model, draws, monkeypatch):
    estimator = mi.MonteCarlo(trials=41, seed=5, draws=draws)
    for model in (gpt5, clipping_model, gpt5.replace(latency="waves"), clipping_model.replace(latency="waves")):
        whole = estimator.estimate(model, range(1, 41))
        assert (estimator.estimate(model, [7]).table[0] == whole.table[6]).all()
        assert (estimator.estimate(model, range(1, 20)).table == whole.table[:19]).all()
        asked = [9, 3, 3, 40]
        some = estimator.estimate(model, asked)
        assert some.k.tolist() == asked
        assert (some.table == whole.table[[8, 2, 2, 39]]).all()
        for values, normals in ((41, 3 * 41), (41 * 3, 3 * 41 * 7), (1, 1)):
            with monkeypatch.context() as patched:
                patched.setattr(reduced, "_VALUES_AT_ONCE", values)
                patched.setattr(reduced, "_NORMALS_AT_ONCE", normals)
                assert (estimator.estimate(model, range(1, 41)).table == whole.table).all()


def test_common_draws_make_accuracy_monotone_and_independent_ones_do_not(paper):
    for model in paper.models.values():
        common = mi.MonteCarlo(trials=50).estimate(model, range(1, 129)).accuracy.mean
        assert (np.diff(common) >= 0).all()
    independent = mi.MonteCarlo(trials=50, draws="independent").estimate(model, range(1, 129)).accuracy.mean
    assert (np.diff(independent) < 0).any()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(gpt5):
    one, same, other = (mi.MonteCarlo(trials=9, seed=seed).estimate(gpt5, [4, 8]).table for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_agrees_with_the_tables_of_order_statistics_within_its_own_standard_error(gpt5):
    """E[A(k)] = mean + std E[max of k normals] as long as no draw is clipped."""
    model = gpt5.replace(accuracy={"mean": 0.5, "std": 0.01})
    with (GOLDEN / "normal_order_statistics.csv").open() as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    ks = [int(row["k"]) for row in rows]
    expected = 0.5 + 0.01 * np.array([float(row["expected_maximum"]) for row in rows])
    for draws in ("common", "independent"):
        accuracy = mi.MonteCarlo(trials=20_000, seed=11, draws=draws).estimate(model, ks).accuracy
        assert (np.abs(accuracy.mean - expected) < 4 * accuracy.se).all()
        wrong = 0.5 + 0.01 * np.array([float(row["expected_maximum"]) for row in rows[1:]])
        assert (np.abs(accuracy.mean[:-1] - wrong) > 4 * accuracy.se[:-1]).all()


def test_cost_and_time_have_the_mean_and_the_spread_of_a_sum(gpt5):
    """E[C(k)] = k (c_in E[L_in] + c_out E[L_out]); Var by independence; T as C with speeds, over P (Eq. 5, 6)."""
    k = np.array([1, 6, 20])
    curve = mi.MonteCarlo(trials=20_000, seed=3).estimate(gpt5, k)
    for quantity, per_in, per_out, share in ((curve.cost, 1.25e-6, 1e-5, 1), (curve.time, 5e-4, 5e-3, 4)):
        mean = k * (per_in * 1024 + per_out * 2048) / share
        std = np.sqrt(k * ((per_in * 64) ** 2 + (per_out * 128) ** 2)) / share
        assert (np.abs(quantity.mean - mean) < 4 * quantity.se).all()
        assert (np.abs(quantity.std / std - 1) < 4 / np.sqrt(2 * 20_000)).all()
        assert (np.abs(quantity.mean - mean * 1.001) > 4 * quantity.se).any()


def test_one_trial_has_no_standard_error(gpt5):
    curve = mi.MonteCarlo(trials=1).estimate(gpt5, [4])
    assert np.isnan(curve.cost.se).all()
    assert curve.cost.std.tolist() == [0]
    assert curve.cost.low == curve.cost.mean == curve.cost.high


def test_no_spread_gives_the_mean_of_one_pass_at_every_k(gpt5):
    exact = {"std": 0.0}
    model = gpt5.replace(
        input_tokens={"mean": 1000, **exact}, output_tokens={"mean": 500, **exact}, accuracy={"mean": 0.7, **exact}
    )
    for draws in ("common", "independent"):
        curve = mi.MonteCarlo(draws=draws).estimate(model, [1, 3, 10], parallel=2)
        np.testing.assert_allclose(curve.accuracy.mean, 0.7, rtol=1e-14)
        np.testing.assert_allclose(curve.cost.mean, np.array([1, 3, 10]) * 0.00625, rtol=1e-14)
        np.testing.assert_allclose(curve.time.mean, np.array([1, 3, 10]) * 3 / 2, rtol=1e-14)
        np.testing.assert_allclose(curve.cost.std, 0, atol=1e-15)


def test_parallel_divides_the_time_and_nothing_else(gpt5):
    one, four = (mi.MonteCarlo().estimate(gpt5, [1, 3, 6], parallel=p) for p in (1, 4))
    np.testing.assert_allclose(one.time.mean, 4 * four.time.mean, rtol=1e-14)
    assert (one.cost.mean == four.cost.mean).all()
    assert (mi.MonteCarlo().estimate(gpt5, [1, 3, 6]).table == four.table).all()


def test_frame_starts_with_k_and_has_the_fifteen_columns(gpt5):
    frame = mi.MonteCarlo(trials=5).estimate(gpt5, [2, 4]).to_frame()
    assert list(frame.columns) == ["k", *COLUMNS]
    assert len(COLUMNS) == 15
    assert frame["k"].tolist() == [2, 4]


def test_what_budgets_look_at_and_attainment_are_counted_from_the_draws(paper):
    scenario = paper.scenarios["essay-feedback"].replace(c_quantile=0.9, t_quantile=0.95, a_quantile=0.05)
    model, k = paper.models["nemotron-ultra-253b"], 11
    curve = mi.MonteCarlo(trials=101, seed=2).estimate(model, [4, k], scenarios=[scenario])
    cost, time, accuracy = slow_twin.common_trials(model, k, 101, 2, 4).T
    view = curve.views[scenario]
    expected = [np.quantile(cost, 0.9), np.quantile(time, 0.95), np.quantile(accuracy, 0.05)]
    np.testing.assert_allclose(view.values[1], expected, rtol=1e-12)
    assert view.attainment[1] == np.mean((cost <= 0.5) & (time <= 60) & (accuracy >= 0.93))
    assert 0 < view.attainment[1] < 1


def test_progress_ends_with_all_steps_done(gpt5):
    told = []
    mi.MonteCarlo(trials=1 << 15).estimate_many([gpt5], range(1, 11), progress=lambda *step: told.append(step))
    assert told[-1] == (10, 10)
    assert len(told) > 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trials": 0}, "trials must be a whole number of at least 1, got 0"),
        ({"trials": 2.5}, "trials must be a whole number"),
        ({"trials": True}, "trials must be a whole number"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"draws": "commmon"}, "draws must be one of: common, independent; got 'commmon'"),
    ],
)
def test_bad_settings_are_refused(options, words):
    with pytest.raises(SettingError, match=words):
        mi.MonteCarlo(**options)


def test_all_bad_settings_are_told_at_once():
    with pytest.raises(SettingError) as caught:
        mi.MonteCarlo(trials=0, seed=-1, draws="x")
    assert len(caught.value.errors) == 3


@pytest.mark.parametrize("k", [[], [0], [-3], [1.5], [float("nan")], ["a"], [[1, 2]], [True, False]])
def test_bad_k_is_refused(gpt5, k):
    with pytest.raises(SettingError, match="k must be"):
        mi.MonteCarlo().estimate(gpt5, k)


def test_bad_conditions_are_refused(gpt5):
    with pytest.raises(SettingError, match="parallel must be a whole number of at least 1, got 0"):
        mi.MonteCarlo().estimate(gpt5, [1], parallel=0)
    with pytest.raises(SettingError, match="latency must be one of"):
        mi.MonteCarlo().estimate(gpt5, [1], latency="fast")
