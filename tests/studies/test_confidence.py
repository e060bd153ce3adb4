"""How sure a choice across models is, given the questions of its evaluation."""

import json
import math

import numpy as np
import pytest
from recorded_models import recorded_model
from scipy.stats import beta, kstest, norm

import moo_inference as mi
from moo_inference.decision.many import choices_of
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.empirical import resampled_means
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.resampling import bayesian_weights
from moo_inference.studies.confidence import AssessmentSettings, assess_choices
from moo_inference.studies.posterior import posterior

SCENARIO = mi.Scenario(name="s", c_max=1.0, t_max=100.0, a_min=0.3)


ENTRY = {
    "name": "One",
    "usd_per_million_input_tokens": 1.0,
    "usd_per_million_output_tokens": 10.0,
    "request_seconds": {"mean": 2.0, "std": 0.5},
    "input_tokens": {"mean": 100.0, "std": 10.0},
    "output_tokens": {"mean": 100.0, "std": 10.0},
}


def model_of(name, p, price, seed, questions=None, n=4, m=40, difficulty=None):
    """A model whose attempts are right with probability p at every question, unless there is a difficulty."""
    rng = np.random.default_rng(seed)
    names = np.repeat([f"q{number:03}" for number in range(m)] if questions is None else questions, n)
    chance = np.repeat(np.full(m, p) if difficulty is None else np.clip(p + difficulty, 0, 1), n)
    right = (rng.random(m * n) < chance).astype(float)
    seconds = rng.lognormal(1.0, 0.3, m * n)
    attempts = QuestionAttempts.of(names, right, price * (0.5 + rng.random(m * n)), seconds)
    return recorded_model(attempts, name=name, parallel=4)


def catalog_of(scenario=SCENARIO, **models):
    return mi.Catalog(models=models, scenarios={"s": scenario})


@pytest.fixture(scope="module")
def three():
    hard = np.random.default_rng(9).normal(0, 0.25, 40)
    return catalog_of(
        a=model_of("A", 0.55, 0.01, 1, difficulty=hard),
        b=model_of("B", 0.6, 0.02, 2, difficulty=hard),
        c=model_of("C", 0.65, 0.04, 3, difficulty=hard),
    )


def reweighted(catalog, weights):
    """The catalog where every question is repeated as often as its weight says."""
    models = {}
    for key, model in catalog.models.items():
        own = model.attempts
        rows = np.concatenate(
            [
                np.flatnonzero(own.place == place) + 10_000 * copy
                for place, weight in enumerate(weights.astype(int).tolist())
                for copy in range(weight)
            ]
        )
        names = [f"{own.names[own.place[row % 10_000]]}/{row // 10_000}" for row in rows.tolist()]
        rows = rows % 10_000
        again = QuestionAttempts.of(names, own.worth[rows], own.cost[rows], own.seconds[rows])
        models[key] = model.replace(attempts=again)
    return catalog_of(catalog.scenarios["s"], **models)


def known_of(catalog, k_max, scenario=SCENARIO):
    curves = {
        key: mi.Recorded().estimate(model, range(1, k_max + 1), scenarios=[scenario])
        for key, model in catalog.models.items()
    }
    return posterior(catalog.models, curves, scenario, Conditions(k_max=k_max))


def table_of(known, place):
    """The table of the model whose configurations stand at a place."""
    return next(table for table in known.tables if place in table.rows)


@pytest.mark.parametrize("rule", ["accuracy-max", "cheapest", "knee-chord"])
def test_what_is_chosen_is_what_a_study_of_these_questions_chooses(three, rule):
    """Without pseudo-questions a draw with whole weights is a study of the questions, repeated."""
    known = known_of(three, 4)
    scaled = mi.route(three, "s", rule, k_max=4).rule
    rng = np.random.default_rng(5)
    for _ in range(12):
        weights = rng.multinomial(40, np.full(40, 1 / 40)).astype(float)
        F = known.F.copy()
        for table in known.tables:
            F[table.rows] = table.means(weights[None, table.units])[0]
        met = (F[:, 0] <= 1.0) & (F[:, 1] <= 100.0) & (1 - F[:, 2] >= 0.3 - 1e-9)
        row = int(choices_of([scaled], F[None], met[None])[0, 0])
        choice = mi.route(reweighted(three, weights), "s", rule, k_max=4).choice
        assert ((None, None) if row < 0 else known.places[row]) == (choice.model, choice.k)


def test_equal_weights_give_the_estimates_and_weights_are_what_they_are_called(three):
    known = known_of(three, 3)
    for table in known.tables:
        np.testing.assert_allclose(table.means(np.ones((1, 40)))[0], known.F[table.rows], rtol=1e-12)
    shares = bayesian_weights(40, 4000, np.random.default_rng(1))
    shares = shares / shares.sum(axis=1, keepdims=True)
    # Dirichlet(1): variance (1/m)(1 - 1/m) / (m + 1).
    assert shares.var(axis=0).mean() == pytest.approx((1 / 40) * (1 - 1 / 40) / 41, rel=0.05)


@pytest.mark.parametrize(("right", "questions"), [(0, 20), (20, 20), (15, 20), (30, 31)])
def test_of_questions_that_are_right_or_wrong_the_draws_are_a_beta(right, questions):
    """With a pseudo-question of each kind: Beta(right + 1, wrong + 1), the posterior under a uniform prior."""
    catalog = catalog_of(a=model_of("A", 1.0, 0.01, 1, n=1, m=questions))
    model = catalog.models["a"]
    worth = np.repeat([1.0, 0.0], [right, questions - right])
    attempts = QuestionAttempts.of(model.attempts.names, worth, model.attempts.cost, model.attempts.seconds)
    known = known_of(catalog_of(a=model.replace(attempts=attempts)), 1)
    drawn = np.concatenate([1 - F[:, 0, 2] for F, _ in known.drawn(20_000, np.random.default_rng(3))])
    expected = beta(right + 1, questions - right + 1)
    # The largest of 20,000 deviations of a true distribution function is below 1.95 / sqrt(20,000) in 999 of 1,000.
    assert kstest(drawn, expected.cdf).statistic < 1.95 / math.sqrt(20_000)
    assert kstest(drawn, beta(right + 2, questions - right + 1).cdf).statistic > 1.95 / math.sqrt(20_000)


def test_two_settings_at_one_price_are_told_apart_as_often_as_the_sign_of_their_difference():
    """With k = 1 and accuracy alone, the choice is best where the drawn paired difference keeps its sign."""
    models = {"a": model_of("A", 0.6, 0.01, 3, m=150), "b": model_of("B", 0.68, 0.0101, 4, m=150)}
    found = mi.route(catalog_of(**models), "s", "accuracy-max", k_max=1, assess=20_000).assessment
    right = [model.attempts.expected_accuracy([1])[0][:, 0] for model in models.values()]
    difference = np.abs(np.mean(right[1] - right[0]))
    # Two pseudo-questions more, of which the two models have their own, each a half on average.
    spread = math.sqrt((np.var(right[1] - right[0]) * 150 + 2 * 2 * 0.25) / 152 / 152)
    expected = 0.5 * (1 + math.erf(difference * 150 / 152 / spread / math.sqrt(2)))
    assert 0.6 < expected < 0.999
    assert found.pcs == pytest.approx(expected, abs=0.02)
    assert found.questions == 150


def test_the_winner_of_equal_settings_is_flattered_and_corrected():
    """The best of ten equal settings looks better than it is; most of it is taken off."""
    looks, corrected = [], []
    for repeat in range(30):
        models = {
            f"m{number}": model_of(f"M{number}", 0.6, 0.01, 1000 + 20 * repeat + number, m=50, n=1)
            for number in range(10)
        }
        found = mi.route(catalog_of(**models), "s", "accuracy-max", k_max=1, assess=200, seed=repeat).assessment
        looks.append(found.accuracy - 0.6)
        corrected.append(found.accuracy_corrected - 0.6)
    assert np.mean(looks) > 0.06
    assert np.mean(corrected) < np.mean(looks)


def test_it_is_the_same_with_the_same_seed_and_another_with_another(three):
    one, again, other = (mi.route(three, "s", "cheapest", k_max=4, assess=300, seed=seed) for seed in (1, 1, 2))
    assert one.assessment == again.assessment
    assert one.assessment != other.assessment
    assert one.options["assess_seed"] == 1


def test_nothing_that_is_not_resampled_is_called_sure(paper):
    found = mi.route(paper, "essay-feedback", "accuracy-max", k_max=8, assess=50).assessment
    assert found.questions == 0
    assert found.confidence_set == ()
    assert found.resamples == 0
    for name in ("pcs", "pgs", "feasible", "accuracy_corrected", "eoc_accuracy"):
        assert math.isnan(getattr(found, name))
    assert mi.route(paper, "essay-feedback", "accuracy-max", k_max=8).assessment is None
    assert json.loads(json.dumps(found.to_dict()))["pgs"] is None


def test_one_question_and_no_variance_are_what_they_are():
    single = catalog_of(a=model_of("A", 1.0, 0.01, 1, m=1), b=model_of("B", 1.0, 0.02, 2, m=1))
    found = mi.route(single, "s", "cheapest", k_max=2, assess=2000).assessment
    assert found.questions == 1
    # One question, right: Beta(2, 1) of the accuracy, which must reach 0.3.
    assert found.feasible == pytest.approx(1 - 0.3**2, abs=0.03)
    assert found.accuracy_corrected == pytest.approx(2 / 3, abs=0.03)


def test_models_without_common_questions_are_resampled_apart():
    models = {
        "a": model_of("A", 0.6, 0.01, 1, questions=[f"a{n}" for n in range(40)]),
        "b": model_of("B", 0.6, 0.0101, 2, questions=[f"b{n}" for n in range(40)]),
    }
    found = mi.route(catalog_of(**models), "s", "accuracy-max", k_max=1, assess=400).assessment
    assert found.questions == 80
    assert 0.3 < found.pcs < 1


def test_nothing_feasible_is_no_choice_to_be_sure_of(three):
    strict = mi.Scenario(name="s", c_max=1e-6, t_max=100.0, a_min=0.3)
    found = mi.route(catalog_of(strict, **three.models), "s", "cheapest", k_max=4, assess=50).assessment
    assert found.nothing == 1.0
    assert math.isnan(found.pgs)


@pytest.mark.parametrize("value", [0, -1, 1.5, True])
def test_resamples_must_be_a_whole_number(three, value):
    with pytest.raises(SettingError, match="assess must be a whole number of at least 1"):
        mi.route(three, "s", "cheapest", k_max=4, assess=value)


def test_an_evaluation_of_accuracy_alone_leaves_cost_and_time_certain():
    rng = np.random.default_rng(0)
    records = {f"q{n}": f"{int((rng.random(4) < 0.6).sum())}/4" for n in range(60)}
    entry = ENTRY | {"accuracy": {"kind": "outcomes", "questions": records}}
    model = mi.Model.model_validate(entry)
    curves = {"a": mi.run_study(catalog_of(a=model), k_max=4).model_curves["a"]}
    known = posterior({"a": model}, curves, SCENARIO, Conditions(k_max=4))
    F = np.concatenate([F for F, _ in known.drawn(50, rng)])
    assert (F[:, :, 0] == F[0, :, 0]).all()
    assert (F[:, :, 1] == F[0, :, 1]).all()
    assert F[:, :, 2].std() > 0
    np.testing.assert_allclose(known.tables[0].means(np.ones((1, 60)))[0, :, 0], known.F[:, 2], rtol=1e-9)


def test_questions_of_one_cluster_are_drawn_together():
    """Ten texts with ten questions each, right or wrong together: as sure as ten questions, not as a hundred."""
    texts = [f"t{number}" for number in range(10)]
    records = {f"{text}-{n}": "3/3" if place < 7 else "0/3" for place, text in enumerate(texts) for n in range(10)}
    clusters = {name: name.split("-")[0] for name in records}
    spreads = []
    for accuracy in ({"questions": records, "clusters": clusters}, {"questions": records}):
        model = mi.Model.model_validate(ENTRY | {"accuracy": {"kind": "outcomes", **accuracy}})
        curves = {"a": mi.run_study(catalog_of(a=model), k_max=1).model_curves["a"]}
        known = posterior({"a": model}, curves, SCENARIO, Conditions(k_max=1))
        drawn = np.concatenate([F[:, 0, 2] for F, _ in known.drawn(4000, np.random.default_rng(1))])
        spreads.append(drawn.std())
    assert spreads[0] == pytest.approx(beta(8, 4).std(), rel=0.05)
    assert spreads[1] == pytest.approx(beta(71, 31).std(), rel=0.05)


@pytest.mark.parametrize(("parallel", "latency"), [(1, "waves"), (3, "waves"), (3, "ideal")])
def test_measured_passes_are_drawn_as_a_study_of_them_says(parallel, latency):
    """With whole weights, the drawn means are those of a model whose passes are repeated."""
    rng = np.random.default_rng(2)
    passes = {
        "input_tokens": rng.integers(50, 500, 25).tolist(),
        "output_tokens": rng.integers(50, 900, 25).tolist(),
        "seconds": rng.lognormal(1, 0.6, 25).tolist(),
    }
    model = mi.Model.model_validate(ENTRY | {"passes": passes, "accuracy": {"mean": 0.6, "std": 0.1}})
    weights = rng.multinomial(25, np.full(25, 1 / 25), size=4)
    conditions = Conditions(k_max=7, parallel=parallel, latency=latency)
    k = np.arange(1, 8)
    found = resampled_means(model, k, conditions, weights / 25)
    for own, means in zip(weights, found, strict=True):
        repeated = {name: np.repeat(values, own).tolist() for name, values in passes.items()}
        curve = mi.Empirical(trials=2).estimate(model.replace(passes=repeated), k, parallel=parallel, latency=latency)
        np.testing.assert_allclose(means, curve.F[:, :2].T, rtol=1e-12)


def test_choices_that_rest_on_measured_passes_have_a_probability_of_their_budgets():
    rng = np.random.default_rng(4)
    seconds = rng.lognormal(1, 0.6, 30)
    passes = {"input_tokens": [100] * 30, "output_tokens": [100] * 30, "seconds": seconds.tolist()}
    model = mi.Model.model_validate(ENTRY | {"passes": passes, "accuracy": {"mean": 0.6, "std": 0.1}})
    tight = mi.Scenario(name="s", c_max=1.0, t_max=float(seconds.mean()) * 1.02, a_min=0.3)
    found = mi.route(catalog_of(tight, a=model), "s", "cheapest", k_max=1).assessment
    # The mean of 30 seconds is known to within their standard error.
    expected = norm.cdf(0.02 * seconds.mean() / (seconds.std() / math.sqrt(31)))
    assert found.feasible == pytest.approx(expected, abs=0.05)
    assert (found.questions, found.passes) == (0, 30)


def test_a_budget_for_a_quantile_is_met_as_often_as_the_share_of_queries_within_it_allows():
    """All of 50 questions within it: Beta(51, 1) of the share must be at least 0.95, which is 1 - 0.95^51."""
    catalog = catalog_of(a=model_of("A", 0.6, 0.01, 1, m=50))
    slowest = catalog.models["a"].attempts.seconds.max()
    tails = mi.Scenario(name="s", c_max=1.0, t_max=float(slowest), a_min=0.1, t_quantile=0.95)
    found = mi.route(catalog_of(tails, **catalog.models), "s", "cheapest", k_max=1, assess=20_000).assessment
    assert found.feasible == pytest.approx(1 - 0.95**51, abs=4 * math.sqrt(0.93 * 0.07 / 20_000))


def test_the_noise_of_a_simulation_is_added_to_that_of_the_questions():
    records = {f"q{n}": f"{n % 5}/4" if n % 5 < 5 else "4/4" for n in range(60)}
    model = mi.Model.model_validate(ENTRY | {"accuracy": {"kind": "outcomes", "questions": records}})
    simulated = {"estimator": mi.MonteCarlo(trials=40, seed=1), "k_max": 3, "assess": 100}
    both = mi.route(catalog_of(a=model), "s", "cheapest", **simulated)
    assert (both.assessment.seeds, both.assessment.questions) == (100, 60)
    assert both.noise.shape == (100, 3, 3)
    # The mean of 40 costs, whose spread is known.
    spread = both.noise[:, 0, 0].std() * math.sqrt(40)
    assert spread == pytest.approx(both.curves["a"].cost.std[0], rel=0.25)
    exact = mi.route(catalog_of(a=model), "s", "cheapest", k_max=3, assess=100).assessment
    assert exact.seeds == 0


def test_all_rules_are_assessed_from_the_same_draws(three):
    rules = [mi.route(three, "s", rule, k_max=4).rule for rule in ("accuracy-max", "cheapest", "knee-chord")]
    curves = {
        key: mi.Recorded().estimate(model, range(1, 5), scenarios=[SCENARIO]) for key, model in three.models.items()
    }
    together = assess_choices(
        three.models, curves, SCENARIO, rules, Conditions(k_max=4), AssessmentSettings(200, seed=7)
    )
    for rule, found in zip(rules, together, strict=True):
        route = mi.route(three, "s", rule, k_max=4, assess=200, seed=7)
        assert route.assessment == found
        assert (found.model, found.k) == (route.choice.model, route.choice.k)


@pytest.mark.parametrize(("passes", "known"), [(200, True), (10, False)])
def test_the_quantile_of_measured_passes_is_within_its_budget_as_its_interval_says(passes, known):
    """A budget at the estimate is met in half of the draws; of ten passes nobody knows a p95."""
    seconds = np.random.default_rng(4).lognormal(1, 0.6, passes)
    entry = {"input_tokens": [100] * passes, "output_tokens": [100] * passes, "seconds": seconds.tolist()}
    model = mi.Model.model_validate(ENTRY | {"passes": entry, "accuracy": {"mean": 0.6, "std": 0.1}})
    found = []
    for factor in (1.0, 1.6):
        t_max = float(np.quantile(seconds, 0.95, method="inverted_cdf")) * factor
        scenario = mi.Scenario(name="s", c_max=1.0, t_max=t_max * 1.0001, a_min=0.3, t_quantile=0.95)
        route = mi.route(catalog_of(scenario, a=model), "s", "cheapest", k_max=1, estimator=mi.Empirical(trials=20_000))
        assert route.choice.k == 1
        found.append(route.assessment.feasible)
    if known:
        assert found[0] == pytest.approx(0.5, abs=0.06)
        assert found[1] > 0.98
    else:
        assert math.isnan(found[0])
