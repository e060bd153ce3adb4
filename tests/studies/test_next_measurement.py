"""What to measure next: how a sum is divided, what is bought for it, and what is expected of that."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import moo_inference as mi
from moo_inference.catalog import Accuracy, MeasuredAccuracy
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.variants import with_stops
from moo_inference.decision import make_rule
from moo_inference.decision.many import choices_of
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.studies.allocation import top_two, whole_questions
from moo_inference.studies.confidence import AssessmentSettings, assess_known
from moo_inference.studies.evaluated_questions import with_questions
from moo_inference.studies.next_measurement import next_measurement
from moo_inference.studies.posterior import posterior
from moo_inference.studies.preposterior import expected_pgs
from moo_inference.studies.purchases import FLOOR, shares_of_spending

SCENARIO = mi.Scenario(name="s", c_max=0.25, t_max=100.0, a_min=0.1)
ENTRY = {
    "usd_per_million_input_tokens": 1.0,
    "usd_per_million_output_tokens": 1.0,
    "request_seconds": {"mean": 3.0, "std": 1.0},
    "input_tokens": {"mean": 10.0, "std": 1.0},
    "output_tokens": {"mean": 10.0, "std": 1.0},
    "accuracy": Accuracy(mean=0.5, std=0.1),
}


def attempts_of(right, cost, names, seed, scale=1.0, clusters=None, n=3):
    """n attempts at each question, right with one probability; what one costs varies by half."""
    rng = np.random.default_rng(seed)
    size = n * len(names)
    worth, spent = (rng.random(size) < right).astype(float), scale * cost * (0.75 + 0.5 * rng.random(size))
    of = None if clusters is None else np.repeat(clusters, n)
    return QuestionAttempts.of(np.repeat(names, n), worth, spent, np.full(size, 3.0), cluster=of)


def model_of(name, right, cost, seed, m=40, **options):
    names = [f"q{number:03}" for number in range(m)]
    return RecordedModel(name=name, attempts=attempts_of(right, cost, names, seed, **options), **ENTRY)


def catalog_of(scenario=SCENARIO, **models):
    return mi.Catalog(models=models, scenarios={"s": scenario})


def three(m=(40, 30, 20), scale=1.0):
    return {
        "a": model_of("A", 0.6, 0.01, 1, m[0], scale=scale),
        "b": model_of("B", 0.62, 0.02, 2, m[1], scale=scale),
        "c": model_of("C", 0.5, 0.04, 3, m[2], scale=scale),
    }


def known_of(catalog, k_max=3):
    curves = {key: mi.Recorded().estimate(model, range(1, k_max + 1)) for key, model in catalog.models.items()}
    scenario = catalog.scenarios["s"]
    return posterior(catalog.models, curves, scenario, Conditions(k_max=k_max)), make_rule("accuracy-max").scaled_by(
        scenario
    )


class TestTopTwo:
    """Against the algorithm itself."""

    @staticmethod
    def simulated(selected, times, seed, leader=0.5):
        rng = np.random.default_rng(seed)
        counts = np.zeros(len(selected))
        for first in rng.choice(len(selected), times, p=selected):
            taken = first
            while rng.random() >= leader and taken == first:
                taken = rng.choice(len(selected), p=selected)
                while taken == first:
                    taken = rng.choice(len(selected), p=selected)
                break
            counts[taken] += 1
        return counts / times

    def test_it_is_how_often_top_two_sampling_measures_each(self):
        selected = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
        times = 20_000
        found = top_two(selected)
        measured = self.simulated(selected, times, 1)[:-1]
        band = 4 * np.sqrt(found * (1 - found) / times)
        assert (np.abs(found - measured) <= band).all()
        # The control: plain posterior sampling, which measures the leader alone, is not it.
        assert (np.abs(found - self.simulated(selected, times, 1, leader=1.0)[:-1]) > band).any()

    def test_of_two_rivals_each_is_measured_half_the_time(self):
        for share in (0.5, 0.9, 0.999):
            np.testing.assert_allclose(top_two(np.array([share, 1 - share, 0.0])), [0.5, 0.5], rtol=1e-12)

    def test_what_is_always_or_never_taken(self):
        np.testing.assert_array_equal(top_two(np.array([0.0, 1.0, 0.0])), [0.0, 1.0])
        np.testing.assert_array_equal(top_two(np.array([0.0, 0.0, 1.0])), [0.5, 0.5])
        # Nothing is mostly taken: what is rarely taken is its challenger.
        found = top_two(np.array([0.1, 0.0, 0.9]))
        np.testing.assert_array_equal(found, [1.0, 0.0])

    def test_expensive_settings_get_more_dollars_and_fewer_questions(self):
        catalog = catalog_of(**three())
        known, rule = known_of(catalog)
        [found] = assess_known(known, [rule], AssessmentSettings(400))
        prices, places = np.array([0.03, 0.06, 0.12]), {"a": 0, "b": 1, "c": 2}
        same = shares_of_spending(found, places, np.ones(3))
        shares = shares_of_spending(found, places, prices)
        np.testing.assert_allclose(shares / same / np.sqrt(prices), (shares / same / np.sqrt(prices))[0], rtol=1e-12)
        assert shares.sum() == pytest.approx(1)


@st.composite
def purses(draw):
    size = draw(st.integers(1, 6))
    shares = np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)), dtype=float)
    prices = np.array(draw(st.lists(st.floats(0.001, 5.0), min_size=size, max_size=size)))
    left = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 5.0, 100.0, math.inf]), min_size=size, max_size=size)))
    shares = np.where(shares.sum() > 0, shares, 1.0)
    return shares / shares.sum(), prices, left, draw(st.floats(0.001, 50.0))


class TestWholeQuestions:
    @given(purses())
    @settings(max_examples=200, deadline=None)
    def test_never_beyond_the_sum_and_nothing_that_fits_is_left(self, purse):
        shares, prices, left, spend = purse
        bought = whole_questions(shares, prices, left, spend)
        total = (bought * prices).sum()
        assert total <= spend
        assert (bought >= 0).all()
        assert (bought <= left).all()
        assert not bought[shares == 0].any()
        open_ = (shares > 0) & (bought < left)
        assert (total + prices[open_] > spend * (1 - 1e-9)).all()

    @given(purses())
    @settings(max_examples=50, deadline=None)
    def test_the_unit_of_money_does_not_matter(self, purse):
        shares, prices, left, spend = purse
        np.testing.assert_array_equal(
            whole_questions(shares, prices, left, spend), whole_questions(shares, 4 * prices, left, 4 * spend)
        )

    def test_each_is_within_one_question_of_its_share(self):
        shares, prices = np.array([0.5, 0.3, 0.2]), np.array([0.7, 0.9, 1.3])
        bought = whole_questions(shares, prices, np.full(3, math.inf), 100.0)
        assert (np.abs(bought - 100 * shares / prices) <= 2).all()

    def test_what_one_cannot_take_goes_to_the_others_by_their_shares(self):
        bought = whole_questions(np.array([0.5, 0.4, 0.1]), np.ones(3), np.array([10.0, math.inf, math.inf]), 60.0)
        np.testing.assert_array_equal(bought, [10, 40, 10])


class TestOtherQuestions:
    def test_all_questions_are_what_is_known(self):
        known, _ = known_of(catalog_of(**three()))
        tables = known.tables
        again = with_questions(known, [np.arange(len(t.units)) for t in tables], [t.units for t in tables])
        np.testing.assert_allclose(again.F, known.F, rtol=1e-12)
        np.testing.assert_array_equal(again.met, known.met)
        ours, theirs = (next(own.drawn(50, np.random.default_rng(1)))[0] for own in (again, known))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)

    def test_some_questions_are_an_evaluation_of_these_alone(self):
        whole = catalog_of(**three((30, 30, 30)))
        some = np.array([2, 3, 5, 7, 11, 13])
        parts = {}
        for key, model in whole.models.items():
            own = model.attempts
            rows = np.isin(own.place, some)
            part = QuestionAttempts.of(own.names[own.place[rows]], own.worth[rows], own.cost[rows], own.seconds[rows])
            parts[key] = RecordedModel(name=key, attempts=part, **ENTRY)
        known, _ = known_of(whole)
        there = with_questions(known, [some] * 3, [np.arange(len(some))] * 3)
        alone, _ = known_of(catalog_of(**parts))
        np.testing.assert_allclose(there.F, alone.F, rtol=1e-12)
        np.testing.assert_array_equal(there.met, alone.met)

    def test_a_budget_for_a_quantile_is_counted_anew(self):
        scenario = mi.Scenario(name="s", c_max=0.021, t_max=None, a_min=None, c_quantile=0.9)
        models = {"a": model_of("A", 0.6, 0.02, 1, 40)}
        curves = {"a": mi.Recorded().estimate(models["a"], [1, 2], scenarios=[scenario])}
        known = posterior(models, curves, scenario, Conditions(k_max=2))
        cost = models["a"].attempts.cost.reshape(40, 3)
        for places in (np.argsort(cost.max(axis=1))[:8], np.argsort(cost.max(axis=1))[-8:]):
            met = with_questions(known, [places], [np.arange(8)]).met
            assert met[0] == ((cost[places] <= 0.021).mean() >= 0.9)
            assert not met[1]


class TestExpectation:
    def test_without_further_questions_it_is_what_it_is_now(self):
        known, rule = known_of(catalog_of(**three()))
        asked = AssessmentSettings(100, seed=5)
        found = expected_pgs(known, [np.empty(0, dtype=np.int64)] * 3, rule, 3, asked)
        [now] = assess_known(known, [rule], asked)
        np.testing.assert_allclose(found, now.pgs)

    def test_many_questions_decide(self):
        models = {"a": model_of("A", 0.55, 0.01, 1, 40), "b": model_of("B", 0.6, 0.01, 2, 40)}
        known, rule = known_of(catalog_of(**models), k_max=1)
        new = np.arange(known.units, known.units + 800)
        asked = AssessmentSettings(100)
        few, many = (expected_pgs(known, [new[:size]] * 2, rule, 30, asked) for size in (5, 800))
        assert many.mean() > few.mean() + 0.1

    def test_it_is_what_is_found_on_average(self):
        """Worlds are drawn from a uniform prior of how often one is right, at questions that are not alike at all."""
        rng = np.random.default_rng(11)
        expected, achieved = [], []
        for seed in range(40):
            right = rng.uniform(0.3, 1.0, 2)
            whole = {
                key: model_of(key, p, 0.01, 1000 + 2 * seed + i, 90, n=1)
                for i, (key, p) in enumerate(zip("ab", right, strict=True))
            }
            known, rule = known_of(catalog_of(**whole), k_max=1)
            first, all_ = np.arange(10), np.arange(90)
            now = with_questions(known, [first] * 2, [first] * 2)
            asked = AssessmentSettings(100, seed=seed)
            expected.append(expected_pgs(now, [np.arange(10, 90)] * 2, rule, 10, asked).mean())
            [after] = assess_known(with_questions(known, [all_] * 2, [all_] * 2), [rule], asked)
            achieved.append(0.0 if math.isnan(after.pgs) else after.pgs)
        difference = np.array(expected) - achieved
        assert abs(difference.mean()) < 3 * difference.std() / math.sqrt(len(difference))


class TestPlan:
    def test_now_is_what_assess_says(self):
        catalog = catalog_of(**three())
        plan = next_measurement(catalog, "s", "accuracy-max", spend=5.0)
        assert plan.assessment == mi.route(catalog, "s", "accuracy-max").assessment
        assert plan.pgs == plan.assessment.pgs

    def test_the_sum_the_names_and_the_numbers(self):
        catalog = catalog_of(**three())
        plan = next_measurement(catalog, "s", "accuracy-max", spend=5.0, questions=100)
        assert plan.status == "measure"
        assert 4.8 < plan.usd <= 5.0
        for own in plan.purchases:
            attempts = catalog.models[own.model].attempts
            assert own.answered == len(attempts.n)
            assert own.attempts == 3
            assert own.usd_per_attempt == pytest.approx(attempts.cost.mean())
            assert own.usd == pytest.approx(own.questions * 3 * own.usd_per_attempt)
            assert own.answered + own.questions <= 100
            # The questions that most have answered come first.
            others = [f"q{number:03}" for number in range(own.answered, 40)]
            assert list(own.names) == others[: own.questions]
            assert own.new == max(0, own.questions - len(others))
        assert plan.expected_pgs > plan.pgs - 0.1
        assert plan.to_dict()["usd"] == plan.usd

    def test_the_order_of_the_models_does_not_matter(self):
        models = three()
        plans = [
            next_measurement(catalog_of(**{key: models[key] for key in order}), "s", "accuracy-max", spend=5.0)
            for order in ("abc", "cab")
        ]
        assert plans[0].purchases == plans[1].purchases
        np.testing.assert_array_equal(plans[0].expected, plans[1].expected)

    def test_the_unit_of_money_does_not_matter(self):
        ours = next_measurement(catalog_of(**three()), "s", "accuracy-max", spend=5.0)
        dearer = SCENARIO.replace(c_max=4 * SCENARIO.c_max)
        theirs = next_measurement(catalog_of(dearer, **three(scale=4.0)), "s", "accuracy-max", spend=20.0)
        counts = [[(own.model, own.questions) for own in plan.purchases] for plan in (ours, theirs)]
        assert counts[0] == counts[1]
        assert theirs.usd == pytest.approx(4 * ours.usd)
        assert theirs.pgs == ours.pgs

    def test_the_same_seed_gives_the_same_plan(self):
        catalog = catalog_of(**three())
        ours, again = (next_measurement(catalog, "s", "accuracy-max", spend=5.0, seed=3).to_dict() for _ in range(2))
        other = next_measurement(catalog, "s", "accuracy-max", spend=5.0, seed=4)
        assert ours == again
        assert other.to_dict() != ours

    def test_the_target_is_reached(self):
        models = {"a": model_of("A", 0.95, 0.01, 1, 60), "b": model_of("B", 0.2, 0.01, 2, 60)}
        plan = next_measurement(catalog_of(**models), "s", "accuracy-max", spend=5.0, k_max=1)
        assert (plan.status, plan.purchases, plan.usd, plan.stop) == ("reached", (), 0.0, True)
        assert plan.pgs >= 0.9
        more = next_measurement(catalog_of(**models), "s", "accuracy-max", spend=5.0, k_max=1, target=1 - 1e-9)
        assert more.status == ("reached" if more.pgs == 1 else "measure")

    def test_from_few_questions_no_pgs_is_enough(self):
        """The same answers over and over: PGS is at the target from a dozen questions, and ends it from thirty."""
        for size, status in ((12, "measure"), (29, "measure"), (30, "reached")):
            models = {"a": model_of("A", 1.0, 0.01, 1, size), "b": model_of("B", 0.0, 0.01, 2, size)}
            plan = next_measurement(catalog_of(**models), "s", "accuracy-max", spend=5.0, k_max=1, target=0.5)
            assert plan.pgs > 0.5
            assert plan.status == status
        # A benchmark that has no more is all that there is to know.
        models = {"a": model_of("A", 1.0, 0.01, 1, 12), "b": model_of("B", 0.0, 0.01, 2, 12)}
        plan = next_measurement(catalog_of(**models), "s", "accuracy-max", spend=5.0, k_max=1, questions=12)
        assert plan.status == "reached"

    def test_nothing_is_left_or_can_be_paid(self):
        catalog = catalog_of(**three())
        some = next_measurement(catalog, "s", "accuracy-max", spend=500.0, questions=40)
        assert {own.model: own.questions for own in some.purchases}.items() <= {"b": 10, "c": 20}.items()
        all_ = next_measurement(catalog_of(**three((40, 40, 40))), "s", "accuracy-max", spend=5.0, questions=40)
        assert (all_.status, all_.usd) == ("exhausted", 0.0)
        assert math.isnan(all_.cheapest)
        little = next_measurement(catalog, "s", "accuracy-max", spend=0.001)
        assert little.status == "sum too small"
        assert little.cheapest == pytest.approx(3 * catalog.models["a"].attempts.cost.mean())
        assert math.isnan(little.expected_pgs)

    def test_a_few_questions_of_each_come_first(self):
        plan = next_measurement(catalog_of(**three((40, 2, 3))), "s", "accuracy-max", spend=50.0)
        assert plan.floor
        assert {own.model: own.questions for own in plan.purchases} == {"b": FLOOR - 2, "c": FLOOR - 3}
        poor = next_measurement(catalog_of(**three((40, 2, 3))), "s", "accuracy-max", spend=0.2)
        assert 0 < poor.usd <= 0.2

    def test_a_setting_that_only_has_a_price_is_measured_first(self):
        plan = next_measurement(catalog_of(**three()), "s", "accuracy-max", spend=50.0, prices={"d": 0.5, "a": 0.3})
        [own] = plan.purchases
        assert (own.model, own.questions, own.attempts, own.usd) == ("d", FLOOR, 3, FLOOR * 3 * 0.5)
        assert own.names == tuple(f"q{number:03}" for number in range(FLOOR))
        assert plan.expected is None
        # Also where the others would be sure enough, nobody knows what it is worth.
        sure = {"a": model_of("A", 0.95, 0.01, 1, 60), "b": model_of("B", 0.2, 0.01, 2, 60)}
        plan = next_measurement(catalog_of(**sure), "s", "accuracy-max", spend=5.0, k_max=1, prices={"d": 0.1})
        assert (plan.status, plan.floor) == ("measure", True)

    def test_what_is_taken_as_certain_is_not_bought(self):
        plain = mi.Model(name="P", **ENTRY)
        plan = next_measurement(catalog_of(p=plain, **three()), "s", "accuracy-max", spend=5.0)
        assert plan.certain == ("p",)
        assert "p" not in {own.model for own in plan.purchases}

    def test_outcomes_of_an_evaluation_have_the_price_of_a_pass(self):
        rng = np.random.default_rng(5)
        questions = {f"q{number}": f"{rng.integers(0, 5)}/4" for number in range(30)}
        model = mi.Model(name="O", **{**ENTRY, "accuracy": MeasuredAccuracy(kind="outcomes", questions=questions)})
        plan = next_measurement(catalog_of(o=model, **three()), "s", "accuracy-max", spend=0.5)
        [setting] = [own for own in plan.settings if own.id == "o"]
        assert (setting.attempts, setting.made) == (4, 120)
        assert setting.usd_per_attempt == pytest.approx(20 / 1e6)

    def test_models_that_stop_otherwise_are_one_setting(self):
        catalog = with_stops(catalog_of(**three()), ["fixed", "first-verified"])
        assert len(catalog.models) == 6
        plan = next_measurement(catalog, "s", "accuracy-max", spend=5.0)
        assert {own.id for own in plan.settings} == {"a", "b", "c"}
        assert {own.model for own in plan.purchases} <= {"a", "b", "c"}
        assert 4.8 < plan.usd <= 5.0
        assert plan.expected_pgs > 0

    def test_pairs_of_settings_are_refused(self):
        with pytest.raises(SettingError, match="must be single settings to be measured, got pairs"):
            next_measurement(with_stops(catalog_of(**three()), "escalate"), "s", "accuracy-max", spend=5.0)

    def test_where_surely_nothing_meets_the_budgets_it_stops(self):
        scenario = mi.Scenario(name="s", c_max=1e-6, t_max=None, a_min=None)
        plan = next_measurement(catalog_of(scenario, **three()), "s", "accuracy-max", spend=5.0)
        assert (plan.status, plan.usd) == ("infeasible", 0.0)

    def test_clusters_are_expected_by_clusters(self):
        clusters = [f"text{number // 4}" for number in range(40)]
        models = {
            "a": model_of("A", 0.6, 0.01, 1, 40, clusters=clusters),
            "b": model_of("B", 0.5, 0.01, 2, 40, clusters=clusters),
        }
        plan = next_measurement(catalog_of(**models), "s", "accuracy-max", spend=3.0)
        assert plan.status == "measure"
        assert 0 <= plan.expected_pgs <= 1

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"spend": 0}, "spend must be a positive number of USD, got 0"),
            ({"spend": math.inf}, "spend must be a positive number of USD, got inf"),
            ({"target": 1}, "target must be a probability between 0 and 1, got 1"),
            ({"questions": 39}, "questions must be at least the 40 different questions that were answered, got 39"),
            ({"questions": 1.5}, "questions must be a whole number of at least 1, got 1.5"),
            ({"prices": {"a": 0.0}}, "the price of a must be a positive number of USD an attempt, got 0.0"),
            ({"prices": {"p": 1.0}}, "a price must be of a model that rests on questions"),
        ],
    )
    def test_wrong_arguments_are_refused(self, changed, message):
        catalog = catalog_of(p=mi.Model(name="P", **ENTRY), **three())
        with pytest.raises(SettingError, match=message.replace("(", r"\(")):
            next_measurement(catalog, "s", "accuracy-max", **{"spend": 5.0, **changed})

    def test_all_that_is_wrong_is_said_at_once(self):
        with pytest.raises(SettingError) as error:
            next_measurement(catalog_of(**three()), "nowhere", "no-rule", spend=-1, target=0, questions=0)
        assert len(error.value.errors) == 5
        with pytest.raises(UnknownNameError):
            next_measurement(catalog_of(**three()), "nowhere", spend=1)

    def test_without_questions_there_is_nothing_to_measure(self):
        with pytest.raises(SettingError, match="some model must rest on questions"):
            next_measurement(mi.load_catalog("paper"), "medical-ai", "accuracy-max", spend=5.0)


IDS = "abcdefghijklmnop"


def replayed(seed, allocate):
    """Whether the best of sixteen settings is chosen for a sum: two are close, fourteen are far off, at one price."""
    right = (0.75, 0.65, *[0.1] * (len(IDS) - 2))
    models = {
        key: model_of(key, p, 0.01, 100 * seed + place, 150, n=1)
        for place, (key, p) in enumerate(zip(IDS, right, strict=True))
    }
    known, rule = known_of(catalog_of(mi.Scenario(name="s", c_max=1.0, t_max=None, a_min=None), **models), k_max=1)
    counts, prices = np.full(len(IDS), 5), np.full(len(IDS), 0.01)
    for step in range(4):
        now = with_questions(known, [np.arange(n) for n in counts], [np.arange(n) for n in counts])
        counts = counts + whole_questions(allocate(now, rule, prices, step), prices, 150.0 - counts, 0.4)
    now = with_questions(known, [np.arange(n) for n in counts], [np.arange(n) for n in counts])
    choice = choices_of([rule], now.F[None], now.met[None])[0, 0]
    return now.places[choice][0] == "a"


def looking(now, rule, prices, step):
    [found] = assess_known(now, [rule], AssessmentSettings(100, seed=step))
    return shares_of_spending(found, {name: place for place, name in enumerate(IDS)}, prices)


def blind(now, rule, prices, step):
    return np.full(len(IDS), 1 / len(IDS))


def test_who_does_not_look_at_the_posterior_finds_the_best_less_often():
    """The control of the benchmark: equal numbers of questions, for the same sum, on the same questions."""
    runs = 60
    ours, theirs = (np.mean([replayed(seed, rule) for seed in range(runs)]) for rule in (looking, blind))
    assert ours > theirs + 2 * math.sqrt(theirs * (1 - theirs) / runs)
