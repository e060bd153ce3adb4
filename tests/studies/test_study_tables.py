import io

import pytest

import moo_inference as mi
from moo_inference.texts.amounts import seconds, significant, usd
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
    accuracy = {"law": "outcomes", "questions": {f"q{c}": f"{c}/5" for c in range(1, 6)}}
    models = {"short": paper.models["gpt-5"].replace(accuracy=accuracy), "qwen3-max": paper.models["qwen3-max"]}
    scenarios = {"s": paper.scenarios["essay-feedback"].replace(a_min=0.1)}
    study = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), decisions=["max-cube"])
    text = shown(study_tables(study))
    assert "short: known up to k = 5, the samples that its evaluation has of some question." in text
    assert "qwen3-max: known" not in text
    within = mi.run_study(mi.Catalog(models=models, scenarios=scenarios), decisions=["max-cube"], k_max=5)
    assert "known up to" not in shown(study_tables(within))
