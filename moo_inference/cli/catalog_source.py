"""Where a command gets its models and budgets from: a catalog, or recorded attempts with prices."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from moo_inference.cli.budget_options import NO_BUDGET, BudgetOptions
from moo_inference.cli.fit_options import Text, Texts, flag, one_of, pairs_of
from moo_inference.cli.price_options import PriceOptions
from moo_inference.cli.progress import report_progress
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.formatting.lines import note

if TYPE_CHECKING:
    from moo_inference.catalog import Catalog
    from moo_inference.fitting.price_terms import PriceTerms
    from moo_inference.fitting.recorded_models import RecordedFit

PAPER = "paper"

KEEPS = ("oracle", "majority", "verifier", "all")


CatalogOption = Annotated[
    str,
    typer.Option(
        "--catalog", metavar="FILE", help="Catalog in YAML, or a built-in one: paper, gpqa-diamond or otis-mock-aime."
    ),
]
AttemptsOption = Annotated[
    Texts,
    flag(
        "--attempts",
        "FILE",
        "Recorded attempts: CSV, JSON lines, Parquet or logs of Inspect, in place of a catalog; may be repeated.",
    ),
]
AttemptColumnOption = Annotated[
    Texts,
    flag(
        "--attempt-column",
        "WHAT=COLUMN",
        "model, effort, question, cluster, sample, correct, score, answer, tokens_in, tokens_cached, "
        "tokens_cache_write, tokens_out, tokens_reasoning, usd, seconds or error, where a table names it otherwise; "
        "may be repeated.",
    ),
]
ModelKeysOption = Annotated[
    Texts,
    flag("--model-key", "MODEL=KEY", "The model's name in the price file, where it is another; may be repeated."),
]
LeastSamplesOption = Annotated[
    int | None,
    flag("--least-samples", "N", "Leave out questions with fewer whole attempts.", show_default="none is left out"),
]
StopOption = Annotated[
    Texts,
    flag(
        "--stop",
        "POLICY",
        "When passes stop before the k-th: fixed, first-verified, vote-until-sure; =LEVEL and /BATCH may follow; "
        "several stand side by side. escalate: all pairs of a cheaper setting with 2 passes, or 1 that is verified "
        "(/BATCH: another number), and a stronger one where these do not settle a query.",
        show_default="as the catalog says",
    ),
]
ThresholdOption = Annotated[float | None, flag("--threshold", "SCORE", "The least score that is right.")]


@dataclass(frozen=True)
class AttemptOptions:
    """Recorded attempts, and how they are read."""

    attempts: AttemptsOption = None
    attempt_column: AttemptColumnOption = None
    threshold: ThresholdOption = None
    least_samples: LeastSamplesOption = None

    def refuse_alone(self, others: Mapping[str, Any]) -> None:
        """Refuse options that mean nothing without attempts.

        Args:
            others: further such options of the command, by flag.

        Raises:
            SettingError: (a ValueError) some are given; all are named.
        """
        names = [option.name for option in fields(AttemptOptions) if option.name != "attempts"]
        own = {f"--{name.replace('_', '-')}": getattr(self, name) for name in names}
        given = [flag for flag, value in {**own, **others}.items() if value is not None]
        if given:
            raise SettingError(f"{', '.join(given)} must come with --attempts FILE")

    def models(
        self,
        prices: str | None,
        keys: Mapping[str, str],
        *,
        of: list[str] | None,
        keep: str,
        terms: "PriceTerms | None" = None,
        **options: Any,
    ) -> "RecordedFit":
        """The models of the attempts; what is wrong in all files is raised at once.

        Args:
            prices: a price list; None takes the recorded cost.
            keys: names in the price list, by id or model.
            of: ids of the models; None: all.
            keep: which of k passes counts.
            terms: on which queries are sent; None: interactively, at any hour.
            options: `parallel`, `latency`, `free` and `expensive`.

        Raises:
            SettingError: (a ValueError) an option is out of its range, or something lacks.
            ReaderError: (a ValueError) a file cannot be read.
        """
        from moo_inference.catalog.attempts import read_attempts
        from moo_inference.fitting.price_terms import PriceTerms
        from moo_inference.fitting.recorded_models import Priced, fit_attempts
        from moo_inference.readers.registry import read_as

        errors = ErrorCollector()
        kept = errors.attempt(one_of, "--keep", keep, KEEPS)
        columns = errors.attempt(pairs_of, "--attempt-column", self.attempt_column)
        meant: dict[str, Any] = {name: options.pop(name) for name in ("free", "expensive") if name in options}
        found = None
        if columns is not None:
            with report_progress(f"reading {', '.join(self.attempts or ())}") as progress:
                found = errors.attempt(
                    read_attempts, self.attempts or (), columns, threshold=self.threshold, progress=progress
                )
        agreed = PriceTerms() if terms is None else terms
        meant |= agreed.reading
        listed = None if prices is None else errors.attempt(read_as, prices, "prices", **meant)
        errors.check()
        if found is None or kept is None:
            raise SettingError("--attempts must name at least one file")
        priced = Priced(listed, keys, agreed)
        return fit_attempts(found, priced, of=of, keep=kept, least_samples=self.least_samples, **options)


@dataclass(frozen=True)
class CatalogSource(PriceOptions, AttemptOptions, BudgetOptions):
    """A catalog; or attempts, prices and budgets in its place."""

    catalog: CatalogOption = PAPER
    prices: Annotated[Text, flag("--prices", "FILE", "LiteLLM's map, genai-prices, or another price list.")] = None
    model_key: ModelKeysOption = None
    keep: Annotated[
        Text, flag("--keep", "RULE", f"Which of k passes counts: {', '.join(KEEPS)}.", show_default="oracle")
    ] = None

    stop: StopOption = None

    @property
    def inputs(self) -> dict[str, list[str]]:
        """The files that are read, by option."""
        found = {"--attempts": self.attempts or [], "--prices": [self.prices] if self.prices else []}
        return {"--catalog": [self.catalog], **found}

    def load(self, models: list[str] | None = None, scenarios: list[str] | None = None) -> "Catalog":
        """The catalog that the options ask for, with the budgets that they name.

        Args:
            models: ids of the models that are wanted of attempts; None: all.
            scenarios: ids of the scenarios over which budgets go; None: in place of all.

        Raises:
            SettingError: (a ValueError) options do not go together.
            CatalogError: (a ValueError) the catalog is invalid.
        """
        from moo_inference.catalog import Catalog, load_catalog
        from moo_inference.catalog.limits import OWN_SCENARIO, UNLIMITED

        if self.prices is None:
            self.refuse_without_prices()
        if self.attempts is None:
            self.refuse_alone({"--prices": self.prices, "--model-key": self.model_key, "--keep": self.keep})
            return self._stopping(self.over(load_catalog(self.catalog), scenarios))
        if self.catalog != type(self).catalog:
            raise SettingError("--attempts and --catalog must not both be given: a catalog names its own attempts")
        if not self.limits:
            raise SettingError(f"--attempts must come with budgets: --cost, --time or --p95, --accuracy; {NO_BUDGET}")
        keys = pairs_of("--model-key", self.model_key)
        found = self.models(self.prices, keys, of=models, keep=self.keep or "oracle", terms=self.terms)
        for sentence in found.warnings:
            note(f"warning: {sentence}")
        return self._stopping(self.over(Catalog(models=found.models, scenarios={OWN_SCENARIO: UNLIMITED}), scenarios))

    def _stopping(self, catalog: "Catalog") -> "Catalog":
        """The catalog with the policies of stopping; what some models cannot have is reported on stderr."""
        from moo_inference.catalog.variants import with_stops, without_stops

        if self.stop is None:
            return catalog
        found = with_stops(catalog, self.stop)
        for sentence in without_stops(catalog, self.stop):
            note(sentence)
        return found
