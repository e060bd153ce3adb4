"""A front of candidates that others measured, against what was published of it."""

import csv

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.errors import SettingError
from moo_inference.readers.evaluations.candidates import Candidates, read_candidates
from moo_inference.studies.candidates import candidate_front

PATH = ROOT / "tests" / "data" / "frugalgpt_summary_HEADLINES.csv"


@pytest.fixture(scope="module")
def everything():
    return read_candidates(PATH)


@pytest.fixture(scope="module")
def singles(everything):
    """The ten models without the cascades, which the file calls FrugalGPT."""
    rows = [row for row, name in enumerate(everything.names) if name != "FrugalGPT"]
    return part(everything, rows)


def part(candidates, rows):
    return Candidates(
        tuple(candidates.names[row] for row in rows),
        candidates.accuracy[rows],
        candidates.usd_per_query[rows],
        candidates.where,
    )


def needs(a_min, c_max=None):
    return mi.Scenario(name="HEADLINES", c_max=c_max, t_max=None, a_min=a_min)


def test_the_front_of_the_ten_single_models_is_the_published_one(singles):
    assert len(singles) == 10
    front = candidate_front(singles, needs(0))
    assert front.models == ("gemini-1.5-flash-8b", "gemini-1.5-flash", "gpt-4-turbo")
    assert front.F[:, 0].tolist() == pytest.approx([8.680e-06, 1.729e-05, 0.003331], rel=1e-3)
    np.testing.assert_allclose(1 - front.F[:, 2], [0.8422, 0.848, 0.8558], atol=1e-12)
    assert front.infeasibility is None


def test_the_cheapest_that_is_accurate_enough(singles):
    front = candidate_front(singles, needs(0.845))
    assert front.models[0] == "gemini-1.5-flash"
    assert decide(candidate_front(singles, needs(0.845)), lambda F: F[:, 0].argmin()).model == "gemini-1.5-flash"
    # At its own accuracy a candidate still meets the budget, and just above it no more.
    assert candidate_front(singles, needs(0.848)).models[0] == "gemini-1.5-flash"
    assert candidate_front(singles, needs(0.8481)).models == ("gpt-4-turbo",)


def test_nothing_accurate_enough_has_its_gap_named(singles):
    front = candidate_front(singles, needs(0.86))
    assert len(front) == 0
    (shortfall,) = front.infeasibility.shortfalls
    assert (shortfall.budget, shortfall.limit) == ("a_min", 0.86)
    assert shortfall.needs == pytest.approx(0.8558)
    assert front.infeasibility.model == "gpt-4-turbo"
    text = str(front.infeasibility)
    assert "accuracy 0.8558, must be at least 0.86" in text
    assert "gpt-4-turbo" in text


def test_a_budget_for_cost_cuts_the_front(singles):
    assert candidate_front(singles, needs(0, c_max=1e-4)).models == ("gemini-1.5-flash-8b", "gemini-1.5-flash")
    front = candidate_front(singles, needs(0.85, c_max=1e-4))
    assert {shortfall.budget for shortfall in front.infeasibility.shortfalls} == {"c_max", "a_min"}


def test_cascades_join_and_are_not_dominated(everything, singles):
    """A naive twin over all thirty rows."""
    with PATH.open() as stream:
        rows = [(row["Method"], float(row["Test_cost"]), float(row["Test_acc"])) for row in csv.DictReader(stream)]
    kept = {
        (name, cost, accuracy)
        for name, cost, accuracy in rows
        if not any(
            other_cost <= cost and better >= accuracy and (other_cost, better) != (cost, accuracy)
            for _, other_cost, better in rows
        )
    }
    front = candidate_front(everything, needs(0))
    found = set(zip(front.models, front.F[:, 0].tolist(), (1 - front.F[:, 2]).round(12).tolist(), strict=True))
    assert found == {(name, cost, round(accuracy, 12)) for name, cost, accuracy in kept}
    assert {"FrugalGPT", "gemini-1.5-flash-8b"} <= set(front.models)
    assert "gpt-4-turbo" not in front.models


def test_the_order_of_the_file_does_not_matter(singles):
    front = candidate_front(singles, needs(0))
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(10).tolist()
        other = candidate_front(part(singles, rows), needs(0))
        assert other.models == front.models
        assert (other.F == front.F).all()


def test_one_candidate_is_a_front(singles):
    assert candidate_front(part(singles, [0]), needs(0)).models == singles.names[:1]


def test_a_budget_of_which_nothing_is_known_is_refused(singles):
    late = needs(0.5).replace(t_max=5)
    with pytest.raises(SettingError, match="t_max of scenario 'HEADLINES' must be none"):
        candidate_front(singles, late)
    with pytest.raises(SettingError) as caught:
        candidate_front(singles, late.replace(a_quantile=0.1))
    assert len(caught.value.errors) == 2
