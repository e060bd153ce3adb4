"""Studies of measured models: each as far as its samples tell, the same on every path, with what is to be said."""

import json
import warnings

import numpy as np
import pytest
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import COLUMNS, INTERVAL
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.records.replay import replay
from moo_inference.solvers import ExhaustiveSearch, nsga2

PASSES = {"input_tokens": [900, 1100, 1500], "output_tokens": [500, 2500, 4000], "seconds": [3.0, 11.0, 30.0]}
EIGHT = {"kind": "outcomes", "questions": {f"q{i}": f"{1 + i % 8}/8" for i in range(20)}}
FIVE = {
    "kind": "outcomes",
    "keep": "majority",
    "questions": {f"q{i}": f"{3 - i % 3}/{3 - i % 3} 0/{2 + i % 3}" for i in range(9)},
}
BETA = {"kind": "beta", "a": 1.4, "b": 0.9, "samples": 10, "covariance": [0.02, 0.01, 0.03]}


@pytest.fixture(scope="module")
def catalog(paper):
    gpt5 = paper.models["gpt-5"]
    models = {
        "normal": gpt5,
        "eight": gpt5.replace(name="Eight", accuracy=EIGHT),
        "five": gpt5.replace(name="Five", accuracy=FIVE, shared_prompt=True, prompt="per-query", latency="waves"),
        "beta": gpt5.replace(
            name="Distribution", accuracy=BETA, usd_per_million_cached_input_tokens=0.1, prompt="per-query"
        ),
    }
    loose = paper.scenarios["essay-feedback"].replace(a_min=0.3)
    tails = loose.replace(name="Tails", c_quantile=0.9, t_quantile=0.95)
    return mi.Catalog(models=models, scenarios={"loose": loose, "tails": tails})


@pytest.fixture(scope="module")
def resampled(catalog):
    models = {key: model.replace(passes=PASSES) if key != "beta" else model for key, model in catalog.models.items()}
    return catalog.replace(models=models)


@pytest.fixture(scope="module")
def study(catalog):
    return mi.run_study(catalog, k_max=16, baselines=["fixed-4", "accuracy-per-dollar"])


def same(one, other):
    """Whether two fronts are the same in every number, what is known of the accuracies included."""
    assert one.curve.table.tobytes() == other.curve.table.tobytes()
    assert one.F.tobytes() == other.F.tobytes()
    assert one.k.tolist() == other.k.tolist()
    np.testing.assert_array_equal(one.attainment, other.attainment)
    assert (one.curve.evidence is None) == (other.curve.evidence is None)
    if one.curve.evidence is not None:
        for name, values in vars(one.curve.evidence).items():
            np.testing.assert_array_equal(values, getattr(other.curve.evidence, name))


def test_each_model_is_looked_at_as_far_as_its_samples_tell(study, catalog):
    assert {key: int(curve.k[-1]) for key, curve in study.model_curves.items()} == {
        "normal": 16,
        "eight": 8,
        "five": 5,
        "beta": 16,
    }
    for key, curve in study.model_curves.items():
        alone = mi.ClosedForm().estimate(catalog.models[key], curve.k, scenarios=list(catalog.scenarios.values()))
        assert curve.table.tobytes() == alone.table.tobytes()


def test_tables_carry_the_interval_where_there_is_one(study):
    for frame in (study.choices, study.fronts, study.curves):
        measured = frame[frame["model"] != "normal"].dropna(subset=["k"])
        assert (measured[INTERVAL[0]] <= measured["accuracy"]).all()
        assert (measured["accuracy"] <= measured[INTERVAL[1]]).all()
        assert frame[frame["model"] == "normal"][list(INTERVAL)].isna().all(axis=None)
    assert mi.run_study(study.catalog, models=["normal"], k_max=4).choices.columns.isin(INTERVAL).sum() == 0


@pytest.mark.filterwarnings("ignore::moo_inference.errors.EnumerationWarning")
@pytest.mark.parametrize("solver", [ExhaustiveSearch(), nsga2], ids=["exhaustive", "nsga2"])
@pytest.mark.parametrize("kind", ["closed form", "empirical"])
def test_the_array_path_and_pymoo_agree_evidence_included(catalog, resampled, solver, kind):
    options = {"k_max": 12, "baselines": ["fixed-5"]}
    whole = resampled if kind == "empirical" else catalog
    estimator = mi.Empirical(trials=60) if kind == "empirical" else None
    arrays = mi.run_study(whole, estimator=estimator, **options)
    through = mi.run_study(whole, estimator=estimator, solver=solver, **options)
    for one, other in zip(arrays.cells, through.cells, strict=True):
        same(one.front, other.front)
        assert [choice.warnings for choice in one.choices] == [choice.warnings for choice in other.choices]
    assert arrays.to_csv() == through.to_csv()
    assert set(INTERVAL) <= set(arrays.choices.columns)


@pytest.mark.parametrize("key", ["eight", "beta", "normal"])
@pytest.mark.parametrize("estimator", [None, mi.MonteCarlo(trials=30), mi.Empirical(trials=30)], ids=str)
def test_a_problem_of_one_s_own_finds_the_front_of_the_curve(resampled, key, estimator):
    model, scenario = resampled.models[key], resampled.scenarios["tails"]
    problem = InferenceScalingProblem(model, scenario, estimator=estimator, k_max=8)
    # In three pieces, so that the evidence has to be put together again.
    for part in ([[3]], [[1], [8]]):
        problem.evaluate(np.array(part))
    found = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    curve = problem.estimator.estimate(model, range(1, 9), scenarios=[scenario])
    same(found, mi.Front.from_curve(curve, scenario))
    asked = problem.curve([8, 2, 8])
    assert asked.table.tobytes() == curve.table[[7, 1, 7]].tobytes()
    if curve.evidence is not None:
        np.testing.assert_array_equal(asked.evidence.ci_low, curve.evidence.ci_low[[7, 1, 7]])
        np.testing.assert_array_equal(asked.evidence.last, curve.evidence.last[[7, 1, 7]])
        np.testing.assert_array_equal(asked.evidence.extrapolated, curve.evidence.extrapolated[[7, 1, 7]])


def test_a_front_across_models_keeps_what_is_known_of_each(catalog):
    scenario = catalog.scenarios["loose"]
    models = {key: catalog.models[key] for key in ("normal", "eight", "beta")}
    problem = ModelChoiceProblem(models, scenario, k_max=8)
    found = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    curves = [mi.ClosedForm().estimate(model, range(1, 9), scenarios=[scenario]) for model in models.values()]
    names = [key for key in models for _ in range(8)]
    same(found, mi.Front.from_curve(mi.ScalingCurve.joined(curves), scenario, names))
    problem.evaluate(np.array([[1, 2]]))
    mixed = problem.estimates([[1, 2], [0, 3], [2, 8]]).evidence
    assert np.isnan(mixed.ci_low).tolist() == [False, True, False]
    assert mixed.ci_low[0] == curves[1].evidence.ci_low[1]


def test_problems_refuse_what_an_evaluation_does_not_tell(catalog):
    scenario = catalog.scenarios["loose"]
    words = "Eight: k_max must be at most 8, the samples per question of its evaluation, got 9"
    with pytest.raises(SettingError) as refused:
        InferenceScalingProblem(catalog.models["eight"], scenario, k_max=9)
    assert list(refused.value.errors) == [words]
    with pytest.raises(SettingError) as refused:
        ModelChoiceProblem(catalog.models, scenario, k_max=9)
    assert [message.split(":")[0] for message in refused.value.errors] == ["Eight", "Five"]
    assert len(InferenceScalingProblem(catalog.models["eight"], scenario, k_max=8).axes[0]) == 8
    with pytest.raises(SettingError, match=r"Five: its evaluation has 5 samples .* from 6 on"):
        mi.run_study(catalog, k_min=6, k_max=12)
    with pytest.raises(SettingError, match=r"fixed-6 .* five \(5\)"):
        mi.run_study(catalog, k_max=12, baselines=["fixed-6"])


def test_a_choice_where_samples_end_or_a_distribution_begins_says_so(study):
    warned = study.choices.set_index(["model", "decision"])["warning"].groupby(level=[0, 1]).first()
    frame = study.choices
    for _, row in frame[frame["model"] == "beta"].dropna(subset=["k"]).iterrows():
        assert ("extrapolated" in row["warning"]) == (row["k"] > 10)
    for _, row in frame[frame["model"] == "eight"].dropna(subset=["k"]).iterrows():
        assert ("nothing is known beyond k = 8" in row["warning"]) == (row["k"] == 8)
    assert "extrapolated" in warned["beta", "accuracy-max"]
    assert "nothing is known beyond k = 8" in warned["eight", "accuracy-max"]
    far = mi.run_study(study.catalog, models=["beta"], k_max=16, baselines=["fixed-16"]).choices
    assert far[far["decision"] == "fixed-16"]["warning"].str.contains("extrapolated").all()
    assert not study.choices[study.choices["model"] == "normal"]["warning"].str.contains("samples").any()


def test_progress_goes_on_to_the_end_where_models_have_different_limits(catalog, study):
    steps = []
    mi.run_study(catalog, k_max=16, progress=lambda *step: steps.append(step))
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]


def test_a_choice_on_measured_accuracy_can_be_assessed(catalog):
    noisy = mi.MonteCarlo(trials=30)
    study = mi.run_study(catalog, k_max=12, estimator=noisy, assess=3)
    assert set(study.choices["pgs"].dropna().between(0, 1)) == {True}
    found = mi.assess(
        catalog.models["eight"], catalog.scenarios["loose"], "accuracy-max", noisy, replications=3, k_max=12
    )
    assert (found.k, found.resamples, found.seeds) == (8, 3, 3)
    assert found.questions == len(catalog.models["eight"].accuracy.evaluation.names)
    exact = mi.run_study(catalog, k_max=12, assess=3)
    assert exact.choices["pgs"].notna().any()  # the questions are resampled
    assert {own.seeds for own in exact.assessments.values()} == {0}


def test_measured_passes_are_resampled(resampled):
    study = mi.run_study(resampled, k_max=8, assess=3)
    assert {own.passes for own in study.assessments.values()} != {0}
    assert study.confidence is study.assessments


def test_what_rests_on_measurements_is_assessed_when_it_is_looked_at(catalog):
    study = mi.run_study(catalog, k_max=8)
    assert study.assessments == {}
    assert "pgs" not in study.choices
    assert {own.resamples for own in study.confidence.values()} == {1000}
    asked = mi.run_study(catalog, k_max=8, assess=1000)
    assert {model for _, model, _ in study.confidence} == {"eight", "five", "beta"}
    for key, own in study.confidence.items():
        assert own.to_dict() == asked.assessments[key].to_dict()
    assert {own.resamples for (_, model, _), own in asked.assessments.items() if model == "normal"} == {0}


@pytest.mark.parametrize("kind", ["formulas", "resampling", "draws"])
def test_a_study_of_measured_models_comes_out_as_before(catalog, resampled, kind):
    estimator = {"formulas": None, "resampling": mi.Empirical(trials=40, seed=3), "draws": mi.MonteCarlo(trials=40)}[
        kind
    ]
    whole = resampled if kind == "resampling" else catalog
    study = mi.run_study(whole, k_max=12, estimator=estimator, baselines=["fixed-2"])
    again = replay(json.loads(json.dumps(study.settings)), study.records())
    assert again.changes == ()
    assert again.largest_difference == 0
    assert again.study.to_csv() == study.to_csv()
    dearer = json.loads(json.dumps(study.settings))
    dearer["catalog"]["models"]["five"]["usd_per_million_output_tokens"] = 11.0
    assert replay(dearer, study.records()).changes


def test_without_an_estimator_passes_are_resampled(resampled):
    study = mi.run_study(resampled, models=["eight", "beta"], k_max=4)
    assert study.settings["estimator"] == mi.Empirical().settings()
    alone = mi.Empirical().estimate(resampled.models["eight"], range(1, 5))
    assert study.model_curves["eight"].table.tobytes() == alone.table.tobytes()


def test_files_of_a_study_of_measured_models(study, tmp_path):
    study.save(tmp_path)
    header = (tmp_path / "curves.csv").read_text().splitlines()[0].split(",")
    assert header == ["model", "k", *COLUMNS, *INTERVAL, "keep"]
    written = json.loads((tmp_path / "settings.json").read_text())
    assert written == {"run": "study", **json.loads(json.dumps(study.settings))}
    rows = json.loads((tmp_path / "choices.json").read_text())
    assert {row["model"]: row[INTERVAL[0]] is None for row in rows if row["k"]}["normal"] is True


@pytest.mark.parametrize("kind", ["formulas", "resampling"])
def test_report_and_notebook_views_draw_measured_models(study, resampled, kind, tmp_path):
    from moo_inference.views.report.report import write_report

    shown = study if kind == "formulas" else mi.run_study(resampled, k_max=9, estimator=mi.Empirical(trials=50))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_report(shown, tmp_path / "report.html")
        assert "Eight" in (tmp_path / "report.html").read_text()
        assert "samples" in shown._repr_html_()
