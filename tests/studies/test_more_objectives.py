"""Energy and water as fourth and fifth objective: solvers, rules, routes, policies, what-if, pipelines, commands."""

import io
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from conftest import exact_csv
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.cli.app import app
from moo_inference.cli.run import run as run_app
from moo_inference.decision import DEFAULT_RULES, RULES, decide, make_rule
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Parallel, Series, Stage
from moo_inference.policy.policy import RULES as POLICY_RULES
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem, PipelineProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2
from moo_inference.studies.assessment import assess
from moo_inference.studies.route import front_across, route
from moo_inference.studies.what_if import break_evens, relaxations

JUST = 1e-7


@pytest.fixture(scope="module")
def energy(paper):
    """The paper's catalog with energy, which the small models are given more of than they would take."""
    per_token = [0.9, 1.3, 0.8, 0.3, 0.5, 1.4, 0.6, 0.2, 1.1]
    models = {
        key: model.replace(joules_per_output_token=used, joules_per_input_token=used / 20)
        for used, (key, model) in zip(per_token, paper.models.items(), strict=True)
    }
    most = {"essay-feedback": 3e4, "medical-ai": 6e4, "proposal-writing": 1e5}
    scenarios = {key: scenario.replace(joules_max=most[key]) for key, scenario in paper.scenarios.items()}
    return mi.Catalog(models=models, scenarios=scenarios)


@pytest.fixture(scope="module")
def study(energy):
    return mi.run_study(energy, decisions=list(RULES), baselines=["fixed-16", "accuracy-within-cost"])


def test_without_energy_the_study_is_that_of_the_paper_bit_for_bit(energy, paper):
    plain, again = mi.run_study(paper), mi.run_study(energy.without(["joules"]))
    assert again.to_csv() == plain.to_csv()
    assert again.settings == plain.settings
    # With energy that no budget bounds, the front of one model is the same, and so is every choice without a scale.
    free = energy.replace(scenarios={key: s.replace(joules_max=None) for key, s in energy.scenarios.items()})
    unbounded = mi.run_study(free, decisions=["accuracy-max"])
    same = plain.choices[plain.choices.decision == "accuracy-max"].reset_index(drop=True)
    pd.testing.assert_frame_equal(unbounded.choices[same.columns], same)


def test_every_front_meets_the_budget_and_every_rule_answers(study, energy):
    assert list(study.choices.columns[20:25]) == ["joules", "joules_std", "joules_low", "joules_high", "joules_se"]
    assert list(study.fronts.columns[-6:-1]) == list(study.curves.columns[-6:-1]) == list(study.choices.columns[20:25])
    bound = 0
    for cell in study.cells:
        most = energy.scenarios[cell.scenario].resources["joules"].max
        assert (cell.front.F[:, 2] <= most * (1 + 1e-9)).all()
        assert (cell.front.G <= 0).all()
        whole = study.model_curves[cell.model]
        bound += len(cell.front) > 0 and (whole.F[:, 2] > most).any()
    assert bound > 10
    answered = study.choices[study.choices.status == "ok"].decision.unique()
    assert set(RULES) - set(answered) <= {"high-tradeoff", "knee-published"}  # straight lines, on exact curves
    over = study.choices[study.choices.status == "over-budget"]
    assert over.violates.str.contains("joules_max").any()
    assert over.warning.str.contains("joules").any()


@pytest.mark.parametrize("m", [2, 3, 4, 5, 7])
def test_rules_are_defined_for_any_number_of_objectives(m):
    random = np.random.default_rng(m)
    F = np.sort(random.uniform(0.05, 0.95, (12, m)), axis=0)
    F[:, -1] = F[::-1, -1]
    scaled = {rule: type(make_rule(rule))(**make_rule(rule).options(), nadir=np.ones(m)) for rule in RULES}
    assert scaled["max-cube"].do(F) == max(range(12), key=lambda row: np.prod([1 - value for value in F[row]]))
    assert scaled["utopia-closest"].do(F) == min(range(12), key=lambda row: sum(value**2 for value in F[row]))
    assert scaled["accuracy-max"].do(F) == min(range(12), key=lambda row: F[row, -1])
    # Towards the ideal: the same step in every objective, as far as it is perpendicular to the line between the ends.
    N = (F - F.min(axis=0)) / (F.max(axis=0) - F.min(axis=0))
    chord = N[-1] - N[0]
    towards = -(np.ones(m) - np.sum(chord) / (chord @ chord) * chord)
    away = (N - N[0]) @ towards
    assert scaled["knee-chord"].do(F) == (int(np.argmax(away)) if away.max() > 1e-9 else None)
    for name, rule in scaled.items():
        if m > 2 or name != "fastest":  # two columns have no time
            assert rule.do(F) in [None, *range(12)]
    # A column that never varies changes neither volume, distance nor chord.
    wider = np.insert(F, 1, 0.5, axis=1)
    for rule in ("max-cube", "utopia-closest", "accuracy-max", "knee-chord"):
        again = type(make_rule(rule))(**make_rule(rule).options(), nadir=np.ones(m + 1))
        assert again.do(wider) == scaled[rule].do(F)


def test_a_rule_with_too_short_a_nadir_is_refused(energy, essay, study):
    F = study.cells[0].front.F
    with pytest.raises(SettingError, match="one per objective; got 3"):
        make_rule("max-cube").scaled_by(essay).do(F)
    with pytest.raises(SettingError, match=r"divides cost, time and joules by their budgets, and .* has no joules_max"):
        make_rule("max-cube").scaled_by(essay, ["joules"])
    without = energy.replace(scenarios={"s": essay})
    with pytest.raises(SettingError, match="has no joules_max"):
        mi.run_study(without, decisions=["max-cube"])
    left_out = str(mi.run_study(without).left_out["s"])
    assert left_out.endswith("must divide cost, time and joules by their budgets, and there is none for joules")
    assert len(mi.run_study(without, decisions=["accuracy-max", "knee-chord"]).choices) == 18


def test_the_solvers_agree_with_the_array_path(energy, study):
    through = mi.run_study(energy, decisions=list(RULES), solver=ExhaustiveSearch())
    own = study.choices[study.choices.violates == ""].reset_index(drop=True)
    own = own[own.decision.isin(list(RULES))].reset_index(drop=True)
    pd.testing.assert_frame_equal(through.choices, own[through.choices.columns])
    scenario = energy.scenarios["medical-ai"]
    problem = InferenceScalingProblem(energy.models["gpt-5-nano"], scenario)
    assert (problem.n_obj, problem.n_ieq_constr) == (4, 4)
    result = minimize(problem, nsga2(problem), ("n_eval", 128), seed=1)
    found = mi.Front.from_result(result)
    exact = study.front("medical-ai", "gpt-5-nano")
    assert set(found.k) <= set(exact.k)
    np.testing.assert_array_equal(result.opt.get("joules"), result.opt.get("F")[:, 2])
    across = ModelChoiceProblem(energy.models, scenario)
    front = mi.Front.from_result(minimize(across, ExhaustiveSearch()))
    np.testing.assert_array_equal(front.F, route(energy, "medical-ai").front.F)


def test_an_estimator_that_says_nothing_of_a_resource_is_refused(energy):
    class Plain:
        def estimate(self, model, k, *, parallel=None, latency=None):
            return mi.ClosedForm().estimate(model.replace(resources={}), k)

    problem = InferenceScalingProblem(energy.models["gpt-5"], energy.scenarios["medical-ai"], estimator=Plain())
    with pytest.raises(SettingError, match="must have cost, time, joules and accuracy"):
        problem.curve([1])


def test_the_front_across_models_is_what_comparing_pair_by_pair_leaves(energy):
    found = route(energy, "medical-ai")
    limits = [limit.value for limit in energy.scenarios["medical-ai"].limits()]
    rows = [
        row
        for curve in found.curves.values()
        for row in curve.F.tolist()
        if all(a <= b * (1 + 1e-9) for a, b in zip(row, limits, strict=False)) and 1 - row[-1] >= limits[-1] - 1e-9
    ]
    kept = [p for p in rows if not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in rows)]
    assert sorted(kept) == sorted(found.front.F.tolist())
    assert len(kept) > len(route(energy.without(["joules"]), "medical-ai").front)


def picked(choice):
    return None if choice is None or choice.k is None else (choice.model, choice.k)


def test_the_policy_answers_as_route_does(energy, tmp_path):
    found = route(energy, "essay-feedback")
    found.policy().save(tmp_path / "policy.json")
    policy = mi.Policy.load(tmp_path / "policy.json")
    assert policy.objectives == ("cost", "time", "joules", "error")
    random = np.random.default_rng(11)
    answered = 0
    for number in range(1000):
        budgets = {
            "c_max": float(np.exp(random.uniform(np.log(1e-3), np.log(2)))),
            "t_max": float(np.exp(random.uniform(0, np.log(4000)))),
            "a_min": float(random.uniform(0.85, 1)),
        }
        joules = float(np.exp(random.uniform(np.log(1e3), np.log(1e6))))
        rule = list(POLICY_RULES)[number % len(POLICY_RULES)]
        scenario = energy.scenarios["essay-feedback"].replace(**budgets, joules_max=joules)
        expected = decide(front_across(found.curves, scenario), rule)
        taken = policy.choose(**budgets, rule=rule, resources={"joules": joules})
        assert picked(taken) == picked(expected)
        if taken is not None:
            answered += 1
            assert taken.used == {"joules": expected.objectives[2]}
    assert 200 < answered < 1000
    with pytest.raises(
        SettingError, match="divides cost, time and joules by their budgets, so c_max, t_max and joules_max must"
    ):
        policy.choose(c_max=1.0, t_max=60.0, rule="max-cube")
    with pytest.raises(UnknownNameError, match="unknown resource 'water'"):
        policy.choose(resources={"water": 1.0})
    assert "resources" not in route(energy.without(["joules"]), "essay-feedback").policy().to_dict()


def fits(choice, budget, scenario):
    """Whether a choice meets a budget of the scenario as it was."""
    if budget == "a_min":
        return 1 - choice.objectives[-1] >= scenario.a_min - 1e-9
    most = {"c_max": scenario.c_max, "t_max": scenario.t_max, "joules_max": scenario.resources["joules"].max}[budget]
    return choice.objectives[("c_max", "t_max", "joules_max").index(budget)] <= most * (1 + 1e-9)


@pytest.mark.parametrize("rule", ["accuracy-max", "max-cube", "knee-chord"])
def test_what_if_holds_when_solved_again(energy, rule):
    for scenario_id, scenario in energy.scenarios.items():
        found = route(energy, scenario_id, rule)

        def solved(changes=None, factors=None, scenario=scenario):
            models = dict(energy.models)
            for key, factor in (factors or {}).items():
                models[key] = models[key].replace(
                    usd_per_million_input_tokens=models[key].usd_per_million_input_tokens * factor,
                    usd_per_million_output_tokens=models[key].usd_per_million_output_tokens * factor,
                    price_checked=True,
                )
            changed = scenario.replace(**(changes or {}))
            curves = mi.ClosedForm().estimate_many(list(models.values()), range(1, 129), scenarios=[changed])
            return decide(front_across(dict(zip(models, curves, strict=True)), changed), rule)

        flips, prices = relaxations(found), break_evens(found)
        assert all(set(flip.used_more) == {"joules"} for flip in [*flips, *prices])
        for flip in flips:
            sign = -1 if flip.what == "a_min" else 1
            column = 0 if flip.what == "a_min" else -1
            at, before = (solved({flip.what: flip.at * factor}) for factor in (1, 1 - sign * JUST))
            assert picked(at) == (flip.model, flip.k)
            assert at.objectives[column] < found.choice.objectives[column]
            # What is better just before the threshold is there already, and no reason to relax a budget.
            assert not fits(at, flip.what, scenario)
            assert not before.objectives[column] < found.choice.objectives[column] or fits(before, flip.what, scenario)
            more = at.objectives - found.choice.objectives
            assert [flip.usd_more, flip.seconds_more, flip.used_more["joules"], -flip.accuracy_more] == list(more)
        for flip in prices:
            if flip.what != "a_min":
                sign = 1 if flip.what == found.choice.model else -1
                at, before = (solved(factors={flip.what: flip.at * (1 + side * sign * JUST)}) for side in (1, -1))
                assert picked(at) == (None if flip.k is None else (flip.model, flip.k))
                assert picked(before) == picked(found.choice)
    if rule == "accuracy-max":
        assert "joules_max" in [flip.what for s in energy.scenarios for flip in relaxations(route(energy, s, rule))]


def rounded_front(rows):
    """The front as a set that rounding does not split: nine digits, nondominated."""
    points = {tuple(np.round(row, 9).tolist()) for row in rows}
    return {p for p in points if not any(q != p and all(a <= b for a, b in zip(q, p, strict=True)) for q in points)}


def test_the_merge_of_a_pipeline_is_the_front_of_all_its_choices(energy):
    ids = ("gpt-5-nano", "nemotron-h-47b")
    models = {key: energy.models[key] for key in ids}
    stages = [Stage("plan", models), Parallel((Stage("one", models), Stage("two", models)))]
    free = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0.0)
    curves = {key: mi.ClosedForm().estimate(model, range(1, 4)) for key, model in models.items()}
    rows = [
        (cost, time, joules, 1 - error) for curve in curves.values() for cost, time, joules, error in curve.F.tolist()
    ]
    whole = [
        (p[0] + a[0] + b[0], p[1] + max(a[1], b[1]), p[2] + a[2] + b[2], -p[3] * a[3] * b[3])
        for p, a, b in itertools.product(rows, rows, rows)
    ]
    for scenario in (free, free.replace(joules_max=8000, a_min=0.7)):
        most = scenario.resources["joules"].max if scenario.resources else np.inf
        allowed = [row for row in whole if row[2] <= most and -row[3] >= scenario.a_min]
        front = pipeline_front(stages, scenario, k_max=3)
        assert rounded_front([[*row[:3], row[3] - 1] for row in front.F.tolist()]) == rounded_front(allowed)
        assert front.resources == ("joules",)
        assert list(front.to_frame().columns[-1:]) == ["joules"]
        problem = PipelineProblem(Series(tuple(stages)), scenario, k_max=3)
        assert problem.n_obj == 4
        searched = minimize(problem, ExhaustiveSearch())
        assert rounded_front(searched.F) == rounded_front(front.F)
    assert "joules" in decide(front, "accuracy-max").reason
    nothing = pipeline_front(stages, free.replace(joules_max=1.0), k_max=3)
    assert "joules" in str(nothing.infeasibility)
    with pytest.raises(SettingError, match="same resources"):
        pipeline_front([Stage("a", models), Stage("b", {"x": energy.models["gpt-5"].replace(resources={})})], free)


def test_a_large_merge_with_four_objectives_drops_nothing(energy, monkeypatch):
    stages = [Stage(name, energy.models) for name in ("a", "b")]
    scenario = energy.scenarios["proposal-writing"]
    whole = pipeline_front(stages, scenario, k_max=16)
    monkeypatch.setattr("moo_inference.pipelines.merging._BLOCK", 50)
    np.testing.assert_array_equal(pipeline_front(stages, scenario, k_max=16).F, whole.F)


def test_assessments_look_at_the_resource_as_well(energy):
    model, scenario = energy.models["gpt-5-nano"], energy.scenarios["medical-ai"]
    found = assess(model, scenario, "knee-chord", replications=20)
    plain = assess(model.replace(resources={}), scenario.replace(resources={}), "knee-chord", replications=20)
    assert found.eoc_used["joules"] > 0
    assert found.to_dict()["eoc_joules"] == found.eoc_used["joules"]
    assert plain.eoc_used == {}
    study = mi.run_study(energy, models=["gpt-5-nano"], scenarios=["medical-ai"], estimator=mi.MonteCarlo(50), assess=5)
    assert study.choices.eoc_joules.notna().all()


def run(capsys, *words):
    status = run_app(app, list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def file(energy, tmp_path_factory):
    path = tmp_path_factory.mktemp("energy") / "energy.yaml"
    mi.save_catalog(energy, path)
    return str(path)


def test_the_command_line_shows_energy_and_leaves_it_out(file, capsys):
    status, out, _ = run(capsys, "solve", "--catalog", file, "-s", "medical-ai", "-f", "csv")
    frame = exact_csv(io.StringIO(out))
    assert status == 0
    assert frame.joules.max() <= 6e4 * (1 + 1e-9)
    _, out, _ = run(capsys, "solve", "--catalog", file, "-s", "medical-ai")
    assert "at most 60,000 joules" in out
    assert "cost, time and joules per query" in out
    _, plain, _ = run(capsys, "solve", "-f", "csv")
    assert run(capsys, "solve", "--catalog", file, "--without", "joules", "-f", "csv")[:2] == (0, plain)
    status, out, err = run(capsys, "solve", "--catalog", file, "--without", "jouls")
    assert (status, out) == (2, "")
    assert "did you mean 'joules'?" in err
    asked = ["route", "--catalog", file, "-s", "medical-ai", "-d", "accuracy-max", "--what-if", "-f", "json"]
    _, out, _ = run(capsys, *asked)
    record = json.loads(out)
    assert record["joules"] <= 6e4
    assert {"joules_more", "usd_more"} <= record["runner_up"].keys() & record["relaxations"][0].keys()
    status, out, _ = run(capsys, "compare", "--catalog", file, "-s", "medical-ai", "-m", "gpt-5-nano", "--seeds", "1")
    assert status == 0
    assert "nsga2" in out


def test_curves_joined_or_taken_keep_their_resources(energy):
    curve = mi.ClosedForm().estimate(energy.models["gpt-5"], [1, 2, 3])
    assert ScalingCurve.joined([curve, curve.take(np.array([1]))]).resources == ("joules",)
    with pytest.raises(ValueError, match="not in tuple"):
        curve.resource("water")


@pytest.mark.parametrize("rule", DEFAULT_RULES)
def test_the_choice_across_models_is_the_best_of_the_front(energy, rule):
    found = route(energy, "proposal-writing", rule)
    row = make_rule(rule).scaled_by(found.scenario).do(found.front.F)
    assert (found.front.models[row], found.front.k[row]) == picked(found.choice)
    assert "joules" in found._repr_html_() if hasattr(found, "_repr_html_") else "joules" in found.choice._repr_html_()
