"""What a report and its neighbours say of prices: their days, and that times are not those of a batch."""

import moo_inference as mi
from moo_inference.studies.price_modes import mode_notes
from moo_inference.views.prices import dated_caption, dates_note, sources_note
from moo_inference.views.report.basis import basis

DATED = {"usd_per_million_input_tokens": "list.json:3, gpt-5, 2026-05-01"}


def test_a_report_says_of_which_day_prices_are_and_in_which_mode(paper):
    models = {
        "a": paper.models["gpt-5"].replace(price_mode="batch", sources=DATED),
        "b": paper.models["qwen3-max"],
    }
    budgets = {"s": paper.scenarios["essay-feedback"]}
    study = mi.run_study(mi.Catalog(models=models, scenarios=budgets), decisions=["cheapest"])
    prices = dict(basis(study))["Prices"]
    assert prices == (
        "of 2026-05-01, for 1 of 2 models; of the others no date is recorded. Prices are those of batch (a), and times "
        "those of interactive requests, so that within a budget of time is said of those alone: a batch may take "
        "hours, up to a day."
    )
    untimed = {"s": budgets["s"].replace(t_max=None)}
    assert "budget" not in mode_notes(models, untimed)[0]
    assert mode_notes({"b": models["b"]}, budgets) == ()
    modes = {key: models["b"].replace(price_mode=key) for key in ("batch", "flex", "priority")}
    assert [note.rpartition(": ")[2] for note in mode_notes(modes, untimed)] == [
        "a batch may take hours, up to a day",
        "flex requests are slower, and refused at times",
        "priority requests may be faster",
    ]


def test_what_is_not_recorded_of_prices_is_said(paper):
    none = paper.models["gpt-5"]
    dated, undated = none.replace(sources=DATED), none.replace(sources={"usd_per_million_input_tokens": "a wiki"})
    assert dates_note({"a": none}) == "as given; of which date is not recorded."
    assert dated_caption({"a": none}) == []
    assert dated_caption({"a": dated, "b": none}) == [
        "Prices of 2026-05-01, for 1 of 2 models; of the others no date is recorded."
    ]
    assert sources_note({"a": dated, "b": undated, "c": none, "d": none}) == (
        "Prices: a: list.json:3, gpt-5, 2026-05-01; b: a wiki (date not recorded); c, d: source and date not recorded."
    )
