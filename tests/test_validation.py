"""How the predictions of docs/validation.md are made and checked: no half knows the other, and the checks can fail."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi

PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def scripts():
    """The modules of benchmarks/, as a script there imports them."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))
    ours = ("choice_confidence", "held_out_loads", "validated", "validation")
    for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def own():
    from validated.halves import settings

    return settings("gpqa-diamond")[:4]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


# The halves


def test_no_attempt_is_in_two_parts(rng):
    from validated.halves import split_attempts

    question = rng.permutation(np.repeat(np.arange(30), 8))
    parts = split_attempts(question, (4, 3), rng)
    assert len(np.unique(np.concatenate(parts))) == 30 * 7
    for part, size in zip(parts, (4, 3), strict=True):
        assert np.bincount(question[part]).tolist() == [size] * 30


def test_each_attempt_is_in_the_first_half_equally_often():
    from validated.halves import split_attempts

    question, rng = np.repeat(np.arange(3), 4), np.random.default_rng(1)
    drawn = [split_attempts(question, (2, 2), rng)[0] for _ in range(2000)]
    often = np.bincount(np.concatenate(drawn), minlength=12) / 2000
    assert np.abs(often - 0.5).max() < 4 * 0.5 / math.sqrt(2000)


def test_parts_that_need_more_attempts_than_there_are_are_refused(rng):
    from validated.halves import split_attempts

    with pytest.raises(ValueError, match="at most the 8 attempts of a question, got 9"):
        split_attempts(np.repeat(np.arange(3), 8), (4, 5), rng)


def test_the_same_seed_splits_alike():
    from validated.halves import split_attempts, split_questions

    question = np.repeat(np.arange(9), 8)
    one, other = (split_attempts(question, (4, 4), np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    one, other = (split_questions(np.arange(9), np.random.default_rng(3)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_question_is_in_one_half(rng):
    from validated.halves import split_questions

    first, second = split_questions(np.arange(5, 50), rng)
    assert sorted([*first, *second]) == list(range(5, 50))
    assert (len(first), len(second)) == (22, 23)


def test_a_setting_is_the_model_of_the_catalog(own):
    catalog = mi.load_catalog("gpqa-diamond").models
    for setting in own:
        there = catalog[setting.key]
        assert there.attempts.fewest == 8
        here = mi.Recorded().estimate(setting.model(), [1, 4, 8], parallel=8).means
        np.testing.assert_array_equal(here, mi.Recorded().estimate(there, [1, 4, 8], parallel=8).means)


def test_a_half_holds_only_its_own_attempts(own):
    """Prices apart, all that the other ways use comes from the half as well."""
    setting = own[0]
    half = setting.model(np.arange(40))
    assert half.request_seconds.mean == pytest.approx(setting.attempts.seconds[:40].mean())
    assert half.output_tokens.mean == pytest.approx(setting.attempts.tokens_out[:40].mean())
    assert len(half.attempts.cost) == 40


# The other ways


def test_the_paper_divides_the_sum_of_the_times(own):
    from validated.other_ways import papers_curve

    model = own[0].model()
    assert papers_curve(model, [4]).time.mean[0] == pytest.approx(model.attempts.seconds.mean(), rel=1e-9)


def test_independent_passes_are_slower_than_those_of_one_question(own):
    from validated.other_ways import independent_curve

    for setting in own:
        model = setting.model()
        alone, pooled = mi.Recorded().estimate(model, [4]).time.mean[0], independent_curve(model, [4]).time.mean[0]
        assert pooled > 1.1 * alone


def test_the_standard_deviation_is_the_middle_one_of_table_3():
    from validated.other_ways import PAPER_STD

    assert np.median([model.accuracy.std for model in mi.load_catalog("paper").models.values()]) == PAPER_STD


# Intervals


def test_what_is_checked_is_what_is_stated(own, rng):
    """Accuracy, and the standard errors of dollars and seconds, of an evaluation of drawn questions."""
    from choice_confidence import drawn
    from validated.questions import K, stated, tables
    from validated.questions import drawn as drawn_values

    model = own[0].model()
    rows = np.random.default_rng(5).integers(0, len(model.attempts.n), (30, 1))
    curve = mi.Recorded().estimate(drawn(model, rows[:, 0]), [1, K])
    for row, name in ((0, "accuracy"), (1, f"pass@{K}")):
        values = drawn_values(tables(model.attempts)[name], 30, 1, np.random.default_rng(5))
        low, high = stated(values, name)
        assert (low[0], high[0]) == pytest.approx((curve.evidence.ci_low[row], curve.evidence.ci_high[row]), rel=1e-9)
    for column, name in enumerate(("dollars", "seconds")):
        values = tables(model.attempts)[name][rows]
        assert values.mean() == pytest.approx(curve.means[1, column], rel=1e-9)


def test_intervals_that_are_half_as_wide_do_not_hold_enough(rng):
    """The control: of the mean of normals, whose coverage is known."""
    from statistics import NormalDist

    from validated.questions import held, usual

    values = rng.normal(size=(400, 4000))
    low, high = usual(values)
    band = 4 * math.sqrt(0.95 * 0.05 / 4000)
    assert held((low, high), 0.0).mean() == pytest.approx(0.95, abs=band)
    middle, half = (low + high) / 2, (high - low) / 4
    expected = 2 * NormalDist().cdf(1.96 / 2) - 1
    assert held((middle - half, middle + half), 0.0).mean() == pytest.approx(expected, abs=0.03)


def test_the_usual_interval_misses_the_bar_where_ours_meets_it(own):
    from validated.questions import BAR, coverage, tables

    columns = {setting.key: {"pass@4": tables(setting.model().attempts)["pass@4"]} for setting in own}
    ours, usual = coverage(columns, 20, 300, np.random.default_rng(2))["pass@4"]
    assert BAR.met(ours)
    assert not BAR.met(usual)


def test_the_other_half_is_held_as_often_as_two_equal_halves_say(rng):
    from validated.questions import OTHER_HALF, other_half

    assert pytest.approx(83.4, abs=0.05) == OTHER_HALF
    means, inside = other_half(rng.normal(10, 1, 400), "dollars", 3000, rng)
    assert means.shape == (2, 3000)
    assert 100 * inside.mean() == pytest.approx(OTHER_HALF, abs=4 * 100 * math.sqrt(0.83 * 0.17 / 3000) + 0.5)


def test_the_interval_of_a_p95_is_tried_on_drawn_questions(own):
    from validated.questions import tail_coverage

    models = [setting.model() for setting in own[:2]]
    inside = tail_coverage(models, 99, 8, np.random.default_rng(4))
    assert inside.shape == (16,)
    assert inside.mean() > 0.7
    assert tail_coverage(models, 2, 8, np.random.default_rng(4)).sum() == 0


# Beyond the attempts


def test_what_was_drawn_is_not_among_what_is_predicted():
    """Of questions that all samples or none get right, the other samples say the same."""
    from validated.beyond import of_counts
    from validated.counts import Counts

    c = np.array([0] * 10 + [100] * 20 + [30] * 10)
    [rows] = of_counts(Counts("model", 100, c), 1, np.random.default_rng(0))
    for found, ours, last, equal, low, high in rows:
        assert found == pytest.approx(0.75, abs=0.01)
        assert low <= ours <= high
        assert last == pytest.approx(0.75, abs=0.03)
        assert equal > found


def test_a_band_without_width_does_not_hold():
    from validated.beyond import _inside

    rows = np.array([[0.5, 0, 0, 0, 0.4, 0.6], [0.5, 0, 0, 0, 0.51, 0.51], [0.5, 0, 0, 0, 0.4, 0.5]])
    assert _inside(rows).tolist() == [1, 0, 1]


# Choices


def test_the_choice_is_that_of_choose(own):
    from validated.choices import K, chosen, objectives

    models = {setting.key: setting.at(np.arange(100)) for setting in own}
    catalog = mi.Catalog(models=models, scenarios={"s": mi.Scenario(name="s", c_max=0.2, t_max=90, a_min=0.8)})
    scenario = catalog.scenarios["s"]
    rows = chosen(objectives(models), scenario)
    assert min(rows.values()) >= 0
    for rule, row in rows.items():
        found = mi.choose(catalog, scenario="s", rule=rule, k_max=max(K))
        assert (found.model, found.k) == (list(models)[row // len(K)], K[row % len(K)])


def test_who_knows_the_other_half_loses_nothing_and_others_do(own, rng):
    from validated.choices import judge

    there = np.column_stack([rng.uniform(0, 1, 50), rng.uniform(0, 1, 50), rng.uniform(0, 1, 50)])
    scenario, outcomes = mi.Scenario(name="s", c_max=0.7, t_max=0.7, a_min=0.3), {}
    judge(outcomes, "knowing", 0, there, there, scenario)
    for split in range(30):
        judge(outcomes, "guessing", split, rng.permutation(there), there, scenario)
    for ways in outcomes.values():
        assert ways["knowing"].regret == [0.0]
        assert not ways["knowing"].breaks.any()
        assert np.mean(ways["guessing"].regret) > 5
        assert ways["guessing"].breaks.mean() > 0.2


def test_one_pass_alone_is_chosen_where_k_is_not_allowed(own):
    from validated.choices import K, chosen, objectives, of_one_pass

    F = objectives({setting.key: setting.model() for setting in own})
    scenario = mi.Scenario(name="s", c_max=1.0, t_max=1000, a_min=0.5)
    rows = chosen(of_one_pass(F), scenario)
    first = F[:: len(K)]
    assert rows["accuracy-max"] == len(K) * int(first[:, 2].argmin())
    assert rows["cheapest"] == len(K) * int(first[:, 0].argmin())


def test_the_standard_error_is_that_of_the_means_of_splits():
    from validated.choices import Outcome

    alike = Outcome(regret=[1.0] * 6 + [3.0] * 6, split=[0] * 6 + [1] * 6)
    assert alike.standard_error == pytest.approx(np.std([1.0, 3.0], ddof=1) / math.sqrt(2))
    single = Outcome(regret=[1.0, 2.0, 4.0], split=[0, 1, 2])
    assert single.standard_error == pytest.approx(np.std(single.regret, ddof=1) / math.sqrt(3))


# Published numbers


def test_a_beta_is_found_again_from_two_of_its_points():
    from validated.given import beta_through

    from moo_inference.evaluation import beta_pass_at_k

    for a, b in ((0.3, 0.9), (2.0, 5.0)):
        one, ten, hundred = beta_pass_at_k(a, b, [1, 10, 100])[0].tolist()
        assert beta_through(one, 10, ten, 100) == pytest.approx(hundred, rel=1e-9)


def test_all_of_k_right_is_a_moment_of_the_beta():
    from validated.given import beta_through

    a, b = 3.0, 1.5
    one, two = a / (a + b), a * (a + 1) / ((a + b) * (a + b + 1))
    four = two * (a + 2) * (a + 3) / ((a + b + 2) * (a + b + 3))
    assert 1 - beta_through(1 - one, 2, 1 - two, 4) == pytest.approx(four, rel=1e-9)


def test_fronts_are_those_of_plain_comparison():
    from validated.given import dominance, frugalgpt, product_front

    rows = np.array([[0.001, 0.5], [0.002, 0.7], [0.003, 0.6], [0.002, 0.6]])
    assert dominance(rows) == product_front(rows) == {0, 1}
    task = frugalgpt()[0]
    assert product_front(task.test) == dominance(task.test)
    assert product_front(task.test) != dominance(task.train)


def test_the_data_are_whole():
    from validated.counts import evalperf, gsm8k
    from validated.given import frugalgpt, humaneval, tau2

    counts = evalperf()
    assert len(counts) == 34
    assert all(len(one.c) == 118 and one.c.min() >= 0 and one.c.max() <= one.n for one in counts)
    assert [(one.n, len(one.c)) for one in gsm8k()] == [(1, 1319)] * 6
    assert [int((~task.cascade).sum()) for task in frugalgpt()] == [10] * 5
    assert len(humaneval()[0]) == 12
    found, ours, _ = tau2()
    assert found.min() > 0
    assert found.max() < 1
    assert np.isfinite(ours).all()


# The table and the page


def test_bars_are_met_at_full_precision():
    from validated.lines import Bar, Line

    line = Line("p", "data", "what", 2, np.array([1.0, 2.004]), bar=Bar("mean", most=1.5))
    assert line.met is False
    assert "mean at most 1.5 points: missed" in line.row()
    assert line.missed() == "The mean error is 1.5 points; the bar: mean at most 1.5 points."
    assert Line("p", "d", "w", 2, holds=(93.0, 97.0), bar=Bar("holds", least=93, most=97)).met
    assert not Line("p", "d", "w", 2, holds=(93.0, 97.1), bar=Bar("holds", least=93, most=97)).met


def test_only_the_named_place_of_the_page_is_filled():
    import validation

    page = "a\n<!-- validation: table -->\nold\n<!-- end of table -->\nb\n"
    assert validation.filled(page, "table", "new") == page.replace("old", "new")
    with pytest.raises(ValueError, match="must have one place"):
        validation.filled(page, "other", "new")


def test_the_page_is_not_written_from_few_splits():
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "validation.py"), "--write", "--quick"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "--write needs all splits" in done.stderr


def test_the_page_has_every_line_of_the_script():
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "validation.py"), "--quick", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)
    assert {line["part"] for line in lines} == {"attempts", "beyond", "questions", "choices", "given", "load"}
    for line in lines:
        assert line["holds"] or math.isfinite(line["mean"]), line
        assert f"| {line['data']} | {line['what']} | " in PAGE
