import json
from decimal import Decimal
from pathlib import Path

import pytest

from moo_inference.errors import ReaderError
from moo_inference.readers import read_genai_prices, read_litellm_prices, read_openrouter_prices

DATA = Path(__file__).parent.parent / "data"
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
    assert found.priced["gemini/gemini-2.5-pro"].tiers == ((200_000, 2.5, 15.0),)
    assert found.priced["minimax/MiniMax-M3"].tiers == ((512_000, 0.6, 2.4),)
    qwen = found.priced["dashscope/qwen3-max"]
    assert (qwen.usd_per_million_input_tokens, qwen.usd_per_million_output_tokens) == (1.2, 6.0)
    assert qwen.tiers == ((32_000, 2.4, 12.0), (128_000, 3.0, 15.0))


def test_a_tier_that_does_not_give_one_of_the_prices_keeps_it(litellm):
    tiers = {"input_cost_per_token_above_128k_tokens": 3e-06, "output_cost_per_token_above_256k_tokens": 5e-06}
    assert litellm({**FLAT, **tiers}).priced["m"].tiers == ((128_000, 3.0, 2.0), (256_000, 3.0, 5.0))


def test_a_flat_price_and_an_equal_first_tier_are_one_price(litellm):
    first = {"range": [0, 1000], "input_cost_per_token": 1e-06, "output_cost_per_token": 2e-06}
    second = {"range": [1000, 9000], "input_cost_per_token": 4e-06, "output_cost_per_token": 5e-06}
    assert litellm({**FLAT, "tiered_pricing": [first, second]}).priced["m"].tiers == ((1000, 4.0, 5.0),)
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
        base = [
            value["base"] if isinstance(value := prices[name], dict) else value
            for name in ("input_mtok", "output_mtok")
        ]
        assert [price.usd_per_million_input_tokens, price.usd_per_million_output_tokens] == base
        assert price.context_tokens == raw[key].get("context_window")
    assert found.priced["google/gemini-2.5-pro"].tiers == ((200_000, 2.5, 15.0),)
    assert found.priced["google/gemini-2.5-pro"].usd_per_million_cached_input_tokens == 0.125
    assert {*found.unpriced} == {"anthropic/claude-opus-4-6", "deepseek/deepseek-chat", "deepseek/deepseek-reasoner"}
    for reason in found.unpriced.values():
        assert "must be one price for all times, got 2 that depend on the date or hour" in reason


def test_tiers_of_input_and_output_of_genai_prices_are_joined(genai):
    tiers = {
        "input_mtok": {"base": 1, "tiers": [{"start": 200, "price": 3}, {"start": 100, "price": 2}]},
        "output_mtok": {"base": 4, "tiers": [{"start": 150, "price": 5}]},
    }
    assert genai(tiers).priced["p/m"].tiers == ((100, 2.0, 4.0), (150, 2.0, 5.0), (200, 3.0, 5.0))


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
    assert price.tiers == ((100, 1.0, 9.0), (200_000, 2.0, 4.0))
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
        (read_openrouter_prices, '{"data": {}}', 'must hold a list of models under "data"'),
        (read_openrouter_prices, '{"data": [3]}', "data.0: must be a model with an id and pricing"),
    ],
)
def test_files_of_another_shape_are_refused(tmp_path, read, text, words):
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        read(path)
    assert words in caught.value.faults[0]
    assert f"{path}:1: " in caught.value.faults[0]
