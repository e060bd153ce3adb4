import base64
import shlex
import subprocess
import sys
import zlib
from dataclasses import replace
from html import escape
from itertools import pairwise
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.cli import app as cli
from moo_inference.errors import CatalogError, SettingError
from moo_inference.formatting.amounts import usd
from moo_inference.views.confidence import how_sure
from moo_inference.views.explore import url_state as addresses
from moo_inference.views.explore.html import choices_table
from moo_inference.views.explore.slider_stops import (
    MEAN,
    quantile_options,
    quantile_text,
    slider_labels,
    slider_options,
    usual_budgets,
)
from moo_inference.views.explore.state import (
    SETTINGS_FILE,
    Knobs,
    answer,
    check_explorable,
    check_size,
    default_knobs,
    model_labels,
    settings_catalog,
    solve_command,
)
from moo_inference.views.explore.url_state import pack_catalog, read_address, unpack_catalog, write_address
from moo_inference.views.explore.widgets import Paired

PAPER = mi.load_catalog()
START = default_knobs(PAPER)
HOSTILE = "</script><script>alert(1)</script> $x$ :red[y] &lt;"
OWN = mi.Catalog(
    models={
        HOSTILE: PAPER.models["gpt-5"].replace(name=HOSTILE, usd_per_million_output_tokens=3.0),
        "gpt-5": PAPER.models["gpt-5-nano"],
    },
    scenarios={"use": PAPER.scenarios["medical-ai"].replace(name="1e-6", t_max=None, c_quantile=0.9)},
)


def carried(found):
    """Parameters after the way through a browser's address bar."""
    return parse_qs(urlencode(found, doseq=True), keep_blank_values=True)


def test_the_page_starts_with_the_scenario_s_own_budgets():
    essay = PAPER.scenarios["essay-feedback"]
    assert (START.c_max, START.t_max, START.a_min) == (essay.c_max, essay.t_max, essay.a_min)
    assert START.models == tuple(PAPER.models)
    study = mi.run_study(PAPER, models=START.models, scenarios=["essay-feedback"])
    assert answer(PAPER, START).study.to_csv() == study.to_csv()


CHANGES = {
    "as it starts": {},
    "budgets": {"c_max": 0.0349, "t_max": 17.3, "a_min": 0.9412, "models": ("qwen3-max", "gpt-5-nano")},
    "tails": {"t_quantile": 0.95, "c_quantile": 0.9, "a_quantile": 0.05, "k_max": 77, "k_step": 3},
    "serving": {"parallel": 7, "latency": "waves", "scenario": "medical-ai", "c_max": 5.0, "t_max": 900.0},
    "Monte Carlo": {"monte_carlo": True, "trials": 50, "seed": 7, "draws": "independent", "k_step": 4},
    "common draws": {"monte_carlo": True, "trials": 50, "seed": 0, "rules": ("knee-published", "asf", "accuracy-max")},
    "no budgets": {"c_max": None, "t_max": None, "a_min": None},
    "infeasible": {"models": ("gpt-5",), "c_max": 1e-6},
    "another choice": {"chosen_by": "knee-chord"},
}


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("own", [False, True], ids=["paper", "own catalog"])
def test_the_command_gives_the_page_s_answer_byte_by_byte(changes, own, tmp_path, monkeypatch, capsys):
    catalog, start = (OWN, default_knobs(OWN)) if own else (PAPER, START)
    kept = {key: value for key, value in changes.items() if not (own and key in ("models", "scenario"))}
    knobs = replace(start, **kept)
    knobs = replace(knobs, shown=knobs.models[0])
    found = answer(catalog, knobs)
    monkeypatch.chdir(tmp_path)
    (tmp_path / SETTINGS_FILE).write_text(catalog_to_yaml(settings_catalog(catalog, knobs)), encoding="utf-8")
    command = shlex.split(solve_command(knobs, found.rules))
    assert command[0] == "moo-inference"
    with pytest.raises(SystemExit) as stopped:
        cli.main([*command[1:], "--format", "csv"])
    out, err = capsys.readouterr()
    assert (out, err) == (found.study.to_csv(), "")
    assert stopped.value.code in (0, 3)


def test_every_knob_changes_the_answer_or_its_command():
    other = {
        "models": ("qwen3-max",), "scenario": "medical-ai", "c_max": 0.1, "t_max": 9.0, "a_min": 0.96,
        "c_quantile": 0.9, "t_quantile": 0.9, "a_quantile": 0.1, "parallel": 2, "latency": "waves", "k_max": 64,
        "k_step": 2, "monte_carlo": True, "trials": 301, "seed": 43, "draws": "independent", "rules": ("knee-chord",),
    }  # fmt: skip
    simulated = replace(START, monte_carlo=True)

    def said(knobs):
        return catalog_to_yaml(settings_catalog(PAPER, knobs)), solve_command(knobs, knobs.rules)

    for name, value in other.items():
        base = simulated if name in ("trials", "seed", "draws") else START
        assert said(replace(base, **{name: value})) != said(base), name
    # For resources see test_resources_on_the_page.py.
    # The one choice across models is the page's own: see test_live_answer.py.
    assert {*other, "shown", "resources", "chosen_by"} == set(Knobs.__dataclass_fields__)


def test_rules_that_need_a_budget_are_left_out_where_there_is_none():
    found = answer(PAPER, replace(START, t_max=None))
    assert found.rules == ("accuracy-max", "knee-chord")
    assert set(found.left_out.rules) == {"max-cube", "utopia-closest", "knee-point"}
    with pytest.raises(SettingError, match=r"max-cube: must divide cost and time .* none for time"):
        answer(PAPER, replace(START, t_max=None, rules=("max-cube",)))
    with pytest.raises(SettingError, match="at least one rule"):
        answer(PAPER, replace(START, rules=()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"k_max": 2_000_000}, "k_max must be between 1 and 1,000,000"),
        ({"k_max": 500_000}, "at most 10,000 values of k, got 500,000"),
        ({"k_step": 129}, "k_step must be between 1 and k_max = 128"),
        ({"monte_carlo": True, "trials": 1_000_000}, "at most 100,000,000 passes, got 128,000,000"),
        ({"monte_carlo": True, "trials": 20_000, "draws": "independent"}, "got 165,120,000"),
        ({"parallel": 10_001}, "P must be between 1 and 10,000"),
    ],
)
def test_what_would_take_minutes_is_refused(changes, words):
    with pytest.raises(SettingError, match=words):
        check_size(replace(START, **changes))


def test_models_of_one_name_are_told_apart():
    twins = OWN.replace(models={key: model.replace(name="twin") for key, model in OWN.models.items()})
    assert model_labels(twins) == {HOSTILE: f"twin ({HOSTILE})", "gpt-5": "twin (gpt-5)"}
    assert model_labels(PAPER)["gpt-5"] == "GPT-5"


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_an_address_says_the_same_elsewhere(changes):
    for catalog, start in ((PAPER, START), (OWN, default_knobs(OWN))):
        kept = {key: value for key, value in changes.items() if catalog is PAPER or key not in ("models", "scenario")}
        knobs = replace(start, **kept)
        knobs = replace(knobs, shown=knobs.models[-1])
        parameters = carried(write_address(knobs, catalog, PAPER))
        for own in (PAPER, OWN):
            there, read, errors = read_address(parameters, own, PAPER)
            assert (read, errors) == (knobs, ())
            assert settings_catalog(there, read) == settings_catalog(catalog, knobs)
        assert ("catalog" in parameters) == (catalog is OWN)


@settings(max_examples=60)
@given(
    c_max=st.none() | st.floats(1e-9, 1e9),
    t_max=st.none() | st.floats(1e-9, 1e9),
    a_min=st.floats(0, 1),
    quantile=st.none() | st.floats(0.001, 0.999),
    seed=st.integers(0, 2**53 - 1),
)
def test_numbers_come_back_to_the_last_digit(c_max, t_max, a_min, quantile, seed):
    knobs = replace(START, c_max=c_max, t_max=t_max, a_min=a_min, t_quantile=quantile, seed=seed)
    assert read_address(carried(write_address(knobs, PAPER, PAPER)), PAPER, PAPER)[1:] == (knobs, ())


def test_a_part_of_the_page_s_own_catalog_brings_the_whole_of_it():
    knobs = replace(default_knobs(OWN), models=("gpt-5",), shown="gpt-5")
    parameters = carried(write_address(knobs, OWN, PAPER))
    assert read_address(parameters, OWN, PAPER)[0] is OWN
    assert list(read_address(parameters, PAPER, PAPER)[0].models) == ["gpt-5"]


def test_a_name_alone_is_the_built_in_model_s():
    there, knobs, errors = read_address({"model": ["gpt-5"], "scenario": ["medical-ai"]}, OWN, PAPER)
    assert there.models["gpt-5"] == PAPER.models["gpt-5"] != OWN.models["gpt-5"]
    assert (knobs.models, knobs.scenario, errors) == (("gpt-5",), "medical-ai", ())
    assert read_address({"model": [HOSTILE]}, OWN, PAPER)[0] is OWN
    assert read_address({"k_max": ["9"]}, OWN, PAPER)[0] is OWN


@pytest.mark.parametrize("name", ["c_max", "t_max"])
def test_a_budget_is_at_most_what_a_catalog_takes(name):
    for text, value in (("1e9", 1e9), ("1000000001", getattr(START, name)), ("inf", getattr(START, name))):
        _, knobs, errors = read_address({name: [text]}, PAPER, PAPER)
        assert getattr(knobs, name) == value
        assert len(errors) == (value != 1e9)
        mi.Scenario(name="x", c_max=knobs.c_max, t_max=knobs.t_max, a_min=0.5)
    assert max(slider_options(name, 1e9, 1e9)[1]) == 1e9


def test_all_errors_of_an_address_are_told_and_the_rest_is_used():
    parameters = {
        "model": ["gpt-5", "gpt-6"], "rule": ["max-cub"], "c_max": ["0"], "t_max": ["nan"], "a_min": ["1.01"],
        "k_max": ["1e3"], "k_step": ["0"], "seed": ["-1"], "trials": ["9" * 5000], "parallel": ["2", "3"],
        "latency": ["wave"], "monte_carlo": ["true"], "t_quantile": ["1"], "draws": [""], "sed": ["1"],
        "a_quantile": ["0.05"], "shown": ["gpt-5-mini"], "c_quantile": ["inf"], "chosen_by": ["cheap"],
    }  # fmt: skip
    _, knobs, errors = read_address(parameters, PAPER, PAPER)
    assert knobs == replace(START, models=("gpt-5",), a_quantile=0.05)
    text = "\n".join(errors)
    assert len(errors) == len(parameters) - 1
    for words in (
        "unknown model 'gpt-6' (did you mean 'gpt-5'?)",
        "unknown rule 'max-cub' (did you mean 'max-cube'?)",
        "c_max must be above 0 and at most 1,000,000,000 USD or none, got '0'",
        "t_max must be above 0 and at most 1,000,000,000 seconds or none, got 'nan'",
        "a_min must be between 0 and 1 or none, got '1.01'",
        "k_max must be a whole number between 1 and 1,000,000, got '1e3'",
        "parallel must be given once, got 2 times",
        "latency must be one of: own, ideal, waves; got 'wave'",
        "t_quantile must be between 0 and 1 or mean, got '1'",
        "unknown setting 'sed' (did you mean 'seed'?)",
    ):
        assert words in text
    assert max(map(len, errors)) < 400


def test_an_address_that_asks_for_minutes_of_work_gets_the_default_size():
    _, knobs, errors = read_address({"k_max": ["1000000"], "c_max": ["0.1"]}, PAPER, PAPER)
    assert knobs == replace(START, c_max=0.1)
    assert "at most 10,000 values of k" in errors[0]


def packed(content):
    return base64.urlsafe_b64encode(zlib.compress(content)).decode().rstrip("=")


GOOD = pack_catalog(OWN)
BAD_CATALOGS = {
    "damaged": ("A" + GOOD[1:], "must be whole, but it is damaged"),
    "cut": (GOOD[:-12], "damaged|its end is missing"),
    "not base64": ("<script>", "damaged"),
    "not ASCII": ("é", "damaged"),
    "empty": ("", "its end is missing"),
    "bomb": (packed(b"# " + b"a" * 5_000_000), "at most 200,000 bytes, got more"),
    "too long": ("A" * 20_000, "at most 12,000 characters, got 20,000"),
    "alias": (packed(b"models: &a {}\nscenarios: *a\n"), r"catalog in the address:1: anchors \(&a\)"),
    "no models": (packed(b"scenarios: {}\n"), "must hold at least one model"),
    "not UTF-8": (packed(b"\xff"), "must be UTF-8"),
    "no scenarios": (packed(catalog_to_yaml(OWN.replace(scenarios={})).encode()), "at least one scenario, got none"),
}


@pytest.mark.parametrize(("text", "words"), BAD_CATALOGS.values(), ids=BAD_CATALOGS)
def test_a_catalog_in_an_address_is_not_trusted(text, words):
    with pytest.raises((CatalogError, SettingError), match=words):
        unpack_catalog(text)
    catalog, knobs, errors = read_address({"catalog": [text], "k_max": ["9"]}, PAPER, PAPER)
    assert (catalog, knobs) == (PAPER, replace(START, k_max=9))
    assert len(errors) >= 1


def test_a_good_catalog_comes_back():
    assert unpack_catalog(GOOD) == OWN
    twice = read_address({"catalog": [GOOD, GOOD]}, PAPER, PAPER)
    assert twice[0] is PAPER
    assert twice[2] == ("catalog must be given once, got 2 times",)


def test_an_address_of_before_gets_the_plain_rule():
    parameters = carried(write_address(replace(START, c_max=0.25), PAPER, PAPER))
    del parameters["chosen_by"]
    assert read_address(parameters, PAPER, PAPER)[1:] == (replace(START, c_max=0.25), ())


def test_what_is_too_long_for_an_address_is_said(monkeypatch):
    monkeypatch.setattr(addresses, "LONGEST_PACKED", 100)
    with pytest.raises(SettingError, match="an address holds at most 100"):
        write_address(default_knobs(OWN), OWN, PAPER)
    write_address(START, PAPER, PAPER)


def test_a_catalog_without_scenarios_is_refused():
    with pytest.raises(SettingError, match="at least one scenario"):
        check_explorable(PAPER.replace(scenarios={}))


def test_numbers_beyond_all_bounds_are_told():
    tiny = PAPER.scenarios["medical-ai"].replace(c_max=1e-300)
    with pytest.raises(SettingError, match=r"scenarios\.s\.c_max: must be at least 1e-12"):
        check_explorable(PAPER.replace(scenarios={"s": tiny}))
    for size in (1e-320, 1e9):
        assert len(slider_options("t_max", size, size)[1]) > 50


@pytest.mark.parametrize(("own", "current"), [(0.5, 0.5), (0.5, 0.0349), (3600.0, 1e-7), (1e-9, 1e9), (60, 60.5)])
def test_a_slider_has_even_stops_around_the_scenario_s_budget(own, current):
    step, stops = slider_options("c_max", own, current)
    assert stops == sorted(set(stops))
    assert {own, current} <= set(stops)
    ratios = [b / a for a, b in pairwise(stops) if own / 50 <= a and b <= own * 5]
    assert max(ratios) < 1.11
    assert 80 < len(ratios) < 120
    assert own / 100 <= step <= own / 10


def test_stops_of_one_label_are_told_apart():
    labels = slider_labels([0.035, 0.03501, 0.036], usd)
    assert labels == {0.035: "$0.0350 (0.035)", 0.03501: "$0.0350 (0.03501)", 0.036: "$0.0360"}


def test_a_number_that_lags_behind_is_not_taken_for_a_change():
    pair = Paired(60.0)
    assert pair.settle(60.0, None, 0) == 60.0
    assert pair.settle(60.0, 65.0, 1) == 65.0
    # The slider goes on before the browser has seen that the number became 65, and then while it shows older values.
    assert pair.settle(60.0, 70.0, 2) == 70.0
    assert pair.settle(65.0, 75.0, 3) == 75.0
    assert pair.settle(70.0, 75.0, 3) == 75.0
    assert pair.settle(75.0, 75.0, 3) == 75.0
    # Now it has caught up, and any value may be typed, one that was there before as well.
    assert pair.settle(60.0, 75.0, 3) == 60.0
    assert pair.settle(17.3, 75.0, 3) == 17.3
    # The slider may go back to where it stood before the number was typed.
    assert pair.settle(17.3, 75.0, 4) == 75.0


@settings(max_examples=200)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_a_dragged_slider_is_followed_however_late_the_number_is(steps):
    """The slider goes up by one each time; the number shows what the page has said, some answers late."""
    pair = Paired(0.0)
    seen = 0
    for moved, step in enumerate(steps, start=1):
        assert pair.settle(float(seen), float(moved), moved) == moved
        seen = min(seen + step, moved)
    for late in range(seen, len(steps) + 1):
        assert pair.settle(float(late), float(len(steps)), len(steps)) == len(steps)
    assert pair.settle(0.0, float(len(steps)), len(steps)) == 0


def test_lists_hold_what_is_set():
    assert quantile_options("t_quantile", MEAN) == [MEAN, 0.5, 0.75, 0.9, 0.95, 0.99]
    assert 0.97 in quantile_options("t_quantile", 0.97)
    texts = [quantile_text(q) for q in quantile_options("a_quantile", 0.05)]
    assert texts == ["mean", "p50", "p25", "p10", "p5", "p1"]
    assert 0.93123 in slider_options("a_min", 0.9, 0.93123)[1]


def test_usual_budgets_let_some_passes_through():
    for model in PAPER.models.values():
        usual = usual_budgets(model)
        scenario = PAPER.scenarios["essay-feedback"].replace(**usual, a_min=0.0)
        choice = mi.run_study(PAPER.replace(models={"m": model}, scenarios={"s": scenario}), decisions=["accuracy-max"])
        assert 5 < choice.choices["k"][0] < 100
    free = PAPER.models["gpt-5"].replace(free=True, usd_per_million_input_tokens=0, usd_per_million_output_tokens=0)
    assert usual_budgets(free)["c_max"] > 0


def test_streamlit_and_plotly_wait_until_they_are_needed():
    script = (
        "import sys, moo_inference, moo_inference.cli.app\n"
        "from moo_inference.views.explore import charts, cube, html, launch, state, url_state\n"
        "print({'streamlit', 'plotly'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_uploaded_file_s_errors_carry_its_own_name():
    with pytest.raises(CatalogError) as caught:
        parse_catalog(b"models:\n  m: {nam: x}\nscenario: {}\n", "mine.yaml")
    assert len(caught.value.errors) > 3
    assert all(message.startswith("mine.yaml:") for message in caught.value.errors)


def test_how_sure_a_choice_is_stands_beside_it_on_the_page(paper):
    catalog = mi.load_catalog("gpqa-diamond")
    knobs = replace(default_knobs(catalog, "standard"), models=("gpt-5.2@low", "gpt-4"), shown="gpt-4", k_max=8)
    found = answer(catalog, knobs)
    assert {model for model, _ in found.confidence} == {"gpt-5.2@low"}
    html = choices_table(found.trajectories, model_labels(catalog), found.confidence)
    for own in found.confidence.values():
        assert escape(how_sure(own)) in html
        assert f"corrected {own.accuracy_corrected:.3f}" in html
    assert html.count('class="sure"') == len(found.confidence)
    none = answer(paper, default_knobs(paper))
    assert none.confidence == {}
    assert 'class="sure"' not in choices_table(none.trajectories, model_labels(paper), none.confidence)


def test_many_models_are_not_assessed_at_every_change(monkeypatch):
    catalog = mi.load_catalog("gpqa-diamond")
    knobs = replace(default_knobs(catalog, "standard"), models=("gpt-5.2@low", "kimi-k2.5"), shown="kimi-k2.5", k_max=4)
    monkeypatch.setattr("moo_inference.views.explore.state._MOST_ASSESSED", 1)
    assert answer(catalog, knobs).confidence == {}
