"""Files to start from: a catalog, a fit file, and copies of catalogs that are there."""

import os
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from moo_inference.catalog import published
from moo_inference.catalog.catalog import Catalog
from moo_inference.catalog.loading import BUILT_IN, catalog_to_yaml, load_catalog, parse_catalog, with_kinds
from moo_inference.documents.files import open_to_read
from moo_inference.documents.yaml_file import parse_yaml
from moo_inference.errors import CatalogError


class Export(NamedTuple):
    """A catalog as a text.

    Attributes:
        text: YAML.
        catalog: what it holds.
    """

    text: str
    catalog: Catalog


def starter(name: str) -> str:
    """The text of a file with comments to start from: `catalog` or `fit`."""
    return (files("moo_inference.catalog") / f"starter_{name}.yaml").read_text(encoding="utf-8")


def export(source: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Export:
    """A catalog as a file in another folder has it: with all its comments, wherever its text means the same there.

    Elsewhere, as where it names files of attempts relative to itself or has the keys of another schema, it is written
    anew.

    Args:
        source: the name of a built-in catalog, or a file.
        folder: where the file will be.

    Raises:
        CatalogError: (a ValueError) the catalog is invalid.
    """
    catalog = load_catalog(source)
    path = BUILT_IN.get(str(source), str(source))
    with open_to_read(path) as stream:
        content = stream.read()
    data = parse_yaml(content, path).data
    own_schema = not published.is_published(data) and with_kinds(data) is data and "scenarios" in data
    if own_schema and _means(content, path, folder) == catalog:
        return Export(content.decode("utf-8-sig"), catalog)
    return Export(catalog_to_yaml(catalog, Path(folder)), catalog)


def _means(content: bytes, name: str, folder: str | os.PathLike[str]) -> Catalog | None:
    """The catalog in some bytes as a file of a folder; None where it would be none there."""
    try:
        return parse_catalog(content, name, folder)
    except CatalogError:
        return None
