"""The estimator that counts recorded attempts, against enumeration of every query."""

import itertools
import pickle
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import SettingError
from moo_inference.estimators import choose_estimator, default_estimator, estimator_from
from moo_inference.evaluation import mean_interval
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.skewed_mean import skewed_mean

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
PRICES = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10.0}


def attempts_of(m=12, n=6, seed=0, ease=0.4, **options):
    rng = np.random.default_rng(seed)
    question = np.repeat(np.arange(m), n)
    level = rng.normal(size=m)[question]
    seconds = 20 * np.exp(level + 0.3 * rng.normal(size=m * n))
    right = (rng.normal(size=m * n) < ease - level).astype(float)
    return QuestionAttempts.of(question, right, 0.001 * seconds * (2 - right), seconds, **options)


def model_of(attempts, **changes):
    fields = {
        "name": "a model",
        "usd_per_million_input_tokens": 1.0,
        "usd_per_million_output_tokens": 10.0,
        "request_seconds": {"mean": 20.0, "std": 10.0},
        "input_tokens": {"mean": 100.0, "std": 10.0},
        "output_tokens": {"mean": 1000.0, "std": 300.0},
        "accuracy": Accuracy(mean=0.5, std=0.1),
        "parallel": 2,
        "attempts": attempts,
    }
    return RecordedModel(**{**fields, **changes})


def every_query(attempts, k, parallel):
    """(ways, 3) cost, seconds and correctness of every order of every question's attempts, all alike in probability."""
    n = int(attempts.n[0])
    found = []
    for start in range(0, len(attempts.cost), n):
        for order in itertools.permutations(range(start, start + n), k):
            chosen = list(order)
            seconds = sum(attempts.seconds[chosen[i : i + parallel]].max() for i in range(0, k, parallel))
            found.append((attempts.cost[chosen].sum(), seconds, attempts.worth[chosen].max()))
    return np.array(found)


SCENARIO = mi.Scenario(name="s", c_max=0.1, t_max=60.0, a_min=0.4, t_quantile=0.9, c_quantile=0.8)


@pytest.mark.parametrize("k", [1, 3, 4])
def test_the_whole_curve_equals_enumeration(k):
    attempts = attempts_of()
    queries = every_query(attempts, k, 2)
    curve = mi.Recorded().estimate(model_of(attempts), [k], scenarios=[SCENARIO])
    np.testing.assert_allclose(curve.means[0], queries.mean(axis=0), atol=1e-9)
    for quantity, values in ((curve.cost, queries[:, 0]), (curve.time, queries[:, 1])):
        assert quantity.std[0] == pytest.approx(values.std(), abs=1e-9)
        assert quantity.low[0] == pytest.approx(np.quantile(values, 0.025, method="inverted_cdf"), abs=1e-9)
        assert quantity.high[0] == pytest.approx(np.quantile(values, 0.975, method="inverted_cdf"), abs=1e-9)
    by_question = queries.reshape(12, -1, 3).mean(axis=1)
    np.testing.assert_allclose(curve.standard_errors[0], by_question.std(axis=0, ddof=1) / np.sqrt(12), atol=1e-9)
    view = curve.views[SCENARIO]
    within = (queries[:, 0] <= 0.1) & (queries[:, 1] <= 60) & (queries[:, 2] == 1)
    assert view.attainment[0] == pytest.approx(within.mean(), abs=1e-9)
    expected = [
        np.quantile(queries[:, 0], 0.8, method="inverted_cdf"),
        np.quantile(queries[:, 1], 0.9, method="inverted_cdf"),
    ]
    np.testing.assert_allclose(view.values[0, :2], expected, atol=1e-9)
    assert view.values[0, 2] == pytest.approx(curve.accuracy.mean[0])
    assert curve.evidence.ci_low[0] < curve.accuracy.mean[0] < curve.evidence.ci_high[0]


def test_a_k_does_not_see_its_neighbours():
    model = model_of(attempts_of(n=14), parallel=3)
    together = mi.Recorded().estimate(model, [1, 5, 9, 14], scenarios=[SCENARIO])
    for row, k in enumerate([1, 5, 9, 14]):
        alone = mi.Recorded().estimate(model, [k], scenarios=[SCENARIO])
        np.testing.assert_array_equal(alone.table[0], together.table[row])
        assert alone.views[SCENARIO].attainment[0] == together.views[SCENARIO].attainment[row]


@pytest.mark.parametrize("n", [6, 14])
def test_a_model_does_not_see_its_neighbours(n):
    """Models of one shape are estimated in common arrays, and those of other shapes apart."""
    attempts = [attempts_of(n=n, seed=seed) for seed in range(3)] + [attempts_of(n=5), attempts_of(m=9, n=n)]
    models = [model_of(own, parallel=2) for own in attempts] + [model_of(attempts[0], parallel=1)]
    together = mi.Recorded().estimate_many(models, [1, 3, 5], scenarios=[SCENARIO])
    for model, curve in zip(models, together, strict=True):
        alone = mi.Recorded().estimate(model, [1, 3, 5], scenarios=[SCENARIO])
        np.testing.assert_array_equal(alone.table, curve.table)
        np.testing.assert_array_equal(alone.views[SCENARIO].values, curve.views[SCENARIO].values)
        np.testing.assert_array_equal(alone.views[SCENARIO].attainment, curve.views[SCENARIO].attainment)


def test_k_in_any_order_and_more_than_once():
    model = model_of(attempts_of())
    ordered = mi.Recorded().estimate(model, [1, 2, 5], scenarios=[SCENARIO])
    mixed = mi.Recorded().estimate(model, [5, 1, 5, 2], scenarios=[SCENARIO])
    np.testing.assert_array_equal(mixed.k, [5, 1, 5, 2])
    np.testing.assert_array_equal(mixed.table, ordered.table[[2, 0, 2, 1]])
    np.testing.assert_array_equal(mixed.views[SCENARIO].attainment, ordered.views[SCENARIO].attainment[[2, 0, 2, 1]])


def test_drawn_shares_come_with_their_standard_error():
    model = model_of(attempts_of(n=14), parallel=3)
    share, se = mi.Recorded(trials=2000).attainment(model, [1, 7], SCENARIO)
    assert se[0] == 0
    assert 0 < se[1] < 0.02
    assert share[1] == mi.Recorded(trials=2000).estimate(model, [7], scenarios=[SCENARIO]).views[SCENARIO].attainment[0]
    more, _ = mi.Recorded(trials=200_000).attainment(model, [7], SCENARIO)
    assert abs(share[1] - more[0]) < 4.5 * se[1]


@pytest.mark.parametrize("keep", ["oracle", "all"])
def test_scores(keep):
    rng = np.random.default_rng(1)
    question = np.repeat(np.arange(5), 4)
    score, seconds = rng.choice([0.0, 0.25, 0.6, 1.0], size=20), rng.random(20) + 1
    attempts = QuestionAttempts.of(question, score, seconds, seconds, keep=keep)
    extreme = max if keep == "oracle" else min
    kept = [extreme(draw) for row in score.reshape(5, 4) for draw in itertools.combinations(row, 2)]
    scenario = mi.Scenario(name="s", c_max=None, t_max=None, a_min=0.5, a_quantile=0.3)
    curve = mi.Recorded().estimate(model_of(attempts), [2], scenarios=[scenario])
    assert curve.accuracy.mean[0] == pytest.approx(np.mean(kept))
    assert curve.error[0] == pytest.approx(1 - np.mean(kept))
    assert curve.accuracy.std[0] == pytest.approx(np.std(kept))
    assert curve.views[scenario].values[0, 2] == pytest.approx(np.quantile(kept, 0.3, method="inverted_cdf"))
    assert curve.views[scenario].attainment[0] == pytest.approx(np.mean(np.array(kept) >= 0.5))


def test_it_is_the_default_for_models_with_attempts_and_leaves_others_alone():
    recorded = model_of(attempts_of())
    plain = mi.load_catalog().models["gpt-5"]
    assert default_estimator([plain, recorded]) == mi.Recorded()
    assert choose_estimator(trials=50, models=[recorded]) == mi.Recorded(trials=50)
    mixed = mi.Recorded().estimate_many([plain, recorded], [1, 2])
    np.testing.assert_array_equal(mixed[0].table, mi.ClosedForm().estimate(plain, [1, 2]).table)
    np.testing.assert_array_equal(mixed[1].table, mi.Recorded().estimate(recorded, [1, 2]).table)


def test_a_study_and_a_choice_across_models_work_with_it():
    attempts = mi.read_attempts(EXCERPT)
    names = ("openai/gpt-5-mini-2025-08-07@high", "openai/gpt-5-nano-2025-08-07@high")
    models = {f"model {n}": attempts.model(name, **PRICES, parallel=8) for n, name in enumerate(names)}
    scenario = mi.Scenario(name="Exam", c_max=0.5, t_max=400.0, a_min=0.8)
    catalog = mi.Catalog(models=models, scenarios={"exam": scenario})
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_min=1, k_max=8, k_step=1)
    direct = mi.Recorded().estimate(models["model 0"], range(1, 9))
    np.testing.assert_array_equal(study.model_curves["model 0"].table, direct.table)
    route = mi.route(catalog, "exam", "accuracy-max", k_min=1, k_max=8)
    assert route.choice.model == "model 0"


def test_pymoo_and_the_front_work_with_it():
    from pymoo.optimize import minimize

    from moo_inference.decision import decide
    from moo_inference.problems import InferenceScalingProblem
    from moo_inference.solvers import ExhaustiveSearch

    model = model_of(attempts_of())
    scenario = mi.Scenario(name="s", c_max=0.5, t_max=500.0, a_min=0.3)
    problem = InferenceScalingProblem(model, scenario, estimator=mi.Recorded(), k_max=6)
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    direct = mi.Front.from_curve(mi.Recorded().estimate(model, range(1, 7), scenarios=[scenario]), scenario)
    np.testing.assert_array_equal(front.F, direct.F)
    assert decide(front, "accuracy-max").k == decide(direct, "accuracy-max").k
    with pytest.raises(SettingError, match="a model: k_max must be at most 6"):
        InferenceScalingProblem(model, scenario, estimator=mi.Recorded(), k_max=7)


def test_wrong_settings_are_refused_all_at_once():
    with pytest.raises(SettingError) as caught:
        mi.Recorded(stop="first-verifed", trials=1, seed=-1, beyond="guess")
    assert len(caught.value.errors) == 4
    with pytest.raises(
        SettingError, match="a model: k must be at most 6, the samples per question of its evaluation, got 7"
    ):
        mi.Recorded().estimate(model_of(attempts_of()), [7])


def test_a_recorded_model_can_be_pickled_and_varied():
    model = model_of(attempts_of())
    again = pickle.loads(pickle.dumps(model))
    other = model.replace(parallel=6)
    assert "attempts" not in model.model_dump()
    np.testing.assert_array_equal(
        mi.Recorded().estimate(again, [3], parallel=6).table, mi.Recorded().estimate(other, [3]).table
    )


def test_intervals_over_questions_hold_the_truth_as_often_as_they_say():
    """Of samples of real questions, with replacement, from those of the excerpt, which are the truth here."""
    attempts = mi.read_attempts(EXCERPT)
    rng = np.random.default_rng(0)
    held = {"cost": [], "time": [], "accuracy": []}
    for name in attempts.models:
        own = attempts.model(name, **PRICES, parallel=4, least_samples=8).attempts
        accuracy = own.expected_accuracy([4])
        m = len(own.n)
        rows = rng.integers(0, m, (m, 1000))
        for what, values in (("cost", own.expected_cost([4])), ("time", own.expected_seconds([4], 4))):
            found = skewed_mean(values[rows, 0])
            held[what].append((found.low <= values.mean()) & (values.mean() <= found.high))
        low, high = mean_interval(QuestionMean.of(*(table[rows, 0] for table in accuracy)))
        held["accuracy"].append((low <= accuracy[0].mean()) & (accuracy[0].mean() <= high))
    for what, found in held.items():
        assert 0.93 <= np.mean(found) <= 0.97, what


def test_a_catalog_file_has_no_place_for_attempts_from_no_file(tmp_path):
    scenario = mi.Scenario(name="s", c_max=1.0, t_max=None, a_min=None)
    catalog = mi.Catalog(models={"one": model_of(attempts_of())}, scenarios={"s": scenario})
    with pytest.raises(SettingError, match=r"models.one: its attempts must come from a file, .* got 72 .*none"):
        mi.save_catalog(catalog, tmp_path / "catalog.yaml")
    assert not list(tmp_path.iterdir())


def test_four_attempts_predict_the_other_four():
    """Passes that are drawn independently of the question would take at least a quarter longer than they did."""
    attempts = mi.read_attempts(EXCERPT)
    errors, pooled = [], []
    for name in attempts.models:
        first, other = (
            attempts.take(np.asarray(attempts.sample <= 4) == half).model(name, **PRICES, parallel=4, least_samples=4)
            for half in (True, False)
        )
        truth = mi.Recorded().estimate(other, [4]).means[0]
        errors.append(mi.Recorded().estimate(first, [4]).means[0] - truth)
        pooled.append(mi.Empirical().estimate(first, [4]).means[0][1] / truth[1] - 1)
        errors[-1][:2] /= truth[:2]
    assert (np.abs(np.median(errors, axis=0)) < [0.05, 0.06, 0.03]).all()
    assert np.median(pooled) > 0.25


def test_rows_beyond_the_attempts_are_extrapolated_and_marked():
    model = model_of(attempts_of(m=40, ease=-0.8), parallel=4)
    k = [1, 6, 7, 12, 40]
    curve = mi.Recorded(beyond="extrapolate").estimate(model, k, scenarios=[SCENARIO])
    counted = mi.Recorded().estimate(model, [1, 6], scenarios=[SCENARIO])
    np.testing.assert_array_equal(curve.table[:2], counted.table)
    np.testing.assert_array_equal(curve.views[SCENARIO].attainment[:2], counted.views[SCENARIO].attainment)
    assert curve.evidence.extrapolated.tolist() == [False, False, True, True, True]
    assert not curve.evidence.last.any()
    attempts = replace(model.attempts, beyond="extrapolate")
    np.testing.assert_allclose(curve.cost.mean, np.array(k) * counted.cost.mean[0])
    np.testing.assert_allclose(curve.time.mean, attempts.expected_seconds(k, 4).mean(axis=0))
    # Ten waves of four from the same attempts.
    assert curve.time.mean[4] == pytest.approx(10 * attempts.expected_seconds([4], 4).mean())
    assert (np.diff(curve.means, axis=0) > 0).all()
    assert ((curve.evidence.ci_low <= curve.accuracy.mean) & (curve.accuracy.mean <= curve.evidence.ci_high)).all()
    assert np.isfinite(curve.quantities).all()
    # Without budgets for cost and time a query is within them as often as it is right.
    free = mi.Scenario(name="free", c_max=None, t_max=None, a_min=0.5)
    share, _ = mi.Recorded(beyond="extrapolate").attainment(model, k, free)
    np.testing.assert_allclose(share, curve.accuracy.mean)
    # A k does not see the others, and the same seed gives the same numbers.
    alone = mi.Recorded(beyond="extrapolate").estimate(model, [12], scenarios=[SCENARIO])
    np.testing.assert_array_equal(alone.table[0], curve.table[3])
    assert alone.views[SCENARIO].attainment[0] == curve.views[SCENARIO].attainment[3]


@pytest.mark.parametrize("estimator", [mi.Recorded(), mi.Recorded(trials=50, seed=1, beyond="extrapolate")])
def test_settings_make_the_same_estimator_again(estimator):
    assert estimator_from(estimator.settings()) == estimator


def test_an_extrapolation_that_is_not_possible_is_refused_for_all_models_at_once():
    rng = np.random.default_rng(0)
    many = {"answer": rng.integers(0, 3, 72), "keep": "majority"}
    models = [model_of(attempts_of(**many), name="by vote"), model_of(attempts_of(n=1), name="one attempt")]
    with pytest.raises(SettingError) as caught:
        mi.Recorded(beyond="extrapolate").estimate_many([*models, model_of(attempts_of())], [7])
    assert len(caught.value.errors) == 2
    assert "by vote: k beyond the 6 attempts" in str(caught.value)
    assert "one attempt: k beyond the attempts of a question needs at least 2" in str(caught.value)


def test_a_grid_goes_beyond_the_attempts_only_where_that_is_asked_for():
    model = model_of(attempts_of(m=40, ease=-0.8), parallel=8)
    scenario = mi.Scenario(name="s", c_max=2.0, t_max=900.0, a_min=0.3)
    catalog = mi.Catalog(models={"one": model}, scenarios={"s": scenario})
    options = {"decisions": ["accuracy-max"], "k_min": 1, "k_max": 12, "baselines": ["fixed-12"]}
    study = mi.run_study(catalog, estimator=mi.Recorded(beyond="extrapolate"), **options)
    assert study.model_curves["one"].k.tolist() == list(range(1, 13))
    rows = study.choices.set_index("decision")
    assert rows.loc["accuracy-max", "k"] > 6
    for rule in ("accuracy-max", "fixed-12"):
        assert "is extrapolated beyond the samples" in rows.loc[rule, "warning"]
    with pytest.raises(SettingError, match=r"fixed-12 must be within the samples .* one \(6\)"):
        mi.run_study(catalog, **options)
    capped = mi.run_study(catalog, **{**options, "baselines": []})
    assert capped.model_curves["one"].k.tolist() == list(range(1, 7))
    from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem

    for problem in (
        InferenceScalingProblem(model, scenario, estimator=mi.Recorded(beyond="extrapolate"), k_max=12),
        ModelChoiceProblem({"one": model}, scenario, estimator=mi.Recorded(beyond="extrapolate"), k_max=12),
    ):
        assert problem.n_ieq_constr == 3


TOKENS = np.random.default_rng(7).integers(50, 4000, (2, 72)).astype(float)
JOULES = {"joules_per_input_token": 0.001, "joules_per_output_token": 0.01, "litres_per_output_token": 1e-6}


def test_resources_are_counted_from_the_tokens_of_each_attempt():
    attempts = attempts_of(tokens=TOKENS)
    model = model_of(attempts, **JOULES)
    scenario = mi.Scenario(
        name="s", c_max=0.2, t_max=80.0, a_min=0.4, joules_max=80.0, joules_quantile=0.8, litres_max=0.006
    )
    curve = mi.Recorded().estimate(model, [1, 3], scenarios=[scenario])
    assert curve.resources == ("joules", "litres")
    joules = 0.001 * TOKENS[0] + 0.01 * TOKENS[1]
    litres = 1e-6 * TOKENS[1]
    for row, k in enumerate((1, 3)):
        queries = []
        for start in range(0, 72, 6):
            for order in itertools.permutations(range(start, start + 6), k):
                chosen = list(order)
                seconds = sum(attempts.seconds[chosen[i : i + 2]].max() for i in range(0, k, 2))
                spent = (attempts.cost[chosen].sum(), seconds, joules[chosen].sum(), litres[chosen].sum())
                queries.append((*spent, attempts.worth[chosen].max()))
        queries = np.array(queries)
        np.testing.assert_allclose(curve.means[row], queries.mean(axis=0))
        by_question = queries.reshape(12, -1, 5).mean(axis=1)
        np.testing.assert_allclose(curve.standard_errors[row], by_question.std(axis=0, ddof=1) / np.sqrt(12))
        for column, unit in ((2, "joules"), (3, "litres")):
            assert curve.resource(unit).std[row] == pytest.approx(queries[:, column].std())
            assert curve.resource(unit).high[row] == pytest.approx(
                np.quantile(queries[:, column], 0.975, method="inverted_cdf")
            )
        within = (queries[:, :4] <= [0.2, 80.0, 80.0, 0.006]).all(axis=1) & (queries[:, 4] == 1)
        assert 0 < within.mean() < 1
        assert curve.views[scenario].attainment[row] == pytest.approx(within.mean())
        assert curve.views[scenario].values[row, 2] == pytest.approx(
            np.quantile(queries[:, 2], 0.8, method="inverted_cdf")
        )
    share, _ = mi.Recorded().attainment(model, [3], scenario)
    assert share[0] == curve.views[scenario].attainment[1]


def test_resources_beyond_the_attempts_and_from_many_attempts():
    tokens = np.random.default_rng(8).integers(50, 4000, (2, 12 * 14)).astype(float)
    model = model_of(attempts_of(n=14, tokens=tokens), parallel=3, **JOULES)
    curve = mi.Recorded(beyond="extrapolate").estimate(model, [7, 20])
    each = (0.001 * tokens[0] + 0.01 * tokens[1]).mean()
    np.testing.assert_allclose(curve.resource("joules").mean, [7 * each, 20 * each])
    assert (curve.resource("joules").low < curve.resource("joules").high).all()


def test_resources_need_the_tokens_of_attempts():
    with pytest.raises(SettingError, match="joules, litres by the token needs the tokens of every attempt"):
        model_of(attempts_of(), **JOULES)


def test_resources_of_attempts_that_were_read(tmp_path):
    path = tmp_path / "attempts.csv"
    rows = ["question,correct,usd,seconds,tokens_in,tokens_out", "a,1,0.5,2,100,1000", "a,0,0.7,3,100,3000"]
    path.write_text("\n".join([*rows, "b,1,0.1,1,50,500", "b,1,0.1,1,50,", "b,0,0.2,2,50,700"]))
    attempts = mi.read_attempts(path)
    model = attempts.model(joules_per_output_token=0.01)
    # An attempt whose tokens are not known uses nobody knows how much.
    assert len(model.attempts.cost) == 4
    curve = mi.Recorded().estimate(model, [2])
    assert curve.resource("joules").mean[0] == pytest.approx((40.0 + 12.0) / 2)
    assert curve.cost.mean[0] == pytest.approx((1.2 + 0.3) / 2)
    assert len(attempts.model().attempts.cost) == 5
    path.write_text("question,correct,usd,seconds\na,1,0.5,2\n")
    with pytest.raises(SettingError, match="joules by the token must come with tokens"):
        mi.read_attempts(path).model(joules_per_output_token=0.01)


def pipeline_catalog():
    models = {
        "draft": model_of(attempts_of(m=20, n=4, seed=1, ease=-0.8), name="draft"),
        "check": model_of(attempts_of(m=20, n=6, seed=2), name="check", parallel=3),
    }
    stages = [{"name": "write", "models": ["draft"]}, {"name": "review", "models": ["draft", "check"]}]
    return mi.Catalog(
        models=models,
        scenarios={"s": mi.Scenario(name="s", c_max=5.0, t_max=2000.0, a_min=0.2)},
        pipelines={"p": {"name": "Write and review", "stages": stages}},
    )


def test_stages_of_a_pipeline_have_their_own_attempts():
    """Costs and times add, accuracies multiply, as of stages that are independent of each other."""
    from pymoo.optimize import minimize

    from moo_inference.pipelines.plan import plan_of
    from moo_inference.problems import PipelineProblem
    from moo_inference.solvers import ExhaustiveSearch

    catalog = pipeline_catalog()
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_min=1, k_max=8)
    curves = {key: mi.Recorded().estimate(model, range(1, model.k_limit + 1)) for key, model in catalog.models.items()}
    rows = {}
    for name in ("draft", "check"):
        for first, second in itertools.product(range(4), range(len(curves[name]))):
            one, other = curves["draft"].means[first], curves[name].means[second]
            rows["draft", first + 1, name, second + 1] = [*(one + other)[:2], 1 - one[2] * other[2]]
    F = np.array(list(rows.values()))
    F = F[1 - F[:, 2] >= 0.2]
    worse = F[:, None] - F  # of each row against each other
    better = ((worse > -1e-12).all(axis=2) & (worse > 1e-12).any(axis=2)).any(axis=1)
    front = study.pipeline_cells[0].front
    np.testing.assert_allclose(np.unique(front.F, axis=0), np.unique(F[~better], axis=0), rtol=1e-9)
    problem = PipelineProblem(plan_of(catalog.pipelines["p"], catalog.models), catalog.scenarios["s"], k_min=1, k_max=8)
    searched = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    np.testing.assert_array_equal(searched.F, front.F)


def test_a_stage_beyond_its_attempts_says_so():
    study = mi.run_study(
        pipeline_catalog(), decisions=["accuracy-max"], k_min=1, k_max=8, estimator=mi.Recorded(beyond="extrapolate")
    )
    [cell] = study.pipeline_cells
    assert cell.front.k.max() == 8
    [row] = study.pipelines.to_dict(orient="records")
    assert "write: the accuracy at k = 8 is extrapolated beyond the samples" in row["warning"]


def test_every_table_says_that_all_passes_must_be_right():
    scenario = mi.Scenario(name="s", c_max=100.0, t_max=None, a_min=None)
    catalog = mi.Catalog(models={"one": model_of(attempts_of(keep="all"))}, scenarios={"s": scenario})
    study = mi.run_study(catalog, decisions=["cheapest"])
    assert set(study.choices["keep"]) == {"all"}
    assert mi.route(catalog, "s", "cheapest").to_dict()["keep"] == "all"


@pytest.mark.parametrize("uneven", [False, True])
def test_clusters_are_the_unit_of_errors_and_intervals(uneven):
    """Also where questions have different numbers of attempts, which are counted in another order."""
    rng = np.random.default_rng(9)
    question = np.repeat(np.arange(24), 4)[: 94 if uneven else 96]
    question = np.append(question, np.repeat(3, 2 * uneven))
    source = question // 3
    right = rng.random(len(question)) < source / 8
    columns = right, 0.01 * (1 + source) * rng.random(len(question)), 1 + source + rng.random(len(question))
    plain = QuestionAttempts.of(question, *columns)
    together = QuestionAttempts.of(question, *columns, cluster=[f"text {number}" for number in source])
    assert together.clusters.tolist() == [f"text {number // 3}" for number in range(24)]
    k = [1, 2] if uneven else [1, 2, 4]
    one, other = (mi.Recorded().estimate(model_of(attempts, parallel=2), k) for attempts in (plain, together))
    np.testing.assert_allclose(other.means, one.means, rtol=1e-13)
    accuracy, error = together.expected_accuracy(k)
    low, high = mean_interval(QuestionMean.of(accuracy, error, together.clusters))
    np.testing.assert_allclose([other.evidence.ci_low, other.evidence.ci_high], [low, high], rtol=1e-12)
    tables = together.expected_cost(k), together.expected_seconds(k, 2), accuracy
    for table, field in zip(tables, (other.cost, other.time, other.accuracy), strict=True):
        sums = (table - table.mean(axis=0)).reshape(8, 3, -1).sum(axis=1)
        np.testing.assert_allclose(field.se, np.sqrt(8 / 7 * (sums**2).sum(axis=0)) / 24, rtol=1e-9)
    assert (other.time.se > 1.4 * one.time.se).all()


@pytest.mark.parametrize(("wrong", "low", "at_5_percent"), [(0, 1, 1), (1, 1, 1), (2, 0, 1), (3, 0, 0)])
def test_as_many_wrong_queries_as_a_quantile_leaves_out_are_left_out(wrong, low, at_5_percent):
    """Of 40 questions one is the 40th part, 0.025, and two are 0.05."""
    question = np.repeat(np.arange(40), 2)
    attempts = QuestionAttempts.of(question, (question >= wrong).astype(float), np.full(80, 0.01), np.full(80, 1.0))
    scenario = mi.Scenario(name="s", c_max=1.0, t_max=9.0, a_min=0.5, a_quantile=0.05)
    curve = mi.Recorded().estimate(model_of(attempts), [1], scenarios=[scenario])
    assert curve.accuracy.mean[0] == 1 - wrong / 40
    assert (curve.accuracy.low[0], curve.accuracy.high[0]) == (low, 1)
    assert curve.views[scenario].values[0, -1] == at_5_percent
