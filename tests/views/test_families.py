"""Families and efforts: their order, their names in short, and colours that stay distinct, also to the colour-blind."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.views.families import effort_rank, grouped, in_families, short_name
from moo_inference.views.figures.families import line_styles
from moo_inference.views.figures.style import LINES

EFFORTS = [None, "none", "minimal", "low", "medium", "high", "xhigh", "max", "think1024", "16k", "think32000", "0.1m"]

SEEN_BY = {
    "all": np.eye(3),
    "protanope": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranope": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanope": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Matrices on linear RGB: Machado, Oliveira, Fernandes, IEEE TVCG 15 (2009), severity 1."""


def seen(colour, by):
    """CIELAB (D65) of a colour of sRGB as somebody sees it; a distance of 2.3 is just noticeable."""
    rgb = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(SEEN_BY[by]) @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    ratio = to_xyz @ linear / [0.95047, 1, 1.08883]
    x, y, z = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio * 841 / 108 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@given(st.permutations(EFFORTS))
def test_efforts_go_from_little_to_much_whatever_their_order(efforts):
    assert sorted(efforts, key=effort_rank) == EFFORTS


def test_spellings_of_an_effort_are_one():
    assert effort_rank("X-High")[:2] == effort_rank("xhigh")[:2]
    assert effort_rank("16,000 tokens")[:2] == effort_rank("16k")[:2]


def test_families_stand_where_their_first_model_stood(paper):
    model = paper.models["gpt-5"]
    kin = {"b": ("two", "high"), "x": (None, None), "a": ("one", None), "c": ("two", "low"), "y": (None, None)}
    models = {key: model.replace(family=family, effort=effort) for key, (family, effort) in kin.items()}
    assert in_families(models) == ["c", "b", "x", "a", "y"]
    assert in_families(paper.models) == list(paper.models)


def test_a_family_may_be_called_as_a_number_is():
    assert grouped([(None, None), ("0", None)]) == [[0], [1]]


def test_short_names_keep_the_effort_and_drop_the_publisher():
    kin = ("openai/gpt-5-mini-2025-08-07", "high")
    assert short_name("openai/gpt-5-mini-2025-08-07@high", kin) == "gpt-5-mini-2025-08-07@high"
    assert short_name("openai/gpt-5-mini-2025-08-07@high", kin, 16) == "gpt-5-mini…@high"
    assert short_name("a/b", ("a/b", None)) == "a/b"
    assert short_name("Claude Sonnet 4.6 (low)", ("sonnet", "low"), 18) == "Claude Sonn… (low)"
    assert short_name("x" * 40) == "x" * 27 + "…"


@given(st.text(min_size=1, max_size=80), st.sampled_from([None, "high", "x" * 30]), st.integers(12, 40))
def test_short_names_are_short(name, effort, most):
    assert len(short_name(name + (effort or ""), ("family", effort), most)) <= most


def test_lines_without_families_are_as_they_were():
    assert line_styles([(None, "high")] * 23) == [LINES[place % len(LINES)] for place in range(23)]


def test_twenty_families_differ_in_colour_or_dash():
    styles = line_styles([(str(place), None) for place in range(20)])
    assert len({str(style) for style in styles}) == 20


@pytest.mark.parametrize("by", SEEN_BY)
def test_families_of_one_dash_differ_in_colour_at_every_effort(by):
    kin = [(str(family), effort) for family in range(20) for effort in ("low", "medium", "high")]
    styles = line_styles(kin)
    for (one, first), (other, second) in combinations(zip(kin, styles, strict=True), 2):
        if one[0] != other[0] and first[1] == second[1]:
            assert np.linalg.norm(seen(first[0], by) - seen(second[0], by)) > 5, (one, other)


@pytest.mark.parametrize("by", SEEN_BY)
def test_more_effort_is_darker(by):
    for family in range(5):
        kin = [(str(each), effort) for each in range(family + 1) for effort in ("high", "low", "medium")]
        high, low, medium = (seen(colour, by)[0] for colour, _ in line_styles(kin)[-3:])
        assert high + 2.3 < medium
        assert medium + 2.3 < low
