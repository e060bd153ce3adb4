import io
import re
import subprocess
import sys

import pytest

import moo_inference as mi
from moo_inference.formatting.amounts import interval_text, seconds, significant, usd
from moo_inference.views import Table, print_tables, study_tables, to_markdown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.034862, "0.0349"),
        (43.06, "43.1"),
        (3600, "3,600"),
        (59.96, "60.0"),
        (0.0000087, "0.00000870"),
        (1234567, "1,230,000"),
        (0, "0"),
        (1.0, "1.00"),
    ],
)
def test_three_significant_digits_without_exponent(value, text):
    assert significant(value) == text


def test_units():
    assert usd(0.5) == "$0.500"
    assert seconds(10.75) == "10.8 s"


def shown(tables):
    stream = io.StringIO()
    print_tables(tables, stream)
    return stream.getvalue()


def test_every_choice_and_its_warning_is_shown(paper):
    study = mi.run_study(paper, models=["gpt-5-nano"], scenarios=["medical-ai", "essay-feedback"])
    for text in (shown(study_tables(study)), to_markdown(study_tables(study))):
        for k in study.choices["k"]:
            assert f"k={k} " in text
        assert "Medical AI" in text
        assert "at most $0.950, at most 3,600 s, accuracy at least 0.98" in text
        assert "moves with k" in text.replace("\\", "")
        assert "ClosedForm()" in text
    assert "†" in shown(study_tables(study))


def test_infeasible_and_no_knee_are_explained(paper):
    scenarios = {
        "none": paper.scenarios["essay-feedback"].replace(c_max=0.01),
        "two": paper.scenarios["essay-feedback"].replace(c_max=0.05, a_min=0),
    }
    text = shown(study_tables(mi.run_study(paper.replace(scenarios=scenarios), models=["gpt-5"])))
    assert "infeasible" in text
    assert "raising c_max" in text
    assert "no knee" in text
    assert "the front has 2 rows" in text


def test_the_caption_names_the_grid(paper):
    for options, words in (
        ({"k_min": 7, "k_max": 7}, "k = 7."),
        ({"k_max": 10, "k_step": 4}, "k = 4, 8."),
        ({"k_max": 18, "k_step": 4}, "k = 4, 8, ..., 16."),
    ):
        study = mi.run_study(paper, models=["gpt-5-nano"], scenarios=["essay-feedback"], **options)
        assert words in shown(study_tables(study))


def test_markup_in_names_is_shown_as_text():
    table = Table("[bold]T[/bold] *x*", ("a|b",), (("<script>|[red]",),), ("_n_",))
    assert "[bold]T[/bold] *x*" in shown([table])
    assert "<script>|[red]" in shown([table])
    markdown = to_markdown([table])
    assert r"\<script\>\|\[red\]" in markdown
    assert r"a\|b" in markdown


def test_a_cell_of_two_lines_stays_one_row_in_markdown():
    assert "| a<br>b |" in to_markdown([Table("t", ("c",), (("a\nb",),))])


def test_it_is_said_where_samples_end_a_curve(paper):
    accuracy = {"kind": "outcomes", "questions": {f"q{c}": f"{c}/5" for c in range(1, 6)}}
    models = {"short": paper.models["gpt-5"].replace(accuracy=accuracy), "qwen3-max": paper.models["qwen3-max"]}
    scenarios = {"s": paper.scenarios["essay-feedback"].replace(a_min=0.1)}
    study = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), decisions=["max-cube"])
    text = shown(study_tables(study))
    assert "short: known up to k = 5, the samples that its evaluation has of some question." in text
    assert "qwen3-max: known" not in text
    within = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), decisions=["max-cube"], k_max=5)
    assert "known up to" not in shown(study_tables(within))


COUNTED = {"kind": "outcomes", "questions": {"a": "3/10", "b": "10/10", "c": "9/10", "d": "5/10"}}
VOTED = {"kind": "outcomes", "keep": "majority", "questions": {"a": "6/6 0/2 0/2", "b": "5/5 0/5", "c": "9/9 0/1"}}
SCORED = {"kind": "outcomes", "keep": "verifier", "questions": {"a": "1/1 0/4", "b": "0/2 2/4", "c": "3/3 1/4"}}


@pytest.fixture(scope="module")
def kept(paper):
    """Models of which another pass is kept each."""
    gpt5 = paper.models["gpt-5"]
    distributions = {"normal": gpt5.accuracy, "counted": COUNTED, "voted": VOTED, "scored": SCORED}
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.3, t_quantile=0.95, c_quantile=0.99)
    return mi.Catalog(
        models={key: gpt5.replace(accuracy=distribution) for key, distribution in distributions.items()},
        scenarios={"s": scenario},
    )


def test_who_keeps_the_best_of_k_stands_with_every_accuracy(kept, paper):
    study = mi.run_study(kept, k_max=5, decisions=["max-cube"])
    whom = {"normal": "oracle", "counted": "oracle", "voted": "majority", "scored": "verifier"}
    for frame in (study.choices, study.fronts, study.curves):
        assert set(zip(frame["model"], frame["keep"], strict=True)) == set(whom.items())
    rows = {row[0] for row in study_tables(study)[0].rows}
    assert rows == {"normal\noracle", "counted\noracle", "voted\nvote", "scored\nverifier"}
    [note] = [note for note in study_tables(study)[0].notes if note.startswith("Kept of k passes")]
    assert [word in note for word in ("oracle: ", "verifier: ", "vote: ")] == [True] * 3
    for models, words in (
        (["normal", "counted"], "as only an oracle or a perfect check of the answers picks it"),
        (["voted"], "the most frequent answer, by vote"),
        (["scored"], "a verifier gives the highest score"),
    ):
        alone = study_tables(mi.run_study(kept, models=models, k_max=5, decisions=["max-cube"]))[0]
        assert {row[0] for row in alone.rows} == set(models)
        assert sum(words in note for note in alone.notes) == 1
    plain = study_tables(mi.run_study(paper, models=["gpt-5"]))
    assert [sum("Kept of k" in note for note in table.notes) for table in plain] == [0, 0, 1]


def test_the_interval_of_an_accuracy_stands_below_it_and_is_unknown_where_nothing_tells(kept):
    study = mi.run_study(kept, k_max=5, decisions=["max-cube"], baselines=["fixed-2"])
    for _, row in study.choices.iterrows():
        cell = next(cells for cells in study_tables(study)[0].rows if cells[0].split("\n")[0] == row["model"])
        shown_there = cell[1 if row["decision"] == "max-cube" else 2].split("\n")
        assert f"{row['accuracy']:.4f}" in shown_there[0]
        if row["model"] == "normal":
            assert shown_there[1] == "interval unknown"
        else:
            low, high = map(float, shown_there[1].split(" to "))
            assert (low, high) == pytest.approx((row["accuracy_ci_low"], row["accuracy_ci_high"]), abs=5.1e-4)
    only_normal = study_tables(mi.run_study(kept, models=["normal"], k_max=5, decisions=["max-cube"]))[0]
    assert "interval" not in str(only_normal)


def test_quantiles_that_budgets_are_for_are_shown_and_come_last_in_files(kept):
    study = mi.run_study(kept, k_max=5, decisions=["max-cube"], baselines=["fixed-2"])
    frame = study.choices
    names = ["cost_quantile", "cost_at_quantile", "time_quantile", "time_at_quantile"]
    assert frame.columns.tolist()[-6:] == ["warning", "keep", *names]
    # A quantile of its own: by another estimator, within the spread of its draws.
    drawn = mi.MonteCarlo(trials=20_000, seed=7, draws="independent")
    scenario = kept.scenarios["s"]
    for _, row in frame.iterrows():
        curve = drawn.estimate(kept.models[row["model"]], [row["k"]], scenarios=[scenario])
        at = curve.views[scenario].values[0]
        assert (row["cost_quantile"], row["time_quantile"]) == (0.99, 0.95)
        assert [row["cost_at_quantile"], row["time_at_quantile"]] == pytest.approx(at[:2], rel=0.02)
        assert row["time_at_quantile"] > 1.02 * row["time"]
        text = shown(study_tables(study))
        assert f"p99 {usd(row['cost_at_quantile'])}" in text
        assert f"p95 {seconds(row['time_at_quantile'])}" in text
    tight = kept.replace(scenarios={"s": scenario, "none": scenario.replace(c_max=1e-6, t_quantile=None)})
    found = mi.run_study(tight, models=["normal"], k_max=5, decisions=["max-cube"]).choices.set_index("scenario")
    assert found.loc["none", names].isna().tolist() == [False, True, True, True]
    means = mi.run_study(kept.replace(scenarios={"s": scenario.replace(t_quantile=None, c_quantile=None)}), k_max=5)
    assert means.choices.columns[-1] == "keep"
    assert "p9" not in shown(study_tables(means))


def test_the_quantile_of_an_accuracy_is_called_by_its_name(paper):
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.5, a_quantile=0.05)
    study = mi.run_study(mi.Catalog(models={"gpt-5": paper.models["gpt-5"]}, scenarios={"s": scenario}), k_max=9)
    value = study.choices["accuracy_at_quantile"][0]
    assert value < study.choices["accuracy"][0]
    assert f"p5 accuracy {value:.4f}" in shown(study_tables(study))


def test_standard_errors_of_simulation_are_told_where_there_are_any(paper):
    def last_note(estimator):
        return study_tables(mi.run_study(paper, models=["gpt-5"], k_max=8, estimator=estimator))[-1].notes[-1]

    assert "Standard errors" not in last_note(None)
    found = re.search(
        r"up to ([\d.]+) % of a cost, ([\d.]+) % of a time, ([\d.]+) of an accuracy", last_note(mi.MonteCarlo())
    )
    frame = mi.run_study(paper, models=["gpt-5"], k_max=8, estimator=mi.MonteCarlo()).choices
    assert float(found[1]) == pytest.approx(100 * (frame["cost_se"] / frame["cost"]).max(), rel=0.1)
    assert float(found[3]) == pytest.approx(frame["accuracy_se"].max(), abs=6e-5)
    assert "not known" in last_note(mi.MonteCarlo(trials=1))


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.9312, 0.978, "0.931 to 0.978"),
        (0.9971, 0.9974, "0.9971 to 0.9974"),
        (0.5, 0.5, "interval unknown"),
        (0.5, 0.5 + 1e-15, "interval unknown"),
        (float("nan"), float("nan"), "interval unknown"),
        (0.2, float("nan"), "interval unknown"),
    ],
)
def test_an_interval_of_no_width_is_no_certainty(low, high, text):
    assert interval_text(low, high) == text


@pytest.mark.parametrize("columns", ["80", "132", "", "0", "wide"])
def test_what_is_piped_has_the_width_asked_for_and_no_blanks_at_ends_of_lines(kept, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    lines = shown(study_tables(mi.run_study(kept, k_max=5, baselines=["fixed-2"]))).splitlines()
    width = {"80": 80}.get(columns, 132)
    assert max(map(len, lines)) <= width
    assert max(map(len, lines)) > width - 30
    assert all(line == line.rstrip() for line in lines)


def test_the_name_is_the_function_also_after_a_view_that_uses_its_module():
    code = "import moo_inference.views.answer; from moo_inference.views import study_tables; study_tables.__call__"
    subprocess.run([sys.executable, "-c", code], check=True)
