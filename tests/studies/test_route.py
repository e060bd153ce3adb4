"""The choice across models, what would change it, and the policy that a router embeds."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from other_budgets import choice_at

import moo_inference as mi
from moo_inference.decision import DEFAULT_RULES, KneePoint, decide, make_rule
from moo_inference.errors import InfeasibleError, ReaderError, SettingError, UnknownNameError
from moo_inference.estimators.curve import COLUMNS
from moo_inference.formatting.amounts import seconds
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.policy.policy import RULES, Policy
from moo_inference.studies.litellm import litellm_name
from moo_inference.studies.route import front_across, route
from moo_inference.studies.what_if import break_evens, relaxations
from moo_inference.views.route import route_tables

JUST = 1e-7
"""A hair beside a flip: beyond the tolerance of budgets, 1e-9, and of the search, 1e-12."""


@pytest.fixture(scope="module")
def routes(paper):
    return {(scenario, rule): route(paper, scenario, rule) for scenario in paper.scenarios for rule in DEFAULT_RULES}


def picked(choice):
    return None if choice is None or choice.k is None else (choice.model, choice.k)


def test_the_choice_is_the_best_over_the_models_one_by_one(paper, routes):
    """For rules that score each row by itself, the best of the single models' choices is the choice across them."""
    study = mi.run_study(paper)
    for scenario_id, scenario in paper.scenarios.items():
        for rule in ("accuracy-max", "max-cube", "utopia-closest"):
            best = None
            for cell in study.cells:
                if cell.scenario != scenario_id:
                    continue
                [choice] = [choice for choice in cell.choices if choice.rule == rule]
                F = choice.objectives / [scenario.c_max, scenario.t_max, 1]
                score = {
                    "accuracy-max": F[2],
                    "max-cube": -np.prod(1 - F),
                    "utopia-closest": np.sqrt((F**2).sum()),
                }[rule]
                candidate = ((score, *F), (cell.model, choice.k))
                best = candidate if best is None else min(best, candidate)
            assert picked(routes[scenario_id, rule].choice) == best[1]


def test_knees_are_those_of_a_front_merged_row_by_row(paper, routes):
    """A naive merge: every k of every model, dominated rows struck out pair by pair."""
    for scenario_id, scenario in paper.scenarios.items():
        found = routes[scenario_id, "knee-chord"]
        rows = [
            (*F, model, k)
            for model, curve in found.curves.items()
            for F, k in zip(curve.F.tolist(), curve.k.tolist(), strict=True)
            if F[0] <= scenario.c_max and F[1] <= scenario.t_max and 1 - F[2] >= scenario.a_min
        ]
        F = np.array([row[:3] for row in rows])
        kept = [i for i in range(len(F)) if not ((F[i] >= F).all(axis=1) & (F[i] > F).any(axis=1)).any()]
        kept.sort(key=lambda i: tuple(F[i]))
        assert [(rows[i][3], rows[i][4]) for i in kept] == list(
            zip(found.front.models, found.front.k.tolist(), strict=True)
        )
        row = KneePoint("chord").do(F[kept])
        assert picked(found.choice) == rows[kept[row]][3:]


def test_the_runner_up_is_the_choice_without_the_chosen_model(paper, routes):
    for (scenario, rule), found in routes.items():
        others = [key for key in paper.models if key != found.choice.model]
        assert picked(found.runner_up) == picked(route(paper.select(others), scenario, rule).choice)


def test_every_other_model_gets_a_reason_that_holds(paper, routes):
    for (scenario_id, _), found in routes.items():
        assert set(found.why_not) == set(paper.models) - {found.choice.model}
        for model, why in found.why_not.items():
            own = mi.Front.from_curve(found.curves[model], paper.scenarios[scenario_id])
            on_front = model in found.front.models
            assert why.startswith("on the front with" if on_front else "dominated: "), why
            if on_front:
                continue
            winner, _, rest = why.removeprefix("dominated: ").partition(" with k = ")
            k = int(rest.split()[0])
            loser = int(why.partition("than its k = ")[2].split()[0])
            curve = found.curves[winner]
            better = curve.F[list(curve.k).index(k)]
            assert (better <= own.F[list(own.k).index(loser)]).all()


def test_a_model_that_breaks_a_budget_is_told_which(paper):
    dear = paper.models["gpt-5"].replace(usd_per_million_output_tokens=900)
    catalog = mi.Catalog(models={"a": paper.models["gpt-5"], "dear": dear}, scenarios=paper.scenarios)
    found = route(catalog, "essay-feedback")
    assert "no k meets all budgets" in found.why_not["dear"]
    assert "cost $1.84" in found.why_not["dear"]
    assert "must be at most $0.5" in found.why_not["dear"]


def test_matches_are_the_cheapest_that_are_as_accurate(paper, routes):
    found = routes["essay-feedback", "knee-chord"]
    study = mi.run_study(paper, scenarios=["essay-feedback"]).fronts
    for match in found.matches():
        own = study[study["model"] == match.model]
        assert match.accuracy == own["accuracy"].max()
        others = study[(study["model"] != match.model) & (study["accuracy"] >= match.accuracy)]
        if match.by is None:
            assert others.empty
            continue
        assert match.by_cost == others["cost"].min()
        assert others.loc[others["cost"].idxmin(), "model"] == match.by
        assert match.by_accuracy >= match.accuracy


def test_plain_values_hold_what_a_program_needs(paper, routes):
    record = json.loads(json.dumps(routes["medical-ai", "knee-chord"].to_dict(), allow_nan=False))
    choices = mi.run_study(paper, models=[record["model"]], scenarios=["medical-ai"], decisions=["accuracy-max"])
    curve = choices.curves.set_index("k").loc[record["k"]]
    assert [record[name] for name in COLUMNS] == [curve[name] for name in COLUMNS]
    assert set(record["why_not"]) == set(paper.models) - {record["model"]}
    second = record["runner_up"]
    assert second["usd_more"] == pytest.approx(second["cost"] - record["cost"], abs=1e-15)
    assert second["accuracy_more"] == pytest.approx(second["accuracy"] - record["accuracy"], abs=1e-15)


def test_models_of_the_same_questions_are_compared_question_by_question(paper):
    cheap, dear = paper.models["gpt-5-nano"], paper.models["gpt-5"]
    models = {}
    for key, model, right in (("cheap", cheap, (1, 2, 3, 4)), ("dear", dear, (2, 3, 3, 4))):
        questions = {f"q{number}": f"{count}/4" for number, count in enumerate(right)}
        models[key] = model.replace(accuracy={"kind": "outcomes", "questions": questions})
    scenarios = {"s": paper.scenarios["essay-feedback"].replace(a_min=0.1)}
    found = route(mi.Catalog(models=models, scenarios=scenarios), "s", "max-cube", k_max=1)
    assert (found.choice.model, found.runner_up.model) == ("dear", "cheap")
    mean, low, high, questions = found.paired
    assert (mean, questions) == (pytest.approx(-0.125), 4)
    assert low < mean < high
    record = found.to_dict()["runner_up"]
    assert (record["paired_accuracy_more"], record["shared_questions"]) == (mean, 4)
    apart = {**models, "dear": dear.replace(accuracy={"kind": "outcomes", "questions": {"other": "3/4"}})}
    assert route(mi.Catalog(models=apart, scenarios=scenarios), "s", "max-cube", k_max=1).paired is None
    assert route(paper, "medical-ai").paired is None


def test_nothing_feasible_is_an_answer(paper):
    tight = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(c_max=0.0001)})
    found = route(tight, "s")
    record = found.to_dict()
    assert (record["status"], record["model"], record["k"], record["runner_up"]) == ("infeasible", None, None, None)
    assert "no k meets all budgets" in record["reason"]
    assert len(record["why_not"]) == 9
    assert break_evens(found) == []
    with pytest.raises(InfeasibleError, match="there must be a choice"):
        found.to_litellm()
    [flip] = [flip for flip in relaxations(found) if flip.what == "c_max"]
    assert picked(choice_at(found, found.scenario.replace(c_max=flip.at))) == (flip.model, flip.k)


def test_unknown_names_are_refused(paper):
    with pytest.raises(UnknownNameError, match="unknown scenario 'essay'"):
        route(paper, "essay")
    with pytest.raises(UnknownNameError, match="unknown rule"):
        route(paper, "medical-ai", "best")


# What-if: solving again at the stated value, just before and just after


def solved(paper, scenario, rule, changes=None, prices=None):
    """The route from scratch, with other budgets or prices."""
    models = dict(paper.models)
    for key, factor in (prices or {}).items():
        model = models[key]
        models[key] = model.replace(
            usd_per_million_input_tokens=model.usd_per_million_input_tokens * factor,
            usd_per_million_output_tokens=model.usd_per_million_output_tokens * factor,
            price_checked=True,
        )
    budgets = paper.scenarios[scenario].replace(**(changes or {}))
    return route(mi.Catalog(models=models, scenarios={scenario: budgets}), scenario, rule).choice


@pytest.mark.parametrize("rule", DEFAULT_RULES)
def test_a_relaxed_budget_gives_the_better_choice_and_a_little_less_does_not(paper, routes, rule):
    for scenario in paper.scenarios:
        found = routes[scenario, rule]
        for flip in relaxations(found):
            sign = -1 if flip.what == "a_min" else 1
            after = solved(paper, scenario, rule, {flip.what: flip.at * (1 + sign * JUST)})
            before = solved(paper, scenario, rule, {flip.what: flip.at * (1 - sign * JUST)})
            assert picked(solved(paper, scenario, rule, {flip.what: flip.at})) == (flip.model, flip.k)
            column = 0 if flip.what == "a_min" else 2
            assert after.objectives[column] < found.choice.objectives[column]
            curve = found.curves[before.model]
            values = measured(curve, found.scenario)[curve.k == before.k]
            fitted = (constraints(values, found.scenario) <= 0).all()
            assert fitted or not before.objectives[column] < found.choice.objectives[column]
            assert flip.accuracy_more == pytest.approx(
                found.choice.objectives[2] - solved(paper, scenario, rule, {flip.what: flip.at}).objectives[2]
            )


@pytest.mark.parametrize("rule", DEFAULT_RULES)
def test_at_a_break_even_the_choice_flips_and_not_before(paper, routes, rule):
    for scenario in paper.scenarios:
        found = routes[scenario, rule]
        for flip in break_evens(found):
            if flip.what == "a_min":
                at, before = ({"a_min": flip.at * factor} for factor in (1.0, 1 - JUST))
                choices = solved(paper, scenario, rule, at), solved(paper, scenario, rule, before)
            else:
                sign = 1 if flip.what == found.choice.model else -1
                at, before = ({flip.what: flip.at * factor} for factor in (1 + sign * JUST, 1 - sign * JUST))
                choices = solved(paper, scenario, rule, prices=at), solved(paper, scenario, rule, prices=before)
            assert picked(choices[0]) == (None if flip.k is None else (flip.model, flip.k)), flip
            assert picked(choices[1]) == picked(found.choice), flip


def test_budgets_on_tails_are_relaxed_on_tails(paper):
    tails = paper.replace(scenarios={"s": paper.scenarios["essay-feedback"].replace(t_quantile=0.95)})
    found = route(tails, "s", "accuracy-max")
    [flip] = [flip for flip in relaxations(found) if flip.what == "t_max"]
    for factor, expected in ((1.0, (flip.model, flip.k)), (1 - JUST, picked(found.choice))):
        again = tails.replace(scenarios={"s": tails.scenarios["s"].replace(t_max=flip.at * factor)})
        assert picked(route(again, "s", "accuracy-max").choice) == expected


# The policy


@pytest.fixture(scope="module")
def policy(paper, tmp_path_factory):
    path = tmp_path_factory.mktemp("policy") / "policy.json"
    route(paper, "essay-feedback").policy().save(path)
    return Policy.load(path)


def test_the_policy_answers_as_route_does(paper, routes, policy):
    curves = routes["essay-feedback", "knee-chord"].curves
    random = np.random.default_rng(7)
    answered = 0
    for number in range(1000):
        budgets = {
            "c_max": float(np.exp(random.uniform(np.log(1e-3), np.log(2)))),
            "t_max": float(np.exp(random.uniform(0, np.log(4000)))),
            "a_min": float(random.uniform(0.85, 1)),
        }
        rule = list(RULES)[number % len(RULES)]
        scenario = paper.scenarios["essay-feedback"].replace(**budgets)
        expected = decide(front_across(curves, scenario), rule)
        found = policy.choose(**budgets, rule=rule)
        assert picked(found) == picked(expected)
        if found is not None:
            answered += 1
            np.testing.assert_array_equal([found.cost, found.time], expected.objectives[:2])
    assert 300 < answered < 1000


def test_without_budgets_rules_that_need_none_still_answer(policy):
    assert policy.choose(rule="accuracy-max").accuracy == 1 - policy.F[:, 2].min()
    assert policy.choose(c_max=1e-9) is None
    with pytest.raises(SettingError, match="max-cube divides cost and time"):
        policy.choose(c_max=1.0, rule="max-cube")
    with pytest.raises(SettingError, match="c_max must be a positive number"):
        policy.choose(c_max=-1, t_max=math.nan, a_min=2)
    with pytest.raises(UnknownNameError, match="unknown rule"):
        policy.choose(rule="best")
    with pytest.raises(SettingError) as refused:
        policy.choose(c_max="5", t_max=True, a_min="0.9")
    assert [message.split(" must")[0] for message in refused.value.errors] == ["c_max", "t_max", "a_min"]
    with pytest.raises(SettingError, match="resources must be budgets by unit"):
        policy.choose(resources=5)


def test_the_policy_s_rules_score_as_the_decision_makers_do(routes):
    front = routes["medical-ai", "max-cube"].front
    for rule, (score, higher_is_better, divides) in RULES.items():
        judge = make_rule(rule)
        N = judge.scaled_by(front.scenario).normalised(front.F)
        np.testing.assert_array_equal(score(N), judge.score(N))
        assert (judge.higher_is_better, judge.needs_scale) == (higher_is_better, divides)


def test_the_policy_needs_numpy_alone():
    heavy = {"pymoo", "pandas", "scipy", "matplotlib", "pydantic", "moocore", "yaml", "typer", "rich"}
    code = f"import sys, moo_inference.policy.policy; print({heavy} & {{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_policy_of_tails_answers_as_route_does(paper, tmp_path):
    """Whatever the budgets for a p95 of time, a p90 of cost and a floor for 95 of 100 queries."""
    tails = paper.scenarios["essay-feedback"].replace(c_quantile=0.9, t_quantile=0.95, a_quantile=0.05)
    models = {key: paper.models[key] for key in ("gpt-5", "gpt-5-nano", "qwen3-max")}
    found = route(mi.Catalog(models=models, scenarios={"s": tails}), "s")
    found.policy().save(tmp_path / "policy.json")
    assert json.loads((tmp_path / "policy.json").read_text())["format"] == "moo-inference policy 2"
    policy = Policy.load(tmp_path / "policy.json")
    assert policy.quantiles == {"c_max": 0.9, "t_max": 0.95, "a_min": 0.05}
    random = np.random.default_rng(8)
    answered, by_means = 0, 0
    for number in range(300):
        budgets = {
            "c_max": float(np.exp(random.uniform(np.log(1e-3), np.log(2)))),
            "t_max": float(np.exp(random.uniform(0, np.log(400)))),
            "a_min": float(random.uniform(0.7, 1)) if number % 5 else None,
        }
        rule = list(RULES)[number % len(RULES)]
        choice = policy.choose(**budgets, rule=rule)
        expected = choice_at(replace(found, unscaled=make_rule(rule)), tails.replace(**budgets))
        assert picked(choice) == picked(expected)
        means = decide(front_across(found.curves, paper.scenarios["essay-feedback"].replace(**budgets)), rule)
        by_means += picked(choice) != picked(means)
        answered += choice is not None
    assert answered > 80
    assert by_means > 20


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "format must be"),
        ({"k": [1]}, "same length"),
        ({"model": None}, "must be a policy"),
        ({"cost": "x"}, "must be a policy"),
        ({"models": []}, "must name their models"),
        ({"format": "moo-inference policy 2"}, "must be a policy"),
        ({"format": "moo-inference policy 2", "tails": {"t_max": {"quantile": 1, "amounts": []}}}, "between 0 and 1"),
        ({"format": "moo-inference policy 2", "tails": {"t_max": {"quantile": 0.9, "amounts": [1]}}}, "same length"),
    ],
)
def test_what_is_no_policy_is_refused(policy, tmp_path, change, words):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**policy.to_dict(), **change}))
    with pytest.raises(ReaderError, match=words):
        Policy.load(path)
    path.write_text("{")
    with pytest.raises(ReaderError, match="must be JSON"):
        Policy.load(path)
    with pytest.raises(ReaderError, match="No such file"):
        Policy.load(tmp_path / "none.json")


def test_litellm_settings_name_the_choice_and_its_fallback(routes):
    found = routes["proposal-writing", "max-cube"]
    settings = found.to_litellm()
    first, second = settings["model_list"]
    assert first == {
        "model_name": "proposal-writing",
        "litellm_params": {"model": found.choice.model, "n": found.choice.k},
    }
    assert second["litellm_params"]["model"] == found.runner_up.model
    assert settings["router_settings"]["fallbacks"] == [{first["model_name"]: [second["model_name"]]}]


def test_keeper_interval_and_quantile_stand_with_the_accuracies_of_a_route(paper):
    gpt5 = paper.models["gpt-5"]
    vote = {"kind": "outcomes", "keep": "majority", "questions": {"a": "6/6 0/2 0/2", "b": "5/5 0/5", "c": "9/9 0/1"}}
    models = {"normal": gpt5, "voted": gpt5.replace(accuracy=vote)}
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.3, t_quantile=0.95)
    found = route(mi.Catalog(models=models, scenarios={"s": scenario}), "s", "accuracy-max", k_max=5)
    record = found.to_dict()
    assert list(record)[-3:] == ["keep", "time_quantile", "time_at_quantile"]
    assert (record["model"], record["keep"], record["time_quantile"]) == ("normal", "oracle", 0.95)
    assert record["runner_up"]["keep"] == "majority"
    assert record["time_at_quantile"] == found.curves["normal"].views[scenario].values[record["k"] - 1, 1]
    table = route_tables(found)[0]
    first, second = table.rows
    assert (first[1], second[1]) == ("normal\noracle", "voted\nvote")
    assert first[3].endswith("\ninterval unknown")
    assert second[3].split("\n")[1].startswith(f"{record['runner_up']['accuracy_ci_low']:.3f} to ")
    assert first[5].split("\n")[1] == f"p95 {seconds(record['time_at_quantile'])}"
    assert table.notes[-1].startswith("Kept of k passes: oracle: ")
    nothing = route(mi.Catalog(models=models, scenarios={"s": scenario.replace(c_max=1e-9)}), "s", k_max=5).to_dict()
    assert (nothing["keep"], nothing["time_quantile"], nothing["time_at_quantile"]) == (None, 0.95, None)


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        ({"usd_per_million_input_tokens": "data/litellm_model_prices_excerpt.json:41, azure/gpt-4o"}, "azure/gpt-4o"),
        ({"usd_per_million_input_tokens": "model_prices_and_context_window.json:7, gpt-4o"}, "gpt-4o"),
        ({"usd_per_million_input_tokens": "openrouter.json:7, openai/gpt-4o"}, None),
        ({"usd_per_million_input_tokens": "by hand"}, None),
        ({"usd_per_million_input_tokens": "by hand", "litellm_model": "openai/gpt-4o"}, "openai/gpt-4o"),
        ({}, None),
    ],
)
def test_litellm_s_own_name_comes_from_the_sources(sources, name):
    assert litellm_name(sources) == name


def test_who_has_to_choose_among_n_answers_is_said_by_what_the_accuracy_is_of(paper):
    """The accuracies of the paper are of the best of k passes; an evaluation says what it kept."""
    own = {"kind": "outcomes", "keep": "majority", "questions": {"q": "5/5 0/2 0/2", "r": "9/9"}}
    sources = {"usd_per_million_input_tokens": "litellm.json:41, openai/voted"}
    models = {"voted": paper.models["gpt-5-nano"].replace(accuracy=own, sources=sources)}
    free = paper.scenarios["medical-ai"].replace(a_min=None)
    found = route(mi.Catalog(models=models, scenarios={"s": free}), "s", "accuracy-max", k_max=8)
    assert found.choice.k > 1
    assert found.to_litellm()["model_list"][0]["litellm_params"]["model"] == "openai/voted"
    [note] = found.litellm_notes
    assert note.endswith("the plurality answer has to be counted out")
    found = route(paper.select(["gpt-5-nano"]), "medical-ai", "accuracy-max", k_max=64)
    first, second = found.litellm_notes
    assert first.startswith("gpt-5-nano is its id in the catalog")
    assert f"n asks for {found.choice.k} answers" in second
    assert "the caller has to recognise a right one" in second


def test_accuracies_of_two_kinds_in_one_route_are_told_in_one_line(paper):
    counted = paper.models["gpt-5-nano"].replace(
        accuracy={"kind": "outcomes", "questions": {"q": "9/10", "r": "10/10"}}
    )
    models = {"counted": counted, "assumed": paper.models["gpt-5"]}
    scenarios = {"s": paper.scenarios["essay-feedback"].replace(a_min=None)}
    both = route(mi.Catalog(models=models, scenarios=scenarios), "s", k_max=4)
    [note] = both.to_dict()["notes"]
    assert "that of assumed is a normal distribution" in note
    assert "that of counted is counted in an evaluation" in note
    assert f"{note}." in route_tables(both)[0].notes
    for key, model in models.items():
        assert route(mi.Catalog(models={key: model}, scenarios=scenarios), "s", k_max=4).to_dict()["notes"] == []
