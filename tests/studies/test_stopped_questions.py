"""Questions that decide how many passes run: what choices are assessed and compared with, question by question."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.estimators.conditions import Conditions
from moo_inference.evaluation import paired_difference
from moo_inference.studies.paired_accuracy import accuracy_differences
from moo_inference.studies.posterior import posterior
from moo_inference.studies.questions import by_question, question_table

K = range(1, 7)
CONDITIONS = Conditions(k_max=6, parallel=2)
VOTES = {
    "z": "4/4 0/2",
    "a": "2/2 0/3 none:1",
    "m": "1/1 0/1 0/1 0/3",
    "d": "0/6",
    "e": "3/3 0/3",
    "f": "6/6",
}
OTHERS = {"z": "3/3 0/3", "a": "5/5 0/1", "m": "0/2 2/2 0/2", "e": "1/1 0/5", "f": "2/2 0/2 0/2"}
RIGHT = {"z": "4/6", "a": "2/6", "m": "1/6", "d": "0/6", "e": "3/6", "f": "6/6"}
KINDS = {
    "vote-until-sure=0.8": {"kind": "outcomes", "keep": "majority", "questions": VOTES},
    "first-verified": {"kind": "outcomes", "questions": RIGHT},
}


def of_one_question(model, name):
    """The model if it had been evaluated on that question alone."""
    accuracy = model.accuracy
    return model.replace(
        accuracy={"kind": "outcomes", "keep": accuracy.keep, "questions": {name: accuracy.questions[name]}}
    )


@pytest.fixture(params=KINDS)
def model(gpt5, request):
    return gpt5.replace(accuracy=KINDS[request.param], stop=request.param, latency="waves")


def test_each_question_comes_to_what_it_would_alone(model, essay):
    scenario = essay.replace(c_max=0.06, c_quantile=0.9, t_max=25.0, t_quantile=0.95, a_min=None)
    curve = mi.ClosedForm().estimate(model, K, parallel=2, scenarios=[scenario])
    known = posterior({"one": model}, {"one": curve}, scenario, CONDITIONS)
    [table] = known.tables
    np.testing.assert_allclose(table.estimated, known.F[table.rows], rtol=1e-12, atol=1e-15)
    assert table.columns.tolist() == [0, 1, 2]
    assert table.tails.tolist() == [0, 1]
    limits = [scenario.replace(t_max=None, t_quantile=None), scenario.replace(c_max=None, c_quantile=None)]
    for name, values, within in zip(sorted(VOTES), table.values, table.within, strict=True):
        alone = mi.ClosedForm().estimate(of_one_question(model, name), K, parallel=2, scenarios=limits)
        np.testing.assert_allclose(values, alone.F, rtol=1e-12, atol=1e-15)
        for column, limit in enumerate(limits):
            np.testing.assert_allclose(within[:, column], alone.views[limit].attainment, atol=1e-9)


def test_resampled_questions_cost_what_their_passes_do(model, essay):
    """The cost of queries that stop is as unsure as the questions; that of all k passes is certain."""
    spreads = {}
    for name, own in (("stopped", model), ("fixed", model.replace(stop=None))):
        curve = mi.ClosedForm().estimate(own, K, parallel=2)
        known = posterior({"one": own}, {"one": curve}, essay, CONDITIONS)
        drawn = np.concatenate([F for F, _ in known.drawn(400, np.random.default_rng(1))])
        spreads[name] = drawn.std(axis=0)
    # The first batch always runs; beyond it, how many stop depends on the questions.
    assert (spreads["stopped"][2:, :2] > 0).all()
    np.testing.assert_allclose(spreads["stopped"][:2, :2], 0, atol=1e-12)
    np.testing.assert_allclose(spreads["fixed"][:, :2], 0, atol=1e-12)
    assert (spreads["fixed"][:, 2] > 0).all()


def test_accuracies_by_question_are_those_of_the_policy(gpt5):
    accuracy = KINDS["vote-until-sure=0.8"]
    stopped = gpt5.replace(accuracy=accuracy, stop="vote-until-sure=0.6", latency="waves")
    found = by_question(stopped, 6, CONDITIONS)
    for name in VOTES:
        alone = mi.ClosedForm().estimate(of_one_question(stopped, name), [6], parallel=2)
        assert found[name] == pytest.approx(alone.accuracy.mean[0], abs=1e-12)
    # Without a stop it is the vote of all, which is another one.
    names, all_of_them = question_table(stopped.accuracy, [6])
    fixed = by_question(stopped.replace(stop=None), 6, CONDITIONS)
    assert fixed == dict(zip(names, all_of_them[:, 0].tolist(), strict=True))
    assert max(abs(found[name] - fixed[name]) for name in VOTES) > 0.05
    # The first right one is as right as the best of all.
    verified = gpt5.replace(accuracy=KINDS["first-verified"])
    assert by_question(verified.replace(stop="first-verified"), 3, CONDITIONS) == by_question(verified, 3, CONDITIONS)


def test_attempts_that_stop_are_compared_by_what_they_keep():
    catalog = mi.load_catalog("otis-mock-aime")
    model = mi.Recorded(stop="vote-until-sure=0.6").as_run(catalog.models["gpt-5@high"])
    found = by_question(model, 8, Conditions(parallel=1))
    curve = mi.Recorded().estimate(model, [8], parallel=1)
    assert len(found) == len(model.attempts.names)
    assert np.mean(list(found.values())) == pytest.approx(curve.accuracy.mean[0], rel=1e-12)


def test_the_choice_and_its_runner_up_are_compared_as_they_run(gpt5, essay):
    scenario = essay.replace(c_max=None, t_max=None, a_min=None)
    models = {
        name: gpt5.replace(
            name=name,
            accuracy={"kind": "outcomes", "keep": "majority", "questions": questions},
            stop="vote-until-sure=0.6",
            latency="waves",
        )
        for name, questions in (("one", VOTES), ("other", OTHERS))
    }
    catalog = mi.Catalog(models=models, scenarios={"s": scenario})
    route = mi.route(catalog, "s", "accuracy-max", k_min=6, k_max=6, parallel=2)
    second = next(name for name in models if name != route.model)
    shared = sorted(OTHERS)
    ours, theirs = (
        np.array(
            [
                [mi.ClosedForm().estimate(of_one_question(models[key], name), [6], parallel=2).accuracy.mean[0]]
                for name in shared
            ]
        )
        for key in (route.model, second)
    )
    expected = [float(part[0]) for part in paired_difference(theirs, ours)]
    assert route.paired == pytest.approx((*expected, 5), abs=1e-9)
    fixed = mi.Catalog(
        models={name: own.replace(stop=None) for name, own in models.items()}, scenarios=catalog.scenarios
    )
    assert mi.route(fixed, "s", "accuracy-max", k_min=6, k_max=6, parallel=2).paired[0] != pytest.approx(
        expected[0], abs=1e-3
    )
    study = mi.run_study(catalog, decisions=["accuracy-max"], k_min=6, k_max=6, parallel=2, baselines=())
    row = accuracy_differences(study).iloc[0]
    assert abs(row["difference"]) == pytest.approx(abs(expected[0]), abs=1e-9)
