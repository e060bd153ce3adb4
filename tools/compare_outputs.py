"""Whether another checkout gives the same results, byte for byte: to run after a restructuring.

    python tools/compare_outputs.py BEFORE/.venv/bin/moo-inference .venv/bin/moo-inference

Each command runs with either program, both in folders of their own that hold the examples and the tests' data of the
other checkout, since files written before must still be read. Its exit status, what it prints, and every CSV, JSON, XML
and YAML file that it leaves are compared. What has a reason to differ is left out: see MASKED and RENAMED. It ends
with 1 where anything else differs.
"""

import argparse
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMMANDS = """
solve -f csv
solve -f json
solve -f csv --draws independent --estimator monte-carlo --trials 300
solve -f csv --estimator monte-carlo --trials 200 --seed 7 -m gpt-5 --assess
solve -f csv --latency waves -m gpt-5-nano
solve -f json --latency waves --parallel 3 -m gpt-5-nano -m gpt-5
solve -f csv --t-quantile 0.95
solve -f json --c-quantile 0.95 --t-quantile 0.9 -m gpt-5
solve -f csv --baseline fixed-16 --baseline accuracy-per-dollar --baseline accuracy-within-cost
solve -f csv --k-max 64 --k-step 4
solve -f csv --k-min 2 --k-max 9 -d knee-chord -d cheapest -d fastest -d max-cube
solve -f json -s medical-ai -m gpt-5 -m gpt-5-nano --out study
solve -f csv --workers 2 --estimator monte-carlo --trials 100 -m gpt-5 -m gpt-5-nano
solve -f csv -s essay-feedback --t-quantile 0.99 --a-quantile 0.5 -m qwen3-max
solve --catalog examples/catalog.yaml -f csv
solve --catalog examples/catalog.yaml -f json --out catalog-study
solve --catalog examples/pipeline.yaml -f csv
solve --catalog examples/pipeline.yaml -f json --out pipeline-study
solve --catalog examples/pipeline.yaml -f csv -p plan-solve-verify --k-max 8
solve --catalog examples/pipeline.yaml -f json --t-quantile 0.9
solve --catalog examples/energy.yaml -f csv
solve --catalog examples/energy.yaml -f json --out energy-study
solve --catalog examples/energy.yaml -f csv --without joules
solve -m no-such-model -f csv
solve --k-max 0 -f csv
solve -s essay-feedback -m gpt-5 --k-max 2 -d no-such-rule -f csv
route -s essay-feedback -f json
route -s medical-ai -f json -d cheapest
route -s essay-feedback -d max-cube --what-if -f json
route -s essay-feedback --k-max 8 --latency waves -f json --policy policy.json --litellm litellm.yaml
route -s medical-ai --t-quantile 0.95 -f json --out routed
route --catalog examples/energy.yaml -s support -f json
compare -m gpt-5-nano -s essay-feedback -f csv --seeds 2
compare -m gpt-5-nano -s essay-feedback -f json --solver nsga2 --solver nsga3 --seeds 2
compare -s essay-feedback --across-models -f csv --solver nsga2 --seeds 1
compare --catalog examples/pipeline.yaml -p plan-solve-verify -f csv --seeds 1
assess -m gpt-5-nano -s essay-feedback -f csv --replications 40
assess -m gpt-5-nano -s essay-feedback -f json --replications 40 --trials 50
reproduce -f csv
reproduce -f json --out reproduction
check --baseline study --junit junit.xml
check --baseline catalog-study
check --baseline pipeline-study --fail-if changed --fail-if infeasible
check --baseline routed
check --baseline study --k-max 4
candidates tests/data/frugalgpt_summary_HEADLINES.csv --c-max 0.01 -f json
doctor tests/data/vllm_bench_detailed.json
doctor tests/data/litellm_model_prices_excerpt.json
doctor tests/data/outcomes_long.csv
fit --name one --prices tests/data/litellm_model_prices_excerpt.json --model-key gpt-4o @tokens @by-hand --out one.yaml
fit --name two --input-price 1 --output-price 2 --lengths tests/data/azure_llm_code_2500.csv @by-hand --out two.yaml
report -m gpt-5 -s essay-feedback --k-max 8 --out report.html
report -m gpt-5 -m gpt-5-nano -s essay-feedback --k-max 4 --out other.html
report --catalog examples/pipeline.yaml --k-max 4 --out pipelines.html
replay report.html
replay pipelines.html
diff report.html other.html
diff report.html report.html
check --baseline report.html --k-max 4
"""

SHORT = {
    "@tokens": "--input-tokens 500,100 --output-tokens 800,200",
    "@by-hand": "--request-seconds 4,1 --accuracy 0.7,0.1 --parallel 4 --c-max 1 --t-max none --a-min 0.5",
}
"""What stands for more."""

MASKED = (
    ("the key of an accuracy's kind, `law` before 0.2", re.compile(r'(")(?:law|kind)": "(?=beta|outcomes)')),
    ("the release", re.compile(r'("moo-inference": )"[^"]*"')),
    ("seconds of a run, which no two runs share", re.compile(r'("seconds": )[0-9.e+-]+')),
)
RENAMED = (('"law": "', '"kind": "'), (" by a law (", " by a distribution ("))
"""Words of 0.1 in recorded files, and what 0.2 writes."""

TIMED = re.compile(r"^compare .*-f csv")
"""Commands whose CSV has a column of seconds of the run."""


def main() -> int:
    """Compare two programs; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="the program of the other checkout")
    parser.add_argument("after", type=Path, help="the program of this one")
    parser.add_argument("--only", default="", help="commands that contain this text")
    chosen = parser.parse_args()
    commands = [line for line in COMMANDS.strip().splitlines() if chosen.only in line]
    for name, words in SHORT.items():
        commands = [command.replace(name, words) for command in commands]
    programs = (chosen.before.absolute(), chosen.after.absolute())
    checkout = chosen.before.absolute().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        homes = [Path(folder) / name for name in ("before", "after")]
        for home in homes:
            home.mkdir()
            shutil.copytree(checkout / "examples", home / "examples")
            shutil.copytree(checkout / "tests" / "data", home / "tests" / "data")
        different, seen = 0, set()
        with ThreadPoolExecutor(2) as pool:
            for command in commands:
                results = list(pool.map(run, programs, homes, [command] * 2))
                differences = [line for line in compared(*results) if line not in seen]
                seen.update(differences)
                different += bool(differences)
                print(f"{'differs' if differences else 'same':8}{results[0]['exit status']}  {command}")
                for line in differences:
                    print(f"        {line}")
    print(f"{len(commands)} commands, {different} of them with differences")
    return 1 if different or not commands else 0


def run(program: Path, home: Path, command: str) -> dict[str, str]:
    """What one command gives: its status, what it prints, and the files that are there after it."""
    done = subprocess.run([program, *shlex.split(command)], cwd=home, capture_output=True, text=True, check=False)
    outputs = {
        "exit status": str(done.returncode),
        "output": timeless(done.stdout) if TIMED.match(command) else done.stdout,
    }
    for path in sorted(home.rglob("*")):
        if path.suffix in {".csv", ".json", ".yaml", ".xml"} and path.relative_to(home).parts[0] not in {
            "examples",
            "tests",
        }:
            outputs[str(path.relative_to(home))] = path.read_text(encoding="utf-8")
    for _, pattern in MASKED:
        outputs = {name: pattern.sub(r"\1...", text) for name, text in outputs.items()}
    for old, new in RENAMED:
        outputs = {name: text.replace(old, new) for name, text in outputs.items()}
    return outputs


def timeless(table: str) -> str:
    """A CSV table without its column of seconds."""
    header, *rows = table.splitlines() or [""]
    columns = header.split(",")
    if "seconds" not in columns:
        return table
    place = columns.index("seconds")
    return "\n".join(",".join(cell for n, cell in enumerate(row.split(",")) if n != place) for row in (header, *rows))


def compared(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """What differs, a line each with the first place."""
    lines = []
    for name in dict.fromkeys([*before, *after]):
        old, new = (outputs.get(name, "").splitlines() for outputs in (before, after))
        if old != new:
            place = next(
                (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
            )
            was, now = ((lines_of[place] if place < len(lines_of) else "(nothing)")[:200] for lines_of in (old, new))
            lines.append(f"{name}, line {place + 1}: {was!r} -> {now!r}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
