"""What-if: what it proposes did not fit before and is better, it misses nothing that a dense scan finds, and what it
prints holds at the very number that is printed."""

import numpy as np
import pytest
from other_budgets import choice_at

import moo_inference as mi
from moo_inference.catalog import Accuracy
from moo_inference.decision import RULES, make_rule
from moo_inference.decision.choice import decide
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.conditions import Conditions
from moo_inference.formatting.amounts import apart, bound, number, threshold
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.studies.route import Route, front_across, route
from moo_inference.studies.what_if import break_evens, relaxations
from moo_inference.views.route import route_tables

ANY = mi.Scenario(name="S", c_max=1, t_max=1, a_min=None)
SCALED = [rule for rule in RULES if make_rule(rule).needs_scale and "knee" not in rule]


def picked(choice):
    return None if choice.k is None else (choice.model, choice.k)


def random_route(random, rule):
    """Two models of six rows whose cost, time and accuracy rise with k, and budgets that some rows meet."""
    curves = {}
    for model in ("first", "second"):
        table = np.zeros((6, 15))
        table[:, 0], table[:, 5] = (np.sort(random.uniform(0.1, 1, 6)).cumsum() for _ in range(2))
        table[:, 10] = np.sort(random.uniform(0.3, 1, 6))
        curves[model] = ScalingCurve.from_table(np.arange(1, 7), table, 1 - table[:, 10])
    c_max, t_max = random.uniform(0.3, 2.5, 2).tolist()
    scenario = ANY.replace(c_max=c_max, t_max=t_max, a_min=float(random.uniform(0.2, 0.7)))
    judge = make_rule(rule)
    front = front_across(curves, scenario)
    choice = decide(front, judge.scaled_by(scenario))
    accuracies = dict.fromkeys(curves, Accuracy(mean=0.5, std=0.1))
    options = {"estimator": {"estimator": "Tabulated"}, **Conditions().to_dict()}
    models = dict.fromkeys(curves, mi.load_catalog("paper").models["gpt-5"])
    return Route(
        "s", scenario, curves, accuracies, judge.scaled_by(scenario), judge, front, choice, options, models=models
    )


def fits(found, choice):
    curve = found.curves[choice.model].take(np.array([choice.k - 1]))
    return bool((constraints(measured(curve, found.scenario), found.scenario) <= 0).all())


def better(found, choice):
    """Whether a choice did not fit and is more accurate than the present one; anything is where there is none."""
    if choice.objectives is None or fits(found, choice):
        return False
    return found.choice.objectives is None or choice.objectives[-1] < found.choice.objectives[-1]


def scanned(found, budget, ratio):
    """The first of many values of a budget at which the choice is better; the slow way."""
    now = getattr(found.scenario, budget)
    column = 0 if budget == "c_max" else 1
    highest = 3 * max(float(curve.means[:, column].max()) for curve in found.curves.values())
    for value in np.geomspace(now, highest, int(np.log(highest / now) / np.log(ratio)))[1:].tolist():
        if better(found, choice_at(found, found.scenario.replace(**{budget: value}))):
            return value
    return None


def test_no_relaxation_is_missed_that_a_dense_scan_of_the_budget_finds():
    random = np.random.default_rng(5)
    found_by_scan = 0
    for number_of_route in range(12):
        found = random_route(random, SCALED[number_of_route % len(SCALED)])
        flips = {flip.what: flip for flip in relaxations(found)}
        for budget in ("c_max", "t_max"):
            value = scanned(found, budget, 1.03)
            if value is not None:
                found_by_scan += 1
                assert flips[budget].at <= value * (1 + 1e-9)
    assert found_by_scan >= 3


def test_what_is_proposed_did_not_fit_and_is_better_whatever_the_rule():
    random = np.random.default_rng(6)
    proposed = 0
    for number_of_route in range(24):
        found = random_route(random, list(RULES)[number_of_route % len(RULES)])
        for flip in relaxations(found):
            proposed += 1
            after = choice_at(found, found.scenario.replace(**{flip.what: flip.at}))
            assert picked(after) == (flip.model, flip.k)
            assert not fits(found, after)
            if flip.what == "a_min" and found.choice.objectives is not None:
                assert flip.usd_more < 0
            else:
                assert better(found, after)
    assert proposed > 5


def thresholds(found):
    """What stands in the table: which value, as a number, and the choice that it is said to give."""
    for table in route_tables(found, what_if=True):
        if table.columns[0] == "what":
            for what, now, at, then, _ in table.rows:
                assert at != now
                yield what, float(at.replace("$", "").split()[0]), then


def tried(found, what, value):
    """The choice at a value that was read from the table, from the curves with other budgets or prices."""
    if not what.startswith("price of "):
        return choice_at(found, found.scenario.replace(**{what: value}))
    model = what.removeprefix("price of ")
    table = found.curves[model].table.copy()
    table[:, :5] *= value
    curve = ScalingCurve.from_table(found.curves[model].k, table, found.curves[model].error)
    return decide(front_across({**found.curves, model: curve}, found.scenario), found.unscaled)


def said(choice):
    return "nothing" if choice.k is None else f"{choice.model} with k = {choice.k}"


def test_every_threshold_that_is_printed_gives_the_choice_that_is_printed():
    """And of the same values rounded to nearest, at six digits, some do not."""
    random = np.random.default_rng(7)
    routes = [random_route(random, list(RULES)[number % len(RULES)]) for number in range(12)]
    printed = [(found, *line) for found in routes for line in thresholds(found)]
    assert len(printed) > 20
    for found, what, value, then in printed:
        assert said(tried(found, what, value)) == then, (found.rule.id, what, value)
    wrong = 0
    for found in routes:
        for flip in [*relaxations(found), *break_evens(found)]:
            what = f"price of {flip.what}" if flip.what in found.curves else flip.what
            then = "nothing" if flip.k is None else f"{flip.model} with k = {flip.k}"
            wrong += said(tried(found, what, float(f"{flip.at:.6g}"))) != then
    assert wrong > 5


def test_a_price_at_which_costs_are_equal_is_passed_on_the_safe_side(paper):
    """A fifth of the price of gpt-5-mini is that of gpt-5-nano: the last digits of the costs decide nothing."""
    catalog = paper.select(["gpt-5-mini", "gpt-5-nano"], ["proposal-writing"])
    found = route(catalog, "proposal-writing", "accuracy-max", k_max=16)
    for flip in break_evens(found):
        if flip.what in catalog.models:
            model = catalog.models[flip.what]
            prices = {
                name: getattr(model, name) * float(flip.shown)
                for name in ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
            }
            changed = catalog.replace(models={**catalog.models, flip.what: model.replace(**prices, price_checked=True)})
            again = route(changed, "proposal-writing", "accuracy-max", k_max=16)
            assert picked(again.choice) == (None if flip.k is None else (flip.model, flip.k))


@pytest.mark.parametrize(
    ("value", "up", "text"),
    [(0.50000049, True, "0.500001"), (0.50000049, False, "0.5"), (94.5123456, True, "94.5124"),
     (2e-9, True, "0.000000002"), (1234567.25, True, "1234570"), (0.9, False, "0.9"), (0.0, False, "0")],
)  # fmt: skip
def test_a_threshold_is_rounded_to_the_side_on_which_it_holds(value, up, text):
    assert threshold(value, lambda tried: tried >= value if up else tried <= value, up=up) == text


def test_a_narrow_threshold_gets_the_digits_that_it_takes():
    """It holds from 1/3 on, for a billionth."""
    text = threshold(1 / 3, lambda tried: 1 / 3 <= tried <= 1 / 3 + 1e-9, up=True)
    assert 1 / 3 <= float(text) <= 1 / 3 + 1e-9
    assert len(text) < len(repr(1 / 3))
    assert float(threshold(1 / 3, lambda tried: tried == 1 / 3, up=True)) == 1 / 3


def test_amounts_that_differ_are_told_apart():
    assert apart("accuracy", 0.8, 0.8000001) == ("0.8", "0.8000001")
    assert apart("cost", 0.5, 0.5) == ("$0.5", "$0.5")
    assert apart("time", 61.2345678, 60.0) == ("61.2346 s", "60 s")
    assert [bound("cost", value) for value in (0.5, 0.95, 0.012345, 3600.0)] == [
        "$0.500",
        "$0.950",
        "$0.012345",
        "$3,600",
    ]
    assert bound("accuracy", 0.8000001) == "0.8000001"
    assert (number(1e-7), number(3600.0), number(0.1 + 0.2)) == ("0.0000001", "3600", "0.30000000000000004")
