"""Which prices hold on which terms: bills of public threads, and invariants."""

import json

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog.model import PriceMode
from moo_inference.errors import ReaderError, SettingError
from moo_inference.fitting.price_terms import PriceTerms
from moo_inference.fitting.prices import price_fields
from moo_inference.fitting.recorded_models import Priced, fit_attempts
from moo_inference.readers import read_genai_prices, read_litellm_prices
from moo_inference.readers.prices.price import MODES, OffPeak, Price, PriceList, Tier

DATA = ROOT / "tests" / "data"
MODES_FILE = DATA / "litellm_modes.json"
BATCH = PriceTerms("batch")


def listed(key):
    return read_litellm_prices(MODES_FILE).price(key)


def attempts(tmp_path, rows):
    """Attempts of one model, one question each, from rows of tokens by column."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(("question", "sample", "correct", "seconds", *names))]
    lines += [
        ",".join(map(str, (f"q{place}", 1, 1, 1.0, *(row.get(name, 0) for name in names))))
        for place, row in enumerate(rows)
    ]
    path = tmp_path / "attempts.csv"
    path.write_text("\n".join(lines) + "\n")
    return mi.read_attempts(path)


def bill(tmp_path, price, rows):
    """USD of some requests, each at its own price; `price` as a list and terms have it."""
    return attempts(tmp_path, rows).model(**price_fields(price, cached_prompt=True).values).attempts.cost.sum()


def litellm_file(tmp_path, entry):
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"m": {"mode": "chat", "litellm_provider": "p", **entry}}))
    return read_litellm_prices(path).price("m")


def test_a_batch_with_a_long_prompt_that_is_written_to_the_cache_costs_what_the_invoice_says(tmp_path):
    """BerriAI/litellm pull request 39861: USD 0.07503305, to the last digit of OpenAI's invoice.

    The batch has 300,083 input tokens, 300,051 of them cache writes, and 20 output tokens: a long line with 3 other
    input tokens and 16 output tokens, and a short one.
    """
    rows = [
        {"tokens_in": 300_054, "tokens_cache_write": 300_051, "tokens_out": 16},
        {"tokens_in": 29, "tokens_cache_write": 0, "tokens_out": 4},
    ]
    price = BATCH.of(listed("gpt-5.6-luna"))
    assert bill(tmp_path, price, rows) == pytest.approx(0.07503305, rel=1e-12)
    # At the prices of short prompts, and at those of interactive requests, it is another sum.
    flat = Price("m", 0.1, 0.6, 0.01, usd_per_million_cache_write_input_tokens=0.125)
    assert bill(tmp_path, flat, rows) != pytest.approx(0.07503305, rel=1e-3)
    assert bill(tmp_path, listed("gpt-5.6-luna"), rows) == pytest.approx(2 * 0.07503305, rel=1e-12)
    # Read from the cache, the long line costs 300,051 tokens at USD 0.02 per million.
    read = [{"tokens_in": 300_054, "tokens_cached": 300_051, "tokens_out": 16}, rows[1]]
    expected = (300_051 * 0.02 + 3 * 0.2 + 16 * 0.9 + 29 * 0.1 + 4 * 0.6) / 1e6
    assert bill(tmp_path, price, read) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("block", "usual", "rows", "cost"),
    [
        # BerriAI/litellm pull request 39592 (off_peak_pricing came with 31725): 12 and 21 tokens.
        ({"input": 1.2e-6, "output": 2.4e-6}, (2.4e-6, 4.8e-6), {"tokens_in": 12, "tokens_out": 21}, 0.0000648),
        ({"input": 1.2e-6, "output": 2.4e-6}, (2.4e-6, 4.8e-6), {"tokens_in": 91, "tokens_out": 20}, 0.0001572),
        # 39635: writing to the cache and reading from it have prices of their own off-peak.
        (
            {"input": 1e-6, "output": 2e-6, "cache_creation": 1e-5, "cache_read": 5e-7},
            (2e-6, 4e-6),
            {"tokens_in": 10165, "tokens_cache_write": 10152, "tokens_out": 4},
            0.101541,
        ),
        (
            {"input": 1e-6, "output": 2e-6, "cache_creation": 1e-5, "cache_read": 5e-7},
            (2e-6, 4e-6),
            {"tokens_in": 10165, "tokens_cached": 10152, "tokens_out": 4},
            0.005097,
        ),
    ],
)
def test_off_peak_bills_are_those_of_the_threads(tmp_path, block, usual, rows, cost):
    names = {
        "input": "input_cost_per_token",
        "output": "output_cost_per_token",
        "cache_creation": "cache_creation_input_token_cost",
        "cache_read": "cache_read_input_token_cost",
    }
    hours = {"hours_utc": "14:00-00:00", **{names[what]: price for what, price in block.items()}}
    entry = dict(zip(("input_cost_per_token", "output_cost_per_token"), usual, strict=True))
    price = litellm_file(tmp_path, {**entry, "off_peak_pricing": hours})
    inside = PriceTerms(time="14:00").of(price)
    assert bill(tmp_path, inside, [rows]) == pytest.approx(cost, rel=1e-12)
    outside = PriceTerms(time="13:59").of(price)
    cached = {"tokens_cached": 0, "tokens_cache_write": 0}
    at_peak = rows["tokens_in"] * usual[0] + rows["tokens_out"] * usual[1]
    assert bill(tmp_path, outside, [{**rows, **cached}]) == pytest.approx(at_peak, rel=1e-12)
    # Nothing said of when: the higher price, and that there is a lower one.
    silent = PriceTerms().of(price)
    assert silent.usd_per_million_input_tokens == pytest.approx(usual[0] * 1e6)
    assert "cheaper off-peak (14:00-24:00 UTC, 42% of the week)" in silent.notes[-1]


def test_off_peak_prices_replace_those_of_long_prompts(tmp_path):
    """As in 39592: the rates of the block stand in the place of the tier's."""
    tiers = {"input_cost_per_token_above_200k_tokens": 4e-6, "output_cost_per_token_above_200k_tokens": 8e-6}
    usual = {"input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6, **tiers}
    block = {"hours_utc": ["01:00-02:00"], "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    price = litellm_file(tmp_path, {**usual, "off_peak_pricing": block})
    assert PriceTerms(time="01:30").of(price).tiers == ()
    assert PriceTerms(time="00:30").of(price).tiers == ((200_000, 4.0, 8.0, None),)
    half = PriceTerms(off_peak_share=0.5).of(price)
    assert half.tiers == ((200_000, 2.5, 5.0, None),)
    one_side = {"hours_utc": "01:00-02:00", "output_cost_per_token": 2e-6}
    price = litellm_file(tmp_path, {**usual, "off_peak_pricing": one_side})
    assert PriceTerms(time="01:30").of(price).tiers == ((200_000, 4.0, 2.0, None),)


def test_cached_input_of_a_batch_is_never_priced_by_guess(tmp_path):
    """BerriAI/litellm pull request 38341: flat, the cached part of a batch is overbilled, up to 2.5 times there.

    The list does not say what gpt-4.1's cached input costs in a batch: the flat price is an upper bound, which is said.
    """
    price = BATCH.of(listed("gpt-4.1"))
    assert price.usd_per_million_cached_input_tokens is None
    part = price_fields(price, cached_prompt=True)
    assert "usd_per_million_cached_input_tokens" not in part.values
    assert "gpt-4.1 has no price of batch for cached input, which costs as much as other input then" in part.notes[0]
    rows = [{"tokens_in": 1000, "tokens_cached": 800, "tokens_out": 0}]
    flat = bill(tmp_path, price, rows)
    assert flat == pytest.approx(1000 * 1.0 / 1e6)
    # Where the list says it, batch and cache multiply: a tenth of half.
    sonnet = BATCH.of(listed("claude-sonnet-4-5"))
    assert bill(tmp_path, sonnet, rows) == pytest.approx((200 * 1.5 + 800 * 0.15) / 1e6)
    # A quarter of half makes 2.5 times less than flat.
    quarter = Price("m", 1.0, 4.0, 0.25)
    assert flat / bill(tmp_path, quarter, rows) == pytest.approx(2.5)
    priced = Priced(read_litellm_prices(MODES_FILE), {"model": "gpt-4.1"}, BATCH)
    found = fit_attempts(attempts(tmp_path, rows), priced)
    assert any("no price of batch for cached input" in note for note in found.notes)
    assert found.models["model"].price_mode == "batch"
    assert found.models["model"].sources["usd_per_million_input_tokens"].endswith("gpt-4.1, batch")


def test_a_price_that_a_list_does_not_have_is_refused_or_given_by_hand():
    price = listed("gpt-4.1")
    with pytest.raises(
        ReaderError, match=r"gpt-4.1 has no price for flex; it has those of batch, priority: give --pri"
    ):
        PriceTerms("flex").of(price)
    half = PriceTerms("flex", 0.5).of(price)
    assert (half.mode, half.usd_per_million_input_tokens, half.usd_per_million_output_tokens) == ("flex", 1.0, 4.0)
    assert half.usd_per_million_cached_input_tokens == 0.25
    assert "every price of gpt-4.1 is multiplied by 0.5, which is given by hand" in half.notes[-1]
    # Where the list has the mode, its prices count and the factor does not.
    assert PriceTerms("batch", 0.1).of(price) == PriceTerms("batch").of(price)
    tenth = PriceTerms(factor=0.1).of(price)
    assert (tenth.mode, tenth.usd_per_million_input_tokens) == (None, 0.2)
    long = PriceTerms("batch").of(listed("azure/gpt-5.4"))
    assert long.tiers[0].usd_per_million_input_tokens == 2.5
    assert long.others == ("cache_read_input_token_cost_above_272k_tokens_batches 2.5e-07",)  # 0.13 twice would be 0.26


def test_a_factor_goes_with_hours():
    price = read_litellm_prices(DATA / "litellm_tier_reasoning.json").price("deepseek/deepseek-v4-pro")
    half = PriceTerms("batch", 0.5, time="sat 02:30").of(price)
    assert (half.mode, half.usd_per_million_input_tokens) == ("batch", 0.33)
    mixed = PriceTerms("batch", 0.5, 0.25).of(price)
    assert mixed.mode == "batch"
    assert mixed.usd_per_million_output_tokens == pytest.approx(0.5 * (0.75 * 3.96 + 0.25 * 1.98), rel=1e-12)
    assert PriceTerms(time="sat 02:30").of(price).mode is None


def test_a_mode_without_the_price_of_long_prompts_takes_none(tmp_path):
    entry = {
        **{"input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6, "max_input_tokens": 1_000_000},
        **{"input_cost_per_token_above_200k_tokens": 4e-6, "output_cost_per_token_above_200k_tokens": 8e-6},
        **{"input_cost_per_token_batches": 1e-6, "output_cost_per_token_batches": 2e-6},
        "input_cost_per_token_flex": 1e-6,
    }
    price = litellm_file(tmp_path, entry)
    batch = PriceTerms("batch").of(price)
    assert batch.context_tokens == 200_000
    assert batch.tiers == ()
    assert "has no price of batch for prompts of more than 200,000 tokens" in batch.notes[0]
    listed = PriceList("map.json", {"model": price})
    short, long = (attempts(tmp_path, [{"tokens_in": tokens, "tokens_out": 10}]) for tokens in (200_000, 200_001))
    assert fit_attempts(short, Priced(listed, terms=BATCH)).models["model"].attempts.cost[0] == pytest.approx(0.20002)
    with pytest.raises(SettingError, match="of at most 200,000 input tokens, and an attempt has 200,001"):
        fit_attempts(long, Priced(listed, terms=BATCH))
    with pytest.raises(ReaderError, match="has no price for flex: the file has input_cost_per_token_flex alone"):
        PriceTerms("flex").of(price)


def test_a_mix_is_the_mean_of_both_and_its_ends_are_the_prices():
    price = read_genai_prices(DATA / "genai_prices_slim_excerpt.json").price("deepseek/deepseek-reasoner")
    assert (price.usd_per_million_input_tokens, price.usd_per_million_output_tokens) == (0.55, 2.19)
    assert price.off_peak.share == pytest.approx(8 / 24)
    models = {}
    for share in (0.0, 0.3, 1.0):
        own = PriceTerms(off_peak_share=share).of(price)
        values = price_fields(own, cached_prompt=True).values
        models[share] = mi.Model(
            name="m",
            input_tokens={"mean": 500, "std": 50},
            output_tokens={"mean": 900, "std": 300},
            request_seconds={"mean": 3, "std": 1},
            accuracy={"mean": 0.5, "std": 0.1},
            **values,
        )
    assert models[0.0].usd_per_million_output_tokens == 2.19
    assert models[1.0].usd_per_million_output_tokens == 0.55
    assert models[1.0].usd_per_million_cached_input_tokens == 0.035
    at_peak, mixed, off = (mi.ClosedForm().estimate(models[share], [1, 2, 7]).cost.mean for share in models)
    np.testing.assert_allclose(mixed, 0.7 * at_peak + 0.3 * off, rtol=1e-12)
    assert (mixed < at_peak).all()
    assert {price, price} == {price}
    same = PriceTerms(off_peak_share=0.5).of(Price("flat", 1.0, 2.0))
    assert (same.usd_per_million_input_tokens, same.notes) == (
        1.0,
        ("the list has no other price of flat at other hours",),
    )


def test_a_mix_where_one_price_has_its_own_of_reasoning():
    off = Price("m", 1.0, 2.0, tiers=(Tier(10, 2.0, 3.0),))
    price = Price("m", 2.0, 4.0, usd_per_million_reasoning_tokens=6.0, off_peak=OffPeak(((0, 60),), off))
    mixed = PriceTerms(off_peak_share=0.5).of(price)
    assert mixed.usd_per_million_reasoning_tokens == 4.0  # 6, and 2 as other output
    assert mixed.tiers == ((10, 2.0, 3.5, 4.5),)  # 6, and 3 as other output in the tier
    assert mixed.usd_per_million_cached_input_tokens is None


def test_terms_out_of_range_are_refused_all_at_once():
    with pytest.raises(SettingError) as refused:
        PriceTerms("bulk", 0.0, 1.5, "noon", "2026-13-01")
    said = "\n".join(refused.value.errors)
    for words in (
        "--price-mode must be one of: batch, flex, priority",
        "--price-factor must be",
        "--off-peak-share must",
    ):
        assert words in said
    for words in ("must not both be given", "as 02:30 or sat 02:30; got 'noon'", "--price-date must be a day"):
        assert words in said
    assert len(refused.value.errors) == 6
    assert PriceMode.__args__ == MODES


def test_prices_that_depend_on_the_date_are_those_of_the_day(tmp_path):
    file = DATA / "genai_prices_slim_excerpt.json"
    key = "anthropic/claude-opus-4-6"
    assert key not in read_genai_prices(file).priced
    before, after = (read_genai_prices(file, date=day).price(key) for day in ("2026-03-12", "2026-03-13"))
    assert before.tiers == ((200_000, 10.0, 37.5, None),)
    assert after.tiers == ()
    assert after.date == "2026-03-13"
    assert price_fields(after).sources["usd_per_million_input_tokens"].endswith(f"{key}, 2026-03-13")
    # A list without dates is of the day that is given.
    dated = read_litellm_prices(MODES_FILE, date="2026-11-28").price("gpt-4.1")
    assert (dated.date, dated.modes["batch"].date) == ("2026-11-28", "2026-11-28")
    with pytest.raises(SettingError, match="--price-date must be a day, YYYY-MM-DD; got"):
        read_litellm_prices(MODES_FILE, date="28.11.2026")
