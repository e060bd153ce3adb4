"""Catalogs, scenarios, fronts and traces to draw: every distribution of accuracy, every way to bill and time a pass."""

import os
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import moo_inference as mi
from moo_inference.catalog import Pipeline, Resource, ResourceBudget
from moo_inference.estimators import ScalingCurve

MORE = int(os.environ.get("MOO_FUZZ", "1"))
"""How many times as many examples as usual are tried: set it to look longer by hand."""


def examples(many):
    """Settings for so many examples, times MORE."""
    return settings(max_examples=many * MORE, suppress_health_check=list(HealthCheck))


texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    st.sampled_from(
        [
            "<<",
            "1e-6",
            "null",
            "~",
            "yes",
            ".nan",
            "0x1f",
            "- a",
            "a: b",
            "#c",
            "&x",
            "*x",
            "!t",
            "? q",
            "%d",
            "@",
            "`",
            "\x00",
            "\u2028",
            "\ufeff",
            "x" * 180,
            " lead",
            "trail ",
            "'",
            '"',
            "{a}",
            "[a]",
            "1:2",
            "2020-01-01",
            "=",
            "\\",
        ]
    ),
)
"""Names: anything that is text, and what a format could take for something else."""

ids = texts.filter(str.strip)
shares = st.floats(0, 1)


@dataclass(frozen=True)
class Scale:
    """How large the numbers of a model are, and how many samples of each question it was evaluated on."""

    means: st.SearchStrategy[float]
    amounts: st.SearchStrategy[float]
    prices: st.SearchStrategy[float]
    tokens: st.SearchStrategy[int]
    tiers: st.SearchStrategy[int]
    samples: int
    times: st.SearchStrategy[float]
    spread: st.SearchStrategy[float]
    uses: st.SearchStrategy[float]


def _or_zero(least, most):
    return st.one_of(st.just(0.0), st.floats(least, most))


ANY = Scale(
    means=st.floats(1e-6, 1e8),
    amounts=_or_zero(1e-6, 1e8),
    prices=st.floats(0.001, 1000),
    tokens=st.integers(0, 10**6),
    tiers=st.integers(1, 10**6),
    samples=1,
    times=st.floats(1e-6, 1e8),
    spread=_or_zero(1e-6, 1e8),
    uses=_or_zero(1e-6, 1e8),
)
"""All that a catalog may hold, however odd."""

USUAL = Scale(
    means=st.floats(1, 4000),
    amounts=_or_zero(0.1, 800),
    prices=st.floats(0.01, 100),
    tokens=st.integers(1, 50_000),
    tiers=st.integers(20_000, 10**6),
    samples=12,
    times=st.floats(1e-4, 0.05),
    spread=_or_zero(0.001, 0.3),
    uses=_or_zero(0.001, 2.0),
)
"""What models are like, so that budgets leave something to choose; normal prompts reach no tier, measured ones do."""


@st.composite
def measured_accuracies(draw, least=1):
    """Outcomes of an evaluation with at least so many samples of each question."""
    keep = draw(st.sampled_from(["oracle", "verifier", "majority"]))
    if least == 1:
        records = {
            "oracle": ["0/1", "3/10"],
            "verifier": ["1/1", "1/1 1/2 0/7"],
            "majority": ["3/3 0/5 none:2", "none:4", "1/2"],
        }[keep]
    else:
        half = (least + 1) // 2
        records = {
            "oracle": [f"0/{least}", f"3/{least + 1}", f"{least}/{least}"],
            "verifier": [f"1/1 1/2 0/{least}", f"2/{half} 1/{half}", f"{least}/{least}"],
            "majority": [f"{half}/{half} 0/{half} none:2", f"none:{least}", f"1/{least}"],
        }[keep]
    questions = draw(st.dictionaries(texts, st.sampled_from(records), min_size=1, max_size=4))
    clusters = draw(st.sampled_from([{}, {name: name[:1] for name in questions}]))
    trials = draw(st.integers(2, 9))
    return {"kind": "outcomes", "keep": keep, "questions": questions, "trials": trials, "seed": 0, "clusters": clusters}


@st.composite
def beta_accuracies(draw, scale=ANY):
    """A distribution fitted to outcomes, with a covariance that is possible."""
    first, last, share = draw(scale.amounts), draw(scale.amounts), draw(st.floats(-0.99, 0.99))
    covariance = (first, share * (first * last) ** 0.5, last)
    a, b = draw(scale.means), draw(scale.means)
    fitted = {"kind": "beta", "a": a, "b": b, "samples": 5, "unsolvable": draw(st.floats(0, 0.9))}
    if draw(st.booleans()):
        return fitted | {"band": [(1, 0.1, 0.4), (5, 0.2, 0.7), (10**6, 0.2, 1.0)]}
    return fitted | {"covariance": covariance, "misfit": draw(shares)}


@st.composite
def measured_passes(draw, scale=ANY):
    """Passes that were measured, with or without their seconds."""
    many = draw(st.integers(1, 40))
    found = {
        name: draw(st.lists(scale.tokens, min_size=many, max_size=many)) for name in ("input_tokens", "output_tokens")
    }
    if draw(st.booleans()):
        found["seconds"] = draw(st.lists(scale.means, min_size=many, max_size=many))
    return found


@st.composite
def _spreads(draw, scale, least):
    """A mean and a standard deviation of what is at least so much, of each kind; not known at times."""
    mean = least + draw(scale.means)
    std = min(draw(scale.amounts), 29 * (mean - least))
    if std == 0 and scale is ANY:
        std = draw(st.sampled_from([0.0, None]))
    return {"mean": mean, "std": std, "kind": draw(st.sampled_from([None, "normal", "gamma", "lognormal"]))}


@st.composite
def _normal_accuracies(draw, scale):
    """A mean in [0, 1], and a standard deviation that it can have."""
    mean = draw(shares)
    return {"mean": mean, "std": min(draw(scale.spread), (mean * (1 - mean)) ** 0.5)}


@st.composite
def models(draw, scale=ANY):
    """A valid model."""
    spreads = _spreads(scale, 1.0)
    free = draw(st.booleans())
    prices = st.one_of(st.just(0.0), scale.prices) if free else scale.prices
    tiers = st.lists(scale.tiers, unique=True, max_size=3).map(
        lambda starts: [
            {"from_input_tokens": start, "usd_per_million_input_tokens": 2, "usd_per_million_output_tokens": 0.5}
            for start in sorted(starts)
        ]
    )
    values = {
        "name": draw(texts),
        "free": free,
        "price_checked": draw(st.booleans()),
        "usd_per_million_input_tokens": draw(prices),
        "usd_per_million_output_tokens": draw(prices),
        "input_tokens": draw(spreads),
        "output_tokens": draw(spreads),
        "accuracy": draw(
            st.one_of(
                _normal_accuracies(scale),
                measured_accuracies(scale.samples),
                beta_accuracies(scale),
            )
        ),
        "parallel": draw(st.integers(1, 9)),
        "latency": draw(st.sampled_from(["ideal", "waves"])),
    }
    if draw(st.booleans()):
        values["request_seconds"] = draw(_spreads(scale, 0.0))
    else:
        values |= {"seconds_per_input_token": draw(scale.times), "seconds_per_output_token": draw(scale.times)}
    optional = {
        "usd_per_million_reasoning_tokens": prices,
        "reasoning_tokens": spreads,
        "passes": measured_passes(scale),
        "failed_share": shares,
        "price_mode": st.sampled_from(["batch", "flex", "priority"]),
        "sources": st.dictionaries(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=3),
        "price_tiers": tiers,
        draw(st.sampled_from(["shared_prompt", "usd_per_million_cached_input_tokens"])): None,
    }
    for name, strategy in optional.items():
        if draw(st.booleans()):
            own = st.just(True) if name == "shared_prompt" else prices
            values[name] = draw(own if strategy is None else strategy)
    if scale is USUAL and values["usd_per_million_input_tokens"] == 0:
        values.pop("usd_per_million_cached_input_tokens", None)  # what costs nothing has no cheaper price
    if "usd_per_million_cached_input_tokens" in values:
        values["usd_per_million_cache_write_input_tokens"] = draw(st.none() | prices) or None
        values["first_wave_writes_cache"] = draw(st.booleans())
    if scale is USUAL and values.get("price_tiers"):
        # Prompts of which some reach a tier have two prices, and are refused.
        own = values["input_tokens"]
        values["input_tokens"] = {"mean": own["mean"], "std": min(own["std"], own["mean"] / 3), "kind": "normal"}
    if not values.keys() & {"shared_prompt", "usd_per_million_cached_input_tokens"}:
        values["prompt"] = draw(st.sampled_from(["per-query", "per-pass"]))
    return mi.Model.model_validate(values)


@st.composite
def scenarios(draw, *, tails=True):
    """Budgets that bind sometimes, that are not there at times, and that look at quantiles at times."""
    quantiles = st.none() | st.sampled_from([0.05, 0.5, 0.95]) if tails else st.none()
    return mi.Scenario(
        name=draw(texts),
        c_max=draw(st.none() | st.floats(1e-4, 10)),
        t_max=draw(st.none() | st.floats(0.1, 5000)),
        a_min=draw(st.none() | st.just(0.0) | shares),
        c_quantile=draw(quantiles),
        t_quantile=draw(quantiles),
        a_quantile=draw(quantiles),
    )


@st.composite
def _resources(draw, entries, budgets, scale, *, tails):
    """The same models and scenarios with up to two further resources."""
    units = draw(st.lists(st.sampled_from(["joules", "grams_co2", "litres_water"]), unique=True, max_size=2))
    quantiles = st.none() | st.sampled_from([0.5, 0.95]) if tails else st.none()

    def uses(unit):
        return Resource(per_input_token=draw(scale.uses), per_output_token=draw(scale.uses))

    def budget(unit):
        most = draw(st.none() | st.floats(0.1, 1e5))
        return ResourceBudget(max=most, quantile=None if most is None else draw(quantiles))

    return (
        {key: model.replace(resources={unit: uses(unit) for unit in units}) for key, model in entries.items()},
        {key: own.replace(resources={unit: budget(unit) for unit in units}) for key, own in budgets.items()},
    )


@st.composite
def catalogs(draw, scale=USUAL, *, most=2, tails=True):
    """A catalog of some models, which may use more than money and time, and some scenarios."""
    found = draw(st.dictionaries(ids, models(scale), min_size=1, max_size=most))
    budgets = draw(st.dictionaries(ids, scenarios(tails=tails), min_size=1, max_size=2))
    found, budgets = draw(_resources(found, budgets, scale, tails=tails))
    return mi.Catalog(models=found, scenarios=budgets)


@st.composite
def pipelines(draw, known):
    """Two to four stages, one after the other or at the same time, each with some of the known models."""
    stages = [
        {
            "name": f"stage {number}",
            "models": draw(st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)),
            "k_max": draw(st.integers(1, 4)),
        }
        for number in range(draw(st.integers(2, 4)))
    ]
    first, second, *rest = stages
    shape = draw(st.sampled_from(["series", "parallel", "both"]))
    if shape == "series":
        parts = stages
    elif shape == "parallel":
        parts = [{"parallel": stages}]
    else:
        parts = [{"parallel": [first, {"series": [second, *rest]}]}]
    return Pipeline.model_validate({"name": draw(texts), "stages": parts})


@st.composite
def catalogs_of_pipelines(draw):
    """A catalog as by `catalogs`, without budgets for quantiles, and with a pipeline or two."""
    catalog = draw(catalogs(tails=False))
    found = draw(st.dictionaries(ids, pipelines(sorted(catalog.models)), min_size=1, max_size=2))
    return catalog.replace(pipelines=found)


@st.composite
def curves(draw, *, most=20, finite=True):
    """A scaling curve of small numbers, with many ties; with values that are not finite where that is asked for."""
    small = st.integers(0, 8).map(float)
    value = small if finite else st.one_of(small, st.sampled_from([np.nan, np.inf]))
    rows = draw(st.lists(st.tuples(value, value, st.integers(0, 8)), min_size=1, max_size=most))
    k = draw(st.permutations(range(1, len(rows) + 1)))
    table = np.zeros((len(rows), 15))
    table[:, [0, 5, 10]] = rows
    table[:, 10] /= 8  # eighths, whose complements are exact
    return ScalingCurve.from_table(np.array(k), table, 1 - table[:, 10])


@st.composite
def traces(draw):
    """Token counts and seconds of served requests, one row each."""
    return draw(
        st.lists(
            st.tuples(st.integers(0, 50_000), st.integers(0, 50_000), st.integers(1, 10**6).map(lambda n: n / 1024)),
            min_size=1,
            max_size=30,
        )
    )
