import numpy as np
import pytest
from scipy.stats import norm

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators import choose_estimator

KS = [1, 4, 6, 16, 64, 128]
TRIALS = 200_000


@pytest.fixture(scope="module")
def scenarios(paper):
    tails = paper.scenarios["essay-feedback"].replace(c_quantile=0.9, t_quantile=0.95, a_quantile=0.05)
    return [*paper.scenarios.values(), tails]


@pytest.fixture(scope="module", params=["ideal", "waves"])
def both(request, paper, scenarios):
    models = list(paper.models.values())
    options = {"latency": request.param, "scenarios": scenarios}
    return (
        mi.ClosedForm().estimate_many(models, KS, **options),
        mi.MonteCarlo(trials=TRIALS, seed=5).estimate_many(models, KS, **options),
    )


def agrees(value, estimate, error):
    return np.abs(value - estimate) <= 4 * error + 1e-15


def test_means_agree_with_monte_carlo_and_a_wrong_formula_does_not(both):
    wrong = 0
    for exact, drawn in zip(*both, strict=True):
        for quantity in ("cost", "time", "accuracy"):
            ours, theirs = getattr(exact, quantity), getattr(drawn, quantity)
            assert agrees(ours.mean, theirs.mean, theirs.se).all()
            wrong += (~agrees(ours.mean * 1.002, theirs.mean, theirs.se)).sum()
        assert (exact.accuracy.se == 0).all()
    assert wrong > 100


def test_spreads_agree_with_monte_carlo(paper, both):
    """The standard error of a standard deviation needs the fourth moment, taken from draws at each k."""
    exact, drawn = both
    for ours, theirs in zip(exact, drawn, strict=True):
        for quantity in ("cost", "time"):
            a, b = getattr(ours, quantity).std, getattr(theirs, quantity).std
            assert (np.abs(a / b - 1) < 4 * 1.1 / np.sqrt(2 * TRIALS)).all()
    generator = np.random.default_rng(3)
    model = paper.models["qwen3-30b-a3b"]
    for row, k in enumerate(KS[:4]):
        sample = np.clip(generator.normal(0.88, 0.06, (TRIALS, k)).max(axis=1), 0, 1)
        kurtosis = ((sample - sample.mean()) ** 4).mean() / sample.var() ** 2
        band = 4 * np.sqrt((kurtosis - 1) / 4 / TRIALS)
        expected = mi.ClosedForm().estimate(model, KS).accuracy.std[row]
        assert abs(expected / sample.std() - 1) < band


@pytest.mark.parametrize("latency", ["ideal", "waves"])
def test_percentiles_and_quantile_budgets_agree_with_monte_carlo(paper, latency):
    """The q-quantile of n draws lies between the exact quantiles at q -+ 4 sqrt(q (1 - q) / n)."""
    base = paper.scenarios["essay-feedback"]
    models = list(paper.models.values())

    def at(q):
        return base.replace(c_quantile=q, t_quantile=q, a_quantile=q)

    qs = (0.025, 0.5, 0.95, 0.975)
    margins = {q: 4 * np.sqrt(q * (1 - q) / TRIALS) for q in qs}
    asked = [at(q + sign * margins[q]) for q in qs for sign in (-1, 1)]
    exact = mi.ClosedForm().estimate_many(models, KS, latency=latency, scenarios=asked)
    drawn = mi.MonteCarlo(trials=TRIALS, seed=5).estimate_many(
        models, KS, latency=latency, scenarios=[at(q) for q in qs]
    )
    for ours, theirs in zip(exact, drawn, strict=True):
        for q in qs:
            low, high = (ours.views[at(q + sign * margins[q])].values for sign in (-1, 1))
            found = theirs.views[at(q)].values
            # Cornish-Fisher in several waves is good to 1e-4 of the value, and is allowed that.
            assert ((low * (1 - 1e-4) <= found) & (found <= high * (1 + 1e-4))).all()
        for column, quantity in enumerate(("cost", "time", "accuracy")):
            spread = getattr(theirs, quantity)
            assert (spread.low == theirs.views[at(0.025)].values[:, column]).all()
            assert (spread.high == theirs.views[at(0.975)].values[:, column]).all()


def test_attainment_agrees_with_monte_carlo(both, scenarios):
    for exact, drawn in zip(*both, strict=True):
        for scenario in scenarios:
            p, found = exact.views[scenario].attainment, drawn.views[scenario].attainment
            assert (np.abs(p - found) <= 4 * np.sqrt(p * (1 - p) / TRIALS) + 2e-5).all()


def test_attainment_where_both_cost_and_time_bind(paper):
    """The normal copula against 200,000 draws, with budgets at the medians of both."""
    model = paper.models["nemotron-ultra-253b"]
    for latency in ("ideal", "waves"):
        plain = mi.ClosedForm().estimate(model, [6], latency=latency)
        both_bind = mi.Scenario(name="b", c_max=float(plain.cost.mean[0]), t_max=float(plain.time.mean[0]), a_min=0)
        exact = mi.ClosedForm().estimate(model, [6], latency=latency, scenarios=[both_bind])
        drawn = mi.MonteCarlo(trials=TRIALS).estimate(model, [6], latency=latency, scenarios=[both_bind])
        p, found = exact.views[both_bind].attainment[0], drawn.views[both_bind].attainment[0]
        assert abs(p - found) < 0.01
        assert abs(p - 0.25) > 0.05  # cost and time are not independent


def test_the_95_percent_interval_of_the_mean_covers_the_truth(gpt5):
    """1,000 repeats of 300 trials at k = 8: within 93 to 97 percent."""
    truth = mi.ClosedForm().estimate(gpt5, [8])
    covered = np.zeros(3)
    for repeat in range(1000):
        drawn = mi.MonteCarlo(trials=300, seed=1000 + repeat).estimate(gpt5, [8])
        for column, quantity in enumerate(("cost", "time", "accuracy")):
            mean, se = getattr(drawn, quantity).mean[0], getattr(drawn, quantity).se[0]
            covered[column] += abs(mean - getattr(truth, quantity).mean[0]) <= 1.96 * se
    assert (covered / 1000 >= 0.93).all()
    assert (covered / 1000 <= 0.97).all()


def test_clipping_at_both_ends(clipping_model):
    exact = mi.ClosedForm().estimate(clipping_model, [1, 2, 9], parallel=4, latency="waves")
    drawn = mi.MonteCarlo(trials=TRIALS).estimate(clipping_model, [1, 2, 9], parallel=4, latency="waves")
    for quantity in ("cost", "time", "accuracy"):
        ours, theirs = getattr(exact, quantity), getattr(drawn, quantity)
        assert agrees(ours.mean, theirs.mean, theirs.se).all()


def test_no_spread_at_all(gpt5):
    certain = gpt5.replace(
        input_tokens={"mean": 1000, "std": 0}, output_tokens={"mean": 500, "std": 0}, accuracy={"mean": 0.7, "std": 0}
    )
    curve = mi.ClosedForm().estimate(certain, [1, 3, 10], parallel=2, latency="waves")
    assert curve.accuracy.mean.tolist() == pytest.approx([0.7] * 3)
    assert curve.time.mean == pytest.approx([3, 6, 15])
    assert curve.cost.high == pytest.approx([0.00625, 0.01875, 0.0625])
    front = mi.Front.from_curve(curve, mi.Scenario(name="s", c_max=1, t_max=100, a_min=0.7))
    assert front.k.tolist() == [1]


def test_order_repeats_and_company_do_not_matter(paper):
    models = list(paper.models.values())
    whole = mi.ClosedForm().estimate_many(models, range(1, 65), latency="waves")
    some = mi.ClosedForm().estimate(models[4], [9, 3, 3, 64], latency="waves")
    assert some.k.tolist() == [9, 3, 3, 64]
    assert (some.table == whole[4].table[[8, 2, 2, 63]]).all()
    assert (some.error == whole[4].error[[8, 2, 2, 63]]).all()


def test_a_million_passes(gpt5):
    curve = mi.ClosedForm().estimate(gpt5, [10**6], latency="waves")
    assert np.isfinite(curve.table).all()
    assert curve.error[0] == 0


def test_waves_take_at_least_as_long_as_ideal_and_agree_for_one_at_a_time(gpt5):
    k = range(1, 20)
    ideal, waves = (mi.ClosedForm().estimate(gpt5, k, latency=rule).time.mean for rule in ("ideal", "waves"))
    assert (waves > ideal).all()
    serial = [mi.ClosedForm().estimate(gpt5, k, parallel=1, latency=rule).time.mean for rule in ("ideal", "waves")]
    np.testing.assert_allclose(*serial, rtol=1e-12)


def test_estimators_by_name():
    assert choose_estimator() == mi.ClosedForm()
    assert choose_estimator("monte-carlo") == mi.MonteCarlo()
    assert choose_estimator(seed=3) == mi.MonteCarlo(seed=3)
    with pytest.raises(SettingError, match="trials must not be given: closed-form has no trials"):
        choose_estimator("closed-form", trials=5)
    with pytest.raises(LookupError, match="unknown estimator 'exact'"):
        choose_estimator("exact")


def test_percentiles_of_a_sum_of_normal_passes_are_those_of_scipy(gpt5):
    """C of k passes is normal: mean k m, standard deviation s sqrt(k) (Eq. 5)."""
    k = np.array([1, 4, 9])
    curve = mi.ClosedForm().estimate(gpt5, k)
    m, s = 1.25e-6 * 1024 + 1e-5 * 2048, np.hypot(1.25e-6 * 64, 1e-5 * 128)
    for found, q in ((curve.cost.low, 0.025), (curve.cost.high, 0.975)):
        np.testing.assert_allclose(found, norm.ppf(q, k * m, s * np.sqrt(k)), rtol=1e-12)
    np.testing.assert_allclose(curve.cost.std, s * np.sqrt(k), rtol=1e-12)


def test_a_view_holds_what_each_budget_is_for(gpt5, essay):
    means = essay.replace(c_max=0.05)
    tails = means.replace(c_quantile=0.9, t_quantile=0.2, a_quantile=0.05)
    curve = mi.ClosedForm().estimate(gpt5, [1, 3], scenarios=[means, tails])
    np.testing.assert_array_equal(curve.views[means].values, curve.means)
    values = curve.views[tails].values
    accuracy = gpt5.accuracy
    # P(best of k <= x) = Phi(z)^k
    z = (values[:, 2] - accuracy.mean) / accuracy.std
    np.testing.assert_allclose(norm.cdf(z) ** [1, 3], 0.05, rtol=1e-9)
    assert (values[:, 0] > curve.cost.mean).all()
    assert (values[:, 1] < curve.time.mean).all()


def test_attainment_is_the_share_within_each_budget(gpt5, essay):
    curve = mi.ClosedForm().estimate(gpt5, [2])
    cost, time, accuracy = curve.cost, curve.time, gpt5.accuracy
    open_ended = essay.replace(c_max=None, t_max=None, a_min=0)
    at = {
        open_ended: 1.0,
        open_ended.replace(c_max=cost.mean[0]): 0.5,
        open_ended.replace(t_max=time.mean[0] + time.std[0]): norm.cdf(1),
        open_ended.replace(c_max=cost.mean[0] - cost.std[0]): norm.cdf(-1),
        open_ended.replace(a_min=accuracy.mean): 0.75,
        open_ended.replace(a_min=accuracy.mean, t_max=time.mean[0]): 0.375,
    }
    views = mi.ClosedForm().estimate(gpt5, [2], scenarios=list(at)).views
    for scenario, share in at.items():
        assert views[scenario].attainment[0] == pytest.approx(share, abs=1e-6)


def test_a_budget_that_is_missed_by_less_than_what_is_tolerated_is_met(gpt5, essay):
    certain = gpt5.replace(
        input_tokens={"mean": 1000, "std": 0}, output_tokens={"mean": 500, "std": 0}, accuracy={"mean": 0.7, "std": 0}
    )
    cost, time = 0.00625, 3.0 / 4
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=3), mi.Empirical(trials=3)):
        for part, met in ((5e-10, 1), (3e-9, 0)):
            for budgets in ({"c_max": cost * (1 - part)}, {"t_max": time * (1 - part)}, {"a_min": 0.7 + part}):
                scenario = essay.replace(**{"c_max": 1.0, "t_max": 9.0, "a_min": 0.5, **budgets})
                assert estimator.estimate(certain, [1], scenarios=[scenario]).views[scenario].attainment[0] == met


def test_known_accuracies_and_further_resources_keep_to_their_own_columns(gpt5, essay):
    model = gpt5.replace(
        accuracy={"kind": "outcomes", "questions": {"a": "2/4"}},
        joules_per_input_token=1.0,
        joules_per_output_token=2.0,
    )
    for estimator in (mi.ClosedForm(), mi.MonteCarlo(trials=50), mi.Empirical(trials=50)):
        curve = estimator.estimate(model, [1, 2], scenarios=[essay])
        np.testing.assert_allclose(curve.accuracy.mean, [1 / 2, 5 / 6], rtol=1e-12)
        np.testing.assert_allclose(curve.resource("joules").mean, [5120, 10240], rtol=0.02)
        np.testing.assert_array_equal(curve.views[essay].values, curve.means)


def test_progress_counts_models(paper):
    told = []
    models = list(paper.models.values())[:3]
    mi.ClosedForm().estimate_many(models, [1, 2], progress=lambda *step: told.append(step))
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(SettingError, match="k must be at most 2"):
        mi.ClosedForm().estimate(models[0].replace(accuracy={"kind": "outcomes", "questions": {"a": "1/2"}}), [3])
