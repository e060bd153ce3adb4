"""Measure until the choice is sure enough: a command makes each batch of attempts, and the loop reads them again.

Here the command copies attempts that are recorded already; yours would ask the models. The attempts are real: GPQA
Diamond, from Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0. In place of its price, each attempt
costs a cent.
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent.parent / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
BEGUN = "attempts.csv"


def recorded():
    """All attempts, with an id of each setting as the plan has it."""
    with gzip.open(RECORDED, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            setting = row["model"] + (f"@{row['effort']}" if row["effort"] else "")
            yield {"model": setting, **{name: row[name] for name in ("question", "correct", "seconds")}, "usd": 0.01}


def append(rows):
    """Add attempts to the file that is read."""
    new = not Path(BEGUN).exists()
    with open(BEGUN, "a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ("model", "question", "correct", "seconds", "usd"))
        if new:
            writer.writeheader()
        writer.writerows(rows)


if "MOO_INFERENCE_PLAN" in os.environ:
    plan = json.loads(Path(os.environ["MOO_INFERENCE_PLAN"]).read_text(encoding="utf-8"))
    names = {row["question"] for row in recorded()}
    with open(BEGUN, encoding="utf-8") as file:
        names -= {row["question"] for row in csv.DictReader(file)}
    new = sorted(names)
    asked = {own["model"]: {*own["names"], *new[: own["new"]]} for own in plan["purchases"]}
    append(row for row in recorded() if row["question"] in asked.get(row["model"], ()))
else:
    os.chdir(tempfile.mkdtemp())
    append(row for row in recorded() if int(row["question"]) <= 8)
    words = f"next --attempts {BEGUN} --cost 0.015 -d accuracy-max --questions 60 --spend 6 --batch 2 --target 0.8"
    command = f"{sys.executable} {Path(__file__).resolve()}"
    loop = [sys.executable, "-m", "moo_inference.cli", *words.split(), "--loop", command]
    subprocess.run(loop, check=False, stderr=subprocess.DEVNULL)  # noqa: S603 (the command of above)
