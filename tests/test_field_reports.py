"""What users of neighbouring tools reported, and what is right here. Each test names the thread."""

import json
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from pymoo.algorithms.moo.nsga2 import RankAndCrowdingSurvival
from pymoo.core.mixed import MixedVariableGA
from pymoo.core.problem import ElementwiseProblem
from pymoo.core.variable import Choice as ChoiceVariable
from pymoo.core.variable import Integer
from pymoo.optimize import minimize
from pymoo.parallelization import JoblibParallelization

import moo_inference as mi
from moo_inference.decision import KneePoint, decide
from moo_inference.errors import CatalogError, NonFiniteWarning, ReaderError, SettingError
from moo_inference.estimators import ClosedForm, Empirical, Estimator, MonteCarlo, ScalingCurve
from moo_inference.fitting import Given, fit_model
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.readers import (
    read_guidellm,
    read_humaneval,
    read_litellm_prices,
    read_openrouter_prices,
)
from moo_inference.solvers import SEARCHES, ExhaustiveSearch, nsga2, nsga3


@dataclass(frozen=True)
class Holed(Estimator):
    """Monte Carlo, but with an estimate that is not finite at some k, and a note of what was asked."""

    holes: tuple[int, ...] = ()
    value: float = float("nan")
    asked: tuple[list, ...] = ()

    def estimate_many(self, models, k, **options):
        curves = mi.MonteCarlo(trials=30).estimate_many(models, k, **{**options, "scenarios": ()})
        for log in self.asked:
            log.extend((id(model), int(value)) for model in models for value in k)
        return [self._with_holes(curve) for curve in curves]

    def _with_holes(self, curve):
        table, error = curve.table.copy(), curve.error.copy()
        hole = np.isin(curve.k, self.holes)
        table[hole, 10], error[hole] = self.value, self.value
        return ScalingCurve.from_table(curve.k, table, error)

    def settings(self):
        return {"estimator": "Holed"}


@pytest.fixture
def cell(paper):
    return paper.models["gpt-5"], paper.scenarios["essay-feedback"]


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_no_fraction_of_a_pass_is_priced(cell, search):
    """516, 115: operators for reals, and vtype=int that changes nothing, price k = 3.7."""
    asked = []
    problem = InferenceScalingProblem(*cell, estimator=Holed(asked=(asked,)), k_max=40)
    minimize(problem, search(problem, pop_size=8, n_gen=5))
    assert asked
    assert all(isinstance(k, int) and 1 <= k <= 40 for _, k in asked)


def test_what_is_returned_is_what_was_priced(cell):
    """335: rounding inside the evaluation leaves X unrounded."""
    problem = InferenceScalingProblem(*cell, k_max=64, k_step=8)
    result = minimize(problem, nsga2(problem, pop_size=3, n_gen=6))
    assert (problem.evaluate(result.X)[0] == result.F).all()
    assert set(result.X[:, 0].tolist()) <= set(range(8, 65, 8))


def test_names_of_models_are_whole_and_plain(paper):
    """368, 464: names cut to the length of the first, or numpy's strings that JSON refuses."""
    names = ["g", "gpt-5-mini", "nvidia-nemotron-nano-9b-v2-with-a-long-name"]
    models = dict(zip(names, paper.models.values(), strict=False))
    problem = ModelChoiceProblem(models, paper.scenarios["essay-feedback"], k_max=20)
    front = mi.Front.from_result(minimize(problem, nsga2(problem, pop_size=10)))
    assert set(json.loads(json.dumps(front.models))) <= set(names)
    study = mi.run_study(mi.Catalog(models=models, scenarios=paper.scenarios), k_max=20)
    assert {record["model"] for record in json.loads(study.to_json())} == set(names)


def test_a_mixed_search_needs_a_survival_for_several_objectives(paper):
    """464: MixedVariableGA has a survival for one objective. Ours are searches for several, on the same problem."""
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano")}
    ours = ModelChoiceProblem(models, paper.scenarios["essay-feedback"], k_max=12)

    class Mixed(ElementwiseProblem):
        def __init__(self):
            variables = {"model": ChoiceVariable(options=list(models)), "k": Integer(bounds=(1, 12))}
            super().__init__(vars=variables, n_obj=3, n_ieq_constr=3)

        def _evaluate(self, x, out, *args, **kwargs):
            out["F"], out["G"] = ours.evaluate(np.array([list(models).index(x["model"]), int(x["k"])]))

    mixed = MixedVariableGA(pop_size=24, survival=RankAndCrowdingSurvival())
    theirs = minimize(Mixed(), mixed, ("n_gen", 30), seed=1)
    exact = mi.Front.from_result(minimize(ours, ExhaustiveSearch()))
    assert {tuple(F) for F in theirs.F.tolist()} <= {tuple(F) for F in exact.F.tolist()}
    found = mi.Front.from_result(minimize(ours, nsga2(ours, pop_size=6, n_gen=10)))
    assert found.F.tolist() == exact.F.tolist()


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
@pytest.mark.filterwarnings("ignore::moo_inference.errors.EnumerationWarning")
def test_a_grid_smaller_than_the_population_ends(cell, search):
    """103: the population shrinks, or the search hangs."""
    problem = InferenceScalingProblem(*cell, k_max=3)
    result = minimize(problem, search(problem, pop_size=100, n_gen=30))
    assert result.algorithm.evaluator.n_eval == 3


def test_no_point_is_estimated_twice(paper):
    """608, and optuna 2021: points come back in later generations and are evaluated again."""
    asked = []
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano", "qwen3-max")}
    problem = ModelChoiceProblem(models, paper.scenarios["medical-ai"], estimator=Holed(asked=(asked,)), k_max=8)
    for seed in (1, 2, 3):
        minimize(problem, nsga2(problem, pop_size=6, n_gen=10, seed=seed))
    assert len(asked) == len(set(asked)) <= 24


def test_nothing_feasible_has_a_reason_and_a_status(cell, tmp_path, paper):
    """643, 129, 702, and optuna 6242: None, or an empty list, without a word."""
    model, scenario = cell
    tight = scenario.replace(c_max=0.005)
    result = minimize(InferenceScalingProblem(model, tight), ExhaustiveSearch())
    assert result.X is None
    front = mi.Front.from_result(result)
    assert front.infeasibility.k == 1
    assert [shortfall.budget for shortfall in front.infeasibility.shortfalls if shortfall.broken] == ["c_max"]
    assert decide(front, "max-cube").status == "infeasible"
    mi.save_catalog(mi.Catalog(models={"m": model}, scenarios={"s": tight}), tmp_path / "c.yaml")
    command = [Path(sys.executable).parent / "moo-inference", "solve", "--catalog", tmp_path / "c.yaml"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 3


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["exhaustive", *SEARCHES])
def test_a_point_without_an_estimate_is_left_out_and_the_rest_is_exact(cell, name, value):
    """474, 597: one failed evaluation corrupts the sort."""
    problem = InferenceScalingProblem(*cell, estimator=Holed(holes=(4, 7), value=value), k_max=30)
    algorithm = ExhaustiveSearch() if name == "exhaustive" else SEARCHES[name](problem, pop_size=7, n_gen=10)
    result = minimize(problem, algorithm)
    assert np.isfinite(result.F).all()
    with pytest.warns(NonFiniteWarning, match="left out, since the estimate is not finite: k = 4, k = 7"):
        front = mi.Front.from_result(result)
    whole = mi.MonteCarlo(trials=30).estimate(cell[0], [k for k in range(1, 31) if k not in (4, 7)])
    assert front.k.tolist() == mi.Front.from_curve(whole, cell[1]).k.tolist()


def test_no_estimate_at_all_is_infeasible_with_a_reason(cell):
    problem = InferenceScalingProblem(*cell, estimator=Holed(holes=(1, 2, 3)), k_max=3)
    with pytest.warns(NonFiniteWarning):
        front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert str(front.infeasibility) == "no k has a finite estimate"


def test_nan_in_a_file_is_refused_with_its_key(tmp_path, paper):
    """191: NaN travels into the candidates."""
    mi.save_catalog(paper, tmp_path / "c.yaml")
    text = (
        (tmp_path / "c.yaml")
        .read_text()
        .replace("usd_per_million_output_tokens: 10.0", "usd_per_million_output_tokens: .nan")
    )
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(CatalogError, match=r"gpt-5\.usd_per_million_output_tokens: must be a finite number"):
        mi.load_catalog(tmp_path / "c.yaml")


def test_nsga3_is_the_same_for_the_same_seed_with_infeasible_points(cell):
    """794, 638, 282: the seed is lost on the way where points are infeasible."""
    problem = InferenceScalingProblem(*cell, k_max=128)
    runs = [minimize(problem, nsga3(problem, pop_size=10), ("n_gen", 6), seed=1) for _ in range(2)]
    assert (runs[0].pop.get("CV") > 0).any() or (runs[0].archive.get("CV") > 0).any()
    assert runs[0].archive.get("X").tolist() == runs[1].archive.get("X").tolist()


def test_workers_do_not_share_their_luck(cell):
    """neighpy 7, pints 1358: parallel workers share one generator's state."""
    model, _ = cell
    alone = [mi.MonteCarlo(draws="independent").estimate(model, [k]).table for k in (3, 9, 27)]
    together = mi.MonteCarlo(draws="independent").estimate(model, [3, 9, 27]).table
    assert (np.concatenate(alone) == together).all()
    assert len({row.tobytes() for row in together}) == 3


def test_problems_pickle_and_results_are_plain(cell, paper):
    """313, 348, 425, 590: a problem that holds a lambda or a pool cannot travel."""
    for problem in (
        InferenceScalingProblem(*cell),
        ModelChoiceProblem(paper.models, cell[1]),
    ):
        assert pickle.loads(pickle.dumps(problem)).n_var == problem.n_var
    json.loads(mi.run_study(paper, models=["gpt-5"]).to_json())


def test_workers_for_a_cheap_problem_end(cell):
    """374, 610: processes for a cheap evaluation get stuck. By default there are none."""
    problem = InferenceScalingProblem(*cell, k_max=16)
    start = time.monotonic()
    minimize(problem, ExhaustiveSearch())
    assert type(problem.elementwise_runner).__name__ == "LoopedElementwiseEvaluation"
    problem.elementwise_runner = JoblibParallelization(n_jobs=2)
    minimize(problem, ExhaustiveSearch())
    assert time.monotonic() - start < 60  # it ends; how fast is for benchmarks/


def test_the_most_accurate_k_is_on_the_front(cell):
    """387: a maximised objective with the wrong sign leaves k = 1 alone."""
    problem = InferenceScalingProblem(*cell, k_max=8)
    assert minimize(problem, ExhaustiveSearch()).X[:, 0].tolist() == list(range(1, 9))


def test_the_knee_does_not_ask_for_sorted_input():
    """kneed 158: coverage given from k = 64 down to 1 has no knee."""
    k = np.array([64, 32, 16, 8, 4, 2, 1.0])
    F = np.column_stack([0.01 * k, 0.02 * k, 0.5 / k])
    down, up = KneePoint("chord").do(F), KneePoint("chord").do(F[::-1])
    assert down is not None
    assert (F[down] == F[::-1][up]).all()


@pytest.mark.parametrize(
    ("accuracy", "words"),
    [
        ([0.5], "the front has 1 row, and knee-chord needs three"),
        ([0.5, 0.8], "the front has 2 rows, and knee-chord needs three"),
        ([0.7, 0.7, 0.7], "the front has 1 row"),
        ([0.5, 0.6, 0.7, 0.8], "singles no row out"),
        ([0.5, 0.8, 0.85], None),
        ([0.85, 0.5, 0.8], None),
    ],
)
def test_no_knee_has_a_reason(accuracy, words):
    """kneed 65, 149: an IndexError, later None, without a word; and three points are enough."""
    k = np.arange(1, len(accuracy) + 1)
    if accuracy == [0.85, 0.5, 0.8]:
        k = np.array([3, 1, 2])
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = 0.125 * k, 0.25 * k, accuracy
    curve = ScalingCurve.from_table(k, table, 1 - np.array(accuracy))
    choice = decide(mi.Front.from_curve(curve, mi.Scenario(name="S", c_max=9, t_max=9, a_min=0)), "knee-chord")
    if words is None:
        assert choice.k == 2
    else:
        assert choice.status == "no-knee"
        assert words in choice.reason


def test_a_knee_of_nan_is_refused_and_not_guessed():
    """kneed 149: None for NaN."""
    with pytest.raises(ValueError, match="finite"):
        KneePoint("chord").do(np.array([[1, 1, np.nan], [2, 2, 0.3], [3, 3, 0.1]]))


DATA = ROOT / "tests" / "data"
NO_LENGTHS = {"input_tokens": None, "output_tokens": None}
TOLD = Given(1.0, 1.0, (1_000.0, 0.0), (100.0, 0.0), (2.0, 0.0), (0.5, 0.1))


def counted(gpt5, questions):
    return gpt5.replace(accuracy={"kind": "outcomes", "keep": "oracle", "questions": questions})


def studied(model, essay, **options):
    catalog = mi.Catalog(models={"m": model}, scenarios={"s": essay.replace(c_max=100, t_max=10_000, a_min=0)})
    return mi.run_study(catalog, decisions=["accuracy-max"], **options)


def test_pass_at_k_beyond_the_samples_is_omitted_and_never_one(gpt5, essay):
    """https://github.com/openai/human-eval/issues/35, https://github.com/nuprl/MultiPL-E/issues/40

    With c = 0 and n < k the usual code gives 1.0: (2, 0, 5) and (99, 0, 100).
    """
    model = counted(gpt5, {"never": "0/5", "once": "1/5", "always": "7/7"})
    study = studied(model, essay, k_max=10)
    assert study.curves["k"].tolist() == [1, 2, 3, 4, 5]
    assert study.curves["accuracy"].tolist() == pytest.approx([(0 + k / 5 + 1) / 3 for k in range(1, 6)])
    (row,) = study.choices.to_dict("records")
    assert (row["k"], row["accuracy"]) == (5, pytest.approx(2 / 3))
    assert "nothing is known beyond k = 5" in row["warning"]
    for refused in (
        lambda: studied(model, essay, k_min=10, k_max=20),
        lambda: ClosedForm().estimate(model, [10]),
        lambda: InferenceScalingProblem(model, essay, k_max=10),
        lambda: ModelChoiceProblem({"m": model}, essay, k_max=10),
    ):
        with pytest.raises(SettingError, match=r"\b5\b"):
            refused()
    for n, k in ((2, 5), (99, 100)):
        with pytest.raises(SettingError, match=f"{n}"):
            ClosedForm().estimate(counted(gpt5, {"never": f"0/{n}"}), [k])
        assert ClosedForm().estimate(counted(gpt5, {"never": f"0/{n}"}), [n]).F[0, 2] == 1.0


def test_problems_are_not_samples_in_a_study(gpt5, essay, tmp_path):
    """https://github.com/paiml/aprender/pull/2118

    164 problems with one sample each, 50 of which pass, taken for 164 samples of one problem: 97.7 % at k = 10.
    """
    path = tmp_path / "results.jsonl"
    path.write_text("\n".join(json.dumps({"task_id": f"HumanEval/{i}", "passed": i < 50}) for i in range(164)))
    found = fit_model("m", outcomes=read_humaneval(path), given=replace(TOLD, accuracy=None))
    assert found.model.k_limit == 1
    assert any("so nothing is known of k beyond 1" in note for note in found.notes)
    assert found.audit.k.tolist() == [1]
    study = studied(found.model, essay, k_max=10)
    assert study.curves["k"].tolist() == [1]
    assert study.curves["accuracy"].tolist() == pytest.approx([50 / 164])
    # A control: as samples of one problem it is the number of the report.
    pooled = counted(gpt5, {"all": "50/164"})
    assert 1 - ClosedForm().estimate(pooled, [10]).F[0, 2] == pytest.approx(0.977, abs=5e-4)


def test_one_of_many_samples_that_passes_is_not_all_of_them(gpt5, essay):
    """https://github.com/confident-ai/deepeval/pull/2967: `if score:` turns pass@k into pass@n."""
    study = studied(counted(gpt5, {"q": "1/200"}), essay, k_max=200)
    assert study.curves["accuracy"].tolist() == pytest.approx([k / 200 for k in range(1, 201)])
    assert study.curves["accuracy"][0] == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("github_copilot/gpt-4o", "a missing price is not 0"),
        ("cloudflare/@cf/google/gemma-2b-it-lora", "free, or unknown"),
    ],
)
def test_no_model_wins_by_a_price_that_is_missing_or_zero(key, words):
    """https://github.com/BerriAI/litellm/issues/6133, https://github.com/BerriAI/litellm/issues/1840"""
    path = DATA / "litellm_model_prices_excerpt.json"
    with pytest.raises(ReaderError, match=words):
        read_litellm_prices(path).price(key)
    with pytest.raises(SettingError, match="usd_per_million_input_tokens: must be positive"):
        fit_model("m", given=replace(TOLD, input_price=0.0))
    # A tiered price is one, and holds for long prompts too.
    tiered = fit_model(
        "m",
        price=read_litellm_prices(path).price("dashscope/qwen3-max"),
        given=replace(TOLD, input_price=None, output_price=None, input_tokens=(40_000.0, 0.0)),
    )
    cost = ClosedForm().estimate(tiered.model, [1]).F[0, 0]
    assert cost == pytest.approx((40_000 * 2.4 + 100 * 12.0) / 1e6)


def test_no_model_wins_by_a_price_below_zero():
    """https://github.com/earendil-works/pi/issues/8875, https://github.com/dcouple/Pane/pull/535"""
    with pytest.raises(ReaderError, match=r"openrouter/auto: pricing.prompt: the price is dynamic"):
        read_openrouter_prices(DATA / "openrouter_models_excerpt.json", free=True).price("openrouter/auto")
    with pytest.raises(SettingError, match="must be greater than or equal to 0, got -1"):
        fit_model("m", given=replace(TOLD, input_price=-1_000_000.0))


def test_a_price_in_the_wrong_unit_is_refused_by_hand_too():
    """https://github.com/BerriAI/litellm/issues/23503, https://github.com/BerriAI/litellm/pull/38167"""
    with pytest.raises(SettingError, match="is more than any usual price"):
        fit_model("m", given=replace(TOLD, output_price=15_000.0))
    assert fit_model("m", given=replace(TOLD, output_price=600.0)).model.usd_per_million_output_tokens / 1e6 == 600e-6


@pytest.mark.parametrize("estimator", [ClosedForm(), MonteCarlo(trials=50), Empirical(trials=50)], ids=repr)
@pytest.mark.parametrize("measured", [False, True])
def test_one_request_for_all_passes_bills_the_prompt_once(estimator, measured):
    """https://github.com/openai/openai-python/issues/155: 1,000 tokens in, 100 out, k = 8."""
    passes = {"input_tokens": (1_000,), "output_tokens": (100,), "seconds": (2.0,)} if measured else None
    tokens = {}
    for shared in (True, False):
        model = fit_model("m", given=replace(TOLD, shared_prompt=shared)).model.replace(passes=passes)
        tokens[shared] = estimator.estimate(model, [1, 8]).F[:, 0] * 1e6
    np.testing.assert_allclose(tokens[True], [1_000 + 100, 1_000 + 800], rtol=1e-9)
    np.testing.assert_allclose(tokens[False], [1_000 + 100, 8_000 + 800], rtol=1e-9)


def test_seconds_of_a_benchmark_are_seconds_of_a_decision():
    """https://github.com/vllm-project/guidellm/issues/245: 3.7 s shown as ms."""
    run = read_guidellm(DATA / "guidellm_benchmarks.json")[0]
    model = fit_model("m", serving=run, given=replace(TOLD, request_seconds=None, **NO_LENGTHS)).model
    assert ClosedForm().estimate(model, [1]).F[0, 1] == pytest.approx(3.7, rel=1e-9)


def test_an_unknown_time_to_first_token_makes_no_prompt_free_of_time():
    """https://github.com/vllm-project/guidellm/issues/737: TTFT null or 0; the time from end to end is used."""
    run = read_guidellm(DATA / "guidellm_benchmarks.json")[2]
    found = fit_model("m", serving=run, given=replace(TOLD, request_seconds=None))
    assert found.model.seconds_per_input_token is None
    assert found.model.request_seconds.mean == 2.5
    assert any("time to the first token is unknown" in note for note in found.notes)
    assert ClosedForm().estimate(found.model, [1]).F[0, 1] == pytest.approx(2.5, rel=1e-6)
