"""How sure a choice is, beside it and below the table: in words that hold, and only where something was measured."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.formatting.amounts import interval_text
from moo_inference.solvers import nsga2
from moo_inference.studies.confidence import Assessment, Candidate, basis_of
from moo_inference.views.confidence import corrected, doubts, how_sure, least_sure, meaning, probability, sure
from moo_inference.views.route import assessment_notes, route_tables
from moo_inference.views.study_tables import study_tables


def assessment(**changes):
    """The choice of k = 2 of model a, from 1,000 resamples of 50 questions; half of them choose otherwise."""
    values = {
        "rule": "cheapest",
        "model": "a",
        "k": 2,
        "resamples": 1000,
        "selection": (Candidate("a", 2, 0.5), Candidate("a", 3, 0.4)),
        "nothing": 0.1,
        "pcs": 0.5,
        "pgs": 0.624,
        "feasible": 0.9,
        "accuracy": 0.81,
        "accuracy_corrected": 0.80468,
        "delta": (0.005, 0.01, 1.0),
        "eoc_accuracy": 0.0,
        "eoc_usd": 0.0,
        "eoc_seconds": 0.0,
        "questions": 50,
    }
    return Assessment(**{**values, **changes})


@pytest.fixture(scope="module")
def catalog():
    return mi.load_catalog("gpqa-diamond").select(["gpt-5.2@low", "gpt-5-mini@medium", "gpt-4"], ["standard"])


@pytest.fixture(scope="module")
def study(catalog):
    return mi.run_study(catalog, k_max=8)


@pytest.mark.parametrize("resamples", [1, 9, 200, 1000])
def test_no_number_of_draws_is_shown_as_certain(resamples):
    for count in range(resamples + 1):
        text = probability(count / resamples, resamples)
        shown = int(re.sub(r"\D", "", text))
        assert 0 < shown < 100
        if text.startswith(">"):
            assert count / resamples >= shown / 100 - 0.005
        elif text.startswith("<"):
            assert count / resamples <= shown / 100 + 0.005
        else:
            assert abs(shown - 100 * count / resamples) <= 0.5
    assert probability(math.nan, resamples) == ""


def test_a_choice_in_words():
    found = assessment()
    assert sure(found) == "62% sure"
    assert corrected(found) == "0.805"
    assert doubts(found) == (
        "in 4 of 10 evaluations of this size another k would be chosen, in 1 of 10 none; 2 k cannot be told apart: "
        "2 (50%), 3 (40%)"
    )
    assert how_sure(found) == (
        f"62% sure (50 questions); within all budgets: 90%; corrected accuracy 0.805; {doubts(found)}"
    )


def test_settings_of_several_models_are_named_five_at_most():
    shares = [0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1]
    several = assessment(
        selection=tuple(Candidate("ab"[place % 2], place, share) for place, share in enumerate(shares)),
        nothing=0.0,
        pcs=0.3,
    )
    text = doubts(several)
    assert text.startswith("in 7 of 10 evaluations of this size another setting would be chosen; 7 settings cannot")
    assert text.count(" with k = ") == 5
    assert text.endswith("and 2 more")


def test_what_is_next_to_nothing_has_no_words_and_what_is_unknown_neither():
    only = assessment(selection=(Candidate("a", 2, 0.999),), nothing=0.001, pcs=0.999, pgs=0.999)
    assert doubts(only) == ""
    assert sure(only) == ">99% sure"
    never = assessment(k=None, model=None, pcs=math.nan, pgs=math.nan, feasible=math.nan, accuracy_corrected=math.nan)
    assert (sure(never), corrected(never), doubts(never), how_sure(never)) == ("", "", "", "")
    assert (sure(None), corrected(None)) == ("", "")
    assert meaning([never]) == []


def test_what_was_repeated_is_named_for_what_it_is():
    seeds = assessment(questions=0, seeds=200, resamples=200)
    passes = assessment(questions=0, passes=30)
    assert "simulations with other seeds another k" in doubts(seeds)
    assert "measurements of this size another k" in doubts(passes)
    assert corrected(seeds) == ""
    assert "of seeds alone" in meaning([seeds])[0]
    assert "of seeds alone" not in meaning([seeds, passes])[0]
    assert basis_of([seeds, passes, assessment(), assessment(questions=80)]) == (
        "50 to 80 questions and 30 measured passes and 200 seeds"
    )
    assert basis_of([assessment(resamples=0, questions=0)]) == "numbers that are taken as certain"


def test_the_least_sure_choice_has_words():
    found = {
        ("s", name, rule): assessment(pgs=pgs, rule=rule)
        for name, pgs in zip("abcde", (0.5, 0.1, 0.95, 0.2, 0.3), strict=True)
        for rule in ("x", "y")
    }
    found["other", "a", "x"] = assessment(pgs=0.01)
    [note] = least_sure(found, [("s", name) for name in "abcde"])
    assert note.startswith("8 of 10 choices are less than 90% sure. Least sure: b, x: ")
    assert not any(f"{name}, x: " in note for name in "acde")
    assert least_sure(found, [("s", "c")]) == []
    assert least_sure(found, [("other", "a")])[0].startswith("1 of 1 choice is less than 90% sure: a, x: ")


def test_tables_show_it_beside_each_choice_that_rests_on_measurements(study):
    [table] = study_tables(study)
    cells = {
        (row[0], rule): text for row in table.rows for rule, text in zip(study.options.decisions, row[1:], strict=True)
    }
    assert study.confidence
    for (_, model, rule), found in study.confidence.items():
        lines = cells[model, rule].split("\n")
        row = study.choices.set_index(["model", "decision"]).loc[(model, rule)]
        assert lines[1] == interval_text(row["accuracy_ci_low"], row["accuracy_ci_high"])
        assert lines[2] == f"{sure(found)}  {found.accuracy_corrected:.3f}"
        assert lines[3].startswith("$")
    for key, text in cells.items():
        assert ("sure" in text) == ((("standard", *key)) in study.confidence)
    assert len([note for note in table.notes if "less than 90% sure" in note]) == 1
    assert len([note for note in table.notes if note.startswith("Sure (PGS)") and "198 questions" in note]) == 1


def test_files_of_a_study_have_it_only_where_it_was_asked_for(study, catalog):
    study_tables(study)
    assert "pgs" not in study.choices
    assert not any("unsure" in str(text) for text in study.choices["warning"])
    asked = mi.run_study(catalog, k_max=8, assess=1000)
    known = asked.choices.dropna(subset="pgs").set_index(["scenario", "model", "decision"])["pgs"]
    assert dict(known) == {key: found.pgs for key, found in study.confidence.items()}


def test_an_assessed_table_says_once_what_is_unsure(catalog, paper):
    """In its cell and below the table, not in a footnote a choice, of which there would be too many to tell apart."""
    asked = mi.run_study(catalog, k_max=8, assess=1000)
    [table] = study_tables(asked)
    assert table == study_tables(mi.run_study(catalog, k_max=8))[0]
    noisy = mi.MonteCarlo(trials=20, draws="independent")
    simulated = mi.run_study(
        paper,
        models=["gpt-5-nano"],
        scenarios=["essay-feedback"],
        decisions=["knee-published"],
        estimator=noisy,
        assess=9,
    )
    [found] = simulated.assessments.values()
    [table] = study_tables(simulated)
    assert found.pgs < 0.9
    assert f"\n{sure(found)}" in table.rows[0][1]
    assert any("simulations with other seeds another k would be chosen" in note for note in table.notes)
    assert any("of seeds alone" in note for note in table.notes)
    assert not any("unsure" in note for note in table.notes)


def test_numbers_alone_get_no_line(paper):
    study = mi.run_study(paper, models=["gpt-5"], k_max=8)
    assert study.confidence == {}
    for table in study_tables(study):
        assert not [text for row in table.rows for text in row if "sure" in text]
        assert not [note for note in table.notes if "sure" in note.lower()]


def test_what_another_solver_took_is_not_called_sure_for_another_k(catalog):
    found = mi.run_study(catalog, k_max=8, solver=lambda problem: nsga2(problem, pop_size=2, seed=1))
    chosen = {(cell.scenario, cell.model, own.rule): own.k for cell in found.model_cells for own in cell.choices}
    assert all(own.k == chosen[key] for key, own in found.confidence.items())


def test_measured_passes_are_named(paper):
    rng = np.random.default_rng(4)
    own = paper.models["gpt-5"]
    passes = {
        "input_tokens": [200] * 40,
        "output_tokens": rng.integers(500, 2000, 40).tolist(),
        "seconds": rng.uniform(4, 9, 40).tolist(),
    }
    measured = own.replace(passes=passes)
    catalog = mi.Catalog(models={"m": measured}, scenarios={"s": paper.scenarios["essay-feedback"]})
    study = mi.run_study(catalog, decisions=["accuracy-max"], estimator=mi.Empirical(trials=200), k_max=8)
    [table] = study_tables(study)
    assert " sure" in table.rows[0][1]
    assert any("resamples of 40 measured passes" in note for note in table.notes)


def test_a_route_says_it_without_being_asked(catalog, paper):
    route = mi.route(catalog, "standard", "accuracy-max", k_max=8)
    found = route.assessment
    notes = assessment_notes(found)
    assert notes[0].startswith(sure(found))
    assert f"resamples of {found.basis}" in notes[0]
    assert notes[1].endswith(corrected(found))
    assert notes[2] == doubts(found)
    assert {f"{note}." for note in notes} <= set(route_tables(route)[0].notes)
    alone = mi.route(paper, "essay-feedback", "accuracy-max", k_max=8)
    assert not any("sure" in note for note in route_tables(alone)[0].notes)
    asked = mi.route(paper, "essay-feedback", "accuracy-max", k_max=8, assess=10)
    assert any("cannot be said" in note for note in route_tables(asked)[0].notes)
    assert len(assessment_notes(replace(found, questions=0, seeds=9, selection=found.selection[:1], pcs=1.0))) == 1
    nothing = replace(found, pcs=math.nan, pgs=math.nan)
    assert assessment_notes(nothing) == []
