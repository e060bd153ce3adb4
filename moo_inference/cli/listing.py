"""The command that lists what there is."""

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from moo_inference.cli.catalog_source import CatalogOption
from moo_inference.cli.options import Format, FormatOption

if TYPE_CHECKING:
    from moo_inference.views.listing import Listing


class Things(StrEnum):
    """What can be listed."""

    MODELS = "models"
    SCENARIOS = "scenarios"
    RULES = "rules"
    READERS = "readers"
    CATALOGS = "catalogs"


def list_known(
    things: Annotated[
        Things | None,
        typer.Argument(
            metavar="WHAT", help="models, scenarios, rules, readers or catalogs.", show_default="all, briefly"
        ),
    ] = None,
    catalog: CatalogOption = "paper",
    format: FormatOption = Format.TABLE,  # noqa: A002 (the option's name)
) -> None:
    """List models, scenarios, rules, readable files and catalogs.

    Models and scenarios are those of a catalog; the catalogs are the built-in ones.

    Example: moo-inference list models --catalog gpqa-diamond

    As CSV, several tables stand below each other, each after an empty line; as JSON, in one object by name.
    """
    from moo_inference.cli.solve import show

    wanted = [*Things] if things is None else [things]
    found = _listings(wanted, catalog)
    if format is Format.JSON:
        records = {str(name): listing.records for name, listing in found.items()}
        value = records if things is None else records[things]
        sys.stdout.write(json.dumps(value, indent=1, allow_nan=False) + "\n")
    elif format is Format.CSV:
        sys.stdout.write("\n".join(_csv(listing) for listing in found.values()))
    else:
        show([listing.table(brief=things is None) for listing in found.values()], format)


def _listings(wanted: list[Things], catalog: str) -> "dict[Things, Listing]":
    from moo_inference.catalog import load_catalog
    from moo_inference.views import listing

    made = {
        Things.RULES: listing.rules_listing,
        Things.READERS: listing.readers_listing,
        Things.CATALOGS: listing.catalogs_listing,
    }
    if not {*wanted} <= {*made}:
        loaded = load_catalog(catalog)
        made[Things.MODELS] = lambda: listing.models_listing(loaded, catalog)
        made[Things.SCENARIOS] = lambda: listing.scenarios_listing(loaded, catalog)
    return {things: made[things]() for things in wanted}


def _csv(listing: "Listing") -> str:
    from moo_inference.documents.columns import columns_to_csv

    def cell(value: object) -> object:
        return ", ".join(value) if isinstance(value, list) else value

    keys = dict.fromkeys(key for record in listing.records for key in record)
    return columns_to_csv({key: [cell(record.get(key)) for record in listing.records] for key in keys})
