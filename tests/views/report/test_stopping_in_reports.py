"""Policies of stopping in the report: what they save, and that one without a gain on other questions is not advised."""

import re
from html import unescape

import pytest

import moo_inference as mi
from moo_inference.catalog.limits import with_limits
from moo_inference.studies.held_out import HeldOut
from moo_inference.views.families import short_name
from moo_inference.views.report.report import report_html


@pytest.fixture(scope="module")
def study():
    catalog = mi.load_catalog("otis-mock-aime").select(["gpt-5@high", "gemini-3-flash"])
    asked = with_limits(catalog, {"cost": 0.5, "accuracy": 0.93}, None)
    return mi.run_study(asked, decisions=["cheapest"], k_max=8, stop=["fixed", "first-verified/1"])


def seen(study):
    """The text of the report of a study."""
    html = re.sub(r"<(script|style).*?</\1>", "", report_html(study), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_a_policy_that_gains_is_advised_with_what_it_saves(study):
    text = seen(study)
    assert "Take gemini-3-flash with at most 2 passes, one by one until one is verified" in text
    assert "passes run on average, at most 2 for 95 of 100 queries; without stopping all 2" in text
    assert "on questions that the choice has not seen, stopping gains: cost -" in text


def test_a_policy_that_gains_nothing_is_not_advised(study, monkeypatch):
    monkeypatch.setattr(HeldOut, "gained", property(lambda _: False))
    text = seen(study)
    assert "Take gemini-3-flash with 2 passes, all at once" in text
    assert "All passes run therefore, in place of gemini-3-flash with at most 2 passes (first-verified/1" in text


def test_names_keep_the_policy_behind_them_where_there_is_room():
    kin = ("claude-opus-4-5", "think32000")
    name = "Claude Opus 4.5 (think32000), first-verified/1"
    assert short_name(name, kin, 60) == name
    assert short_name(name, kin, 40).endswith(", first-verified/1")
    assert len(short_name(name, kin, 40)) == 40
    assert short_name("lab/model+first-verified/1", ("model", None), 12).startswith("model")
