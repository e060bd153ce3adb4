"""How a mutant gets into a process, and how children of this process run at the same time within a limit of time."""

import importlib.abc
import importlib.machinery
import os
import resource
import signal
import sys
import time
import traceback
import types
from pathlib import Path

from mutants import module_name

MEMORY = 4 << 30


def replace_function(mutant, functions, caches):
    """Give the function objects of this process the code of the mutant; False where its shape does not allow that.

    What caches hold of these functions is forgotten, since the code that made it is no more.
    """
    target = sys.modules[module_name(mutant.module)]
    new = code_of(compile(mutant.source, target.__file__, "exec"), mutant.function)
    old = code_of(compile(Path(target.__file__).read_text(encoding="utf-8"), target.__file__, "exec"), mutant.function)
    if new is None or old is None or new.co_freevars != old.co_freevars:
        return False
    found = [function for function in functions if function.__code__ == old]
    for function in found:
        function.__code__ = new
    for cache in caches:
        if getattr(cache, "__wrapped__", None) in found:
            cache.cache_clear()
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
