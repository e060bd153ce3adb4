"""Plurals, articles, lists and numbers as sentences have them."""

from collections.abc import Iterable, Sequence
from typing import Any

_SPELLED = "AEFHILMNORSX"
"""Letters whose names begin with a vowel."""


def counted(number: int, thing: str, things: str | None = None) -> str:
    """A number of things: 1 choice, 2,000 choices.

    Args:
        number: how many.
        thing: the word for one.
        things: the word for several; None adds an s.
    """
    return f"{number:,} {thing if number == 1 else f'{thing}s' if things is None else things}"


def with_article(name: str) -> str:
    """A name behind a or an, by its sound as far as its letters tell: an Azure trace, a LiteLLM map, an SLO."""
    word = name.split(" ", 1)[0]
    spelled = len(word) > 1 and word[:2].isupper()
    vowel = word[:1] in _SPELLED if spelled else word[:1].lower() in "aeio" or word[:1] == "u"
    return f"{'an' if vowel else 'a'} {name}"


def listed(names: Iterable[Any]) -> str:
    """Names one after the other, or that there are none."""
    return ", ".join(map(str, names)) or "none, there are none"


def one_of(known: Sequence[Any]) -> str:
    """What follows `must`: be one of some names, or the only one."""
    return f"be {known[0]}" if len(known) == 1 else f"be one of: {listed(known)}"


def plain(value: Any) -> str:
    """A value as a sentence has it: six digits of a number, `nothing` for None, and all else as it is."""
    if value is None:
        return "nothing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def spread(low: str, high: str) -> str:
    """A range of two amounts, or the one that both are."""
    return low if low == high else f"{low} to {high}"
