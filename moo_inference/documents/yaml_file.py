"""YAML as plain values, with the line of every key and nothing resolved behind the user's back.

The core schema of YAML 1.2 is used, in which `1e-6` is a number and `no` is a word. PyYAML's own YAML 1.1
reads the first as text and the second as false. Duplicate keys, anchors, aliases, merge keys and tags are
refused: each of them lets a file mean something else than it seems to.
"""

import os
import re
from typing import Any

import yaml

from moo_inference.documents.document import Document, Location, unreadable
from moo_inference.documents.files import open_to_read
from moo_inference.errors import CatalogError

# The same loader in C, some twenty times faster, where PyYAML was built with it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 16
_MOST_SHOWN = 20
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}


def read_yaml(path: str | os.PathLike[str]) -> Document:
    """Read one YAML document.

    Raises:
        CatalogError: the file is missing, is not UTF-8, does not parse, or uses what is refused (see above);
            every duplicate key, alias and tag is named with its line.
    """
    name = str(path)
    try:
        with open_to_read(path) as stream:
            content = stream.read()
    except (OSError, ValueError) as error:
        raise CatalogError(unreadable(name, error)) from error
    return parse_yaml(content, name)


def parse_yaml(content: bytes, name: str) -> Document:
    """The YAML document in some bytes; `name` names the file in messages.

    Raises:
        CatalogError: as `read_yaml`.
    """
    try:
        text = content.decode("utf-8-sig")
    except ValueError as error:
        raise CatalogError(f"{name}: must be UTF-8 text: {error}") from error
    try:
        walk = _Walk(name)
        walk.check(text)
        node = None if walk.errors else yaml.compose(text, Loader=_LOADER)
        data = None if node is None else walk.value(node, ())
    except yaml.YAMLError as error:
        raise CatalogError(_syntax_error(name, error)) from error
    if walk.errors:
        raise CatalogError(walk.errors)
    return Document(name, data, walk.lines)


def _syntax_error(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = f":{mark.line + 1}" if mark is not None else ""
    return f"{name}{line}: must be valid YAML: {' '.join(str(problem).split())}"


class _Walk:
    """Turns YAML's events into nodes and nodes into values, noting lines and errors on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.errors: list[str] = []
        self.lines: dict[Location, int] = {}

    def refuse(self, mark: Any, sentence: str) -> None:
        self.errors.append(f"{self.name}:{mark.line + 1}: {sentence}")

    def check(self, text: str) -> None:
        """Refuse anchors, aliases, tags and deep nesting before anything is built from them."""
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            if len(self.errors) >= _MOST_SHOWN:
                self.refuse(event.start_mark, "errors from here on are not looked for")
                break
            if isinstance(event, yaml.AliasEvent):
                self.refuse(
                    event.start_mark, f"aliases (*{getattr(event, 'anchor', '')}) must not be used: write the value out"
                )
            elif getattr(event, "anchor", None):
                self.refuse(event.start_mark, f"anchors (&{getattr(event, 'anchor', '')}) must not be used")
            if getattr(event, "tag", None):
                self.refuse(event.start_mark, f"tags ({getattr(event, 'tag', '')}) must not be used")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > _DEEPEST:
                    self.refuse(event.start_mark, f"values must not nest deeper than {_DEEPEST} levels")
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def value(self, node: Any, location: Location) -> Any:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*location, place)) for place, item in enumerate(node.value)]
        return node.value if node.style else plain_scalar(node.value)

    def _mapping(self, node: Any, location: Location) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.refuse(key_node.start_mark, "keys must be plain words, got a list or a mapping")
                continue
            key = key_node.value
            if key == "<<" and not key_node.style:
                self.refuse(key_node.start_mark, "merge keys (<<) must not be used: write the values out")
            elif key in found:
                first = self.lines[(*location, key)]
                where = ".".join(str(part) for part in (*location, key))
                self.refuse(key_node.start_mark, f"{where}: a key must stand once, but it stands on line {first} too")
            else:
                self.lines[(*location, key)] = key_node.start_mark.line + 1
                found[key] = self.value(value_node, (*location, key))
        return found


def plain_scalar(text: str) -> Any:
    """What a scalar without quotes means."""
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _FLOAT.match(text) else text
