"""How sure a choice across models is, given the questions of its evaluation."""

import json
import math

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.decision import AccuracyMax, Cheapest
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.resampling import bayesian_weights, bootstrap_weights
from moo_inference.studies.confidence import Candidates
from moo_inference.studies.question_tables import question_tables

SCENARIO = mi.Scenario(name="s", c_max=1.0, t_max=100.0, a_min=0.3)


def model_of(name, p, price, seed, questions=None, n=4, m=40, difficulty=None):
    """A model whose attempts are right with probability p at every question, unless there is a difficulty."""
    rng = np.random.default_rng(seed)
    names = np.repeat([f"q{number:03}" for number in range(m)] if questions is None else questions, n)
    chance = np.repeat(np.full(m, p) if difficulty is None else np.clip(p + difficulty, 0, 1), n)
    right = (rng.random(m * n) < chance).astype(float)
    seconds = rng.lognormal(1.0, 0.3, m * n)
    attempts = QuestionAttempts.of(names, right, price * (0.5 + rng.random(m * n)), seconds)
    return RecordedModel(
        name=name,
        usd_per_million_input_tokens=1.0,
        usd_per_million_output_tokens=1.0,
        request_seconds={"mean": 3.0, "std": 1.0},
        input_tokens={"mean": 10.0, "std": 1.0},
        output_tokens={"mean": 10.0, "std": 1.0},
        accuracy=Accuracy(mean=0.5, std=0.1),
        parallel=4,
        attempts=attempts,
    )


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


def resampled_by_hand(catalog, k, weights, rule):
    """What a rule takes with every question repeated as often as its weight says, by a study of its own."""
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
    choice = mi.route(catalog_of(**models), "s", rule, k_max=k).choice
    return choice.model, choice.k


@pytest.mark.parametrize("rule", ["accuracy-max", "cheapest", "knee-chord"])
def test_a_resample_chooses_what_a_study_of_these_questions_chooses(three, rule):
    curves = {key: mi.Recorded().estimate(model, range(1, 5)) for key, model in three.models.items()}
    tables = question_tables(three.models, curves, Conditions(k_max=4))
    scaled = mi.route(three, "s", rule, k_max=4).rule
    candidates = Candidates(
        tuple(curves), np.repeat(np.arange(3), 4), np.tile(np.arange(1, 5), 3), SCENARIO, (), scaled
    )
    weights = bootstrap_weights(40, 12, np.random.default_rng(5))
    for one, F in zip(weights, tables.weighted(weights), strict=True):
        row = candidates.chosen(F)
        found = (None, None) if row < 0 else (candidates.models[candidates.model[row]], int(candidates.k[row]))
        assert found == resampled_by_hand(three, 4, one, rule)


def test_equal_weights_give_the_estimates_and_weights_are_what_they_are_called(three):
    curves = {key: mi.Recorded().estimate(model, [1, 3]) for key, model in three.models.items()}
    tables = question_tables(three.models, curves, Conditions(k_max=3))
    np.testing.assert_allclose(tables.weighted(np.ones((1, 40)))[0], tables.F, rtol=1e-12)
    rng = np.random.default_rng(1)
    counts = bootstrap_weights(40, 4000, rng)
    assert (counts.sum(axis=1) == 40).all()
    # A count is binomial: mean 1, variance 1 - 1 / m.
    assert counts.var(axis=0).mean() == pytest.approx(1 - 1 / 40, abs=4 * math.sqrt(2 / 4000 / 40) + 0.02)
    shares = bayesian_weights(40, 4000, rng)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    # Dirichlet(1): variance (1/m)(1 - 1/m) / (m + 1).
    assert shares.var(axis=0).mean() == pytest.approx((1 / 40) * (1 - 1 / 40) / 41, rel=0.05)


def test_two_settings_at_one_price_are_told_apart_as_often_as_the_sign_of_their_difference():
    """With k = 1 and accuracy alone, a choice repeats where the resampled paired difference keeps its sign."""
    models = {"a": model_of("A", 0.6, 0.01, 3, m=150), "b": model_of("B", 0.68, 0.0101, 4, m=150)}
    found = mi.route(catalog_of(**models), "s", "accuracy-max", k_max=1, assess=20_000).assessment
    right = [model.attempts.expected_accuracy([1])[0][:, 0] for model in models.values()]
    difference = np.abs(np.mean(right[1] - right[0]))
    spread = np.std(right[1] - right[0]) / math.sqrt(150)
    expected = 0.5 * (1 + math.erf(difference / spread / math.sqrt(2)))
    assert 0.6 < expected < 0.999
    # The bootstrap of a mean is nearly normal; ties go to the cheaper one.
    assert found.pcs == pytest.approx(expected, abs=0.02)
    assert found.questions == 150


def test_the_winner_of_equal_settings_is_flattered_and_corrected():
    """The best of ten equal settings looks better than it is; corrected, it is right on average."""
    looks, corrected = [], []
    for repeat in range(30):
        models = {
            f"m{number}": model_of(f"M{number}", 0.6, 0.01, 1000 + 20 * repeat + number, m=50, n=1)
            for number in range(10)
        }
        found = mi.route(catalog_of(**models), "s", "accuracy-max", k_max=1, assess=200, seed=repeat).assessment
        looks.append(found.accuracy - 0.6)
        corrected.append(found.accuracy_corrected - 0.6)
    error = np.std(corrected) / math.sqrt(len(corrected))
    assert np.mean(looks) > 0.06
    assert abs(np.mean(corrected)) < 0.035 + 3 * error
    assert np.mean(looks) > 2 * abs(np.mean(corrected))


def test_it_is_the_same_with_the_same_seed_and_another_with_another(three):
    one, again, other = (mi.route(three, "s", "cheapest", k_max=4, assess=300, seed=seed) for seed in (1, 1, 2))
    assert one.assessment == again.assessment
    assert one.assessment != other.assessment
    assert one.options["assess_seed"] == 1


def test_nothing_that_is_not_resampled_is_called_sure(paper):
    found = mi.route(paper, "essay-feedback", "accuracy-max", k_max=8, assess=50).assessment
    assert found.questions == 0
    assert found.confidence_set == ()
    for name in ("pcs", "pgs", "feasible", "accuracy_corrected", "eoc_accuracy"):
        assert math.isnan(getattr(found, name))
    assert json.loads(json.dumps(found.to_dict()))["pgs"] is None


def test_one_question_and_no_variance_are_what_they_are():
    single = catalog_of(a=model_of("A", 1.0, 0.01, 1, m=1), b=model_of("B", 1.0, 0.02, 2, m=1))
    found = mi.route(single, "s", "cheapest", k_max=2, assess=20).assessment
    assert found.questions == 1
    assert found.pcs == 1.0  # one question: every resample is the sample; `questions` says on how little that rests


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


def test_a_budget_for_a_quantile_is_refused(three):
    tails = mi.Scenario(name="s", c_max=1.0, t_max=100.0, a_min=0.3, t_quantile=0.95)
    with pytest.raises(SettingError, match="has quantiles for t_max"):
        mi.route(catalog_of(tails, **three.models), "s", "cheapest", k_max=4, assess=10)


def test_an_evaluation_of_accuracy_alone_leaves_cost_and_time_certain(tmp_path):
    rng = np.random.default_rng(0)
    records = {f"q{n}": f"{int((rng.random(4) < 0.6).sum())}/4" for n in range(60)}
    entry = {
        "name": "One",
        "usd_per_million_input_tokens": 1.0,
        "usd_per_million_output_tokens": 10.0,
        "request_seconds": {"mean": 2.0, "std": 0.5},
        "input_tokens": {"mean": 100.0, "std": 10.0},
        "output_tokens": {"mean": 100.0, "std": 10.0},
        "accuracy": {"kind": "outcomes", "questions": records},
    }
    model = mi.Model.model_validate(entry)
    curves = {"a": mi.run_study(catalog_of(a=model), k_max=4).model_curves["a"]}
    tables = question_tables({"a": model}, curves, Conditions(k_max=4))
    F = tables.weighted(bootstrap_weights(60, 50, rng))
    assert (F[:, :, 0] == F[0, :, 0]).all()
    assert (F[:, :, 1] == F[0, :, 1]).all()
    assert F[:, :, 2].std() > 0
    np.testing.assert_allclose(tables.weighted(np.ones((1, 60)))[0], tables.F, rtol=1e-9)


def test_rules_see_what_they_saw_in_the_route(three):
    for rule in (AccuracyMax(), Cheapest()):
        route = mi.route(three, "s", rule, k_max=4, assess=10)
        curves = {key: mi.Recorded().estimate(model, range(1, 5)) for key, model in three.models.items()}
        tables = question_tables(three.models, curves, Conditions(k_max=4))
        candidates = Candidates(
            tuple(curves), np.repeat(np.arange(3), 4), np.tile(np.arange(1, 5), 3), SCENARIO, (), route.rule
        )
        row = candidates.chosen(tables.F)
        assert (candidates.models[candidates.model[row]], candidates.k[row]) == (route.choice.model, route.choice.k)
