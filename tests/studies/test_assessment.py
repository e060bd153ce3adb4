import json

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.decision import KneePoint
from moo_inference.errors import SettingError
from moo_inference.studies.assessment import assess_many
from moo_inference.studies.frames import assessments_to_frame
from moo_inference.views import assessment_tables, to_markdown

FEW = {"replications": 20, "k_step": 4, "k_max": 64}


@pytest.fixture(scope="module")
def noisy():
    return mi.MonteCarlo(trials=60, seed=3, draws="independent")


def test_equals_the_plain_loop(paper, noisy):
    """Seeds, frequencies, PCS, PGS and EOC written out, one replication at a time."""
    model, scenario = paper.models["gpt-5-nano"], paper.scenarios["essay-feedback"]
    found = mi.assess(model, scenario, "knee-chord", noisy, **FEW, queries_per_month=1000)
    grid = range(4, 65, 4)
    exact = mi.ClosedForm().estimate(model, grid)
    truth = mi.Front.from_curve(exact, scenario)
    best = grid.index(int(truth.k[KneePoint("chord").do(truth.F)]))
    chosen = []
    for r in range(20):
        curve = mi.MonteCarlo(60, 3 + r * 65, "independent").estimate(model, grid)
        front = mi.Front.from_curve(curve, scenario)
        chosen.append(grid.index(int(front.k[KneePoint("chord").do(front.F)])))
    loss = exact.F[chosen] - exact.F[best]
    assert found.exact_k == grid[best]
    assert found.pcs == np.mean(np.array(chosen) == best)
    assert dict(found.selection_frequency) == {grid[row]: chosen.count(row) / 20 for row in set(chosen)}
    assert list(found.selection_frequency.values()) == sorted(found.selection_frequency.values(), reverse=True)
    usd, seconds, accuracy = np.maximum(loss, 0).mean(axis=0)
    assert (found.eoc_usd, found.eoc_seconds, found.eoc_accuracy) == pytest.approx((usd, seconds, accuracy))
    assert found.eoc_usd_per_month == pytest.approx(1000 * usd)
    good = (np.abs(loss) <= [0.05 * 0.5, 0.05 * 60, 0.005]).all(axis=1).mean()
    assert found.pgs == good
    assert found.delta == pytest.approx((0.005, 0.025, 3.0))
    assert found.p_feasible == 1


def test_wider_margins_never_lower_pgs_and_none_is_pcs(paper, noisy):
    model, scenario = paper.models["gpt-5-nano"], paper.scenarios["essay-feedback"]
    pgs = [
        mi.assess(model, scenario, "knee-chord", noisy, **FEW, delta=delta)
        for delta in ((0, 0, 0), (0.002, 0.01, 2), (1, 1e6, 1e6))
    ]
    assert pgs[0].pgs == pgs[0].pcs
    assert pgs[0].pgs <= pgs[1].pgs <= pgs[2].pgs == 1


def test_more_trials_make_a_choice_surer(paper):
    model, scenario = paper.models["gpt-5-nano"], paper.scenarios["essay-feedback"]
    few, many = (
        mi.assess(model, scenario, "max-cube", mi.MonteCarlo(trials=trials, seed=1), replications=40, k_max=30)
        for trials in (5, 2000)
    )
    assert few.pcs < many.pcs
    assert few.eoc_usd >= many.eoc_usd


def test_many_are_assessed_on_the_same_draws_as_one(paper, noisy):
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano")}
    scenarios = {key: paper.scenarios[key] for key in ("essay-feedback", "medical-ai")}
    many = assess_many(models, scenarios, ["max-cube", "knee-chord"], noisy, **FEW)
    assert len(many) == 8
    alone = mi.assess(models["gpt-5"], scenarios["medical-ai"], "knee-chord", noisy, **FEW)
    assert many["medical-ai", "gpt-5", "knee-chord"] == alone


def test_no_choice_is_a_choice_too(paper, noisy):
    """The published knee has no exact choice; a replication that finds one is not correct."""
    model, scenario = paper.models["gpt-5-nano"], paper.scenarios["essay-feedback"]
    published = mi.assess(model, scenario, "knee-published", noisy, **FEW)
    assert published.exact_k is None
    assert published.pcs == 0
    assert np.isnan(published.eoc_usd)
    assert "no exact choice" in to_markdown(assessment_tables({("s", "m", "r"): published}))
    never = mi.assess(model, scenario.replace(c_max=1e-5), "max-cube", noisy, **FEW)
    assert never.selection_frequency == {None: 1.0}
    # Where there is nothing to select, nothing was selected correctly.
    assert np.isnan([never.pcs, never.pgs, never.eoc_usd, never.p_feasible]).all()
    assert {never.to_dict()[name] for name in ("pcs", "pgs", "eoc_usd", "p_feasible")} == {None}
    key = ("s", "m", "r")
    assert "100%" not in to_markdown(assessment_tables({key: never})).partition("none 100%")[2]
    assert assessments_to_frame({key: never})[["pcs", "pgs", "eoc_usd"]].isna().all(axis=None)


def test_a_choice_that_only_luck_makes_feasible_is_told(paper):
    """At the edge of a budget, noise lets a k in that does not really meet it."""
    model = paper.models["gpt-5"]
    edge = paper.scenarios["medical-ai"].replace(a_min=0.9801)
    found = mi.assess(model, edge, "max-cube", mi.MonteCarlo(trials=50, seed=2), replications=40, k_max=60)
    assert 0 < found.p_feasible < 1


def test_tables_and_records(paper, noisy):
    found = assess_many({"gpt-5": paper.models["gpt-5"]}, dict(paper.scenarios), ["max-cube"], noisy, **FEW)
    text = to_markdown(assessment_tables(found))
    assert "PCS" in text
    assert "over 20 replications" in text
    frame = assessments_to_frame(found)
    assert len(frame) == 3
    assert {"pcs", "pgs", "eoc_usd", "p_feasible", "selection_frequency"} <= set(frame)
    assert json.loads(frame["selection_frequency"][0])[0]["frequency"] > 0


def test_a_study_carries_it_and_warns_of_the_unsure(paper):
    options = {"models": ["gpt-5-nano"], "scenarios": ["medical-ai"], "k_step": 4, "k_max": 64}
    noisy = mi.run_study(paper, **options, estimator=mi.MonteCarlo(trials=30, seed=1), assess=20).choices
    assert {"pgs", "eoc_accuracy", "eoc_usd", "eoc_seconds"} <= set(noisy)
    unsure = noisy["pgs"] < 0.9
    assert unsure.any()
    assert noisy.loc[unsure, "warning"].str.contains("unsure: with other seeds only").all()
    several = mi.run_study(
        paper, models=["gpt-5"], k_step=4, k_max=64, estimator=mi.MonteCarlo(trials=30, seed=1), assess=5
    )
    for (scenario, _, rule), found in several.assessments.items():
        alone = mi.assess(
            paper.models["gpt-5"],
            paper.scenarios[scenario],
            rule,
            mi.MonteCarlo(trials=30, seed=1),
            replications=5,
            k_step=4,
            k_max=64,
        )
        assert found == alone or np.isnan(found.p_feasible)  # each rule is scaled by its own scenario
    exact = mi.run_study(paper, **options, assess=20)
    assert exact.choices[["pgs", "eoc_accuracy", "eoc_usd", "eoc_seconds"]].isna().all(axis=None)
    assert {record["pgs"] for record in json.loads(exact.to_json())} == {None}
    assert "unsure" not in exact.to_csv()


def test_a_model_with_measured_passes_is_resampled_and_not_assessed_as_another(paper):
    """Resampling answers it, whose mean time is twice what the normal lengths of the same model give."""
    model = paper.models["gpt-5"].replace(
        passes={"input_tokens": [1000] * 5, "output_tokens": [2000] * 5, "seconds": [90.0, 91.0, 92.0, 93.0, 94.0]}
    )
    scenario = paper.scenarios["essay-feedback"].replace(t_max=600.0)
    for estimator in (None, mi.Empirical(trials=20)):
        found = mi.assess(model, scenario, "max-cube", estimator, **FEW)
        assert (found.passes, found.seeds) == (5, 0)
        whole = mi.run_study(
            mi.Catalog(models={"a": model}, scenarios={"s": scenario}), decisions=["max-cube"], k_step=4, k_max=64
        )
        assert found.k == whole.choices["k"][0]
    both = assess_many({"a": paper.models["gpt-5"], "mine": model}, {"s": scenario}, ["max-cube"], **FEW)
    assert [(found.passes, found.of_seeds_alone) for found in both.values()] == [(0, True), (5, False)]


def test_formulas_on_given_means_have_nothing_to_resample(paper):
    found = mi.assess(paper.models["gpt-5"], paper.scenarios["essay-feedback"], "max-cube", mi.ClosedForm(), **FEW)
    assert (found.resamples, found.basis) == (0, "numbers that are taken as certain")
    assert np.isnan([found.pcs, found.pgs, found.feasible, found.accuracy_corrected]).all()
    assert found.k is not None


def test_what_is_told_of_seeds_says_that_it_is_of_seeds_alone(paper, noisy):
    found = assess_many(
        {"m": paper.models["gpt-5-nano"]}, {"s": paper.scenarios["medical-ai"]}, ["max-cube"], noisy, **FEW
    )
    assert "of seeds alone: how few questions an evaluation has is not in it" in to_markdown(assessment_tables(found))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"replications": 0}, "replications must be"),
        ({"delta": (1, 2)}, "delta must be three numbers"),
        ({"delta": (-1, 2, 3)}, "delta must be three numbers"),
        ({"queries_per_month": -5}, "queries_per_month must be"),
        ({"k_step": 0}, "k_step must be"),
    ],
)
def test_bad_options_are_refused(paper, options, words):
    with pytest.raises(SettingError, match=words):
        mi.assess(paper.models["gpt-5"], paper.scenarios["medical-ai"], "max-cube", **options)
