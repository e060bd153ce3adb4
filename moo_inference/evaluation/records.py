"""An evaluation as one short text per question, so that a catalog can hold it and needs no other file.

A record is groups of samples that are alike to what keeps the best pass, each as right/all, apart by blanks:

* oracle: one group, `3/10`;
* verifier: one group for each score, the highest first, `1/1 1/2 0/7`;
* majority: one group for each answer, and `none:2` for samples without one, `3/3 0/5 none:2`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moo_inference.errors import SettingError
from moo_inference.evaluation.accuracy_curve import AccuracyCurve, Keep, accuracy_curve
from moo_inference.evaluation.checks import FloatArray, IntArray, passes, refuse_beyond
from moo_inference.evaluation.clusters import clusters_of_questions
from moo_inference.evaluation.interval import mean_interval
from moo_inference.evaluation.pass_at_k import mean_pass_at_k, pass_at_k
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.voting import ABSENT

_GROUP = re.compile(r"([0-9]{1,9})/([0-9]{1,9})\Z")
_NONE = re.compile(r"none:([0-9]{1,9})\Z")


@dataclass(frozen=True)
class Record:
    """One question.

    Attributes:
        groups: (right, all) of each group, in order.
        absent: samples without an answer.
    """

    groups: tuple[tuple[int, int], ...]
    absent: int = 0

    @property
    def n(self) -> int:
        """Samples."""
        return sum(size for _, size in self.groups) + self.absent

    @property
    def c(self) -> int:
        """Right ones."""
        return sum(right for right, _ in self.groups)

    @classmethod
    @lru_cache(maxsize=1 << 12)  # many questions have the same record
    def parse(cls, text: str, keep: str) -> "Record":
        """A record from its text.

        Raises:
            ValueError: it is none for what keeps the best pass; the message states what must hold.
        """
        groups, absent = [], 0
        for part in text.split():
            group, none = _GROUP.match(part), _NONE.match(part)
            if group and int(group[1]) <= int(group[2]) and int(group[2]) > 0:
                groups.append((int(group[1]), int(group[2])))
            elif none and int(none[1]) > 0 and keep == "majority" and not absent:
                absent = int(none[1])
            else:
                raise ValueError(
                    "must be groups of samples as right/all, such as 3/10"
                    + (", and none:2 for samples without an answer" if keep == "majority" else "")
                )
        if not groups and not absent:
            raise ValueError("must hold at least one sample, as right/all")
        if keep == "oracle" and len(groups) != 1:
            raise ValueError("must be one group, right/all, where the oracle keeps the best pass")
        return cls(tuple(groups), absent)

    def __str__(self) -> str:
        parts = [f"{right}/{size}" for right, size in self.groups]
        return " ".join([*parts, *([f"none:{self.absent}"] if self.absent else [])])


@dataclass(frozen=True)
class Evaluation:
    """The records of m questions.

    Attributes:
        names: (m,) the questions.
        records: (m,) what was found of each.
        keep: which pass is kept.
        clusters: (m,) of the questions; None where each stands for itself.
    """

    names: tuple[str, ...]
    records: tuple[Record, ...]
    keep: Keep
    clusters: tuple[str, ...] | None = None

    @classmethod
    def parse(cls, texts: Mapping[str, str], keep: Keep, clusters: Mapping[str, str] | None = None) -> "Evaluation":
        """From the texts of a catalog.

        Args:
            texts: the record of each question, by its name.
            keep: which pass is kept.
            clusters: of each question, by its name; None or empty where each stands for itself.

        Raises:
            ValueError: the first record that is none, by the name of its question.
        """
        records = []
        for name, text in texts.items():
            try:
                records.append(Record.parse(text, keep))
            except ValueError as error:
                raise ValueError(f"question {name!r} {error}") from error
        return cls(tuple(texts), tuple(records), keep, tuple(clusters[name] for name in texts) if clusters else None)

    @cached_property
    def n(self) -> IntArray:
        """(m,) samples of each question."""
        return np.array([record.n for record in self.records], dtype=np.int64)

    @cached_property
    def c(self) -> IntArray:
        """(m,) right ones among them."""
        return np.array([record.c for record in self.records], dtype=np.int64)

    @property
    def fewest(self) -> int:
        """Samples of the question that has the fewest: the largest k that can be estimated."""
        return int(self.n.min())

    def curve(self, k: ArrayLike, *, trials: int = 1000, seed: int = 42) -> AccuracyCurve:
        """Accuracy of k passes; see `accuracy_curve`.

        Args:
            k: (n,) numbers of passes, each at most the fewest samples of a question.
            trials: of a simulated vote.
            seed: of a simulated vote.

        Raises:
            SettingError: (a ValueError) a k exceeds the samples of a question.
        """
        ks = passes(k)
        if self.keep != "oracle":
            refuse_beyond(self.n, ks, self.names)
            question, correct, code = self.samples()
            answer, score = (code, None) if self.keep == "majority" else (None, -code)
            return accuracy_curve(
                question,
                correct,
                k,
                keep=self.keep,
                answer=answer,
                score=score,
                cluster=None if self.clusters is None else np.repeat(self.clusters, self.n),
                trials=trials,
                seed=seed,
            )
        # For an oracle the counts are sufficient: no array of all samples is made.
        if self.clusters is None:
            over = mean_pass_at_k(self.n, self.c, ks, names=np.array(self.names))
        else:
            over = QuestionMean.of(*pass_at_k(self.n, self.c, ks, names=np.array(self.names)), self.clusters)
        low, high = mean_interval(over)
        nothing = np.zeros(len(ks))
        return AccuracyCurve(
            "oracle",
            ks,
            over.mean,
            over.error,
            np.sqrt(over.mean * over.error),
            low,
            high,
            nothing.astype(bool),
            nothing,
            True,
        )

    def samples(self) -> tuple[IntArray, FloatArray, IntArray]:
        """One entry a sample: question, correct, and the place of its group among those of the question, -1 if absent.

        A question stands for itself by its place among the names in ascending order. Samples of one group are alike, so
        any order of them is as good as the one in which they were drawn.
        """
        correct: list[FloatArray] = []
        codes: list[IntArray] = []
        for record in self.records:
            for place, (right, size) in enumerate(record.groups):
                correct.append((np.arange(size) < right).astype(float))
                codes.append(np.full(size, place, dtype=np.int64))
            correct.append(np.zeros(record.absent))
            codes.append(np.full(record.absent, -1, dtype=np.int64))
        question = np.empty(len(self.names), dtype=np.int64)
        question[sorted(range(len(self.names)), key=self.names.__getitem__)] = np.arange(len(self.names))
        return np.repeat(question, self.n), np.concatenate(correct), np.concatenate(codes)


def evaluation_of(
    question: ArrayLike,
    correct: ArrayLike,
    keep: Keep = "oracle",
    *,
    answer: ArrayLike | None = None,
    score: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> Evaluation:
    """The records of samples, one entry a sample.

    Args:
        question: (s,) the question of each sample: whole numbers or texts, in any order.
        correct: (s,) 0 or 1, or booleans.
        keep: which pass is kept, and so what the records must contain.
        answer: (s,) codes of answers, -1 for none; "majority" needs them.
        score: (s,) of a verifier, the higher the better; "verifier" needs them.
        cluster: (s,) of each sample's question; None: each question stands for itself.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or what `keep` needs is missing.
    """
    samples = Samples.of(question, correct)
    key: NDArray[Any]
    if keep == "oracle":
        key = np.zeros(len(samples.place))
    elif keep == "verifier":
        if score is None:
            raise SettingError("verifier needs a score for every sample, got none")
        scores = samples.per_sample("score", score, "biuf", "a number").astype(float)
        if np.isnan(scores).any():
            raise SettingError(f"verifier needs a score for every sample, got none for {np.isnan(scores).sum():,}")
        key = -scores
    elif keep == "majority":
        if answer is None:
            raise SettingError("majority needs an answer for every sample, -1 where there is none; got none")
        key = samples.per_sample("answer", answer, "iu", "a whole number, -1 for none,")
        if (key < ABSENT).any():
            raise SettingError(f"answer must be a code of at least 0, or -1 for none, got {int(key.min())}")
    else:
        raise SettingError(f"keep must be one of: oracle, verifier, majority; got {keep!r}")
    order = np.lexsort((key, samples.place))
    place, key, right = samples.place[order], key[order], samples.correct[order]
    starts = np.flatnonzero(np.append(True, (place[1:] != place[:-1]) | (key[1:] != key[:-1])))
    sizes = np.diff(np.append(starts, len(place)))
    rights = np.add.reduceat(right, starts).astype(np.int64)
    groups: list[list[tuple[int, int]]] = [[] for _ in samples.names]
    absent = [0] * len(samples.names)
    for start, size, good in zip(starts.tolist(), sizes.tolist(), rights.tolist(), strict=True):
        row = int(place[start])
        if keep == "majority" and key[start] == ABSENT:
            absent[row] = size
        else:
            groups[row].append((good, size))
    records = tuple(Record(tuple(found), none) for found, none in zip(groups, absent, strict=True))
    clusters = None
    if cluster is not None:
        clusters = tuple(map(str, clusters_of_questions(samples.names, samples.place, cluster).tolist()))
    return Evaluation(tuple(str(name) for name in samples.names), records, keep, clusters)


def shared_questions(evaluations: Iterable[Evaluation]) -> frozenset[str]:
    """The questions that all of them have."""
    names = [frozenset(one.names) for one in evaluations]
    return frozenset.intersection(*names) if names else frozenset()
