"""Prices on terms from the command line, their caveats, and which of them changed."""

import json
from xml.etree import ElementTree as ET

import pytest
from command_line import run
from conftest import ROOT

import moo_inference as mi
from moo_inference.catalog.loading import parse_catalog
from moo_inference.studies.litellm import litellm_name

DATA = ROOT / "tests" / "data"
MODES = DATA / "litellm_modes.json"
EXCERPT = DATA / "attempts" / "epoch_gpqa_excerpt.csv.gz"

FIT = (
    *("fit", "--name", "m", "--prices", str(MODES), "--input-tokens", "1000,100", "--output-tokens", "500,50"),
    *("--request-seconds", "4,1", "--accuracy", "0.8,0.05", "--c-max", "none", "--t-max", "none", "--a-min", "none"),
)


def fitted(capsys, *options):
    status, out, err = run(capsys, *FIT, *options)
    assert status == 0, err
    return parse_catalog(out.encode(), "c").models["m"], err


def test_a_batch_has_its_prices_and_says_that_times_are_not_its_own(capsys, tmp_path):
    model, err = fitted(capsys, "--model-key", "claude-sonnet-4-5", "--price-mode", "batch", "--cached-prompt")
    assert model.price_mode == "batch"
    assert (model.usd_per_million_input_tokens, model.usd_per_million_output_tokens) == (1.5, 7.5)
    assert model.usd_per_million_cached_input_tokens == 0.15
    assert model.usd_per_million_cache_write_input_tokens == 1.875
    assert model.sources["usd_per_million_input_tokens"].endswith(", claude-sonnet-4-5, batch")
    assert "with cached prompts the cost is the least possible" in err
    path = tmp_path / "catalog.yaml"
    mi.save_catalog(mi.Catalog(models={"m": model}, scenarios={}), path)
    assert mi.load_catalog(path).models["m"] == model
    words = "prices are those of batch (all models), and times those of interactive requests"
    for command in ("choose", "route", "solve"):
        budgets = ("--cost", "0.1", "--time", "60", "--accuracy", "0.8")
        status, out, _ = run(capsys, command, "--catalog", str(path), *budgets)
        assert status == 0
        text = " ".join(out.split())
        assert words in text.replace("Prices are", "prices are"), command
        assert "so that within a budget of time is said of those alone: a batch may take hours" in text
        assert "(date not recorded)" in text or "of which date is not recorded" in text
    untimed = run(capsys, "choose", "--catalog", str(path), "--cost", "0.1", "--format", "json")[1]
    (note,) = json.loads(untimed)["notes"]
    assert note.startswith(words)
    assert "budget" not in note
    # Of interactive requests nothing is said.
    plain, _ = fitted(capsys, "--model-key", "claude-sonnet-4-5")
    mi.save_catalog(mi.Catalog(models={"m": plain}, scenarios={}), path, overwrite=True)
    assert "nteractive" not in run(capsys, "choose", "--catalog", str(path), "--cost", "0.1")[1]


def test_what_the_list_does_not_have_is_refused_or_given_by_hand(capsys):
    status, _, err = run(capsys, *FIT, "--model-key", "claude-sonnet-4-5", "--price-mode", "flex")
    assert status == 2
    assert "claude-sonnet-4-5 has no price for flex; it has those of batch: give --price-factor" in err
    model, err = fitted(
        capsys, "--model-key", "claude-sonnet-4-5", "--price-mode", "flex", "--price-factor", "0.5", "--cached-prompt"
    )
    assert (model.price_mode, model.usd_per_million_input_tokens) == ("flex", 1.5)
    assert "is multiplied by 0.5, which is given by hand" in err
    status, _, err = run(capsys, *FIT, "--model-key", "gpt-4.1", "--price-mode", "bulk", "--off-peak-share", "2")
    assert status == 2
    assert "--price-mode must be one of" in err
    assert "--off-peak-share must be in [0, 1]" in err
    status, _, err = run(capsys, "choose", "--price-mode", "batch", "--cost", "1")
    assert (status, "--price-mode must come with --prices FILE" in err) == (2, True)
    no_list = [*FIT[:3], *FIT[5:], "--input-price", "1", "--output-price", "2", "--price-time", "02:30"]
    status, _, err = run(capsys, *no_list)
    assert (status, "--price-time must come with --prices FILE" in err) == (2, True)


def test_off_peak_by_time_and_by_share(capsys):
    file = DATA / "litellm_tier_reasoning.json"
    fit = ("--prices", str(file), "--model-key", "deepseek/deepseek-v4-pro")
    prices = {}
    for options in ((), ("--price-time", "sat 02:30"), ("--price-time", "mon 02:30"), ("--off-peak-share", "0.25")):
        model, err = fitted(capsys, *fit, *options)
        prices[options[1:]] = model.usd_per_million_output_tokens
        assert "mon-fri 00:00-01:00, 04:00-06:00, 10:00-24:00; sat-sun 00:00-24:00 UTC, 79% of the week" in err
    assert prices == {(): 3.96, ("sat 02:30",): 1.98, ("mon 02:30",): 3.96, ("0.25",): 0.75 * 3.96 + 0.25 * 1.98}
    status, _, err = run(capsys, *FIT, *fit, "--price-time", "02:30")
    assert (status, "--price-time must name the day" in err) == (2, True)


def test_attempts_take_the_prices_of_a_mode_and_leave_out_who_has_none(capsys, tmp_path):
    prices = {
        "gpt-5-2025-08-07": {"input_cost_per_token_batches": 6e-7, "output_cost_per_token_batches": 5e-6},
        "gpt-5-mini-2025-08-07": {},
    }
    usual = {"input_cost_per_token": 1.25e-6, "output_cost_per_token": 1e-5, "litellm_provider": "p", "mode": "chat"}
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({key: {**usual, **own} for key, own in prices.items()}))
    options = ("--attempts", str(EXCERPT), "--attempt-column", "answer=answer_group", "--prices", str(path))
    asked = ("choose", *options, "--cost", "1", "--price-mode", "batch", "--price-date", "2026-11-28")
    status, out, err = run(capsys, *asked, "--format", "json", "--out", str(tmp_path / "chosen"))
    assert status == 0, err
    assert json.loads(out)["model"].startswith("openai/gpt-5-2025-08-07")
    assert "gpt-5-mini-2025-08-07 has no price for batch" in err
    text = run(capsys, *asked)[1]
    assert "gpt-5-2025-08-07, batch, 2026-11-28" in " ".join(text.split())
    # The options hold again where the choice is checked, and a new list names what changed.
    status, out, err = run(capsys, "check", "--baseline", str(tmp_path / "chosen"))
    assert status == 0, err
    raised = path.read_text().replace("5e-06", "6e-06")
    path.write_text(raised)
    status, out, err = run(capsys, "check", "--baseline", str(tmp_path / "chosen"), "--price-date", "2026-12-01")
    assert "usd_per_million_output_tokens was 5, is 6 (" in out
    assert "batch, 2026-11-28 before, " in out
    assert "batch, 2026-12-01 now)" in out


def test_a_fit_file_takes_them_by_key(capsys, tmp_path):
    fit = tmp_path / "fit.yaml"
    by_hand = (
        "    input_tokens: {mean: 1000, std: 100}\n    output_tokens: {mean: 500, std: 50}\n"
        "    request_seconds: {mean: 4, std: 1}\n    accuracy: {mean: 0.8, std: 0.05}\n"
    )
    fit.write_text(
        f"defaults:\n  prices: {{file: {MODES}, mode: batch, date: '2026-11-28'}}\n"
        f"models:\n  a:\n    prices: {{key: gpt-4.1}}\n{by_hand}"
        f"  b:\n    prices: {{key: gpt-4.1, mode: priority}}\n{by_hand}"
    )
    status, _, err = run(capsys, "fit", str(fit), *FIT[-6:], "--out", str(tmp_path / "c.yaml"))
    assert status == 0, err
    models = mi.load_catalog(tmp_path / "c.yaml").models
    assert [(one.price_mode, one.usd_per_million_output_tokens) for one in models.values()] == [
        ("batch", 4.0),
        ("priority", 14.0),
    ]
    assert models["a"].sources["usd_per_million_output_tokens"].endswith("gpt-4.1, batch, 2026-11-28")
    fit.write_text(f"models:\n  a:\n    prices: {{file: {MODES}, key: gpt-4.1, mode: flex}}\n{by_hand}")
    status, _, err = run(capsys, "fit", str(fit), *FIT[-6:])
    assert status == 2
    assert "3: models.a.prices.key" in err
    assert "has no price for flex; it has those of batch, priority: give prices.factor" in err


@pytest.fixture
def catalogs(tmp_path, paper):
    """The same models at two prices of one of them, with sources and dates."""

    def written(name, price, day):
        sources = {"usd_per_million_output_tokens": f"list.json:3, gpt-5, {day}"}
        model = paper.models["gpt-5"].replace(usd_per_million_output_tokens=price, sources=sources)
        other = paper.models["qwen3-max"].replace(usd_per_million_input_tokens=price / 10)
        path = tmp_path / name
        mi.save_catalog(paper.replace(models={"gpt-5": model, "qwen3-max": other}), path)
        return str(path)

    return written("before.yaml", 10.0, "2026-05-01"), written("after.yaml", 12.0, "2026-11-01")


SENTENCE = (
    "price of gpt-5: usd_per_million_output_tokens was 10, is 12 (list.json:3, gpt-5, 2026-05-01 before, list.json:3, "
    "gpt-5, 2026-11-01 now)"
)


@pytest.mark.parametrize("command", ["solve", "route", "choose"])
def test_check_names_the_price_that_changed_with_its_sources(capsys, tmp_path, catalogs, command):
    before, after = catalogs
    out = str(tmp_path / "results")
    cell = ("-s", "essay-feedback", "-m", "gpt-5", *(("-d", "accuracy-max") if command != "choose" else ()))
    assert run(capsys, command, "--catalog", before, *cell, "--out", out)[0] == 0
    status, said, _ = run(capsys, "check", "--baseline", out)
    assert (status, "price" in said) == (0, False)
    junit = tmp_path / "junit.xml"
    status, said, _ = run(capsys, "check", "--baseline", out, "--catalog", after, "--junit", str(junit))
    assert SENTENCE in said.splitlines()
    changed = "changed: " in said
    assert status == (4 if changed else 0)
    suite = ET.parse(junit).getroot()  # noqa: S314 (our own)
    assert suite.find("system-out").text.splitlines()[0] == SENTENCE
    status_of_json, record, _ = run(capsys, "check", "--baseline", out, "--catalog", after, "--format", "json")
    record = json.loads(record)
    assert status_of_json == status
    assert record["prices"] == [
        {
            "model": "gpt-5",
            "field": "usd_per_million_output_tokens",
            "before": 10.0,
            "after": 12.0,
            "source_before": "list.json:3, gpt-5, 2026-05-01",
            "source_after": "list.json:3, gpt-5, 2026-11-01",
        }
    ]
    assert (record["failures"] > 0) == changed
    # That a price is another fails nothing by itself.
    status, said, _ = run(capsys, "check", "--baseline", out, "--catalog", after, "--fail-if", "infeasible")
    assert (status, SENTENCE in said) == (0, True)


def test_a_route_counts_the_models_that_it_is_not_about(capsys, tmp_path, catalogs):
    before, after = catalogs
    out = str(tmp_path / "routed")
    route = ("route", "--catalog", before, "-s", "essay-feedback", "-d", "cheapest", "--out", out)
    assert run(capsys, *route)[0] == 0
    said = run(capsys, "check", "--baseline", out, "--catalog", after)[1].splitlines()
    assert sum(line.startswith("price of ") for line in said) >= 1
    assert any("1 other model of the catalog has other prices too" in line for line in said)
    assert run(capsys, "check", "--baseline", out, "--format", "csv")[0] == 2


def test_diff_names_it_likewise(capsys, tmp_path, catalogs):
    for name, catalog in zip("ab", catalogs, strict=True):
        cell = ("-s", "essay-feedback", "-m", "gpt-5", "-d", "accuracy-max", "--out", str(tmp_path / name))
        assert run(capsys, "solve", "--catalog", catalog, *cell)[0] == 0
    status, out, _ = run(capsys, "diff", str(tmp_path / "a"), str(tmp_path / "b"))
    assert status == 1
    assert f"  {SENTENCE}" in out.splitlines()


def test_dates_of_prices_stand_where_choices_and_models_are_shown(capsys):
    out = " ".join(run(capsys, "choose", "--cost", "0.05", "--p95", "120", "--accuracy", "0.85")[1].split())
    lists = "in pydantic/genai-prices@47df840a5ab1 prices/data.json, 2026-08-21."
    assert f"Prices: openai/gpt-5-nano, openai/gpt-5-mini {lists}" in out
    study = ("solve", "--catalog", "gpqa-diamond", "-s", "standard", "-m", "gpt-5-nano@medium", "-d", "cheapest")
    assert "Prices of 2026-08-21." in " ".join(run(capsys, *study)[1].split())
    models = json.loads(run(capsys, "list", "models", "--catalog", "gpqa-diamond", "--format", "json")[1])
    assert all(model["price_dates"] and model["price_sources"] for model in models)
    assert "2026-07-02" in run(capsys, "list", "models", "--catalog", "gpqa-diamond")[1]
    # The paper's have no source of their own, and that is said where a choice rests on them.
    text = " ".join(run(capsys, "route", "-s", "essay-feedback")[1].split())
    assert "source and date not recorded" in text


def test_the_name_of_a_price_does_not_end_with_its_mode_and_day():
    for source in ("litellm.json:3, gpt-4.1", "litellm.json:3, gpt-4.1, batch", "litellm.json:3, gpt-4.1, 2026-11-28"):
        assert litellm_name({"usd_per_million_input_tokens": source}) == "gpt-4.1"
    both = {"usd_per_million_input_tokens": "litellm.json:3, azure/x, flex, 2026-11-28"}
    assert litellm_name(both) == "azure/x"
