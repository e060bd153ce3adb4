"""Readers: a user's files as plain values with the lines they stand on, one module a format."""

from importlib import import_module
from typing import Any

from moo_inference.documents.csv_file import read_csv
from moo_inference.documents.document import Document, Location
from moo_inference.documents.json_file import read_json, read_json_lines, read_json_records
from moo_inference.documents.yaml_file import parse_yaml, plain_scalar, read_yaml
from moo_inference.readers.attempts.columns import AttemptTable
from moo_inference.readers.attempts.inspect_log import read_inspect_log
from moo_inference.readers.attempts.promptfoo import read_promptfoo
from moo_inference.readers.attempts.table import read_attempt_table
from moo_inference.readers.evaluations.aider import read_aider
from moo_inference.readers.evaluations.any_table import read_outcomes_table
from moo_inference.readers.evaluations.bfcl import read_bfcl
from moo_inference.readers.evaluations.candidates import Candidates, read_candidates
from moo_inference.readers.evaluations.evalplus import read_evalplus
from moo_inference.readers.evaluations.humaneval import read_humaneval
from moo_inference.readers.evaluations.large_language_monkeys import read_large_language_monkeys
from moo_inference.readers.evaluations.livecodebench import read_livecodebench
from moo_inference.readers.evaluations.lm_eval import read_lm_eval
from moo_inference.readers.evaluations.outcomes import Outcomes
from moo_inference.readers.prices.genai_prices import read_genai_prices
from moo_inference.readers.prices.litellm import read_litellm_prices
from moo_inference.readers.prices.llm_prices import read_llm_prices
from moo_inference.readers.prices.models_dev import read_models_dev
from moo_inference.readers.prices.openrouter import read_openrouter_prices
from moo_inference.readers.prices.price import OffPeak, Price, PriceList, Tier
from moo_inference.readers.registry import Recognised, read_as, recognise
from moo_inference.readers.serving.aiperf_records import read_aiperf_records
from moo_inference.readers.serving.genai_perf import read_genai_perf
from moo_inference.readers.serving.guidellm import read_guidellm
from moo_inference.readers.serving.inference_perf import read_inference_perf
from moo_inference.readers.serving.inferencex import read_inferencex
from moo_inference.readers.serving.llmperf import read_llmperf
from moo_inference.readers.serving.run import Load, ServingRun, Spread
from moo_inference.readers.serving.sglang import read_sglang_bench
from moo_inference.readers.serving.vllm import read_vllm_bench
from moo_inference.readers.traces.any_table import read_lengths
from moo_inference.readers.traces.azure import read_azure_trace
from moo_inference.readers.traces.burstgpt import read_burstgpt_trace
from moo_inference.readers.traces.trace import TokenTrace

__all__ = [
    "AttemptTable",
    "Candidates",
    "Document",
    "Examination",
    "Load",
    "Location",
    "OffPeak",
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
    "read_aider",
    "read_aiperf_records",
    "read_as",
    "read_attempt_table",
    "read_azure_trace",
    "read_bfcl",
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
    "read_inspect_log",
    "read_json",
    "read_json_lines",
    "read_json_records",
    "read_large_language_monkeys",
    "read_lengths",
    "read_litellm_prices",
    "read_livecodebench",
    "read_llm_prices",
    "read_llmperf",
    "read_lm_eval",
    "read_models_dev",
    "read_openrouter_prices",
    "read_outcomes_table",
    "read_promptfoo",
    "read_sglang_bench",
    "read_vllm_bench",
    "read_yaml",
    "recognise",
]


def __getattr__(name: str) -> Any:
    if name not in ("Examination", "examine"):
        raise AttributeError(f"module 'moo_inference.readers' has no attribute {name!r}")
    # A view of what is read: it stands on the right of readers.
    return getattr(import_module("moo_inference.views.doctor.examination"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
