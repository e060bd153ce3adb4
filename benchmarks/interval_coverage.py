"""How often 95 % intervals hold the truth, beside the usual mean +- 1.96 standard errors.

Evaluations are drawn at random, so that the truth is known.

Run: python benchmarks/interval_coverage.py [--repeats 2000] [--markdown]
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation import QuestionMean, beta_pass_at_k, mean_interval, paired_difference, pass_at_k
from moo_inference.formatting.table import Table, print_tables, to_markdown

FloatArray = NDArray[np.float64]

SIZES = (20, 50, 200)
SHARES = (0.5, 0.9, 0.98)
LIKE_EACH_OTHER = 0.9
"""Of the questions of a cluster, how many share its difficulty."""


@dataclass(frozen=True)
class Case:
    """Evaluations of one kind.

    Attributes:
        kind: what is drawn.
        questions: of each, or clusters of questions.
        truth: what the interval is of.
        intervals: ends for each of the repeats: ours and the usual ones.
    """

    kind: str
    questions: int
    truth: float
    intervals: dict[str, tuple[FloatArray, FloatArray]]

    def covered(self, name: str) -> float:
        """How often the interval of that name holds the truth."""
        low, high = self.intervals[name]
        return float(((low <= self.truth + 1e-12) & (self.truth - 1e-12 <= high)).mean())


def usual(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n,) ends of mean +- 1.96 standard errors of (m, n) values, as if the central limit theorem held."""
    half = 1.96 * values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return values.mean(axis=0) - half, values.mean(axis=0) + half


def _of_values(kind: str, values: FloatArray, truth: float, clusters: NDArray[np.int64] | None = None) -> Case:
    ours = mean_interval(QuestionMean.of(values, 1 - values, clusters))
    return Case(kind, len(values), truth, {"ours": ours, "usual": usual(values)})


def one_sample(questions: int, share: float, repeats: int, rng: np.random.Generator) -> Case:
    """One sample a question, right with that probability."""
    return _of_values(f"one sample, p = {share:g}", (rng.random((questions, repeats)) < share).astype(float), share)


def several_samples(questions: int, share: float, samples: int, k: int, repeats: int, rng: np.random.Generator) -> Case:
    """Best of k of several samples a question, difficulty Beta with a + b = 2 around the share."""
    a, b = 2 * share, 2 * (1 - share)
    counts = rng.binomial(samples, rng.beta(a, b, (questions, repeats)))
    values = pass_at_k(samples, np.arange(samples + 1), [k])[0][:, 0][counts]
    truth = float(beta_pass_at_k(a, b, [k])[0][0])
    return _of_values(f"{samples} samples, k = {k}, p = {share:g}", values, truth)


def never_solved(questions: int, repeats: int, rng: np.random.Generator) -> Case:
    """2 % of the questions are never solved, the others nearly always by 8 passes; 64 samples."""
    p = np.where(rng.random((questions, repeats)) < 0.02, 0.0, rng.beta(8, 4, (questions, repeats)))
    values = pass_at_k(64, np.arange(65), [8])[0][:, 0][rng.binomial(64, p)]
    return _of_values("64 samples, k = 8, 2 % never solved", values, 0.98 * float(beta_pass_at_k(8, 4, [8])[0][0]))


def in_clusters(clusters: int, share: float, repeats: int, rng: np.random.Generator) -> Case:
    """Clusters of 2 to 8 questions, nine in ten of which are right or wrong together."""
    names = np.repeat(np.arange(clusters), np.resize([2, 5, 8], clusters))
    together = rng.random((clusters, repeats))[names]
    own = rng.random((len(names), repeats))
    alike = rng.random((len(names), repeats)) < LIKE_EACH_OTHER
    values = (np.where(alike, together, own) < share).astype(float)
    return _of_values(f"in as many clusters of 2 to 8, p = {share:g}", values, share, names)


def difference(questions: int, share: float, gap: float, repeats: int, rng: np.random.Generator) -> Case:
    """Two models, one sample a question: the better one has all that the other has but for chance."""
    luck = rng.random((questions, repeats))
    redrawn = np.where(rng.random((questions, repeats)) < 0.3, rng.random((questions, repeats)), luck)
    one, other = (luck < share).astype(float), (redrawn < share - gap).astype(float)
    _, low, high = paired_difference(one, other)
    named = f"difference, p = {share:g} and {share - gap:g}"
    return Case(named, questions, gap, {"ours": (low, high), "usual": usual(one - other)})


def cases(repeats: int, seed: int = 1) -> Iterator[Case]:
    """All of them, drawn from the seed."""
    rng = np.random.default_rng(seed)
    draws: list[Callable[[int, float], Case]] = [
        lambda m, p: one_sample(m, p, repeats, rng),
        *(
            lambda m, p, n=n, k=k: several_samples(m, p, n, k, repeats, rng)  # type: ignore[misc]
            for n, k in ((8, 1), (8, 4), (16, 8))
        ),
        lambda m, p: in_clusters(m, p, repeats, rng),
        lambda m, p: difference(m, p, 0.0, repeats, rng),
        lambda m, p: difference(m, p, 0.05, repeats, rng),
    ]
    for draw in draws:
        for share in SHARES:
            yield from (draw(questions, share) for questions in SIZES)
    yield from (never_solved(questions, repeats, rng) for questions in SIZES)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--repeats", type=int, default=2000, help="evaluations of each kind")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    rows: dict[str, list[str]] = {}
    for case in cases(options.repeats):
        rows.setdefault(case.kind, []).append(f"{case.covered('ours'):.3f} ({case.covered('usual'):.3f})")
    title = f"Share of {options.repeats:,} evaluations whose 95 % interval holds the truth, and the usual one"
    columns = ("evaluation", *(f"{questions} questions" for questions in SIZES))
    table = Table(title, columns, tuple((kind, *found) for kind, found in rows.items()))
    if options.markdown:
        print(to_markdown([table]))
    else:
        print_tables([table], sys.stdout)


if __name__ == "__main__":
    main()
