import json

import pytest

import moo_inference as mi
from moo_inference.decision import KneePoint
from moo_inference.errors import SettingError
from moo_inference.records.replay import FieldChange, replay
from moo_inference.solvers import ExhaustiveSearch
from moo_inference.studies.choice_record import ChoiceRecord
from moo_inference.views.changes import replay_lines

CELL = {"models": ["gpt-5-nano", "qwen3-max"], "scenarios": ["essay-feedback"]}


def recorded(study):
    """As it comes back from a file."""
    return json.loads(json.dumps(study.settings)), json.loads(study.to_json())


def replayed(settings, choices):
    return replay(settings, [ChoiceRecord.from_dict(choice) for choice in choices])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"estimator": mi.MonteCarlo(trials=40, seed=7, draws="independent"), "k_step": 4, "assess": 5},
        {"k_min": 3, "k_max": 50, "k_step": 2, "parallel": 2, "latency": "waves", "baselines": ["fixed-9"]},
        {"decisions": ["knee-published", KneePoint("chord"), "asf"]},
    ],
)
def test_a_study_comes_out_as_before(paper, options):
    settings, choices = recorded(mi.run_study(paper, **CELL, **options))
    found = replayed(settings, choices)
    assert found.changes == ()
    assert found.largest_difference == 0
    assert found.other_versions == ()
    assert replay_lines(found)[0].startswith(f"nothing changed: {len(choices)} choices")


def test_budgets_on_tails_and_missing_budgets_come_back(paper):
    essay = paper.scenarios["essay-feedback"].replace(t_quantile=0.95, c_max=None)
    study = mi.run_study(paper.replace(scenarios={"s": essay}), models=["gpt-5"], decisions=["accuracy-max"])
    found = replayed(*recorded(study))
    assert found.changes == ()
    assert found.study.choices["k"].item() == 21


def test_what_changed_is_named(paper):
    settings, choices = recorded(mi.run_study(paper, **CELL))
    choices[0]["k"] += 1
    choices[1]["cost"] *= 1 + 1e-6
    choices[2]["time"] *= 1 + 1e-12
    choices[3]["status"], choices[3]["k"] = "no-knee", None
    gone, new = dict(choices[4], decision="my-rule"), choices.pop(4)
    choices.append(gone)
    found = replayed(settings, choices)
    assert [change.key for change in found.changes] == [
        ("essay-feedback", "gpt-5-nano", decision)
        for decision in ("my-rule", "accuracy-max", "max-cube", "knee-point", new["decision"])
    ]
    assert [change.moves for change in found.changes] == [True, True, False, True, True]
    assert found.changes[0].after is None
    assert found.changes[1].fields == (FieldChange("k", 112, 111),)
    assert [one.field for one in found.changes[2].fields] == ["cost"]
    assert found.changes[3].fields[:2] == (FieldChange("status", "no-knee", "ok"), FieldChange("k", None, 3))
    assert found.changes[4].before is None
    assert replay_lines(found)[1] == "essay-feedback, gpt-5-nano, my-rule: is gone"
    assert replay_lines(found)[2] == "essay-feedback, gpt-5-nano, accuracy-max: k was 112, is 111"
    assert "status was no-knee, is ok; k was none, is 3" in replay_lines(found)[4]
    assert replay_lines(found)[5].endswith("is new")
    assert found.largest_difference == pytest.approx(1e-6, rel=1e-3)
    assert replay_lines(found)[0] == "changed: 5 of 10 choices"


def test_another_price_changes_the_numbers(paper):
    settings, choices = recorded(mi.run_study(paper, **CELL))
    settings["catalog"]["models"]["qwen3-max"]["usd_per_million_output_tokens"] *= 2
    assert all(change.key.subject == "qwen3-max" for change in replayed(settings, choices).changes)
    assert len(replayed(settings, choices).changes) == 5


def test_other_versions_are_named(paper):
    settings, choices = recorded(mi.run_study(paper, **CELL))
    settings["versions"]["numpy"] = "1.0"
    del settings["versions"]["pymoo"]
    found = replayed(settings, choices)
    assert len(found.other_versions) == 2
    assert [(one.package, one.before) for one in found.other_versions] == [("numpy", "1.0"), ("pymoo", None)]
    assert replay_lines(found)[1].startswith("version of numpy 1.0 then, ")
    assert replay_lines(found)[2].startswith("version of pymoo unknown then, ")


def test_what_settings_cannot_hold_is_refused(paper):
    def first(F):
        return 0

    study = mi.run_study(
        paper, **CELL, decisions=[first, KneePoint("chord", nadir=[1, 1, 1]), "asf"], solver=ExhaustiveSearch()
    )
    assert study.settings["own_decisions"] == ["first", "knee-chord"]
    with pytest.raises(SettingError, match="the rule first and the rule knee-chord and the solver ExhaustiveSearch"):
        replayed(*recorded(study))


def test_settings_that_are_not_whole_are_refused(paper):
    settings, choices = recorded(mi.run_study(paper, **CELL))
    for change, words in (
        ({"estimator": {"estimator": "Magic"}}, "estimator must be one of"),
        ({"estimator": {"estimator": "MonteCarlo", "luck": 3}}, "does not take"),
        ({"catalog": {"models": {"x": {}}, "scenarios": {}}}, r"catalog\.models\.x\.name"),
        ({"k_max": 0}, "k_max"),
    ):
        with pytest.raises(SettingError, match=words):
            replayed({**settings, **change}, choices)
    del settings["k_step"]
    with pytest.raises(SettingError, match="must hold k_step"):
        replayed(settings, choices)
