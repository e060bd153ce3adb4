"""Which format a file is in, told by its content and not by its name."""

import codecs
import csv
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from moo_inference.documents.document import printable
from moo_inference.documents.json_file import read_bytes, steps
from moo_inference.errors import ReaderError, unknown_name
from moo_inference.readers.evaluations.candidates_csv import candidate_columns
from moo_inference.readers.foreign import JSON, Foreign, by_bytes, by_header, by_text
from moo_inference.readers.serving.bench_results import has_statistics
from moo_inference.readers.shape import Shape
from moo_inference.readers.traces.lengths_csv import length_columns

KINDS = ("prices", "lengths", "serving", "outcomes", "candidates", "catalog")

_BEGINNINGS = (1 << 16, 1 << 20, 1 << 24)
"""How many bytes are looked at, more only if fewer do not tell."""

_YAML = re.compile(r"(?:\s*(?:#.*)?\n|---[ \t]*\n)*+[\w-]+[ \t]*:(?:\s|\Z)")
_CATALOG = re.compile(r"^(models|scenarios)[ \t]*:", re.MULTILINE)
_BITS = {"0", "1", "true", "false", "True", "False", "TRUE", "FALSE", "0.0", "1.0"}
_HEADERS = (
    ("azure_trace", ("TIMESTAMP", "ContextTokens", "GeneratedTokens")),
    ("burstgpt_trace", ("Timestamp", "Model", "Request tokens", "Response tokens")),
    ("genai_perf", ("Metric", "avg")),
    ("genai_perf", ("Metric", "Value")),
    ("outcomes_table", ("question", "correct")),
)
_GENAI_METRICS = ("request_latency", "time_to_first_token", "ttft", "inter_token_latency", "error_request_count")
_STREAMED = {"completed", "total_output_tokens"}
_SGLANG = {"total_output_tokens_retokenized", "mean_e2e_latency_ms", "median_e2e_latency_ms", "accept_length"}
_SECONDS_WITHOUT_A_UNIT = {"median_e2el", "mean_e2el", "median_ttft", "mean_ttft"}
_LLMPERF_REQUEST = {"end_to_end_latency_s", "number_output_tokens"}
_SECONDS_NAMES = ("seconds", "latency_s", "latency_seconds", "request_seconds", "duration_s", "elapsed_s")
_REASONING_NAMES = ("reasoning_tokens", "tokens_reasoning")


@dataclass(frozen=True)
class Recognised:
    """The format of a file.

    Attributes:
        path: the file, as the user named it.
        format: the name of the module that reads it, e.g. `litellm_prices`; `catalog` for a catalog.
        name: the format's name for people.
        kind: one of `KINDS`: what it tells.
        options: of that module's reader, as far as the content tells them, e.g. the names of columns.
        systems: the columns of 0 and 1 where a CSV has one for each system, else empty.
    """

    path: str
    format: str
    name: str
    kind: str
    options: Mapping[str, str] = field(default_factory=dict)
    systems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A format that can be read: its name for people, what it tells, and the function that reads it."""

    name: str
    kind: str
    reader: str


FORMATS: Mapping[str, Format] = {
    "litellm_prices": Format("LiteLLM price map", "prices", "read_litellm_prices"),
    "genai_prices": Format("genai-prices data", "prices", "read_genai_prices"),
    "openrouter_prices": Format("OpenRouter model list", "prices", "read_openrouter_prices"),
    "llm_prices": Format("llm-prices list", "prices", "read_llm_prices"),
    "models_dev": Format("models.dev list", "prices", "read_models_dev"),
    "azure_trace": Format("Azure LLM inference trace", "lengths", "read_azure_trace"),
    "burstgpt_trace": Format("BurstGPT trace", "lengths", "read_burstgpt_trace"),
    "lengths_csv": Format("table of token counts", "lengths", "read_lengths"),
    "inference_perf": Format("inference-perf report", "serving", "read_inference_perf"),
    "genai_perf": Format("genai-perf or AIPerf export", "serving", "read_genai_perf"),
    "aiperf_records": Format("AIPerf records of single requests", "serving", "read_aiperf_records"),
    "vllm_bench": Format("vllm bench serve result", "serving", "read_vllm_bench"),
    "sglang_bench": Format("sglang.bench_serving result", "serving", "read_sglang_bench"),
    "inferencex": Format("InferenceX result", "serving", "read_inferencex"),
    "llmperf": Format("llmperf result", "serving", "read_llmperf"),
    "guidellm": Format("guidellm report", "serving", "read_guidellm"),
    "lm_eval": Format("lm-evaluation-harness samples", "outcomes", "read_lm_eval"),
    "humaneval": Format("HumanEval results", "outcomes", "read_humaneval"),
    "evalplus": Format("EvalPlus results", "outcomes", "read_evalplus"),
    "large_language_monkeys": Format("Large Language Monkeys samples", "outcomes", "read_large_language_monkeys"),
    "outcomes_table": Format("table of outcomes", "outcomes", "read_outcomes_table"),
    "candidates_csv": Format("CSV of measured candidates", "candidates", "read_candidates"),
    "catalog": Format("catalog", "catalog", ""),
}


def recognise(path: str | os.PathLike[str], kind: str | None = None) -> Recognised:
    """Tell the format of a file from its beginning.

    Args:
        path: the file.
        kind: what it is asked for, of `KINDS`, where one table may tell of several.

    Raises:
        ReaderError: (a ValueError) the file cannot be read, or is in none of the known formats, which are listed.
    """
    text = ""
    for most in _BEGINNINGS:
        content = read_bytes(path, most)
        if content.startswith(b"PAR1"):
            return _recognised(path, "outcomes_table")
        _refuse(path, by_bytes(content))
        text = _text(path, content)
        options: Mapping[str, str] = {}
        _refuse(path, by_text(text))
        if text.lstrip()[:1] in ("{", "["):
            shape = Shape(text)
            _refuse(path, next((foreign for rule, foreign in JSON.values() if rule(shape)), None))
            found = next((name for name, rule in _JSON_RULES.items() if rule(shape)), None)
            options = _length_options({*map(str, shape.keys)}) if found == "lengths_csv" else {}
        elif _YAML.match(text) and _CATALOG.search(text):
            found = "catalog"
        else:
            return _csv(path, text, kind, whole=len(content) < most)
        if found:
            return _recognised(path, found, options)
        if len(content) < most:
            break
    keys = dict.fromkeys(str(at[-1]) for at, _, _, is_key in steps(text[: _BEGINNINGS[0]], 2) if is_key)
    raise _unknown(path, f"JSON with the keys {', '.join(list(keys)[:12])}" if keys else "JSON without keys")


def as_format(path: str | os.PathLike[str], name: str) -> Recognised:
    """A file as one of a format that the user named.

    Raises:
        UnknownNameError: (a LookupError) there is no such format.
    """
    if name not in FORMATS:
        raise unknown_name("format", name, list(FORMATS))
    return _recognised(path, name)


def _recognised(
    path: str | os.PathLike[str], found: str, options: Mapping[str, str] | None = None, systems: tuple[str, ...] = ()
) -> Recognised:
    return Recognised(str(path), found, FORMATS[found].name, FORMATS[found].kind, options or {}, systems)


def _text(path: str | os.PathLike[str], content: bytes) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(content)
    except ValueError as error:
        raise ReaderError(f"{path}: must be UTF-8 text or Parquet: {error}") from error


def _unknown(path: str | os.PathLike[str], got: str) -> ReaderError:
    names = ", ".join(form.name for form in FORMATS.values())
    return ReaderError(printable(f"{path}: must be in a known format, got {got}; known are: {names}"))


def _refuse(path: str | os.PathLike[str], foreign: Foreign | None) -> None:
    if foreign is not None:
        raise ReaderError(foreign.sentence(path))


_JSON_RULES: Mapping[str, Callable[[Shape], bool]] = {
    "inference_perf": lambda shape: shape.has("successes", "latency") or {"load_summary", "successes"} <= shape.keys,
    "guidellm": lambda shape: shape.has("benchmarks", 0, "metrics"),
    # Each is known by what is its own, before those whose keys it shares.
    "sglang_bench": lambda shape: "completed" in shape.keys and bool(_SGLANG & shape.keys),
    "inferencex": lambda shape: (
        bool({"completed", "tput_per_gpu"} & shape.keys) and bool(_SECONDS_WITHOUT_A_UNIT & shape.keys)
    ),
    "vllm_bench": lambda shape: (
        "completed" in shape.keys and (shape.keys >= _STREAMED or has_statistics({*map(str, shape.keys)}))
    ),
    "llmperf": lambda shape: (
        shape.keys >= _LLMPERF_REQUEST
        or "results_end_to_end_latency_s_mean" in shape.keys
        or "results_ttft_s_mean" in shape.keys
    ),
    "aiperf_records": lambda shape: shape.has("metrics", "*", "value") and {"metadata", "error"} & shape.keys != set(),
    "genai_perf": lambda shape: any(
        shape.has(name, "unit") or shape.has("records", name, "unit") for name in _GENAI_METRICS
    ),
    "evalplus": lambda shape: shape.has("eval", "*", 0, "base_status") or shape.has("eval", "*", "nfiles"),
    "lm_eval": lambda shape: "doc_id" in shape.keys and bool({"resps", "filtered_resps"} & shape.keys),
    "humaneval": lambda shape: "task_id" in shape.keys and bool({"passed", "completion"} & shape.keys),
    "large_language_monkeys": lambda shape: bool({"is_corrects", "is_correct"} & shape.keys),
    "openrouter_prices": lambda shape: shape.has("data", 0, "pricing") or shape.has(0, "pricing"),
    "llm_prices": lambda shape: (
        shape.has("models", 0, "price_history")
        or (shape.has("prices", 0, "vendor") and shape.has("prices", 0, "input"))
    ),
    "models_dev": lambda shape: shape.has("*", "models", "*", "cost") or shape.has("*", "models", "*", "limit"),
    "genai_prices": lambda shape: shape.has(0, "models", 0, "prices"),
    "catalog": lambda shape: any(
        shape.has("models", "*", name) for name in ("usd_per_million_input_tokens", "c_in", "input_tokens")
    ),
    "outcomes_table": lambda shape: {"question", "correct"} <= shape.keys,
    "lengths_csv": lambda shape: length_columns({*map(str, shape.keys)}) is not None,
    "litellm_prices": lambda shape: (
        shape.has("*", "litellm_provider")
        or any(shape.has("*", f"{way}_cost_per_token") for way in ("input", "output"))
    ),
}


def _length_options(names: set[str]) -> dict[str, str]:
    """The columns of a table of token counts, by what they hold; empty where it is none."""
    pair = length_columns(names)
    if pair is None:
        return {}
    further = {
        "seconds": next((name for name in _SECONDS_NAMES if name in names), ""),
        "reasoning_tokens": next((name for name in _REASONING_NAMES if name in names), ""),
    }
    return {"input_tokens": pair[0], "output_tokens": pair[1], **{what: name for what, name in further.items() if name}}


def _csv(path: str | os.PathLike[str], text: str, kind: str | None, *, whole: bool) -> Recognised:
    lines = text.split("\n")
    if not whole and len(lines) > 1:
        del lines[-1]
    try:
        rows = [row for row in csv.reader(lines) if row]
    except csv.Error as error:
        raise _unknown(path, f"text that is no valid CSV ({error})") from error
    if not rows:
        raise _unknown(path, "an empty file")
    names = tuple(cell.strip() for cell in rows[0])
    if names[0] == "Run Info" or (text.startswith(("benchmarks:", "args:\n", "config:\n")) and "generative" in text):
        raise _unknown(path, "a report of guidellm that is no JSON: give its benchmarks.json")
    _refuse(path, by_header(names))
    found = _csv_by_header(names)
    if found:
        fitting = [one for one in found if FORMATS[one[0]].kind == kind]
        return _recognised(path, *(fitting or found)[0])
    systems = _columns_of_bits(names, rows[1:])
    if systems:
        return _recognised(path, "outcomes_table", {"question": names[0]}, systems)
    candidates = candidate_columns(names)
    if candidates:
        return _recognised(path, "candidates_csv", candidates)
    raise _unknown(path, f"CSV with the columns {', '.join(names[:12])}" if len(names) > 1 else "text")


def _csv_by_header(names: tuple[str, ...]) -> list[tuple[str, dict[str, str]]]:
    """The formats that a header fits, the likeliest first: one table may hold token counts and outcomes too."""
    there = set(names)
    found: list[tuple[str, dict[str, str]]] = [(form, {}) for form, columns in _HEADERS if there.issuperset(columns)]
    options = _length_options(there)
    return [*found, ("lengths_csv", options)] if options else found


def _columns_of_bits(names: tuple[str, ...], rows: list[list[str]]) -> tuple[str, ...]:
    """All columns but the first, if there is nothing but 0 and 1 in them."""
    good = len(names) > 1 and len(set(names)) == len(names)
    if good and rows and all(len(row) == len(names) and {*map(str.strip, row[1:])} <= _BITS for row in rows):
        return names[1:]
    return ()
