"""Which prices hold on which terms: bills of public threads, and invariants."""

import dataclasses
import itertools
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


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"mode": "bulk"}, "--price-mode must be one of: batch, flex, priority; got 'bulk'"),
        ({"factor": 0.0}, "--price-factor must be above 0 and at most 100, got 0"),
        ({"factor": 100.5}, "--price-factor must be above 0 and at most 100, got 100.5"),
        ({"off_peak_share": -0.01}, "--off-peak-share must be in [0, 1], got -0.01"),
        ({"off_peak_share": 1.01}, "--off-peak-share must be in [0, 1], got 1.01"),
        (
            {"off_peak_share": 0.5, "time": "02:30"},
            "--price-time and --off-peak-share must not both be given: a time has one price",
        ),
        ({"time": "25:00"}, "--price-time must be a time of UTC, as 02:30 or sat 02:30; got '25:00'"),
        ({"date": "2026-02-30"}, "--price-date must be a day, YYYY-MM-DD; got '2026-02-30'"),
    ],
)
def test_each_term_out_of_its_range_is_refused(terms, sentence):
    with pytest.raises(SettingError) as refused:
        PriceTerms(**terms)
    assert str(refused.value) == sentence


def test_the_ends_of_each_range_are_taken():
    assert PriceTerms(factor=100.0).of(Price("m", 1.0, 2.0)).amounts() == (100.0, 200.0)
    assert PriceTerms(factor=1e-3).of(Price("m", 1.0, 2.0)).amounts() == (0.001, 0.002)
    assert {PriceTerms(off_peak_share=share).reading == {} for share in (0.0, 1.0)} == {True}
    assert PriceTerms(date="2026-02-28").reading == {"date": "2026-02-28"}


NIGHT = OffPeak(((0, 60), (1440, 1500)), Price("m", 1.0, 4.0, 0.2, usd_per_million_cache_write_input_tokens=1.5))
"""From 0 to 1 o'clock on Mondays and Tuesdays: 120 of 10,080 minutes, 1 %."""

DAY = Price("m", 3.0, 8.0, 0.6, notes=("listed",), usd_per_million_cache_write_input_tokens=2.5, off_peak=NIGHT)
HOURS = "mon-tue 00:00-01:00 UTC, 1% of the week"


@pytest.mark.parametrize(
    ("terms", "price", "amounts", "note"),
    [
        (
            {},
            DAY,
            (3.0, 8.0, 0.6, 2.5),
            f"m is cheaper off-peak ({HOURS}): USD 1 / 4 per million tokens of input / output; the price at peak is "
            "counted, unless --off-peak-share SHARE or --price-time TIME says when queries are sent",
        ),
        ({"time": "mon 00:59"}, DAY, (1.0, 4.0, 0.2, 1.5), f"m at mon 00:59 UTC is off-peak (off-peak is {HOURS})"),
        ({"time": "wed 00:59"}, DAY, (3.0, 8.0, 0.6, 2.5), f"m at wed 00:59 UTC is at peak (off-peak is {HOURS})"),
        (
            {"off_peak_share": 0.25},
            DAY,
            (2.5, 7.0, 0.5, 2.25),
            f"prices of m are the mean of a share of 0.25 off-peak ({HOURS}) and 0.75 at peak: means of cost are "
            "exact, its spread and percentiles those of one price",
        ),
        ({"time": "03:00"}, Price("m", 1.0, 2.0), (1.0, 2.0), "the list has no other price of m at other hours"),
        (
            {"mode": "batch", "off_peak_share": 0.5},
            Price("m", 1.0, 2.0, modes={"batch": Price("m", 0.5, 1.0, mode="batch")}),
            (0.5, 1.0),
            "the list has no other price of m for batch at other hours",
        ),
        (
            {"factor": 3.0},
            Price("m", 0.1, 2.0),
            (0.3, 6.0),
            "every price of m is multiplied by 3, which is given by hand",
        ),
    ],
)
def test_what_is_paid_and_what_is_said_of_it(terms, price, amounts, note):
    found = PriceTerms(**terms).of(price)
    assert found.amounts() == amounts
    assert found.notes == (*price.notes, note)


def test_a_price_on_no_terms_is_the_price():
    price = Price("m", 1.0, 2.0, notes=("listed",))
    assert PriceTerms().of(price) is price


@pytest.mark.parametrize("terms", [{"time": "mon 00:30"}, {"time": "tue 01:00"}, {"off_peak_share": 0.5}])
def test_at_chosen_hours_no_others_are_left_and_the_mode_stays(terms):
    flex = Price("m", 2.0, 4.0)
    price = Price("m", 3.0, 8.0, mode="batch", modes={"flex": flex}, off_peak=NIGHT)
    found = PriceTerms(**terms).of(price)
    assert (found.off_peak, found.mode, found.modes) == (None, "batch", {"flex": flex})


def test_a_factor_for_a_mode_comes_after_the_hours_and_leaves_no_other_mode():
    flex = Price("m", 2.0, 4.0)
    price = Price("m", 3.0, 8.0, modes={"flex": flex}, off_peak=NIGHT)
    found = PriceTerms("batch", 0.5, 0.5).of(price)
    assert (found.amounts(), found.mode, found.modes) == ((1.0, 3.0), "batch", {})
    assert [note.split(" of m ")[0] for note in found.notes] == ["prices", "every price"]


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (Price("m", 1.0, 2.0, where="a.json:3"), ""),
        (
            Price("m", 1.0, 2.0, where="a.json:3", modes=dict.fromkeys(("batch", "priority"), Price("m", 1.0, 1.0))),
            "; it has those of batch, priority",
        ),
        (Price("m", 1.0, 2.0, where="a.json:3", lacking={"flex": "input alone"}), ": input alone"),
    ],
)
def test_why_there_is_no_price_for_a_mode(price, why):
    with pytest.raises(ReaderError) as refused:
        PriceTerms("flex").of(price)
    assert str(refused.value) == (
        f"a.json:3: m has no price for flex{why}: give --price-factor, as 0.5 for half of the others, if its provider "
        "has one"
    )


def usd(price, read, written, thought):
    """What a request costs, in USD per million: reasoning at the price of its tier, or else its own, or of output."""
    fitting = [tier for tier in price.tiers if read > tier.from_input_tokens]
    found = fitting[-1] if fitting else Tier(0, price.usd_per_million_input_tokens, price.usd_per_million_output_tokens)
    own = found.usd_per_million_reasoning_tokens
    if own is None:
        own = price.usd_per_million_reasoning_tokens
    if own is None:
        own = found.usd_per_million_output_tokens
    return read * found.usd_per_million_input_tokens + written * found.usd_per_million_output_tokens + thought * own


TIERS = (
    (),
    (Tier(10, 3.0, 7.0),),
    (Tier(20, 2.5, 5.0, 11.0), Tier(40, 4.0, 13.0)),
    (Tier(10, 6.0, 12.0), Tier(30, 9.0, 17.0, 1.0)),
)


REQUESTS = tuple(itertools.product((1, 10, 11, 20, 21, 30, 31, 40, 41, 99), (0, 1), (0, 1)))


@pytest.mark.parametrize("at_peak", [None, 23.0])
@pytest.mark.parametrize("off_peak", [None, 19.0])
def test_every_request_costs_the_mean_of_its_two_prices(at_peak, off_peak):
    for tiers, other_tiers in itertools.product(TIERS, repeat=2):
        off = Price("m", 1.0, 2.0, tiers=other_tiers, usd_per_million_reasoning_tokens=off_peak)
        price = Price("m", 2.0, 4.0, tiers=tiers, usd_per_million_reasoning_tokens=at_peak)
        price = dataclasses.replace(price, off_peak=OffPeak(((0, 60),), off))
        mixed = PriceTerms(off_peak_share=0.25).of(price)
        expected = [0.75 * usd(price, *request) + 0.25 * usd(off, *request) for request in REQUESTS]
        np.testing.assert_allclose([usd(mixed, *request) for request in REQUESTS], expected, rtol=1e-14)


@pytest.mark.parametrize("tiers", TIERS)
@pytest.mark.parametrize("reasoning", [None, 19.0])
def test_every_request_costs_the_price_times_the_factor(tiers, reasoning):
    price = Price("m", 1.0, 2.0, tiers=tiers, usd_per_million_reasoning_tokens=reasoning)
    half = PriceTerms(factor=0.5).of(price)
    for request in REQUESTS:
        assert usd(half, *request) == 0.5 * usd(price, *request)


@pytest.mark.parametrize("name", ["usd_per_million_cached_input_tokens", "usd_per_million_cache_write_input_tokens"])
def test_what_one_of_two_prices_does_not_know_the_mix_does_not_know(name):
    for at_peak, off_peak in ((2.0, None), (None, 2.0), (None, None)):
        off = Price("m", 1.0, 2.0, **{name: off_peak})
        price = Price("m", 2.0, 4.0, **{name: at_peak}, off_peak=OffPeak(((0, 60),), off))
        assert getattr(PriceTerms(off_peak_share=0.5).of(price), name) is None


def test_a_factor_of_one_keeps_fifteen_digits():
    price = Price("m", 0.123456789012345, 123.456789012345)
    assert PriceTerms(factor=1.0).of(price).amounts() == (0.123456789012345, 123.456789012345)


def test_terms_that_are_alike_are_equal_and_cannot_be_changed():
    terms = PriceTerms("batch", 0.5, date="2026-02-28")
    assert {terms, PriceTerms("batch", 0.5, None, None, "2026-02-28")} == {terms}
    with pytest.raises(dataclasses.FrozenInstanceError):
        terms.factor = 1.0
    assert PriceTerms() == PriceTerms(None, None, None, None, None)
