import json
from copy import deepcopy

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.errors import SettingError
from moo_inference.pareto.front import Front
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Stage, plan_of
from moo_inference.problems import PipelineProblem
from moo_inference.records.diff import difference
from moo_inference.records.gate import verdicts
from moo_inference.records.replay import replay
from moo_inference.solvers import ExhaustiveSearch
from moo_inference.studies.comparison import catalog_problems, compare_solvers
from moo_inference.views import comparison_tables
from moo_inference.views.changes import failure_text, replay_lines
from moo_inference.views.junit import to_junit
from moo_inference.views.study_tables import study_tables

RULES = ["accuracy-max", "knee-chord"]


@pytest.fixture(scope="module")
def catalog():
    return mi.load_catalog(ROOT / "examples" / "pipeline.yaml")


@pytest.fixture(scope="module")
def study(catalog):
    return mi.run_study(catalog, decisions=RULES, k_max=16)


def recorded(study):
    return json.loads(json.dumps(study.settings)), json.loads(study.to_json())


def test_a_study_has_the_fronts_and_choices_of_its_pipelines(catalog, study):
    scenario = catalog.scenarios["coding"]
    assert [(cell.scenario, cell.pipeline) for cell in study.pipeline_cells] == [
        ("coding", "plan-solve-verify"),
        ("coding", "two-halves"),
    ]
    for cell in study.pipeline_cells:
        plan = plan_of(catalog.pipelines[cell.pipeline], catalog.models)
        front = pipeline_front(plan, scenario, k_max=16)
        assert cell.front.F.tolist() == front.F.tolist()
        rows = study.pipelines[study.pipelines["pipeline"] == cell.pipeline].to_dict(orient="records")
        for row, rule in zip(rows, RULES, strict=True):
            choice = decide(front, rule)
            assert (row["decision"], row["status"], row["stages"]) == (rule, "ok", front.describe(choice.row))
            assert [row["cost"], row["time"], 1 - row["accuracy"]] == pytest.approx(choice.objectives.tolist())
        assert (study.pipeline_fronts["pipeline"] == cell.pipeline).sum() == len(front)


def test_models_are_answered_as_without_pipelines(catalog, study):
    alone = mi.run_study(catalog, pipelines=[], decisions=RULES, k_max=16)
    assert alone.to_csv() == study.to_csv()
    assert json.loads(alone.to_json()) == [row for row in json.loads(study.to_json()) if "model" in row]
    assert "pipelines" not in alone.settings["catalog"]
    assert len(alone.pipelines) == 0


def test_a_solver_finds_a_pipeline_s_front_through_minimize(catalog, study):
    found = mi.run_study(catalog, decisions=RULES, k_max=16, pipelines=["plan-solve-verify"], solver=ExhaustiveSearch())
    assert found.pipeline_cells[0].front.F.tolist() == study.pipeline_cells[0].front.F.tolist()


def test_what_means_cannot_answer_is_refused_alone(catalog):
    strict = catalog.scenarios["coding"].replace(t_quantile=0.95)
    both = catalog.replace(scenarios={"strict": strict, **catalog.scenarios})
    found = mi.run_study(both, decisions=RULES, k_max=16)
    assert (found.choices["status"] == "ok").all()
    assert found.pipelines["status"].tolist() == ["refused"] * 4 + ["ok"] * 4
    assert found.pipelines["warning"][0].startswith("budgets of a pipeline must be for means")
    assert found.pipelines["stages"].isna().tolist() == [True] * 4 + [False] * 4
    tables = [table for table in study_tables(found) if "(strict)" in table.title and "(two-halves)" in table.title]
    assert "must be for means" in tables[0].notes[0]


def test_a_grid_that_a_stage_cannot_have_is_refused_alone(catalog):
    found = mi.run_study(catalog, decisions=RULES, k_min=6, k_max=16, models=list(catalog.models))
    assert set(found.pipelines["status"]) == {"refused"}
    assert "plan: k_min <= k_max must hold, got k_min=6, k_max=4" in found.pipelines["warning"][0]


def test_infeasible_pipelines_say_what_would_do(catalog):
    tight = catalog.replace(scenarios={"tight": catalog.scenarios["coding"].replace(t_max=8)})
    found = mi.run_study(tight, decisions=RULES, k_max=16)
    assert set(found.pipelines["status"]) == {"infeasible"}
    assert found.pipelines["warning"].str.startswith("no choice meets all budgets; closest is plan large").all()


def test_a_knee_that_moves_with_k_max_says_so(gpt5):
    anything = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0)
    stages = [Stage("plan", {"m": gpt5}, k_max=1), Stage("solve", {"m": gpt5})]
    front = pipeline_front(stages, anything, k_max=12)
    assert front.reaches_k_max == ("solve k = 12",)
    assert decide(front, "knee-chord").warnings == (
        "this knee moves with k_max: no budget ends the front at solve k = 12",
    )
    assert decide(front, "accuracy-max").warnings == (
        "this choice moves with k_max: no budget ends the front at solve k = 12",
    )
    assert decide(front, "cheapest").warnings == ()
    # It does move; and where a budget ends the front, neither does it nor is it said.
    assert decide(pipeline_front(stages, anything, k_max=24), "knee-chord").stages != decide(front, "knee-chord").stages
    ended = anything.replace(c_max=float(front.F[6, 0]))
    knees = [decide(pipeline_front(stages, ended, k_max=k), "knee-chord") for k in (12, 24)]
    assert [knee.warnings for knee in knees] == [(), ()]
    assert knees[0].stages == knees[1].stages


def test_an_accuracy_beyond_the_samples_says_so(catalog):
    models = {
        key: model.replace(accuracy={"kind": "beta", "a": 2.0, "b": 0.5, "samples": 3})
        for key, model in catalog.models.items()
    }
    plan = plan_of(catalog.pipelines["plan-solve-verify"], models)
    scenario = catalog.scenarios["coding"]
    merged = pipeline_front(plan, scenario, k_max=8)
    from pymoo.optimize import minimize

    problem = PipelineProblem(plan, scenario, k_max=8)
    searched = Front.from_result(minimize(problem, ExhaustiveSearch()))
    for front in (merged, searched):
        choice = decide(front, "accuracy-max")
        beyond = [stage for stage, (_, k) in choice.stages.items() if k > 3]
        assert beyond
        *extrapolated, moves = choice.warnings
        assert [warning.split(":")[0] for warning in extrapolated] == beyond
        assert all("extrapolated beyond the samples" in warning for warning in extrapolated)
        assert moves.startswith("this choice moves with k_max: no budget ends the front at ")
    for one, other in zip(merged.evidence, searched.evidence, strict=True):
        assert np.array_equal(one.extrapolated, other.extrapolated)


def test_replay_covers_pipelines(study):
    settings, _ = recorded(study)
    choices = study.records()
    assert replay(settings, choices).changes == ()
    assert replay_lines(replay(settings, choices))[0].startswith("nothing changed: 10 choices")
    settings["catalog"]["pipelines"]["two-halves"]["stages"][0]["k_max"] = 2
    [change, *_] = replay(settings, choices).changes
    assert change.key == ("coding", "pipeline two-halves", "accuracy-max")
    assert change.fields[0].field == "stages"
    assert change.fields[0].before.startswith("plan large with k = 4")


def test_check_covers_pipelines(catalog, study):
    before = study.records()
    assert not any(verdict.causes for verdict in verdicts(study, before, ["changed", "infeasible", "unsure"]))
    tight = catalog.replace(scenarios={"coding": catalog.scenarios["coding"].replace(c_max=0.001)})
    after = mi.run_study(tight, decisions=RULES, k_max=16)
    found = verdicts(after, before, ["changed", "infeasible"])
    failed = {v.model: {cause: failure_text(v, cause) for cause in v.causes} for v in found if v.decision == RULES[0]}
    assert failed["pipeline two-halves"]["changed"].startswith("was plan large with k = 4, ")
    assert failed["pipeline two-halves"]["changed"].endswith("is infeasible")
    assert failed["pipeline two-halves"]["infeasible"].startswith("no choice meets all budgets")
    assert "coding.pipeline two-halves" in to_junit(verdicts(after, before, ["changed"]), ["changed"])
    without = verdicts(mi.run_study(catalog, pipelines=[], decisions=RULES, k_max=16), before, ["changed"])
    assert sum(verdict.causes == ("changed",) and verdict.after is None for verdict in without) == 4


def test_diff_names_the_pipeline_that_made_the_difference(study, catalog):
    first, _ = recorded(study)
    second = deepcopy(first)
    second["catalog"]["pipelines"]["two-halves"]["stages"][0]["k_max"] = 2
    found = difference(first, second)
    assert [change.place for change in found.inputs] == ["catalog.pipelines.two-halves.stages"]
    assert found.choices == found.inputs[0].effects
    assert found.unexplained == ()
    none = deepcopy(first)
    del none["catalog"]["pipelines"]
    added = difference(none, first)
    assert [change.place for change in added.inputs] == [
        "catalog.pipelines.plan-solve-verify",
        "catalog.pipelines.two-halves",
    ]
    assert sum(change.before is None for change in added.choices) == 4
    assert added.unexplained == ()


def test_compare_sets_the_merge_beside_nsga2(catalog):
    problems = catalog_problems(catalog, pipelines=["plan-solve-verify"], k_max=8)
    assert list(problems) == ["coding/pipeline plan-solve-verify"]
    comparison = compare_solvers(problems, seeds=range(2), evaluations=1500, decisions=RULES)
    runs = comparison.runs
    assert runs["solver"].tolist() == ["merge", "nsga2", "nsga2"]
    exact = runs.iloc[0]
    assert (exact["found"], exact["hypervolume"], exact["igd_plus"]) == (1, 1, 0)
    assert (runs["hypervolume"] <= 1 + 1e-12).all()
    assert (runs["hypervolume"][1:] > 0.9).all()
    assert runs["evaluations"].tolist()[1:] == [1500, 1500]
    assert runs["same_accuracy-max"][0]
    assert "merge" in comparison_tables(comparison)[0].rows[0][0]


def test_compare_does_not_mix_models_and_pipelines(catalog):
    problems = catalog_problems(catalog, k_max=16)
    assert len(problems) == 3 + 2
    comparison = compare_solvers(problems, ["exhaustive", "nsga2"], [1], evaluations=200, decisions=RULES)
    assert comparison.summary[["of", "solver"]].to_numpy().tolist() == [
        ["models", "exhaustive"],
        ["models", "nsga2"],
        ["pipelines", "merge"],
        ["pipelines", "nsga2"],
    ]
    assert len(comparison_tables(comparison)) == 4
    strict = catalog.replace(scenarios={"s": catalog.scenarios["coding"].replace(t_quantile=0.9)})
    assert len(catalog_problems(strict, k_max=8)) == 3
    with pytest.raises(SettingError, match="must be for means"):
        catalog_problems(strict, pipelines=["two-halves"])
