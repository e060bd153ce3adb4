import builtins
import csv
import json
import math

import numpy as np
import pytest
from conftest import ROOT

from moo_inference.errors import ReaderError
from moo_inference.fitting.outcomes import outcome_fields
from moo_inference.readers import (
    read_as,
    read_candidates,
    read_evalplus,
    read_humaneval,
    read_large_language_monkeys,
    read_livecodebench,
    read_lm_eval,
    read_outcomes_table,
    recognise,
)
from moo_inference.readers.evaluations.outcomes import OutcomesBuilder, answer_of, name_of, passes_of, truth
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data"
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


def test_wrong_rows_are_named_with_their_lines(file):
    path = file("question,correct,score\nq1,1,0.5\nq1,maybe,0.5\n,0,x\nq2,,\n")
    with pytest.raises(ReaderError) as caught:
        read_outcomes_table(path)
    assert [message.partition("outcomes:")[2] for message in caught.value.errors] == [
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


def test_wrong_rows_of_parquet_are_named(tmp_path):
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
    assert 'pip install -e ".[parquet]" in a clone' in caught.value.errors[0]


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
    assert [message.partition("outcomes:")[2] for message in caught.value.errors] == [
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
    with pytest.raises(ReaderError, match=r"filter must be named \(--filter NAME\), .*: score-first, maj@64, maj@2$"):
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
        passes = {"score-first": 1, "maj@64": 64, "maj@2": 2}[name]
        assert found.passes == passes
        assert ("up to 3 times" if passes == 1 else f"one outcome of {passes} passes (filter {name}") in found.notes[0]
    with pytest.raises(
        ReaderError, match=r"has no filter 'maj@6' \(did you mean 'maj@64' or 'maj@2'\?\); it has: score-first"
    ):
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
    assert ":2: Test_acc: must be a share of at most 1 (not in per cent), got 84.2" in "".join(caught.value.errors)
    assert ":3: Test_cost: must be a number, 0 or more, got '-1'" in "".join(caught.value.errors)
    with pytest.raises(ReaderError, match="must hold at least one candidate"):
        read_candidates(file("Method,Test_acc,Test_cost\n"))


# Files of older versions


def test_evalplus_before_february_2024(file):
    found = read_evalplus(DATA / "evalplus_2024-01.json")
    assert found.questions == ("HumanEval/0", "HumanEval/10", "HumanEval/1")
    assert found.correct.tolist() == [True, False, False]
    # A base test that fails is enough, and without plus tests the base tests decide.
    task = {"nfiles": 3, "base": [["success", []], ["failed", []], ["success", []]]}
    plus = [["success", []], ["success", []], ["timed out", []]]
    path = file(json.dumps({"eval": {"a": {**task, "plus": plus}}}))
    assert read_evalplus(path).correct.tolist() == [True, False, False]
    assert read_evalplus(path, tests="base").correct.tolist() == [True, False, True]
    only = read_evalplus(file(json.dumps({"eval": {"a": {**task, "plus": []}}})))
    assert only.correct.tolist() == [True, False, True]
    assert "base tests only" in only.notes[0]
    for change, words in (
        ({"base": [["maybe", []]] * 3}, "eval.a.base.0: must be one of success, failed, timed out, got 'maybe'"),
        ({"nfiles": 2}, "eval.a.base: must hold as many samples as nfiles says, got 3 where nfiles is 2"),
        ({"base": "success"}, r"eval.a.base: must be a list of \[status, details\]"),
    ):
        with pytest.raises(ReaderError, match=words):
            read_evalplus(file(json.dumps({"eval": {"a": {**task, "plus": plus, **change}}})))


OLD = DATA / "lm_eval_2024_no_filter_key.jsonl"


def test_lm_eval_before_november_2024_has_each_document_once_for_each_filter():
    rows = [json.loads(line) for line in OLD.read_text().splitlines()]
    assert len(rows) == 16
    assert [row[0] for row in examine(OLD).rows] == ["1", "2"]
    with pytest.raises(ReaderError, match=r"each of: 1, 2 \(the file does not name them"):
        read_lm_eval(OLD)
    for name, mine in (("1", rows[:8]), ("2", rows[8:])):
        found = read_lm_eval(OLD, filter=name)
        assert found.questions == tuple(map(str, range(8)))
        assert found.correct.tolist() == [row["exact_match"] == 1.0 for row in mine]
    first, second = (read_lm_eval(OLD, filter=name) for name in "12")
    assert first.answer is None
    assert first.notes[0] == "Responses that are [invalid], in which the filter found no answer: 8."
    assert second.answer.tolist() == [0] * 8
    with pytest.raises(ReaderError, match="has no filter 'none'"):
        read_lm_eval(OLD, filter="none")


def test_samples_of_one_document_with_other_responses_are_samples(file):
    """The responses tell a second filter from a second sample, where the file names no filter."""
    rows = [{"doc_id": 0, "acc": c, "resps": [[text]], "filtered_resps": [text]} for c, text in ((1, "a"), (0, "b"))]
    found = read_lm_eval(file(rows))
    assert found.correct.tolist() == [True, False]
    assert read_lm_eval(file(rows), filter="none").correct.tolist() == [True, False]
    assert [row[0] for row in examine(file([rows[0], rows[0]])).rows] == ["1", "2"]


def test_rows_that_come_again_under_a_named_filter_are_told(file):
    row = {"doc_id": 0, "filter": "f", "acc": 1, "resps": [["a"]], "filtered_resps": ["a"]}
    found = read_lm_eval(file([row, row, {**row, "doc_id": 1}]))
    assert found.notes == (
        "Rows with the document and the responses of an earlier one, which count again: 1. Was a file joined "
        "with itself?",
    )


def test_two_tasks_in_one_file_are_not_mixed(file):
    row = {"doc_id": 0, "acc": 1, "doc_hash": "aa", "filter": "none"}
    with pytest.raises(
        ReaderError, match=r":2: doc_hash: must be that of the other rows with doc_id 0.*one file a task"
    ):
        read_lm_eval(file([row, {**row, "doc_hash": "bb"}]))
    assert len(read_lm_eval(file([row, {**row, "filter": "none"}]))) == 2


def test_the_metric_can_be_chosen():
    path = DATA / "lm_eval_acc_acc_norm.jsonl"
    assert [row[0] for row in examine(path).rows] == ["acc", "acc_norm"]
    assert read_lm_eval(path, metric="acc").correct.tolist() == [False, False, True, True]
    assert read_lm_eval(path, metric="acc_norm").correct.tolist() == [False, False, False, True]
    with pytest.raises(ReaderError, match=r"metric must be named; it has: acc, acc_norm \(--metric NAME\)"):
        read_lm_eval(path)


# One outcome of several passes


@pytest.mark.parametrize(
    ("name", "passes"),
    [
        *(
            ("maj@64", 64),
            ("maj_at_8", 8),
            ("majority-vote-16", 16),
            ("cons@64", 64),
            ("pass@10", 10),
            ("pass_at_1", 1),
        ),
        *(("pass^4", 4), ("best_of_32", 32), ("best-of-8", 8), ("bon@4", 4), ("self_consistency_40", 40)),
        *(("majority_vote", 0), ("voting", 0), ("consensus", 0)),
        *(
            (name, None)
            for name in ("score-first", "none", "strict-match", "pass", "passed", "best", "exact_match", "acc")
        ),
        *((name, None) for name in ("175b_verification", "gpt-4-1106-preview", "compass2", "bonus4", "constant1")),
    ],
)
def test_names_tell_of_how_many_passes_an_outcome_is(name, passes):
    assert passes_of(name) == passes


def test_a_vote_without_a_number_is_one_of_all_repeats(file):
    row = {"doc_id": 0, "filter": "majority", "acc": 1, "resps": [["so: 7", "so: 8", "so: 8"]], "filtered_resps": ["8"]}
    assert read_lm_eval(file([row])).passes == 3
    # A response that the first repeat does not hold is none of the first pass alone, whatever the filter is called.
    assert read_lm_eval(file([{**row, "filter": "mine"}])).passes == 3
    assert read_lm_eval(file([{**row, "filter": "mine", "filtered_resps": ["7"]}])).passes == 1
    assert read_lm_eval(file([{**row, "filter": "mine", "filtered_resps": ["[invalid]"]}])).passes == 1
    assert read_lm_eval(file([{**row, "filter": "mine", "resps": [["so: 8"]]}])).passes == 1
    several = {
        "doc_id": 0,
        "filter": "create_test",
        "pass@8": 1.0,
        "resps": [["a", "b"]],
        "filtered_resps": [["a", "b"]],
    }
    assert read_lm_eval(file([several])).passes == 8


def test_a_column_of_votes_is_no_column_of_passes(file):
    path = file("question,maj@64,greedy\nq1,1,0\nq2,0,0\n")
    assert read_outcomes_table(path, correct="maj@64").passes == 64
    assert read_outcomes_table(path, correct="greedy").passes == 1


# Absent, unreadable, and marks for nothing


def test_questions_without_samples_are_counted_and_named(file):
    path = file([{"is_corrects": [True, False], "orig_dset_idx": "a"}, {"is_corrects": [], "orig_dset_idx": "C"}])
    found = read_large_language_monkeys(path)
    assert found.questions == ("a",)
    assert found.notes == ("Questions without any sample, which are in no mean: 1 of 2 ('C').",)
    sample = {"base_status": "pass", "plus_status": "pass"}
    empty = {name: [] for name in "BCDE"}
    found = read_evalplus(file(json.dumps({"eval": {"A": [sample], **empty}})))
    assert "Questions without any sample, which are in no mean: 4 of 5 ('B', 'C', 'D' and others)." in found.notes
    old = {"nfiles": 0, "base": [], "plus": []}
    with pytest.raises(ReaderError, match="must hold at least one sample, got 1 questions without any"):
        read_evalplus(file(json.dumps({"eval": {"A": old}})))
    with pytest.raises(ReaderError, match="must hold at least one sample, got 2 questions without any"):
        read_large_language_monkeys(file([{"is_corrects": []}, {"is_corrects": []}]))


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (["A", "C"], '["A", "C"]'),
        ({"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
        *((None, None), ("", None), (" ", None), (math.nan, None), ("None", "None"), (7.0, "7"), (False, "false")),
    ],
)
def test_answers_are_equal_where_what_is_in_them_is(value, answer):
    assert answer_of(value) == answer


def test_lists_are_answers_and_texts_that_may_mean_nothing_are_told(file):
    said = [["A", "C"], ["A", "C"], ["A"], "None", "none", None]
    found = read_outcomes_table(file([{"question": "q", "correct": 0, "answer": answer} for answer in said]))
    assert found.answer.tolist() == [0, 0, 1, 2, 3, -1]
    assert found.notes[0] == "Samples without an answer, which have no vote: 1 of 6."
    assert found.notes[1].startswith("The text 'None' is the answer of 1 samples and has their votes")
    assert found.notes[2].startswith("The text 'none' is the answer of 1 samples")


def test_responses_in_which_the_filter_found_nothing_have_no_vote(file):
    rows = [
        {"doc_id": 0, "filter": "f", "acc": int(said == "8"), "resps": [[f"{said} {n}"]], "filtered_resps": [said]}
        for n, said in enumerate(["8", "[invalid]", "8", "[invalid]", "[invalid]"])
    ]
    found = read_lm_eval(file(rows))
    assert found.answer.tolist() == [0, -1, 0, -1, -1]
    assert "Responses that are [invalid], in which the filter found no answer: 3." in found.notes


def test_the_rows_of_a_parquet_file_are_counted_before_they_are_read(tmp_path, monkeypatch):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "large.parquet"
    table = pa.table({"question": ["q"] * 1_000_000, "correct": [True] * 1_000_000})
    with parquet.ParquetWriter(path, table.schema) as writer:
        for _ in range(21):
            writer.write_table(table, row_group_size=1_000_000)
    assert path.stat().st_size < 1 << 20
    monkeypatch.setattr(parquet.ParquetFile, "iter_batches", lambda *_, **__: pytest.fail("a row was read"))
    with pytest.raises(ReaderError, match="must hold at most 20,000,000 rows, got 21,000,000"):
        read_outcomes_table(path)


# Candidates


def test_candidates_have_usual_columns_in_any_case(file):
    path = file("Model,k,Cost,Time,Accuracy,note\na,1,0.001,1.5,0.7,x\na,8,0.008,2,0.8,y\n")
    known = recognise(path)
    assert (known.format, known.kind) == ("candidates_csv", "candidates")
    found = read_candidates(path, **known.options)
    assert found.names == ("a, k = 1", "a, k = 8")
    assert found.seconds_per_query.tolist() == [1.5, 2.0]
    assert found.usd_per_query.tolist() == [0.001, 0.008]
    bare = file("cost,time,accuracy\n1,2,0.5\n3,4,0.6\n")
    assert read_candidates(bare, **recognise(bare).options).names == ("row 1", "row 2")
    in_ms = file("name,accuracy,usd,Latency_ms\na,0.5,1,1500\n")
    assert read_candidates(in_ms, **recognise(in_ms).options).seconds_per_query.tolist() == [1.5]
    without = file("name,accuracy,usd_per_query\na,0.5,1\n")
    assert read_candidates(without, **recognise(without).options).seconds_per_query is None
    broken = file("cost,time,accuracy\n1,-4,0.5\n")
    options = recognise(broken).options
    with pytest.raises(ReaderError, match=":2: time: must be a number, 0 or more, got '-4'"):
        read_candidates(broken, **options)


def test_livecodebench_has_a_list_of_graded_samples_of_each_problem(tmp_path):
    found = read_livecodebench(DATA / "livecodebench_eval_all.json")
    assert found.questions == ("1873_A", "1873_B", "1873_D")
    assert found.correct.all()
    problems = [{"question_id": "a", "graded_list": [True, False, True]}, {"question_id": "b", "graded_list": [False]}]
    path = tmp_path / "eval_all.json"
    path.write_text(json.dumps([*problems, {"question_id": "c", "graded_list": []}]))
    assert recognise(path).format == "livecodebench"
    found = read_as(path, "outcomes")
    n, c = found.counts()
    assert (found.questions, n.tolist(), c.tolist()) == (("a", "b"), [3, 1], [2, 0])
    assert found.notes == ("Questions without any sample, which are in no mean: 1 of 3 ('c').",)
    path.write_text(json.dumps([{"question_id": None, "graded_list": [2]}, {"question_id": "b", "graded_list": 1}]))
    with pytest.raises(ReaderError) as caught:
        read_livecodebench(path)
    assert [error.partition(": ")[2] for error in caught.value.errors] == [
        "0.question_id: must name a problem, got nothing",
        "0.graded_list.0: must be 0, 1, true or false, got 2",
        "1.graded_list: must be a list of true and false, got 1",
    ]


CLUSTERED = "question,correct,passage\na,1,x\na,0,x\nb,1,y\n"


def test_clusters_of_questions(tmp_path):
    path = tmp_path / "found.csv"
    path.write_text(CLUSTERED)
    assert read_outcomes_table(path).clusters is None
    assert read_outcomes_table(path, cluster="passage").clusters == ("x", "y")
    lines = tmp_path / "found.jsonl"
    lines.write_text(
        '{"question": "b", "correct": true, "cluster": 7}\n{"question": "a", "correct": 1, "cluster": 8}\n'
    )
    assert read_outcomes_table(lines).clusters == ("7", "8")
    fields = outcome_fields(read_outcomes_table(path, cluster="passage")).values
    assert fields["accuracy"]["clusters"] == {"a": "x", "b": "y"}
    assert "clusters" not in outcome_fields(read_outcomes_table(path)).values["accuracy"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (CLUSTERED.replace("0,x", "0,y"), "found.csv:3: passage: must be one cluster for all samples of question 'a'"),
        (CLUSTERED.replace("0,x", "0,"), "found.csv:3: passage: must name a cluster, got nothing"),
        (CLUSTERED.replace("1,x", "1,"), "found.csv:2: passage: must name a cluster, got nothing"),
        (CLUSTERED.replace("passage", "source"), "must have a column 'passage'"),
    ],
)
def test_wrong_clusters_of_questions_are_refused(tmp_path, text, sentence):
    path = tmp_path / "found.csv"
    path.write_text(text)
    with pytest.raises(ReaderError) as caught:
        read_outcomes_table(path, cluster="passage")
    assert sentence in caught.value.errors[0]
    assert len(caught.value.errors) == 1


def test_clusters_that_are_not_asked_for_are_in_every_row_or_in_none(tmp_path):
    path = tmp_path / "found.csv"
    path.write_text("question,correct,cluster\na,1,\nb,0,\n")
    assert read_outcomes_table(path).clusters is None
    path.write_text("question,correct,cluster\na,1,\nb,0,x\n")
    with pytest.raises(
        ReaderError, match=r"found.csv:3: cluster: must name a cluster in every row or in none, got the"
    ):
        read_outcomes_table(path)


def test_systems_in_columns_share_the_clusters(tmp_path):
    path = tmp_path / "found.csv"
    path.write_text("question,one,two,passage\na,1,0,x\nb,1,1,x\n")
    assert read_outcomes_table(path, correct="two", cluster="passage").clusters == ("x", "x")
