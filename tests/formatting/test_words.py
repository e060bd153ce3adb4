"""Plurals, articles and numbers as sentences have them."""

import pytest

import moo_inference as mi
from moo_inference.errors import UnknownNameError, unknown_name
from moo_inference.formatting.words import apart, counted, with_article
from moo_inference.records.replay import compare_choices
from moo_inference.studies.choice_record import ChoiceRecord
from moo_inference.studies.route import route
from moo_inference.views.changes import change_text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 choices"), (1, "1 choice"), (2, "2 choices"), (1_234, "1,234 choices")]
)
def test_one_thing_is_no_several(number, text):
    assert counted(number, "choice") == text


def test_plurals_that_add_no_s():
    assert [counted(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


@pytest.mark.parametrize(
    ("article", "name"),
    [
        *(("an", name) for name in ("Azure trace", "OpenRouter list", "AIPerf export", "EvalPlus file", "SLO")),
        *(("a", name) for name in ("catalog", "BurstGPT trace", "genai-perf CSV", "user", "CSV of outcomes", "route")),
        ("a", "LiteLLM map"),
        ("a", "HumanEval file"),
    ],
)
def test_an_article_goes_by_the_sound(article, name):
    assert with_article(name) == f"{article} {name}"


def test_numbers_are_told_apart_with_as_few_digits_as_do():
    assert apart(0.0051199999999999996, 0.25) == ("0.00512", "0.25")
    assert apart(1.00000000123, 1.0) == ("1.000000001", "1")
    assert apart(3, None) == ("3", "none")


def test_what_changed_is_said_without_tails_of_digits():
    row = {"scenario": "s", "model": "m", "decision": "d", "status": "ok", "k": 3, "cost": 0.0051199999999999996}
    then, now = ChoiceRecord.from_dict(row), ChoiceRecord.from_dict({**row, "k": None, "cost": 0.25})
    [change], _ = compare_choices([then], [now])
    assert change_text(change) == "s, m, d: k was 3, is none; cost was 0.00512, is 0.25"
    assert change_text(change, 1) == "s, m, d: k was 3, is none; and 1 more numbers"


def test_no_list_of_names_is_empty(paper):
    assert str(unknown_name("scenario", "x", [])) == "unknown scenario 'x'; there is none to choose from"
    with pytest.raises(UnknownNameError, match="there is none to choose from"):
        route(mi.Catalog(models=dict(paper.models), scenarios={}), "x")
