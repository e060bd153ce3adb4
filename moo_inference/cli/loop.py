"""Measuring batch by batch: a command of the user's own is run for each, and the attempts are read again."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from moo_inference.cli.loop_options import PLAN_VARIABLE, STATE, LoopOptions
from moo_inference.documents.files import Kind, in_the_way, write_atomically
from moo_inference.errors import OutputError, SettingError, StoppedError
from moo_inference.formatting.amounts import usd
from moo_inference.formatting.lines import note

if TYPE_CHECKING:
    from moo_inference.studies.measurable import MeasurableSetting
    from moo_inference.studies.next_measurement import NextMeasurement

_BATCHES = 10
"""Into so many the sum is divided where nobody says how."""

_SECONDS_TO_END = 5.0
_STATE_FILE = Kind("the state of moo-inference next --loop", '{\n "run": "next"')
_PLAN_FILE = Kind("a plan of moo-inference next", '{\n "scenario": ')


class Batch(BaseModel):
    """What was measured once.

    Attributes:
        planned_usd: by the plan.
        usd: what is counted as spent: what the attempts cost, or the plan where fewer came than were asked for.
        attempts: how many came.
        pgs: before it; None where it was not known.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    planned_usd: float
    usd: float
    attempts: int
    pgs: float | None


class Pending(BaseModel):
    """A batch whose command was started.

    Attributes:
        before: attempts that there were, and USD that they cost, of each setting.
        planned: attempts that were asked for.
        planned_usd: what these cost by the plan.
        pgs: before it.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    before: dict[str, tuple[int, float]]
    planned: int
    planned_usd: float
    pgs: float | None


class LoopState(BaseModel):
    """What a loop has done, as its file has it.

    Attributes:
        run: `next`.
        asked: the question and the command, which must stay the same.
        spent: USD.
        files: attempts that the command named.
        batches: that are finished.
        pending: the batch whose command was started and is not counted yet.
    """

    model_config = ConfigDict(extra="forbid")

    run: str = "next"
    asked: dict[str, Any]
    spent: float = 0.0
    files: list[str] = []
    batches: list[Batch] = []
    pending: Pending | None = None


Planner = Callable[[list[str], float], "NextMeasurement"]
"""From further files of attempts, and a sum, what to measure next."""


def run_loop(
    options: LoopOptions, plan: Planner, spend: float, asked: Mapping[str, Any], *, extendable: bool
) -> tuple["NextMeasurement", dict[str, Any]]:
    """Measure until the target is reached, or nothing more can be bought for what is left of the sum.

    Args:
        options: the command, and how it is run.
        plan: plans the next batch.
        spend: USD in all.
        asked: what identifies the question, as plain values.
        extendable: whether the command may name further files of attempts.

    Returns:
        The last plan, and what was spent, as plain values.

    Raises:
        SettingError: (a ValueError) an option is out of its range, the file of the state is of another question, or
            the command fails or brings no attempts.
        OutputError: (an OSError) files cannot be written, or are something else.
        StoppedError: the run was interrupted.
    """
    if options.batch is not None and not 0 < options.batch < float("inf"):
        raise SettingError(f"--batch must be a positive number of USD, got {options.batch!r}")
    path = options.state or STATE
    state = _loaded(path, json.loads(json.dumps(dict(asked))), start_over=options.start_over)
    fresh = False
    while True:
        found = _planned(plan, state, spend, options.batch, fresh=fresh)
        _save(path, state)
        if found.status != "measure":
            return found, {"spent": state.spent, "batches": [batch.model_dump() for batch in state.batches]}
        state.pending = Pending(
            before={own.id: (own.made, own.usd) for own in found.settings},
            planned=sum(own.questions * own.attempts for own in found.purchases),
            planned_usd=found.usd,
            pgs=None if found.pgs != found.pgs else found.pgs,
        )
        _save(path, state)
        note(f"batch {len(state.batches) + 1}: {usd(found.usd)}, {usd(state.spent)} of {usd(spend)} spent so far")
        named = _run(options.loop or "", found, path, state)
        if named and not extendable:
            raise SettingError(f"the command must append to the attempts of the catalog, got new files: {named[0]}")
        state.files += [name for name in named if name not in state.files]
        _save(path, state)
        fresh = True


def _planned(plan: Planner, state: LoopState, spend: float, batch: float | None, *, fresh: bool) -> "NextMeasurement":
    """The next batch, within what is left after the one that was started, if one was; see `_settle`."""
    step = spend / _BATCHES if batch is None else min(batch, spend)
    found = plan(state.files, step)
    if state.pending is not None:
        _settle(state, found.settings, fresh=fresh)
    left = spend - state.spent
    if left <= 0 and found.status == "measure":
        return replace(found, status="sum too small", purchases=(), expected=None, spend=0.0)
    enough = min(left, max(step, found.cheapest))
    if (found.status == "measure" and found.usd > left) or (found.status == "sum too small" and enough > step):
        found = plan(state.files, enough)
    return found


def _settle(state: LoopState, settings: "tuple[MeasurableSetting, ...]", *, fresh: bool) -> None:
    """Count what the batch that was started has brought.

    Args:
        state: with the batch.
        settings: as they are now.
        fresh: whether the command has just ended, so that there must be something.
    """
    pending = state.pending
    if pending is None:
        return
    before = pending.before
    made = sum(own.made - before.get(own.id, (0, 0.0))[0] for own in settings)
    cost = sum(own.usd - before.get(own.id, (0, 0.0))[1] for own in settings)
    if made <= 0 and fresh:
        raise SettingError(
            f"the command must bring {pending.planned:,} attempts, appended to the files that are read or in files "
            "whose paths it prints; got none that are new"
        )
    state.pending = None
    if made > 0:
        counted = cost if made >= pending.planned or not fresh else max(cost, pending.planned_usd)
        counted = max(counted, 0.0)
        state.spent += counted
        state.batches.append(Batch(planned_usd=pending.planned_usd, usd=counted, attempts=made, pgs=pending.pgs))


def _run(command: str, plan: "NextMeasurement", path: str, state: LoopState) -> list[str]:
    """Run the command for a plan; the paths that it prints."""
    where = Path(path).with_suffix(".plan.json")
    why = in_the_way(where, _PLAN_FILE)
    if why is not None:
        raise OutputError(f"{where}: {why}: take another --state")
    write_atomically(where, json.dumps(plan.to_dict(), indent=1, allow_nan=False) + "\n")
    process = subprocess.Popen(  # noqa: S603 (the command is what the user typed)
        ["/bin/sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, PLAN_VARIABLE: str(where.resolve())},
        process_group=0,
    )
    try:
        printed, _ = process.communicate()
    except KeyboardInterrupt as stop:
        _end(process)
        raise StoppedError(
            f"interrupted; {usd(state.spent)} were spent before this batch, as {path} has it: to go on, give the same "
            "command again"
        ) from stop
    if process.returncode != 0:
        raise SettingError(
            f"the command of --loop must end with exit status 0, got {process.returncode}; to go on, give the same "
            "command again"
        )
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    wrong = [line for line in lines if not os.path.isfile(line)]
    if wrong:
        raise SettingError(
            "the command of --loop must print nothing but paths of files with attempts, one a line; got "
            f"{wrong[0]!r:.80}"
        )
    return [os.path.abspath(line) for line in lines]


def _end(process: "subprocess.Popen[str]") -> None:
    """End the command with all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(_SECONDS_TO_END)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue
        return


def _loaded(path: str, asked: dict[str, Any], *, start_over: bool) -> LoopState:
    """What an earlier run has done, or nothing yet."""
    why = in_the_way(path, _STATE_FILE)
    if why is not None:
        raise OutputError(f"--state {path}: {why}: take another name")
    if start_over or not os.path.exists(path):
        return LoopState(asked=asked)
    try:
        state = LoopState.model_validate_json(Path(path).read_bytes())
    except (OSError, ValidationError) as error:
        raise SettingError(f"--state {path} must be what a loop has saved: {str(error).splitlines()[0]}") from error
    others = [name for name in asked if asked[name] != state.asked.get(name)]
    if others:
        raise SettingError(
            f"--state {path} must be of the same loop, got another {', '.join(others)}: take another name, or "
            "--start-over"
        )
    if state.spent > 0:
        note(f"going on: {usd(state.spent)} were spent in {len(state.batches)} batches")
    return state


def _save(path: str, state: LoopState) -> None:
    write_atomically(path, json.dumps(state.model_dump(), indent=1, allow_nan=False) + "\n")
