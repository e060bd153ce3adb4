"""Kills a study with `kill -9` at random moments, lets it end, and compares its files with those of an undisturbed one.

    python benchmarks/kill_and_resume.py [--kills 20] [--seed 1] [--trials 20000] [--workers 2]

The moments are spread over the whole command, its start included. Between two kills the finished tasks are looked at:
each that was there must still be there, as it was. Ends with status 1 if anything was lost or differs.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from moo_inference.execution.checkpoint import TASKS_FOLDER

COMMAND = Path(sys.executable).parent / "moo-inference"


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones included."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def tasks_of(folder: Path) -> dict[str, bytes]:
    """The finished tasks."""
    return {path.name: path.read_bytes() for path in (folder / TASKS_FOLDER).rglob("*.piece")}


def main() -> int:
    """Run it and print a line a kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    generator = np.random.default_rng(given.seed)
    options = [COMMAND, "solve", "--trials", str(given.trials), "--workers", str(given.workers), "--format", "csv"]
    with tempfile.TemporaryDirectory() as place:
        undisturbed, killed = Path(place) / "undisturbed", Path(place) / "killed"
        started = time.perf_counter()
        expected = subprocess.run([*options, "--out", undisturbed], capture_output=True, check=True).stdout
        seconds = time.perf_counter() - started
        print(f"undisturbed: {seconds:.1f} s, {len(tasks_of(undisturbed))} tasks")
        lost = kills = ended = 0
        while kills < given.kills:
            before = tasks_of(killed)
            process = subprocess.Popen(
                [*options, "--out", killed], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            moment = generator.uniform(0, seconds)
            try:
                process.wait(timeout=moment)
                ended += 1
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            kills += process.returncode != 0
            after = tasks_of(killed)
            gone = sum(after.get(name) != content for name, content in before.items())
            lost += gone
            what = "had ended" if process.returncode == 0 else f"killed after {moment:.2f} s"
            print(f"{kills} kills: {what}, {len(before)} -> {len(after)} tasks, {gone} lost")
            if process.returncode == 0:
                # There is nothing left to kill: the next ones are for a new run.
                same = files_of(killed) == files_of(undisturbed)
                print(f"   ended by itself: {'the same bytes' if same else 'OTHER BYTES'}")
                lost += not same
                killed = Path(place) / f"killed-{ended}"
        done = subprocess.run([*options, "--out", killed], capture_output=True, check=True)
        same = done.stdout == expected and files_of(killed) == files_of(undisturbed)
    verdict = "the same bytes" if same else "OTHER BYTES"
    print(f"{kills} kills (and {ended} runs that ended before theirs), {lost} tasks lost; at the end {verdict}")
    return 0 if same and not lost else 1


if __name__ == "__main__":
    sys.exit(main())
