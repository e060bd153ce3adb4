from dataclasses import replace

import pytest
from conftest import exact_csv

import moo_inference as mi
from moo_inference.paper.reproduce import KNOWN_DIFFERENCES, Reproduction, printed_tables, reproduce_paper


@pytest.fixture(scope="module")
def reproduction():
    return reproduce_paper()


def test_the_printed_tables_are_whole():
    printed = printed_tables()
    assert len(printed) == 108
    assert printed["k"].isna().sum() == 1
    cell = printed.query("scenario == 'medical-ai' and model == 'qwen3-max' and decision == 'knee-point'").iloc[0]
    assert (cell["k"], cell["accuracy"], cell["cost"], cell["time"]) == (56, 0.99, 0.33, 240.8)


def test_105_cells_have_the_printed_k_and_102_all_printed_values(reproduction):
    assert len(reproduction.choices) == 108
    assert reproduction.k_as_printed == 105
    assert reproduction.all_as_printed == 102
    assert reproduction.holds


def test_the_cells_that_differ_are_named_with_the_reason(reproduction):
    differing = reproduction.choices[reproduction.choices["differs"] != ""]
    assert differing["differs"].value_counts().to_dict() == {"k": 3, "cost": 3}
    assert differing["reason"].str.match("no meaning|misprint").all()
    costs = differing[differing["differs"] == "cost"]
    assert ((costs["printed_cost"] - costs["cost"]).between(0.005, 0.01)).all()
    assert (reproduction.choices.loc[reproduction.choices["differs"] == "", "reason"] == "").all()


def test_the_rules_have_the_paper_s_names(reproduction):
    assert set(reproduction.choices["decision"]) == {"accuracy-max", "max-cube", "utopia-closest", "knee-point"}


def test_another_run_does_not_hold(reproduction, paper):
    """The verdict must be able to fail: another seed draws other knees."""
    other = mi.run_study(
        paper,
        decisions=["accuracy-max", "max-cube", "utopia-closest", "knee-published"],
        estimator=mi.MonteCarlo(trials=300, seed=43, draws="independent"),
        k_step=4,
    )
    assert not Reproduction(other, ()).holds
    fewer = replace(reproduction.study, cells=reproduction.study.cells[1:])
    assert not Reproduction(fewer, ()).holds


def test_what_the_claims_are_found_to_be(reproduction):
    held = {claim.where: claim.holds for claim in reproduction.claims}
    assert [claim.holds for claim in reproduction.claims if claim.where == "Aggregate Trends"] == [False] * 3
    assert held["Results, Scenarios 1 and 2"]
    assert held["Results, GPT-5 Family"]
    assert held["Results, NVIDIA Nemotron Family"]
    assert held["One Null Case for Knee Detection"]
    assert not held["note under Tables 4-6"]
    assert not held["Model Configuration"]


def test_the_savings_of_the_knee_from_the_printed_tables(reproduction):
    """Recomputed from print alone: 34 % less cost on average, 36 % less latency, up to 2 % of accuracy lost."""
    printed = printed_tables().astype({"k": float})
    wide = printed.pivot_table(index=["scenario", "model"], columns="decision", values=["cost", "time"]).dropna()
    cost = (1 - wide["cost"]["knee-point"] / wide["cost"]["accuracy-max"]).mean()
    time = (1 - wide["time"]["knee-point"] / wide["time"]["accuracy-max"]).mean()
    stated = {c.stated.split()[5]: c.computed for c in reproduction.claims if "less" in c.stated}
    assert (round(cost, 2), round(time, 2)) == (0.34, 0.36)
    assert all(text.startswith("35.7% less on average over the 26 cells") for text in stated.values())


def test_files(reproduction, tmp_path):
    reproduction.save(tmp_path)
    claims = exact_csv(tmp_path / "claims.csv")
    assert len(claims) == len(reproduction.claims)
    choices = exact_csv(tmp_path / "choices.csv")
    assert list(choices.columns[-6:]) == [
        "printed_k", "printed_accuracy", "printed_cost", "printed_time", "differs", "reason",
    ]  # fmt: skip
    assert len(KNOWN_DIFFERENCES) == choices["differs"].notna().sum()
