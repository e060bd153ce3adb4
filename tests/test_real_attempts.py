"""What the page on real attempts says: its sentences hold in the numbers that its tool computes."""

import importlib.util

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.evaluation import equal_difficulty
from moo_inference.evaluation.question_attempts import QuestionAttempts

PAGE = (ROOT / "docs" / "real-attempts.md").read_text(encoding="utf-8")
CREDIT = "Epoch AI, 'AI Benchmarking Hub' (epoch.ai/benchmarks), CC BY 4.0"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("make_real_attempts", ROOT / "tools" / "make_real_attempts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gpqa(tool):
    return tool.recorded_models("gpqa-diamond")


def attempts_of(seconds, right):
    m, n = np.shape(seconds)
    return QuestionAttempts.of(np.repeat(np.arange(m), n), np.ravel(right), np.ones(m * n), np.ravel(seconds))


def test_the_page_prints_what_the_tool_computes(tool, gpqa, capsys):
    tool.print_models(gpqa)
    tool.print_all("GPQA Diamond", gpqa)
    tool.print_all("OTIS Mock AIME", tool.recorded_models("otis-mock-aime"))
    assert capsys.readouterr().out.strip() in PAGE


def test_independent_seconds_are_those_of_every_pair(tool):
    attempts = attempts_of([[1.0, 5.0], [2.0, 9.0]], np.ones((2, 2)))
    pairs = [max(one, two) for one in attempts.seconds for two in attempts.seconds]
    assert tool.independent_seconds(attempts, [1, 2]) == pytest.approx([17 / 4, np.mean(pairs)])
    assert tool.recorded_seconds(attempts, [1, 2]) == pytest.approx([17 / 4, 7.0])


def test_independent_seconds_are_those_of_measured_passes(tool, gpqa):
    model = gpqa["gpt-5@high"]
    passes = {
        "input_tokens": [1] * len(model.attempts.cost),
        "output_tokens": [1] * len(model.attempts.cost),
        "seconds": model.attempts.seconds.tolist(),
    }
    drawn = mi.Empirical().estimate(
        mi.load_catalog().models["gpt-5"].replace(passes=passes, parallel=8, latency="waves", prompt="per-query"), [4]
    )
    assert drawn.time.mean == pytest.approx(tool.independent_seconds(model.attempts, [4]), rel=1e-9)


def test_variance_between_questions_is_all_or_nothing(tool):
    rng = np.random.default_rng(0)
    level = np.exp(rng.normal(size=(400, 1)))
    assert tool.between_questions(attempts_of(level * np.ones((400, 8)), np.ones((400, 8)))) == pytest.approx(1)
    assert tool.between_questions(attempts_of(np.exp(rng.normal(size=(400, 8))), np.ones((400, 8)))) < 0.03
    half = level * np.exp(rng.normal(size=(400, 8)))
    assert tool.between_questions(attempts_of(half, np.ones((400, 8)))) == pytest.approx(0.5, abs=0.06)


def test_the_dashed_line_leaves_the_interval_at_two_passes(tool, gpqa):
    for key in tool.PAPER:
        curve = mi.Recorded().estimate(gpqa[key], [1, 2])
        _, high = tool.interval(curve)
        assert equal_difficulty(curve.accuracy.mean[0], [2])[0][0] > high[1]


def test_independent_draws_are_too_long_for_every_setting(tool, gpqa):
    for model in (*gpqa.values(), *tool.recorded_models("otis-mock-aime").values()):
        assert tool.independent_seconds(model.attempts, [4])[0] > tool.recorded_seconds(model.attempts, [4])[0]


def test_credit_stands_below_every_figure_and_in_it(tool):
    assert PAGE.count("](images/") == PAGE.count(f"*Attempts: {CREDIT}.*") == 3
    assert CREDIT in tool.CREDIT
