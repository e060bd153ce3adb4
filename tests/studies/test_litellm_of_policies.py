"""What settings of LiteLLM can hold of passes that stop early: nothing, which the notes say."""

from types import SimpleNamespace

from moo_inference.evaluation.stop import Stop
from moo_inference.studies.litellm import Written, litellm_notes, litellm_settings

SOURCES = {"m": {"litellm_model": "openai/m"}}


def settings_and_notes(stop, k=4, parallel=2):
    written = [Written("s", "m", k, None, Stop.parse(stop), parallel)]
    [entry] = litellm_settings(written, SOURCES)["model_list"]
    return entry["litellm_params"], litellm_notes(written, SOURCES, {"m": SimpleNamespace(keep="majority")})


def test_passes_that_may_stop_have_no_n_and_a_note():
    params, [note] = settings_and_notes("vote-until-sure")
    assert params == {"model": "openai/m"}
    for word in (
        "vote-until-sure",
        "n would pay for all 4",
        "fallbacks look at errors alone",
        "route --policy",
        "Policy.choose(...).run(",
    ):
        assert word in note


def test_all_passes_have_n_and_no_such_note():
    params, [note] = settings_and_notes(None)
    assert params == {"model": "openai/m", "n": 4}
    assert "the plurality answer has to be counted out" in note
    assert "Policy" not in note


def test_a_single_pass_has_nothing_to_stop():
    assert settings_and_notes("vote-until-sure", k=1) == ({"model": "openai/m"}, ())


def test_passes_of_a_single_batch_all_run():
    assert settings_and_notes("vote-until-sure", parallel=4) == settings_and_notes(None)
    assert settings_and_notes("vote-until-sure", parallel=3) != settings_and_notes(None)


def test_the_model_is_named_without_its_policy():
    written = [Written("s", "m+first-verified", 4, None, Stop("first-verified"))]
    assert litellm_settings(written, {})["model_list"][0]["litellm_params"] == {"model": "m"}
    notes = litellm_notes(written, {}, {"m+first-verified": SimpleNamespace(keep="oracle")})
    assert [note.split(" ")[0] for note in notes] == ["m", "m:"]
