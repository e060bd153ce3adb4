"""Whatever a file holds, a reader gives right values or a ReaderError that says what is wrong; never anything else."""

import copy
import json
import math
import random

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moo_inference import readers
from moo_inference.errors import ReaderError

DATA = ROOT / "tests" / "data"
ODD_VALUES = (None, True, -1, 0, 1e308, 10**400, "", "x", "-1", "\ud800", math.nan, math.inf, [], {}, [[]], {"a": None})

CASES = [
    ("read_litellm_prices", "litellm_model_prices_excerpt.json", {}),
    ("read_genai_prices", "genai_prices_slim_excerpt.json", {}),
    ("read_openrouter_prices", "openrouter_models_excerpt.json", {}),
    ("read_azure_trace", "azure_llm_code_2500.csv", {}),
    ("read_burstgpt_trace", "burstgpt_first_rows.csv", {}),
    ("read_burstgpt_trace", "burstgpt_v2_rows.csv", {"model": "ChatGPT"}),
    ("read_lengths", "burstgpt_v2_rows.csv", {"input_tokens": "Request tokens", "output_tokens": "Response tokens"}),
    ("read_inference_perf", "inference_perf_stage_0.json", {}),
    ("read_genai_perf", "genai_perf_profile_export.csv", {}),
    ("read_genai_perf", "aiperf_profile_export.json", {}),
    ("read_vllm_bench", "vllm_bench_runs.jsonl", {}),
    ("read_vllm_bench", "vllm_bench_detailed.json", {}),
    ("read_guidellm", "guidellm_benchmarks.json", {}),
    ("read_guidellm", "guidellm_0.3.1.json", {}),
    ("read_sglang_bench", "sglang_finite.jsonl", {}),
    ("read_inferencex", "inferencex_seconds_medians.json", {}),
    ("read_genai_perf", "aiperf_0.10.csv", {}),
    ("read_genai_perf", "aiperf_0.10.json", {}),
    ("read_genai_perf", "aiperf_0.1.1_records.json", {}),
    ("read_genai_perf", "aiperf_0.8_all_failed.json", {}),
    ("read_aiperf_records", "aiperf_profile_export.jsonl", {}),
    ("read_llmperf", "llmperf_individual.json", {}),
    ("read_llmperf", "llmperf_summary.json", {}),
    ("read_lengths", "mooncake.jsonl", {"input_tokens": "input_length", "output_tokens": "output_length"}),
    ("examine", "sglang_infinity.jsonl", {}),
    ("examine", "aiperf_profile_export.jsonl", {}),
    ("read_humaneval", "humaneval_results.jsonl", {}),
    ("read_evalplus", "evalplus_eval_results.json", {}),
    ("read_lm_eval", "lm_eval_samples_gsm8k.jsonl", {"filter": "maj@64"}),
    ("read_large_language_monkeys", "large_language_monkeys.json", {}),
    ("read_outcomes_table", "outcomes_long.csv", {}),
    ("read_outcomes_table", "outcomes_long.jsonl", {}),
    ("read_outcomes_table", "outcomes_long.parquet", {}),
    ("read_llm_prices", "llm_prices.json", {}),
    ("read_models_dev", "models_dev.json", {}),
    ("read_litellm_prices", "litellm_tier_reasoning.json", {}),
    ("read_litellm_prices", "litellm_modes.json", {}),
    ("read_openrouter_prices", "openrouter_bare_list.json", {}),
    ("read_genai_prices", "genai_prices_reasoning.json", {}),
    ("read_candidates", "frugalgpt_summary_HEADLINES.csv", {}),
    ("read_promptfoo", "promptfoo_v3.json", {}),
    ("read_livecodebench", "livecodebench_eval_all.json", {}),
    ("read_aider", "aider_polyglot.yml", {}),
    ("read_bfcl", "bfcl_data_overall.csv", {}),
    ("read_attempt_table", "attempts.csv", {}),
    ("read_attempt_table", "attempts.jsonl", {}),
    ("read_attempt_table", "attempts.parquet", {}),
    ("read_inspect_log", "attempts/inspect_plain.json", {}),
    ("read_inspect_log", "attempts/inspect_plain.eval", {}),
    ("examine", "attempts/inspect_plain.json", {}),
    ("examine", "attempts.jsonl", {}),
    ("examine", "gsm8k_openai_correctness.csv", {}),
    ("examine", "guidellm_benchmarks.json", {}),
    ("examine", "genai_prices_slim_excerpt.json", {}),
    ("examine", "humaneval_results.jsonl", {}),
]


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a sample, at most 6,000 of them for the sake of time."""
    made = tmp_path_factory.mktemp("made")
    rows = [{"question": "q1", "correct": True, "answer": "18", "score": 0.5}, {"question": "q2", "correct": False}]
    (made / "outcomes_long.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.Table.from_pylist(rows), made / "outcomes_long.parquet")
    measured = {"model": "m", "sample": 1, "tokens_in": 10, "tokens_out": 20, "usd": 0.25, "seconds": 1.5}
    attempts = [{**row, **measured} for row in rows]
    (made / "attempts.csv").write_text(
        "\n".join(",".join(map(str, row.values())) for row in [{n: n for n in attempts[0]}, attempts[0]])
    )
    (made / "attempts.jsonl").write_text("\n".join(map(json.dumps, attempts)))
    parquet.write_table(pa.Table.from_pylist(attempts), made / "attempts.parquet")

    def read(name):
        path = DATA / name if (DATA / name).exists() else made / name
        whole = path.read_bytes()
        if name.endswith(".csv") and len(whole) > 6000:
            whole = whole[: whole.rindex(b"\n", 0, 6000)]
        return whole

    return read


def changed(whole, seed):
    """A file with a few values of other types in it, or bytes of other values."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    try:
        lines = [json.loads(whole)]
    except ValueError:
        try:
            lines = [json.loads(line) for line in whole.splitlines()]
        except ValueError:
            cells = whole.split(b",")
            for _ in range(dice.randint(1, 3)):
                odd = dice.choice(
                    [b"", b"-1", b"nan", b"1e999", b"x", b'"', b"\r", b"\0", b"1_0", b"9" * 400, b"\xff", b","]
                )
                cells[dice.randrange(len(cells))] = odd
            return b",".join(cells)
    for _ in range(dice.randint(1, 3)):
        place = dice.choice(lines)
        while True:
            inner = list(place.items()) if isinstance(place, dict) else list(enumerate(place))
            if not inner:
                break
            key, value = dice.choice(inner)
            if isinstance(value, dict | list) and dice.random() < 0.8:
                place = value
                continue
            if isinstance(place, dict) and dice.random() < 0.3:
                del place[key]
            else:
                place[key] = copy.deepcopy(dice.choice(ODD_VALUES))
            break
    return "\n".join(map(json.dumps, lines)).encode()


def check(found):
    """What every value that came out has to hold."""
    if isinstance(found, readers.PriceList):
        for price in found.priced.values():
            pairs = [(price.usd_per_million_input_tokens, price.usd_per_million_output_tokens)]
            assert all(0 < value <= 1000 for pair in [*pairs, *(tier[1:3] for tier in price.tiers)] for value in pair)
            assert [*price.tiers] == sorted(price.tiers)
    elif isinstance(found, readers.TokenTrace):
        assert len(found.input_tokens) == len(found.output_tokens) > 0
        assert min(found.input_tokens.min(), found.output_tokens.min(), found.failed) >= 0
        assert found.seconds is None or (np.isfinite(found.seconds) & (found.seconds >= 0)).all()
    elif isinstance(found, readers.Outcomes):
        n, c = found.counts()
        assert n.sum() == len(found) > 0
        assert (c <= n).all()
        assert c.sum() == found.correct.sum()
        assert len(found.questions) == len(n) == len(set(found.questions))
    elif isinstance(found, readers.Candidates):
        assert ((found.accuracy >= 0) & (found.accuracy <= 1) & (found.usd_per_query >= 0)).all()
    elif isinstance(found, readers.AttemptTable):
        frame = found.frame
        assert len(frame) > 0
        assert frame["question"].notna().all()
        outcome = frame["correct"] if "correct" in frame else frame["score"]
        assert outcome.dropna().between(0, 1).all()
        for name in {"tokens_in", "tokens_out", "usd", "seconds"} & {*frame}:
            values = frame[name].dropna()
            assert (np.isfinite(values) & (values >= 0)).all()
    elif isinstance(found, readers.Examination):
        assert found.holds
        assert all(len(row) == len(found.columns) for row in found.rows)
    else:
        for run in found:
            for spread in (run.request_seconds, run.ttft_seconds, run.seconds_per_output_token, run.output_tokens):
                if spread is not None:
                    values = [*spread.percentiles.values(), *([] if spread.mean is None else [spread.mean])]
                    assert all(math.isfinite(value) and value >= 0 for value in values)


def errors_of(read, path, options):
    """The errors that a reader raised, or None where it gave values."""
    try:
        check(read(path, **options))
    except ReaderError as error:
        return error.errors
    return None


@pytest.mark.parametrize(("reader", "name", "options"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES])
def test_a_reader_ends_in_values_or_in_a_reader_error(reader, name, options, content, tmp_path):
    whole = content(name)
    path = tmp_path / "fuzzed"
    read = getattr(readers, reader)

    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.one_of(
            st.integers(0, len(whole)).map(lambda end: whole[:end]),
            st.integers(0, 2**32).map(lambda seed: changed(whole, seed)),
            st.tuples(st.integers(0, len(whole)), st.binary(max_size=6)).map(
                lambda hit: whole[: hit[0]] + hit[1] + whole[hit[0] + len(hit[1]) :]
            ),
            st.binary(max_size=60),
            st.sampled_from([b"[" * 5000, b'{"a":' * 5000, b"{}", b"[]", b"0", b"\xef\xbb\xbf", b"a,b\n1,2\n"]),
        )
    )
    def fuzz(text):
        path.write_bytes(text)
        errors = errors_of(read, path, options)
        assert errors is None or errors
        assert all(str(path) in message or message.startswith("and ") for message in errors or ())

    path.write_bytes(whole)
    check(read(path, **options))
    fuzz()
