"""The same bytes from this process, from two of this machine, and from a Dask cluster of which a worker is killed."""

import os
import signal
import sys

import pytest
from conftest import ROOT
from worker_tasks import die_always, die_once, double, fail, task

import moo_inference as mi
from moo_inference.errors import SettingError, WorkerError
from moo_inference.estimators.base import estimate_curves
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution import curves, tasks
from moo_inference.execution.checkpoint import checkpoint
from moo_inference.execution.curves import estimate_in_tasks, packed, unpacked
from moo_inference.execution.tasks import Runner, Task
from moo_inference.solvers import nsga2
from moo_inference.studies import cell_fronts, comparison, replications
from moo_inference.studies.assessment import assess_many
from moo_inference.studies.comparison import catalog_problems, compare_solvers

PAPER = mi.load_catalog("paper")
HERE = os.getpid()


def bytes_of(study):
    curves = b"".join(curve.table.tobytes() + curve.error.tobytes() for curve in study.model_curves.values())
    fronts = b"".join(cell.front.F.tobytes() + cell.front.attainment.tobytes() for cell in study.cells)
    along = study.pipelines.to_csv(), study.pipeline_fronts.to_csv(), [repr(cell) for cell in study.pipeline_cells]
    return study.to_csv(), study.to_json(), study.fronts.to_csv(), curves, fronts, along, study.settings


@pytest.fixture
def at_once(monkeypatch):
    """Workers get all tasks but the first, however little work they are."""
    monkeypatch.setattr(tasks, "WORTH_WORKERS", -1.0)


@pytest.fixture(scope="module")
def cluster():
    LocalCluster = pytest.importorskip("dask.distributed").LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as running:
        yield running


@pytest.fixture
def small_tasks(monkeypatch):
    monkeypatch.setattr(curves, "_CLOSED_FORM_VALUES", 64)
    monkeypatch.setattr(curves, "_SIMULATED_VALUES", 4_000)
    monkeypatch.setattr(replications, "_VALUES_AT_ONCE", 50_000)


ESTIMATORS = [
    pytest.param(mi.ClosedForm(), id="closed-form"),
    pytest.param(mi.MonteCarlo(trials=50), id="common"),
    pytest.param(mi.MonteCarlo(trials=50, draws="independent"), id="independent"),
    pytest.param(mi.Empirical(trials=50), id="empirical"),
]


@pytest.mark.parametrize("latency", ["ideal", "waves"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_curves_do_not_depend_on_how_the_work_is_cut(estimator, latency, monkeypatch, small_tasks):
    scenarios = [
        scenario.model_copy(update={"t_quantile": 0.95, "a_quantile": 0.1}) if number else scenario
        for number, scenario in enumerate(PAPER.scenarios.values())
    ]
    keys = []

    def counted(key, *arguments, **options):
        keys.append(key)
        return Task(key, *arguments, **options)

    monkeypatch.setattr(curves, "Task", counted)
    conditions = Conditions(k_min=2, k_max=64, k_step=2, latency=latency)
    found = estimate_in_tasks(estimator, PAPER.models, conditions, scenarios, Runner())
    whole = estimate_curves(estimator, list(PAPER.models.values()), conditions.grid, conditions, scenarios=scenarios)
    assert len(set(keys)) == len(keys) > 3
    for one, other in zip(found.values(), whole, strict=True):
        first, second = packed(one, scenarios), packed(other, scenarios)
        assert first.keys() == second.keys()
        assert all(first[name].tobytes() == second[name].tobytes() for name in first)
        assert all(one.views[s].values.tobytes() == other.views[s].values.tobytes() for s in scenarios)


def test_a_curve_survives_being_packed():
    scenario = PAPER.scenarios["medical-ai"]
    curve = mi.ClosedForm().estimate(PAPER.models["gpt-5"], range(1, 9), scenarios=[scenario])
    again = unpacked({f"3/{name}": values for name, values in packed(curve, [scenario]).items()}, "3/", [scenario])
    assert again.table.tobytes() == curve.table.tobytes()
    assert again.views[scenario].values.tobytes() == curve.views[scenario].values.tobytes()
    assert again.views[scenario].attainment.tobytes() == curve.views[scenario].attainment.tobytes()


@pytest.mark.parametrize("estimator", ESTIMATORS[:3])
def test_two_workers_give_the_same_bytes(estimator, at_once, small_tasks):
    options = {"estimator": estimator, "k_max": 32, "assess": 6}
    assert bytes_of(mi.run_study(PAPER, workers=2, **options)) == bytes_of(mi.run_study(PAPER, **options))


def test_searches_with_two_workers_find_the_same_fronts(at_once):
    options = {"models": ["gpt-5", "gpt-5-nano"], "solver": lambda problem: nsga2(problem, seed=3), "k_max": 16}
    assert bytes_of(mi.run_study(PAPER, workers=2, **options)) == bytes_of(mi.run_study(PAPER, **options))


@pytest.fixture(scope="module")
def pipelines():
    """Two pipelines in a scenario that they fit into, in one that is too tight, and in one that they cannot answer."""
    catalog = mi.load_catalog(ROOT / "examples" / "pipeline.yaml")
    coding = catalog.scenarios["coding"]
    others = {"tight": coding.replace(t_max=8), "tail": coding.replace(t_quantile=0.95)}
    return catalog.replace(scenarios={"coding": coding, **others})


@pytest.mark.parametrize("solver", [None, lambda problem: nsga2(problem, seed=3, pop_size=6)])
@pytest.mark.parametrize("estimator", [mi.ClosedForm(), mi.MonteCarlo(trials=20)])
def test_pipelines_are_the_same_with_two_workers_and_on_a_cluster(solver, estimator, pipelines, cluster, at_once):
    # One stage has a grid of its own, so that it is estimated apart from the study's models.
    options = {"solver": solver, "estimator": estimator, "k_max": 16, "decisions": ["accuracy-max"]}
    here, *there = (
        bytes_of(mi.run_study(pipelines, workers=workers, **options)) for workers in (1, 2, cluster.scheduler_address)
    )
    assert here == there[0] == there[1]
    assert [status in here[1] for status in ('"ok"', '"infeasible"', '"refused"')] == [True] * 3


def test_what_was_kept_of_pipelines_is_not_done_again(pipelines, tmp_path, monkeypatch):
    def study():
        with checkpoint(tmp_path) as kept:
            return mi.run_study(pipelines, k_max=16, decisions=["accuracy-max"], checkpoint=kept)

    first = bytes_of(study())

    def none(*arguments, **options):
        raise AssertionError("done again")

    monkeypatch.setattr(cell_fronts, "merge", none)
    monkeypatch.setattr(curves, "estimate_curves", none)
    assert bytes_of(study()) == first


def test_a_cluster_of_which_a_worker_is_killed_gives_the_same_bytes(cluster, at_once, small_tasks):
    before = {worker.pid for worker in cluster.workers.values()}
    victim = min(before)
    steps = []

    def kill_on_the_way(done, total):
        steps.append((done, total))
        if done == 4:
            os.kill(victim, signal.SIGKILL)

    options = {"estimator": mi.MonteCarlo(trials=2000), "k_max": 64}
    found = mi.run_study(PAPER, workers=cluster.scheduler_address, progress=kill_on_the_way, **options)
    assert steps[-1] == (9, 9)
    assert victim not in {worker.pid for worker in cluster.workers.values()}
    assert bytes_of(found) == bytes_of(mi.run_study(PAPER, **options))


def test_assessments_and_comparisons_are_the_same_on_a_cluster(cluster, at_once, small_tasks):
    some = PAPER.select(["gpt-5", "gpt-5-nano"], ["medical-ai"])
    options = {"estimator": mi.MonteCarlo(trials=100), "k_max": 16, "replications": 40}
    there = assess_many(some.models, some.scenarios, workers=cluster.scheduler_address, **options)
    # As text, in which NaN is like NaN.
    assert repr(there) == repr(assess_many(some.models, some.scenarios, **options))
    problems = catalog_problems(some, k_max=32)
    runs = [
        compare_solvers(problems, ["exhaustive", "nsga2"], range(2), workers=workers).runs.drop(columns="seconds")
        for workers in (1, 2, cluster.scheduler_address)
    ]
    assert runs[0].to_csv() == runs[1].to_csv() == runs[2].to_csv()


def test_little_work_stays_here():
    found = Runner(workers=2).run([task(str(number), double, number) for number in range(20)])
    assert [arrays["twice"].tolist() for arrays in found] == [[2 * number] for number in range(20)]
    assert {int(arrays["process"][0]) for arrays in found} == {HERE}


def test_much_work_does_not(at_once):
    found = Runner(workers=2).run([task(str(number), double, number) for number in range(20)])
    assert [arrays["twice"].tolist() for arrays in found] == [[2 * number] for number in range(20)]
    others = {int(arrays["process"][0]) for arrays in found[1:]}
    assert HERE not in others
    assert len(others) <= 2


def test_what_a_killed_worker_was_at_is_done_again(tmp_path, at_once):
    work = [task("first", double, 0)]
    work += [task(str(n), die_once, tmp_path / "died", HERE) for n in range(6)]
    assert [arrays["done"].tolist() for arrays in Runner(workers=2).run(work)[1:]] == [[1]] * 6
    assert (tmp_path / "died").exists()


def test_workers_that_die_time_and_again_are_an_error(at_once):
    work = [task("first", double, 0), *(task(str(n), die_always, HERE) for n in range(2))]
    with pytest.raises(WorkerError, match=r"died 5 times in a row .* 2 tasks are left"):
        Runner(workers=2).run(work)


def test_an_error_in_a_worker_comes_back_as_it_is(at_once, cluster):
    for workers in (2, cluster.scheduler_address):
        with pytest.raises(ValueError, match="no 7"):
            Runner(workers).run([task("first", double, 0), *(task(str(n), fail, 7) for n in range(3))])


def test_a_worker_with_other_versions_is_refused(at_once, monkeypatch):
    monkeypatch.setattr(tasks, "versions", lambda: {**comparison.versions(), "numpy": "0.1"})
    with pytest.raises(SettingError, match=r"a worker has other versions.*numpy .*, not 0\.1"):
        Runner(workers=2).run([task(str(number), double, number) for number in range(4)])


@pytest.mark.parametrize("workers", [0, -1, True, 1.5, None, "localhost", "tcp://localhost", "http://localhost:80"])
def test_workers_must_be_a_number_or_an_address(workers):
    with pytest.raises(SettingError, match=r"whole number of at least 1|tcp://host:port"):
        mi.run_study(PAPER, workers=workers)


def test_an_address_at_which_nobody_listens_is_told(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("moo_inference.execution.backends._CONNECT_SECONDS", 1)
    with pytest.raises(WorkerError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1 within 1 seconds"):
        mi.run_study(PAPER, workers="tcp://127.0.0.1:1")


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingError, match=r'pip install -e "\.\[dask\]" in a clone'):
        mi.run_study(PAPER, workers="tcp://127.0.0.1:8786")
