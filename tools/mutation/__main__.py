"""Mutation testing: break the code a little, once for each mutant, and see whether a test fails. By hand, not in CI.

    .venv/bin/pip install -e ".[test,mutation]"
    .venv/bin/python tools/mutation --jobs 2 --folder mutants
    .venv/bin/python tools/mutation --page --folder mutants

The first goes module by module, and where it is started again with a folder, goes on with those that the folder lacks;
the second puts what it holds into docs/mutation-testing.md, beside what stands there of other modules. `--only
decision/base.py` (may be given several times) mutates a part; `--control` plants errors that have to be seen and
changes that cannot be seen; `--seconds` sets how much of the tests' own time a mutant gets; `--share 0.1` tries one
mutant in ten; `--again` tries once more what the folder shows as survived, and with `--tests
tests/decision/test_new.py` by these tests alone.

Mutants come from mutmut's operators, on all of a module: also on decorated functions, constants and defaults, which
mutmut's own runner leaves out. A copy of the repository is what is mutated. Every test runs once to learn which lines
it executes. A mutant then is a fork of the process that has collected the tests, with the code of one function
replaced; it runs the tests that execute the mutated lines until one fails: those of its folder first, of these the
quick ones. What stands outside functions is mutated at import, in a fork of a process that has not imported the package
yet.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from dataclasses import asdict
from pathlib import Path

from forks import MutantFinder, forked, run_all
from mutants import Mutant, controls, mutants_of
from session import SEEN, Progress, Session, pytest_main

ROOT = Path(__file__).resolve().parents[2]
TARGETS = (
    "decision",
    "moo_inference/pareto",
    "moo_inference/estimators",
    "moo_inference/evaluation",
    "moo_inference/catalog/load_curve.py",
    "moo_inference/catalog/servers.py",
    "moo_inference/fitting/loads.py",
    "moo_inference/fitting/price_terms.py",
    "moo_inference/studies/load_limit.py",
)
TESTS = (
    "tests/catalog",
    "tests/decision",
    "tests/estimators",
    "tests/evaluation",
    "tests/fitting",
    "tests/pareto",
    "tests/pipelines",
    "tests/policy",
    "tests/problems",
    "tests/records",
    "tests/solvers",
    "tests/studies",
    "tests/views/test_marks.py",
    "tests/views/test_study_tables.py",
    "tests/views/test_table_evidence.py",
    "tests/views/test_view_of_confidence.py",
    "tests/cli/test_cli_choose.py",
    "tests/test_deprecated_names.py",
    "tests/test_field_reports.py",
    "tests/test_metamorphic.py",
    "tests/test_pymoo_tools.py",
    "tests/test_real_attempts.py",
    "tests/test_structure.py",
)

OUTCOMES = ("killed", "timed out", "survived")
SHOWN_AS = {"not executed": "survived"}

PAGE = ROOT / "docs" / "mutation-testing.md"
BEGIN, END = "<!-- mutation: table -->", "<!-- end of table -->"
AT_ONCE = 100_000
"""Bytes of modules whose mutants are tried in one run: some hundreds to two thousand of them."""

QUICK_EXAMPLES = """
import hypothesis

# That a test fails is enough: no search for a smaller example, and no memory of past ones.
settings.register_profile(
    "mutation",
    parent=settings.get_profile("unhurried"),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
settings.load_profile("mutation")
"""


def warm():
    """Import what the package stands on, so that forks need not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("numpy", "scipy.special", "scipy.stats", "scipy.optimize", "pandas", "moocore", "pydantic", "yaml",
                     "joblib", "matplotlib.pyplot", "pytest", "typer", "rich", "coverage",
                     "pymoo.core.decision_making", "pymoo.mcdm.high_tradeoff", "pymoo.mcdm.pseudo_weights",
                     "pymoo.optimize", "pymoo.algorithms.moo.nsga2"):  # fmt: skip
            __import__(name)


def modules_of(root):
    """The modules that are mutated."""
    found = [path for target in TARGETS for path in sorted((root / target).rglob("*.py"))]
    return found + [root / target for target in TARGETS if target.endswith(".py")]


def identity(fields):
    """What distinguishes a mutant from others, whatever its line."""
    return tuple(fields[name] for name in ("module", "function", "before", "after"))


def drawn(mutant):
    """A number from 0 to 1 that is the same for a mutant in every run, whatever its line."""
    name = "\n".join(identity(asdict(mutant)))
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


def work_inside(scratch, options):
    """Everything that happens in the copy; returns the mutants with their outcomes."""
    say_to = os.fdopen(os.dup(2), "w", buffering=1)

    def report(text):
        print(text, file=say_to)

    warm()
    # What tests execute is learned of all modules, so that it can be used again for others.
    files = modules_of(scratch)
    paths = [p for p in files if not options.only or any(p.match(f"*{only}") for only in options.only)]
    mutants = controls(scratch) if options.control else [one for path in paths for one in mutants_of(path, scratch)]
    mutants = [one for one in mutants if options.control or drawn(one) < options.share]
    if options.known:
        before = {identity(known): known["outcome"] for known in json.loads(options.known.read_text())}
        for mutant in mutants:
            outcome = before.get(identity(asdict(mutant)), "")
            mutant.outcome = outcome if outcome in SEEN else ""
    report(f"{len(mutants)} mutants of {len({mutant.module for mutant in mutants})} modules")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    into = scratch / "outcomes.json"

    def session():
        measured = {scratch / mutant.module for mutant in mutants} if options.control else files
        plugin = Session(scratch, mutants, measured, options, report)
        pytest_main([*(str(scratch / test) for test in (options.tests or TESTS))], [plugin])
        found = [(m.outcome, m.tests) for m in mutants]
        into.write_text(json.dumps([found, plugin.leftover, plugin.seconds]))
        return 0

    pid, _ = forked(session, 1e9)
    os.waitpid(pid, 0)
    found, leftover, seconds = json.loads(into.read_text())
    for mutant, (outcome, tests) in zip(mutants, found, strict=True):
        mutant.outcome, mutant.tests = outcome, tests

    def imported(mutant):
        sys.meta_path.insert(0, MutantFinder(mutant))
        return 1 if pytest_main(["-x", *mutant.tests]) else 0

    if leftover:
        untouched = mutants[leftover[0]]
        path = scratch / untouched.module
        every = sorted(set().union(*(mutants[number].tests for number in leftover)))
        plain = Mutant(untouched.module, "", 0, 0, "", "", path.read_text(encoding="utf-8"), tests=every)
        run_all([(0, lambda: imported(plain), 1e4)], 1, lambda _, code: code and report("tests fail without a mutant"))
    progress = Progress(report, mutants, len(leftover))
    works = [
        (number, lambda m=mutants[number]: imported(m), 30 + 6 * sum(seconds[name] for name in mutants[number].tests))
        for number in leftover
    ]
    run_all(works, options.jobs, progress.note)
    return mutants


def counted(mutants):
    """How many mutants of each module there are by outcome."""
    counts = defaultdict(Counter)
    for mutant in mutants:
        counts[mutant.module][SHOWN_AS.get(mutant.outcome, mutant.outcome)] += 1
    return counts


def table(counts, commits):
    """A row for each module and one for all, from how many of its mutants were killed, timed out and survived."""
    lines = [
        "| Module | Mutants | Killed | Timed out | Survived | Score | Commit |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for module, count in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        total, survived = count.total(), count["survived"]
        cells = [f"{total:,}", *(f"{count[outcome]:,}" for outcome in OUTCOMES)]
        cells += [f"{100 * (total - survived) / total:.1f} %", commits.get(module, "")]
        lines.append(f"| {module} | {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(lines)


def run_once(arguments):
    """The mutants of one run, each with what became of it."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        scratch = Path(folder).resolve() / "repository"
        leave = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "build")
        shutil.copytree(ROOT, scratch, symlinks=True, ignore=leave)
        (scratch / "temporary").mkdir()
        with (scratch / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
            conftest.write(QUICK_EXAMPLES)
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        environment = {**os.environ, **single, "PYTHONPATH": str(scratch), "TMPDIR": str(scratch / "temporary")}
        environment.pop("MOO_FUZZ", None)
        command = [sys.executable, str(scratch / "tools" / "mutation"), "--inside", str(scratch), *arguments]
        subprocess.run(command, cwd=scratch, env=environment, check=True)
        found = [Mutant(**fields) for fields in json.loads((scratch / "mutants.json").read_text())]
    print(table(counted(found), {}))
    for mutant in found:
        if mutant.outcome in {"survived", "not executed"}:
            print(mutant)
    return found


def run_all_modules(options):
    """Run those modules that the folder lacks, some at a time, and keep there what became of their mutants.

    With `--again` those are run, too, of which mutants survived.
    """
    options.folder.mkdir(exist_ok=True)
    learned = options.folder.resolve() / "learned" / "tests.json"
    learned.parent.mkdir(exist_ok=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 (whichever git there is)
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    lacking, waiting = [], 0
    for path in modules_of(ROOT):
        module = path.relative_to(ROOT).as_posix()
        left = [one for one in known_of(options.folder, [module]) if one["outcome"] not in SEEN]
        done = result_of(options.folder, module).exists() and not (options.again and left)
        if done or (options.only and not any(path.match(f"*{only}") for only in options.only)):
            continue
        lacking.append(module)
        waiting += path.stat().st_size
        if waiting * options.share > AT_ONCE:
            run_modules(options, lacking, learned, commit.stdout.strip())
            lacking, waiting = [], 0
    if lacking:
        run_modules(options, lacking, learned, commit.stdout.strip())


def run_modules(options, modules, learned, commit):
    """Run some modules, and keep what became of the mutants of each, and at which commit."""
    arguments = [word for module in modules for word in ("--only", f"/{module}")]
    arguments += ["--jobs", str(options.jobs), "--seconds", str(options.seconds), "--share", str(options.share)]
    arguments += ["--learned", str(learned)]
    arguments += [word for tests in options.tests or () for word in ("--tests", tests)]
    if options.again:
        known = learned.with_name("known.json")
        known.write_text(json.dumps(known_of(options.folder, modules)))
        arguments += ["--known", str(known)]
    found = run_once(arguments)
    if not all(one.outcome for one in found):
        raise RuntimeError("the run was stopped: some mutants were not tried, and nothing is kept of these modules")
    at = commit if options.share == 1 else f"{commit} ({options.share:.0%})"
    for module in modules:
        own = [{**asdict(one), "source": "", "tests": []} for one in found if one.module == module]
        result_of(options.folder, module).write_text(json.dumps({"commit": at, "mutants": own}, indent=1))


def result_of(folder, module):
    """The file of a module's mutants in a folder of results."""
    return folder / f"{module.replace('/', '.')}.json"


def known_of(folder, modules):
    """What the folder holds of the mutants of some modules."""
    paths = [result_of(folder, module) for module in modules]
    return [one for path in paths if path.exists() for one in json.loads(path.read_text())["mutants"]]


def write_page(folder):
    """Put what a folder of results holds into the page, in the place of what it showed of the same modules."""
    head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    shown, tail = rest.split(END)
    counts, commits = {}, {}
    for line in shown.splitlines():
        module, *cells = [cell.strip().replace(",", "") for cell in line.split("|")[1:-1]] or [""]
        if (ROOT / module).is_file():
            counts[module] = Counter(dict(zip(OUTCOMES, map(int, cells[1:4]), strict=True)))
            commits[module] = cells[5]
    for path in folder.glob("*.json"):
        own = json.loads(path.read_text())
        found = counted(Mutant(**fields) for fields in own["mutants"])
        counts |= found
        commits |= dict.fromkeys(found, own["commit"])
    PAGE.write_text(f"{head}{BEGIN}\n{table(counts, commits)}\n{END}{tail}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="mutants at the same time")
    parser.add_argument("--only", action="append", help="a module, by the end of its path")
    parser.add_argument("--tests", action="append", help="tests in place of the usual ones")
    parser.add_argument("--seconds", type=float, default=12, help="of tests for one mutant, by their time unmutated")
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the mutants that are tried, the same ones each time"
    )
    parser.add_argument("--control", action="store_true", help="two errors that are seen, two changes that are not")
    parser.add_argument("--folder", type=Path, help="a folder for the results of each module, to go on from")
    parser.add_argument("--page", action="store_true", help="put the results of the folder into the page")
    parser.add_argument("--again", action="store_true", help="try again what the folder shows as survived")
    parser.add_argument("--known", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--learned", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        mutants = work_inside(options.inside, options)
        (options.inside / "mutants.json").write_text(json.dumps([asdict(mutant) for mutant in mutants]))
        return 0
    if options.page:
        write_page(options.folder)
        return 0
    if options.folder:
        run_all_modules(options)
        return 0
    mutants = run_once(sys.argv[1:])
    if options.control:
        return int(any(mutant.outcome != mutant.wanted for mutant in mutants))
    return 0


if __name__ == "__main__":
    sys.exit(main())
