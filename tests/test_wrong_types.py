"""A single name stands for a list of it, a path for a catalog, and any other wrong type is refused as our own."""

import pytest

import moo_inference as mi
from moo_inference.catalog import with_quantiles
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.studies.assessment import assess_many
from moo_inference.studies.comparison import catalog_problems, compare_solvers
from moo_inference.studies.route import route

K = {"k_max": 4}


def test_one_name_stands_for_a_list_of_it(paper):
    names = {"models": "gpt-5", "scenarios": "medical-ai", "decisions": "knee-chord", "baselines": "cost-only"}
    alone = mi.run_study(paper, **names, **K)
    assert alone.to_csv() == mi.run_study(paper, **{what: [name] for what, name in names.items()}, **K).to_csv()
    assert list(paper.select("gpt-5-nano", "medical-ai").models) == ["gpt-5-nano"]
    problems = catalog_problems(paper, models="gpt-5", scenarios="medical-ai", k_max=8)
    runs = compare_solvers(problems, "exhaustive", [1], decisions="accuracy-max").runs
    assert list(runs["solver"]) == ["exhaustive"]
    assert "same_accuracy-max" in runs
    models, scenarios = paper.select("gpt-5").models, paper.select(None, "medical-ai").scenarios
    found = assess_many(models, scenarios, "accuracy-max", mi.MonteCarlo(10), replications=2, **K)
    assert [rule for *_, rule in found] == ["accuracy-max"]


def test_a_path_stands_for_a_catalog(paper, tmp_path):
    mi.save_catalog(paper.select("gpt-5"), tmp_path / "catalog.yaml")
    whole = mi.run_study(paper.select("gpt-5"), **K).to_csv()
    assert mi.run_study(tmp_path / "catalog.yaml", **K).to_csv() == whole
    assert mi.run_study(str(tmp_path / "catalog.yaml"), **K).to_csv() == whole
    assert route(tmp_path / "catalog.yaml", "essay-feedback", **K).choice.model == "gpt-5"


WRONG = {
    "run_study catalog": lambda paper: mi.run_study(5),
    "run_study catalog as mapping": lambda paper: mi.run_study({"models": {}}),
    "run_study models": lambda paper: mi.run_study(paper, models=5),
    "run_study model": lambda paper: mi.run_study(paper, models=[5]),
    "run_study decisions": lambda paper: mi.run_study(paper, decisions=5),
    "run_study decision": lambda paper: mi.run_study(paper, decisions=[None]),
    "run_study baselines": lambda paper: mi.run_study(paper, baselines=[5], **K),
    "run_study estimator": lambda paper: mi.run_study(paper, estimator="closed-form", **K),
    "run_study solver": lambda paper: mi.run_study(paper, solver="nsga2", **K),
    "run_study k_max": lambda paper: mi.run_study(paper, k_max="8"),
    "route scenario": lambda paper: route(paper, ["medical-ai"]),
    "route rules": lambda paper: route(paper, "medical-ai", ["knee-chord"], **K),
    "route estimator": lambda paper: route(paper, "medical-ai", estimator=5, **K),
    "compare seeds": lambda paper: compare_solvers(catalog_problems(paper, models="gpt-5", k_max=4), seeds=5),
    "assess model": lambda paper: mi.assess("gpt-5", paper.scenarios["medical-ai"], "knee-chord"),
    "load_catalog": lambda paper: mi.load_catalog(5),
    "save_catalog": lambda paper: mi.save_catalog(5, "nowhere.yaml"),
    "without": lambda paper: paper.without("joules"),
    "with_quantiles": lambda paper: with_quantiles(paper, t_quantile="0.9"),
    "Policy.load": lambda paper: mi.Policy.load(5.5),
    "Front curve": lambda paper: mi.Front.from_curve(5, paper.scenarios["medical-ai"]),
    "Front scenario": lambda paper: mi.Front.from_curve(mi.ClosedForm().estimate(paper.models["gpt-5"], [1]), "s"),
    "problem model": lambda paper: InferenceScalingProblem("gpt-5", paper.scenarios["medical-ai"]),
    "problem scenario": lambda paper: InferenceScalingProblem(paper.models["gpt-5"], "medical-ai"),
    "problem models": lambda paper: ModelChoiceProblem("gpt-5", paper.scenarios["medical-ai"]),
    "estimate": lambda paper: mi.ClosedForm().estimate("gpt-5", [1]),
}


@pytest.mark.parametrize("entry", WRONG)
def test_a_wrong_type_is_refused_as_our_own(paper, entry):
    with pytest.raises(MooInferenceError) as refused:
        WRONG[entry](paper)
    assert all(message and "\n" not in message for message in refused.value.errors)


def test_what_is_made_in_a_program_tells_all_its_errors_in_its_units():
    with pytest.raises(SettingError) as refused:
        mi.Scenario(name="S", c_max=-1, t_max="5", a_min=3)
    assert refused.value.errors == (
        "Scenario.c_max (USD per query): must be greater than 0, got -1",
        "Scenario.t_max (seconds per query): must be a valid number, got '5'",
        "Scenario.a_min: must be less than or equal to 1, got 3",
    )
    with pytest.raises(SettingError) as refused:
        mi.Model(name="M", usd_per_million_input_tokens=-1)
    assert "Model.usd_per_million_input_tokens: must be greater than or equal to 0, got -1" in refused.value.errors
    assert "Model.accuracy: must be given" in refused.value.errors
