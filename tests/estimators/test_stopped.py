"""Models that stop early, in closed form: against queries that run pass by pass, enumeration, integrals, identities."""

from itertools import pairwise, permutations
from math import comb

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import moo_inference as mi
from moo_inference.catalog.accuracy import Accuracy
from moo_inference.errors import SettingError
from moo_inference.estimators.closed_form import _totals
from moo_inference.estimators.stopped_accuracy import stopped_accuracy
from moo_inference.estimators.stopped_totals import StoppedTotals, crossing
from moo_inference.estimators.verified_normal import VerifiedNormal

QUERIES = 100_000
BAND = 4.5

SKEWED = {
    "prompt": "per-query",
    "input_tokens": {"mean": 900, "std": 500, "kind": "gamma"},
    "output_tokens": {"mean": 1500, "std": 900, "kind": "gamma"},
}
BETA = {"kind": "beta", "a": 0.5, "b": 0.8, "samples": 10, "unsolvable": 0.1, "covariance": [0.02, 0.01, 0.03]}
CASES = {
    "normal": {"accuracy": {"mean": 0.7, "std": 0.15}, "stop": "first-verified=0.85"},
    "clipped": {"accuracy": {"mean": 0.8, "std": 0.2}, "stop": "first-verified"},
    "beta": {"accuracy": BETA, "stop": "first-verified"},
    "batches of two": {"accuracy": BETA, "stop": "first-verified/2"},
    "skewed": {"accuracy": BETA, "stop": "first-verified", **SKEWED},
    "cached": {"accuracy": BETA, "stop": "first-verified", "usd_per_million_cached_input_tokens": 0.125, **SKEWED},
    "shared": {"accuracy": BETA, "stop": "first-verified", "shared_prompt": True, **SKEWED},
}


def tokens(rng, length, shape):
    """Lengths as they are drawn: normal ones of the cases are never clipped."""
    mean, std = length.mean, length.std
    if length.distribution == "normal":
        return rng.normal(mean, std, shape)
    return 1 + rng.gamma(((mean - 1) / std) ** 2, std**2 / (mean - 1), shape)


def simulated(model, k, parallel, latency, rng):
    """Cost, seconds, accuracy and passes of queries that run batch by batch until a pass is verified."""
    batch = min(parallel, model.stop.batch or parallel)
    own, shape = model.prompt == "per-pass", (QUERIES, k)
    read = tokens(rng, model.input_tokens, shape) if own else tokens(rng, model.input_tokens, (QUERIES, 1)) * np.ones(k)
    written = tokens(rng, model.output_tokens, shape)
    if isinstance(model.accuracy, Accuracy):
        worth = np.clip(rng.normal(model.accuracy.mean, model.accuracy.std, shape), 0, 1)
    else:
        chance = rng.beta(model.accuracy.a, model.accuracy.b, (QUERIES, 1))
        chance[rng.random(QUERIES) < model.accuracy.unsolvable] = 0.0
        worth = (rng.random(shape) < chance).astype(float)
    cost, seconds, best, ran = np.zeros((4, QUERIES))
    running = np.ones(QUERIES, dtype=bool)
    for start in range(0, k, batch):
        here = slice(start, min(start + batch, k))
        for place in range(here.start, here.stop):
            price = model.usd_per_million_input_tokens
            if place > 0 and model.usd_per_million_cached_input_tokens is not None:
                price = model.usd_per_million_cached_input_tokens
            if model.shared_prompt and place > start:
                price = 0.0
            paid = price * read[:, place] + model.usd_per_million_output_tokens * written[:, place]
            cost += np.where(running, paid / 1e6, 0)
        each = model.seconds_per_input_token * read[:, here] + model.seconds_per_output_token * written[:, here]
        seconds += np.where(running, each.sum(axis=1) / batch if latency == "ideal" else each.max(axis=1), 0)
        best = np.where(running, np.maximum(best, worth[:, here].max(axis=1)), best)
        ran += running * (here.stop - here.start)
        running &= worth[:, here].max(axis=1) < model.stop.accept
    return cost, seconds, best, ran


def off(value, sample):
    """How many standard errors a value is from the mean of a sample."""
    return abs(value - sample.mean()) / max(sample.std() / np.sqrt(QUERIES), 1e-15)


def std_off(value, sample):
    away = (sample - sample.mean()) ** 2
    return abs(value**2 - away.mean()) / (away.std() / np.sqrt(QUERIES))


@pytest.mark.parametrize("latency", ["waves", "ideal"])
@pytest.mark.parametrize("case", CASES)
def test_curves_agree_with_queries_that_run_batch_by_batch(gpt5, case, latency):
    model = gpt5.replace(parallel=3, latency=latency, **CASES[case])
    rng = np.random.default_rng(list(CASES).index(case))
    ks = [1, 5, 12]
    curve = mi.ClosedForm().estimate(model, ks)
    fixed = mi.ClosedForm().estimate(model.replace(stop=None), ks)
    missed = 0
    for row, k in enumerate(ks):
        cost, seconds, best, ran = simulated(model, k, 3, latency, rng)
        for which, sample in (("cost", cost), ("time", seconds), ("accuracy", best)):
            quantity = getattr(curve, which)
            assert off(quantity.mean[row], sample) < BAND, (which, k)
            assert std_off(quantity.std[row], sample) < BAND, (which, k)
            # A quantile is where so many queries are below, within the error of a share and that of `Totals`.
            for value, share in ((quantity.low[row], 0.025), (quantity.high[row], 0.975)):
                slack = BAND * np.sqrt(share * (1 - share) / QUERIES) + 1e-3
                assert (sample < value * (1 - 1e-9)).mean() <= share + slack, (which, k, share)
                assert (sample <= value * (1 + 1e-9)).mean() >= share - slack, (which, k, share)
            missed += off(getattr(fixed, which).mean[row], sample) > BAND
        for j in range(1, k + 1):
            share = curve.passes[row, j - 1]
            assert abs(share - (ran == j).mean()) <= BAND * np.sqrt(share * (1 - share) / QUERIES) + 1e-12
        assert off(curve.mean_passes[row], ran) < BAND or ran.std() == 0
    # The control: all k passes cost and take something else.
    assert missed >= 4


@pytest.mark.parametrize("latency", ["waves", "ideal"])
@pytest.mark.parametrize("case", CASES)
def test_attainment_knows_that_what_stopped_is_right(gpt5, essay, case, latency):
    model = gpt5.replace(parallel=3, latency=latency, **CASES[case])
    rng = np.random.default_rng(100 + list(CASES).index(case))
    k = 9
    cost, seconds, best, _ = simulated(model, k, 3, latency, rng)
    least = 0.8 if model.stop.level else 1.0
    apart = 0
    for c, t in ((0.5, 1.0), (1.0, 0.6), (0.6, 0.7)):
        scenario = essay.replace(c_max=float(np.quantile(cost, c)), t_max=float(np.quantile(seconds, t)), a_min=least)
        view = mi.ClosedForm().estimate(model, [k], scenarios=[scenario]).views[scenario]
        met = (cost <= scenario.c_max) & (seconds <= scenario.t_max) & (best >= least)
        # The normal copula is good to 1.6 points where both bind, and adds nothing where one does.
        copula = 0.016 if max(c, t) < 1 else 0.002
        assert abs(view.attainment[0] - met.mean()) < BAND * np.sqrt(met.mean() * (1 - met.mean()) / QUERIES) + copula
        independent = (best >= least).mean() * ((cost <= scenario.c_max) & (seconds <= scenario.t_max)).mean()
        apart += abs(independent - met.mean()) > 0.03
    assert apart > 0, "as a product of its parts it is another number"


def test_budgets_for_quantiles_look_at_the_mixture(gpt5, essay):
    model = gpt5.replace(latency="waves", parallel=2, **CASES["beta"])
    scenario = essay.replace(c_quantile=0.9, t_quantile=0.95, a_quantile=0.4)
    curve = mi.ClosedForm().estimate(model, [7], scenarios=[scenario])
    cost, seconds, best, _ = simulated(model, 7, 2, "waves", np.random.default_rng(3))
    values = curve.views[scenario].values[0]
    for value, sample, share in ((values[0], cost, 0.9), (values[1], seconds, 0.95)):
        assert abs((sample <= value).mean() - share) < BAND * np.sqrt(share * (1 - share) / QUERIES) + 1e-3
    assert values[2] == float((best < 0.5).mean() <= 0.4)


@pytest.mark.parametrize("k", [1, 2, 17, 128, 5_000])
@pytest.mark.parametrize("level", [0.9, 0.99, 1.0])
def test_one_by_one_the_passes_are_geometric(gpt5, k, level):
    model = gpt5.replace(stop=f"first-verified={level}", parallel=1)
    p = norm.sf((level - 0.94) / 0.02)
    curve = mi.ClosedForm().estimate(model, [k])
    expected = -np.expm1(k * np.log1p(-p)) / p
    assert curve.mean_passes[0] == pytest.approx(expected, rel=1e-11)
    # Wald: what adds up over passes has the mean of one pass times that.
    one = mi.ClosedForm().estimate(model, [1])
    assert curve.cost.mean[0] == pytest.approx(expected * one.cost.mean[0], rel=1e-11)
    assert curve.time.mean[0] == pytest.approx(expected * one.time.mean[0], rel=1e-11)


def test_a_million_passes_are_no_more_than_are_needed(gpt5):
    model = gpt5.replace(stop="first-verified=0.98", parallel=1)
    few, many = mi.ClosedForm().estimate(model, [2_000]), mi.ClosedForm().estimate(model, [1_000_000])
    np.testing.assert_allclose(many.F, few.F, rtol=1e-12)
    assert many.passes.shape == (1, 1_000_000)


def brute(distribution, level, batch, k):
    """E[1 - A] and E[(1 - A)^2] by integrating the mixture over stops of truncated maxima, each on its own."""
    mu, sigma = distribution

    def f(x):
        return norm.cdf((x - mu) / sigma)

    a, looked = f(level), (k - 1) // batch

    def below(x):
        stopped = sum(a ** (j * batch) * max(f(x) ** batch - a**batch, 0) for j in range(looked))
        full = (min(f(x), a) ** (looked * batch)) * f(x) ** (k - looked * batch)
        return full + (stopped if x >= level else 0.0)

    def integral(power):
        pieces = sorted({0.0, level, 1.0, *np.clip(mu + sigma * np.array([-6, -3, 0, 3]), 0, 1)})
        values = (
            quad(lambda x: power * (1 - x) ** (power - 1) * below(x), low, high, epsabs=1e-14, epsrel=1e-12)[0]
            for low, high in pairwise(pieces)
        )
        return sum(values)

    return integral(1), integral(2), below


@pytest.mark.parametrize("distribution", [(0.94, 0.02), (0.5, 0.4), (0.9, 0.001), (0.99, 0.05), (0.05, 0.1)])
@pytest.mark.parametrize("level", [0.03, 0.5, 0.9, 0.95, 1.0])
def test_the_best_of_a_stopped_query_is_what_integrals_say(distribution, level):
    for batch, k in ((1, 1), (1, 6), (3, 7), (4, 32), (50, 60)):
        found = VerifiedNormal(Accuracy(mean=distribution[0], std=distribution[1]), level, batch, np.array([k]))
        first, second, below = brute(distribution, level, batch, k)
        assert found.error[0] == pytest.approx(first, rel=1e-9, abs=1e-13)
        spread = np.sqrt(max(second - first**2, 0.0))
        assert found.columns((0.025, 0.975))[0, 1] == pytest.approx(spread, rel=1e-5, abs=1e-7)
        for q in (0.025, 0.5, 0.975):
            x = found.quantile(q)[0]
            assert x == 0 or below(x - 1e-9) <= q + 1e-7
            assert x == 1 or below(x + 1e-9) >= q - 1e-7
        for least in (0.02, 0.5, 0.93, 0.97, 1.0):
            reached = found.accurate(least).mean(np.ones(len(found.ends.looks)), np.ones(1))
            assert reached[0] == pytest.approx(1 - below(least), abs=1e-12)


def test_a_level_of_one_keeps_what_all_passes_would(paper):
    ks = [1, 3, 4, 9, 64, 128]
    for model in paper.models.values():
        stopped = mi.ClosedForm().estimate(model.replace(stop="first-verified"), ks)
        fixed = mi.ClosedForm().estimate(model, ks)
        np.testing.assert_allclose(stopped.error, fixed.error, rtol=1e-13)
        np.testing.assert_allclose(stopped.accuracy.std, fixed.accuracy.std, rtol=1e-9)
        np.testing.assert_allclose(stopped.accuracy.low, fixed.accuracy.low, rtol=1e-13)


VOTES = {
    "b": "3/3 0/2",
    "a": "2/2 0/2 none:1",
    "c": "1/1 0/1 0/1 0/2",
    "d": "0/5",
    "e": "2/3 0/1 none:1",
}
RIGHT = {"b": "3/5", "a": "2/5", "c": "1/5", "d": "0/5", "e": "5/5"}


def is_sure(votes, level):
    """By tossing first + second + 1 fair coins."""
    counts = [*sorted((votes.count(own) for own in set(votes)), reverse=True), 0, 0]
    coins = counts[0] + counts[1] + 1
    return sum(comb(coins, heads) for heads in range(counts[0] + 1)) / 2**coins >= level


def enumerated(record, stop, k, batch):
    """(2, k) shares of all orders of a question's samples by the passes that run, and of those that are right."""
    samples = []
    for number, part in enumerate(record.split()):
        if part.startswith("none:"):
            samples += [(-1, 0.0)] * int(part[5:])
        else:
            right, size = map(int, part.split("/"))
            samples += [(number, right / size if stop == "vote" else float(place < right)) for place in range(size)]
    found = np.zeros((2, k))
    orders = list(permutations(range(len(samples))))
    for order in orders:
        run = []
        while len(run) < k:
            run += [samples[one] for one in order[len(run) : min(len(run) + batch, k)]]
            votes = [answer for answer, _ in run if answer >= 0]
            if any(worth == 1 for _, worth in run) if stop != "vote" else is_sure(votes, 0.8):
                break
        if stop == "vote":
            most = max((votes.count(own) for own in set(votes)), default=0)
            leaders = {answer: worth for answer, worth in run if answer >= 0 and votes.count(answer) == most}
            kept = np.mean(list(leaders.values())) if leaders else 0.0
        else:
            kept = max(worth for _, worth in run)
        found[:, len(run) - 1] += np.array([1, kept]) / len(orders)
    return found


STOPS = {
    "first": ({"kind": "outcomes", "questions": RIGHT}, "first-verified"),
    "vote": ({"kind": "outcomes", "keep": "majority", "questions": VOTES}, "vote-until-sure=0.8"),
}


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("kind", STOPS)
def test_an_evaluation_is_counted_over_all_orders_of_its_samples(gpt5, essay, kind, batch):
    accuracy, stop = STOPS[kind]
    model = gpt5.replace(accuracy=accuracy, stop=stop, parallel=batch, latency="waves")
    ks = np.arange(1, 6)
    loose = essay.replace(c_max=1.0, t_max=1e4, a_min=0.5)
    tight = essay.replace(c_max=float(mi.ClosedForm().estimate(model, [3]).cost.high[0]), t_max=None, a_min=0.5)
    free = loose.replace(a_min=None)
    curve = mi.ClosedForm().estimate(model, ks, scenarios=[loose, tight, free])
    np.testing.assert_allclose(curve.views[free].attainment, 1, rtol=1e-9)
    every = _totals(model, np.arange(1, 6), batch, "waves")
    for row, k in enumerate(ks.tolist()):
        shares, right = np.mean([enumerated(text, kind, k, batch) for text in accuracy["questions"].values()], axis=0)
        np.testing.assert_allclose(curve.passes[row, :k], shares, atol=1e-12)
        assert curve.accuracy.mean[row] == pytest.approx(right.sum(), abs=1e-12)
        for quantity, own in ((curve.cost, every[0]), (curve.time, every[1])):
            mean, second = shares @ own.mean[:k], shares @ (own.std**2 + own.mean**2)[:k]
            assert quantity.mean[row] == pytest.approx(mean, rel=1e-12)
            assert quantity.std[row] == pytest.approx(np.sqrt(second - mean**2), rel=1e-9)
            assert quantity.se[row] == 0
        assert curve.views[loose].attainment[row] == pytest.approx(right.sum(), abs=1e-12)
        assert curve.views[tight].attainment[row] == pytest.approx(
            right @ every[0].cdf(tight.c_max * (1 + 1e-9))[:k], abs=1e-9
        )


def test_a_vote_that_is_drawn_is_within_its_standard_error(gpt5):
    # Of two answers alone the counts decide: a query is a walk that draws without replacement.
    right, wrong, k = 14, 8, 15
    model = gpt5.replace(
        accuracy={
            "kind": "outcomes",
            "keep": "majority",
            "trials": 4_000,
            "questions": {f"q{number}": f"{right}/{right} 0/{wrong}" for number in range(9)},
        },
        stop="vote-until-sure=0.9",
        parallel=1,
    )
    shares, kept = np.zeros((2, k))
    states = {(0, 0): 1.0}
    for ran in range(1, k + 1):
        following = {}
        for (r, w), share in states.items():
            left = right + wrong - r - w
            for state, chance in (((r + 1, w), (right - r) / left), ((r, w + 1), (wrong - w) / left)):
                following[state] = following.get(state, 0.0) + share * chance
        states = {}
        for (r, w), share in following.items():
            if ran == k or is_sure(["r"] * r + ["w"] * w, 0.9):
                shares[ran - 1] += share
                kept[ran - 1] += share * (1.0 if r > w else 0.5 if r == w else 0.0)
            else:
                states[r, w] = share
    curve = mi.ClosedForm().estimate(model, [k])
    assert 0 < curve.accuracy.se[0] < 0.01
    assert abs(curve.accuracy.mean[0] - kept.sum()) < BAND * curve.accuracy.se[0]
    one = _totals(model, np.arange(1, k + 1), 1, model.latency)
    for quantity, own in ((curve.cost, one[0]), (curve.time, one[1])):
        assert 0 < quantity.se[0] < 0.01 * quantity.mean[0]
        assert abs(quantity.mean[0] - shares @ own.mean) < BAND * quantity.se[0]
        assert abs(own.mean[-1] - shares @ own.mean) > 20 * quantity.se[0], "all passes cost something else"
    wide = np.abs(curve.passes[0] - shares) / np.sqrt(shares * (1 - shares) / (9 * 4_000) + 1e-30)
    assert wide[shares > 0].max() < BAND
    assert (curve.passes[0][shares == 0] == 0).all()
    again = mi.ClosedForm().estimate(model, [k])
    assert again.table.tobytes() == curve.table.tobytes()


NEVER = {
    "a level that nothing reaches": {"accuracy": {"mean": 0.6, "std": 0.01}, "stop": "first-verified"},
    "no right sample": {
        "accuracy": {"kind": "outcomes", "questions": {"a": "0/12", "b": "0/12"}},
        "stop": "first-verified",
    },
    "a certain accuracy": {"accuracy": {"mean": 0.6, "std": 0}, "stop": "first-verified=0.7"},
    "a vote among many answers": {
        "accuracy": {"kind": "outcomes", "keep": "majority", "questions": {"a": " ".join(["0/1"] * 12)}},
        "stop": "vote-until-sure=0.999",
    },
}


@pytest.mark.parametrize("latency", ["waves", "ideal"])
@pytest.mark.parametrize("name", NEVER)
def test_a_stop_that_never_comes_changes_nothing(gpt5, essay, name, latency):
    model = gpt5.replace(latency=latency, parallel=3, **NEVER[name])
    scenarios = [essay, essay.replace(c_quantile=0.9, t_quantile=0.95)]
    stopped = mi.ClosedForm().estimate(model, range(1, 13), scenarios=scenarios)
    fixed = mi.ClosedForm().estimate(model.replace(stop=None), range(1, 13), scenarios=scenarios)
    np.testing.assert_allclose(stopped.table, fixed.table, rtol=1e-12, atol=1e-12)
    for scenario in scenarios:
        np.testing.assert_allclose(stopped.views[scenario].values, fixed.views[scenario].values, rtol=1e-12)
        np.testing.assert_allclose(stopped.views[scenario].attainment, fixed.views[scenario].attainment, atol=1e-12)
    np.testing.assert_allclose(stopped.passes, np.eye(12), atol=1e-12)


@pytest.mark.parametrize("case", [*CASES, "vote"])
def test_a_batch_of_all_passes_is_no_stop(gpt5, essay, case):
    accuracy, stop = STOPS["vote"]
    changes = CASES.get(case, {"accuracy": accuracy, "stop": stop})
    model = gpt5.replace(parallel=5, latency="waves", **changes)
    model = model.replace(stop=model.stop.name)
    stopped = mi.ClosedForm().estimate(model, [1, 2, 5], scenarios=[essay])
    fixed = mi.ClosedForm().estimate(model.replace(stop=None), [1, 2, 5], scenarios=[essay])
    np.testing.assert_allclose(stopped.table, fixed.table, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(stopped.views[essay].attainment, fixed.views[essay].attainment, atol=1e-12)


def test_a_higher_level_runs_longer_and_keeps_more(paper):
    ks = [1, 2, 5, 40]
    for model in paper.models.values():
        curves = [
            mi.ClosedForm().estimate(model.replace(stop=f"first-verified={level}"), ks)
            for level in (0.5, 0.9, 0.93, 0.96, 0.99, 1.0)
        ]
        for lower, higher in pairwise(curves):
            assert (lower.mean_passes <= higher.mean_passes + 1e-12).all()
            assert (lower.cost.mean <= higher.cost.mean * (1 + 1e-12)).all()
            assert (lower.accuracy.mean <= higher.accuracy.mean + 1e-12).all()
            assert (lower.cost.high <= higher.cost.high * (1 + 1e-9)).all()
        assert curves[0].mean_passes[-1] < 0.5 * curves[-1].mean_passes[-1]


@pytest.mark.parametrize("case", CASES)
def test_a_shorter_limit_is_never_worth_more(gpt5, case):
    curve = mi.ClosedForm().estimate(gpt5.replace(**CASES[case]), range(1, 40))
    for quantity in (curve.mean_passes, curve.cost.mean, curve.accuracy.mean):
        assert (np.diff(quantity) >= -1e-15).all()
    np.testing.assert_allclose(curve.passes.sum(axis=1), 1, rtol=1e-12)
    assert (curve.mean_passes <= curve.k).all()


def test_prices_scale_dollars_and_nothing_else(gpt5):
    model = gpt5.replace(**CASES["skewed"])
    expensive = model.replace(usd_per_million_input_tokens=12.5, usd_per_million_output_tokens=100.0)
    ours, theirs = (mi.ClosedForm().estimate(each, [3, 9]) for each in (model, expensive))
    scaled = ours.quantities.copy()
    scaled[:, 0] *= 10
    np.testing.assert_allclose(theirs.quantities, scaled, rtol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_the_estimate_at_one_k_depends_on_that_k_alone(gpt5, essay, case):
    model = gpt5.replace(latency="waves", parallel=3, **CASES[case])
    scenario = essay.replace(c_quantile=0.9)
    together = mi.ClosedForm().estimate(model, [40, 1, 7, 8, 200], scenarios=[scenario])
    for row, k in enumerate([40, 1, 7, 8, 200]):
        alone = mi.ClosedForm().estimate(model, [k], scenarios=[scenario])
        assert alone.table[0].tobytes() == together.table[row].tobytes()
        assert alone.views[scenario].attainment[0] == together.views[scenario].attainment[row]
        np.testing.assert_array_equal(alone.passes[0], together.passes[row, :k])


def test_each_batch_pays_for_its_prompt(gpt5):
    model = gpt5.replace(
        shared_prompt=True,
        prompt="per-query",
        parallel=2,
        accuracy={"mean": 0.6, "std": 0.01},
        stop="first-verified",
    )
    prompt = 1024 * 1.25e-6
    answers = 7 * 2048 * 10e-6
    assert mi.ClosedForm().estimate(model, [7]).cost.mean[0] == pytest.approx(4 * prompt + answers, rel=1e-9)
    assert mi.ClosedForm().estimate(model.replace(stop=None), [7]).cost.mean[0] == pytest.approx(
        prompt + answers, rel=1e-9
    )


def test_what_does_not_vary_has_quantiles_of_the_number_of_passes(gpt5):
    model = gpt5.replace(
        input_tokens={"mean": 1000, "std": 0}, output_tokens={"mean": 2000, "std": 0}, parallel=1, **CASES["beta"]
    )
    curve = mi.ClosedForm().estimate(model, [1, 8])
    one = 1000 * 1.25e-6 + 2000 * 10e-6
    running = [1 - accuracy for accuracy in mi.ClosedForm().estimate(model, range(1, 8)).accuracy.mean]
    least = next(j for j, left in enumerate(running, 1) if 1 - left >= 0.025)
    assert curve.cost.low[1] == pytest.approx(least * one, rel=1e-12)
    assert curve.cost.high.tolist() == pytest.approx([one, 8 * one], rel=1e-12)


def test_what_is_not_known_stays_unknown(gpt5, essay):
    model = gpt5.replace(output_tokens={"mean": 2048, "std": None}, **CASES["beta"])
    curve = mi.ClosedForm().estimate(model, [4], scenarios=[essay])
    assert np.isfinite(curve.means).all()
    assert np.isnan(curve.cost.std).all()
    assert np.isnan(curve.time.high).all()
    assert np.isnan(curve.views[essay].attainment).all()
    with pytest.raises(SettingError, match="not known"):
        mi.ClosedForm().estimate(model, [4], scenarios=[essay.replace(c_quantile=0.9)])


def test_evidence_is_that_of_the_evaluation(gpt5):
    for accuracy in (BETA, STOPS["first"][0]):
        model = gpt5.replace(accuracy=accuracy, stop="first-verified/1")
        ours = mi.ClosedForm().estimate(model, [1, 3, 5]).evidence
        theirs = mi.ClosedForm().estimate(model.replace(stop=None), [1, 3, 5]).evidence
        for name in ("ci_low", "ci_high", "extrapolated", "last"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    vote = gpt5.replace(accuracy=STOPS["vote"][0], stop=STOPS["vote"][1], parallel=1)
    curve = mi.ClosedForm().estimate(vote, [5])
    assert curve.evidence.ci_low[0] < curve.accuracy.mean[0] < curve.evidence.ci_high[0]
    assert curve.evidence.last.tolist() == [True]


def test_what_a_policy_cannot_look_at_is_refused_all_at_once(gpt5):
    ranked = gpt5.replace(
        name="Ranked",
        accuracy={"kind": "outcomes", "keep": "verifier", "questions": {"a": "1/1 0/3"}},
        stop="first-verified=0.5",
    )
    beyond = gpt5.replace(name="Beyond", stop="first-verified=1.5")
    with pytest.raises(SettingError) as refused:
        mi.ClosedForm().estimate_many([ranked, beyond], [1, 2])
    assert "Ranked: stop 'first-verified=0.5' with keep 'verifier' must be estimated by Recorded" in str(refused.value)
    assert "Beyond: the level of first-verified must be above 0 and at most 1" in str(refused.value)
    with pytest.raises(SettingError, match="raise k_step"):
        mi.ClosedForm().estimate(gpt5.replace(stop="first-verified"), range(1, 5_000))
    passes = {"input_tokens": [900, 1100], "output_tokens": [500, 2500]}
    stopped = gpt5.replace(stop="first-verified", passes=passes)
    for estimator in (mi.MonteCarlo(trials=10), mi.Empirical(trials=10)):
        with pytest.raises(SettingError, match="must be estimated by Recorded or ClosedForm"):
            estimator.estimate(stopped, [1])
    # Without measured passes there is nothing to resample.
    plain = stopped.replace(passes=None)
    assert mi.Empirical().estimate(plain, [3]).table.tobytes() == mi.ClosedForm().estimate(plain, [3]).table.tobytes()
    with pytest.raises(SettingError, match="samples"):
        mi.ClosedForm().estimate(gpt5.replace(accuracy=STOPS["first"][0], stop="first-verified"), [6])


def test_models_that_stop_stand_beside_those_that_do_not(paper, essay):
    models = list(paper.models.values())[:3]
    models[1] = models[1].replace(stop="first-verified")
    together = mi.ClosedForm().estimate_many(models, [2, 9], scenarios=[essay])
    for model, curve in zip(models, together, strict=True):
        alone = mi.ClosedForm().estimate(model, [2, 9], scenarios=[essay])
        assert alone.table.tobytes() == curve.table.tobytes()
        assert (curve.passes is None) == (model.stop is None)


def test_a_quantile_of_the_mixture_is_where_it_is_reached(gpt5):
    for case in ("beta", "skewed"):
        model = gpt5.replace(latency="waves", parallel=2, **CASES[case])
        k = np.array([1, 2, 3, 8, 31])
        found = stopped_accuracy(model, k, 2)
        parts = zip(_totals(model, found.ends.looks, 2, "waves"), _totals(model, k, 2, "waves"), strict=True)
        for stopped, full in parts:
            total = StoppedTotals(found.ends, stopped, full)
            for q in (0.05, 0.5, 0.95):
                for row, value in enumerate(total.quantile(q).tolist()):
                    assert total.cdf(value)[row] == pytest.approx(q, abs=2e-4)


def test_crossings_are_found_whatever_the_shape():
    roots = np.array([0.3, 1.0, 2.5, 0.7])

    def f(x):
        return np.array([x[0] ** 3 - 0.027, np.sign(x[1] - 1.0), np.tanh(50 * (x[2] - 2.5)), x[3] - 0.7])

    found = crossing(f, np.zeros(4), np.full(4, 3.0))
    np.testing.assert_allclose(found, roots, atol=3e-12)
    assert f(found)[1] >= 0
    # Ends that do not enclose it are the answer themselves.
    assert crossing(lambda x: x + 1, np.ones(1), np.full(1, 2.0)) == pytest.approx(1.0)
    assert crossing(lambda x: x - 9, np.ones(1), np.full(1, 2.0)) == pytest.approx(2.0)


def test_further_resources_stop_with_the_passes(gpt5, essay):
    model = gpt5.replace(
        resources={"joules": {"per_input_token": 0.1, "per_output_token": 2.0}}, parallel=1, **CASES["beta"]
    )
    scenario = essay.replace(resources={"joules": {"max": 10_400.0}}, a_min=None)
    curve = mi.ClosedForm().estimate(model, [1, 6], scenarios=[scenario])
    joules = curve.resource("joules")
    np.testing.assert_allclose(joules.mean, curve.mean_passes * (1024 * 0.1 + 2048 * 2.0), rtol=1e-9)
    # Two passes stay below 10,400 joules and three do not, so that the share is that of the passes.
    assert curve.views[scenario].attainment[1] == pytest.approx(curve.passes[1, :2].sum(), abs=1e-3)


def test_recorded_estimates_models_without_attempts_as_the_closed_form_does(gpt5):
    ours = mi.Recorded(stop="first-verified").estimate(gpt5, [1, 9])
    theirs = mi.ClosedForm().estimate(gpt5.replace(stop="first-verified"), [1, 9])
    assert ours.table.tobytes() == theirs.table.tobytes()
    assert (ours.mean_passes < ours.k)[1]
