import builtins
import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

from moo_inference.errors import ReaderError
from moo_inference.readers import (
    read_candidates,
    read_evalplus,
    read_humaneval,
    read_large_language_monkeys,
    read_lm_eval,
    read_outcomes_table,
)
from moo_inference.readers.outcomes import OutcomesBuilder, name_of, truth

DATA = Path(__file__).parent.parent / "data"
OPENAI = DATA / "gsm8k_openai_correctness.csv"
ROUTELLM = DATA / "routellm_gsm8k_correctness.csv"
LM_EVAL = DATA / "lm_eval_samples_gsm8k.jsonl"
EVALPLUS = DATA / "evalplus_eval_results.json"
MIXTRAL, GPT_4 = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "outcomes"
        path.write_text(text if isinstance(text, str) else "\n".join(map(json.dumps, text)))
        return path

    return write


@pytest.mark.parametrize(
    ("path", "system", "solved"),
    [
        (OPENAI, "6b_finetuning", 286),
        (OPENAI, "6b_verification", 515),
        (OPENAI, "175b_finetuning", 458),
        (OPENAI, "175b_verification", 742),
        (ROUTELLM, MIXTRAL, 842),
        (ROUTELLM, GPT_4, 1130),
    ],
)
def test_solve_rates_of_gsm8k_are_those_published(path, system, solved):
    found = read_outcomes_table(path, question="problem_idx", correct=system)
    n, c = found.counts()
    assert n.tolist() == [1] * 1319
    assert c.sum() == solved
    with path.open() as stream:
        raw = [(row["problem_idx"], row[system] == "1") for row in csv.DictReader(stream)]
    assert list(zip(found.questions, found.correct.tolist(), strict=True)) == raw
    assert found.answer is None
    assert found.score is None


def test_routellm_together():
    mixtral, gpt_4 = (
        read_outcomes_table(ROUTELLM, question="problem_idx", correct=name).correct for name in (MIXTRAL, GPT_4)
    )
    pairs = [(mixtral & gpt_4), (~mixtral & gpt_4), (mixtral & ~gpt_4), (~mixtral & ~gpt_4)]
    assert [int(pair.sum()) for pair in pairs] == [747, 383, 95, 94]
    assert (mixtral | gpt_4).sum() == 1225


def as_parquet(rows, path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.Table.from_pylist(rows), path)


ROWS = [
    {"question": "q1", "correct": True, "answer": "18", "score": 0.9},
    {"question": "q1", "correct": False, "answer": "20", "score": 0.2},
    {"question": "q2", "correct": False, "answer": None, "score": None},
    {"question": "q1", "correct": True, "answer": "18", "score": 0.8},
    {"question": "q2", "correct": True, "answer": "7, or so", "score": 0.5},
]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "parquet"])
def test_a_table_is_the_same_in_every_kind_of_file(tmp_path, kind):
    path = tmp_path / "table"
    if kind == "csv":
        path = DATA / "outcomes_long.csv"
    elif kind == "parquet":
        as_parquet(ROWS, path)
    else:
        path.write_text(json.dumps(ROWS) if kind == "json" else "\n".join(map(json.dumps, ROWS)))
    found = read_outcomes_table(path)
    assert found.questions == ("q1", "q2")
    assert found.question.tolist() == [0, 0, 1, 0, 1]
    assert found.correct.tolist() == [True, False, False, True, True]
    assert found.answer.tolist() == [0, 1, -1, 0, 2]
    assert [None if math.isnan(score) else score for score in found.score] == [0.9, 0.2, None, 0.8, 0.5]
    n, c = found.counts()
    assert (n.tolist(), c.tolist()) == ([3, 2], [2, 1])
    assert len(found) == 5


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_columns_can_have_other_names(tmp_path, kind):
    rows = [{"id": 7, "ok": 1, "said": "a", "judge": 2}, {"id": 8, "ok": 0, "said": "b", "judge": 3}]
    path = tmp_path / "table"
    if kind == "parquet":
        as_parquet(rows, path)
    elif kind == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        path.write_text("id,ok,said,judge\n7,1,a,2\n8,0,b,3\n")
    found = read_outcomes_table(path, question="id", correct="ok", answer="said", score="judge")
    assert found.questions == ("7", "8")
    assert found.correct.tolist() == [True, False]
    assert found.answer.tolist() == [0, 1]
    assert found.score.tolist() == [2.0, 3.0]
    with pytest.raises(ReaderError, match=r"must have a column 'okay' \(did you mean 'ok'\?\); it has: 'id', 'ok'"):
        read_outcomes_table(path, question="id", correct="okay")
    with pytest.raises(ReaderError, match="must have a column 'answer'"):
        read_outcomes_table(path, question="id", correct="ok", answer="answer")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, True) for value in ("1", "true", "True", "TRUE", " 1 ", "1.0", 1, 1.0, True, np.bool_(True))),
        *((value, False) for value in ("0", "false", "False", "FALSE", "0.0", 0, 0.0, False, np.bool_(False))),
        *((value, None) for value in ("", "2", "yes", "t", "nan", None, 2, 0.5, -1, math.nan, [], {}, [1])),
    ],
)
def test_spellings_of_yes_and_no(value, expected):
    assert truth(value) is expected


@pytest.mark.parametrize(
    ("value", "name"),
    [("a ", "a"), ("", None), (7, "7"), (7.0, "7"), (7.5, "7.5"), (True, "true"), (None, None), ([], None)],
)
def test_names_of_questions_and_answers(value, name):
    assert name_of(value) == name


def test_faulty_rows_are_named_with_their_lines(file):
    path = file("question,correct,score\nq1,1,0.5\nq1,maybe,0.5\n,0,x\nq2,,\n")
    with pytest.raises(ReaderError) as caught:
        read_outcomes_table(path)
    assert [fault.partition("outcomes:")[2] for fault in caught.value.faults] == [
        "3: correct: must be 0, 1, true or false, got 'maybe'",
        "4: question: must name a question, got nothing",
        "4: score: must be a number, got 'x'",
        "5: correct: must be 0, 1, true or false, got nothing",
    ]
    with pytest.raises(ReaderError, match=r":2: correct: must be 0, 1, true or false, got 0\.5"):
        read_outcomes_table(file([{"question": 1, "correct": 1}, {"question": 1, "correct": 0.5}]))
    with pytest.raises(ReaderError, match=":1: 0: must hold question and correct, got 3"):
        read_outcomes_table(file("[3]"))
    with pytest.raises(ReaderError, match=r":2: must have a column 'correct'; it has: 'question'"):
        read_outcomes_table(file([{"question": 1, "correct": 1}, {"question": 1}]))


def test_faulty_rows_of_parquet_are_named(tmp_path):
    path = tmp_path / "table"
    as_parquet([{"question": "a", "correct": 1}, {"question": "b", "correct": 3}], path)
    with pytest.raises(ReaderError, match="row 2: correct: must be 0, 1, true or false, got 3"):
        read_outcomes_table(path)
    as_parquet([{"correct": 1}], path)
    with pytest.raises(ReaderError, match="must have a column 'question'"):
        read_outcomes_table(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ReaderError, match="must be valid Parquet"):
        read_outcomes_table(path)


def test_without_pyarrow_parquet_says_what_to_install(tmp_path, monkeypatch):
    path = tmp_path / "table"
    path.write_bytes(b"PAR1")
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "pyarrow":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReaderError) as caught:
        read_outcomes_table(path)
    assert 'pip install -e ".[parquet]" in a clone' in caught.value.faults[0]


def test_an_empty_table_is_refused(file):
    with pytest.raises(ReaderError, match="must hold at least one sample"):
        read_outcomes_table(file("question,correct\n"))


def test_humaneval_repeats_are_repeated_tasks():
    found = read_humaneval(DATA / "humaneval_results.jsonl")
    assert found.questions == ("HumanEval/0", "HumanEval/1")
    assert found.question.tolist() == [0, 0, 1, 0, 1]
    n, c = found.counts()
    assert (n.tolist(), c.tolist()) == ([3, 2], [2, 1])


def test_samples_of_humaneval_without_results_are_refused(file):
    with pytest.raises(ReaderError) as caught:
        read_humaneval(file([{"task_id": "HumanEval/0", "completion": "x"}, {"passed": 1}]))
    assert [fault.partition("outcomes:")[2] for fault in caught.value.faults] == [
        "1: passed: must be true or false, got nothing",
        "2: task_id: must name a task, got nothing",
        "2: passed: must be true or false, got 1",
    ]


def test_evalplus_plus_correct_is_base_and_plus():
    found = read_evalplus(EVALPLUS)
    assert found.correct.tolist() == [True, False, False, False]
    assert found.notes == ("Correct means that a sample passes the base tests and the plus tests.",)
    base = read_evalplus(EVALPLUS, tests="base")
    assert base.correct.tolist() == [True, True, False, False]
    stated = json.loads(EVALPLUS.read_text())["pass_at_k"]
    for outcomes, which in ((found, "plus"), (base, "base")):
        n, c = outcomes.counts()
        assert np.mean(c / n) == stated[which]["pass@1"]


def test_evalplus_without_plus_tests_is_base_only(file):
    def with_plus(*statuses):
        samples = [{"task_id": "a", "base_status": "pass", "plus_status": status} for status in statuses]
        return file(json.dumps({"eval": {"a": samples}}))

    found = read_evalplus(with_plus(None, None))
    assert found.correct.tolist() == [True, True]
    assert "base tests only" in found.notes[0]
    for statuses, tests in ((("pass", None), None), ((None, None), "plus")):
        with pytest.raises(ReaderError, match="plus_status must be there for all samples, but"):
            read_evalplus(with_plus(*statuses), tests=tests)
    # Plus tests that pass are not enough where base tests fail.
    path = file(json.dumps({"eval": {"a": [{"base_status": "fail", "plus_status": "pass"}]}}))
    assert read_evalplus(path).correct.tolist() == [False]
    assert read_evalplus(with_plus("pass", "fail", "timeout")).correct.tolist() == [True, False, False]
    with pytest.raises(ReaderError, match="plus_status: must be one of pass, fail, timeout, got 'passed'"):
        read_evalplus(with_plus("passed"))
    for samples, words in (("no", "eval.a: must be a list of samples, got 'no'"), ([3], "eval.a.0: must be a sample")):
        with pytest.raises(ReaderError, match=words):
            read_evalplus(file(json.dumps({"eval": {"a": samples}})))
    with pytest.raises(ReaderError, match='must hold "eval"'):
        read_evalplus(file("[]"))
    with pytest.raises(ReaderError, match="tests must be 'base' or 'plus', got 'all'"):
        read_evalplus(path, tests="all")


def test_lm_eval_writes_each_document_once_for_each_filter():
    rows = [json.loads(line) for line in LM_EVAL.read_text().splitlines()]
    assert len(rows) == 9
    with pytest.raises(ReaderError, match=r"filter must be named.*: score-first, maj@64, maj@2$"):
        read_lm_eval(LM_EVAL)
    for name in ("score-first", "maj@64", "maj@2"):
        found = read_lm_eval(LM_EVAL, filter=name)
        mine = [row for row in rows if row["filter"] == name]
        assert found.questions == ("0", "1", "2")
        assert found.correct.tolist() == [row["exact_match"] == 1.0 for row in mine]
        answers = [row["filtered_resps"][0] for row in mine]
        assert [answers.index(answer) for answer in answers] == [
            found.answer.tolist().index(code) for code in found.answer
        ]
        assert "up to 3 times" in found.notes[0]
    with pytest.raises(ReaderError, match=r"has no filter 'maj@6' \(did you mean 'maj@64'\?\); it has: score-first"):
        read_lm_eval(LM_EVAL, filter="maj@6")


def test_lm_eval_metrics_must_be_named_where_there_are_several(file):
    row = {"doc_id": 3, "filter": "none", "resps": [["a"]], "filtered_resps": ["a"], "acc": 1.0, "acc_norm": 0.0}
    for listed in ({"metrics": ["acc", "acc_norm"]}, {}):
        with pytest.raises(ReaderError, match="metric must be named; it has: acc, acc_norm"):
            read_lm_eval(file([{**row, **listed}]))
    path = file([{**row, "metrics": ["acc", "acc_norm"]}])
    assert read_lm_eval(path, metric="acc").correct.tolist() == [True]
    assert read_lm_eval(path, metric="acc_norm").correct.tolist() == [False]
    assert read_lm_eval(path, metric="acc").notes == ()
    with pytest.raises(ReaderError, match="bleu: must be 0, 1, true or false, got nothing"):
        read_lm_eval(path, metric="bleu")


def test_rows_of_other_filters_do_not_matter(file):
    rows = [
        {"doc_id": 0, "filter": "a", "metrics": ["m"], "m": 1},
        {"doc_id": 0, "filter": "b", "metrics": ["m"], "m": 0.3},
    ]
    assert read_lm_eval(file(rows), filter="a").correct.tolist() == [True]
    with pytest.raises(ReaderError, match="filter must be named"):
        read_lm_eval(file(rows))


def test_lm_eval_of_a_share_is_no_outcome(file):
    with pytest.raises(ReaderError, match=r"pass@1: must be 0, 1, true or false, got 0\.25"):
        read_lm_eval(file([{"doc_id": 0, "filter": "none", "metrics": ["pass@1"], "pass@1": 0.25}]))


def test_lm_eval_answers_that_are_several_are_none(file):
    rows = [{"doc_id": 0, "metrics": ["acc"], "acc": 1, "filtered_resps": [["a", "b"]], "resps": [["a", "b"]]}]
    found = read_lm_eval(file(rows))
    assert found.answer is None
    assert found.correct.tolist() == [True]


def test_lm_eval_rows_that_name_no_document_are_refused(file):
    with pytest.raises(ReaderError, match="doc_id: must name a document, got nothing"):
        read_lm_eval(file([{"doc_id": None, "metrics": ["acc"], "acc": 1}]))
    with pytest.raises(ReaderError, match="must be a sample with a doc_id, got a list of 1"):
        read_lm_eval(file("[]\n[[]]"))


@pytest.mark.parametrize("lines", [True, False])
def test_large_language_monkeys_in_a_list_or_in_lines(file, lines):
    records = [
        {"is_corrects": [False, False, True, True], "orig_dset_idx": 7},
        {"is_corrects": [True], "orig_dset_idx": 2},
    ]
    found = read_large_language_monkeys(file(records if lines else json.dumps(records, indent=1)))
    assert found.questions == ("7", "2")
    n, c = found.counts()
    assert (n.tolist(), c.tolist()) == ([4, 1], [2, 1])
    assert found.correct.tolist() == [False, False, True, True, True]


def test_large_language_monkeys_with_the_key_that_its_readme_has(file):
    assert read_large_language_monkeys(file([{"is_correct": [True, False]}])).questions == ("0",)
    with pytest.raises(ReaderError, match=":1: is_corrects: must be a list of true and false, got nothing"):
        read_large_language_monkeys(file([{"question": "?"}]))
    with pytest.raises(ReaderError, match=r":1: is_corrects\.1: must be 0, 1, true or false, got 'x'"):
        read_large_language_monkeys(file([{"is_corrects": [True, "x"]}]))


def test_ten_thousand_samples_take_little_memory():
    built = OutcomesBuilder()
    for number in range(10_000):
        built.add("q", number % 3 == 0)
    size = built.question.itemsize + built.answer.itemsize + built.score.itemsize + 1
    assert size <= 30
    assert built.build("x").counts()[1].tolist() == [3334]


def test_frugalgpt_candidates_are_accuracy_and_usd_per_query():
    path = DATA / "frugalgpt_summary_HEADLINES.csv"
    found = read_candidates(path)
    with path.open(newline="") as stream:
        raw = list(csv.DictReader(stream))
    assert found.names == tuple(row["Method"] for row in raw)
    assert found.accuracy.tolist() == [float(row["Test_acc"]) for row in raw]
    assert found.usd_per_query.tolist() == [float(row["Test_cost"]) for row in raw]
    assert len(found) == 30
    place = found.names.index("gemini-1.5-flash-8b")
    assert (found.accuracy[place], found.usd_per_query[place]) == (0.8422, 8.679975e-06)
    train = read_candidates(path, accuracy="Train_acc", usd_per_query="Train_cost")
    assert train.accuracy[0] == 0.858


def test_candidates_in_per_cent_are_refused(file):
    with pytest.raises(ReaderError) as caught:
        read_candidates(file("Method,Test_acc,Test_cost\na,84.2,0.1\nb,0.5,-1\n"))
    assert ":2: Test_acc: must be a share of at most 1 (not in per cent), got 84.2" in "".join(caught.value.faults)
    assert ":3: Test_cost: must be a number, 0 or more, got '-1'" in "".join(caught.value.faults)
    with pytest.raises(ReaderError, match="must hold at least one candidate"):
        read_candidates(file("Method,Test_acc,Test_cost\n"))
