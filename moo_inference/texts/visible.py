"""Text of others, such as names in a catalog, made safe to be shown in a terminal."""

import re

# Control characters move the cursor, hide text or change colours; the last two ranges turn the direction of writing.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with escapes in the place of characters that a terminal obeys rather than shows; line ends stay."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    r"""The same as a single line: ends of lines are shown as \n."""
    return visible("\\n".join(text.splitlines()))
