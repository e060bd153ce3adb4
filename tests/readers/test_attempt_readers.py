"""Tables of attempts and logs of Inspect: what is read, what is a gap, and what is refused."""

import gzip
import json
import math
import re
import shutil
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.cli import app as cli
from moo_inference.errors import ReaderError, SettingError, UnknownNameError
from moo_inference.readers import read_as, recognise
from moo_inference.readers.attempts.inspect_log import read_inspect_log
from moo_inference.views.doctor.examination import examine

DATA = ROOT / "tests" / "data" / "attempts"
EXCERPT = DATA / "epoch_gpqa_excerpt.csv.gz"
PRICES = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10.0}


def table(**changes):
    columns = {
        "question": ["a", "a", "b", "b"],
        "sample": [1, 2, 1, 2],
        "correct": [1, 0, 1, 1],
        "usd": [0.01, 0.02, 0.03, 0.05],
        "seconds": [1.0, 2.0, 3.0, 4.0],
    }
    return pd.DataFrame({name: values for name, values in {**columns, **changes}.items() if values is not None})


def written(tmp_path, frame, name="attempts.csv"):
    path = tmp_path / name
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    elif name.endswith(".jsonl"):
        frame.to_json(path, orient="records", lines=True)
    elif name.endswith(".json"):
        frame.to_json(path, orient="records")
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.json", "a.parquet"])
def test_every_kind_of_table_holds_the_same(tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    frame = table(model=["m", "m", "m", "m"], effort=["low", "low", "high", "high"], answer=["x", None, "y", "y"])
    attempts = mi.read_attempts(written(tmp_path, frame, name))
    assert len(attempts) == 4
    assert attempts.models == ("m@high", "m@low")
    assert attempts.correct.tolist() == [1, 0, 1, 1]
    assert attempts.seconds.tolist() == [1, 2, 3, 4]
    assert list(attempts.question) == ["a", "a", "b", "b"]
    assert attempts.answer.codes.tolist() == [0, -1, 1, 1]
    assert attempts.gaps == {}


def test_real_attempts_and_their_gaps():
    attempts = mi.read_attempts(EXCERPT, columns={"answer": "answer_group"})
    raw = pd.read_csv(EXCERPT)
    assert attempts.models[1:3] == ("openai/gpt-5-2025-08-07@high", "openai/gpt-5-2025-08-07@medium")
    assert attempts.gaps == {
        name: int(raw[name].isna().sum()) for name in ("correct", "tokens_in", "tokens_out") if raw[name].isna().any()
    }
    model = attempts.model("openai/gpt-5-2025-08-07@high", **PRICES, parallel=8)
    mine = raw[(raw.model == "openai/gpt-5-2025-08-07") & (raw.effort == "high")]
    cost = (mine.tokens_in * 1.25 + mine.tokens_out * 10) / 1e6
    curve = mi.Recorded().estimate(model, [1, 8])
    assert curve.cost.mean == pytest.approx([cost.mean(), 8 * cost.mean()])
    assert curve.time.mean == pytest.approx([mine.seconds.mean(), mine.groupby("question").seconds.max().mean()])
    assert curve.accuracy.mean == pytest.approx([mine.correct.mean(), mine.groupby("question").correct.max().mean()])
    assert model.k_limit == 8


def test_names_of_ones_own_and_a_threshold(tmp_path):
    frame = table(correct=None, score=[0.2, 0.6, 0.5, 1.0]).rename(columns={"question": "task_id", "score": "grade"})
    path = written(tmp_path, frame)
    names = {"question": "task_id", "score": "grade"}
    assert mi.read_attempts(path, columns=names).correct.tolist() == [0.2, 0.6, 0.5, 1.0]
    assert mi.read_attempts(path, columns=names, threshold=0.5).correct.tolist() == [0, 1, 1, 1]
    graded = mi.read_attempts(path, columns=names).model()
    assert mi.Recorded().estimate(graded, [1, 2]).accuracy.mean == pytest.approx([0.575, 0.8])
    assert mi.Recorded().estimate(mi.read_attempts(path, columns=names).model(keep="all"), [2]).error == [0.65]
    with pytest.raises(ReaderError, match="must have a column 'taks'; it has: 'task_id'"):
        mi.read_attempts(path, columns={"question": "taks"})
    with pytest.raises(SettingError, match="columns must map names of ours to those of the file, got 'task_id'"):
        examine(path, format="attempts_table", columns="task_id")
    with pytest.raises(SettingError, match="'questoin' is none"):
        mi.read_attempts(path, columns={"questoin": "task_id"})


@pytest.mark.parametrize("keep", ["oracle", "majority", "verifier", "all"])
def test_every_way_to_keep_a_pass(tmp_path, keep):
    frame = table(answer=["x", "y", "y", "y"], score=[0.9, 0.1, 3.0, 2.0])
    model = mi.read_attempts(written(tmp_path, frame)).model(keep=keep, parallel=2)
    expected = {"oracle": 1.0, "majority": 0.75, "verifier": 1.0, "all": 0.5}
    assert mi.Recorded().estimate(model, [2]).accuracy.mean[0] == pytest.approx(expected[keep])


def test_gaps_are_left_out_and_counted(tmp_path):
    frame = table(correct=[1, None, 1, 1], seconds=[1.0, 2.0, None, 4.0])
    model = mi.read_attempts(written(tmp_path, frame)).model()
    assert model.k_limit == 1
    assert model.sources["attempts"].endswith("2 of them lack something and are left out (correct: 1, seconds: 1)")
    assert mi.Recorded().estimate(model, [1]).time.mean[0] == pytest.approx(2.5)
    more = mi.read_attempts(written(tmp_path, table(seconds=[None, None, 3.0, 4.0])))
    with pytest.raises(SettingError, match="got none in question a; least_samples=1 leaves such questions out"):
        more.model()
    assert more.model(least_samples=2).attempts.names.tolist() == ["b"]


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"question": None}, ["must have a column 'question'; it has: 'sample', 'correct', 'usd'"]),
        ({"correct": None}, [r"must have a column 'correct' \(or 'score'\)"]),
        ({"question": None, "correct": None}, ["must have a column 'question'", "must have a column 'correct'"]),
        ({"correct": [1, 2, 1, 1]}, [r"correct must be 0, 1, true, false or blank, got 2 \(row 2\)"]),
        ({"correct": [1, "maybe", 1, 1]}, ["got 'maybe'"]),
        (
            {"seconds": [1, -2, 1, 1]},
            [r"seconds must be positive, or blank where it was not measured, got -2 \(row 2\)"],
        ),
        ({"seconds": [1, "nan", 1, 1]}, [r"seconds must be positive, .*got 'nan' \(row 2\)"]),
        ({"usd": [1, "x", -1, 1]}, ["usd must be at least 0, .*got 'x', '-1'"]),
        ({"sample": [1, 1, 1, 2]}, [r"each sample .* once, got question 'a', sample 1 twice \(row 2\)"]),
        ({"seconds": [0, 1, 1, 1], "correct": [3, 1, 1, 1]}, ["correct must be", "seconds must be"]),
        ({"correct": None, "score": [1, 7, 0, 0]}, [r"score must lie in \[0, 1\]"]),
        ({"tokens_in": [1, 1, 1, 1], "tokens_cached": [0, 2, 0, 0]}, ["tokens_cached must be at most tokens_in"]),
    ],
)
def test_wrong_tables_are_refused_all_at_once(tmp_path, changes, messages):
    with pytest.raises(ReaderError) as caught:
        mi.read_attempts(written(tmp_path, table(**changes)))
    assert len(caught.value.errors) == len(messages)
    for error, message in zip(caught.value.errors, messages, strict=True):
        assert re.search(message, error), error


TOKENS = {"tokens_in": [10, 10, 10, 10], "tokens_out": [100, 200, 300, 400]}


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"usd": None, **TOKENS}, {}, "tokens must come with prices: .*got tokens alone"),
        ({}, PRICES, "prices must come with tokens, in the columns tokens_in and tokens_out; got prices alone"),
        (TOKENS, {"usd_per_million_input_tokens": 1.0}, "must be given together, got one"),
        ({"usd": None}, {}, "must have a column usd, or tokens_in and tokens_out with prices; got neither"),
        ({"seconds": None}, {}, "must have a column seconds"),
        ({}, {"keep": "majority"}, "keep 'majority' needs a column answer"),
        ({}, {"keep": "verifier"}, "keep 'verifier' needs a column score"),
        ({}, {"keep": "first"}, "keep must be one of: oracle, verifier, majority, all; got 'first'"),
        ({"model": ["m", "m", "n", "n"]}, {}, "a model must be named where there are 2, got none of: m, n"),
        ({}, {"least_samples": 3}, r"some question must have 3 whole attempts \(least_samples\), got none"),
        ({}, {"parallel": 0}, "parallel"),
        (TOKENS, {**PRICES, "usd_per_million_input_tokens": 1e-6}, "looks like USD per token"),
    ],
)
def test_what_makes_no_model_is_refused(tmp_path, changes, options, message):
    attempts = mi.read_attempts(written(tmp_path, table(**changes)))
    with pytest.raises(SettingError, match=message):
        attempts.model(**options)


def test_k_beyond_the_samples_and_unknown_models(tmp_path):
    attempts = mi.read_attempts(written(tmp_path, table()))
    with pytest.raises(SettingError, match="k must be at most 2, the samples per question of its evaluation, got 3"):
        mi.Recorded().estimate(attempts.model(), [3])
    with pytest.raises(UnknownNameError):
        attempts.model("gpt")


def test_cached_tokens_have_their_price(tmp_path):
    frame = table(usd=None, tokens_in=[1000] * 4, tokens_cached=[0, 800, 0, 800], tokens_out=[100] * 4)
    attempts = mi.read_attempts(written(tmp_path, frame))
    model = attempts.model(**PRICES, usd_per_million_cached_input_tokens=0.125)
    cost = (np.array([1000, 200, 1000, 200]) * 1.25 + np.array([0, 800, 0, 800]) * 0.125 + 1000) / 1e6
    assert mi.Recorded().estimate(model, [1]).cost.mean[0] == pytest.approx(cost.mean())


def test_several_tables_are_one(tmp_path):
    one = written(tmp_path, table(model=["m"] * 4), "one.csv")
    other = written(tmp_path, table(model=["n"] * 4), "other.jsonl")
    both = mi.read_attempts([one, other])
    assert both.models == ("m", "n")
    assert len(both) == 8
    with pytest.raises(ReaderError, match="the same attempts in two files"):
        mi.read_attempts([one, one])
    with pytest.raises(ReaderError, match="must have a column 'model', as other files have"):
        mi.read_attempts([one, written(tmp_path, table(), "third.csv")])


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.json", "a.parquet"])
def test_tables_are_recognised_and_are_outcomes_where_these_are_wanted(tmp_path, name):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    frame = table(model=["m", "m", "n", "n"], seconds=None)
    path = written(tmp_path, frame, name)
    assert (recognise(path).format, recognise(path).kind) == ("attempts_table", "attempts")
    assert recognise(path, "outcomes").format == "outcomes_table"
    outcomes = read_as(path, "outcomes")
    assert outcomes.correct.tolist() == [True, False, True, True]
    assert outcomes.notes == (
        "Outcomes alone are taken: the columns 'model', 'usd' of attempts are not used, and the samples of all models "
        "count alike.",
    )
    path = written(tmp_path, frame[["question", "correct", "sample"]], name)
    assert recognise(path).format == "outcomes_table"
    assert read_as(path, "outcomes").notes == ()


def test_without_pyarrow_a_parquet_file_is_left_to_the_reader_that_names_it(tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    path = written(tmp_path, table(), "a.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ReaderError, match=r"to read Parquet, run: pip install"):
        examine(path)


def test_doctor_counts_attempts_by_model_and_names_what_is_lacking():
    raw = pd.read_csv(EXCERPT)
    raw.loc[raw.index[:3], "tokens_in"] = np.nan
    found = examine(EXCERPT)
    assert found.holds[0].startswith("2,400 attempts of 5 models at 60 questions, 8 samples of each")
    assert found.columns[:4] == ("model", "attempts", "questions", "correct")
    for name, attempts, questions, correct, *_, seconds in found.rows:
        model, _, effort = name.partition("@")
        mine = raw[(raw.model == model) & (raw.effort.fillna("") == effort)]
        assert (attempts, questions) == (str(len(mine)), str(mine.question.nunique()))
        assert float(correct) == pytest.approx(mine.correct.mean(), abs=5e-5)
        assert float(seconds) == pytest.approx(mine.seconds.mean(), rel=5e-4)
    assert found.lacks == (
        "There are 8 samples of a question: accuracy is known for k up to 8 only.",
        "Prices: what the tokens cost (--prices FILE).",
        "Without answers there is no majority vote to measure.",
    )


def test_doctor_counts_gaps_and_columns_that_are_not_there(tmp_path):
    found = examine(
        written(tmp_path, table(correct=[1, None, 1, 1], usd=None, tokens_out=[5, 6, None, None], seconds=None))
    )
    assert found.rows == (("-", "4", "2", "1.0000", "5.5"),)
    assert found.lacks == (
        "There are 2 samples of a question: accuracy is known for k up to 2 only.",
        "Attempts without a value, which are gaps and left out: correct in 1, tokens_out in 2.",
        "Cost: there is no column usd, and not both tokens_in and tokens_out.",
        "Time: there is no column seconds.",
        "Without answers there is no majority vote to measure.",
    )


# -- Inspect ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["inspect_plain.eval", "inspect_plain.json"])
def test_real_logs_of_both_formats(name):
    if name.endswith(".eval"):
        pytest.importorskip("pyarrow", reason="logs are packed by Zstandard")
    attempts = mi.read_attempts(DATA / name)
    assert attempts.models == ("mockllm/model@high",)
    assert sorted(set(attempts.question)) == ["one-and-four", "two-and-two"]
    assert sorted(attempts.sample.tolist()) == [1, 1, 2, 2, 3, 3]
    assert sorted(attempts.tokens_out.tolist()) == [100, 110, 120, 130, 140, 150]
    assert set(attempts.correct) == {0.0, 1.0}
    right = {"two-and-two": "Answer: 4", "one-and-four": "Answer: 5"}
    expected = [float(right[q] == a) for q, a in zip(attempts.question, attempts.answer, strict=True)]
    assert attempts.correct.tolist() == expected
    model = attempts.model(**PRICES)
    assert model.k_limit == 3


@pytest.mark.parametrize(
    ("name", "read", "cached", "written_"),
    [
        ("plain", 20, 0, 100),  # input and output hold everything
        ("google", 20, 0, 160),  # output leaves reasoning out
        ("anthropic", 35, 15, 100),  # input leaves cached tokens out
    ],
)
def test_tokens_are_counted_as_each_provider_tells_them(name, read, cached, written_):
    pytest.importorskip("pyarrow", reason="logs are packed by Zstandard")
    attempts = mi.read_attempts(DATA / f"inspect_{name}.eval")
    assert min(attempts.tokens_in) == read
    assert set(attempts.tokens_cached) == {cached}
    assert min(attempts.tokens_out) == written_
    assert set(attempts.tokens_reasoning) == {60}


def test_a_scorer_is_chosen_where_there_are_several():
    pytest.importorskip("pyarrow", reason="logs are packed by Zstandard")
    path = DATA / "inspect_two_scorers.eval"
    with pytest.raises(ReaderError, match=r"must have one scorer chosen \(scorer=...\) of: match, graded"):
        mi.read_attempts(path)
    with pytest.raises(ReaderError, match="has no scorer 'grade'"):
        mi.read_attempts(path, scorer="grade")
    assert sorted(mi.read_attempts(path, scorer="graded").correct.tolist()) == [0.25, 0.25, 0.5, 0.5]
    assert sorted(mi.read_attempts(path, scorer="graded", threshold=0.5).correct.tolist()) == [0, 0, 1, 1]
    both = mi.read_attempts([path, DATA / "inspect_plain.eval"], scorer="match")
    assert len(both) == 10
    # The same numbers of samples in two logs are other attempts.
    assert both.model("mockllm/model@high", **PRICES).k_limit == 3
    with pytest.raises(ReaderError, match="the same attempts in two files"):
        mi.read_attempts([DATA / "inspect_plain.eval"] * 2)


def log(tmp_path, change):
    """The real log, with something changed."""
    found = json.loads((DATA / "inspect_plain.json").read_text())
    change(found)
    path = tmp_path / "log.json"
    path.write_text(json.dumps(found))
    return path


def test_traps_of_logs(tmp_path):
    def change(found):
        first, second, third, *_ = found["samples"]
        first["model_usage"]["openai/grader"] = {"input_tokens": 9999, "output_tokens": 9999, "total_tokens": 19998}
        first["scores"]["match"]["value"] = "N"
        second["scores"], second["error"] = None, {"message": "time out"}
        third["model_usage"]["mockllm/model"]["total_tokens"] = 12345
        third["limit"] = {"type": "token"}
        for sample in found["samples"]:
            sample["working_time"], sample["total_time"] = 2.0, 50.0
        found["plan"]["steps"][0]["params"] = {"shuffle": True}
        found["status"] = "cancelled"

    attempts = mi.read_attempts(log(tmp_path, change))
    assert attempts.correct[0] == 0
    assert np.isnan(attempts.correct[1])
    assert list(attempts.error)[1] == "time out"
    assert np.nanmax(attempts.tokens_in) < 100
    assert np.isnan(attempts.tokens_out[2])
    assert attempts.gaps == {"correct": 1, "tokens_in": 1, "tokens_out": 1}
    assert set(attempts.seconds) == {2.0}
    assert attempts.answer is None
    assert len(attempts.notes) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.update(version=1), "must be an Inspect log of version 2, got version 1"),
        (lambda found: found.update(status="started"), "must be a finished Inspect log, got status 'started'"),
        (lambda found: found.update(samples=[]), "must have at least one sample, got none"),
        (lambda found: found.pop("eval"), "must be an Inspect log, with an object 'eval'"),
        (
            lambda found: found["samples"][0]["scores"]["match"].update(value="maybe"),
            r"a score must be C, I, P, N or a number in \[0, 1\], got 'maybe' in sample 'one-and-four', epoch 1",
        ),
    ],
)
def test_logs_that_are_not_what_they_must_be(tmp_path, change, message):
    with pytest.raises(ReaderError, match=message) as caught:
        mi.read_attempts(log(tmp_path, change))
    assert len(caught.value.errors) == 1


def test_a_log_with_an_error_in_every_sample():
    pytest.importorskip("pyarrow", reason="logs are packed by Zstandard")
    with pytest.raises(ReaderError, match=r"without an error, got 2 that all have one; .*no connection"):
        mi.read_attempts(DATA / "inspect_all_errors.eval")


def test_logs_that_were_cut_off(tmp_path):
    for name in ("inspect_plain.eval", "inspect_plain.json"):
        whole = (DATA / name).read_bytes()
        for size in (200, len(whole) // 2, len(whole) - 30):
            path = tmp_path / name
            path.write_bytes(whole[:size])
            with pytest.raises(ReaderError, match="cut off or broken") as caught:
                mi.read_attempts(path)
            assert len(caught.value.errors) == 1
    # A run that was killed leaves a whole archive without a header.
    with zipfile.ZipFile(tmp_path / "killed.eval", "w") as archive:
        archive.writestr("_journal/start.json", "{}")
    with pytest.raises(ReaderError, match=r"must be a finished Inspect log, got one without header.json"):
        mi.read_attempts(tmp_path / "killed.eval")


def test_header_and_summaries_and_deflated_archives(tmp_path):
    found = json.loads((DATA / "inspect_plain.json").read_text())
    samples = found.pop("samples")
    (tmp_path / "header.json").write_text(json.dumps(found))
    (tmp_path / "summaries.json").write_text(json.dumps(samples))
    with zipfile.ZipFile(tmp_path / "old.eval", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("header.json", json.dumps(found))
        for number, sample in enumerate(samples):
            archive.writestr(f"samples/{number}.json", json.dumps(sample))
    expected = mi.read_attempts(DATA / "inspect_plain.json")
    for path in (tmp_path / "header.json", tmp_path / "old.eval"):
        assert mi.read_attempts(path).seconds.tolist() == expected.seconds.tolist()


def test_logs_are_recognised_by_their_content(tmp_path):
    pytest.importorskip("pyarrow", reason="logs are packed by Zstandard")
    for name in ("inspect_plain.eval", "inspect_plain.json"):
        path = tmp_path / "download"
        shutil.copy(DATA / name, path)
        assert (recognise(path).format, recognise(path).kind) == ("inspect", "attempts")
        assert examine(path).holds[0].startswith("6 attempts of 1 model at 2 questions, 3 samples of each")
    found = json.loads((DATA / "inspect_plain.json").read_text())
    (tmp_path / "summaries.json").write_text(json.dumps(found.pop("samples")))
    (tmp_path / "header.json").write_text(json.dumps(found))
    assert examine(tmp_path / "header.json").rows[0][:4] == ("mockllm/model@high", "6", "2", "0.5000")
    scorers = DATA / "inspect_two_scorers.eval"
    with pytest.raises(ReaderError, match="must have one scorer chosen"):
        examine(scorers)
    assert float(examine(scorers, scorer="graded").rows[0][3]) == pytest.approx(np.mean([0.25, 0.25, 0.5, 0.5]))


def test_samples_without_a_header_say_what_to_give(tmp_path):
    found = json.loads((DATA / "inspect_plain.json").read_text())
    path = tmp_path / "summaries.json"
    path.write_text(json.dumps(found["samples"]))
    for read in (examine, mi.read_attempts):
        with pytest.raises(
            ReaderError, match=r"got samples alone: give header\.json, with summaries\.json in the same"
        ):
            read(path)


def test_a_sample_that_was_not_scored_is_a_gap(tmp_path):
    attempts = mi.read_attempts(
        log(tmp_path, lambda found: found["samples"][1]["scores"]["match"].update(value=math.nan))
    )
    assert attempts.gaps == {"correct": 1}


BAD_LOGS = {
    "another version": lambda found: found.update(version=3),
    "an error in every sample": lambda found: [
        one.update(scores=None, error={"message": "x"}) for one in found["samples"]
    ],
    "the same sample twice": lambda found: [one.update(epoch=1) for one in found["samples"]],
    "negative time": lambda found: found["samples"][0].update(working_time=-1.0),
    "no time": lambda found: found["samples"][0].update(working_time=math.nan),
    "correct = 2": lambda found: found["samples"][0]["scores"]["match"].update(value=2),
    "no scores": lambda found: [one.update(scores=None) for one in found["samples"]],
    "odd usage": lambda found: found["samples"][0].update(model_usage=[1]),
}


@pytest.mark.parametrize("name", [*BAD_LOGS, "cut off", "correct = 2 in a table", "negative in a table", "no question"])
def test_what_is_wrong_ends_in_one_line_and_status_2(tmp_path, capsys, name):
    frames = {"correct = 2 in a table": {"correct": [1, 2, 1, 1]}, "negative in a table": {"seconds": [1, -2, 1, 1]}}
    if name in BAD_LOGS:
        path = log(tmp_path, BAD_LOGS[name])
    elif name == "cut off":
        path = tmp_path / "log.json"
        path.write_bytes((DATA / "inspect_plain.json").read_bytes()[:5000])
    else:
        path = written(tmp_path, table(**frames.get(name, {"question": None})))
    with pytest.raises(ReaderError) as caught:
        mi.read_attempts(path)
    assert len(caught.value.errors) == 1
    with pytest.raises(SystemExit) as stopped:
        cli.main(["doctor", str(path)])
    out, err = capsys.readouterr()
    assert (stopped.value.code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"moo-inference: {path}: ")


def test_another_zip_is_no_log(tmp_path):
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(ReaderError, match=r"must be an Inspect log, got a zip of other files: xl/workbook\.xml"):
        examine(tmp_path / "book.xlsx")


def test_a_damaged_member_is_told(tmp_path):
    path = tmp_path / "damaged.eval"
    shutil.copy(DATA / "inspect_plain.eval", path)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("summaries.json")
    content = bytearray(path.read_bytes())
    content[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ReaderError, match="damaged"):
        read_inspect_log(path)


def test_files_that_are_none(tmp_path):
    with pytest.raises(ReaderError, match="No such file"):
        mi.read_attempts(tmp_path / "none.csv")
    with pytest.raises(SettingError, match="at least one file"):
        mi.read_attempts([])
    (tmp_path / "empty.csv").write_text("question,correct\n")
    with pytest.raises(ReaderError, match="at least one attempt"):
        mi.read_attempts(tmp_path / "empty.csv")
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"question,correct\n" + b"a,1\n" * 1000)[:40])
    with pytest.raises(ReaderError):
        mi.read_attempts(tmp_path / "cut.csv.gz")


def test_the_origin_of_every_file_is_told():
    origin = (DATA.parent / "ORIGIN.md").read_text()
    assert [path.name for path in DATA.iterdir() if f"attempts/{path.name}" not in origin] == []


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_clusters_of_questions(tmp_path, name):
    own = {"cluster": "passage"}
    path = written(tmp_path, table(passage=["x", "x", "y", "y"]), name)
    attempts = mi.read_attempts(path, columns=own)
    assert list(attempts.cluster) == ["x", "x", "y", "y"]
    model = attempts.model()
    assert model.attempts.clusters.tolist() == ["x", "y"]
    assert model.accuracy.clusters == {"a": "x", "b": "y"}
    assert mi.read_attempts(path).model().attempts.clusters is None
    numbered = mi.read_attempts(written(tmp_path, table(cluster=[1, 1, 2, 2]), name)).model()
    assert numbered.attempts.clusters.tolist() == ["1", "2"]


def test_doctor_counts_the_clusters(tmp_path):
    found = examine(written(tmp_path, table(cluster=["x", "x", "y", "y"])))
    assert "The questions stand in 2 clusters, over which intervals are." in found.holds
    assert "cluster" not in str(examine(written(tmp_path, table())).holds)


def test_wrong_clusters_of_questions_are_refused(tmp_path):
    path = written(tmp_path, table())
    with pytest.raises(ReaderError, match=r"attempts.csv: must have a column 'source'; it has: 'question', "):
        mi.read_attempts(path, columns={"cluster": "source"})
    for cluster, sentence in (
        (["x", None, "y", "y"], r"cluster must name one in every row, got nothing \(row 2\)"),
        ([None] * 4, r"cluster must name one in every row, got nothing \(row 1, 2, 3 and 1 more\)"),
        (["x", "y", "z", "z"], r"all attempts at a question must have one cluster, got .* 'a' \(row 1, 2\)"),
    ):
        with pytest.raises(ReaderError, match=f"attempts.csv: {sentence}"):
            mi.read_attempts(written(tmp_path, table(cluster=cluster)))
    one = written(tmp_path, table(cluster=["x", "x", "y", "y"]), "one.csv")
    with pytest.raises(ReaderError, match=r"attempts.csv: must have a column 'cluster', as other files have"):
        mi.read_attempts([one, written(tmp_path, table(question=["c", "c", "d", "d"]))])
