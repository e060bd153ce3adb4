"""What selects the best of k passes, in words: no accuracy of k passes means anything without it."""

from collections.abc import Collection

_SHORT = {"oracle": "oracle", "verifier": "verifier", "majority": "vote", "all": "all"}

_LONG = {
    "oracle": "the best one, as only an oracle or a perfect check of the answers picks it",
    "verifier": "the one to which a verifier gives the highest score",
    "majority": "the most frequent answer, by vote",
    "all": "the worst one, so that all k passes must be right",
}


def keeper(keep: str) -> str:
    """What selects the pass, in one word: oracle, verifier, vote or all."""
    return _SHORT[keep]


def kept_of(keeps: Collection[str]) -> str:
    """A sentence on what selects the best of k passes, with a word for each where there are several."""
    used = [keep for keep in _LONG if keep in keeps]
    if len(used) == 1:
        return f"Kept of k passes: {_LONG[used[0]]}."
    return f"Kept of k passes: {'; '.join(f'{_SHORT[keep]}: {_LONG[keep]}' for keep in used)}."
