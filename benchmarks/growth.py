"""How time grows with k_max, trials, models and cells, for formulas and for simulation.

Run: python benchmarks/growth.py
"""

from collections.abc import Callable

from report import show
from timing import Figure, Work, growth

import moo_inference as mi

CATALOG = mi.load_catalog("paper")
GPT5 = CATALOG.models["gpt-5"]

ONLY_SHARED = "in proportion at most, as draws are shared"


def many_models(count: int) -> dict[str, mi.Model]:
    """Models that all differ in prices, speeds and accuracy."""
    return {
        f"model {number}": GPT5.replace(
            usd_per_million_output_tokens=10 + number / 100,
            seconds_per_output_token=0.005 + number * 1e-6,
            accuracy={"mean": 0.85 + 0.1 * number / count, "std": 0.02},
        )
        for number in range(count)
    }


def to_k_max(estimator: mi.ClosedForm | mi.MonteCarlo, latency: str = "ideal") -> Callable[[int], Work]:
    """One model, all k up to some."""
    return lambda k_max: lambda: estimator.estimate(GPT5, range(1, k_max + 1), latency=latency)


def of_trials(trials: int) -> Work:
    """One model, common draws, k to 32."""
    return lambda: mi.MonteCarlo(trials=trials).estimate(GPT5, range(1, 33))


def of_models(estimator: mi.ClosedForm | mi.MonteCarlo) -> Callable[[int], Work]:
    """So many models, k to 128."""

    def work(count: int) -> Work:
        models = list(many_models(count).values())
        return lambda: estimator.estimate_many(models, range(1, 129))

    return work


def of_cells(estimator: mi.ClosedForm | mi.MonteCarlo) -> Callable[[int], Work]:
    """A study of nine models and as many scenarios as make so many cells, with all its choices."""

    def work(cells: int) -> Work:
        essay = CATALOG.scenarios["essay-feedback"]
        scenarios = {f"s{n}": essay.replace(t_max=30 + 300 * n / cells) for n in range(cells // len(CATALOG.models))}
        catalog = mi.Catalog(models=CATALOG.models, scenarios=scenarios)
        return lambda: mi.run_study(catalog, estimator=estimator, k_max=64).choices

    return work


def figures(quick: bool = False) -> list[Figure]:
    """Log-log slopes, each over four sizes that double."""

    def doubling(first: int) -> list[int]:
        return [first * 2**n for n in range(2 if quick else 4)]

    repetitions = 2 if quick else 7
    exact, common = mi.ClosedForm(), mi.MonteCarlo()
    independent = mi.MonteCarlo(draws="independent")
    waves = to_k_max(exact, "waves")
    return [
        growth("Closed form, k_max", doubling(1000), to_k_max(exact), repetitions),
        growth("Closed form, k_max, in waves", doubling(1000), waves, repetitions),
        growth("Closed form, models", doubling(25), of_models(exact), repetitions),
        growth("Closed form, cells of a study", doubling(27), of_cells(exact), repetitions),
        growth("Common draws, k_max", doubling(64), to_k_max(mi.MonteCarlo(trials=3000)), repetitions),
        growth("Common draws, trials", doubling(2000), of_trials, repetitions),
        growth("Common draws, models", doubling(9), of_models(common), repetitions, why=ONLY_SHARED),
        growth("Common draws, cells of a study", doubling(27), of_cells(common), repetitions, why=ONLY_SHARED),
        growth(
            "Independent draws, k_max",
            doubling(64),
            to_k_max(independent),
            repetitions,
            expected=2.0,
            why="k draws for each k",
        ),
    ]


if __name__ == "__main__":
    show(figures)
