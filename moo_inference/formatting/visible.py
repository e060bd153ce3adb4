"""Text of others, such as names in a catalog, made safe to be shown in a terminal."""

import re

_HIDDEN = re.compile(
    # Controls move the cursor, hide text or change colours; most of the others turn the direction of writing, break
    # lines, or are nothing to be seen.
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
    # Joiners shape scripts that need them, and join emoji; elsewhere they are invisible.
    r"|(?<![\u0600-\u0dff\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)


def visible(text: str) -> str:
    """The text with escapes in the place of characters that a terminal obeys rather than shows; line ends stay."""
    return _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def one_line(text: str) -> str:
    r"""The same as a single line: ends of lines are shown as \n."""
    return visible("\\n".join(text.splitlines()))
