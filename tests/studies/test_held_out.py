"""What stopping gains on questions that the choice has not seen: where it does, where it does not, and how surely."""

import json
from dataclasses import replace

import numpy as np
import pytest
from recorded_models import recorded_model
from scipy.stats import norm

import moo_inference as mi
from moo_inference.catalog.variants import with_stops
from moo_inference.decision import make_rule
from moo_inference.errors import SettingError
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.studies.choose import recommended
from moo_inference.studies.contenders import Contenders
from moo_inference.studies.held_out import held_out, held_out_of
from moo_inference.studies.posterior import Posterior
from moo_inference.studies.resampled import QuestionTable
from moo_inference.studies.route import route
from moo_inference.views.answer import answer_lines
from moo_inference.views.route import route_tables

SCENARIO = mi.Scenario(name="s", c_max=10.0, t_max=1000.0, a_min=0.0)
FOUR = Conditions(k_max=4)


def model_of(right, cost, seconds, *, keep="oracle", answer=None, cluster=None, stop=None):
    """A model of (m, n) attempts at m questions."""
    m, n = right.shape
    names = np.repeat([f"q{number:03}" for number in range(m)], n)
    attempts = QuestionAttempts.of(
        names,
        right.ravel().astype(float),
        cost.ravel(),
        seconds.ravel(),
        keep=keep,
        answer=None if answer is None else answer.ravel(),
        cluster=None if cluster is None else np.repeat(cluster, n),
    )
    return recorded_model(attempts, name="M", parallel=4, stop=stop)


def drawn_model(seed=0, m=60, n=4, p=0.7, price=0.01, **options):
    """Attempts that are right with probability p, each with its own cost and time."""
    rng = np.random.default_rng(seed)
    return model_of(
        rng.random((m, n)) < p, price * (0.5 + rng.random((m, n))), rng.lognormal(1.0, 0.3, (m, n)), **options
    )


def catalog_of(scenario=SCENARIO, **models):
    return mi.Catalog(models=models, scenarios={"s": scenario})


def floor(a_min):
    return SCENARIO.replace(a_min=a_min)


@pytest.fixture(scope="module")
def saving():
    """Four passes are needed for the floor, and mostly the first of them is right."""
    return catalog_of(floor(0.9), a=drawn_model())


@pytest.fixture(scope="module")
def found(saving):
    return held_out(with_stops(saving, ["fixed", "first-verified/1"]), "s", "cheapest", conditions=FOUR)


def test_a_policy_that_saves_is_found_to_save(saving):
    """By hand: one after the other ends at the first right one, so 4 passes cost 1 + q + q^2 + q^3 of 4."""
    four = Conditions(k_min=4, k_max=4)
    found = held_out(with_stops(saving, ["fixed", "first-verified/1"]), "s", "cheapest", conditions=four)
    wrong = saving.models["a"].attempts.expected_accuracy([1, 2, 3])[1].mean(axis=0)
    assert found.gained
    assert found.objective == "cost"
    expected = 1 - (1 + wrong.sum()) / 4
    assert found.shares["cost"].low < expected < found.shares["cost"].high
    assert found.gains["accuracy"].low <= 0 <= found.gains["accuracy"].high
    assert found.gains["time"].below  # one by one is slower than four at once
    assert found.stops > 0.95
    assert found.compared > 0.9


def test_the_halves_are_valued_as_a_slow_twin_does(saving):
    """A twin that splits, chooses and values with plain loops, of means over the questions of a half."""
    scenario = saving.scenarios["s"]
    models = with_stops(saving, ["fixed", "first-verified/1"]).models
    k = np.arange(1, 5)
    tables = {key: mi.Recorded().means_by_question(model, k, FOUR) for key, model in models.items()}
    rng = np.random.default_rng(3)
    gains, meets = [], []
    for _ in range(1000):
        order = rng.permutation(60)
        for here, there in ((order[:30], order[30:]), (order[30:], order[:30])):
            chosen = {}
            for allowed in (("a",), tuple(models)):
                rows = [
                    (cost[here, place].mean(), seconds[here, place].mean(), key, place)
                    for key in allowed
                    for (cost,), seconds, error in [tables[key]]
                    for place in range(4)
                    if error[here, place].mean() <= 1 - scenario.a_min + 1e-9
                ]
                if rows:
                    *_, key, place = min(rows)
                    (cost,), seconds, error = tables[key]
                    chosen[allowed] = [values[there, place].mean() for values in (cost, seconds, error)]
            with_it = chosen.get(tuple(models))
            meets.append(with_it is not None and with_it[2] <= 1 - scenario.a_min + 1e-9)
            if len(chosen) == 2:
                gains.append(np.subtract(chosen[("a",)], with_it))
    ours = held_out(mi.Catalog(models=models, scenarios=saving.scenarios), "s", splits=1000, conditions=FOUR)
    for name, column in (("cost", 0), ("time", 1), ("accuracy", 2)):
        values = np.array(gains)[:, column]
        # Both sides are draws of 1,000 splits, whose two halves go against each other: at most twice a variance.
        band = 4 * np.sqrt(2) * values.std() / np.sqrt(1000)
        assert abs(ours.gains[name].mean - values.mean()) <= band + 1e-12
    assert abs(ours.meets - np.mean(meets)) < 4 * np.sqrt(2 * 0.25 / 1000)


def test_one_policy_alone_competes_with_its_models_without_it(saving, found):
    alone = held_out(with_stops(saving, "first-verified/1"), "s", "cheapest", conditions=FOUR)
    assert alone.stops == found.stops
    assert alone.gained
    assert alone.shares["cost"].mean == pytest.approx(found.shares["cost"].mean, rel=1e-6)


def test_two_policies_alone_compete_with_both_ways_to_keep_a_pass():
    rng = np.random.default_rng(5)
    answer = rng.integers(0, 3, (40, 4))
    model = model_of(answer == 0, np.ones((40, 4)), np.ones((40, 4)), answer=answer)
    two = with_stops(catalog_of(a=model), ["first-verified/1", "vote-until-sure/1"])
    found = held_out(two, "s", "accuracy-max", conditions=FOUR)
    assert found.objective == "accuracy"
    assert found.gains["accuracy"].mean == 0  # the best of four, either way
    assert found.gained  # for fewer dollars
    assert not replace(found, shares={"cost": replace(found.shares["cost"], low=-0.01)}).gained
    lower = replace(found.gains["accuracy"], mean=-0.006, low=-0.02)
    assert not replace(found, gains={"accuracy": lower}).gained


def test_what_costs_the_same_gains_nothing(saving):
    """One look, after all four: such a policy stops nothing."""
    idle = held_out(with_stops(saving, ["fixed", "first-verified/4"]), "s", "cheapest", conditions=FOUR)
    assert not idle.gained
    assert all(np.isnan(gain.mean) for gain in (*idle.gains.values(), *idle.shares.values()))
    assert (idle.stops, idle.compared) == (0, 0)


def two_rows(difference, cost=(0.05, 0.05)):
    """Two configurations whose costs differ by so much at each question: the second stops early."""
    m = len(difference)
    values = np.zeros((m, 2, 3))
    values[:, :, 0] = cost
    values[:, 1, 0] -= difference
    values[:, :, 1] = 1.0
    none = np.empty(0, dtype=int)
    table = QuestionTable(
        np.arange(2), np.arange(m), np.ones(m), np.arange(3), values, none, np.empty(0), np.empty((m, 2, 0))
    )
    F = values.mean(axis=0)
    looked_at = F.copy()
    looked_at[:, -1] = 1 - F[:, -1]
    known = Posterior(
        F,
        [("a", 1), ("b", 1)],
        SCENARIO,
        (),
        looked_at,
        np.zeros((2, 3)),
        m,
        m,
        (table,),
        (),
        np.zeros(2),
        np.array([0, 1]),
    )
    stopping = np.array([False, True])
    return Contenders(known, ~stopping, np.ones(2, dtype=bool), stopping)


CHEAPEST = make_rule("cheapest").scaled_by(SCENARIO, ())


def worlds(count, difference_of, splits=20):
    rng = np.random.default_rng(11)
    return [held_out_of(two_rows(difference_of(rng)), CHEAPEST, splits, seed) for seed in range(count)]


@pytest.mark.slow
def test_where_nothing_is_to_be_gained_the_interval_says_so_in_95_of_100_worlds():
    """The policy costs the same in truth, and a sample of 40 questions says more or less by chance."""
    found = worlds(300, lambda rng: rng.normal(0, 0.01, 40))
    covers = np.mean([not (own.gains["cost"].above or own.gains["cost"].below) for own in found])
    band = 3 * np.sqrt(0.95 * 0.05 / 300)
    assert covers > 0.95 - band
    assert np.mean([own.gained for own in found]) < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 300)


@pytest.mark.slow
def test_the_interval_of_a_policy_that_is_always_taken_has_its_truth_in_95_of_100_worlds():
    """A saving of 0.03 USD per query, ten standard errors, so that each half finds it."""
    found = worlds(300, lambda rng: rng.normal(0.03, 0.018, 40))
    covers = np.mean([own.gains["cost"].low <= 0.03 <= own.gains["cost"].high for own in found])
    band = 3 * np.sqrt(0.95 * 0.05 / 300)
    assert 0.95 - band < covers < 0.95 + band
    # The control: intervals of two thirds of the width have it in about 81 of 100.
    thin = [
        abs(own.gains["cost"].mean - 0.03) < (own.gains["cost"].high - own.gains["cost"].mean) / 1.5 for own in found
    ]
    assert np.mean(thin) < 0.95 - band


def test_the_interval_is_that_of_a_mean_where_each_half_chooses_the_same():
    difference = np.random.default_rng(2).normal(0.03, 0.01, 100)
    found = held_out_of(two_rows(difference), CHEAPEST, 50, 1)
    assert found is not None
    gain = found.gains["cost"]
    assert gain.mean == pytest.approx(difference.mean(), abs=1e-12)
    width = 2 * norm.ppf(0.975) * difference.std(ddof=1) / 10
    # 400 resamples know it to within 4 %, and the t distribution of 99 degrees of freedom is 1 % wider.
    assert gain.high - gain.low == pytest.approx(width, rel=0.15)


def test_the_mean_of_halves_is_less_than_the_mean_of_all_where_a_half_may_choose_wrong():
    """A control for the whole: a choice that is valued where it was made never loses."""
    difference = np.random.default_rng(4).normal(0.0, 0.01, 40)
    difference -= difference.mean() - 0.0005
    found = held_out_of(two_rows(difference), CHEAPEST, 500, 1)
    assert found is not None
    assert found.gains["cost"].mean < 0
    assert 0.4 < found.stops < 0.9


def test_dollars_in_other_units_change_nothing_else(saving, found):
    scaled = {key: drawn_model(price=10.0) if key == "a" else model for key, model in saving.models.items()}
    scenario = saving.scenarios["s"].replace(c_max=10_000.0)
    other = held_out(
        with_stops(catalog_of(scenario, **scaled), ["fixed", "first-verified/1"]), "s", "cheapest", conditions=FOUR
    )
    for name in ("mean", "low", "high"):
        assert getattr(other.gains["cost"], name) == pytest.approx(1000 * getattr(found.gains["cost"], name), rel=1e-9)
        assert getattr(other.shares["cost"], name) == pytest.approx(getattr(found.shares["cost"], name), rel=1e-9)
        assert getattr(other.gains["time"], name) == pytest.approx(getattr(found.gains["time"], name), rel=1e-9)
    assert (other.meets, other.stops, other.compared) == (found.meets, found.stops, found.compared)


def test_the_order_of_attempts_changes_nothing(saving, found):
    own = saving.models["a"].attempts
    order = np.random.default_rng(8).permutation(len(own.cost))
    names = np.asarray(own.names)[own.place]
    shuffled = QuestionAttempts.of(names[order], own.worth[order], own.cost[order], own.seconds[order])
    other = held_out(
        with_stops(
            catalog_of(saving.scenarios["s"], a=saving.models["a"].replace(attempts=shuffled)),
            ["fixed", "first-verified/1"],
        ),
        "s",
        "cheapest",
        conditions=FOUR,
    )
    assert other.gains["cost"].mean == pytest.approx(found.gains["cost"].mean, rel=1e-9)
    assert other.gains["cost"].low == pytest.approx(found.gains["cost"].low, rel=1e-9)


def test_the_same_seed_gives_the_same_bytes(saving, found):
    variants = with_stops(saving, ["fixed", "first-verified/1"])
    again = held_out(variants, "s", "cheapest", conditions=FOUR)
    assert json.dumps(again.to_dict()) == json.dumps(found.to_dict())
    other = held_out(variants, "s", "cheapest", conditions=FOUR, seed=43)
    assert other.to_dict() != found.to_dict()


def test_clusters_of_questions_stay_together():
    """Ten copies of each of 12 questions: as clusters they are 12, and the interval is as wide as of these."""
    own = drawn_model(m=12, seed=3)
    attempts = own.attempts
    repeat = np.tile(np.arange(len(attempts.cost)).reshape(12, 4), (10, 1)).reshape(120, 4)
    right, cost, seconds = (np.asarray(values)[repeat] for values in (attempts.worth, attempts.cost, attempts.seconds))
    cluster = np.tile([f"c{number:02}" for number in range(12)], 10)
    many = [
        held_out(with_stops(catalog_of(a=model), ["fixed", "first-verified/1"]), "s", "accuracy-max", conditions=FOUR)
        for model in (model_of(right, cost, seconds), model_of(right, cost, seconds, cluster=cluster), own)
    ]
    apart, together, once = (own.shares["cost"].high - own.shares["cost"].low for own in many)
    assert together == pytest.approx(once, rel=1e-9)
    assert together > 2 * apart


def test_budgets_for_quantiles_are_met_by_shares_of_queries():
    """On the other half too: p95 of time within a budget that half of the questions break at four passes."""
    scenario = mi.Scenario(name="s", c_max=10.0, t_max=6.0, a_min=0.0, t_quantile=0.95)
    catalog = with_stops(catalog_of(scenario, a=drawn_model(m=40)), ["fixed", "first-verified/1"])
    found = held_out(catalog, "s", "cheapest", conditions=FOUR)
    assert 0 < found.meets <= 1
    generous = catalog_of(scenario.replace(t_max=1000.0), **catalog.models)
    assert held_out(generous, "s", "cheapest", conditions=FOUR).meets == 1


def test_where_nothing_meets_the_budgets_nothing_is_known():
    impossible = catalog_of(floor(0.999), a=drawn_model(p=0.2))
    found = held_out(with_stops(impossible, ["fixed", "first-verified/1"]), "s", "cheapest", conditions=FOUR)
    assert (found.compared, found.meets, found.meets_fixed) == (0, 0, 0)
    assert not found.gained
    assert found.to_dict()["gains"]["cost"] == {"mean": None, "low": None, "high": None}


def test_rules_that_trade_gain_where_something_is_gained_and_nothing_lost(found):
    assert not replace(found, objective=None).gained  # dollars are saved, and seconds lost
    free = {name: gain for name, gain in found.shares.items() if name != "time"}
    assert replace(found, objective=None, shares=free, gains={"accuracy": found.gains["accuracy"]}).gained
    assert not replace(found, objective="time").gained
    less_often = type(found.gains["cost"])(-0.2, -0.3, -0.1)
    assert not replace(found, meets_more=less_often).gained


def test_a_choice_that_gains_nothing_is_passed_over():
    """One attempt at one question is right, so that on the half without it all passes run."""
    rng = np.random.default_rng(1)
    right = np.zeros((60, 4), dtype=bool)
    right[0, 0] = True
    cost, seconds = 0.01 * (0.5 + rng.random((60, 4))), rng.lognormal(1.0, 0.3, (60, 4))
    catalog = catalog_of(floor(0.0), a=model_of(right, cost, seconds), b=model_of(right, 0.99 * cost, seconds))
    taken = route(with_stops(catalog, ["fixed", "first-verified/1"]), "s", "accuracy-max", k_max=4)
    assert taken.stop == "first-verified/1"
    advised = recommended(taken)
    assert advised.stop is None
    assert advised.passed_over is not None
    assert advised.passed_over.choice == taken.choice
    assert advised.held_out is advised.passed_over.held_out
    assert advised.to_dict()["passed_over"]["stop"] == "first-verified/1"


def test_a_choice_that_gains_stays(saving):
    advised = mi.choose(saving, scenario="s", k_max=4, stop=["fixed", "first-verified/1"])
    assert advised.stop == "first-verified/1"
    assert advised.passed_over is None
    assert advised.held_out is not None
    assert advised.held_out.gained
    assert advised.to_dict()["held_out"]["gained"] is True
    assert advised.options["held_out"] is True


def test_without_policies_nothing_is_held_out(saving):
    plain = mi.choose(saving, scenario="s", k_max=4)
    assert plain.held_out is None
    assert "held_out" not in plain.to_dict()
    assert "held_out" not in plain.options
    with pytest.raises(SettingError, match="some model must stop early, got none"):
        held_out(saving, "s")


def test_too_few_questions_say_nothing():
    few = with_stops(catalog_of(a=drawn_model(m=9)), ["fixed", "first-verified/1"])
    with pytest.raises(SettingError, match="at least 10 questions"):
        held_out(few, "s", conditions=FOUR)
    assert route(few, "s", "accuracy-max", k_max=4).held_out is None


def test_errors_come_all_at_once(saving):
    with pytest.raises(SettingError, match="splits") as error:
        held_out(saving, "s", splits=1, seed=-1)
    assert "seed" in str(error.value)
    with pytest.raises(LookupError, match="scenario"):
        held_out(saving, "none")


def lines_of(found):
    return dict(answer_lines(found))


def test_the_answer_says_what_is_gained_with_its_interval(saving):
    taken = mi.choose(saving, scenario="s", k_max=4, stop=["fixed", "first-verified/1"])
    text, share = lines_of(taken)["Held out"], taken.held_out.shares["cost"]
    assert text.startswith("on questions that the choice has not seen, stopping gains: cost -")
    assert f"cost {-100 * share.mean:+.0f} % ({-100 * share.high:+.0f} % to {-100 * share.low:+.0f} %)" in text
    assert "from 200 splits of 60 questions" in text


def test_the_answer_names_what_was_passed_over():
    right = np.zeros((60, 4), dtype=bool)
    right[0, 0] = True
    catalog = catalog_of(a=model_of(right, np.full((60, 4), 0.01), np.ones((60, 4))))
    advised = mi.choose(catalog, scenario="s", rule="accuracy-max", k_max=4, stop=["fixed", "first-verified/1"])
    text = lines_of(advised)["Held out"]
    assert text.startswith("stopping shows no better accuracy on questions that the choice has not seen")
    assert "All passes run therefore, in place of a with at most 4 passes (first-verified/1: " in text
    assert "Stopping" not in lines_of(advised)
    assert "held out: stopping shows" in " ".join(note for table in route_tables(advised) for note in table.notes)


def test_the_answer_says_where_nothing_can_be_held_out():
    few = mi.choose(catalog_of(a=drawn_model(m=9)), scenario="s", rule="accuracy-max", k_max=4, stop="first-verified/1")
    assert lines_of(few)["Held out"] == (
        "what stopping gains cannot be said: it rests on too few questions to hold some out."
    )
    plain = mi.choose(catalog_of(a=drawn_model()), scenario="s", k_max=4)
    assert "Held out" not in lines_of(plain)
