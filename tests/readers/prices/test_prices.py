import json
import re
from decimal import Decimal

import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.errors import ReaderError
from moo_inference.fitting import Given, fit_model
from moo_inference.readers import (
    examine,
    read_genai_prices,
    read_litellm_prices,
    read_llm_prices,
    read_models_dev,
    read_openrouter_prices,
)

DATA = ROOT / "tests" / "data"
LITELLM = DATA / "litellm_model_prices_excerpt.json"
GENAI = DATA / "genai_prices_slim_excerpt.json"
OPENROUTER = DATA / "openrouter_models_excerpt.json"


@pytest.fixture
def litellm(tmp_path):
    def read(entry, **options):
        path = tmp_path / "prices.json"
        path.write_text(json.dumps({"m": entry}, indent=1))
        return read_litellm_prices(path, **options)

    return read


@pytest.fixture
def openrouter(tmp_path):
    def read(pricing, **options):
        path = tmp_path / "prices.json"
        path.write_text(json.dumps({"data": [{"id": "m", "context_length": 10, "pricing": pricing}]}, indent=1))
        return read_openrouter_prices(path, **options)

    return read


@pytest.fixture
def genai(tmp_path):
    def read(prices, **options):
        path = tmp_path / "prices.json"
        path.write_text(json.dumps([{"id": "p", "models": [{"id": "m", "prices": prices}]}], indent=1))
        return read_genai_prices(path, **options)

    return read


FLAT = {"mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}


def test_litellm_prices_are_those_of_the_file_times_a_million():
    raw = json.loads(LITELLM.read_text())
    found = read_litellm_prices(LITELLM)
    assert {*found.priced} | {*found.unpriced} == {*raw}
    flat = [price for price in found.priced.values() if "input_cost_per_token" in raw[price.key]]
    assert len(flat) == 19
    for price in flat:
        entry = raw[price.key]
        for value, name in (
            (price.usd_per_million_input_tokens, "input_cost_per_token"),
            (price.usd_per_million_output_tokens, "output_cost_per_token"),
            (price.usd_per_million_cached_input_tokens, "cache_read_input_token_cost"),
            (price.usd_per_million_reasoning_tokens, "output_cost_per_reasoning_token"),
        ):
            expected = entry.get(name)
            assert (value is None) == (expected is None)
            if expected is not None:
                assert Decimal(repr(value)) == Decimal(repr(expected)) * 10**6
        assert price.context_tokens == entry["max_input_tokens"]
    lines = LITELLM.read_text().split("\n")
    for key, price in found.priced.items():
        assert lines[int(price.where.rpartition(":")[2]) - 1].strip().startswith(f'"{key}"')


def test_tiers_of_litellm_in_both_spellings():
    found = read_litellm_prices(LITELLM)
    assert found.priced["gemini/gemini-2.5-pro"].tiers == ((200_000, 2.5, 15.0, None),)
    assert found.priced["minimax/MiniMax-M3"].tiers == ((512_000, 0.6, 2.4, None),)
    qwen = found.priced["dashscope/qwen3-max"]
    assert (qwen.usd_per_million_input_tokens, qwen.usd_per_million_output_tokens) == (1.2, 6.0)
    assert qwen.tiers == ((32_000, 2.4, 12.0, None), (128_000, 3.0, 15.0, None))


def test_a_tier_that_does_not_give_one_of_the_prices_keeps_it(litellm):
    tiers = {"input_cost_per_token_above_128k_tokens": 3e-06, "output_cost_per_token_above_256k_tokens": 5e-06}
    assert litellm({**FLAT, **tiers}).priced["m"].tiers == ((128_000, 3.0, 2.0, None), (256_000, 3.0, 5.0, None))


def test_a_flat_price_and_an_equal_first_tier_are_one_price(litellm):
    first = {"range": [0, 1000], "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}
    second = {"range": [1000, 9000], "input_cost_per_token": 4e-06, "output_cost_per_token": 5e-06}
    assert litellm({**FLAT, "tiered_pricing": [first, second]}).priced["m"].tiers == ((1000, 4.0, 5.0, None),)
    first["input_cost_per_token"] = 3e-06
    assert "must have one price for each length" in litellm({**FLAT, "tiered_pricing": [first, second]}).unpriced["m"]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("sample_spec", "describes the fields and is no model"),
        ("text-embedding-3-small", "must be a chat model, got mode 'embedding'"),
        ("whisper-1", "must be a chat model, got mode 'audio_transcription'"),
        ("bedrock/*/1-month-commitment/cohere.command-text-v14", "it is priced by the second (cost_per_second)"),
        ("twelvelabs.pegasus-1-2-v1:0", "input_cost_per_token: must be given: a missing price is not 0"),
        ("github_copilot/gpt-4o", "input_cost_per_token: must be given: a missing price is not 0"),
        ("ollama/llama3", "got 0 for input and output: free, or unknown?"),
        ("azure_ai/model_router", "got 0 for output: free, or unknown?"),
        ("fireworks-ai-default", "got 0 for input and output: free, or unknown?"),
    ],
)
def test_entries_without_a_price_say_why_and_where(key, words):
    found = read_litellm_prices(LITELLM)
    assert words in found.unpriced[key]
    line = int(found.unpriced[key].partition(".json:")[2].partition(":")[0])
    lines = LITELLM.read_text().split("\n")
    assert any(json.dumps(key) in before for before in lines[max(line - 12, 0) : line])
    with pytest.raises(ReaderError, match=r"must|describes"):
        found.price(key)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"input_cost_per_token": "1e-6"}, "input_cost_per_token: must be a number, 0 or more, got '1e-6'"),
        ({"output_cost_per_token": True}, "output_cost_per_token: must be a number, 0 or more, got true"),
        ({"output_cost_per_token": -1e-6}, "output_cost_per_token: must be a number, 0 or more, got -1e-06"),
        ({"output_cost_per_token": None}, "output_cost_per_token: must be given"),
        ({"max_input_tokens": "LEGACY parameter"}, "max_input_tokens: must be a whole number of tokens, got 'LEGACY"),
        ({"cache_read_input_token_cost": "cheap"}, "cache_read_input_token_cost: must be a number"),
        ({"tiered_pricing": "yes"}, "tiered_pricing: must be a list of tiers"),
        ({"tiered_pricing": [{"range": []}]}, "tiered_pricing.0: must have a range"),
        ({"mode": "one of: chat, embedding"}, "mode: must be a chat model"),
        ({"mode": ["chat"]}, "mode: must be a chat model"),
    ],
)
def test_prose_and_other_types_are_never_a_price(litellm, change, words):
    found = litellm({**FLAT, **change})
    assert not found.priced
    assert f"m: {words}" in found.unpriced["m"]


def test_an_entry_that_is_no_entry_has_no_price(litellm):
    assert "must hold keys and values, got a list of 0" in litellm([]).unpriced["m"]


def test_a_price_of_nothing_counts_only_where_the_user_means_it():
    models = ["ollama/llama3", "azure_ai/model_router"]
    found = read_litellm_prices(LITELLM, free=models)
    assert {key for key, price in found.priced.items() if price.free} == {*models}
    assert found.priced["azure_ai/model_router"].usd_per_million_input_tokens == 0.14
    assert "ollama/codellama" in found.unpriced
    assert read_litellm_prices(LITELLM, free="ollama/llama3").priced["ollama/llama3"].free
    everything = read_litellm_prices(LITELLM, free=True)
    assert "ollama/codellama" in everything.priced
    assert "github_copilot/gpt-4o" in everything.unpriced


def test_a_tier_of_nothing_is_doubtful_too(litellm):
    assert "got 0 for input" in litellm({**FLAT, "input_cost_per_token_above_200k_tokens": 0.0}).unpriced["m"]


def test_a_name_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(ReaderError, match=r"has no model 'gpt-5-min' \(did you mean 'gpt-5-mini'\?\), among 21"):
        read_litellm_prices(LITELLM).price("gpt-5-min")
    assert read_litellm_prices(LITELLM).price("gpt-5").usd_per_million_output_tokens == 10.0


def test_genai_prices_are_per_million_already():
    found = read_genai_prices(GENAI)
    raw = {f"{p['id']}/{m['id']}": m for p in json.loads(GENAI.read_text()) for m in p["models"]}
    assert {*found.priced} | {*found.unpriced} == {*raw}
    for key, price in found.priced.items():
        prices = raw[key]["prices"]
        if isinstance(prices, list):
            assert prices[1]["constraint"] == {"start_time": "00:30:00Z", "end_time": "16:30:00Z"}
            prices = prices[1]["prices"]  # the higher ones
        base = [
            value["base"] if isinstance(value := prices[name], dict) else value
            for name in ("input_mtok", "output_mtok")
        ]
        assert [price.usd_per_million_input_tokens, price.usd_per_million_output_tokens] == base
        assert price.context_tokens == raw[key].get("context_window")
    assert found.priced["google/gemini-2.5-pro"].tiers == ((200_000, 2.5, 15.0, None),)
    assert found.priced["google/gemini-2.5-pro"].usd_per_million_cached_input_tokens == 0.125
    assert {*found.unpriced} == {"anthropic/claude-opus-4-6"}
    for reason in found.unpriced.values():
        assert "must be one price for all times, got 2 that depend on the date or hour: give the day" in reason


def test_tiers_of_input_and_output_of_genai_prices_are_joined(genai):
    tiers = {
        "input_mtok": {"base": 1, "tiers": [{"start": 200, "price": 3}, {"start": 100, "price": 2}]},
        "output_mtok": {"base": 4, "tiers": [{"start": 150, "price": 5}]},
    }
    assert genai(tiers).priced["p/m"].tiers == ((100, 2.0, 4.0, None), (150, 2.0, 5.0, None), (200, 3.0, 5.0, None))


@pytest.mark.parametrize(
    ("prices", "words"),
    [
        ({"input_mtok": 1}, "prices: output_mtok: must be given: a missing price is not 0"),
        ({}, "prices: input_mtok: must be given"),
        (None, "prices: must hold prices, got nothing"),
        ([], "must be one price for all times, got 0"),
        ({"input_mtok": 1, "output_mtok": 2, "requests_kcount": 5}, "must be priced by tokens alone"),
        ({"input_mtok": "1", "output_mtok": 2}, "input_mtok: must be a number, 0 or more, got '1'"),
        ({"input_mtok": {"base": 1}, "output_mtok": 2}, "tiers: must be a list of tiers, got nothing"),
        ({"input_mtok": {"base": 1, "tiers": [{"price": 1}]}, "output_mtok": 2}, "tiers.0: must begin at"),
        ({"input_mtok": 0, "output_mtok": 0}, "got 0 for input and output"),
        ({"input_mtok": 1250, "output_mtok": 2}, "must cost at most USD 1,000 per million tokens"),
    ],
)
def test_genai_entries_without_a_price_say_why(genai, prices, words):
    found = genai(prices)
    assert not found.priced
    assert words in found.unpriced["p/m"]


def test_one_block_for_all_times_is_a_price(genai):
    assert genai([{"prices": {"input_mtok": 1, "output_mtok": 2}}]).priced["p/m"].usd_per_million_output_tokens == 2.0


def test_openrouter_prices_are_strings_per_token():
    found = read_openrouter_prices(OPENROUTER)
    raw = {model["id"]: model for model in json.loads(OPENROUTER.read_text())["data"]}
    assert len(found.priced) == 4
    for key, price in found.priced.items():
        pricing = raw[key]["pricing"]
        assert Decimal(repr(price.usd_per_million_input_tokens)) == Decimal(pricing["prompt"]) * 10**6
        assert Decimal(repr(price.usd_per_million_output_tokens)) == Decimal(pricing["completion"]) * 10**6
        assert price.context_tokens == raw[key]["context_length"]
        assert price.usd_per_million_reasoning_tokens is None
    assert found.priced["openai/gpt-5-mini"].usd_per_million_cached_input_tokens == 0.025


@pytest.mark.parametrize(
    ("pricing", "words"),
    [
        ({"prompt": 1e-6, "completion": "0.000002"}, "pricing.prompt: must be a number in a string"),
        ({"prompt": "1e-6 USD", "completion": "0.000002"}, "pricing.prompt: must be a number in a string"),
        ({"prompt": "", "completion": "0.000002"}, "pricing.prompt: must be a number in a string"),
        ({"prompt": " 0.1", "completion": "0.000002"}, "pricing.prompt: must be a number in a string"),
        ({"prompt": "NaN", "completion": "0.000002"}, "pricing.prompt: must be a number in a string"),
        ({"prompt": "1e999", "completion": "0.000002"}, "pricing.prompt: must be 0 or more, got '1e999'"),
        ({"prompt": "-0.5", "completion": "0.000002"}, "pricing.prompt: must be 0 or more, got '-0.5'"),
        ({"prompt": "0.000001"}, "pricing: completion: must be given: a missing price is not 0"),
        ({"prompt": "0", "completion": "0"}, "got 0 for input and output: free, or unknown?"),
        ({"prompt": "0.000001", "completion": "0.000002", "request": "0.005"}, "got USD 0.005 for each request too"),
        ({"prompt": "0.25", "completion": "2"}, "must cost at most USD 1,000 per million tokens"),
        ({"prompt": "0.000001", "completion": "0.000002", "overrides": [{}]}, "pricing.overrides.0: must begin at"),
        ({"prompt": "0.000001", "completion": "0.000002", "overrides": {}}, "pricing.overrides: must be a list"),
        (None, "pricing: must hold prices, got nothing"),
    ],
)
def test_openrouter_entries_without_a_price_say_why(openrouter, pricing, words):
    found = openrouter(pricing)
    assert not found.priced
    assert words in found.unpriced["m"]


def test_openrouter_overrides_are_tiers(openrouter):
    overrides = [
        {"min_prompt_tokens": 200_000, "prompt": "0.000002"},
        {"min_prompt_tokens": 100, "completion": "0.000009"},
    ]
    pricing = {"prompt": "0.000001", "completion": "0.000004", "internal_reasoning": "0.000003", "overrides": overrides}
    price = openrouter(pricing).priced["m"]
    assert price.tiers == ((100, 1.0, 9.0, None), (200_000, 2.0, 4.0, None))
    assert price.usd_per_million_reasoning_tokens == 3.0


def test_a_model_that_stands_twice_has_no_price(tmp_path):
    path = tmp_path / "prices.json"
    entry = {"id": "m", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}
    path.write_text(json.dumps({"data": [entry, entry]}))
    found = read_openrouter_prices(path)
    assert not found.priced
    assert "must stand once" in found.unpriced["m"]


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_litellm_prices, "[]", "must hold an entry for each model, got a list of 0"),
        (read_genai_prices, "{}", "must be a list of providers, got keys and values"),
        (read_genai_prices, '[{"id": "p"}]', "0: must be a provider with an id and a list of models"),
        (read_genai_prices, '[{"id": "p", "models": [{}]}]', "0.models.0: must be a model with an id and prices"),
        (read_openrouter_prices, '{"data": {}}', 'must hold a list of models, itself or under "data"'),
        (read_openrouter_prices, '{"data": [3]}', "data.0: must be a model with an id and pricing"),
    ],
)
def test_files_of_another_shape_are_refused(tmp_path, read, text, words):
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        read(path)
    assert words in caught.value.errors[0]
    assert f"{path}:1: " in caught.value.errors[0]


# Prices beside the two main ones


def fitted(price, prompt, answer, reasoning, **given):
    lengths = {"input_tokens": (prompt, 0.0), "output_tokens": (answer, 0.0), "reasoning_tokens": (reasoning, 0.0)}
    return fit_model(
        "m", price=price, given=Given(**lengths, request_seconds=(1, 0), accuracy=(0.5, 0.1), **given)
    ).model


@pytest.mark.parametrize(
    ("prompt", "usd"),
    [
        # 1,000 of prompt, 2,000 of answer, 1,500 of reasoning, at 0.4, 1.2 and 4 USD per million tokens.
        (1_000, 0.0004 + 0.0024 + 0.006),
        # Above 256,000 at 1.2, 3.6 and 12.
        (300_000, 0.36 + 0.0072 + 0.018),
    ],
)
@pytest.mark.parametrize("estimator", [mi.ClosedForm(), mi.MonteCarlo(trials=20)])
def test_reasoning_costs_what_its_tier_says(estimator, prompt, usd):
    price = read_litellm_prices(DATA / "litellm_tier_reasoning.json").price("dashscope/qwen-plus-2025-07-28")
    assert price.reasons
    assert price.usd_per_million_reasoning_tokens == 4.0
    assert price.tiers == ((256_000, 1.2, 3.6, 12.0),)
    curve = estimator.estimate(fitted(price, prompt, 2_000, 1_500), [1, 3])
    assert curve.table[:, 0] == pytest.approx([usd, 3 * usd])


def test_measured_passes_pay_for_reasoning_in_their_tier():
    """Two passes, one in each tier; three sevenths of what they wrote is reasoning, as the model's lengths say."""
    price = read_litellm_prices(DATA / "litellm_tier_reasoning.json").price("dashscope/qwen-plus-2025-07-28")
    model = fitted(price, 1_000, 2_000, 1_500)
    passes = {"input_tokens": [1_000, 300_000], "output_tokens": [3_500, 3_500], "seconds": [1.0, 1.0]}
    curve = mi.Empirical().estimate(model.replace(passes=passes), [1])
    assert curve.table[0, 0] == pytest.approx((0.0088 + 0.3852) / 2, rel=0.1)


def test_other_prices_at_some_hours_are_told():
    price = read_litellm_prices(DATA / "litellm_tier_reasoning.json").price("deepseek/deepseek-v4-pro")
    lower = price.off_peak.price
    assert lower.usd_per_million_input_tokens == 0.66
    assert (lower.usd_per_million_output_tokens, lower.usd_per_million_cached_input_tokens) == (1.98, 0.022)
    # Its two names for cached input say the same, and a price of 0 for writing to the cache costs nothing.
    assert price.usd_per_million_cached_input_tokens == 0.044
    assert price.others == ()
    found = examine(DATA / "litellm_tier_reasoning.json")
    assert "1 of them is cheaper at some hours." in found.holds
    assert "1 of them have a price of their own for reasoning." in found.holds


def test_prices_of_other_services_searches_and_sounds_are_named(litellm):
    others = {
        "cache_creation_input_token_cost": 3.75e-06,
        "input_cost_per_audio_token": 1e-05,
        "input_cost_per_token_batches": 5e-07,
        "output_cost_per_token_batches": 1e-06,
        "input_cost_per_token_priority": 2e-06,
        "output_cost_per_token_flex": 0.0,
        "search_context_cost_per_query": {"search_context_size_low": 0.01},
        "output_cost_per_image": None,
    }
    price = litellm({**FLAT, **others}).priced["m"]
    assert price.others == (
        "input_cost_per_audio_token 1e-05",
        "search_context_cost_per_query",
        "input_cost_per_token_priority 2e-06",
    )
    assert price.usd_per_million_cache_write_input_tokens == 3.75
    batch = price.modes["batch"]
    assert (batch.usd_per_million_input_tokens, batch.usd_per_million_output_tokens, batch.mode) == (0.5, 1.0, "batch")
    # What a mode does not say of caches is not that of another mode.
    assert batch.usd_per_million_cache_write_input_tokens is None
    assert set(price.lacking) == {"flex", "priority"}
    tier = {"range": [0, 9], "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06, "cache_x_cost": 1e-07}
    assert litellm({"mode": "chat", "tiered_pricing": [tier]}).priced["m"].others == ("tiered_pricing cache_x_cost",)
    per_request = litellm({**FLAT, "input_cost_per_request": 0.005})
    assert "input_cost_per_request: must be priced by tokens alone" in per_request.unpriced["m"]


def test_every_price_of_an_entry_is_used_or_named():
    """Of every entry of the map that has prices: no key with a price in it is passed over."""
    raw = json.loads(LITELLM.read_text())
    seen = 0
    for key, price in read_litellm_prices(LITELLM).priced.items():
        told = " ".join((*price.others, *(other for mode in price.modes.values() for other in mode.others)))
        for name, value in raw[key].items():
            used = name in (
                "input_cost_per_token",
                "output_cost_per_token",
                "tiered_pricing",
                "cache_read_input_token_cost",
            )
            token = re.fullmatch(
                r"(input_cost_per|output_cost_per|cache_read_input|cache_creation_input)_token(?:_cost)?"
                r"(_above_\d+k_tokens)?(_batches|_flex|_priority)?",
                name,
            )
            mode = {"_batches": "batch", "_flex": "flex", "_priority": "priority"}.get(token[3]) if token else None
            used |= token is not None and (mode is None or mode in price.modes)
            used |= name in ("output_cost_per_reasoning_token", "input_cost_per_token_cache_hit")
            if "cost" in name and value and not used:
                assert name in told, (key, name)
                seen += 1
    assert seen > 20


def test_genai_prices_of_reasoning_are_read_and_the_others_named():
    price = read_genai_prices(DATA / "genai_prices_reasoning.json").price("perplexity/sonar-deep-research")
    assert price.usd_per_million_reasoning_tokens == 3.0
    assert price.reasons
    assert price.others == ("output_citation_mtok 2", "web_searches_kcount 5")
    curve = mi.ClosedForm().estimate(fitted(price, 1_000, 1_000, 10_000), [1])
    assert curve.table[0, 0] == pytest.approx(0.002 + 0.008 + 0.03)


def test_tiers_of_reasoning_and_cached_input_of_genai_prices(genai):
    tiers = {"base": 3, "tiers": [{"start": 100, "price": 6}]}
    prices = {"input_mtok": 1, "output_mtok": 2, "output_reasoning_mtok": tiers, "cache_read_mtok": tiers}
    price = genai(prices).priced["p/m"]
    assert price.tiers == ((100, 1.0, 2.0, 6.0),)
    assert price.usd_per_million_cached_input_tokens == 3.0
    assert price.others == ("tiers of cache_read_mtok",)


def test_openrouters_list_without_its_envelope():
    found = read_openrouter_prices(DATA / "openrouter_bare_list.json")
    assert [
        (key, p.usd_per_million_input_tokens, p.usd_per_million_output_tokens) for key, p in found.priced.items()
    ] == [
        ("ai21/jamba-large-1.7", 2.0, 8.0),
        ("aion-labs/aion-1.0", 4.0, 8.0),
    ]


def test_openrouter_prices_by_the_hour_are_those_of_the_most_expensive(openrouter):
    pricing = {
        "prompt": "0.00000066",
        "completion": "0.00000198",
        "input_cache_write": "0.000001",
        "overrides": [
            {"utc_start": 0, "utc_end": 100, "prompt": "0.00000066", "completion": "0.00000198"},
            {"utc_start": 100, "utc_end": 0, "prompt": "0.00000132", "completion": "0.00000396"},
            {"min_prompt_tokens": 272000, "prompt": "0.000004", "input_cache_read": "0.00000004"},
        ],
    }
    price = openrouter(pricing).priced["m"]
    assert (price.usd_per_million_input_tokens, price.usd_per_million_output_tokens) == (1.32, 3.96)
    assert "prices depend on the hour, from USD 0.66 / 1.98 to USD 1.32 / 3.96" in price.notes[0]
    assert price.tiers == ((272_000, 4.0, 3.96, None),)
    assert price.usd_per_million_cache_write_input_tokens == 1.0
    assert price.others == ("overrides input_cache_read",)


def test_llm_prices_hold_today_or_at_no_time(tmp_path):
    found = read_llm_prices(DATA / "llm_prices.json")
    assert found.price("gpt-4o").usd_per_million_input_tokens == 2.5
    assert found.price("gpt-4o").usd_per_million_cached_input_tokens == 1.25
    assert found.price("gpt-4.5").usd_per_million_output_tokens == 150.0
    path = tmp_path / "prices.json"
    old, new = {"input": 5, "output": 9, "to_date": "2025-01-01"}, {"input": 3, "output": 7, "input_images": 2}
    path.write_text(
        json.dumps(
            {
                "models": [
                    {"id": "a", "price_history": [old, new]},
                    {"id": "b", "price_history": [old]},
                    {"id": "c", "price_history": [{"input": "much", "output": 1}]},
                    {"id": "d", "price_history": [{"input": 1}]},
                ]
            }
        )
    )
    found = read_llm_prices(path)
    assert found.price("a").usd_per_million_input_tokens == 3.0
    assert found.price("a").others == ("input_images 2",)
    assert "price_history: must hold one price without a to_date, the one of today, got 0" in found.unpriced["b"]
    assert "price_history.0.input: must be a number, 0 or more, got 'much'" in found.unpriced["c"]
    assert "price_history.0.output: must be given: a missing price is not 0" in found.unpriced["d"]
    path.write_text('{"prices": [{"id": "x", "vendor": "v", "name": "X", "input": 1, "output": 2}]}')
    assert read_llm_prices(path).price("x").usd_per_million_output_tokens == 2.0
    for text, words in (
        ("[]", "must hold a list of models"),
        ('{"models": [3]}', "models.0: must be a model with an id"),
    ):
        path.write_text(text)
        with pytest.raises(ReaderError, match=words):
            read_llm_prices(path)


def test_models_dev_has_prices_by_provider(tmp_path):
    found = read_models_dev(DATA / "models_dev.json")
    assert found.price("302ai/MiniMax-M1").usd_per_million_output_tokens == 1.254
    assert found.price("302ai/gemini-2.5-flash").context_tokens == 1_000_000
    path = tmp_path / "prices.json"
    long = {"input": 4, "output": 5, "cache_read": 0.4}
    cost = {"input": 2, "output": 3, "reasoning": 6, "cache_read": 0.2, "cache_write": 2.5, "context_over_200k": long}
    path.write_text(
        json.dumps(
            {
                "p": {
                    "models": {
                        "m": {"cost": cost, "reasoning": True, "limit": {"context": 900, "input": 700}},
                        "free": {"cost": {"input": 0, "output": 0}},
                        "none": {"limit": {"context": 9}},
                        "prose": {"cost": {"input": "1", "output": 2}},
                    }
                }
            }
        )
    )
    found = read_models_dev(path)
    price = found.price("p/m")
    assert price.tiers == ((200_000, 4.0, 5.0, None),)
    assert (price.usd_per_million_reasoning_tokens, price.reasons, price.context_tokens) == (6.0, True, 700)
    # Reading from the cache costs a tenth of other input in long prompts too.
    assert price.usd_per_million_cache_write_input_tokens == 2.5
    assert price.others == ()
    assert "free, or unknown?" in found.unpriced["p/free"]
    assert "cost: must be given: a missing price is not 0" in found.unpriced["p/none"]
    assert "cost.input: must be a number, 0 or more, got '1'" in found.unpriced["p/prose"]
    for text, words in (("[]", "must hold an entry for each provider"), ('{"p": {}}', "p: must be a provider")):
        path.write_text(text)
        with pytest.raises(ReaderError, match=words):
            read_models_dev(path)
