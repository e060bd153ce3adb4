import re
from fractions import Fraction
from itertools import permutations
from unittest import mock

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pipeline_twin import Known, exact_front
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.catalog import Limit
from moo_inference.decision import RULES, AccuracyMax, Choice, UtopiaClosest, decide
from moo_inference.errors import NonFiniteWarning, SettingError, UnknownNameError
from moo_inference.pareto.front import Front
from moo_inference.pareto.infeasibility import beyond_reach
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Parallel, Series, Stage, as_series, combine
from moo_inference.problems import PipelineProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2
from moo_inference.studies.rows import front_across

NAMES = ("plan", "solve", "verify")
MODEL = mi.load_catalog("paper").models["gpt-5"]
MODELS = [MODEL.replace(name=f"m{number}") for number in range(6)]
TREES = {
    "series": ("series", *NAMES),
    "branches": ("series", "plan", ("parallel", "solve", "verify")),
    "nested": ("parallel", ("series", "plan", "solve"), "verify"),
    "all at once": ("parallel", *NAMES),
}
K = 6

numbers = st.lists(
    st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(0, 10)), min_size=2 * 3 * K, max_size=2 * 3 * K
)
budget = st.none() | st.integers(3, 20)


def built(tree, stages):
    """The stages in the shape of a tree of the twin."""
    if isinstance(tree, str):
        return stages[tree]
    kind, *inner = tree
    return (Parallel if kind == "parallel" else Series)(tuple(built(each, stages) for each in inner))


def instance(rows, most=K):
    """Three stages of two models, their estimator, and the same rows by stage for the twin."""
    parts = [rows[start : start + K] for start in range(0, 6 * K, K)]
    known = {f"m{number}": tuple(zip(*part, strict=True)) for number, part in enumerate(parts)}
    stages = {
        name: Stage(name, {"a": MODELS[2 * place], "b": MODELS[2 * place + 1]}) for place, name in enumerate(NAMES)
    }
    options = {
        name: [row for part in parts[2 * place : 2 * place + 2] for row in part[:most]]
        for place, name in enumerate(NAMES)
    }
    return stages, Known(known), options


def rounded_front(F):
    """The front as a set that rounding does not split: F to nine digits, nondominated."""
    points = {tuple(np.round(row, 9).tolist()) for row in F}
    return {p for p in points if not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in points)}


@settings(max_examples=100, deadline=None)
@given(numbers, budget, budget, st.integers(0, 10), st.sampled_from(sorted(TREES)), st.sampled_from([3, 20, 10**6]))
@example([(1, 1, 10)] * 36, None, None, 10, "series", 3)
@example([(1, 1, 5)] * 36, 3, 3, 0, "branches", 3)
@example([(3, 2, 0)] * 36, None, None, 0, "nested", 3)
@example([(c, 9 - c, 0) for c in (1, 2, 3, 4, 5, 6)] * 6, None, None, 0, "series", 3)
def test_the_merge_is_the_front_of_all_choices(rows, c_max, t_max, tenths, shape, block):
    # Three stages of two models with k to 3: 216 choices in exact fractions.
    exact = [(c, t, Fraction(a, 10)) for c, t, a in rows]
    stages, estimator, options = instance(exact, most=3)
    scenario = mi.Scenario(name="S", c_max=c_max, t_max=t_max, a_min=tenths / 10)
    with mock.patch("moo_inference.pipelines.merging._BLOCK", block):
        front = pipeline_front(built(TREES[shape], stages), scenario, estimator=estimator, k_max=3)
    expected = exact_front(TREES[shape], options, c_max, t_max, Fraction(tenths, 10))
    # Points that are equal but for the rounding of their sums count as one.
    assert rounded_front(front.F) == {(float(c), float(t), round(float(1 - a), 9)) for c, t, a in expected}
    assert (front.infeasibility is None) == bool(expected)
    assert (np.diff(front.F[:, 0]) >= 0).all()
    assert (front.G <= 0).all()
    assert len({tuple(row) for row in front.F.tolist()}) == len(front)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(*[st.floats(0.01, 1)] * 3), min_size=36, max_size=36),
    st.none() | st.floats(0.1, 2),
    st.none() | st.floats(0.1, 2),
    st.floats(0, 0.8),
    st.sampled_from(sorted(TREES)),
)
def test_the_merge_is_the_exhaustive_search_to_the_last_bit(rows, c_max, t_max, a_min, shape):
    stages, estimator, _ = instance(rows)
    scenario = mi.Scenario(name="S", c_max=c_max, t_max=t_max, a_min=a_min)
    tree = built(TREES[shape], stages)
    front = pipeline_front(tree, scenario, estimator=estimator, k_max=K)
    problem = PipelineProblem(tree, scenario, estimator=estimator, k_max=K)
    found = Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert found.F.tolist() == front.F.tolist()
    assert (found.infeasibility is None) == (front.infeasibility is None)


def test_the_order_of_stages_leaves_the_front():
    generator = np.random.default_rng(3)
    rows = [(c, t, a / 10) for c, t, a in generator.integers(1, 10, size=(36, 3)).tolist()]
    stages, estimator, _ = instance(rows)
    scenario = mi.Scenario(name="S", c_max=20, t_max=20, a_min=0.2)
    fronts = [
        pipeline_front([stages[name] for name in order], scenario, estimator=estimator, k_max=K)
        for order in permutations(NAMES)
    ]
    assert len(fronts[0]) > 5
    for front in fronts[1:]:
        assert rounded_front(front.F) == rounded_front(fronts[0].F)


def test_one_stage_is_the_front_across_models(paper):
    scenario = paper.scenarios["medical-ai"]
    front = pipeline_front([Stage("answer", paper.models)], scenario, k_max=64)
    curves = {key: mi.ClosedForm().estimate(model, range(1, 65)) for key, model in paper.models.items()}
    expected = front_across(curves, scenario)
    assert front.F.tolist() == expected.F.tolist()
    assert [models for (models,) in front.models] == list(expected.models)
    assert front.k[:, 0].tolist() == expected.k.tolist()


def test_one_stage_of_one_model_is_its_own_front(gpt5, essay):
    front = pipeline_front(Stage("answer", {"gpt-5": gpt5}), essay, k_max=64)
    expected = mi.Front.from_curve(mi.ClosedForm().estimate(gpt5, range(1, 65)), essay)
    assert front.k[:, 0].tolist() == expected.k.tolist()
    assert front.F.tolist() == expected.F.tolist()


def test_a_front_is_told_by_stage(paper):
    stages = [Stage("plan", paper.models), Stage("solve", paper.models), Stage("verify", paper.models, k_max=1)]
    front = pipeline_front(stages, paper.scenarios["essay-feedback"].replace(a_min=0.85), k_max=8, k_step=1)
    frame = front.to_frame()
    assert frame.columns[:4].tolist() == ["plan model", "plan k", "solve model", "solve k"]
    assert (frame["verify k"] == 1).all()
    curves = {key: mi.ClosedForm().estimate(model, range(1, 9)) for key, model in paper.models.items()}
    for row in range(0, len(front), 7):
        parts = [curves[name].F[k - 1] for name, k in zip(front.models[row], front.k[row].tolist(), strict=True)]
        cost, time, error = np.transpose(parts)
        assert front.F[row] == pytest.approx([cost.sum(), time.sum(), 1 - np.prod(1 - error)], rel=1e-12)
    assert front.accuracy == pytest.approx(1 - front.F[:, 2])
    assert front.describe(0) == ", ".join(
        f"{stage} {model} with k = {k}"
        for stage, model, k in zip(front.stages, front.models[0], front.k[0], strict=True)
    )


def test_tiny_errors_keep_their_digits():
    plan = as_series([Stage(name, {"m": MODEL}) for name in NAMES])
    parts = [np.array([[1.0, 1.0, error]]) for error in (1e-20, 3e-18, 2e-25)]
    [[_, _, error]] = combine(plan, parts)
    assert error == pytest.approx(1e-20 + 3e-18 + 2e-25, rel=1e-14, abs=0)
    assert 1 - (1 - 1e-20) * (1 - 3e-18) * (1 - 2e-25) == 0
    nothing_right = [np.array([[1.0, 1.0, error]]) for error in (1.0, 0.5, 0.0)]
    assert combine(plan, nothing_right).tolist() == [[3, 3, 1]]


def test_parallel_branches_take_the_larger_mean_which_is_a_lower_bound():
    generator = np.random.default_rng(1)
    fast, slow = generator.exponential(1, 100_000), generator.exponential(1.2, 100_000)
    plan = as_series(Parallel([Stage("a", {"m": MODEL}), Stage("b", {"m": MODEL})]))
    [[cost, time, error]] = combine(plan, [np.array([[1, fast.mean(), 0.1]]), np.array([[2, slow.mean(), 0.2]])])
    assert cost == 3
    assert error == pytest.approx(0.28)
    # A mean of maxima is never below the maximum of means, draw by draw or in the limit.
    assert time == slow.mean() < np.maximum(fast, slow).mean()


def test_an_evaluation_limits_its_own_stage_alone(gpt5):
    measured = gpt5.replace(
        name="measured", accuracy={"kind": "outcomes", "questions": {f"q{n}": f"{n % 4}/5" for n in range(8)}}
    )
    anything = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0)
    stages = [Stage("plan", {"measured": measured}), Stage("solve", {"measured": measured, "gpt-5": gpt5})]
    front = pipeline_front(stages, anything, k_max=12)
    assert front.k[:, 0].max() == 5
    own = np.array([models[1] == "measured" for models in front.models])
    assert front.k[own, 1].max(initial=0) <= 5
    assert front.k[~own, 1].max() == 12
    with pytest.raises(SettingError, match="measured: its evaluation has 5 samples"):
        pipeline_front(stages, anything, k_min=6, k_max=12)


@pytest.mark.parametrize("group", [Series, Parallel])
def test_blocks_change_nothing(paper, monkeypatch, group):
    stages = group([Stage(name, paper.models) for name in NAMES])
    whole = pipeline_front(stages, paper.scenarios["medical-ai"], k_max=32)
    monkeypatch.setattr("moo_inference.pipelines.merging._BLOCK", 500)
    again = pipeline_front(stages, paper.scenarios["medical-ai"], k_max=32)
    assert again.F.tolist() == whole.F.tolist()
    assert again.models == whole.models
    assert len(again) > 20


def test_too_large_a_merge_is_refused_with_advice(paper):
    stages = [Stage(name, paper.models) for name in NAMES]
    with pytest.raises(SettingError, match=r"at most 100 candidate rows, got .*: raise k_step, lower k_max"):
        pipeline_front(stages, paper.scenarios["medical-ai"], most_rows=100)
    with pytest.raises(SettingError, match="most_rows must be a whole number"):
        pipeline_front(stages, paper.scenarios["medical-ai"], most_rows=0)


def test_an_empty_front_says_why_and_the_way_out_works(paper):
    stages = [Stage(name, paper.models) for name in NAMES]
    hopeless = mi.Scenario(name="S", c_max=0.004, t_max=600, a_min=0.98)
    front = pipeline_front(stages, hopeless, k_max=16)
    assert len(front) == 0
    assert front.F.shape == (0, 3)
    assert str(front.infeasibility).startswith("no choice meets all budgets; closest is plan ")
    needed = float(str(front.infeasibility).split("raising c_max to $")[1].split(" ")[0])
    assert len(pipeline_front(stages, hopeless.replace(c_max=needed), k_max=16)) > 0
    assert len(pipeline_front(stages, hopeless.replace(c_max=needed * 0.9999), k_max=16)) == 0
    choice = decide(front, "max-cube")
    assert (choice.status, choice.row, choice.stages) == ("infeasible", None, {})
    assert choice.reason == str(front.infeasibility)


def test_where_the_whole_cannot_be_looked_at_the_reason_is_what_is_out_of_reach(paper):
    stages = [Stage(name, paper.models) for name in NAMES]
    hopeless = mi.Scenario(name="S", c_max=0.0001, t_max=600, a_min=0.98)
    front = pipeline_front(stages, hopeless, k_max=16, most_rows=100)
    cheapest = 3 * min(mi.ClosedForm().estimate(m, [1]).cost.mean[0] for m in paper.models.values())
    assert f"cost is at least ${cheapest:.6g}, must be at most $0.0001" in str(front.infeasibility)


def test_budgets_that_exclude_each_other_are_told_apart_from_those_out_of_reach():
    estimator = Known({"m0": ([1, 2, 3, 4], [1, 2, 3, 4], [0.5, 0.6, 0.7, 0.8])})
    stages = [Stage("plan", {"m": MODELS[0]}), Stage("solve", {"m": MODELS[0]})]
    torn = mi.Scenario(name="S", c_max=4, t_max=None, a_min=0.64)
    options = {"estimator": estimator, "k_max": 4}
    told = str(pipeline_front(stages, torn, **options).infeasibility)
    assert "raising c_max to $8 would allow plan m with k = 4, solve m with k = 4" in told
    assert "lowering a_min to 0.36 would allow plan m with k = 2, solve m with k = 2" in told
    unseen = str(pipeline_front(stages, torn, most_rows=15, **options).infeasibility)
    assert unseen == "no choice meets all budgets, though each of them alone can be met: relax one of them"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_chooses_from_a_pipeline(paper, rule):
    scenario = paper.scenarios["medical-ai"].replace(a_min=0.9)
    front = pipeline_front([Stage(name, paper.models) for name in NAMES], scenario, k_max=16)
    choice = decide(front, rule)
    assert choice.status == "ok"
    assert choice.row == RULES[rule]().scaled_by(scenario).do(front.F)
    models, k = zip(*choice.stages.values(), strict=True)
    assert models == front.models[choice.row]
    assert list(k) == front.k[choice.row].tolist()
    assert tuple(choice.stages) == NAMES
    assert front.describe(choice.row) in choice.reason


def test_rules_choose_what_they_say(paper):
    scenario = paper.scenarios["medical-ai"].replace(a_min=0.9)
    front = pipeline_front([Stage(name, paper.models) for name in NAMES], scenario, k_max=16)
    assert AccuracyMax.for_scenario(scenario).do(front.F) == front.F[:, 2].argmin()
    distance = np.linalg.norm(front.F / [scenario.c_max, scenario.t_max, 1], axis=1)
    assert UtopiaClosest.for_scenario(scenario).do(front.F) == distance.argmin()
    with pytest.raises(UnknownNameError, match="did you mean 'max-cube'"):
        decide(front, "max-cub")


def test_what_is_no_pipeline_is_refused_in_words(gpt5, essay):
    stage = Stage("plan", {"gpt-5": gpt5})
    cases = [
        ([], "at least one stage"),
        ([stage, stage], "names of stages must differ, got 'plan' 2 times"),
        ([Stage("plan", {})], "plan: there must be at least one model"),
        ([Parallel([stage])], "at least two, got 1"),
        ([gpt5], "must be a Stage, a Parallel or a Series"),
        ([Stage("plan", {"gpt-5": gpt5}, k_min=9, k_max=3)], "plan: k_min <= k_max must hold"),
    ]
    for stages, message in cases:
        with pytest.raises(SettingError, match=message):
            pipeline_front(stages, essay)
    with pytest.raises(SettingError, match="must be for means, and scenario 'Essay feedback' has one for a quantile"):
        pipeline_front([stage], essay.replace(t_quantile=0.95))
    with pytest.raises(SettingError, match="latency must be one of"):
        pipeline_front([stage], essay, latency="never")


def test_an_estimate_that_is_not_finite_is_left_out_by_name():
    estimator = Known({"m0": ([1, 2, np.inf], [1, 2, 3], [0.5, 0.6, 0.7])})
    stages = [Stage("plan", {"m0": MODELS[0]}), Stage("solve", {"m0": MODELS[0]}, k_max=2)]
    anything = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0)
    with pytest.warns(NonFiniteWarning, match="plan: left out, since the estimate is not finite: m0 k = 3"):
        front = pipeline_front(stages, anything, estimator=estimator, k_max=3)
    assert sorted(map(tuple, front.k.tolist())) == [(1, 1), (1, 2), (2, 2)]


def test_a_model_is_estimated_once_however_many_stages_it_serves():
    estimator = Known({f"m{n}": ([1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7]) for n in range(2)})
    stages = [Stage(name, {"a": MODELS[0], "b": MODELS[1]}) for name in NAMES]
    pipeline_front(stages, mi.Scenario(name="S", c_max=9, t_max=9, a_min=0), estimator=estimator, k_max=3)
    assert estimator.asked == ["m0", "m1"]


def test_what_a_search_left_out_is_not_spoken_of():
    """A pipeline's search that saw 20 of 16 x 16 choices says so, in a study too; the merge speaks of all."""
    estimator = Known({"m0": (range(1, 17), range(1, 17), np.linspace(0.5, 0.9, 16))})
    stages = [Stage("plan", {"m": MODELS[0]}), Stage("solve", {"m": MODELS[0]})]
    torn = mi.Scenario(name="S", c_max=4, t_max=None, a_min=0.64)
    problem = PipelineProblem(stages, torn, estimator=estimator, k_max=16)
    part = Front.from_result(minimize(problem, nsga2(problem, pop_size=8), ("n_eval", 20)))
    assert str(part.infeasibility).startswith(
        "none of the 20 of 256 choices looked at meets all budgets; closest of these is"
    )
    assert "of those looked at" in str(part.infeasibility)
    assert part.looked_at == 20
    whole = Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert whole.infeasibility == pipeline_front(stages, torn, estimator=estimator, k_max=16).infeasibility
    assert str(whole.infeasibility).startswith("no choice meets all budgets; closest is")


def test_a_study_s_search_of_a_pipeline_says_what_it_looked_at():
    catalog = mi.load_catalog(ROOT / "examples" / "pipeline.yaml")
    scenario = {"none": next(iter(catalog.scenarios.values())).replace(t_max=1e-3)}
    catalog = mi.Catalog(models=catalog.models, scenarios=scenario, pipelines=catalog.pipelines)

    def few(problem):
        return nsga2(problem, pop_size=4, n_gen=2)

    names = ["plan-solve-verify"]
    study = mi.run_study(catalog, pipelines=names, decisions=["accuracy-max"], solver=few)
    words = r"none of the 8 of [\d,]+ choices looked at meets all budgets"
    assert re.match(words, study.pipelines["warning"][0])
    exact = mi.run_study(catalog, pipelines=names, decisions=["accuracy-max"])
    assert exact.pipelines["warning"][0].startswith("no choice meets all budgets")


def test_what_is_out_of_reach_is_rounded_to_the_side_on_which_it_holds():
    least = np.array([1.0000049, 0.7999994])
    limits = (Limit("c_max", "cost", 1.0, None), Limit("a_min", "accuracy", 0.8, None))
    text = str(beyond_reach(least, np.array([4.9e-6, 6e-7]), limits))
    pattern = r"no choice .*: cost is at least \$([\d.]+), must be at most \$1; accuracy is at most ([\d.]+), must.*"
    cost, accuracy = map(float, re.fullmatch(pattern, text).groups())
    assert 1 < cost <= least[0]
    assert least[1] <= accuracy < 0.8


def test_the_lower_bound_of_parallel_branches_is_off_by_what_is_told():
    """E[max of n standard normals], from draws, as the note and the docstring have it."""
    from moo_inference.pipelines.plan import Parallel
    from moo_inference.views.study_tables import LOWER_BOUND

    drawn = np.random.default_rng(1).standard_normal((400_000, 4))
    for branches in (2, 3, 4):
        largest = drawn[:, :branches].max(axis=1)
        told = f"{largest.mean():.2f}"
        assert largest.std() / np.sqrt(len(largest)) < 0.0015
        assert told in LOWER_BOUND
        assert told in Parallel.__doc__


@pytest.mark.parametrize(("old", "new"), [("PipelineFront", Front), ("PipelineChoice", Choice), ("choose", decide)])
def test_former_names_give_the_present_ones_with_a_warning(old, new):
    from moo_inference import pipelines

    with pytest.warns(DeprecationWarning, match=rf"moo_inference\.pipelines\.{old} is .*\.{new.__name__} now"):
        assert getattr(pipelines, old) is new
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = pipelines.nonsense
