"""Which prices of a record are others: by field, with both sources, and nothing else."""

from moo_inference.records.price_changes import OtherPrices, PriceChange, price_changes
from moo_inference.views.changes import price_text, prices_texts


def catalog(**models):
    return {"models": models}


def test_only_prices_of_models_on_both_sides_count():
    one = {"usd_per_million_input_tokens": 1.0, "parallel": 2, "name": "A", "sources": {"input_tokens": "x"}}
    assert price_changes(catalog(a=one), catalog(a=dict(one))) == []
    assert price_changes(catalog(a=one), catalog(a={**one, "parallel": 9, "name": "B"})) == []
    assert price_changes(catalog(a=one), catalog(b={"usd_per_million_input_tokens": 2.0})) == []
    assert price_changes({}, catalog(a=one)) == []
    assert price_changes(catalog(a="no model"), catalog(a=one)) == []


def test_each_kind_of_price_is_named_with_its_sources():
    tiers = [{"from_input_tokens": 9, "usd_per_million_input_tokens": 2.0, "usd_per_million_output_tokens": 3.0}]
    before = {
        "usd_per_million_input_tokens": 1.0,
        "usd_per_million_cached_input_tokens": 0.1,
        "sources": {"usd_per_million_input_tokens": "old"},
        "servers": {"usd_per_hour": 2.5, "loads": []},
    }
    after = {
        "usd_per_million_input_tokens": 1.25,
        # As a model has them before they are written: a tuple is a list in a file.
        "price_tiers": tuple(tiers),
        "price_mode": "batch",
        "sources": {"usd_per_million_input_tokens": "new", "servers": "by hand"},
        "servers": {"usd_per_hour": 3.0, "loads": [1]},
    }
    found = price_changes(catalog(a=before), catalog(a=after))
    assert found == [
        PriceChange("a", "usd_per_million_input_tokens", 1.0, 1.25, "old", "new"),
        PriceChange("a", "usd_per_million_cached_input_tokens", 0.1, None),
        PriceChange("a", "servers.usd_per_hour", 2.5, 3.0, None, "by hand"),
        PriceChange("a", "price_tiers", None, tiers),
        PriceChange("a", "price_mode", None, "batch"),
    ]
    assert [price_text(change) for change in found] == [
        "price of a: usd_per_million_input_tokens was 1, is 1.25 (old before, new now)",
        "price of a: usd_per_million_cached_input_tokens was 0.1, is nothing (no source, before and now)",
        "price of a: servers.usd_per_hour was 2.5, is 3 (no source before, by hand now)",
        "price of a: price_tiers was nothing, is [from_input_tokens 9, usd_per_million_input_tokens 2, "
        "usd_per_million_output_tokens 3] (no source, before and now)",
        "price of a: price_mode was nothing, is batch (no source, before and now)",
    ]


def test_other_models_are_counted():
    changes = [PriceChange(model, "usd_per_million_input_tokens", 1.0, 2.0) for model in ("a", "b", "b", "c")]
    prices = OtherPrices.of(changes, ["a"])
    assert [change.model for change in prices.changes] == ["a"]
    assert prices_texts(prices)[-1] == "2 other models of the catalog have other prices too"
    assert prices_texts(OtherPrices.of(changes[:2], ["a"]))[-1] == "1 other model of the catalog has other prices too"
    assert len(prices_texts(OtherPrices.of(changes, ["a", "b", "c"]))) == 4
