import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog.accuracy import MeasuredAccuracy
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import INTERVAL
from moo_inference.estimators.known_accuracy import known_accuracy

ORACLE = {"kind": "outcomes", "questions": {f"q{i}": f"{i % 9}/{8 + i % 3}" for i in range(30)}}
VERIFIER = {
    "kind": "outcomes",
    "keep": "verifier",
    "questions": {f"q{i}": f"{i % 2}/1 {i % 3}/3 0/{4 + i % 2}" for i in range(12)},
}
# The right answer has the second place in every question: one vote finds it more often than many do.
MAJORITY = {"kind": "outcomes", "keep": "majority", "questions": {f"q{i}": "4/4 0/6 none:2" for i in range(10)}}
BETA = {"kind": "beta", "a": 0.4, "b": 0.9, "samples": 10, "covariance": [0.02, 0.01, 0.03], "misfit": 0.01}
KINDS = {"oracle": ORACLE, "verifier": VERIFIER, "majority": MAJORITY, "beta": BETA}
ESTIMATORS = [
    mi.ClosedForm(),
    mi.MonteCarlo(trials=40),
    mi.MonteCarlo(trials=40, draws="independent"),
    mi.Empirical(trials=40),
]
PASSES = {"input_tokens": [900, 1100, 1500], "output_tokens": [500, 2500, 4000], "seconds": [3.0, 11.0, 30.0]}


@pytest.fixture(params=KINDS)
def known(gpt5, request):
    return gpt5.replace(accuracy=KINDS[request.param], latency="waves", passes=PASSES)


def outside(model, k):
    """Means, errors and intervals straight from the evaluation, by the functions that the evaluation is read with."""
    distribution = model.accuracy
    if isinstance(distribution, MeasuredAccuracy):
        found = distribution.evaluation.curve(k, trials=distribution.trials, seed=distribution.seed)
        return found.mean, found.error, found.ci_low, found.ci_high
    return *distribution.fit.pass_at_k(k), *distribution.fit.interval(k)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_columns_are_those_of_the_evaluation_and_a_query_is_right_or_wrong(known, estimator):
    k = [1, 2, 5, 8]
    curve = estimator.estimate(known, k)
    mean, error, low, high = outside(known, k)
    accuracy = curve.accuracy
    np.testing.assert_allclose(accuracy.mean, mean, rtol=0, atol=0)
    np.testing.assert_allclose(curve.error, error, rtol=0, atol=0)
    np.testing.assert_allclose(accuracy.std, np.sqrt(mean * (1 - mean)), rtol=1e-12)
    assert accuracy.low.tolist() == [float(value >= 0.975) for value in mean]
    assert accuracy.high.tolist() == [float(value >= 0.025) for value in mean]
    assert (accuracy.se == 0).all()
    frame = curve.to_frame()
    assert frame.columns[-2:].tolist() == list(INTERVAL)
    np.testing.assert_allclose(frame[list(INTERVAL)], np.column_stack([low, high]), rtol=0, atol=0)
    assert ((low < mean) & (mean < high)).all()


def test_a_distribution_without_a_covariance_has_no_interval(gpt5):
    """Nothing tells how far it is off, so a band as narrow as its misfit, or of no width, would be a claim."""
    for misfit in (0.0, 0.01):
        distribution = {name: value for name, value in BETA.items() if name != "covariance"} | {"misfit": misfit}
        curve = mi.ClosedForm().estimate(gpt5.replace(accuracy=distribution), [1, 5, 40])
        assert np.isnan([curve.evidence.ci_low, curve.evidence.ci_high]).all()
        assert curve.evidence.extrapolated.tolist() == [False, False, True]


def test_the_oracle_s_numbers_are_those_counted_by_hand(gpt5):
    """pass@k = 1 - C(n - c, k) / C(n, k): with 1/2 and 0/4, k = 2 gives (1 + 0) / 2, and k = 1 gives (1/2 + 0) / 2."""
    model = gpt5.replace(accuracy={"kind": "outcomes", "questions": {"a": "1/2", "b": "0/4"}})
    for estimator in ESTIMATORS:
        np.testing.assert_allclose(estimator.estimate(model, [1, 2]).accuracy.mean, [0.25, 0.5], rtol=1e-14)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize("kind", ["oracle", "verifier", "majority", "beta"])
def test_the_value_of_a_known_accuracy_at_k_depends_on_k_alone(gpt5, kind, estimator):
    model = gpt5.replace(accuracy=KINDS[kind])
    whole = estimator.estimate(model, range(1, 9))
    for asked in ([5], [7, 2, 2], range(1, 4)):
        some, rows = estimator.estimate(model, asked), np.array(asked) - 1
        assert some.table.tobytes() == whole.table[rows].tobytes()
        assert some.error.tobytes() == whole.error[rows].tobytes()
        assert some.evidence.ci_low.tobytes() == whole.evidence.ci_low[rows].tobytes()
        assert some.evidence.extrapolated.tolist() == whole.evidence.extrapolated[rows].tolist()
        assert some.evidence.last.tolist() == whole.evidence.last[rows].tolist()


def test_mixed_models_have_the_numbers_that_each_has_alone(gpt5, paper, clipping_model, essay):
    models = [gpt5, clipping_model, paper.models["qwen3-max"]]
    models += [gpt5.replace(accuracy=KINDS[kind]) for kind in KINDS]
    models += [
        gpt5.replace(accuracy=ORACLE, passes=PASSES),
        clipping_model.replace(shared_prompt=True, prompt="per-query"),
    ]
    models = [models[place] for place in (3, 0, 5, 1, 7, 4, 2, 8, 6)]
    scenario = essay.replace(a_min=0.3, a_quantile=0.4)
    for estimator in ESTIMATORS:
        for model, together in zip(
            models, estimator.estimate_many(models, [1, 4, 8], scenarios=[scenario]), strict=True
        ):
            alone = estimator.estimate(model, [1, 4, 8], scenarios=[scenario])
            assert together.table.tobytes() == alone.table.tobytes()
            assert together.error.tobytes() == alone.error.tobytes()
            for part in ("values", "attainment"):
                assert (
                    getattr(together.views[scenario], part).tobytes() == getattr(alone.views[scenario], part).tobytes()
                )
            assert (together.evidence is None) == isinstance(model.accuracy, type(gpt5.accuracy))


def test_money_and_time_do_not_see_where_accuracy_comes_from(gpt5):
    for estimator in ESTIMATORS:
        normal, counted = (
            estimator.estimate(model, [1, 5, 8]) for model in (gpt5, gpt5.replace(accuracy=KINDS["verifier"]))
        )
        assert counted.table[:, :10].tobytes() == normal.table[:, :10].tobytes()


def test_attainment_is_that_of_money_and_time_times_accuracy(gpt5, essay):
    """A right answer is as likely for a cheap query as for a dear one."""
    model = gpt5.replace(accuracy=ORACLE)
    k, trials = np.array([2, 4, 6]), 20_000
    budgets = essay.replace(c_max=float(0.0218 * 4), t_max=float(10.76 * 4 / 4), a_min=0.5)
    simulated = mi.MonteCarlo(trials=trials, seed=5).estimate(model, k, scenarios=[budgets]).views[budgets].attainment
    exact = mi.ClosedForm().estimate(model, k, scenarios=[budgets])
    share = exact.views[budgets].attainment
    band = 4 * np.sqrt(share * (1 - share) / trials) + 1e-9
    assert (np.abs(simulated - share) < band).all()
    assert (np.abs(simulated - share * exact.accuracy.mean) > band)[:2].all()  # the band can fail
    assert share[2] < 1e-6 < share[1] < share[0] == pytest.approx(exact.accuracy.mean[0])
    anything = budgets.replace(a_min=0.0)
    whole = mi.ClosedForm().estimate(model, k, scenarios=[anything]).views[anything].attainment
    assert whole[0] == pytest.approx(1)
    np.testing.assert_allclose(whole * exact.accuracy.mean, share, rtol=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
@pytest.mark.parametrize(("right", "met"), [("18/20", False), ("19/20", True), ("20/20", True)])
def test_a_budget_for_a_quantile_asks_how_many_queries_are_wrong(gpt5, essay, estimator, right, met):
    """At most one query of twenty may miss a_min, and one of twenty is wrong: that is allowed."""
    model = gpt5.replace(accuracy={"kind": "outcomes", "questions": {"a": right, "b": right}})
    scenario = essay.replace(a_min=0.5, a_quantile=0.05)
    curve = estimator.estimate(model, [1], scenarios=[scenario])
    assert curve.views[scenario].values[0, 2] == met
    assert bool(len(mi.Front.from_curve(curve, scenario))) == met


def test_a_million_passes_by_the_beta_distribution(gpt5):
    """E[(1 - p)^k] = B(a, b + k) / B(a, b); with b = 1 that is the product of j / (a + j), j = 1 ... k, about k^-a."""
    from scipy.special import gammaln

    a, b, k = 0.4, 0.9, 10**6
    curve = mi.ClosedForm().estimate(gpt5.replace(accuracy=BETA), [1, k])
    expected = np.exp(gammaln(a + b) - gammaln(b) + gammaln(b + k) - gammaln(a + b + k))
    assert curve.error[1] == pytest.approx(expected, rel=1e-8)
    assert curve.error[0] == pytest.approx(b / (a + b), rel=1e-14)
    assert curve.evidence.extrapolated.tolist() == [False, True]
    assert np.isfinite(curve.table).all()


def test_evidence_says_where_samples_end(gpt5):
    counted = mi.ClosedForm().estimate(gpt5.replace(accuracy=ORACLE), range(1, 9)).evidence
    assert counted.last.tolist() == [False] * 7 + [True]
    assert not counted.extrapolated.any()
    fitted = mi.ClosedForm().estimate(gpt5.replace(accuracy=BETA), [9, 10, 11]).evidence
    assert fitted.extrapolated.tolist() == [False, False, True]
    assert not fitted.last.any()
    assert mi.ClosedForm().estimate(gpt5, [3]).evidence is None


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=str)
def test_more_passes_than_samples_are_refused_by_name_and_number(gpt5, paper, estimator):
    short = gpt5.replace(name="Short", accuracy=VERIFIER)
    with pytest.raises(SettingError) as refused:
        estimator.estimate_many([gpt5.replace(accuracy=ORACLE), short, paper.models["qwen3-max"]], [1, 12])
    assert list(refused.value.errors) == [
        "GPT-5: k must be at most 8, the samples per question of its evaluation, got 12",
        "Short: k must be at most 8, the samples per question of its evaluation, got 12",
    ]


def test_where_votes_get_worse_the_front_ends_before_the_last_k(gpt5, essay):
    """Four right of twelve against six wrong alike: the wrong answer wins more surely, the more votes there are."""
    curve = mi.ClosedForm().estimate(gpt5.replace(accuracy=MAJORITY), range(1, 13))
    accuracy = curve.accuracy.mean
    assert accuracy[11] == 0 < accuracy[0]
    front = mi.Front.from_curve(curve, essay.replace(a_min=0.0, c_max=None, t_max=None))
    assert front.k.max() < 12
    assert front.k[0] == 1
    assert (np.diff(front.F[:, 2]) < 0).all()
    assert not front.reaches_k_max


def test_simulated_votes_use_the_trials_and_the_seed_of_the_accuracy(gpt5, monkeypatch):
    distribution = gpt5.replace(accuracy={**MAJORITY, "trials": 77, "seed": 5}).accuracy
    asked, plain = [], type(distribution.evaluation).curve
    monkeypatch.setattr(
        type(distribution.evaluation), "curve", lambda self, k, **own: asked.append(own) or plain(self, k, **own)
    )
    known_accuracy(distribution, np.array([1, 2]))
    assert asked == [{"trials": 77, "seed": 5}]


def test_rows_of_a_known_accuracy_keep_their_evidence(gpt5):
    for kind in ("oracle", "beta"):
        whole = known_accuracy(gpt5.replace(accuracy=KINDS[kind]).accuracy, np.arange(1, 9))
        some = whole.take(slice(6, 8))
        for name in ("mean", "error", "se"):
            assert getattr(some, name).tolist() == getattr(whole, name)[6:].tolist()
        assert some.evidence.ci_low.tolist() == whole.evidence.ci_low[6:].tolist()
        assert some.evidence.last.tolist() == [False, kind == "oracle"]
        assert whole.evidence.last.dtype == whole.evidence.extrapolated.dtype == bool
        assert whole.reached(0.0).tolist() == [1] * 8
        assert whole.reached(1e-9).tolist() == whole.mean.tolist()
