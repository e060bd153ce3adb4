"""The options of measuring batch by batch."""

from dataclasses import dataclass
from typing import Annotated

from moo_inference.cli.fit_options import flag
from moo_inference.errors import SettingError

STATE = "moo-inference-next.json"
PLAN_VARIABLE = "MOO_INFERENCE_PLAN"
"""Names the file of the plan to the command."""


@dataclass(frozen=True)
class LoopOptions:
    """Whether a plan is carried out, and how."""

    loop: Annotated[
        str | None,
        flag(
            "--loop",
            "CMD",
            f"Run this for each batch, by the shell: it finds the plan in the file ${PLAN_VARIABLE}, appends to the "
            "attempts or prints paths of files with more.",
        ),
    ] = None
    batch: Annotated[
        float | None, flag("--batch", "USD", "At most so much for each.", show_default="a tenth of --spend")
    ] = None
    state: Annotated[
        str | None, flag("--state", "FILE", "Where the loop saves what was spent, to go on.", show_default=STATE)
    ] = None
    start_over: Annotated[
        bool, flag("--start-over", None, "Forget what an earlier loop spent; its attempts stay what they are.")
    ] = False

    def refuse_alone(self) -> None:
        """Refuse options that mean nothing without a command.

        Raises:
            SettingError: (a ValueError) some are given; all are named.
        """
        values = {"--batch": self.batch, "--state": self.state, "--start-over": self.start_over or None}
        given = [name for name, value in values.items() if value is not None]
        if given:
            raise SettingError(f"{', '.join(given)} must come with --loop CMD")
