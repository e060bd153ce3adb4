"""Policies of stopping on the command line."""

import csv
import io
import json

import pytest
from command_line import refused, run

import moo_inference as mi

OTIS = ("--catalog", "otis-mock-aime", "-m", "gpt-5@high", "-m", "gemini-3-flash", "--cost", "0.5")
BOTH = ("--stop", "fixed", "--stop", "first-verified/1")


def test_policies_stand_on_one_front(capsys):
    status, out, _ = run(capsys, "choose", *OTIS, "--accuracy", "0.93", *BOTH, "--format", "json")
    assert status == 0
    record = json.loads(out)
    assert record["model"] == "gemini-3-flash"
    assert record["stop"] == "first-verified/1"
    assert 1 < record["mean_passes"] < record["k"]
    found = mi.choose(
        "otis-mock-aime", models=["gpt-5@high", "gemini-3-flash"], cost=0.5, accuracy=0.93, stop=BOTH[1::2]
    )
    assert (found.model, found.k, found.cost) == (record["model"], record["k"], record["cost"])
    fixed = mi.choose("otis-mock-aime", models=["gpt-5@high", "gemini-3-flash"], cost=0.5, accuracy=0.93)
    assert fixed.stop is None
    assert found.cost < fixed.cost


def test_answers_say_what_stopping_saves_and_how_much_slower_it_is(capsys):
    _, out, _ = run(capsys, "choose", *OTIS, "-d", "accuracy-max", "--stop", "vote-until-sure/1")
    text = " ".join(out.split())
    assert "passes, one by one until the vote is 95 % sure, take the most frequent answer" in text
    assert "passes run on average, at most" in text
    assert "without stopping all" in text


def test_a_batch_of_all_passes_is_said_to_stop_nothing(capsys):
    _, out, _ = run(capsys, "choose", *OTIS, "--stop", "first-verified")
    assert "no query stops early; a batch of fewer passes" in " ".join(out.split())


def test_columns_name_the_policy_and_how_many_passes_run(capsys):
    _, out, _ = run(capsys, "solve", *OTIS, "--accuracy", "0.9", *BOTH, "-d", "accuracy-max", "--format", "csv")
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(out))}
    assert set(rows) == {
        *("gpt-5@high", "gemini-3-flash"),
        *("gpt-5@high+first-verified/1", "gemini-3-flash+first-verified/1"),
    }
    for key, row in rows.items():
        assert row["stop"] == ("first-verified/1" if "+" in key else "fixed")
        if row["k"]:
            mean, k = float(row["passes_mean"]), int(row["k"])
            assert mean < k if "+" in key else mean == k
            assert mean <= float(row["passes_p95"]) + 1 <= k + 1
    _, out, _ = run(capsys, "solve", *OTIS, "--accuracy", "0.9", "-d", "accuracy-max", "--format", "csv")
    assert "passes_mean" not in out


def test_models_without_answers_are_left_out_of_a_vote_and_named(capsys):
    _, out, err = run(capsys, "choose", "--catalog", "otis-mock-aime", "--cost", "0.5", "--stop", "vote-until-sure/1")
    assert "left out for qwen3-max" in err
    assert "got attempts without any" in err
    assert "by vote" in out


def test_a_choice_that_stops_early_is_gated_and_replayed(capsys, tmp_path):
    asked = ("choose", *OTIS, "--accuracy", "0.9", *BOTH)
    assert run(capsys, *asked, "--out", tmp_path / "choice")[0] == 0
    status, out, _ = run(capsys, "check", "--baseline", tmp_path / "choice")
    assert status == 0
    assert "0 failures" in out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--stop", "first-verifed"], "did you mean 'first-verified'"),
        (["--stop", "fixed", "--stop", "fixed"], "each once"),
        (["--stop", "vote-until-sure=1"], "below 1"),
        (["--stop", "first-verified/0"], "batch must be a whole number of at least 1"),
        (["--stop", "first-verified=high"], "must be numbers"),
        (["--catalog", "paper", "--stop", "vote-until-sure"], "must come with keep 'majority'"),
    ],
)
def test_policies_that_cannot_be_are_refused(capsys, options, sentence):
    [line] = refused(capsys, "choose", "--cost", "0.1", *options)
    assert sentence in line
