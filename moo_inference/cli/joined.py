"""The catalog that models from `fit` join."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from moo_inference.cli.fit_options import NO_BUDGET
from moo_inference.documents.files import Kind
from moo_inference.errors import CatalogError, ErrorCollector, SettingError
from moo_inference.formatting.lines import note
from moo_inference.formatting.words import counted

if TYPE_CHECKING:
    from moo_inference.catalog import Model, Pipeline, Scenario

CATALOG = Kind("a catalog")
"""Whatever is there: it is read before it is changed."""

_NAMED = 3


@dataclass(frozen=True)
class Joined:
    """The file that a catalog is written to.

    Attributes:
        out: the file; None for stdout.
        replace: replace models of the same names, and budgets.
        force: replace a file that is no catalog.
    """

    out: str | None
    replace: bool
    force: bool

    def before(self, names: Sequence[str], own_scenarios: "Callable[[], Mapping[str, Scenario]]") -> "Before":
        """What is in it, and what the new models need besides.

        Args:
            names: ids of the models that will join.
            own_scenarios: gives the scenarios that join, by id.

        Raises:
            SettingError: (a ValueError) a model or other budgets are there already, or there are none.
            CatalogError: (a ValueError) the file is no valid catalog.
        """
        from moo_inference.catalog import load_catalog

        if self.out is None and self.replace:
            raise SettingError("--replace needs --out FILE")
        own = own_scenarios()
        fresh = self.force and not _is_catalog(self.out)
        there = self.out is not None and not fresh and Path(self.out).is_file() and Path(self.out).stat().st_size > 0
        catalog = load_catalog(self.out) if there and self.out is not None else None
        scenarios = {} if catalog is None else dict(catalog.scenarios)
        errors = ErrorCollector()
        taken = [name for name in names if catalog is not None and name in catalog.models]
        if taken and not self.replace:
            what = f"a model {taken[0]!r}" if len(taken) == 1 else f"the models {', '.join(taken)}"
            errors.add(f"{self.out}: has {what} already; give --replace, or another name")
        for key, scenario in own.items():
            if scenarios.get(key, scenario) != scenario and not self.replace:
                errors.add(
                    f"{self.out}: has a scenario {key!r} with other budgets already; give --replace, another name of "
                    "the scenario, or no budgets"
                )
            scenarios[key] = scenario
        if not scenarios:
            errors.add(f"still missing are the budgets --c-max, --t-max and --a-min; {NO_BUDGET}")
        errors.check()
        models = {} if catalog is None else catalog.models
        return Before(self, models, scenarios, {} if catalog is None else catalog.pipelines, fresh=fresh)


@dataclass(frozen=True)
class Before:
    """What new models join.

    Attributes:
        joined: the file.
        models: the models that are there.
        scenarios: the scenarios that will be there.
        pipelines: the pipelines that are there.
        fresh: whether what is there is replaced.
    """

    joined: Joined
    models: "Mapping[str, Model]"
    scenarios: "Mapping[str, Scenario]"
    pipelines: "Mapping[str, Pipeline]" = field(default_factory=dict)
    fresh: bool = False

    def write(self, new: "Mapping[str, Model]") -> None:
        """Write the catalog with new models, to the file or to stdout.

        Raises:
            SettingError: (a ValueError) they have other resources than what is there.
            OutputError: (an OSError) the file cannot be written.
        """
        from moo_inference.catalog import Catalog, save_catalog
        from moo_inference.catalog.catalog import disagreements
        from moo_inference.catalog.loading import catalog_to_yaml

        models = {**self.models, **new}
        apart = disagreements(models, self.scenarios)
        if apart:
            raise SettingError([f"{'.'.join(place)}: {why} (--resource KEY=AMOUNT)" for place, why in apart])
        catalog: Catalog = Catalog(models=models, scenarios=self.scenarios, pipelines=self.pipelines)
        out = self.joined.out
        if out is None:
            sys.stdout.write(catalog_to_yaml(catalog, "."))
            return
        save_catalog(catalog, out, overwrite=self.fresh)
        names = list(new)
        note(f"wrote {', '.join(names) if len(names) <= _NAMED else counted(len(names), 'model')} into {out}")


def _is_catalog(path: str | None) -> bool:
    from moo_inference.catalog import load_catalog

    try:
        return path is not None and bool(load_catalog(path).models)
    except CatalogError:
        return False
