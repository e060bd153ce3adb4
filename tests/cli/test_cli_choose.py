"""The answer in a sentence: what it says is what is so, and what it advises holds when it is done."""

import json

import numpy as np
import pytest
from command_line import run

import moo_inference as mi
from moo_inference.catalog import load_catalog
from moo_inference.studies.what_if import next_floor, relaxations
from moo_inference.views.answer import answer_lines, answer_record, answer_sentence

BUDGETS = ("--cost", "0.05", "--p95", "60", "--accuracy", "0.85")


def words(text):
    return " ".join(text.split())


def least(catalog, cost=np.inf, time=np.inf, accuracy=0.0, by=0):
    """What is to be chosen, by looking at every row of every curve in turn; means alone."""
    best = None
    for key, model in catalog.models.items():
        route = mi.choose(catalog, models=[key])
        for k, row in zip(route.curves[key].k.tolist(), route.curves[key].means.tolist(), strict=True):
            if row[0] <= cost and row[1] <= time and row[-1] >= accuracy:
                found = (row[by], row[1 - by], -row[-1], key, k)
                best = found if best is None else min(best, found)
        assert model.keep
    return None if best is None else best[3:]


@pytest.mark.parametrize("name", ["gpqa-diamond", "paper"])
@pytest.mark.parametrize("rule", ["cheapest", "fastest"])
def test_it_is_the_least_of_all_rows_that_meet_the_budgets(name, rule):
    catalog = load_catalog(name)
    generator = np.random.default_rng(7)
    for _ in range(4):
        limits = {
            "cost": float(10 ** generator.uniform(-2.5, -0.5)),
            "time": float(10 ** generator.uniform(0.7, 2.5)),
            "accuracy": float(generator.uniform(0.6, 0.96)),
        }
        route = mi.choose(catalog, rule=rule, **limits)
        expected = least(catalog, **limits, by=0 if rule == "cheapest" else 1)
        assert (None if route.k is None else (route.model, route.k)) == expected


def test_without_a_catalog_it_is_the_measured_one():
    assert mi.choose(cost=0.01).models.keys() == load_catalog("gpqa-diamond").models.keys()


def test_the_sentence_has_the_numbers_of_the_choice():
    route = mi.choose(cost=0.05, p95=60, accuracy=0.85)
    sentence = answer_sentence(route)
    row = route.choice.row
    value = route.front.curve.views[route.scenario].values[row, 1]
    assert value <= 60
    for text in (
        f"Take {route.model} with {route.k} passes",
        "keep the best",
        f"${route.cost:.4f} per query",
        f"p95 {value:.1f} s",
        f"accuracy {route.accuracy:.4f} (",
        "if an oracle picks the best pass",
    ):
        assert text in sentence


@pytest.mark.parametrize(
    ("keep", "text"),
    [
        ("oracle", "if an oracle picks the best pass"),
        ("majority", "by vote"),
        ("verifier", "if the verifier picks the best pass"),
        ("all", "that every pass is right"),
    ],
)
def test_who_picks_is_said_of_several_passes_and_not_of_one(tmp_path, keep, text):
    generator = np.random.default_rng(3)
    rows = [
        f"m,{question},{sample},{generator.integers(2)},{'ab'[generator.integers(2)]},{generator.random():.3f},1,0.01"
        for question in range(30)
        for sample in range(4)
    ]
    score = "score" if keep == "verifier" else "note"
    path = tmp_path / "attempts.csv"
    path.write_text("\n".join([f"model,question,sample,correct,answer,{score},seconds,usd", *rows]) + "\n")
    model = mi.read_attempts(str(path)).model("m", keep=keep)
    catalog = mi.Catalog(models={"m": model}, scenarios=load_catalog("paper").scenarios)
    assert text in answer_sentence(mi.choose(catalog, k_min=2))
    alone = answer_sentence(mi.choose(catalog, k_max=1))
    assert text not in alone
    assert "with one pass: " in alone


@pytest.mark.parametrize("rule", ["cheapest", "fastest", "accuracy-max"])
def test_what_is_advised_does_not_fit_yet_and_is_better_once_the_budget_is_changed(rule):
    limits = {"cost": 0.03, "time": 60.0, "accuracy": 0.85}
    route = mi.choose(**limits, rule=rule)
    flips = relaxations(route)
    assert flips
    names = {"c_max": "cost", "t_max": "time", "a_min": "accuracy"}
    for flip in flips:
        changed = mi.choose(**{**limits, names[flip.what]: float(flip.shown)}, rule=rule)
        assert (changed.model, changed.k) == (flip.model, flip.k)
        better = {"cheapest": changed.cost < route.cost, "fastest": changed.time < route.time}
        assert better.get(rule, changed.accuracy > route.accuracy or changed.cost < route.cost)
        assert flip.usd_more == pytest.approx(changed.cost - route.cost)
    floor = next_floor(route)
    if floor is not None and floor.model is not None:
        changed = mi.choose(**{**limits, "accuracy": float(floor.shown)}, rule=rule)
        assert (changed.model, changed.k) == (floor.model, floor.k) != (route.model, route.k)


def test_the_next_best_is_what_is_taken_without_the_first():
    route = mi.choose(cost=0.1, time=120, accuracy=0.88)
    others = [key for key in route.models if key != route.model]
    second = mi.choose(cost=0.1, time=120, accuracy=0.88, models=others)
    text = dict(answer_lines(route))["Next best"]
    assert text.startswith(f"{second.model} with {second.k} passes")
    assert f"${second.cost - route.cost:.4f} more" in text


def test_where_nothing_fits_the_nearest_is_named_and_the_status_is_3(capsys):
    status, out, err = run(capsys, "choose", "--cost", "0.001", "--time", "5", "--accuracy", "0.9")
    assert (status, err) == (3, "")
    assert out.startswith("Nothing fits: no k of 20 models meets all budgets (at most $0.00100, at most 5.00 s, ")
    route = mi.choose(cost=0.001, time=5, accuracy=0.9)
    assert route.model is route.k is route.cost is route.time is route.accuracy is route.keep is route.stop is None
    closest = route.front.infeasibility.closest
    assert f"Nearest {closest.model} with " in words(out)
    record = json.loads(run(capsys, "choose", "--cost", "0.001", "--time", "5", "--accuracy", "0.9", "-f", "json")[1])
    assert record["answer"].startswith("Nothing fits")
    assert record["cost"] is None


def test_one_budget_that_is_enough_is_named_where_nothing_fits():
    route = mi.choose(cost=0.001, accuracy=0.8)
    (flip,) = (flip for flip in relaxations(route) if flip.what == "c_max")
    assert mi.choose(cost=float(flip.shown), accuracy=0.8).model == flip.model
    assert f"at most ${flip.shown} in place of $0.001 allows {flip.model}" in dict(answer_lines(route))["What binds"]


def test_the_record_is_that_of_python(capsys):
    record = json.loads(run(capsys, "choose", *BUDGETS, "-f", "json", "--queries-per-month", "1000")[1])
    route = mi.choose(cost=0.05, p95=60, accuracy=0.85)
    assert record == json.loads(json.dumps(answer_record(route, 1000)))
    assert record["usd_per_month"] == pytest.approx(1000 * route.cost)
    for name in ("model", "k", "cost", "time", "accuracy", "keep", "stop", "parallel"):
        assert record[name] == getattr(route, name)
    assert record["time_at_quantile"] <= 60


def test_the_bill_of_a_month_is_of_the_choice_and_of_the_next_best():
    route = mi.choose("paper", cost=0.05, time=10, accuracy=0.95)
    second = route.runner_up.objectives[0]
    text = dict(answer_lines(route, 2_000_000))["A month"]
    own, _, other = text.removesuffix(".").partition(" for 2,000,000 queries; the next best ")
    assert float(own[1:].replace(",", "")) == pytest.approx(2e6 * route.cost, rel=5e-3)
    assert float(other[1:].replace(",", "")) == pytest.approx(2e6 * second, rel=5e-3)


def test_a_floor_that_is_not_given_shows_what_is_the_most_accurate():
    lines = dict(answer_lines(mi.choose(cost=0.01)))
    best = mi.choose(cost=0.01, rule="accuracy-max")
    assert lines["Most accurate"].startswith(f"{best.model} with {best.k} passes")
    assert "Most accurate" not in dict(answer_lines(mi.choose(cost=0.01, accuracy=0.5)))
    assert "Most accurate" not in dict(answer_lines(best))


def test_numbers_that_were_not_measured_are_not_called_sure():
    assert dict(answer_lines(mi.choose("paper", cost=0.05)))["How sure"] == (
        "cannot be said: it rests on numbers that are taken as certain."
    )


def test_no_budget_at_all_is_noted_and_answered(capsys):
    status, out, err = run(capsys, "choose")
    assert (status, len(err.splitlines())) == (0, 1)
    assert err.startswith("moo-inference: no budget is given")
    assert out.startswith(f"Take {mi.choose().model} with one pass: ")


def test_over_a_scenario_and_with_a_resource(capsys):
    scenario = load_catalog("gpqa-diamond").scenarios["standard"]
    over = json.loads(run(capsys, "choose", "-s", "standard", "--cost", "0.04", "-f", "json")[1])
    same = mi.choose(cost=0.04, time=scenario.t_max, accuracy=scenario.a_min)
    assert (over["model"], over["k"]) == (same.model, same.k)
    joules = mi.choose("examples/energy.yaml", accuracy=0.9, budgets={"joules": 2e5})
    assert joules.front.curve.means[joules.choice.row, 2] <= 2e5


def test_what_it_wrote_is_checked_and_goes_on(capsys, tmp_path):
    folder = tmp_path / "choice"
    assert run(capsys, "choose", *BUDGETS, "--out", folder)[0] == 0
    assert run(capsys, "check", "--baseline", folder)[0] == 0
    assert run(capsys, "check", "--baseline", folder, "--accuracy", "0.9")[0] == 4
    assert run(capsys, "check", "--baseline", folder, "--fail-if", "unsure")[0] == 6
    status, out, err = run(capsys, "choose", "--cost", "0.02", "--out", folder)
    assert (status, out) == (2, "")
    assert "--force" in err
    none = tmp_path / "none"
    assert run(capsys, "choose", "--out", none)[0] == 0
    assert run(capsys, "check", "--baseline", none)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--p95", "5s"], "--p95 must be a number of seconds, or none; got '5s'"),
        (
            ["-m", "gpt-5@ultra", "--cost", "1"],
            "unknown model 'gpt-5@ultra' (did you mean 'gpt-5@high' or 'gpt-5@medium'?)",
        ),
        (["--queries-per-month", "0"], "--queries-per-month must be a positive number, got 0.0"),
        (["--cost", "1", "-f", "csv"], "--format must be table, json or markdown"),
        (["--cost", "1", "-d", "best"], "unknown rule 'best'"),
        (["--cost", "1", "-d", "knee-point"], "knee-point divides cost and time by their budgets"),
        (["--cost", "1", "--attempts", "x.csv"], "x.csv"),
        (["-s", "nowhere", "--cost", "1"], "unknown scenario 'nowhere'"),
    ],
)
def test_what_is_wrong_is_one_line(capsys, arguments, sentence):
    status, out, err = run(capsys, "choose", *arguments)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("moo-inference: ")
    assert sentence in line


def test_markdown_holds_the_sentence(capsys):
    assert f"### {answer_sentence(mi.choose(cost=0.01, accuracy=0.5))}" in run(
        capsys, "choose", "--cost", "0.01", "--accuracy", "0.5", "-f", "markdown"
    )[1].replace("\\", "")
