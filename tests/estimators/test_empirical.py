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
    return gpt5.replace(passes=passes, prompt="per-query", latency="waves", accuracy={"mean": 0.8, "std": 0.2})


def variant(model, kind):
    changes = {
        "plain": {},
        "tiers": {"price_tiers": [TIER]},
        "shared": {"shared_prompt": True},
        "cached": {"usd_per_million_cached_input_tokens": 0.125},
        "cached in tiers": {"usd_per_million_cached_input_tokens": 0.125, "price_tiers": [TIER]},
        "per token": {"passes": {"input_tokens": PROMPTS, "output_tokens": ANSWERS}},
        "own prompts": {"prompt": "per-pass", "passes": {"input_tokens": PROMPTS, "output_tokens": ANSWERS}},
        "own prompts in tiers": {"prompt": "per-pass", "price_tiers": [TIER]},
    }[kind]
    return model.replace(**changes)


VARIANTS = ["plain", "tiers", "shared", "cached", "cached in tiers", "per token", "own prompts", "own prompts in tiers"]


def again(model):
    """What a further pass pays for the prompt, as a share of its price."""
    if model.shared_prompt:
        return 0.0
    cached = model.usd_per_million_cached_input_tokens
    return 1.0 if cached is None else cached / model.usd_per_million_input_tokens


def twin(model, k, trials, seed, parallel, latency):
    """(trials, 2) costs and times, one trial and one pass at a time."""
    picks = np.random.default_rng(seed)
    u = [picks.random(trials) for _ in range(k)]
    passes, rows = model.passes, []
    for trial in range(trials):
        cost, times = 0.0, []
        for number in range(k):
            which = math.floor(u[number][trial] * len(passes.input_tokens))
            tokens_out = passes.output_tokens[which]
            if number == 0 or model.prompt == "per-pass":
                tokens_in = passes.input_tokens[which]
            per_in, per_out = model.usd_per_million_input_tokens, model.usd_per_million_output_tokens
            for tier in model.price_tiers:
                if tokens_in > tier.from_input_tokens:
                    per_in, per_out = tier.usd_per_million_input_tokens, tier.usd_per_million_output_tokens
            cost += per_out * tokens_out / 1e6
            cost += per_in * tokens_in / 1e6 if number == 0 else again(model) * per_in * tokens_in / 1e6
            if passes.seconds is None:
                times.append(model.seconds_per_input_token * tokens_in + model.seconds_per_output_token * tokens_out)
            else:
                times.append(passes.seconds[which])
        if latency == "waves":
            time = sum(max(times[start : start + parallel]) for start in range(0, k, parallel))
        else:
            time = sum(times) / parallel
        rows.append((cost, time))
    return np.array(rows)


@pytest.mark.parametrize("kind", VARIANTS)
@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_equals_plain_loops_draw_by_draw(measured, kind, latency):
    model = variant(measured, kind)
    ks = [1, 2, 3, 7]
    curve = mi.Empirical(trials=31, seed=5).estimate(model, ks, parallel=3, latency=latency)
    for row, k in enumerate(ks):
        rows = twin(model, k, 31, 5, 3, latency)
        for column, name in enumerate(("cost", "time")):
            values, found = rows[:, column], getattr(curve, name)
            expected = [values.std(), *np.percentile(values, [2.5, 97.5]), 0.0]
            ours = [quantity[row] for quantity in (found.std, found.low, found.high, found.se)]
            np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("kind", VARIANTS)
@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_means_are_those_of_all_queries_that_can_be_drawn(measured, kind, latency):
    """Every choice of three passes of six, one after the other: exactly what trials would tend to."""
    model, k = variant(measured, kind), 3
    places = np.array(list(np.ndindex(*[len(PROMPTS)] * k)))

    class Everything:
        def __init__(self, seed):
            self.left = iter((places.T + 0.5) / len(PROMPTS))

        def random(self, trials):
            return next(self.left)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(np.random, "default_rng", Everything)
        cost, time = twin(model, k, len(places), 0, 2, latency).T
    for trials, seed in ((1, 0), (7, 3)):
        curve = mi.Empirical(trials=trials, seed=seed).estimate(model, [k, 1], parallel=2, latency=latency)
        assert curve.cost.mean[0] == pytest.approx(cost.mean(), rel=1e-13)
        assert curve.time.mean[0] == pytest.approx(time.mean(), rel=1e-13)
        assert (curve.standard_errors == 0).all()


def test_a_budget_at_the_mean_gives_the_same_k_whatever_the_seed(measured):
    exact = mi.Empirical(trials=1).estimate(measured, range(1, 17), parallel=4)
    scenario = mi.Scenario(name="S", c_max=float(exact.cost.mean[7]), t_max=float(exact.time.mean[7]), a_min=0.0)
    for seed in range(20):
        curve = mi.Empirical(trials=40, seed=seed).estimate(measured, range(1, 17), parallel=4)
        assert mi.Front.from_curve(curve, scenario).k.max() == 8


def test_accuracies_beside_measured_passes_are_exact(measured):
    found, exact = (e.estimate(measured, [1, 5, 9]) for e in (mi.Empirical(trials=5), mi.ClosedForm()))
    np.testing.assert_array_equal(found.table[:, 10:15], exact.table[:, 10:15])
    np.testing.assert_array_equal(found.error, exact.error)


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
    """Var of k passes with one prompt: (k p)^2 Var(prompt) + k Var(answer) + 2 k p Cov, the first pass drawing both."""
    trials, ks = 20_000, np.array([1, 4, 10])
    prompt, answer = 1.25e-6 * np.array(PROMPTS), 1e-5 * np.array(ANSWERS)
    one = mi.Empirical(trials=trials, seed=3).estimate(measured, ks, parallel=4, latency="ideal")
    own = mi.Empirical(trials=trials, seed=3).estimate(measured.replace(prompt="per-pass"), ks, latency="ideal")
    between = np.cov(prompt, answer, ddof=0)[0, 1]
    variance = ks**2 * prompt.var() + ks * answer.var() + 2 * ks * between
    np.testing.assert_allclose(one.cost.mean, ks * (prompt + answer).mean(), rtol=1e-12)
    np.testing.assert_allclose(one.cost.std, np.sqrt(variance), rtol=0.03)
    for found, values, share in ((own.cost, prompt + answer, 1), (one.time, SECONDS, 4)):
        mean, variance, fourth = moments(np.asarray(values) / share)
        np.testing.assert_allclose(found.mean, ks * mean, rtol=1e-12)
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
        assert curve.time.mean[row] == pytest.approx(mean, rel=1e-12)
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
    np.testing.assert_allclose(curve.cost.mean, mean, rtol=1e-12)
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


def test_accuracy_is_monotone_in_k(measured):
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
    exact = mi.ClosedForm().estimate(bare, [5, 1])
    assert estimator.estimate(bare, [5, 1]).table.tobytes() == exact.table.tobytes()


def test_what_budgets_look_at_is_counted_from_the_draws(measured, essay):
    scenario = essay.replace(c_max=0.1, t_max=40.0, a_min=0.9, c_quantile=0.8, t_quantile=0.9, a_quantile=0.2)
    rows = twin(measured, 5, 400, 1, 4, "waves")
    view = mi.Empirical(trials=400, seed=1).estimate(measured, [5], scenarios=[scenario]).views[scenario]
    expected = [np.quantile(rows[:, column], q) for column, q in enumerate((0.8, 0.9))]
    np.testing.assert_allclose(view.values[0, :2], expected, rtol=1e-12)
    # Of the best of five normals: Phi(z)^5
    assert norm.cdf((view.values[0, 2] - 0.8) / 0.2) ** 5 == pytest.approx(0.2)
    met = (rows[:, 0] <= 0.1) & (rows[:, 1] <= 40)
    assert 0.05 < met.mean() < 0.95
    assert view.attainment[0] == pytest.approx(met.mean() * (1 - norm.cdf(0.5) ** 5), rel=1e-8)


def test_a_time_measured_elsewhere_goes_with_the_length_of_the_answer(gpt5):
    changes = {"request_seconds": {"mean": 9.0, "std": 2.0}, "latency": "waves", "parallel": 3}
    timed = gpt5.replace(seconds_per_input_token=None, seconds_per_output_token=None, **changes)
    answers = np.random.default_rng(3).integers(1, 5000, 4000)
    untimed = timed.replace(passes={"input_tokens": [1] * 4000, "output_tokens": answers.tolist()})
    trials = 4000
    found = mi.Empirical(trials=trials).estimate(untimed, [1, 3, 7])
    exact = mi.ClosedForm().estimate(untimed, [1, 3, 7])
    # 4,000 values at mid-ranks have the mean of the distribution, and nearly that of its largest of three.
    np.testing.assert_allclose(found.time.mean, exact.time.mean, rtol=2e-4)
    assert (np.abs(found.time.std / exact.time.std - 1) < 4 / np.sqrt(2 * trials) + 1e-3).all()
    other = mi.ClosedForm().estimate(untimed.replace(request_seconds={"mean": 9.3, "std": 2.0}), [1, 3, 7])
    assert (np.abs(found.time.mean / other.time.mean - 1) > 0.01).all()
    whole = untimed.replace(passes={"input_tokens": PROMPTS, "output_tokens": ANSWERS, "seconds": SECONDS})
    assert mi.Empirical(trials=2000).estimate(whole, [1]).time.mean[0] == pytest.approx(np.mean(SECONDS), rel=0.2)


def test_reasoning_at_its_own_price_is_paid_in_the_share_that_lengths_say(measured):
    reasoning = {"reasoning_tokens": {"mean": 2048, "std": 10}, "usd_per_million_reasoning_tokens": 4.0}
    whole, plain = (mi.Empirical(trials=9).estimate(model, [3]) for model in (measured.replace(**reasoning), measured))
    halfway = measured.replace(usd_per_million_output_tokens=7.0)
    assert whole.cost.mean[0] == pytest.approx(mi.Empirical(trials=9).estimate(halfway, [3]).cost.mean[0], rel=1e-14)
    assert whole.cost.mean[0] < plain.cost.mean[0]


def test_progress_ends_with_all_steps_done(measured, gpt5):
    for models, last in (([measured], (3, 3)), ([gpt5, measured], (3, 3)), ([gpt5], (1, 1))):
        steps = []
        mi.Empirical(trials=3).estimate_many(models, [1, 2, 9], progress=lambda *step, to=steps: to.append(step))
        assert steps[-1] == last


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


def test_models_without_passes_are_estimated_under_the_conditions_asked_for(measured, gpt5):
    asked = {"parallel": 3, "latency": "waves"}
    together = mi.Empirical(trials=9, seed=0).estimate_many([gpt5, measured], [1, 5], **asked)[0]
    alone = mi.ClosedForm().estimate(gpt5, [1, 5], **asked)
    assert together.table.tobytes() == alone.table.tobytes()
    steps = []
    mi.Empirical(trials=9).estimate_many([gpt5, measured], [1, 5], progress=lambda *step: steps.append(step))
    assert steps == [(2, 2)]


def test_the_longest_answer_takes_the_longest_time_that_was_measured_elsewhere(gpt5):
    """Times at the mid-ranks of the distribution, in the order of the answers, then of the prompts; none below 0."""
    timed = gpt5.replace(
        request_seconds={"mean": 20.0, "std": 2.0}, seconds_per_input_token=None, seconds_per_output_token=None
    )
    passes = Passes(input_tokens=(5, 9, 1, 2), output_tokens=(30, 10, 10, 20))
    expected = norm.ppf([7 / 8, 3 / 8, 1 / 8, 5 / 8], 20, 2)
    np.testing.assert_allclose(module._seconds(timed, passes)[1], expected, rtol=1e-12)
    clipped = timed.replace(request_seconds={"mean": 1.0, "std": 9.0, "kind": "normal"})
    assert (module._seconds(clipped, passes)[1] >= 0).all()
    assert module._seconds(clipped, passes)[1].mean() == pytest.approx(1.0)
