"""Mutation testing: break the code a little, once for each mutant, and see whether a test fails. By hand, not in CI.

    .venv/bin/pip install -e ".[test,mutation]"
    .venv/bin/python tests/mutation.py --jobs 2 --write mutants.json

`--only decision/base.py` (may be given several times) mutates a part; `--control` plants faults that have to be seen
and changes that cannot be seen; `--seconds` says how much of the tests' own time a mutant gets; `--again mutants.json`
tries once more what was not killed.

Mutants come from mutmut's operators, on the whole module: also on decorated functions, constants and defaults, which
mutmut's own runner leaves out. A copy of the repository is what is mutated. Every test runs once to learn which lines
it executes. A mutant then is a fork of the process that has collected the tests, with the code of one function
replaced; it runs the tests that execute the mutated lines, the quickest first, until one fails. What stands outside
functions is mutated at import, in a fork of a process that has not imported the package yet.
"""

import argparse
import ast
import gc
import importlib.abc
import importlib.machinery
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import types
import warnings
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("decision", "moo_inference/pareto/front.py", "moo_inference/estimators")
TESTS = (
    "tests/decision",
    "tests/estimators",
    "tests/pareto/test_fronts.py",
    "tests/pareto/test_budgets.py",
    "tests/policy/test_scores.py",
    "tests/test_field_reports.py",
    "tests/test_metamorphic.py",
    "tests/test_pymoo_tools.py",
    "tests/studies/test_evidence.py",
    "tests/views/test_marks.py",
    "tests/studies/test_more_objectives.py",
    "tests/studies/test_route.py",
)
TOO_SLOW = 8.0
"""Tests that take longer, in seconds, are left out: each of them looks at what quicker ones look at too."""

UNMUTATED_CALLS = ("len", "isinstance", "cast", "TypeVar")
AT_IMPORT = "(at import)"
SEEN = ("killed", "timed out")
MEMORY = 4 << 30

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


@dataclass
class Mutant:
    """One change of one module."""

    module: str
    function: str
    first: int
    last: int
    before: str
    after: str
    source: str
    outcome: str = ""
    wanted: str = ""
    tests: list[str] = field(default_factory=list)

    def __str__(self):
        return f"{self.module}:{self.first} {self.function}: {self.before}  ->  {self.after}  [{self.outcome}]"


# --- what is mutated


def mutants_of(path, root):
    """All mutants of a module, in the order of its lines."""
    return Mutations(path, root).found()


class Mutations:
    """The mutants of one module."""

    def __init__(self, path, root):
        import libcst as cst
        from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider, PositionProvider

        self.cst, self.name = cst, path.relative_to(root).as_posix()
        self.source = path.read_text(encoding="utf-8")
        self.bytes = self.source.encode()
        wrapper = MetadataWrapper(cst.parse_module(self.source))
        self.module = wrapper.module
        self.parents, self.positions = wrapper.resolve(ParentNodeProvider), wrapper.resolve(PositionProvider)
        self.spans = wrapper.resolve(ByteSpanPositionProvider)

    def found(self):
        nodes, mutants = [self.module], []
        while nodes:
            node = nodes.pop()
            if self.is_mutable(node):
                mutants += [self.mutant(node, changed) for changed in self.changes(node)]
                nodes += reversed(node.children)
        return mutants

    def changes(self, node):
        """The text of the module for each change of a node."""
        from mutmut.mutation.mutators import mutation_operators, operator_arg_removal

        for kind, operator in mutation_operators:
            if not isinstance(node, kind) or (
                operator is operator_arg_removal and name_of(node.func) in UNMUTATED_CALLS
            ):
                continue
            changes = list(operator(node))
            # Of the three changes of a string, two only change its case.
            for change in changes[:1] if isinstance(node, self.cst.SimpleString) else changes:
                if operator is operator_arg_removal and strictness(change) != strictness(node):
                    continue
                changed = self.text_with(node, change)
                if changed != self.source and is_python(changed):
                    yield changed

    def text_with(self, node, change):
        start, end = self.spans[node].start, self.spans[node].start + self.spans[node].length
        if self.bytes[start:end].decode() != self.module.code_for_node(node):
            return self.module.deep_replace(node, change).code
        return self.bytes[:start].decode() + self.module.code_for_node(change) + self.bytes[end:].decode()

    def is_mutable(self, node):
        cst = self.cst
        if isinstance(node, cst.SimpleString):
            is_docstring = isinstance(self.parents[node], cst.Expr)
            return not is_docstring and not (
                " " in node.value and any(isinstance(p, cst.Raise) for p in self.above(node))
            )
        if isinstance(node, cst.Arg):
            return name_of(node.keyword) != "strict"
        if isinstance(node, cst.Call):
            return name_of(node.func) != "cast"
        if isinstance(node, cst.Assign):
            return name_of(node.targets[0].target) != "__all__"
        if isinstance(node, cst.If):
            return name_of(node.test) != "TYPE_CHECKING"
        return not isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom)

    def above(self, node):
        while (node := self.parents.get(node)) is not None:
            yield node

    def mutant(self, node, changed):
        chain = [node, *self.above(node)]
        definitions = [p for p in chain[1:] if isinstance(p, self.cst.FunctionDef | self.cst.ClassDef)]
        functions = [p for p in definitions if isinstance(p, self.cst.FunctionDef)]
        name = ".".join(p.name.value for p in reversed(definitions))
        if not functions or functions[-1].body not in chain:
            name = f"{name} {AT_IMPORT}".strip()
        statement = next((p for p in chain if isinstance(p, self.cst.BaseStatement)), node)
        simple = isinstance(statement, self.cst.SimpleStatementLine)
        return Mutant(
            self.name,
            name,
            self.positions[statement].start.line,
            self.positions[statement if simple else node].end.line,
            *first_difference(self.source, changed),
            changed,
        )


def name_of(node):
    """The name that a node is, or None."""
    return node.value if type(node).__name__ == "Name" else None


def strictness(call):
    """What `strict` a call has. Where lengths are the same by construction, no test can tell it."""
    return [name_of(arg.value) for arg in call.args if name_of(arg.keyword) == "strict"]


def is_python(text):
    """Whether it can be compiled."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def first_difference(source, changed):
    """The lines that differ, as one line each."""
    old, new = source.splitlines(), changed.splitlines()
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return tuple(" ".join(line.strip() for line in lines[start : len(lines) - end]) for lines in (old, new))


def controls(root):
    """A fault that every test of choices sees, one at import, and two changes that none can see."""
    path = root / "decision" / "base.py"
    source = path.read_text(encoding="utf-8")
    changes = (
        ("Rule._do", "int(rows[0])", "int(rows[-1]) + 1", "killed"),
        (AT_IMPORT, "needs_scale = True", "needs_scale = None", "killed"),
        ("Rule._do", "rows.size else None", "rows.size > 0 else None", "survived"),
        (AT_IMPORT, '    score_name = "score"', '    score_name = "sco" "re"', "survived"),
    )
    found = []
    for function, before, after, wanted in changes:
        line = source[: source.index(before)].count("\n") + 1
        changed = source.replace(before, after, 1)
        found.append(Mutant("decision/base.py", function, line, line, before, after, changed, wanted=wanted))
    return found


def module_name(path):
    """The name under which a file of the repository is imported."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("moo_inference") else f"moo_inference.{name}"


# --- how a mutant gets into a process


def replace_function(mutant, functions):
    """Give the function objects of this process the code of the mutant; False where its shape does not allow that."""
    target = sys.modules[module_name(mutant.module)]
    new = code_of(compile(mutant.source, target.__file__, "exec"), mutant.function)
    old = code_of(compile(Path(target.__file__).read_text(encoding="utf-8"), target.__file__, "exec"), mutant.function)
    if new is None or old is None or new.co_freevars != old.co_freevars:
        return False
    found = [function for function in functions if function.__code__ == old]
    for function in found:
        function.__code__ = new
    return bool(found)


def code_of(code, qualified_name):
    """The code of the outermost function of a qualified name, in that of its module."""
    found = code
    for name in qualified_name.split("."):
        inner = [c for c in found.co_consts if isinstance(c, types.CodeType) and c.co_name == name]
        if not inner:
            return None
        found = inner[-1]
        if found.co_flags & 1:  # optimised: a function, not a class
            break
    return found


class MutantFinder(importlib.abc.MetaPathFinder):
    """Imports one module from the source of a mutant."""

    def __init__(self, mutant):
        self.name, self.source = module_name(mutant.module), mutant.source

    def find_spec(self, name, path, target=None):
        if name != self.name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        loader = spec.loader
        loader.get_code = lambda fullname: compile(self.source, spec.origin, "exec")
        return spec


# --- running tests in forks


def forked(work, limit):
    """Start a child; returns its process id and when it has to be done."""
    pid = os.fork()
    if pid:
        return pid, time.monotonic() + limit
    code = 3
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = work()
    except MemoryError:
        code = 4
    except BaseException:  # noqa: BLE001 (whatever it was, the child must not go on in its parent's place)
        traceback.print_exc()
        code = 5
    finally:
        os._exit(code)


def run_all(works, jobs, done):
    """Run (key, work, limit) in at most so many children at once; `done(key, exit code or None on a timeout)`."""
    waiting, running = list(reversed(works)), {}
    while waiting or running:
        while waiting and len(running) < jobs:
            key, work, limit = waiting.pop()
            pid, deadline = forked(work, limit)
            running[pid] = (key, deadline)
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            for late, (_, deadline) in list(running.items()):
                if time.monotonic() > deadline:
                    stop(late)
                    os.waitpid(late, 0)
                    done(running.pop(late)[0], None)
            time.sleep(0.002)
        elif pid in running:
            done(running.pop(pid)[0], os.waitstatus_to_exitcode(status))


def stop(pid):
    """End a child and what it started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)


class Session:
    """A pytest plugin that takes the place of the run of the tests."""

    def __init__(self, scratch, mutants, options, say):
        self.scratch, self.mutants, self.options, self.say = scratch, mutants, options, say
        self.leftover = []

    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        self.order = {nodeid: place for place, nodeid in enumerate(self.items)}
        session.config._tmp_path_factory.getbasetemp()
        files = {getattr(module, "__file__", None): name for name, module in sys.modules.items()}
        self.functions = defaultdict(list)
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename in files:
                self.functions[files[thing.__code__.co_filename]].append(thing)
        gc.freeze()  # so that a fork does not copy what it only looks at
        self.learn(session)
        self.run_bodies(session)
        return True

    def learn(self, session):
        """Which lines each test executes and how long it takes, each in a fork of its own."""
        files = sorted({str(self.scratch / mutant.module) for mutant in self.mutants})
        into = self.scratch / "learned"
        into.mkdir()
        names = list(self.items)
        known = json.loads(self.options.learned.read_text()) if self.options.learned else {}
        for number, name in enumerate(names):
            if name in known:
                (into / str(number)).write_text(json.dumps(known[name]))

        def work(number):
            import coverage

            watch = coverage.Coverage(data_file=None, include=files, config_file=False)
            start = time.perf_counter()
            watch.start()
            run_items(session, [self.items[names[number]]])
            watch.stop()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data = watch.get_data()
            lines = {Path(f).relative_to(self.scratch).as_posix(): data.lines(f) for f in data.measured_files()}
            if session.testsfailed:
                return 1
            (into / str(number)).write_text(json.dumps([time.perf_counter() - start, lines]))
            return 0

        def done(number, code):
            if code:
                self.say(f"left out, since it does not pass as it is: {names[number]} ({code})")
            if number % 100 == 99:
                self.say(f"learned {number + 1} of {len(names)} tests")

        unknown = [number for number, name in enumerate(names) if name not in known]
        run_all([(number, lambda n=number: work(n), 120) for number in unknown], self.options.jobs, done)
        self.seconds, self.by_line, self.lines = {}, defaultdict(set), Counter()
        for number, name in enumerate(names):
            if (into / str(number)).exists():
                seconds, lines = json.loads((into / str(number)).read_text())
                if seconds > TOO_SLOW:
                    self.say(f"too slow, left out: {name} ({seconds:.1f} s)")
                    continue
                self.seconds[name] = seconds
                known[name] = [seconds, lines]
                self.lines[name] = sum(map(len, lines.values()))
                for file, numbers in lines.items():
                    for line in numbers:
                        self.by_line[file, line].add(name)
        if self.options.learned:
            self.options.learned.write_text(json.dumps(known))

    def tests_of(self, mutant):
        """Names of the tests that execute what was mutated, the quickest first, within the seconds of a mutant."""
        if mutant.function.endswith(AT_IMPORT):
            bodies = function_lines(self.scratch / mutant.module)
            names = set().union(*(self.by_line[mutant.module, line] for line in bodies))
        else:
            names = set().union(*(self.by_line[mutant.module, line] for line in range(mutant.first, mutant.last + 1)))
        left, chosen = self.options.seconds, []
        # Quick ones first; of the quick ones those that execute little, since they look at it more closely.
        for name in sorted(names, key=lambda name: (self.seconds[name] // 0.5, self.lines[name], self.order[name])):
            left -= self.seconds[name]
            if left < 0:
                break
            chosen.append(name)
        return chosen

    def run_bodies(self, session):
        works = []
        for number, mutant in enumerate(self.mutants):
            if mutant.outcome in SEEN:
                continue
            tests = self.tests_of(mutant)
            mutant.tests = tests
            if not tests:
                mutant.outcome = "not executed"
            elif mutant.function.endswith(AT_IMPORT):
                self.leftover.append(number)
            else:
                limit = 10 + 6 * sum(self.seconds[name] for name in tests)
                works.append((number, lambda m=mutant: self.body(session, m), limit))
        progress = Progress(self.say, self.mutants, len(works))

        def done(number, code):
            if code == 9:
                self.leftover.append(number)
            else:
                progress.note(number, code)

        run_all(works, self.options.jobs, done)

    def body(self, session, mutant):
        try:
            fits = replace_function(mutant, self.functions[module_name(mutant.module)])
        except ValueError:
            fits = False
        if not fits:
            return 9
        return run_items(session, [self.items[name] for name in mutant.tests])


class Progress:
    """Notes what became of mutants and says how far the work is."""

    def __init__(self, say, mutants, total):
        self.say, self.mutants, self.total, self.count, self.start = say, mutants, total, 0, time.monotonic()

    def note(self, number, code):
        mutant = self.mutants[number]
        mutant.outcome = "timed out" if code is None else "survived" if code == 0 else "killed"
        self.count += 1
        if mutant.outcome == "survived":
            self.say(str(mutant))
        if self.count % 200 == 0 or self.count == self.total:
            self.say(f"{self.count} of {self.total} mutants, {time.monotonic() - self.start:.0f} s")


def run_items(session, items):
    """Run tests one after the other until one fails; 1 if one did."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def function_lines(path):
    """The lines of all function bodies of a module, which what stands outside of them may reach."""
    functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
    return {line for node in functions for line in range(node.body[0].lineno, node.end_lineno + 1)}


def pytest_main(arguments, plugins=()):
    """Run pytest in this process, in the way that is quickest to start."""
    import pytest

    common = [
        "-q",
        "-o",
        "addopts=",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        "--tb=no",
        "-W",
        "ignore::pytest.PytestAssertRewriteWarning",
    ]
    return int(pytest.main([*common, *arguments], plugins=list(plugins)))


def warm():
    """Import what the package stands on, so that forks need not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("numpy", "scipy.special", "scipy.stats", "scipy.optimize", "pandas", "moocore", "pydantic", "yaml",
                     "joblib", "matplotlib.pyplot", "pytest", "typer", "rich", "coverage",
                     "pymoo.core.decision_making", "pymoo.mcdm.high_tradeoff", "pymoo.mcdm.pseudo_weights",
                     "pymoo.optimize", "pymoo.algorithms.moo.nsga2"):  # fmt: skip
            __import__(name)


def identity(fields):
    """What tells a mutant from others, whatever its line."""
    return tuple(fields[name] for name in ("module", "function", "before", "after"))


def work_inside(scratch, options):
    """Everything that happens in the copy; returns the mutants with their outcomes."""
    say_to = os.fdopen(os.dup(2), "w", buffering=1)

    def say(text):
        print(text, file=say_to)

    warm()
    paths = [path for target in TARGETS for path in sorted((scratch / target).rglob("*.py"))] + [
        scratch / target for target in TARGETS if target.endswith(".py")
    ]
    paths = [p for p in paths if not options.only or any(p.match(f"*{only}") for only in options.only)]
    mutants = controls(scratch) if options.control else [one for path in paths for one in mutants_of(path, scratch)]
    if options.again:
        before = {identity(known): known["outcome"] for known in json.loads(options.again.read_text())}
        for mutant in mutants:
            outcome = before.get(identity(asdict(mutant)), "")
            mutant.outcome = outcome if outcome in SEEN else ""
    say(f"{len(mutants)} mutants of {len({mutant.module for mutant in mutants})} modules")
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    into = scratch / "outcomes.json"

    def session():
        plugin = Session(scratch, mutants, options, say)
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
        run_all([(0, lambda: imported(plain), 1e4)], 1, lambda _, code: code and say("tests fail without a mutant"))
    progress = Progress(say, mutants, len(leftover))
    works = [
        (number, lambda m=mutants[number]: imported(m), 30 + 6 * sum(seconds[name] for name in mutants[number].tests))
        for number in leftover
    ]
    run_all(works, options.jobs, progress.note)
    return mutants


# --- the command


def report(mutants):
    """A table by module, and the survivors."""
    counts = defaultdict(Counter)
    for mutant in mutants:
        counts[mutant.module][mutant.outcome] += 1
        counts["all"][mutant.outcome] += 1
    lines = [
        "| Module | Mutants | Killed | Timed out | Survived | Score |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for module, count in counts.items():
        if module != "all":
            lines.append(row(module, count))
    return "\n".join([*lines, row("all", counts["all"])])


def row(name, count):
    total, survived = count.total(), count["survived"] + count["not executed"]
    shown = f"{100 * (total - survived) / total:.1f} %"
    return f"| {name} | {total:,} | {count['killed']:,} | {count['timed out']} | {survived} | {shown} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1, help="mutants at the same time")
    parser.add_argument("--only", action="append", help="a module, by the end of its path")
    parser.add_argument("--tests", action="append", help="tests in place of the usual ones")
    parser.add_argument("--seconds", type=float, default=30, help="of tests for one mutant, by their time unmutated")
    parser.add_argument("--control", action="store_true", help="two faults that are seen, two changes that are not")
    parser.add_argument("--write", type=Path, help="a JSON file for all mutants and what became of them")
    parser.add_argument("--again", type=Path, help="a JSON file of --write: what it shows as killed is not tried again")
    parser.add_argument("--learned", type=Path, help="a JSON file that keeps what tests execute, while modules stay")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        mutants = work_inside(options.inside, options)
        (options.inside / "mutants.json").write_text(json.dumps([asdict(mutant) for mutant in mutants]))
        return 0
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
        command = [sys.executable, str(scratch / "tests" / "mutation.py"), "--inside", str(scratch), *sys.argv[1:]]
        subprocess.run(command, cwd=scratch, env=environment, check=True)
        mutants = [Mutant(**fields) for fields in json.loads((scratch / "mutants.json").read_text())]
    if options.write:
        options.write.write_text(json.dumps([{**asdict(m), "source": "", "tests": []} for m in mutants], indent=1))
    print(report(mutants))
    for mutant in mutants:
        if mutant.outcome in {"survived", "not executed"}:
            print(mutant)
    if options.control:
        return int(any(mutant.outcome != mutant.wanted for mutant in mutants))
    return 0


if __name__ == "__main__":
    sys.exit(main())
