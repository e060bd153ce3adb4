import json

import pytest
from conftest import ROOT

import moo_inference.readers as package
from moo_inference.errors import ReaderError, SettingError, UnknownNameError
from moo_inference.readers import recognise
from moo_inference.readers.recognition import FORMATS, KINDS
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data"
ROOT = DATA.parent.parent

EXPECTED = {
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
    "large_language_monkeys.json": ("large_language_monkeys", "outcomes"),
    "litellm_model_prices_excerpt.json": ("litellm_prices", "prices"),
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
REFUSED = {
    "aider_polyglot.yml",
    "inspect_ai_log.json",
    "livecodebench_eval_all.json",
    "promptfoo_v3.json",
    "published_numbers.csv",
}


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


def test_what_is_in_no_known_format_is_refused_with_the_list_of_them(tmp_path):
    with pytest.raises(ReaderError) as caught:
        recognise(DATA / "published_numbers.csv")
    assert (
        "got CSV with the columns quantity, model, dataset, k, value, source; known are: LiteLLM"
        in caught.value.faults[0]
    )
    assert all(form.name in caught.value.faults[0] for form in FORMATS.values())
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


@pytest.mark.parametrize(
    "text",
    [
        "models:\n  m: {name: M}\n",
        "# mine\n---\nscenarios:\n  s: {name: S}\n",
        "version: 1\nmodels: {}\n",
        '{"models": {"m": {"c_in": 1e-6}}}',
    ],
)
def test_catalogs_are_left_to_their_own_loader(tmp_path, text):
    path = tmp_path / "catalog"
    path.write_text(text)
    found = examine(path)
    assert found.kind == "catalog"
    assert "load_catalog" in found.holds[0]
    assert found.rows == ()


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
    real = package.recognition.read_bytes
    monkeypatch.setattr(package.recognition, "read_bytes", lambda path, most: asked.append(most) or real(path, most))
    assert recognise(path).format == "litellm_prices"
    assert asked == [1 << 16]
    assert path.stat().st_size > 4 * asked[0]


def test_columns_of_token_counts_are_guessed_from_their_names(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("id,prompt_tokens,completion_tokens\n1,10,20\n2,30,40\n")
    assert recognise(path).options == {"input_tokens": "prompt_tokens", "output_tokens": "completion_tokens"}
    assert examine(path).rows == (("10", "20"), ("30", "40"))


def test_a_wide_table_shows_its_systems_and_one_of_them_on_demand():
    path = DATA / "gsm8k_openai_correctness.csv"
    found = examine(path)
    assert [row[0::2] for row in found.rows] == [
        ("6b_finetuning", "286"),
        ("6b_verification", "515"),
        ("175b_finetuning", "458"),
        ("175b_verification", "742"),
    ]
    assert "One of them has to be chosen (--system NAME): 6b_finetuning" in found.lacks[1]
    one = examine(path, correct="175b_verification")
    assert "742 of 1,319 samples are correct (56.25%)." in one.holds
    assert one.rows[0] == ("0", "1", "1", "1.0000")
    assert one.lacks[0] == "There is one sample of each question: accuracy is known for k = 1 only."


def test_samples_with_several_filters_show_each_of_them():
    found = examine(DATA / "lm_eval_samples_gsm8k.jsonl")
    assert found.rows == (
        ("score-first", "3", "1", "0.3333"),
        ("maj@64", "3", "2", "0.6667"),
        ("maj@2", "3", "1", "0.3333"),
    )
    assert found.lacks[1] == "One of them has to be chosen (--filter NAME): score-first, maj@64, maj@2."
    assert ["64 passes (filter maj@64" in warning for warning in found.warnings] == [False, True, False]


def test_a_format_can_be_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("id,ok\na,1\na,0\nb,1\n")
    found = examine(path, format="outcomes_table", question="id", correct="ok")
    assert found.rows == (("a", "2", "1", "0.5000"), ("b", "1", "1", "1.0000"))
    with pytest.raises(ReaderError, match="must have a column 'TIMESTAMP'"):
        examine(path, format="azure_trace")
    with pytest.raises(UnknownNameError, match=r"unknown format 'azure' \(did you mean 'azure_trace'\?\)"):
        examine(path, format="azure")


def test_options_that_a_format_lacks_are_refused():
    with pytest.raises(SettingError, match=r"a LiteLLM price map has no option 'fre' \(did you mean 'free'\?\)"):
        examine(DATA / "litellm_model_prices_excerpt.json", fre=True)
    with pytest.raises(SettingError, match="has no option 'filter'; it has: none"):
        examine(ROOT / "moo_inference" / "catalog" / "paper.yaml", filter="x")


def test_what_a_price_list_leaves_out_is_told_with_lines():
    found = examine(DATA / "litellm_model_prices_excerpt.json")
    assert found.holds[0] == "45 entries: 21 with prices, 24 without."
    assert "3 of those without are not chat models." in found.holds
    assert any(".json:734: azure_ai/model_router: must not cost 0" in warning for warning in found.warnings)
    assert len(found.warnings) == 21
    assert found.warnings[-1] == "and 1 more like these"
    assert found.columns[1] == "input (USD per million tokens)"
    assert found.rows[2][:4] == ("gpt-5", "1.25", "10", "0.125")
    assert "this file gives prices only" in found.lacks[0]


def test_notes_of_every_run_are_warnings():
    found = examine(DATA / "inference_perf_summary.json")
    assert "1.34 times" in found.warnings[0]
    assert "mixes latencies" in found.warnings[1]


def test_what_lengths_tell():
    found = examine(DATA / "azure_llm_code_2500.csv")
    assert found.holds[0] == "2,500 requests."
    assert "Output lengths are skewed" in found.warnings[0]
    assert found.rows[0] == ("4808", "10", "0")


def test_kinds_and_formats_fit():
    assert {form.kind for form in FORMATS.values()} == {*KINDS}
    for name, form in FORMATS.items():
        assert (name == "catalog") == (form.reader == "")
        assert not form.reader or form.reader in package.__all__


def test_public_names_load_and_others_do_not():
    assert sorted(package._HOME) == sorted(package.__all__)
    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name == "Location" or getattr(package, name).__name__ == name
    assert {*package.__all__} <= {*dir(package)}
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = package.nonsense


def test_formats_that_are_not_read_say_what_to_write_in_their_place(tmp_path):
    path = tmp_path / "file"
    for content, got, way in (
        ((DATA / "aider_polyglot.yml").read_bytes(), "a leaderboard of Aider", "pass_rate_1 / 100"),
        ((DATA / "promptfoo_v3.json").read_bytes(), "an evaluation of promptfoo", "response.output"),
        ((DATA / "livecodebench_eval_all.json").read_bytes(), "an evaluation of LiveCodeBench", "graded_list"),
        ((DATA / "inspect_ai_log.json").read_bytes(), "an evaluation log of Inspect", "scores.*.value is C"),
        (b"PK\x03\x04\x14\x00rest", "a zip archive, as Inspect writes", "scores.*.value is C"),
        (
            b"Rank,Overall Acc,Model,Model Link,Total Cost ($),Latency Mean (s)\n1,77.5%,m (FC),http://x,9.1,1.2\n",
            "the leaderboard of BFCL",
            "Overall Acc / 100",
        ),
    ):
        path.write_bytes(content)
        with pytest.raises(ReaderError) as caught:
            recognise(path)
        (fault,) = caught.value.faults
        assert f"must be in a format that can be read, got {got}" in fault
        assert way in fault


def test_what_accuracy_is_known_for_is_what_the_smallest_question_has(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("question,correct\n" + "a,1\n" * 10 + "b,0\n" * 3)
    found = examine(path)
    assert (
        found.lacks[0]
        == "There is one with no more than 3 samples of a question: accuracy is known for k up to 3 only."
    )
    assert any("questions with fewer than 10 samples: 1; the fewest, 3, has 'b'" in one for one in found.warnings)
    path.write_text("question,correct\n" + "a,1\n" * 2 + "b,0\n" * 2)
    assert examine(path).lacks[0] == "There are 2 samples of a question: accuracy is known for k up to 2 only."


def test_what_is_lacking_is_what_was_not_read(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("prompt_tokens,completion_tokens,latency_s\n10,20,1.5\n")
    assert "this file gives lengths of prompts and answers and latency under a load only" in examine(path).lacks[-1]
    path.write_text("prompt_tokens,completion_tokens\n10,20\n")
    assert "this file gives lengths of prompts and answers only" in examine(path).lacks[-1]
    served = examine(DATA / "inference_perf_stage_0.json").lacks[-1]
    assert "needs prices and accuracy by the number of passes too" in served
    free = tmp_path / "prices.json"
    free.write_text(
        '{"m": {"litellm_provider": "x", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0}}'
    )
    assert "this file gives none of them" in examine(free).lacks[-1]


def test_metrics_are_compared_where_there_are_several(tmp_path):
    found = examine(DATA / "lm_eval_acc_acc_norm.jsonl")
    assert found.rows == (("acc", "4", "2", "0.5000"), ("acc_norm", "4", "1", "0.2500"))
    assert "One of them has to be chosen (--metric NAME): acc, acc_norm." in found.lacks
    path = tmp_path / "samples.jsonl"
    row = {"doc_id": 0, "filter": "none", "resps": [["a"]], "metrics": ["acc", "bleu"], "acc": 1, "bleu": 0.3}
    path.write_text(json.dumps(row))
    found = examine(path)
    assert [row[0] for row in found.rows] == ["acc"]
    assert any("bleu: must be 0, 1, true or false, got 0.3" in warning for warning in found.warnings)
    path.write_text(json.dumps({**row, "acc": 0.7}))
    with pytest.raises(ReaderError, match="acc: must be 0, 1"):
        examine(path)


def test_one_table_may_tell_of_lengths_and_of_outcomes(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("question,correct,tokens_in,tokens_out,seconds\nq1,1,10,20,1.5\nq2,0,30,40,2.5\n")
    assert recognise(path).kind == "outcomes"
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
    assert found.lacks[-1].startswith("A decision needs prices too; this file gives accuracy by")
    assert package.read_as(path, "outcomes").questions == ("q1", "q2")
    with pytest.raises(ReaderError, match="must tell prices, and is a table of outcomes"):
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
