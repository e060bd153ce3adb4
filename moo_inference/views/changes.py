"""What changed between two records of a study, in words."""

from moo_inference.formatting.words import apart, counted
from moo_inference.records.replay import Change, Replay


def change_text(change: Change, most: int | None = None) -> str:
    """A sentence on a choice that is not as before.

    Args:
        change: what changed of it.
        most: so many values are shown, before and after, and the others are counted; None means all.
    """
    what = ", ".join(map(str, change.key))
    if change.before is None:
        return f"{what}: is new"
    if change.after is None:
        return f"{what}: is gone"
    parts = []
    for one in change.fields[:most]:
        was, now_is = apart(one.before, one.after)
        parts.append(f"{one.field} was {was}, is {now_is}")
    left = len(change.fields) - len(parts)
    return f"{what}: {'; '.join([*parts, *([f'and {left} more numbers'] if left else [])])}"


def replay_lines(replay: Replay) -> list[str]:
    """What a replay found: the verdict, the changes, the versions; a line each."""
    count = len(replay.study.records())
    if replay.changes:
        verdict = f"changed: {len(replay.changes)} of {counted(count, 'choice')}"
    else:
        largest = f"largest relative difference {replay.largest_difference:.1g}"
        verdict = f"nothing changed: {counted(count, 'choice')}, {largest}"
    versions = [
        f"version of {one.package} {one.before or 'unknown'} then, {one.after} now" for one in replay.other_versions
    ]
    return [verdict, *map(change_text, replay.changes), *versions]
