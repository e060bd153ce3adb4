"""What is billed and how long it takes, beyond the paper's k equal passes."""

import math

import numpy as np
import pytest
import slow_twin
from scipy.special import ndtr

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import cost_distribution, prompts_paid, time_distribution
from moo_inference.estimators.sum_distribution import Totals

KS = np.array([1, 2, 4, 9])
CACHED = 0.125
ONE = {"prompt": "per-query"}
SHARED = {
    "shared": {"shared_prompt": True, **ONE},
    "cached": {"usd_per_million_cached_input_tokens": CACHED, **ONE},
    "each": ONE,
}


def paid(kind, k):
    again = {"shared": 0.0, "cached": CACHED / 1.25, "each": 1.0}[kind]
    return 1 + (k - 1) * again


def length_of(own, z):
    """The paper's models and the clipping one have normal lengths, clipped so that the mean is the given one."""
    return np.maximum(1, z * Length.of(own).before_clipping[1] + Length.of(own).before_clipping[0])


def bills(model, kind, k, trials, seed):
    """(trials,) USD of queries of k passes that share a prompt, and (trials, k) seconds of their passes."""
    generator = np.random.default_rng(seed)
    L_in = length_of(model.input_tokens, generator.standard_normal((trials, 1)))
    L_out = length_of(model.output_tokens, generator.standard_normal((trials, k)))
    cost = L_in[:, 0] * model.usd_per_million_input_tokens / 1e6 * paid(kind, np.array([k]))[0]
    seconds = model.seconds_per_input_token * L_in + model.seconds_per_output_token * L_out
    return cost + L_out.sum(axis=1) * model.usd_per_million_output_tokens / 1e6, seconds


def agrees(totals, row, sample, slack):
    """Whether mean, std, quantiles and distribution function of a row are those of a sample, within its own error."""
    root = math.sqrt(len(sample))
    error = sample.std() / root
    assert abs(totals.mean[row] - sample.mean()) < 4 * error
    assert abs(totals.mean[row] + 9 * error - sample.mean()) > 4 * error  # the band can fail
    kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
    assert abs(totals.std[row] / sample.std() - 1) < 4 * math.sqrt((kurtosis - 1) / 4) / root
    for q in (0.025, 0.5, 0.95, 0.975):
        value, band = totals.quantile(q)[row], 4 * math.sqrt(q * (1 - q)) / root
        margin = slack * totals.std[row]
        assert (sample < value - margin).mean() - band <= q <= (sample <= value + margin).mean() + band
        far = value + 0.2 * totals.std[row]
        assert abs((sample <= far).mean() - q) > band  # the band can fail
        below, above = ((sample <= value + side).mean() for side in (-margin, margin))
        assert below - band <= totals.cdf(value)[row] <= above + band


@pytest.mark.parametrize("kind", SHARED)
@pytest.mark.parametrize("clipping", [False, True])
def test_a_prompt_paid_once_has_the_distribution_of_simulated_bills(gpt5, clipping_model, kind, clipping):
    model = (clipping_model if clipping else gpt5).replace(**SHARED[kind])
    totals = Totals(cost_distribution(model), 1, KS, paid(kind, KS))
    for row, k in enumerate(KS.tolist()):
        agrees(totals, row, bills(model, kind, k, 40_000, k)[0], slack=0.1 if clipping else 1e-4)


@pytest.mark.parametrize("kind", SHARED)
def test_of_normal_lengths_the_bill_is_normal(gpt5, kind):
    model = gpt5.replace(**SHARED[kind])
    totals = Totals(cost_distribution(model), 1, KS, paid(kind, KS))
    mean = paid(kind, KS) * 1.25e-6 * 1024 + KS * 1e-5 * 2048
    std = np.sqrt((paid(kind, KS) * 1.25e-6 * 64) ** 2 + KS * (1e-5 * 128) ** 2)
    np.testing.assert_allclose(totals.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(totals.std, std, rtol=1e-12)
    np.testing.assert_allclose(totals.quantile(0.95), mean + 1.6448536269514722 * std, rtol=1e-12)
    for row, value in enumerate(mean + 0.7 * std):
        assert totals.cdf(value)[row] == pytest.approx(ndtr(0.7), rel=1e-9)
    curve = mi.ClosedForm().estimate(model, KS)
    np.testing.assert_allclose(curve.cost.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(curve.cost.high, mean + 1.959963984540054 * std, rtol=1e-12)


@pytest.mark.parametrize("kind", SHARED)
def test_one_pass_pays_what_it_pays_without_sharing(gpt5, clipping_model, kind):
    for model in (gpt5, clipping_model):
        distribution = cost_distribution(model)
        once, plain = Totals(distribution, 1, KS[:1], np.ones(1)), Totals(distribution, 1, KS[:1])
        for q in (0.025, 0.5, 0.975):
            # A prompt of its own is one more part in cells, of which a standard deviation has at least eight.
            exact = distribution.normal
            slack = {"rtol": 1e-12} if exact else {"atol": 0.13 * plain.std[0]}
            np.testing.assert_allclose(once.quantile(q), plain.quantile(q), **slack)
        for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=30), mi.MonteCarlo(trials=30, draws="independent")):
            one, other = (estimator.estimate(m, [1]) for m in (model, model.replace(**SHARED[kind])))
            np.testing.assert_allclose(one.F, other.F, rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(one.cost.std, other.cost.std, rtol=1e-12)
            np.testing.assert_allclose(one.time.std, other.time.std, rtol=1e-12)


def test_a_cached_price_that_is_no_cheaper_changes_nothing(gpt5, clipping_model):
    for model in (gpt5, clipping_model, gpt5.replace(input_tokens={"mean": 9000, "std": 5000})):
        plain = model.replace(**ONE)
        cached = plain.replace(usd_per_million_cached_input_tokens=1.25)
        for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=30), mi.MonteCarlo(trials=30, draws="independent")):
            one, other = (estimator.estimate(m, KS).table for m in (plain, cached))
            np.testing.assert_allclose(one, other, rtol=1e-12)


def test_a_shared_prompt_is_read_once_a_wave(gpt5):
    """Of 9 passes, 4 at a time, three waves read the one prompt; ideal divides nine readings by four."""
    model = gpt5.replace(
        input_tokens={"mean": 9000, "std": 5000}, output_tokens={"mean": 20, "std": 0}, **SHARED["shared"]
    )
    waves, ideal = (mi.ClosedForm().estimate(model, [9], parallel=4, latency=rule).time for rule in ("waves", "ideal"))
    assert waves.mean[0] == pytest.approx(3 * (5e-4 * 9000 + 5e-3 * 20))
    assert ideal.mean[0] == pytest.approx(9 / 4 * (5e-4 * 9000 + 5e-3 * 20))
    assert waves.std[0] == pytest.approx(3 * 5e-4 * 5000)
    assert ideal.std[0] == pytest.approx(9 / 4 * 5e-4 * 5000)


def test_prompts_count_as_often_as_they_are_paid_and_passes_may_have_their_own(gpt5):
    k = np.array([1, 2, 5])
    assert prompts_paid(gpt5, k) is None
    for kind, changes in SHARED.items():
        assert prompts_paid(gpt5.replace(**changes), k) == pytest.approx(paid(kind, k))
    with pytest.raises(ValueError, match="must be per-query with shared_prompt"):
        gpt5.replace(shared_prompt=True)
    with pytest.raises(ValueError, match="must be per-query with usd_per_million_cached_input_tokens"):
        gpt5.replace(usd_per_million_cached_input_tokens=1.0)


@pytest.mark.parametrize("draws", ["common", "independent"])
@pytest.mark.parametrize("kind", SHARED)
def test_monte_carlo_bills_the_first_prompt(clipping_model, kind, draws):
    """One trial at a time from the very draws: normals of input, output, accuracy."""
    model, trials, seed = clipping_model.replace(**SHARED[kind]), 23, 4
    curve = mi.MonteCarlo(trials=trials, seed=seed, draws=draws).estimate(model, KS)
    for row, k in enumerate(KS.tolist()):
        if draws == "common":
            generator = np.random.default_rng(seed)
            z = np.array([[generator.standard_normal(trials) for _ in range(3)] for _ in range(k)]).transpose(2, 1, 0)
        else:
            generator = np.random.default_rng(seed + k)
            z = np.array([[generator.standard_normal(k) for _ in range(3)] for _ in range(trials)])
        costs = [
            1.25e-6 * slow_twin.tokens_of(model.input_tokens, one[0][0]) * paid(kind, np.array([k]))[0]
            + sum(1e-5 * slow_twin.tokens_of(model.output_tokens, value) for value in one[1])
            for one in z
        ]
        assert curve.cost.mean[row] == pytest.approx(np.mean(costs), rel=1e-10)
        assert curve.cost.std[row] == pytest.approx(np.std(costs), rel=1e-9)
        assert curve.cost.high[row] == pytest.approx(np.percentile(costs, 97.5), rel=1e-9)


@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("kind", SHARED)
def test_attainment_knows_how_a_shared_prompt_ties_cost_to_time(gpt5, essay, kind, latency):
    # Long prompts that vary much and answers that do not: the one prompt that is paid for moves cost and time alike.
    model = gpt5.replace(
        input_tokens={"mean": 9000, "std": 1500},
        output_tokens={"mean": 200, "std": 20},
        latency=latency,
        **SHARED[kind],
    )
    trials = 40_000
    for k in (2, 6):
        cost, seconds = bills(model, kind, k, trials, 7)
        if latency == "ideal":
            time = seconds.sum(axis=1) / 4
        else:
            time = sum(seconds[:, start : start + 4].max(axis=1) for start in range(0, k, 4))
        budgets = essay.replace(a_min=0.0, c_max=float(np.quantile(cost, 0.6)), t_max=float(np.quantile(time, 0.6)))
        both = ((cost <= budgets.c_max) & (time <= budgets.t_max)).mean()
        band = 4 * math.sqrt(both * (1 - both) / trials)
        [share] = mi.ClosedForm().estimate(model, [k], scenarios=[budgets]).views[budgets].attainment
        correlation = np.corrcoef(cost, time)[0, 1]
        assert abs(share - both) < band + 0.01  # the largest of several normals is not quite normal
        assert correlation < 0.3 or abs(0.36 - both) > band + 0.01  # for independent budgets it would be 0.36
        assert correlation > 0.2
        [drawn] = (
            mi.MonteCarlo(trials=trials, seed=1).estimate(model, [k], scenarios=[budgets]).views[budgets].attainment
        )
        assert abs(drawn - both) < math.sqrt(2) * band


@pytest.mark.parametrize("kind", SHARED)
def test_the_correlation_of_cost_and_time_is_that_of_simulated_queries(gpt5, kind):
    from moo_inference.estimators.attainment import correlation
    from moo_inference.estimators.closed_form import _totals

    model = gpt5.replace(
        input_tokens={"mean": 9000, "std": 1500}, output_tokens={"mean": 400, "std": 60}, **SHARED[kind]
    )
    trials = 40_000
    for latency in ("ideal", "waves"):
        found = correlation(*_totals(model, KS, 4, latency))
        for row, k in enumerate(KS.tolist()):
            cost, seconds = bills(model, kind, k, trials, k)
            waves = sum(seconds[:, start : start + 4].max(axis=1) for start in range(0, k, 4))
            time = seconds.sum(axis=1) / 4 if latency == "ideal" else waves
            # Fisher's z of a sample correlation has the standard error 1 / sqrt(trials - 3) for normal pairs.
            distance = abs(np.arctanh(min(found[row], 1 - 1e-12)) - np.arctanh(np.corrcoef(cost, time)[0, 1]))
            assert distance < 5 / math.sqrt(trials - 3)


def test_a_cached_prompt_needs_a_price_of_the_prompt(gpt5):
    free = gpt5.replace(free=True, usd_per_million_input_tokens=0.0, usd_per_million_cached_input_tokens=0.1, **ONE)
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=3)):
        with pytest.raises(SettingError, match="GPT-5: usd_per_million_cached_input_tokens must be 0"):
            estimator.estimate(free, [2])
    gratis = free.replace(usd_per_million_cached_input_tokens=0.0)
    assert mi.ClosedForm().estimate(gratis, [3]).cost.mean[0] == pytest.approx(3 * 2048e-5)


def test_reasoning_is_billed_at_its_price_and_timed_as_output(gpt5):
    thinking = gpt5.replace(
        reasoning_tokens={"mean": 3000, "std": 400}, usd_per_million_reasoning_tokens=4.0, latency="ideal", parallel=1
    )
    mean = KS * (1.25e-6 * 1024 + 1e-5 * 2048 + 4e-6 * 3000)
    std = np.sqrt(KS * ((1.25e-6 * 64) ** 2 + (1e-5 * 128) ** 2 + (4e-6 * 400) ** 2))
    curve = mi.ClosedForm().estimate(thinking, KS)
    np.testing.assert_allclose(curve.cost.mean, mean, rtol=1e-13)
    np.testing.assert_allclose(curve.cost.std, std, rtol=1e-12)
    np.testing.assert_allclose(curve.time.mean, KS * (5e-4 * 1024 + 5e-3 * 5048), rtol=1e-13)
    np.testing.assert_allclose(
        curve.time.std, np.sqrt(KS * ((5e-4 * 64) ** 2 + 2.5e-5 * (128**2 + 400**2))), rtol=1e-12
    )
    for draws in ("common", "independent"):
        drawn = mi.MonteCarlo(trials=20_000, draws=draws).estimate(thinking, KS)
        for one, other in ((drawn.cost, curve.cost), (drawn.time, curve.time)):
            assert (np.abs(one.mean - other.mean) < 4 * one.se).all()
            assert (np.abs(one.std / other.std - 1) < 4 / math.sqrt(2 * 20_000)).all()
    same = mi.ClosedForm().estimate(thinking.replace(usd_per_million_reasoning_tokens=None), KS)
    np.testing.assert_allclose(same.cost.mean, KS * (1.25e-6 * 1024 + 1e-5 * 5048), rtol=1e-13)
    ten = mi.ClosedForm().estimate(thinking.replace(usd_per_million_reasoning_tokens=10.0), KS)
    np.testing.assert_allclose(ten.table, same.table, rtol=1e-13)


def tiered(model, start):
    tier = {"from_input_tokens": start, "usd_per_million_input_tokens": 5.0, "usd_per_million_output_tokens": 20.0}
    return model.replace(price_tiers=[tier])


def test_a_tier_holds_for_all_prompts_or_for_none(gpt5):
    above = gpt5.replace(usd_per_million_input_tokens=5.0, usd_per_million_output_tokens=20.0)
    certain = gpt5.replace(input_tokens={"mean": 1024, "std": 0})
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=9)):
        for model, start, expected in (
            (gpt5, 4000, gpt5),
            (gpt5, 100, above),
            (certain, 1024, certain),  # of more than that many tokens: 1,024 are not more
            (certain, 1023, above.replace(input_tokens=certain.input_tokens)),
        ):
            found = estimator.estimate(tiered(model, start), KS)
            assert found.table.tobytes() == estimator.estimate(expected, KS).table.tobytes()


def test_the_last_tier_that_all_prompts_reach_is_billed(gpt5):
    tiers = [
        {"from_input_tokens": start, "usd_per_million_input_tokens": price, "usd_per_million_output_tokens": price}
        for start, price in ((100, 2.0), (200, 3.0), (9000, 4.0))
    ]
    found = mi.ClosedForm().estimate(gpt5.replace(price_tiers=tiers), KS)
    np.testing.assert_allclose(found.cost.mean, KS * 3e-6 * (1024 + 2048), rtol=1e-13)


def test_prompts_on_both_sides_of_a_tier_are_refused_with_the_way_out(gpt5):
    model = tiered(gpt5, 1024 + 64)
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=9), mi.Empirical(trials=9)):
        with pytest.raises(
            SettingError, match=r"GPT-5: a share of 0.16 of the prompts .* 1,088 .* `passes`.*Empirical"
        ):
            estimator.estimate(model, KS)
    measured = model.replace(passes={"input_tokens": [1000, 2000], "output_tokens": [100, 100], "seconds": [1.0, 2.0]})
    drawn = mi.Empirical(trials=20_000).estimate(measured, [1]).cost
    expected = (1000 * 1.25e-6 + 100 * 1e-5 + 2000 * 5e-6 + 100 * 2e-5) / 2
    assert drawn.mean[0] == pytest.approx(expected, rel=1e-12)
    # A query of two passes pays both answers at the tier of its one prompt.
    two = mi.Empirical(trials=9).estimate(measured.replace(**ONE), [2]).cost
    assert two.mean[0] == pytest.approx(2 * expected, rel=1e-12)


@pytest.mark.parametrize("kind", ["normal", "gamma", "lognormal"])
def test_the_share_beyond_a_tier_is_that_of_the_kind(gpt5, kind):
    wide = gpt5.replace(input_tokens={"mean": 1000, "std": 500, "kind": kind})
    far = {"normal": 5000, "gamma": 17000, "lognormal": 90_000}
    assert mi.ClosedForm().estimate(tiered(wide, far[kind]), [1]).cost.mean[0] == pytest.approx(1.25e-3 + 2048e-5)
    with pytest.raises(SettingError, match="more than 4,000 tokens"):
        mi.ClosedForm().estimate(tiered(wide, 4000), [1])
    unknown = gpt5.replace(input_tokens={"mean": 1000, "std": None})
    with pytest.raises(SettingError, match="the std of input_tokens must be known where there are price_tiers"):
        mi.ClosedForm().estimate(tiered(unknown, 4000), [1])


def timed(model, mean, std):
    changes = {"request_seconds": {"mean": mean, "std": std}}
    return model.replace(seconds_per_input_token=None, seconds_per_output_token=None, **changes)


@pytest.mark.parametrize(("mean", "std"), [(0.4, 0.05), (12.0, 1.5), (3000.0, 200.0)])
def test_measured_seconds_add_up_as_they_should(gpt5, mean, std):
    """E[max of 4 normals] = 1.0293753730 sd above the mean, its variance 0.4917152369 (tables of order statistics)."""
    model, ks = timed(gpt5, mean, std), np.array([1, 4, 8])
    ideal = mi.ClosedForm().estimate(model, ks, parallel=4, latency="ideal").time
    np.testing.assert_allclose(ideal.mean, ks * mean / 4, rtol=1e-12)
    np.testing.assert_allclose(ideal.std, np.sqrt(ks) * std / 4, rtol=1e-12)
    waves = mi.ClosedForm().estimate(model, ks, parallel=4, latency="waves").time
    expected = np.array([mean, mean + 1.0293753730 * std, 2 * (mean + 1.0293753730 * std)])
    np.testing.assert_allclose(waves.mean, expected, rtol=1e-10)
    np.testing.assert_allclose(waves.std, std * np.sqrt([1, 0.4917152369, 2 * 0.4917152369]), rtol=1e-8)
    for latency, exact in (("ideal", ideal), ("waves", waves)):
        drawn = mi.MonteCarlo(trials=20_000, seed=2).estimate(model, ks, parallel=4, latency=latency).time
        assert (np.abs(drawn.mean - exact.mean) < 4 * drawn.se).all()
        assert (np.abs(drawn.mean - exact.mean * 1.01) > 4 * drawn.se).any()  # the band can fail
        np.testing.assert_allclose(drawn.high, exact.high, rtol=0.02)


@pytest.mark.parametrize("kind", [None, "normal", "lognormal"])
def test_wide_measured_seconds_keep_their_mean(gpt5, kind):
    """The seconds of a serving run, as they were measured: 2.409 +- 3.1."""
    model = gpt5.replace(
        seconds_per_input_token=None,
        seconds_per_output_token=None,
        request_seconds={"mean": 2.409, "std": 3.1, "kind": kind},
    )
    time = mi.ClosedForm().estimate(model, [1, 3], parallel=1).time
    np.testing.assert_allclose(time.mean, [2.409, 7.227], rtol=1e-12)
    np.testing.assert_allclose(time.std, 3.1 * np.sqrt([1, 3]), rtol=1e-12)
    drawn = mi.MonteCarlo(trials=20_000, seed=3).estimate(model, [1, 3], parallel=1).time
    assert (np.abs(drawn.mean - time.mean) < 4 * drawn.se).all()
    assert (drawn.low >= 0).all()
    assert (time.low >= 0).all()


UNKNOWN = {"mean": 9.0, "std": None}


def test_an_unknown_spread_is_told_as_unknown(gpt5, essay):
    """Means are answered; percentiles and attainment of what depends on the spread are not, and the rest is."""
    model = gpt5.replace(seconds_per_input_token=None, seconds_per_output_token=None, request_seconds=UNKNOWN)
    no_time = essay.replace(t_max=None)
    measured = model.replace(passes={"input_tokens": [1000, 2000], "output_tokens": [100, 300]})
    for estimator, own in (
        (mi.ClosedForm(), model),
        (mi.MonteCarlo(trials=30), model),
        (mi.MonteCarlo(trials=30, draws="independent"), model),
        (mi.Empirical(trials=30), measured),
    ):
        curve = estimator.estimate(own, [1, 8], parallel=4, scenarios=[essay, no_time])
        np.testing.assert_allclose(curve.time.mean, [9 / 4, 18])
        assert np.isnan([curve.time.std, curve.time.low, curve.time.high]).all()
        assert np.isfinite([curve.cost.std, curve.cost.low, curve.cost.high]).all()
        assert np.isnan(curve.views[essay].attainment).all()
        assert np.isfinite(curve.views[no_time].attainment).all()
        with pytest.raises(SettingError, match="GPT-5: t_max of scenario 'Essay feedback' must be for the mean, since"):
            estimator.estimate(own, [1], scenarios=[essay.replace(t_quantile=0.95)])
    zero = model.replace(request_seconds={"mean": 9.0, "std": 0.0})
    curve = mi.ClosedForm().estimate(zero, [1], scenarios=[essay])
    assert curve.time.high[0] == 9 / 4
    assert np.isfinite(curve.views[essay].attainment).all()
    # What a length of unknown spread costs is unknown as well.
    lengths = gpt5.replace(output_tokens={"mean": 2048, "std": None})
    assert np.isnan(mi.ClosedForm().estimate(lengths, [2]).table[:, [1, 2, 3, 6, 7, 8]]).all()


def test_measured_seconds_leave_the_bill_alone(gpt5):
    plain, own = (mi.ClosedForm().estimate(model, KS) for model in (gpt5, timed(gpt5, 9.0, 1.0)))
    assert plain.cost.mean.tolist() == own.cost.mean.tolist()
    assert time_distribution(timed(gpt5, 9.0, 1.0)).mean == pytest.approx(9.0, rel=1e-12)


def test_of_two_lengths_each_is_at_least_one_token(gpt5):
    """The mean of what is written is the sum of the means, however wide answers and reasoning are."""
    thinking = gpt5.replace(
        output_tokens={"mean": 300, "std": 280},
        reasoning_tokens={"mean": 2000, "std": 2600},
        usd_per_million_reasoning_tokens=4.0,
        joules_per_output_token=1.0,
        **ONE,
    )
    curve = mi.ClosedForm().estimate(thinking, KS, latency="ideal", parallel=1)
    np.testing.assert_allclose(curve.resource("joules").mean, KS * 2300, rtol=1e-12)
    np.testing.assert_allclose(curve.cost.mean, KS * (1.25e-6 * 1024 + 1e-5 * 300 + 4e-6 * 2000), rtol=1e-12)
    spread = np.hypot(1.25e-6 * 64 * KS, np.sqrt(KS) * np.hypot(1e-5 * 280, 4e-6 * 2600))
    np.testing.assert_allclose(curve.cost.std, spread, rtol=1e-12)
    for draws in ("common", "independent"):
        drawn = mi.MonteCarlo(trials=20_000, draws=draws).estimate(thinking, KS, latency="waves", parallel=4)
        exact = mi.ClosedForm().estimate(thinking, KS, latency="waves", parallel=4)
        for one, other in ((drawn.cost, exact.cost), (drawn.time, exact.time)):
            assert (np.abs(one.mean - other.mean) < 4 * one.se).all()
            assert (np.abs(one.std / other.std - 1) < 0.1).all()
            assert (np.abs(one.high - other.high) < 0.1 * other.std).all()
