"""Plurals, articles, lists and numbers as sentences have them."""

from collections.abc import Sequence

from moo_inference.formatting.amounts import fewest_digits

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
    """A name behind a or an, by its sound as far as its letters show: an Azure trace, a LiteLLM map, an SLO."""
    word = name.split(" ", 1)[0]
    spelled = len(word) > 1 and word[:2].isupper()
    vowel = word[:1] in _SPELLED if spelled else word[:1].lower() in "aeio" or word.startswith("lm-")
    return f"{'an' if vowel else 'a'} {name}"


def apart(one: object, other: object) -> tuple[str, str]:
    """Two values in words: numbers with the fewest digits, from six on, that distinguish them; none for None."""
    digits = fewest_digits(6, lambda count: _plain(one, count) != _plain(other, count))
    return _plain(one, digits), _plain(other, digits)


def _plain(value: object, digits: int) -> str:
    if value is None:
        return "none"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def left_out_text(errors: Sequence[float]) -> str:
    """How well times at a load are known by what those at other loads predict.

    Args:
        errors: relative errors of the mean seconds of a request, of each load that was left out.
    """
    if not errors:
        return "by how much they are off between two loads is not known"
    known = sorted(100 * abs(error) for error in errors)
    return (
        f"left out one by one, the time of a request at a load is predicted by the others within "
        f"{known[len(known) // 2]:.2g} % (median), {known[-1]:.2g} % at most"
    )
