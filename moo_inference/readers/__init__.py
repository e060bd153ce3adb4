"""Readers: a user's files as plain values with the lines they stand on, one module a format.

The names are loaded when they are first used, so that a catalog is read without the modules of other formats.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moo_inference.documents.csv_file import read_csv
    from moo_inference.documents.document import Document, Location
    from moo_inference.documents.json_file import read_json, read_json_lines, read_json_records
    from moo_inference.documents.yaml_file import parse_yaml, plain_scalar, read_yaml
    from moo_inference.readers.evaluations.candidates_csv import Candidates, read_candidates
    from moo_inference.readers.evaluations.evalplus import read_evalplus
    from moo_inference.readers.evaluations.humaneval import read_humaneval
    from moo_inference.readers.evaluations.large_language_monkeys import read_large_language_monkeys
    from moo_inference.readers.evaluations.lm_eval import read_lm_eval
    from moo_inference.readers.evaluations.outcomes import Outcomes
    from moo_inference.readers.evaluations.outcomes_table import read_outcomes_table
    from moo_inference.readers.prices.genai_prices import read_genai_prices
    from moo_inference.readers.prices.litellm import read_litellm_prices
    from moo_inference.readers.prices.llm_prices import read_llm_prices
    from moo_inference.readers.prices.models_dev import read_models_dev
    from moo_inference.readers.prices.openrouter import read_openrouter_prices
    from moo_inference.readers.prices.price import Price, PriceList, Tier
    from moo_inference.readers.recognition import Recognised, recognise
    from moo_inference.readers.registry import read_as
    from moo_inference.readers.serving.aiperf_records import read_aiperf_records
    from moo_inference.readers.serving.genai_perf import read_genai_perf
    from moo_inference.readers.serving.guidellm import read_guidellm
    from moo_inference.readers.serving.inference_perf import read_inference_perf
    from moo_inference.readers.serving.inferencex import read_inferencex
    from moo_inference.readers.serving.llmperf import read_llmperf
    from moo_inference.readers.serving.run import Load, ServingRun, Spread
    from moo_inference.readers.serving.sglang import read_sglang_bench
    from moo_inference.readers.serving.vllm import read_vllm_bench
    from moo_inference.readers.traces.azure import read_azure_trace
    from moo_inference.readers.traces.burstgpt import read_burstgpt_trace
    from moo_inference.readers.traces.lengths_csv import read_lengths
    from moo_inference.readers.traces.trace import TokenTrace


_HOME = {
    "Candidates": "readers.evaluations.candidates_csv",
    "Document": "documents.document",
    "Examination": "views.doctor.examination",
    "Load": "readers.serving.run",
    "Location": "documents.document",
    "Outcomes": "readers.evaluations.outcomes",
    "Price": "readers.prices.price",
    "PriceList": "readers.prices.price",
    "Recognised": "readers.recognition",
    "ServingRun": "readers.serving.run",
    "Spread": "readers.serving.run",
    "Tier": "readers.prices.price",
    "TokenTrace": "readers.traces.trace",
    "examine": "views.doctor.examination",
    "parse_yaml": "documents.yaml_file",
    "plain_scalar": "documents.yaml_file",
    "read_aiperf_records": "readers.serving.aiperf_records",
    "read_as": "readers.registry",
    "read_azure_trace": "readers.traces.azure",
    "read_burstgpt_trace": "readers.traces.burstgpt",
    "read_candidates": "readers.evaluations.candidates_csv",
    "read_csv": "documents.csv_file",
    "read_evalplus": "readers.evaluations.evalplus",
    "read_genai_perf": "readers.serving.genai_perf",
    "read_genai_prices": "readers.prices.genai_prices",
    "read_guidellm": "readers.serving.guidellm",
    "read_humaneval": "readers.evaluations.humaneval",
    "read_inference_perf": "readers.serving.inference_perf",
    "read_inferencex": "readers.serving.inferencex",
    "read_json": "documents.json_file",
    "read_json_lines": "documents.json_file",
    "read_json_records": "documents.json_file",
    "read_large_language_monkeys": "readers.evaluations.large_language_monkeys",
    "read_lengths": "readers.traces.lengths_csv",
    "read_litellm_prices": "readers.prices.litellm",
    "read_llm_prices": "readers.prices.llm_prices",
    "read_llmperf": "readers.serving.llmperf",
    "read_lm_eval": "readers.evaluations.lm_eval",
    "read_models_dev": "readers.prices.models_dev",
    "read_openrouter_prices": "readers.prices.openrouter",
    "read_outcomes_table": "readers.evaluations.outcomes_table",
    "read_sglang_bench": "readers.serving.sglang",
    "read_vllm_bench": "readers.serving.vllm",
    "read_yaml": "documents.yaml_file",
    "recognise": "readers.recognition",
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
    value = getattr(import_module(f"moo_inference.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
