"""Tables of attempts are read in batches: what is read and refused does not depend on where one ends."""

import json
import re
import tracemalloc
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

import moo_inference as mi
from moo_inference.errors import ReaderError
from moo_inference.readers.attempts import checks, table
from moo_inference.readers.attempts.checks import repeated
from moo_inference.views.doctor.examination import examine

KINDS = [
    "csv",
    "jsonl",
    pytest.param("parquet", marks=pytest.mark.skipif(find_spec("pyarrow") is None, reason="an extra")),
]
SMALL = 3


def rows_of(count, seed=0):
    """Attempts of which later ones have other types than earlier ones, and gaps."""
    dice = np.random.default_rng(seed)
    return [
        {
            "model": f"m{dice.integers(3)}",
            "effort": dice.choice(["low", "high"]),
            "question": f"{number % 7:02}" if number < count // 2 else f"{number % 7}",
            "sample": number,
            "correct": int(dice.integers(2)) if number % 5 else None,
            "answer": str(dice.integers(4)) if number < count - 4 else "four",
            "tokens_in": int(dice.integers(1, 100)),
            "tokens_out": int(dice.integers(1, 2**40)) if number % 4 else None,
            "seconds": float(np.exp(dice.normal())) if number % 6 else None,
        }
        for number in range(count)
    ]


def written(tmp_path, rows, kind):
    path = tmp_path / f"attempts.{kind}"
    if kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif kind == "parquet":
        pd.DataFrame(rows).to_parquet(path)
    else:
        pd.DataFrame(rows).astype(object).to_csv(path, index=False)
    return path


@pytest.fixture
def in_small_batches(monkeypatch):
    monkeypatch.setattr(table, "_ROWS", SMALL)
    monkeypatch.setattr(table, "_JSON_ROWS", SMALL)
    monkeypatch.setattr(checks, "_BLOCK", SMALL)


def refused(path):
    with pytest.raises(ReaderError) as caught:
        mi.read_attempts(path)
    return caught.value.errors


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_the_same_in_batches_of_any_size(tmp_path, kind, request):
    path = written(tmp_path, rows_of(40), kind)
    whole = mi.read_attempts(path)
    request.getfixturevalue("in_small_batches")
    batched = mi.read_attempts(path)
    assert whole.models == batched.models
    for name in ("question", "answer", "model_name", "effort"):
        one, other = getattr(whole, name), getattr(batched, name)
        assert one.categories.tolist() == other.categories.tolist()
        assert one.codes.tolist() == other.codes.tolist()
        assert one.codes.dtype == other.codes.dtype
    for name in ("sample", "correct", "tokens_in", "tokens_out", "seconds"):
        assert getattr(whole, name).tobytes() == getattr(batched, name).tobytes()
        assert getattr(batched, name).dtype == np.float64


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_that_were_written(tmp_path, kind):
    rows = rows_of(40)
    found = mi.read_attempts(written(tmp_path, rows, kind))
    for name in ("correct", "tokens_in", "tokens_out", "seconds"):
        expected = np.array([np.nan if row[name] is None else row[name] for row in rows], dtype=float)
        assert getattr(found, name).tobytes() == expected.tobytes()
    # What a column holds depends on all of it: with one text among them, numbers are texts.
    assert list(found.answer) == [row["answer"] for row in rows]
    questions = [row["question"] for row in rows]
    assert list(found.question) == ([str(int(name)) for name in questions] if kind == "csv" else questions)


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_all_batches_are_named_and_counted(tmp_path, kind):
    rows = rows_of(40)
    for place in (2, 8, 20, 30, 31):
        rows[place]["seconds"] = -1.0
    rows[17]["correct"] = 7
    rows[33] |= {name: rows[5][name] for name in ("model", "effort", "question", "sample")}
    errors = refused(written(tmp_path, rows, kind))
    expected = [
        r"correct must be 0, 1, true, false or blank, got 7 \(row 18\)",
        r"seconds must be positive, .* got -1, -1, -1 \(row 3, 9, 21 and 2 more\)",
        r"each sample .* got question '5', sample 5 twice \(row 34\)"
        if kind == "csv"
        else r"each sample .* got question '05', sample 5 twice \(row 34\)",
    ]
    assert len(errors) == len(expected)
    for error, message in zip(errors, expected, strict=True):
        assert re.search(message, error), error


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", KINDS)
def test_an_attempt_without_a_model_is_refused_where_others_have_one(tmp_path, kind):
    rows = rows_of(12)
    rows[9]["model"] = None
    [error] = refused(written(tmp_path, rows, kind))
    assert error.endswith("model must name one in every row, got nothing (row 10)")


@pytest.mark.usefixtures("in_small_batches")
def test_columns_may_begin_in_later_rows_of_json(tmp_path):
    rows = [{"question": "a", "correct": 1, "usd": number} for number in range(5)]
    rows += [{"question": "b", "correct": 0, "seconds": 2.0, "answer": 4, "odd": True}]
    found = mi.read_attempts(written(tmp_path, rows, "jsonl"))
    assert list(found.answer) == [None] * 5 + ["4"]
    assert found.seconds.tolist()[5:] == [2.0]
    assert np.isnan(found.seconds[:5]).all()
    assert found.usd[:5].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.usefixtures("in_small_batches")
def test_equal_numbers_of_other_types_are_other_texts_only_among_texts(tmp_path):
    base = {"correct": 1, "usd": 1}
    mixed = [{"question": name, **base} for name in (1, 1.0, "1", True, [1], None, {"a": 1})]
    path = written(tmp_path, [row for row in mixed if row["question"] is not None], "jsonl")
    assert list(mi.read_attempts(path).question) == ["1", "1.0", "1", "True", "[1]", '{"a": 1}']
    numbers = [{"question": name, **base} for name in (1, 2.0, 10, 1.0, 2, 10.0)]
    found = mi.read_attempts(written(tmp_path, numbers, "jsonl"))
    assert list(found.question) == ["1", "2", "10", "1", "2", "10"]
    assert found.question.categories.tolist() == ["1", "2", "10"]


def test_clusters_are_compared_over_all_rows(tmp_path, in_small_batches):
    rows = [{"question": f"q{number % 4}", "correct": 1, "usd": 1, "cluster": "ab"[number % 2]} for number in range(12)]
    assert len(mi.read_attempts(written(tmp_path, rows, "csv"))) == 12
    rows[9]["cluster"] = "a"
    [error] = refused(written(tmp_path, rows, "csv"))
    assert error.endswith("must have one cluster, got several for question 'q1' (row 2, 6, 10)")
    rows[11]["cluster"] = None
    [error] = refused(written(tmp_path, rows, "csv"))
    assert error.endswith("cluster must name one in every row, got nothing (row 12)")


@pytest.mark.parametrize("odd", [None, 1.5, 1e30])
def test_repeated_attempts_are_those_of_a_plain_comparison(odd):
    dice = np.random.default_rng(3)
    for _ in range(50):
        count = int(dice.integers(1, 12))
        sample = dice.integers(-1, 3, count).astype(float)
        sample[dice.random(count) < 0.2] = np.nan
        if odd is not None:
            sample[0] = odd
        texts = {
            name: pd.Categorical.from_codes(dice.integers(-1, 2, count), ["x", "y"])
            for name in ("model", "effort", "question")
        }
        frame = pd.DataFrame({**texts, "sample": sample})
        seen, expected = set(), []
        for row in frame.astype(object).where(frame.notna(), None).itertuples(index=False):
            expected.append(tuple(row) in seen)
            seen.add(tuple(row))
        found = repeated(frame)
        assert (found is None) == (not any(expected))
        assert found is None or found.tolist() == expected


def test_memory_beside_the_result_does_not_grow_with_the_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "_ROWS", 1000)
    monkeypatch.setattr(checks, "_BLOCK", 1000)
    rows = rows_of(1000)
    beside = []
    for copies in (20, 80):
        frame = pd.concat([pd.DataFrame(rows)] * copies, ignore_index=True)
        frame["sample"] = np.arange(len(frame))
        path = tmp_path / f"{copies}.csv"
        frame.to_csv(path, index=False)
        tracemalloc.start()
        found = mi.read_attempts(path)
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(found) == len(frame)
        beside.append(peak - held)
    # A number a row and a mark, which the check for repeated samples needs of all rows at once. Read as one frame, a
    # row takes some 300 bytes beside the result.
    assert beside[1] - beside[0] < 16 * 60_000


def test_models_are_the_same_in_any_order_of_the_rows(tmp_path):
    rows = [{**row, "tokens_out": row["sample"]} for row in rows_of(300, seed=5) if None not in row.values()]
    prices = {"usd_per_million_input_tokens": 1.0, "usd_per_million_output_tokens": 2.0, "least_samples": 1}
    ordered = sorted(rows, key=lambda row: (row["model"], row["effort"]))
    one, other = (mi.read_attempts(written(tmp_path, some, "jsonl")) for some in (rows, ordered))
    assert one.models == other.models
    for name in one.models:
        model, effort = name.split("@")
        mine = [row for row in rows if (row["model"], row["effort"]) == (model, effort)]
        cost = [(row["tokens_in"] + 2 * row["tokens_out"]) / 1e6 for row in mine]
        first, second = one.model(name, **prices).attempts, other.model(name, **prices).attempts
        assert sorted(first.cost) == pytest.approx(sorted(cost), rel=1e-12)
        assert first.cost.tolist() == second.cost.tolist()
        assert first.names.tolist() == second.names.tolist()
        assert first.n.tolist() == second.n.tolist()


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", KINDS)
def test_progress_goes_to_the_end_of_the_file(tmp_path, kind, monkeypatch):
    from moo_inference.documents import json_file

    monkeypatch.setattr(json_file, "_LINES_BETWEEN_REPORTS", SMALL)
    path = written(tmp_path, rows_of(40), kind)
    steps = []
    mi.read_attempts(path, progress=lambda done, total: steps.append((done, total)))
    assert {total for _, total in steps} == {path.stat().st_size}
    done = [step for step, _ in steps]
    assert done == sorted(done)
    assert done[-1] > 0


def test_an_empty_table_names_its_columns(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("question,correct,usd,other\n")
    assert refused(path)[0].endswith("must have at least one attempt, got none")
    path.write_text("problem,correct,usd,other\n")
    assert refused(path)[0].endswith("must have a column 'question'; it has: 'problem', 'correct', 'usd', 'other'")


def test_doctor_names_the_first_models_of_many(tmp_path):
    rows = [{**row, "model": f"m{number % 30:02}", "effort": None} for number, row in enumerate(rows_of(90))]
    found = examine(written(tmp_path, rows, "csv"))
    assert "90 attempts of 30 models" in found.holds[0]
    assert found.holds[2] == "Below stand the first 10 models of 30."
    assert [row[0] for row in found.rows] == [f"m{number:02}" for number in range(10)]
    assert [row[1] for row in found.rows] == ["3"] * 10
