"""The run of the tests: each once to learn what it executes, then those that execute what a mutant changes."""

import ast
import gc
import hashlib
import json
import sys
import time
import traceback
import types
import warnings
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from forks import replace_function, run_all
from mutants import AT_IMPORT, module_name

SEEN = ("killed", "timed out")
NOT_IN_PLACE, AT_IMPORT_ALONE = 8, 9
"""What a child ends with where the tool failed, and where a function cannot be replaced after its import."""

TOO_SLOW = 8.0
"""Tests that take longer, in seconds, are left out: each of them looks at what quicker ones look at too."""


class Session:
    """A pytest plugin that takes the place of the run of the tests."""

    def __init__(self, scratch, mutants, files, options, report):
        self.scratch, self.mutants, self.files, self.options, self.report = scratch, mutants, files, options, report
        self.leftover = []

    def pytest_runtestloop(self, session):
        self.items = {item.nodeid: item for item in session.items}
        self.order = {nodeid: place for place, nodeid in enumerate(self.items)}
        session.config._tmp_path_factory.getbasetemp()
        files = {getattr(module, "__file__", None): name for name, module in sys.modules.items()}
        self.functions, self.caches = defaultdict(list), []
        gc.unfreeze()  # what the tests' own set-up froze is not listed
        for thing in gc.get_objects():
            if isinstance(thing, types.FunctionType) and thing.__code__.co_filename in files:
                self.functions[files[thing.__code__.co_filename]].append(thing)
            elif hasattr(type(thing), "cache_clear"):
                self.caches.append(thing)
        gc.freeze()  # so that a fork does not copy what it only looks at
        self.learn(session)
        self.run_bodies(session)
        return True

    def learn(self, session):
        """Which lines each test executes and how long it takes; the tests of a file share a fork."""
        import coverage

        into = self.scratch / "learned"
        into.mkdir()
        names = list(self.items)
        known = self.kept()
        watch = coverage.Coverage(data_file=None, include=sorted(map(str, self.files)), config_file=False)
        # What it prepares at its first start need not be prepared in each fork.
        watch.start()
        watch.stop()

        def work(numbers):
            for place, number in enumerate(numbers):
                # What an earlier test has put there is not worked out again.
                for filled in self.caches if place else ():
                    filled.cache_clear()
                watch.erase()
                start = time.perf_counter()
                watch.start()
                run_items(session, [self.items[names[number]]])
                watch.stop()
                seconds = time.perf_counter() - start
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    data = watch.get_data()
                lines = {Path(f).relative_to(self.scratch).as_posix(): data.lines(f) for f in data.measured_files()}
                if not session.testsfailed:
                    (into / str(number)).write_text(json.dumps([seconds, lines]))
                session.testsfailed = 0
            return 0

        unknown = defaultdict(list)
        for number, name in enumerate(names):
            if name not in known:
                unknown[file_of(name)].append(number)

        def done(numbers, code):
            hundreds = len(known) // 100
            for number in numbers:
                if (into / str(number)).exists():
                    known[names[number]] = json.loads((into / str(number)).read_text())
                elif len(numbers) == 1:
                    self.report(f"left out, since it does not pass as it is: {names[number]} ({code})")
            self.report(f"learned {len(known)} of {len(names)} tests, now of {file_of(names[numbers[0]])}")
            # So that a run that is stopped here goes on here.
            if len(known) // 100 > hundreds:
                self.keep(known)

        def learned(groups):
            run_all([(own, lambda n=own: work(n), 60 * len(own)) for own in groups], self.options.jobs, done)

        learned(map(tuple, unknown.values()))
        # Some hang on what the caches held when they were collected.
        learned([(number,) for own in unknown.values() for number in own if names[number] not in known])
        self.seconds, self.by_line, self.lines = {}, defaultdict(set), Counter()
        passing = {name: known[name] for name in names if name in known}
        # What the quickest takes is what watching takes.
        least = min(seconds for seconds, _ in passing.values())
        for name, (seconds, lines) in passing.items():
            if seconds > TOO_SLOW:
                self.report(f"too slow, left out: {name} ({seconds:.1f} s)")
                continue
            self.seconds[name] = seconds - least
            self.lines[name] = sum(map(len, lines.values()))
            for file, numbers in lines.items():
                for line in numbers:
                    self.by_line[file, line].add(name)
        self.keep(known)

    def kept(self):
        """What is known of tests that are as they were, and so are the modules that they execute."""
        path = self.options.learned
        if path is None or not path.exists():
            return {}
        before = json.loads(path.read_text())
        now = {**self.prints(self.files), **self.prints({self.scratch / file_of(name) for name in before["tests"]})}

        def same(file):
            return file in now and now[file] == before["files"].get(file)

        return {name: own for name, own in before["tests"].items() if all(map(same, (file_of(name), *own[1])))}

    def prints(self, paths):
        """A fingerprint of each file that there is, by its name in the repository."""
        existing = sorted(path for path in paths if path.exists())
        return {str(p.relative_to(self.scratch)): hashlib.sha256(p.read_bytes()).hexdigest() for p in existing}

    def keep(self, known):
        """Write what tests execute, where a file for it was named."""
        if self.options.learned:
            files = {*self.files, *(self.scratch / file_of(name) for name in known)}
            self.options.learned.write_text(json.dumps({"files": self.prints(files), "tests": known}))

    def tests_of(self, mutant):
        """Names of the tests that execute what was mutated, within the seconds of a mutant.

        Those of its folder come first: of these the quick ones, of the quick ones those of the module, and of those the
        ones that execute most of the function and least besides, since they look at it most closely.
        """
        bodies = bodies_of(self.scratch / mutant.module)
        if mutant.function.endswith(AT_IMPORT):
            around = executed = [line for body in bodies for line in body]
        else:
            executed = range(mutant.first, mutant.last + 1)
            around = min((body for body in bodies if mutant.first in body), key=len, default=executed)
        names = set().union(*(self.by_line[mutant.module, line] for line in executed))
        own = Counter(name for line in around for name in self.by_line[mutant.module, line])
        module = Path(mutant.module)

        def place(name):
            file = Path(file_of(name))
            far, others = file.parent.name != module.parent.name, file.stem != f"test_{module.stem}"
            return far, self.seconds[name] // 0.5, others, -own[name], self.lines[name], self.order[name]

        left, chosen = self.options.seconds, []
        for name in sorted(names, key=place):
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
        progress = Progress(self.report, self.mutants, len(works))

        def done(number, code):
            if code == NOT_IN_PLACE:
                raise RuntimeError(f"{self.mutants[number]} could not be put in place")
            if code == AT_IMPORT_ALONE:
                self.leftover.append(number)
            else:
                progress.note(number, code)

        run_all(works, self.options.jobs, done)

    def body(self, session, mutant):
        try:
            fits = replace_function(mutant, self.functions[module_name(mutant.module)], self.caches)
        except ValueError:
            fits = False
        except Exception:  # noqa: BLE001 (a failure of this tool is no failed test)
            traceback.print_exc()
            return NOT_IN_PLACE
        if not fits:
            return AT_IMPORT_ALONE
        return run_items(session, [self.items[name] for name in mutant.tests])


class Progress:
    """Records what became of mutants and reports progress."""

    def __init__(self, report, mutants, total):
        self.report, self.mutants, self.total, self.count, self.start = report, mutants, total, 0, time.monotonic()

    def note(self, number, code):
        mutant = self.mutants[number]
        mutant.outcome = "timed out" if code is None else "survived" if code == 0 else "killed"
        self.count += 1
        if mutant.outcome == "survived":
            self.report(str(mutant))
        if self.count % 200 == 0 or self.count == self.total:
            self.report(f"{self.count} of {self.total} mutants, {time.monotonic() - self.start:.0f} s")


def run_items(session, items):
    """Run tests one after the other until one fails; 1 if one did."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def file_of(name):
    """The file of a test, of its name."""
    return name.split("::", maxsplit=1)[0]


@cache
def bodies_of(path):
    """The lines of each function of a module, from the first of its body on."""
    functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
    return [range(node.body[0].lineno, node.end_lineno + 1) for node in functions]


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
