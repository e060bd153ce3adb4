"""Published numbers, fronts of others, and the paper's own models: what was stated against what was found."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.evaluation import beta_pass_at_k, equal_difficulty
from moo_inference.formatting.amounts import usd
from validated.counts import DATA
from validated.lines import Line, mean, points
from validated.other_ways import EQUAL

PART = "given"
PUBLISHED = Path(__file__).parent.parent.parent / "tests" / "golden" / "published_numbers.csv"
FLOORS = 21
"""Budgets of each task of FrugalGPT, evenly from the least to the largest that a row needs."""

IN_PAPER = {
    "gpt-5": "gpt-5@high",
    "gpt-5-mini": "gpt-5-mini@high",
    "gpt-5-nano": "gpt-5-nano@high",
    "qwen3-max": "qwen3-max",
}
"""The models of the paper that were measured, with their ids in the catalog."""

FloatArray = NDArray[np.float64]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by column; lines with a # are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def beta_through(first: float, k: int, at_k: float, aimed: int) -> float:
    """pass@k at another k, of the Beta distribution of difficulty that gives pass@1 and pass@k.

    Args:
        first: pass@1.
        k: where the second one is known.
        at_k: pass@k there.
        aimed: the k that is wanted.
    """

    def of(log_size: float, k: int) -> float:
        size = float(np.exp(log_size))
        return float(beta_pass_at_k(first * size, (1 - first) * size, k)[0][0])

    return of(float(brentq(lambda x: of(x, k) - at_k, -12, 12)), aimed)


def humaneval() -> tuple[FloatArray, FloatArray, FloatArray]:
    """(n,) published pass@100 of HumanEval, what pass@1 and pass@10 say of it, and 1 - (1 - p)^100."""
    of: dict[str, dict[int, float]] = {}
    for row in rows_of(PUBLISHED):
        if row["quantity"] == "pass@k" and row["dataset"] == "HumanEval":
            of.setdefault(row["model"], {})[int(row["k"])] = float(row["value"])
    found = [
        (own[100], beta_through(own[1], 10, own[10], 100), *equal_difficulty(own[1], [100])[0]) for own in of.values()
    ]
    return tuple(np.array(found).T)  # type: ignore[return-value]


def tau2() -> tuple[FloatArray, FloatArray, FloatArray]:
    """(n,) published pass^4 of tau2-bench, what pass^1 and pass^2 say of it, and p^4.

    That all of k passes are right is one less pass@k of wrong ones.
    """
    found = []
    for row in rows_of(DATA / "tau2_pass_hat_k.csv"):
        one, two, four = (float(row[f"pass_{k}"]) / 100 for k in (1, 2, 4))
        if one**2 < two < one < 1:
            found.append((four, 1 - beta_through(1 - one, 2, 1 - two, 4), one**4))
    return tuple(np.array(found).T)  # type: ignore[return-value]


@dataclass(frozen=True, eq=False)
class Task:
    """The rows of one task of FrugalGPT: single models, and cascades for several budgets.

    Attributes:
        name: of the task.
        cascade: (n,) whether the row is one.
        train: (n, 2) USD per query and accuracy on the questions that the cascades were fitted to.
        test: (n, 2) the same on others.
    """

    name: str
    cascade: NDArray[np.bool_]
    train: FloatArray
    test: FloatArray


def frugalgpt() -> list[Task]:
    """The five tasks."""
    by_task: dict[str, list[dict[str, str]]] = {}
    for row in rows_of(DATA / "frugalgpt_fronts.csv"):
        by_task.setdefault(row["task"], []).append(row)
    return [
        Task(
            name,
            np.array([row["kind"] == "cascade" for row in rows]),
            *(
                np.array([[float(row[f"{of}_{what}"]) for what in ("usd", "accuracy")] for row in rows])
                for of in ("train", "test")
            ),
        )
        for name, rows in by_task.items()
    ]


def catalog_of(rows: FloatArray) -> mi.Catalog:
    """A catalog of configurations with one pass, each with its USD per query and its accuracy."""
    models = {
        f"row {number}": mi.Model(
            name=f"row {number}",
            usd_per_million_input_tokens=0.0,
            usd_per_million_output_tokens=1e3 * cost,
            free=True,
            price_checked=True,
            seconds_per_input_token=1e-3,
            seconds_per_output_token=1e-3,
            input_tokens={"mean": 1.0, "std": 0.0},
            output_tokens={"mean": 1000.0, "std": 0.0},
            accuracy=Accuracy(mean=accuracy, std=0.0),
            parallel=1,
        )
        for number, (cost, accuracy) in enumerate(rows.tolist())
    }
    return mi.Catalog(models=models, scenarios={})


def product_front(rows: FloatArray) -> set[int]:
    """The rows on the front across models, as `choose` finds it."""
    found = mi.choose(catalog_of(rows), accuracy=0.0, k_max=1)
    return {int(str(model).split()[1]) for model in found.front.models}


def dominance(rows: FloatArray) -> set[int]:
    """The same by comparing each row with each other: none is as cheap and as accurate, and better in one."""
    return {
        one
        for one, (cost, accuracy) in enumerate(rows.tolist())
        if not any(c <= cost and a >= accuracy and (c < cost or a > accuracy) for c, a in rows.tolist())
    }


def frugal_regrets(task: Task) -> tuple[list[float], list[float], list[float]]:
    """What choices on the training questions lose on the test questions.

    Returns:
        Points of accuracy lost by accuracy-max for each cost budget; dollars lost by cheapest for each floor, in
        percent; and by how many points each of these choices falls short of its floor.
    """
    catalog = catalog_of(task.train)
    lost, dearer, short = [], [], []
    for limit in np.linspace(task.train[:, 0].min(), task.train[:, 0].max(), FLOORS):
        row = _chosen(mi.choose(catalog, cost=float(limit), rule="accuracy-max", k_max=1))
        lost.append(100 * max(task.test[task.test[:, 0] <= limit, 1].max(initial=0.0) - task.test[row, 1], 0.0))
    for floor in np.linspace(task.train[:, 1].min(), task.train[:, 1].max(), FLOORS):
        row = _chosen(mi.choose(catalog, accuracy=float(floor), k_max=1))
        short.append(100 * max(float(floor) - task.test[row, 1], 0.0))
        enough = task.test[:, 1] >= floor
        if enough.any():
            dearer.append(100 * max(task.test[row, 0] / task.test[enough, 0].min() - 1, 0.0))
    return lost, dearer, short


def _chosen(found: object) -> int:
    return int(str(getattr(found, "model", None)).split()[1])


def lines() -> list[Line]:
    """The lines of all published numbers and fronts."""
    made = []
    sets: tuple[tuple[str, str, Callable[[], tuple[FloatArray, ...]], str], ...] = (
        ("HumanEval, published", "pass@100, by a Beta through pass@1 and pass@10", humaneval, EQUAL),
        ("tau2-bench, published", "pass^4 (all four right), by a Beta through pass^1 and pass^2", tau2, "p^4"),
    )
    for title, what, read, other in sets:
        found, ours, naive = read()
        others = {other: (mean(points(naive, found)),)}
        bias = 100 * mean(ours - found)
        made.append(Line(PART, title, what, len(found), points(ours, found), others=others, bias=bias))
    tasks = frugalgpt()
    regrets = [frugal_regrets(task) for task in tasks]
    lost, dearer, short = ([value for own in column for value in own] for column in zip(*regrets, strict=True))
    title = "FrugalGPT, five tasks"
    made += [
        Line(
            PART,
            title,
            "accuracy lost by accuracy-max, chosen on the training questions, on the test questions",
            len(lost),
            lost,
        ),
        Line(PART, title, "dollars lost by cheapest, chosen and judged so", len(dearer), dearer, "%"),
        Line(
            PART,
            title,
            "how far accuracy falls short of the floor of cheapest, chosen and judged so",
            len(short),
            short,
        ),
    ]
    for kind, which in (("single models", False), ("cascades", True)):
        own = [(task.train[task.cascade == which, 1], task.test[task.cascade == which, 1]) for task in tasks]
        train, test = (np.concatenate(column) for column in zip(*own, strict=True))
        bias = 100 * mean(train - test)
        what = f"accuracy on the test questions of {kind}, from the training questions"
        made.append(Line(PART, title, what, len(train), points(train, test), bias=bias))
    return made


def same_fronts() -> tuple[int, int]:
    """How many fronts of FrugalGPT's rows are those of plain comparison, and how many there are."""
    sets = [rows for task in frugalgpt() for rows in (task.train, task.test)]
    return sum(product_front(rows) == dominance(rows) for rows in sets), len(sets)


TABLE_3 = (
    "Model",
    "USD per million tokens in / out",
    "output tokens of a pass",
    "seconds per output token",
    "seconds of a pass",
    "USD of a pass",
    "accuracy of a pass",
    "best of 4",
)


def table_3() -> list[tuple[str, ...]]:
    """Rows of the paper's Table 3 against what GPQA Diamond shows of the same models: stated, then measured."""
    paper, measured = mi.load_catalog("paper").models, mi.load_catalog("gpqa-diamond").models
    rows = []
    for key, there in IN_PAPER.items():
        model, own = paper[key], measured[there]
        if not isinstance(own, RecordedModel) or own.attempts.tokens is None:
            raise ValueError(f"{there} must have recorded attempts with tokens, got none")
        written = own.attempts.tokens[1]
        stated = mi.ClosedForm().estimate(model, [1, 4], parallel=1, latency="waves")
        found = mi.Recorded().estimate(own, [1, 4])
        rate = own.attempts.seconds.sum() / written.sum()
        pairs: Mapping[str, tuple[str, str]] = {
            "price": (_prices(model), _prices(own)),
            "tokens": (
                f"{model.output_tokens.mean:,.0f} ± {model.output_tokens.std:.0f}",
                f"{written.mean():,.0f} ± {written.std():,.0f}",
            ),
            "rate": (f"{model.seconds_per_output_token:g}", f"{rate:.3f}"),
            "seconds": (f"{stated.time.mean[0]:.1f} s", f"{found.time.mean[0]:.1f} s"),
            "usd": (usd(stated.cost.mean[0]), usd(found.cost.mean[0])),
            "accuracy": (f"{stated.accuracy.mean[0]:.2f}", f"{found.accuracy.mean[0]:.3f}"),
            "best": (f"{stated.accuracy.mean[1]:.3f}", f"{found.accuracy.mean[1]:.3f}"),
        }
        rows.append((own.name, *(f"{one}; measured {other}" for one, other in pairs.values())))
    return rows


def _prices(model: mi.Model) -> str:
    return f"{model.usd_per_million_input_tokens:g} / {model.usd_per_million_output_tokens:g}"
