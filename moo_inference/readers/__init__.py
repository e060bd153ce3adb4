"""Readers: a user's files as plain values with the lines they stand on, one module a format.

The names are loaded when they are first used, so that a catalog is read without the modules of other formats.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moo_inference.readers.aiperf_records import read_aiperf_records
    from moo_inference.readers.azure_trace import read_azure_trace
    from moo_inference.readers.burstgpt_trace import read_burstgpt_trace
    from moo_inference.readers.candidates_csv import Candidates, read_candidates
    from moo_inference.readers.csv_file import read_csv
    from moo_inference.readers.document import Document, Location
    from moo_inference.readers.evalplus import read_evalplus
    from moo_inference.readers.examination import Examination, examine
    from moo_inference.readers.genai_perf import read_genai_perf
    from moo_inference.readers.genai_prices import read_genai_prices
    from moo_inference.readers.guidellm import read_guidellm
    from moo_inference.readers.humaneval import read_humaneval
    from moo_inference.readers.inference_perf import read_inference_perf
    from moo_inference.readers.inferencex import read_inferencex
    from moo_inference.readers.json_file import read_json, read_json_lines, read_json_records
    from moo_inference.readers.large_language_monkeys import read_large_language_monkeys
    from moo_inference.readers.lengths_csv import read_lengths
    from moo_inference.readers.litellm_prices import read_litellm_prices
    from moo_inference.readers.llm_prices import read_llm_prices
    from moo_inference.readers.llmperf import read_llmperf
    from moo_inference.readers.lm_eval import read_lm_eval
    from moo_inference.readers.models_dev import read_models_dev
    from moo_inference.readers.openrouter_prices import read_openrouter_prices
    from moo_inference.readers.outcomes import Outcomes
    from moo_inference.readers.outcomes_table import read_outcomes_table
    from moo_inference.readers.prices import Price, PriceList, Tier
    from moo_inference.readers.reading import read_as
    from moo_inference.readers.recognition import Recognised, recognise
    from moo_inference.readers.serving import Load, ServingRun, Spread
    from moo_inference.readers.sglang_bench import read_sglang_bench
    from moo_inference.readers.token_trace import TokenTrace
    from moo_inference.readers.vllm_bench import read_vllm_bench
    from moo_inference.readers.yaml_file import parse_yaml, plain_scalar, read_yaml

_HOME = {
    "Candidates": "candidates_csv",
    "Document": "document",
    "Examination": "examination",
    "Load": "serving",
    "Location": "document",
    "Outcomes": "outcomes",
    "Price": "prices",
    "PriceList": "prices",
    "Recognised": "recognition",
    "ServingRun": "serving",
    "Spread": "serving",
    "Tier": "prices",
    "TokenTrace": "token_trace",
    "examine": "examination",
    "parse_yaml": "yaml_file",
    "plain_scalar": "yaml_file",
    "read_aiperf_records": "aiperf_records",
    "read_as": "reading",
    "read_azure_trace": "azure_trace",
    "read_burstgpt_trace": "burstgpt_trace",
    "read_candidates": "candidates_csv",
    "read_csv": "csv_file",
    "read_evalplus": "evalplus",
    "read_genai_perf": "genai_perf",
    "read_genai_prices": "genai_prices",
    "read_guidellm": "guidellm",
    "read_humaneval": "humaneval",
    "read_inference_perf": "inference_perf",
    "read_inferencex": "inferencex",
    "read_json": "json_file",
    "read_json_lines": "json_file",
    "read_json_records": "json_file",
    "read_large_language_monkeys": "large_language_monkeys",
    "read_lengths": "lengths_csv",
    "read_litellm_prices": "litellm_prices",
    "read_llmperf": "llmperf",
    "read_llm_prices": "llm_prices",
    "read_lm_eval": "lm_eval",
    "read_models_dev": "models_dev",
    "read_openrouter_prices": "openrouter_prices",
    "read_outcomes_table": "outcomes_table",
    "read_sglang_bench": "sglang_bench",
    "read_vllm_bench": "vllm_bench",
    "read_yaml": "yaml_file",
    "recognise": "recognition",
}

__all__ = [
    "Candidates",
    "Document",
    "Examination",
    "Load",
    "Location",
    "Outcomes",
    "Price",
    "PriceList",
    "Recognised",
    "ServingRun",
    "Spread",
    "Tier",
    "TokenTrace",
    "examine",
    "parse_yaml",
    "plain_scalar",
    "read_aiperf_records",
    "read_as",
    "read_azure_trace",
    "read_burstgpt_trace",
    "read_candidates",
    "read_csv",
    "read_evalplus",
    "read_genai_perf",
    "read_genai_prices",
    "read_guidellm",
    "read_humaneval",
    "read_inference_perf",
    "read_inferencex",
    "read_json",
    "read_json_lines",
    "read_json_records",
    "read_large_language_monkeys",
    "read_lengths",
    "read_litellm_prices",
    "read_llm_prices",
    "read_llmperf",
    "read_lm_eval",
    "read_models_dev",
    "read_openrouter_prices",
    "read_outcomes_table",
    "read_sglang_bench",
    "read_vllm_bench",
    "read_yaml",
    "recognise",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'moo_inference.readers' has no attribute {name!r}")
    value = getattr(import_module(f"moo_inference.readers.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
