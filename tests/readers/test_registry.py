import json
import subprocess
import sys

import pytest
from conftest import ROOT

import moo_inference.readers as package
from moo_inference.errors import ReaderError
from moo_inference.readers import recognise
from moo_inference.readers.format import Shape
from moo_inference.readers.registry import FORMATS, KINDS, MODULES
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data"

EXPECTED = {
    "aider_polyglot.yml": ("aider", "candidates"),
    "bfcl_data_overall.csv": ("bfcl", "candidates"),
    "livecodebench_eval_all.json": ("livecodebench", "outcomes"),
    "promptfoo_v3.json": ("promptfoo", "attempts"),
    "aiperf_0.1.1_records.json": ("genai_perf", "serving"),
    "aiperf_0.10.csv": ("genai_perf", "serving"),
    "aiperf_0.10.json": ("genai_perf", "serving"),
    "aiperf_0.8_all_failed.json": ("genai_perf", "serving"),
    "aiperf_profile_export.jsonl": ("aiperf_records", "serving"),
    "genai_perf_gpu_telemetry.csv": ("genai_perf", "serving"),
    "guidellm_0.3.1.json": ("guidellm", "serving"),
    "inferencex_seconds_medians.json": ("inferencex", "serving"),
    "llmperf_individual.json": ("llmperf", "serving"),
    "llmperf_summary.json": ("llmperf", "serving"),
    "mlperf_lengths.csv": ("lengths_csv", "lengths"),
    "mooncake.jsonl": ("lengths_csv", "lengths"),
    "sglang_2024_medians.jsonl": ("sglang_bench", "serving"),
    "sglang_finite.jsonl": ("sglang_bench", "serving"),
    "sglang_infinity.jsonl": ("sglang_bench", "serving"),
    "vllm_one_output_token.json": ("vllm_bench", "serving"),
    "aiperf_profile_export.json": ("genai_perf", "serving"),
    "azure_llm_code_2500.csv": ("azure_trace", "lengths"),
    "burstgpt_first_rows.csv": ("burstgpt_trace", "lengths"),
    "burstgpt_v2_rows.csv": ("burstgpt_trace", "lengths"),
    "evalplus_2024-01.json": ("evalplus", "outcomes"),
    "evalplus_eval_results.json": ("evalplus", "outcomes"),
    "frugalgpt_summary_HEADLINES.csv": ("candidates_csv", "candidates"),
    "genai_perf_profile_export.csv": ("genai_perf", "serving"),
    "genai_prices_reasoning.json": ("genai_prices", "prices"),
    "genai_prices_slim_excerpt.json": ("genai_prices", "prices"),
    "gsm8k_openai_correctness.csv": ("outcomes_table", "outcomes"),
    "guidellm_benchmarks.json": ("guidellm", "serving"),
    "humaneval_results.jsonl": ("humaneval", "outcomes"),
    "inference_perf_stage_0.json": ("inference_perf", "serving"),
    "inference_perf_summary.json": ("inference_perf", "serving"),
    "inspect_ai_log.json": ("inspect", "attempts"),
    "large_language_monkeys.json": ("large_language_monkeys", "outcomes"),
    "litellm_model_prices_excerpt.json": ("litellm_prices", "prices"),
    "litellm_modes.json": ("litellm_prices", "prices"),
    "litellm_tier_reasoning.json": ("litellm_prices", "prices"),
    "llm_prices.json": ("llm_prices", "prices"),
    "lm_eval_2024_no_filter_key.jsonl": ("lm_eval", "outcomes"),
    "lm_eval_acc_acc_norm.jsonl": ("lm_eval", "outcomes"),
    "lm_eval_samples_gsm8k.jsonl": ("lm_eval", "outcomes"),
    "models_dev.json": ("models_dev", "prices"),
    "openrouter_bare_list.json": ("openrouter_prices", "prices"),
    "openrouter_models_excerpt.json": ("openrouter_prices", "prices"),
    "outcomes_long.csv": ("outcomes_table", "outcomes"),
    "routellm_gsm8k_correctness.csv": ("outcomes_table", "outcomes"),
    "vllm_bench_detailed.json": ("vllm_bench", "serving"),
    "vllm_bench_runs.jsonl": ("vllm_bench", "serving"),
}
REFUSED = {"published_numbers.csv"}


def test_every_sample_is_expected_or_refused_and_its_origin_is_told():
    there = {
        path.name for path in DATA.iterdir() if path.is_file() and path.name[0] != "." and path.name != "ORIGIN.md"
    }
    assert there == {*EXPECTED} | REFUSED
    origin = (DATA / "ORIGIN.md").read_text()
    assert [name for name in there if name not in origin] == []


@pytest.mark.parametrize("name", EXPECTED)
def test_formats_are_told_by_content_and_not_by_name(tmp_path, name):
    for content in (whole := (DATA / name).read_bytes(), b"\xef\xbb\xbf" + whole, whole.rstrip()):
        path = tmp_path / "download"
        path.write_bytes(content)
        found = recognise(path)
        assert (found.format, found.kind) == EXPECTED[name]
        assert found.name == FORMATS[found.format].name
        assert found.path == str(path)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_sample_is_examined(name):
    found = examine(DATA / name)
    assert (found.format, found.kind) == EXPECTED[name]
    assert found.holds
    assert found.lacks
    assert 1 <= len(found.rows) <= 10
    assert all(len(row) == len(found.columns) for row in found.rows)
    assert all(isinstance(cell, str) and cell for row in found.rows for cell in row)
    assert all(name in warning or warning.startswith("and ") for warning in found.warnings)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.endswith((".json", ".jsonl"))])
def test_of_formats_that_are_tried_together_one_alone_knows_a_sample(name):
    shape = Shape((DATA / name).read_text())
    knowing = [form for form in FORMATS.values() if form.json and form.json(shape)]
    first = min(form.turn for form in knowing)
    assert [form.id for form in knowing if form.turn == first] == [EXPECTED[name][0]]


def test_what_is_in_no_known_format_is_refused_with_the_list_of_them(tmp_path):
    with pytest.raises(ReaderError) as caught:
        recognise(DATA / "published_numbers.csv")
    assert (
        "got CSV with the columns quantity, model, dataset, k, value, source; known are: LiteLLM"
        in caught.value.errors[0]
    )
    assert all(form.name in caught.value.errors[0] for form in FORMATS.values())
    path = tmp_path / "file"
    for content, words in (
        (b"", "got an empty file"),
        (b"hello", "got text"),
        (b'{"a": 1, "b": {"c": 2}}', "got JSON with the keys a, b, c"),
        (b"[]", "got JSON without keys"),
        (b"\xff\xfe\x00", "must be UTF-8 text or Parquet"),
        (b"a,b\n1,2\n", "got CSV with the columns a, b"),
        (b'a,"b\n1,2\r3', "got"),
    ):
        path.write_bytes(content)
        with pytest.raises(ReaderError, match=words):
            recognise(path)
    with pytest.raises(ReaderError, match="must be a file that can be read"):
        recognise(tmp_path)


def test_prose_about_catalogs_is_no_catalog():
    with pytest.raises(ReaderError, match="must be in a known format"):
        recognise(ROOT / "README.md")


def test_the_built_in_catalog_is_one():
    assert recognise(ROOT / "moo_inference" / "catalog" / "paper.yaml").kind == "catalog"


def test_keys_beyond_the_first_bytes_are_found(tmp_path):
    path = tmp_path / "records.json"
    path.write_text(json.dumps([{"question": "?", "samples": ["x" * 100_000], "is_corrects": [True]}]))
    assert recognise(path).format == "large_language_monkeys"
    path.write_text(json.dumps({"doc": "x" * 2_000_000, "doc_id": 1, "resps": [["a"]]}) + "\n")
    assert recognise(path).format == "lm_eval"


def test_a_large_price_file_is_recognised_by_its_beginning(tmp_path, monkeypatch):
    entry = {"litellm_provider": "x", "mode": "chat", "input_cost_per_token": 1e-6}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({f"m{number}": entry for number in range(3000)}, indent=1))
    asked = []
    real = package.registry.read_bytes
    monkeypatch.setattr(package.registry, "read_bytes", lambda path, most: asked.append(most) or real(path, most))
    assert recognise(path).format == "litellm_prices"
    assert asked == [1 << 16]
    assert path.stat().st_size > 4 * asked[0]


def test_columns_of_token_counts_are_guessed_from_their_names(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("id,prompt_tokens,completion_tokens\n1,10,20\n2,30,40\n")
    assert recognise(path).options == {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    assert examine(path).rows == (("10", "20"), ("30", "40"))


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("lm_eval_samples_gsm8k.jsonl", "filter"),
        ("lm_eval_2024_no_filter_key.jsonl", "filter"),
        ("lm_eval_acc_acc_norm.jsonl", "metric"),
        ("gsm8k_openai_correctness.csv", "correct"),
        ("routellm_gsm8k_correctness.csv", "correct"),
    ],
)
def test_what_is_read_at_once_is_what_is_read_one_by_one(name, option):
    known = recognise(DATA / name)
    form = FORMATS[known.format]
    each = form.read_each(DATA / name, known.systems, known.options)
    assert each.option == option
    assert len(each.outcomes) > 1
    for one, found in each.outcomes.items():
        alone = form.read(DATA / name, **{**known.options, option: one})
        assert (found.questions, found.notes, found.passes) == (alone.questions, alone.notes, alone.passes)
        assert found.correct.tolist() == alone.correct.tolist()
        assert found.question.tolist() == alone.question.tolist()
        assert (found.answer is None) == (alone.answer is None)
        assert found.answer is None or found.answer.tolist() == alone.answer.tolist()


def test_kinds_and_formats_fit():
    assert {form.kind for form in FORMATS.values()} == {*KINDS}
    assert len(FORMATS) == len(MODULES) + 1
    for name, form in FORMATS.items():
        assert form.id == name
        assert getattr(package, form.read.__name__) is form.read


def test_every_module_that_reads_a_format_is_listed():
    folder = ROOT / "moo_inference" / "readers"
    there = {
        f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*.py") if "\nFORMAT = Format(" in path.read_text()
    }
    assert there == {*MODULES}


def test_public_names_load_and_others_do_not():
    assert sorted(set(package.__all__)) == package.__all__
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name == "Location" or getattr(package, name).__name__ == name
    assert {*package.__all__} <= {*dir(package)}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = package.nonsense


def test_one_table_may_tell_of_lengths_and_of_outcomes(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("question,correct,tokens_in,tokens_out,seconds\nq1,1,10,20,1.5\nq2,0,30,40,2.5\n")
    assert recognise(path).kind == "attempts"
    assert recognise(path, "outcomes").format == "outcomes_table"
    assert recognise(path, "lengths").options == {
        "input_tokens": "tokens_in",
        "output_tokens": "tokens_out",
        "seconds": "seconds",
    }
    trace = package.read_as(path, "lengths")
    assert trace.seconds.tolist() == [1.5, 2.5]
    found = examine(path)
    assert found.holds[-1] == (
        "Lengths and times stand in 'tokens_in', 'tokens_out', 'seconds': fit --lengths takes the same file."
    )
    assert any(sentence.startswith("Prices: ") for sentence in found.lacks)
    outcomes = package.read_as(path, "outcomes")
    assert outcomes.questions == ("q1", "q2")
    assert outcomes.notes == (
        "Outcomes alone are taken: the columns 'tokens_in', 'tokens_out', 'seconds' of attempts are not used.",
    )
    with pytest.raises(ReaderError, match="expected prices, got a table of attempts"):
        package.read_as(path, "prices")


def test_a_column_of_reasoning_is_a_part_of_the_answers_or_on_top(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("prompt_tokens,completion_tokens,reasoning_tokens\n10,200,150\n10,100,0\n")
    trace = package.read_as(path, "lengths")
    assert (trace.output_tokens.tolist(), trace.reasoning_tokens.tolist()) == ([200, 100], [150, 0])
    assert "a part of the answers' tokens" in trace.notes[0]
    path.write_text("prompt_tokens,completion_tokens,reasoning_tokens\n10,20,150\n10,100,50\n")
    trace = package.read_as(path, "lengths")
    assert trace.output_tokens.tolist() == [170, 150]
    assert "on top of the answers', since they exceed them in 1 rows" in trace.notes[0]


def test_a_catalog_is_loaded_without_readers():
    loaded = "[name for name in sys.modules if name.startswith('moo_inference.readers')]"
    code = f"import sys, moo_inference as mi; mi.load_catalog(); print({loaded})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
