"""What large files of attempts and studies of many settings take: seconds of the processor, and peak memory.

Files with 1,000 settings x 1,000 questions x 10 samples are written and read, and models are made of them; then studies
run over as many recorded settings (200 questions x 8 attempts), and over as many models of formulas in 3 scenarios.
Each line is a process of its own. It takes a quarter of an hour, 3 GB of disk and 2 GB of memory; pyarrow writes the
files.

    python benchmarks/scale.py [--rows 10000000] [--settings 1000] [--folder DIR] [--only files|study]
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from large_study import random_model
from pyarrow import csv, parquet
from timing import command

import moo_inference as mi
from moo_inference.catalog.loading import save_catalog
from moo_inference.formatting.table import Table, print_tables

EFFORTS = ("low", "medium", "high", "max")
SAMPLES = 10
BUDGETS = ("--cost", "0.02", "--time", "60")

READ = """
import sys
import moo_inference as mi
print(mi.read_attempts(sys.argv[1]))
"""
MODELS = """
import sys
import moo_inference as mi
attempts = mi.read_attempts(sys.argv[1])
prices = {"usd_per_million_input_tokens": 1.0, "usd_per_million_output_tokens": 4.0}
for name in attempts.models:
    attempts.model(name, least_samples=1, **prices)
"""
NOTHING = "import moo_inference.catalog.attempts, moo_inference.readers, pandas, pyarrow.parquet"


def tables(settings: int, questions: int, samples: int) -> Iterator[pa.Table]:
    """One table a setting: answers in texts, log-normal tokens and seconds, and a gap in one of 500 attempts."""
    dice = np.random.default_rng(0)
    difficulty, length, prompt = (
        dice.normal(0, 1.5, questions),
        dice.normal(0, 0.8, questions),
        dice.integers(80, 900, questions),
    )
    question = np.repeat(np.arange(questions), samples)
    n = len(question)
    names = pa.array([f"benchmark/{place:05}" for place in range(questions)])
    for setting in range(settings):
        skill = 2 * (setting % 97) / 97 - 0.5
        right = dice.random(n) < 1 / (1 + np.exp(-(skill + difficulty)))[question]
        tokens = np.exp(5.5 + 0.6 * (setting % 4) + length[question] + dice.normal(0, 0.5, n)).astype(np.int64) + 1
        seconds = np.round(tokens / (30 + setting % 70) * np.exp(dice.normal(0, 0.2, n)) + 0.2, 3)
        gap = dice.random(n) < 0.002
        answer = np.where(right, (7 * question) % 4, (7 * question + dice.integers(1, 4, n)) % 4)
        yield pa.table(
            {
                "model": pa.array([f"vendor-{setting % 9}/model-{setting // 4:03}"] * n),
                "effort": pa.array([EFFORTS[setting % 4]] * n),
                "question": names.take(pa.array(question)),
                "sample": pa.array(np.tile(np.arange(1, samples + 1), questions)),
                "correct": pa.array(right.astype(np.int8), mask=gap),
                "answer": pa.array(["A", "B", "C", "D"]).take(pa.array(answer, mask=gap)),
                "tokens_in": pa.array(prompt[question]),
                "tokens_out": pa.array(tokens, mask=gap),
                "seconds": pa.array(seconds, mask=gap),
                "usd": pa.array(np.round(1e-6 * prompt[question] + 4e-6 * tokens, 9)),
                "error": pa.array(np.where(gap, "rate limit", None), pa.string()),
            }
        )


def write(folder: Path, settings: int, questions: int, samples: int, *, kinds: str) -> dict[str, Path]:
    """The same attempts in files of some kinds, by kind."""
    paths = {kind: folder / f"attempts-{settings}x{questions}x{samples}.{kind}" for kind in kinds.split()}
    first = next(tables(1, questions, samples))
    packed = pa.CompressedOutputStream(str(paths["csv.gz"]), "gzip") if "csv.gz" in paths else None
    rows = csv.CSVWriter(packed, first.schema) if packed is not None else None
    columns = parquet.ParquetWriter(paths["parquet"], first.schema)
    lines = paths["jsonl"].open("w") if "jsonl" in paths else None
    for table in tables(settings, questions, samples):
        columns.write_table(table)
        if rows is not None:
            rows.write_table(table)
        if lines is not None:
            table.to_pandas().to_json(lines, orient="records", lines=True)
    for stream in (rows, packed, columns, lines):
        if stream is not None:
            stream.close()
    return paths


def file_table(folder: Path, rows: int, settings: int) -> Table:
    """Reading, and models of what was read."""
    questions = rows // settings // SAMPLES
    paths = write(folder, settings, questions, SAMPLES, kinds="csv.gz parquet jsonl")
    _, before = command(sys.executable, "-c", NOTHING)()
    lines = []
    for kind, path in paths.items():
        works = {"read_attempts": (sys.executable, "-c", READ, str(path))}
        if kind == "parquet":
            works[f"{settings:,} models of it"] = (sys.executable, "-c", MODELS, str(path))
            works["fit --attempts"] = (
                *(sys.executable, "-m", "moo_inference.cli", "fit", "--attempts", str(path), "--least-samples", "1"),
                *(
                    "--c-max",
                    "0.02",
                    "--t-max",
                    "60",
                    "--a-min",
                    "0.5",
                    "--out",
                    str(folder / "fitted.yaml"),
                    "--force",
                ),
            )
            works["doctor"] = (sys.executable, "-m", "moo_inference.cli", "doctor", str(path))
        for what, words in works.items():
            seconds, peak = command(*words)()
            lines.append(
                (
                    f"{what}, {kind}",
                    f"{path.stat().st_size / 1e6:,.0f} MB",
                    f"{seconds:,.1f} s",
                    f"{rows / seconds:,.0f}",
                    f"{peak:,.0f} MB",
                    f"{(peak - before) * 2**20 / rows:,.0f}",
                )
            )
            print(lines[-1], file=sys.stderr)
    columns = ("what", "file", "processor", "rows per second", "peak memory", "bytes a row beyond the imports")
    return Table(f"Files of {rows:,} attempts (imports alone: {before:,.0f} MB)", columns, tuple(lines))


def study_table(folder: Path, settings: int) -> Table:
    """Commands on many recorded settings, and on as many models of formulas."""
    attempts = write(folder, settings, 200, 8, kinds="parquet")["parquet"]
    generator = np.random.default_rng(1)
    scenarios = {"strict": (0.05, 60, 0.5), "loose": (1, 600, 0.6), "middle": (0.5, 120, 0.3)}
    formulas = folder / "formulas.yaml"
    save_catalog(
        mi.Catalog(
            models={f"m{place}": random_model(generator, f"model {place}", "waves") for place in range(settings)},
            scenarios={
                key: mi.Scenario(name=key, c_max=cost, t_max=time, a_min=floor)
                for key, (cost, time, floor) in scenarios.items()
            },
        ),
        formulas,
        overwrite=True,
    )
    recorded = ("--attempts", str(attempts), "--least-samples", "1", *BUDGETS)
    known = ("--catalog", str(formulas), "--k-max", "64")
    page = ("--out", str(folder / "report.html"), "--force")
    lines = []
    for what, words in {
        "recorded: solve": ("solve", *recorded),
        "recorded: route": ("route", *recorded),
        "recorded: choose, 1,000 resamples": ("choose", *recorded),
        "recorded: report": ("report", *recorded, *page),
        "formulas x 3 scenarios: solve": ("solve", *known),
        "formulas: route": ("route", *known, "-s", "strict"),
        "formulas: choose": ("choose", *known, "-s", "strict"),
        "formulas x 3 scenarios: report": ("report", *known, *page),
    }.items():
        seconds, peak = command(sys.executable, "-m", "moo_inference.cli", *words)()
        lines.append((what, f"{seconds:,.1f} s", f"{peak:,.0f} MB"))
        print(lines[-1], file=sys.stderr)
    return Table(f"Studies of {settings:,} settings", ("what", "processor", "peak memory"), tuple(lines))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--settings", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where files are written; a temporary one that is removed")
    parser.add_argument("--only", choices=("files", "study"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        found = []
        if given.only != "study":
            found.append(file_table(Path(folder), given.rows, given.settings))
        if given.only != "files":
            found.append(study_table(Path(folder), given.settings))
    print_tables(found, sys.stdout)


if __name__ == "__main__":
    main()
