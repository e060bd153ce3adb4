"""What changed between two records of a study, in words."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from moo_inference.formatting.words import apart, counted
from moo_inference.records.gate import Chosen, Verdict
from moo_inference.records.price_changes import OtherPrices, PriceChange
from moo_inference.records.replay import Change, Replay
from moo_inference.studies.confidence import Assessment
from moo_inference.studies.frames import SURE_ENOUGH
from moo_inference.views.confidence import how_sure


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


def price_text(change: PriceChange) -> str:
    """A sentence on a price that is another: price of X: usd_per_million_output_tokens was 10, is 12 (its sources)."""
    was, now = (_amount(value) for value in (change.before, change.after))
    sources = [change.source_before or "no source", change.source_after or "no source"]
    where = f"{sources[0]} before, {sources[1]} now" if sources[0] != sources[1] else f"{sources[0]}, before and now"
    return f"price of {change.model}: {change.field} was {was}, is {now} ({where})"


def _amount(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.12g}"
    if isinstance(value, list | tuple):
        tiers = [", ".join(f"{name} {_amount(own)}" for name, own in tier.items()) for tier in value]
        return f"[{'; '.join(tiers)}]"
    return "nothing" if value is None else str(value)


def failure_text(verdict: Verdict, cause: str) -> str:
    """Why a choice fails at the gate for one of its causes."""
    if cause == "infeasible":
        return verdict.reason
    if cause == "unsure" and verdict.assessment is not None:
        return _unsure(verdict.assessment)
    if verdict.before is None:
        return "is not in the baseline"
    if verdict.after is None:
        return "is gone, and was in the baseline"
    return f"was {_chosen_text(verdict.before)}, is {_chosen_text(verdict.after)}"


def _unsure(found: Assessment) -> str:
    if found.of_seeds_alone:
        return f"with other seeds only {found.pgs:.0%} of the choices are as good as the exact one"
    return f"must be at least {SURE_ENOUGH:.0%} sure, and is {how_sure(found)}"


def _chosen_text(chosen: Chosen) -> str:
    if not isinstance(chosen.what, int):
        return chosen.what or chosen.status
    return f"k = {chosen.what}" if chosen.model is None else f"{chosen.model} with k = {chosen.what}"


def prices_texts(prices: OtherPrices) -> list[str]:
    """A sentence on each price that is another, and one on how many further models have other prices."""
    others = prices.others
    further = f"{counted(others, 'other model')} of the catalog {'has' if others == 1 else 'have'} other prices too"
    return [*map(price_text, prices.changes), *([further] if others else [])]


def check_record(results: Sequence[Verdict], causes: Sequence[str], prices: OtherPrices) -> dict[str, Any]:
    """What a gate found as plain values, ready for JSON.

    Keys: choices (of each scenario, model, decision, before, after, causes, why), failures, causes, prices (model,
    field, before, after, source_before, source_after), models_with_other_prices.

    Args:
        results: the verdicts.
        causes: those that count.
        prices: those that are others.
    """
    choices = [
        {
            "scenario": one.scenario,
            "model": one.model,
            "decision": one.decision,
            "before": None if one.before is None else asdict(one.before),
            "after": None if one.after is None else asdict(one.after),
            "causes": list(one.causes),
            "why": [failure_text(one, cause) for cause in one.causes],
        }
        for one in results
    ]
    return {
        "choices": choices,
        "failures": sum(len(one.causes) for one in results),
        "causes": list(causes),
        "prices": [change.to_dict() for change in prices.changes],
        "models_with_other_prices": prices.others,
    }


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
