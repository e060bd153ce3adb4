"""What the rows of a front run: at each stage a model and a number of passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.estimators.curve import IntArray, RowIndex


@dataclass(frozen=True)
class Configuration:
    """One model and k, or one of each at every stage of a plan.

    Attributes:
        passes: the s numbers of passes.
        ids: the s ids of the models; empty where there is one model alone.
        names: the s names of the stages; empty where there is one that needs no name.
    """

    passes: tuple[int, ...]
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def k(self) -> int | None:
        """The number of passes; None where stages have one each."""
        return None if self.names else self.passes[0]

    @property
    def model(self) -> str | None:
        """The id of the model where there are several; None where stages have one each."""
        return self.ids[0] if self.ids and not self.names else None

    @property
    def stages(self) -> Mapping[str, tuple[str, int]]:
        """The model and k of each stage by its name; empty where stages have no names."""
        return dict(zip(self.names, zip(self.ids, self.passes, strict=True), strict=True)) if self.names else {}

    def __str__(self) -> str:
        models = self.ids or ("",) * len(self.passes)
        names = self.names or ("",) * len(self.passes)
        return ", ".join(
            " ".join(filter(None, (name, model, "with" if model else "", f"k = {k}")))
            for name, model, k in zip(names, models, self.passes, strict=True)
        )


@dataclass(frozen=True)
class Configurations:
    """Those of n rows.

    Attributes:
        passes: (n, s) numbers of passes.
        number: (n, s) which of the ids of a stage's models it is.
        ids: for each stage the ids that its model may have; empty where there is one model alone.
        names: the s names of the stages; empty where there is one that needs no name.
    """

    passes: IntArray
    number: IntArray
    ids: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()

    @classmethod
    def of_one_stage(cls, k: IntArray, models: Sequence[str] = ()) -> "Configurations":
        """From k (n,), and the model of each row where there are several."""
        ids = {model: place for place, model in enumerate(dict.fromkeys(models))}
        number = np.array([ids[model] for model in models], dtype=np.int64) if ids else np.zeros(len(k), dtype=np.int64)
        return cls(k[:, None], number[:, None], (tuple(ids),) if ids else ())

    def __len__(self) -> int:
        return len(self.passes)

    def __getitem__(self, row: int) -> Configuration:
        return Configuration(tuple(self.passes[row].tolist()), self._models(self.number[row].tolist()), self.names)

    @property
    def models(self) -> tuple[tuple[str, ...], ...]:
        """The s ids of the models of each of the n rows; empty where there is one model alone."""
        return tuple(map(self._models, self.number.tolist())) if self.ids else ()

    def take(self, rows: RowIndex) -> "Configurations":
        """Some rows only, in that order."""
        return Configurations(self.passes[rows], self.number[rows], self.ids, self.names)

    def _models(self, number: Sequence[int]) -> tuple[str, ...]:
        return tuple(own[place] for own, place in zip(self.ids, number, strict=True)) if self.ids else ()
