"""The paper's complete experiment: nine models, three scenarios, four rules, compared with print."""

import os
from collections.abc import Hashable
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import load_catalog
from moo_inference.deprecations import renamed_keyword
from moo_inference.documents.frames import deliver, frame_to_csv, frame_to_json
from moo_inference.documents.results import CHOICES_CSV, CHOICES_JSON, save_results
from moo_inference.estimators import MonteCarlo, Progress
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.paper.claims import Claim, examine_claims
from moo_inference.studies.study import Study, run_study

if TYPE_CHECKING:
    import pandas as pd

RULES = ("accuracy-max", "max-cube", "utopia-closest", "knee-published")
"""The paper's four; the code behind its tables has a knee of its own (see `decision.knee_point`)."""

PAPER_LABELS = {"knee-published": "knee-point"}
"""What the paper calls it."""

_DIGITS = {"accuracy": 2, "cost": 2, "time": 1}

_PROPORTIONAL = (
    "no meaning: input and output prices stand at 1 : 8 and so do the speeds, so cost and time are proportional draw "
    "by draw, the curvature of the published code is zero, and floating-point rounding decides"
)
_MISPRINT = "misprint: the cost computed by the published code is one cent lower"

KNOWN_DIFFERENCES = {
    ("essay-feedback", "gpt-5-mini", "knee-point"): _PROPORTIONAL,
    ("medical-ai", "gpt-5-mini", "knee-point"): _PROPORTIONAL,
    ("proposal-writing", "gpt-5-mini", "knee-point"): _PROPORTIONAL,
    ("essay-feedback", "qwen3-next-80b-a3b", "knee-point"): _MISPRINT,
    ("proposal-writing", "gpt-5-mini", "max-cube"): _MISPRINT,
    ("proposal-writing", "gpt-5-mini", "utopia-closest"): _MISPRINT,
}
"""The cells of which it is known that they differ from print, and why."""


@dataclass(frozen=True)
class Reproduction:
    """The paper's experiment as computed, with the paper's tables and claims.

    Attributes:
        study: the run, with the decision `knee-published`.
        claims: what the text states, and what comes out.
    """

    study: Study
    claims: tuple[Claim, ...]

    @cached_property
    def choices(self) -> "pd.DataFrame":
        """The study's choices, 108 rows with the knee under the paper's name for it, without `keep`, and the columns.

        printed_k, printed_accuracy, printed_cost, printed_time: as in the paper's tables;
        differs: which of k, accuracy, cost, time differ from print, empty where none does;
        reason: why.
        """
        # The paper assumes an oracle throughout.
        frame = self.study.choices.drop(columns="keep")
        frame["decision"] = frame["decision"].replace(PAPER_LABELS)
        keys = ["scenario", "model", "decision"]
        printed = printed_tables().rename(columns=lambda name: name if name in keys else f"printed_{name}")
        frame = frame.merge(printed, on=keys, how="left", validate="one_to_one")
        frame["differs"] = [_differences(row) for row in frame.to_dict(orient="records")]
        frame["reason"] = [
            (KNOWN_DIFFERENCES.get(tuple(key), "unexplained") if differs else "")
            for *key, differs in frame[[*keys, "differs"]].itertuples(index=False, name=None)
        ]
        return frame

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as CSV; written atomically to `path` if one is given. See `Study.to_csv`."""
        return deliver(frame_to_csv(self.choices), path, CHOICES_CSV, overwrite=overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str:
        """The choices as a JSON list of records; written atomically to `path` if one is given. See `Study.to_json`."""
        return deliver(frame_to_json(self.choices), path, CHOICES_JSON, overwrite=overwrite)

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write what `Study.save` writes, with the choices as here, and claims.csv.

        Args:
            folder: made if it is not there. It may hold the reproduction of before.
            overwrite: replace whatever is there.

        Raises:
            OutputError: (an OSError) the folder holds other files by these names, or cannot be written.
            SettingError: (a ValueError) it holds a reproduction with other settings.
        """
        import pandas as pd  # noqa: PLC0415 (slow to load)

        claims = frame_to_csv(pd.DataFrame([asdict(claim) for claim in self.claims]))
        own = {"choices.csv": self.to_csv(), "choices.json": self.to_json(), "claims.csv": claims}
        texts = self.study.texts() | own
        save_results(folder, "reproduction", self.study.settings, texts, overwrite=overwrite)

    @property
    def k_as_printed(self) -> int:
        """Cells whose k, or whose lack of one, is as printed."""
        return int((~self.choices["differs"].str.contains(r"\bk\b")).sum())

    @property
    def all_as_printed(self) -> int:
        """Cells in which every value is as printed."""
        return int((self.choices["differs"] == "").sum())

    @property
    def holds(self) -> bool:
        """Whether the cells that differ from print are just those of which it is known."""
        differing = self.choices[self.choices["differs"] != ""]
        keys = set(differing[["scenario", "model", "decision"]].itertuples(index=False, name=None))
        return keys == set(KNOWN_DIFFERENCES) and len(self.choices) == len(printed_tables())


@renamed_keyword("kept", "checkpoint")
def reproduce_paper(
    progress: Progress | None = None, *, workers: int | str = 1, checkpoint: Checkpoint | None = None
) -> Reproduction:
    """Run the paper's experiment with its settings: 300 independent trials, seed 42, P = 4, k = 4, 8, ..., 128.

    The arguments are those of `run_study`.
    """
    study = run_study(
        load_catalog("paper"),
        decisions=RULES,
        estimator=MonteCarlo(trials=300, seed=42, draws="independent"),
        k_max=128,
        k_step=4,
        workers=workers,
        checkpoint=checkpoint,
        progress=progress,
    )
    return Reproduction(study, examine_claims(study, printed_tables()))


def printed_tables() -> "pd.DataFrame":
    """The paper's Tables 4-6: scenario, model, decision, k, accuracy, cost (USD), time (s); empty where no knee is."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    with (files("moo_inference.paper") / "tables.csv").open(encoding="utf-8") as stream:
        return pd.read_csv(stream, comment="#", dtype={"k": "Int64"})


def _differences(row: dict[Hashable, Any]) -> str:
    """The names of the values that are not as printed, at the digits that are printed."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    if pd.isna(row["k"]) or pd.isna(row["printed_k"]):
        return "" if pd.isna(row["k"]) and pd.isna(row["printed_k"]) else "k"
    if row["k"] != row["printed_k"]:
        return "k"
    return ", ".join(
        name for name, digits in _DIGITS.items() if f"{row[name]:.{digits}f}" != f"{row[f'printed_{name}']:.{digits}f}"
    )
