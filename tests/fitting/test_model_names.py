"""Whether two names are those of one model: pairs as price lists, benchmarks and evaluations really have them."""

import json

import pandas as pd
import pytest
from conftest import ROOT

from moo_inference.fitting.model_names import same_model

DATA = ROOT / "tests" / "data"

ALIKE = [
    ("openai/gpt-4o-2024-08-06", "gpt-4o"),
    ("gpt-4o", "GitHub_Copilot/GPT-4o"),
    ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "meta-llama/Llama-3.1-8B-Instruct"),
    ("alibaba/qwen3-8b", "Qwen/Qwen3-8B-FP8"),
    ("openrouter/qwen/qwen3-8b:free", "Qwen/Qwen3-8B-AWQ"),
    ("Qwen__Qwen3-8B", "qwen/qwen3-8b"),
    ("unsloth/Llama-3.3-70B-Instruct-Q4_K_M.gguf", "wandb/meta-llama/Llama-3.3-70B-Instruct"),
    ("nvidia/Llama-3.3-70B-Instruct-NVFP4", "wandb/meta-llama/Llama-3.3-70B-Instruct"),
    ("RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16", "llama-3.1-8b-instruct"),
    ("zai-org/GLM-5-FP8", "z-ai/glm-5"),
    ("anthropic.claude-3-5-sonnet-20240620-v1:0", "claude-3-5-sonnet"),
    ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "anthropic/claude-3.5-sonnet"),
    ("vertex_ai/claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
    ("claude-opus-4-0", "claude-opus-4-20250514"),
    ("meta.llama3-1-8b-instruct-v1:0", "meta-llama/Llama-3.1-8B-Instruct"),
    ("mistral.mistral-7b-instruct-v0:2", "mistralai/Mistral-7B-Instruct-v0.2"),
    ("accounts/fireworks/models/llama-v3p1-8b-instruct", "meta-llama/Llama-3.1-8B-Instruct"),
    ("fireworks/fireworks/kimi-k2p5", "moonshotai/Kimi-K2.5"),
    ("deepseek/deepseek-r1-0528", "/models/DeepSeek-R1/"),
    ("gemini/gemini-2.5-pro", "google/gemini-2.5-pro-preview-05-06"),
    ("gemini-2.5-flash-preview-04-17", "gemini-2.5-flash"),
    ("openai/gpt-5-2025-08-07@high", "gpt-5"),
    ("o3-mini-high", "o3-mini"),
    ("gpt-5-high", "gpt-5-2025-08-07@medium"),
    ("anthropic/claude-opus-4-5-20251101@think32000", "claude-opus-4-5"),
]
APART = [
    ("gpt-4o", "Qwen/Qwen3-8B"),
    ("gpt-4o", "gpt-4o-mini"),
    ("gpt-5", "openai/gpt-5-mini"),
    ("gpt-5-mini", "openai/gpt-5-nano-2025-08-07@high"),
    ("o3", "o3-mini-high"),
    ("gpt-4o", "gpt-4-1106-preview"),
    ("gpt-4o-mini", "mistralai/Mixtral-8x7B-Instruct-v0.1"),
    ("together_ai/meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct"),
    ("wandb/meta-llama/Llama-3.3-70B-Instruct", "meta-llama/Llama-2-70b-chat-hf"),
    ("wandb/openai/gpt-oss-120b", "openai/gpt-oss-20b"),
    ("deepseek-v3.2", "deepseek-v3.1-terminus"),
    ("deepseek/deepseek-v3", "deepseek-ai/DeepSeek-V2"),
    ("claude-opus-4-5", "claude-opus-4-6"),
    ("claude-opus-4-5", "claude-sonnet-4-5"),
    ("claude-3-haiku", "claude-3-sonnet"),
    ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
    ("openai/gpt-5.2-2025-12-11@high", "gpt-5.1"),
    ("dashscope/qwen3-max", "dashscope/qwen-flash"),
    ("mistralai/Mistral-7B-Instruct-v0.1", "mistral.mistral-7b-instruct-v0:2"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_providers_dates_precisions_and_efforts_leave_a_model_what_it_is(one, other):
    assert same_model(one, other)
    assert same_model(other, one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_models_are_told_apart(one, other):
    assert not same_model(one, other)
    assert not same_model(other, one)


def test_measured_models_are_those_of_their_own_prices_and_of_no_others():
    """The models of recorded attempts beside the keys of a price list: each has just the one that is its own."""
    prices = [key for key in json.loads((DATA / "litellm_model_prices_excerpt.json").read_text()) if "/" not in key]
    attempts = pd.read_csv(ROOT / "moo_inference" / "catalog" / "measured" / "epoch_gpqa.csv.gz")
    expected = {
        "openai/gpt-5-2025-08-07": ["gpt-5"],
        "openai/gpt-5-mini-2025-08-07": ["gpt-5-mini"],
        "openai/gpt-5-nano-2025-08-07": ["gpt-5-nano"],
        "google/gemini-2.5-pro": ["gemini-2.5-pro"],
        "google/gemini-2.5-flash": ["gemini-2.5-flash"],
        "anthropic/claude-haiku-4-5-20251001": ["claude-haiku-4-5"],
        "anthropic/claude-opus-4-5-20251101": ["claude-opus-4-5"],
    }
    for name in sorted(attempts["model"].unique()):
        assert [key for key in prices if same_model(key, name)] == expected.get(name, []), name


def test_a_name_of_nothing_but_common_words_is_compared_as_it_is():
    assert same_model("chat", "provider/Chat")
    assert not same_model("chat", "instruct")
    assert same_model("", "gpt-4o")
