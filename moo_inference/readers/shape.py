"""Where JSON has keys, without its values: what its format is told by."""

from moo_inference.documents.document import Location
from moo_inference.documents.json_file import steps


class Shape:
    """Where the beginning of a JSON file has keys and list items, four levels deep."""

    def __init__(self, text: str) -> None:
        self.found: set[Location] = {location for location, *_ in steps(text, 4)}
        top = 1 if (0,) in self.found else 0
        self.keys: set[str | int] = {
            at[-1] for at in self.found if len(at) == top + 1 and all(part == 0 for part in at[:top])
        }

    def has(self, *pattern: str | int) -> bool:
        """Whether something stands at a location; `*` stands for any key."""
        return any(
            len(at) == len(pattern) and all(part in ("*", there) for part, there in zip(pattern, at, strict=True))
            for at in self.found
        )
