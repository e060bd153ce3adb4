import math

import numpy as np
import pytest
from scipy.stats import norm

import moo_inference as mi
from moo_inference.catalog import Passes
from moo_inference.errors import SettingError
from moo_inference.estimators import empirical as module

PROMPTS = [900, 1200, 250, 3000, 1024, 40]
ANSWERS = [300, 2500, 90, 8000, 700, 0]
SECONDS = [2.0, 11.5, 0.9, 47.0, 4.0, 0.2]
TIER = {"from_input_tokens": 1024, "usd_per_million_input_tokens": 2.5, "usd_per_million_output_tokens": 15.0}


@pytest.fixture
def measured(gpt5):
    passes = {"input_tokens": PROMPTS, "output_tokens": ANSWERS, "seconds": SECONDS}
    return gpt5.replace(passes=passes, latency="waves", accuracy={"mean": 0.8, "std": 0.2})


def variant(model, kind):
    changes = {
        "plain": {},
        "tiers": {"price_tiers": [TIER]},
        "shared": {"shared_prompt": True},
        "cached": {"usd_per_million_cached_input_tokens": 0.125},
        "cached in tiers": {"usd_per_million_cached_input_tokens": 0.125, "price_tiers": [TIER]},
        "per token": {"passes": {"input_tokens": PROMPTS, "output_tokens": ANSWERS}},
    }[kind]
    return model.replace(**changes)


VARIANTS = ["plain", "tiers", "shared", "cached", "cached in tiers", "per token"]


def twin(model, k, trials, seed, parallel, latency):
    """(trials, 3) costs, times and accuracies, one trial and one pass at a time."""
    picks, normals = np.random.default_rng(seed), np.random.default_rng((seed, 1))
    u = [picks.random(trials) for _ in range(k)]
    z = [normals.standard_normal(trials) for _ in range(k)]
    passes, rows = model.passes, []
    for trial in range(trials):
        cost, times, best = 0.0, [], -math.inf
        for number in range(k):
            which = math.floor(u[number][trial] * len(passes.input_tokens))
            tokens_in, tokens_out = passes.input_tokens[which], passes.output_tokens[which]
            per_in, per_out = model.usd_per_million_input_tokens, model.usd_per_million_output_tokens
            for tier in model.price_tiers:
                if tokens_in > tier.from_input_tokens:
                    per_in, per_out = tier.usd_per_million_input_tokens, tier.usd_per_million_output_tokens
            if number == 0:
                first = per_in * tokens_in / 1e6
            cost += per_out * tokens_out / 1e6
            if model.shared_prompt:
                cost += first if number == 0 else 0.0
            elif model.usd_per_million_cached_input_tokens is not None:
                discount = model.usd_per_million_cached_input_tokens / model.usd_per_million_input_tokens
                cost += first if number == 0 else first * discount
            else:
                cost += per_in * tokens_in / 1e6
            if passes.seconds is None:
                times.append(model.seconds_per_input_token * tokens_in + model.seconds_per_output_token * tokens_out)
            else:
                times.append(passes.seconds[which])
            best = max(best, min(1.0, max(0.0, model.accuracy.mean + model.accuracy.std * z[number][trial])))
        if latency == "waves":
            time = sum(max(times[start : start + parallel]) for start in range(0, k, parallel))
        else:
            time = sum(times) / parallel
        rows.append((cost, time, best))
    return np.array(rows)


@pytest.mark.parametrize("kind", VARIANTS)
@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_equals_plain_loops_draw_by_draw(measured, kind, latency):
    model = variant(measured, kind)
    ks = [1, 2, 3, 7]
    curve = mi.Empirical(trials=31, seed=5).estimate(model, ks, parallel=3, latency=latency)
    for row, k in enumerate(ks):
        rows = twin(model, k, 31, 5, 3, latency)
        for column, name in enumerate(("cost", "time", "accuracy")):
            values, found = rows[:, column], getattr(curve, name)
            expected = [values.mean(), values.std(), *np.percentile(values, [2.5, 97.5]), values.std() / math.sqrt(31)]
            ours = [quantity[row] for quantity in (found.mean, found.std, found.low, found.high, found.se)]
            np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


def moments(values):
    """Mean, variance and fourth central moment of one draw from some values."""
    x = np.asarray(values, dtype=float)
    return x.mean(), x.var(), ((x - x.mean()) ** 4).mean()


def largest(values, size):
    """Mean and variance of the largest of some draws, by the distribution function at each value."""
    x = np.sort(np.asarray(values, dtype=float))
    weights = np.diff((np.arange(len(x) + 1) / len(x)) ** size)
    mean = weights @ x
    return mean, weights @ (x - mean) ** 2


def test_sums_have_the_moments_of_resampling(measured):
    trials, ks = 20_000, np.array([1, 4, 10])
    curve = mi.Empirical(trials=trials, seed=3).estimate(measured, ks, parallel=4, latency="ideal")
    bills = 1.25e-6 * np.array(PROMPTS) + 1e-5 * np.array(ANSWERS)
    for found, values, share in ((curve.cost, bills, 1), (curve.time, SECONDS, 4)):
        mean, variance, fourth = moments(np.asarray(values) / share)
        assert (np.abs(found.mean - ks * mean) < 4 * found.se).all()
        assert (np.abs(found.mean - ks * mean * 1.05) > 4 * found.se).any()  # the band can fail
        # The sample variance of trials varies by (m4 - v^2) / trials, m4 of a sum from cumulants.
        total = ks * variance
        m4 = ks * (fourth - 3 * variance**2) + 3 * total**2
        band = 4 * np.sqrt((m4 - total**2) / trials)
        assert (np.abs(found.std**2 - total) < band).all()
        assert (np.abs(found.std**2 - total * 1.2) > band).any()


def test_waves_have_the_moments_of_the_largest_of_resampled_passes(measured):
    trials, parallel, ks = 20_000, 4, [1, 3, 4, 6, 8]
    curve = mi.Empirical(trials=trials, seed=8).estimate(measured, ks, parallel=parallel)
    for row, k in enumerate(ks):
        full, rest = divmod(k, parallel)
        parts = [largest(SECONDS, parallel)] * full + ([largest(SECONDS, rest)] if rest else [])
        mean, variance = np.sum(parts, axis=0)
        assert abs(curve.time.mean[row] - mean) < 4 * math.sqrt(variance / trials)
        assert abs(curve.time.mean[row] - mean * 1.1) > 4 * math.sqrt(variance / trials)  # the band can fail
        assert curve.time.std[row] == pytest.approx(math.sqrt(variance), rel=0.05)


@pytest.mark.parametrize(
    ("changes", "prompts_at_k"),
    [
        ({"shared_prompt": True}, lambda k: 1.0),
        ({"usd_per_million_cached_input_tokens": 0.25}, lambda k: 1 + (k - 1) / 5),
    ],
)
def test_a_prompt_that_is_paid_once_has_its_moments(measured, changes, prompts_at_k):
    """Var = paid^2 Var(prompt) + k Var(answer) + 2 paid Cov: one pass draws prompt and answer together."""
    trials, ks = 20_000, np.array([1, 5, 12])
    curve = mi.Empirical(trials=trials, seed=4).estimate(measured.replace(**changes), ks)
    prompt, answer = 1.25e-6 * np.array(PROMPTS), 1e-5 * np.array(ANSWERS)
    paid = np.array([prompts_at_k(k) for k in ks])
    mean = paid * prompt.mean() + ks * answer.mean()
    variance = paid**2 * prompt.var() + ks * answer.var() + 2 * paid * np.cov(prompt, answer, ddof=0)[0, 1]
    assert (np.abs(curve.cost.mean - mean) < 4 * np.sqrt(variance / trials)).all()
    assert (np.abs(curve.cost.mean - ks * (prompt.mean() + answer.mean()) * 0.95) > 4 * curve.cost.se).any()
    np.testing.assert_allclose(curve.cost.std, np.sqrt(variance), rtol=0.05)


def test_one_measured_pass_is_certain(gpt5):
    model = gpt5.replace(passes={"input_tokens": [100], "output_tokens": [10], "seconds": [2.0]}, latency="waves")
    curve = mi.Empirical(trials=9).estimate(model, [1, 5], parallel=4)
    np.testing.assert_allclose(curve.cost.mean, [0.000225, 5 * 0.000225], rtol=1e-14)
    np.testing.assert_allclose(curve.time.mean, [2, 4], rtol=1e-14)
    np.testing.assert_allclose(curve.cost.std, 0, atol=1e-18)


@pytest.mark.parametrize("kind", VARIANTS)
@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_the_value_at_k_depends_on_k_alone_whatever_the_blocks(measured, kind, latency, monkeypatch):
    model = variant(measured, kind)
    for trials in (1, 29):
        estimator = mi.Empirical(trials=trials, seed=2)
        whole = estimator.estimate(model, range(1, 31), parallel=4, latency=latency)
        asked = [9, 3, 3, 30]
        some = estimator.estimate(model, asked, parallel=4, latency=latency)
        assert some.k.tolist() == asked
        assert some.table.tobytes() == whole.table[[8, 2, 2, 29]].tobytes()
        assert some.error.tobytes() == whole.error[[8, 2, 2, 29]].tobytes()
        short = estimator.estimate(model, range(1, 12), parallel=4, latency=latency)
        assert short.table.tobytes() == whole.table[:11].tobytes()
        for values in (1, 29 * 7):
            with monkeypatch.context() as patched:
                patched.setattr(module, "_VALUES_AT_ONCE", values)
                again = estimator.estimate(model, range(1, 31), parallel=4, latency=latency)
            assert again.table.tobytes() == whole.table.tobytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(measured):
    one, same, other = (mi.Empirical(trials=9, seed=seed).estimate(measured, [4, 8]).table for seed in (1, 1, 2))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


def test_accuracy_is_monotone_since_every_k_sees_the_same_luck(measured):
    assert (np.diff(mi.Empirical(trials=50).estimate(measured, range(1, 60)).accuracy.mean) >= 0).all()


def test_models_with_and_without_passes_keep_their_order_and_their_numbers(measured, paper, essay):
    bare, other = paper.models["qwen3-max"], variant(measured, "shared").replace(parallel=2)
    beyond = essay.replace(t_quantile=0.9)
    estimator = mi.Empirical(trials=21, seed=6)
    models = [bare, measured, paper.models["gpt-5-nano"], other]
    for model, together in zip(models, estimator.estimate_many(models, [5, 1], scenarios=[beyond]), strict=True):
        alone = estimator.estimate(model, [5, 1], scenarios=[beyond])
        assert together.table.tobytes() == alone.table.tobytes()
        assert together.views[beyond].values.tobytes() == alone.views[beyond].values.tobytes()
    normal = mi.MonteCarlo(trials=21, seed=6).estimate(bare, [5, 1])
    assert estimator.estimate(bare, [5, 1]).table.tobytes() == normal.table.tobytes()


def test_what_budgets_look_at_is_counted_from_the_draws(measured, essay):
    scenario = essay.replace(c_max=0.1, t_max=40.0, a_min=0.9, c_quantile=0.8, t_quantile=0.9, a_quantile=0.2)
    rows = twin(measured, 5, 400, 1, 4, "waves")
    view = mi.Empirical(trials=400, seed=1).estimate(measured, [5], scenarios=[scenario]).views[scenario]
    expected = [np.quantile(rows[:, column], q) for column, q in enumerate((0.8, 0.9, 0.2))]
    np.testing.assert_allclose(view.values[0], expected, rtol=1e-12)
    met = (rows[:, 0] <= 0.1) & (rows[:, 1] <= 40) & (rows[:, 2] >= 0.9)
    assert 0.05 < met.mean() < 0.95
    assert view.attainment[0] == met.mean()


def test_a_time_measured_elsewhere_goes_with_the_length_of_the_answer(gpt5):
    changes = {"request_seconds": {"mean": 9.0, "std": 2.0}, "latency": "waves", "parallel": 3}
    timed = gpt5.replace(seconds_per_input_token=None, seconds_per_output_token=None, **changes)
    answers = np.random.default_rng(3).integers(1, 5000, 4000)
    untimed = timed.replace(passes={"input_tokens": [1] * 4000, "output_tokens": answers.tolist()})
    trials = 4000
    found = mi.Empirical(trials=trials).estimate(untimed, [1, 3, 7])
    exact = mi.ClosedForm().estimate(untimed, [1, 3, 7])
    away = np.abs(found.time.mean - exact.time.mean) / found.time.se
    assert (away < 4).all()
    assert (np.abs(found.time.std / exact.time.std - 1) < 4 / np.sqrt(2 * trials) + 1e-3).all()
    other = mi.ClosedForm().estimate(untimed.replace(request_seconds={"mean": 9.3, "std": 2.0}), [1, 3, 7])
    assert (np.abs(found.time.mean - other.time.mean) / found.time.se > 4).all()
    whole = untimed.replace(passes={"input_tokens": PROMPTS, "output_tokens": ANSWERS, "seconds": SECONDS})
    assert mi.Empirical(trials=2000).estimate(whole, [1]).time.mean[0] == pytest.approx(np.mean(SECONDS), rel=0.2)


def test_reasoning_at_its_own_price_is_paid_in_the_share_that_lengths_say(measured):
    reasoning = {"reasoning_tokens": {"mean": 2048, "std": 10}, "usd_per_million_reasoning_tokens": 4.0}
    whole, plain = (mi.Empirical(trials=9).estimate(model, [3]) for model in (measured.replace(**reasoning), measured))
    halfway = measured.replace(usd_per_million_output_tokens=7.0)
    assert whole.cost.mean[0] == pytest.approx(mi.Empirical(trials=9).estimate(halfway, [3]).cost.mean[0], rel=1e-14)
    assert whole.cost.mean[0] < plain.cost.mean[0]


def test_progress_ends_with_all_steps_done(measured, gpt5):
    for models in ([measured], [gpt5, measured], [gpt5]):
        steps = []
        mi.Empirical(trials=3).estimate_many(models, [1, 2, 9], progress=lambda *step, to=steps: to.append(step))
        assert steps[-1] == (3, 3)


def test_is_the_default_where_a_model_has_passes(measured, gpt5):
    from moo_inference.estimators import choose_estimator, default_estimator, estimator_from

    assert default_estimator([gpt5, measured]) == mi.Empirical()
    assert default_estimator([gpt5]) == mi.ClosedForm()
    assert choose_estimator(trials=7, models=[measured]) == mi.Empirical(trials=7)
    assert choose_estimator(draws="common", models=[measured]) == mi.MonteCarlo(draws="common")
    assert choose_estimator("closed-form", models=[measured]) == mi.ClosedForm()
    assert estimator_from(mi.Empirical(8, 9).settings()) == mi.Empirical(trials=8, seed=9)
    with pytest.raises(SettingError, match="common draws alone"):
        choose_estimator("empirical", draws="independent")


@pytest.mark.parametrize(
    ("options", "words"), [({"trials": 0}, "trials"), ({"seed": -1}, "seed"), ({"seed": True}, "seed")]
)
def test_bad_settings_of_empirical_are_refused(options, words):
    with pytest.raises(SettingError, match=words):
        mi.Empirical(**options)


def test_models_without_passes_are_simulated_under_the_conditions_asked_for(measured, gpt5):
    asked = {"parallel": 3, "latency": "waves"}
    together = mi.Empirical(trials=9, seed=0).estimate_many([gpt5, measured], [1, 5], **asked)[0]
    alone = mi.MonteCarlo(trials=9, seed=0).estimate(gpt5, [1, 5], **asked)
    assert together.table.tobytes() == alone.table.tobytes()
    steps = []
    mi.Empirical(trials=9).estimate_many([gpt5, measured], [1, 5], progress=lambda *step: steps.append(step))
    assert steps == [(2, 2)]


def test_the_longest_answer_takes_the_longest_time_that_was_measured_elsewhere(gpt5):
    """Times at the mid-ranks of the law, in the order of the answers, then of the prompts; none below 0."""
    timed = gpt5.replace(
        request_seconds={"mean": 9.0, "std": 2.0}, seconds_per_input_token=None, seconds_per_output_token=None
    )
    passes = Passes(input_tokens=(5, 9, 1, 2), output_tokens=(30, 10, 10, 20))
    expected = norm.ppf([7 / 8, 3 / 8, 1 / 8, 5 / 8], 9, 2)
    np.testing.assert_allclose(module._seconds(timed, passes), expected, rtol=1e-12)
    assert module._seconds(timed.replace(request_seconds={"mean": 1.0, "std": 9.0}), passes).min() == 0
