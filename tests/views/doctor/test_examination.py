import json

import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError, SettingError, UnknownNameError
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data"


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
