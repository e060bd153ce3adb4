"""What must not change an answer, or may change it one way only, over random catalogs, fronts and traces.

Factors are powers of two, so that floating point itself changes nothing and choices are compared bit by bit.
"""

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import ANY, catalogs, catalogs_of_pipelines, curves, examples, scenarios, traces

import moo_inference as mi
from moo_inference.catalog.loading import catalog_to_yaml, parse_catalog
from moo_inference.decision import RULES
from moo_inference.decision.choice import decide
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import MEAN
from moo_inference.fitting.lengths import length_fields
from moo_inference.readers import read_lengths
from moo_inference.studies.route import route

ESTIMATORS = {
    "closed form": mi.ClosedForm(),
    "common": mi.MonteCarlo(trials=16, seed=3),
    "independent": mi.MonteCarlo(trials=16, seed=3, draws="independent"),
    "empirical": mi.Empirical(trials=16, seed=3),
}
K = {"k_max": 5, "k_step": 2, "k_min": 1}
RULES_WITHOUT_SCALE = ["accuracy-max", "knee-chord"]
NEW = "one more model"

each_estimator = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=list(ESTIMATORS))
few = examples(12)


def rules_for(catalog):
    """The rules that every scenario has the budgets for."""
    whole = all(
        budgets.c_max and budgets.t_max and set(budgets.resources) == set(catalog.resources)
        for budgets in catalog.scenarios.values()
    )
    return list(RULES) if whole else RULES_WITHOUT_SCALE


def study_rows(catalog, estimator):
    """Every choice of a study by scenario, model and rule, with its objectives bit by bit."""
    study = mi.run_study(catalog, decisions=rules_for(catalog), estimator=estimator, **K)
    return {
        (cell.scenario, cell.model, choice.rule): said(choice, cell.front)
        for cell in study.cells
        for choice in cell.choices
    }


def said(choice, front):
    """Status, k and objectives of a choice; the accuracy of its row has to be that of its error."""
    if choice.objectives is None:
        return choice.status, None
    assert (front.F[choice.row] == choice.objectives).all()
    return choice.status, choice.k, *choice.objectives.tolist()


def pipeline_rows(catalog, estimator):
    """Every choice of a study's pipelines by scenario, pipeline and rule: status, objectives and error, bit by bit."""
    study = mi.run_study(catalog, decisions=rules_for(catalog), estimator=estimator, **K)
    found = {}
    for cell in study.pipeline_cells:
        for choice in cell.choices:
            row = () if choice.row is None else ("chosen", *cell.front.F[choice.row].tolist())
            found[cell.scenario, cell.pipeline, choice.rule] = (choice.status, *(row or (None,)))
    return found


def routes(catalog, estimator):
    """What each rule takes across models in each scenario; the model is left out, since equal rows may be of any."""
    found = {}
    for scenario in catalog.scenarios:
        one = route(catalog, scenario, "accuracy-max", estimator=estimator, **K)
        assert one.choice.status == decide(one.front, "accuracy-max").status
        for rule in rules_for(catalog):
            found[scenario, rule] = said(decide(one.front, rule), one.front)
    return found


def dearer(model, factor=2.0):
    """The same model at prices times a factor."""
    values = model.model_dump()
    for name in values:
        if name.startswith("usd_per_million") and values[name] is not None:
            values[name] *= factor
    for tier in values["price_tiers"]:
        for name in ("usd_per_million_input_tokens", "usd_per_million_output_tokens"):
            tier[name] *= factor
    return mi.Model.model_validate({**values, "price_checked": True})


def slower(model, factor=2.0):
    """The same model with all its times times a factor."""
    changes = {}
    for name in ("seconds_per_input_token", "seconds_per_output_token"):
        value = getattr(model, name)
        if value is not None:
            changes[name] = value * factor
    if model.request_seconds is not None:
        own = model.request_seconds
        std = None if own.std is None else own.std * factor
        changes["request_seconds"] = {"mean": own.mean * factor, "std": std, "kind": own.kind}
    if model.passes is not None and model.passes.seconds is not None:
        changes["passes"] = {
            **model.passes.model_dump(),
            "seconds": [value * factor for value in model.passes.seconds],
        }
    return model.replace(**changes)


def hungrier(model, factor=2.0):
    """The same model with all that it uses beside money and time times a factor."""
    return model.replace(
        resources={
            unit: {name: value * factor for name, value in own.model_dump().items()}
            for unit, own in model.resources.items()
        }
    )


def more_of(scenario, factor=2.0):
    """The same scenario with its budgets for further resources times a factor."""
    return scenario.replace(
        resources={unit: own.model_copy(update={"max": own.max * factor}) for unit, own in scenario.resources.items()}
    )


def all_models(catalog, change):
    return {key: change(model) for key, model in catalog.models.items()}


def all_scenarios(catalog, change):
    return {key: change(scenario) for key, scenario in catalog.scenarios.items()}


def scaled_by(rows, column, factor):
    """The expected choices where one objective has grown by a factor."""

    def grown(row):
        return row if row[1] is None else (*row[:column], row[column] * factor, *row[column + 1 :])

    return {key: grown(row) for key, row in rows.items()}


@each_estimator
@few
@given(catalogs())
def test_doubling_prices_and_c_max_leaves_every_choice(estimator, catalog):
    doubled = mi.Catalog(
        models=all_models(catalog, dearer),
        scenarios=all_scenarios(catalog, lambda s: s.replace(c_max=s.c_max and 2 * s.c_max)),
    )
    for rows in (study_rows, routes):
        assert rows(doubled, estimator) == scaled_by(rows(catalog, estimator), 2, 2.0)


@each_estimator
@few
@given(catalogs())
def test_doubling_times_and_t_max_leaves_every_choice(estimator, catalog):
    doubled = mi.Catalog(
        models=all_models(catalog, slower),
        scenarios=all_scenarios(catalog, lambda s: s.replace(t_max=s.t_max and 2 * s.t_max)),
    )
    for rows in (study_rows, routes):
        assert rows(doubled, estimator) == scaled_by(rows(catalog, estimator), 3, 2.0)


@each_estimator
@few
@given(catalogs())
def test_doubling_what_else_is_used_and_its_budgets_leaves_every_choice(estimator, catalog):
    doubled = mi.Catalog(models=all_models(catalog, hungrier), scenarios=all_scenarios(catalog, more_of))
    for rows in (study_rows, routes):
        expected = rows(catalog, estimator)
        for place in range(len(catalog.resources)):
            expected = scaled_by(expected, 4 + place, 2.0)
        assert rows(doubled, estimator) == expected


@each_estimator
@few
@given(catalogs_of_pipelines(), st.data())
def test_pipelines_follow_prices_and_budgets_as_models_do(estimator, catalog, data):
    plain = pipeline_rows(catalog, estimator)
    assert len(plain) == len(catalog.scenarios) * len(catalog.pipelines) * len(rules_for(catalog))
    doubled = catalog.replace(
        models=all_models(catalog, dearer),
        scenarios=all_scenarios(catalog, lambda s: s.replace(c_max=s.c_max and 2 * s.c_max)),
    )
    assert pipeline_rows(doubled, estimator) == scaled_by(plain, 2, 2.0)
    order = data.draw(st.permutations(list(catalog.models)))
    turned = catalog.replace(models={key: catalog.models[key] for key in order})
    assert pipeline_rows(turned, estimator) == plain
    loose = catalog.replace(
        scenarios=all_scenarios(
            catalog, lambda s: s.replace(t_max=None, a_min=None if s.a_min is None else s.a_min / 2)
        )
    )
    for key, row in pipeline_rows(loose, estimator).items():
        if key[2] == "accuracy-max" and plain[key][1]:
            assert row[-1] <= plain[key][-1]


@each_estimator
@few
@given(catalogs(tails=False), st.data())
def test_a_pipeline_of_one_stage_chooses_as_its_model_does(estimator, catalog, data):
    model = data.draw(st.sampled_from(sorted(catalog.models)))
    alone = catalog.replace(pipelines={"alone": {"name": "Alone", "stages": [{"name": "only", "model": model}]}})
    own = {
        (scenario, "alone", rule): (status, *objectives)
        for (scenario, key, rule), (status, _, *objectives) in study_rows(catalog, estimator).items()
        if key == model
    }
    found = {key: (status, *objectives) for key, (status, _, *objectives) in pipeline_rows(alone, estimator).items()}
    assert found == own


@each_estimator
@few
@given(catalogs(), st.data())
def test_a_dominated_model_leaves_every_choice_across_models(estimator, catalog, data):
    copied = data.draw(st.sampled_from(sorted(catalog.models)))
    # In every k twice as slow, as dear (or as free) and as hungry, and no more accurate.
    worse = hungrier(slower(dearer(catalog.models[copied])))
    more = catalog.replace(models={NEW: worse, **catalog.models})
    assert routes(more, estimator) == routes(catalog, estimator)


@each_estimator
@few
@given(catalogs(), st.data())
def test_permuting_models_permutes_rows(estimator, catalog, data):
    order = data.draw(st.permutations(list(catalog.models)))
    turned = catalog.replace(models={key: catalog.models[key] for key in order})
    assert study_rows(turned, estimator) == study_rows(catalog, estimator)
    assert routes(turned, estimator) == routes(catalog, estimator)
    table = mi.run_study(turned, decisions=["accuracy-max"], estimator=estimator, **K).choices
    assert list(dict.fromkeys(table["model"])) == list(order)


@each_estimator
@few
@given(catalogs())
def test_a_model_alone_is_chosen_for_as_among_others(estimator, catalog):
    together = study_rows(catalog, estimator)
    for key, model in catalog.models.items():
        alone = study_rows(catalog.replace(models={key: model}), estimator)
        assert alone == {place: row for place, row in together.items() if place[1] == key}


@each_estimator
@few
@given(catalogs(), st.data())
def test_more_budget_never_lowers_the_best_accuracy(estimator, catalog, data):
    def looser(scenario):
        more = st.none() | st.floats(1, 10)
        c, t = data.draw(more), data.draw(more)
        return more_of(
            scenario.replace(
                c_max=scenario.c_max and c and c * scenario.c_max,
                t_max=scenario.t_max and t and t * scenario.t_max,
                a_min=scenario.a_min and scenario.a_min * data.draw(st.floats(0, 1)),
            ),
            data.draw(st.floats(1, 10)),
        )

    loose = catalog.replace(scenarios=all_scenarios(catalog, looser))
    for key in catalog.scenarios:
        least, most = (
            route(one, key, "accuracy-max", estimator=estimator, **K).choice.objectives for one in (catalog, loose)
        )
        assert least is None or most[-1] <= least[-1]


@few
@given(catalogs(ANY, most=2))
def test_whatever_a_catalog_may_hold_gets_an_answer(catalog):
    for estimator in ESTIMATORS.values():
        try:
            study = mi.run_study(catalog, decisions=rules_for(catalog), estimator=estimator, k_max=1)
        except SettingError as error:
            refused = (
                "of the prompts has more than",
                "must be 0 where the prompt itself costs nothing",
                "is not known (std: null), got the quantile",
                "must be known where there are price_tiers",
            )
            if not any(words in str(error) for words in refused):
                raise
            continue
        assert np.isfinite(np.concatenate([curve.F for curve in study.model_curves.values()])).all()
        assert {choice.status for cell in study.cells for choice in cell.choices} <= {"ok", "no-knee", "infeasible"}
        assert len(json.loads(study.to_json())) == len(study.choices)
        json.dumps(study.settings, allow_nan=False)
        for scenario in catalog.scenarios:
            json.dumps(
                route(catalog, scenario, "accuracy-max", estimator=estimator, k_max=1).to_dict(), allow_nan=False
            )


@few
@given(catalogs(ANY))
def test_a_catalog_with_odd_names_everywhere_is_read_back_equal(catalog):
    assert parse_catalog(catalog_to_yaml(catalog).encode(), "again") == catalog


def rows_of(front):
    return list(zip(front.k.tolist(), front.F.tolist(), strict=True))


@given(curves(), scenarios(tails=False), st.data())
def test_what_is_dominated_or_infeasible_leaves_the_front(curve, scenario, data):
    front = mi.Front.from_curve(curve, scenario)
    order = np.array(data.draw(st.permutations(range(len(curve)))))
    assert rows_of(mi.Front.from_curve(curve.take(order), scenario)) == rows_of(front)
    assume(len(front))
    assert rows_of(mi.Front.from_curve(front.curve, scenario)) == rows_of(front)
    row = data.draw(st.integers(0, len(front) - 1))
    quantities = front.curve.quantities[[row]]
    quantities[0, 0, MEAN] += data.draw(st.sampled_from([0.5, 100.0]))
    worse = type(curve)(front.k[[row]] + 1000, quantities, front.curve.error[[row]])
    assert rows_of(mi.Front.from_curve(type(curve).joined([worse, curve]), scenario)) == rows_of(front)


@given(curves(), scenarios(tails=False), st.floats(1, 4), st.floats(1, 4), st.floats(0, 1))
def test_more_budget_leaves_nothing_on_the_front_unmatched(curve, scenario, c, t, a):
    tight = mi.Front.from_curve(curve, scenario)
    loose = mi.Front.from_curve(
        curve,
        scenario.replace(
            c_max=scenario.c_max and c * scenario.c_max,
            t_max=scenario.t_max and t * scenario.t_max,
            a_min=scenario.a_min and a * scenario.a_min,
        ),
    )
    for row in tight.F:
        assert (row >= loose.F).all(axis=1).any()


@pytest.mark.filterwarnings("ignore::moo_inference.errors.NonFiniteWarning")
@given(curves(finite=False), scenarios(tails=False))
def test_rows_that_are_not_finite_are_as_if_they_were_not_there(curve, scenario):
    finite = np.flatnonzero(np.isfinite(curve.F).all(axis=1))
    front = mi.Front.from_curve(curve, scenario)
    if finite.size:
        expected = mi.Front.from_curve(curve.take(finite), scenario)
        assert rows_of(front) == rows_of(expected)
        assert str(front.infeasibility) == str(expected.infeasibility)
    else:
        assert str(front.infeasibility) == "no k has a finite estimate"


@pytest.mark.parametrize("rule", list(RULES))
@examples(40)
@given(curve=curves(), scenario=scenarios(tails=False), data=st.data())
def test_names_and_the_order_of_rows_leave_a_choice_across_models(rule, curve, scenario, data):
    scenario = scenario.replace(c_max=scenario.c_max or 20.0, t_max=scenario.t_max or 20.0)
    names = [f"m{number % 3}" for number in range(len(curve))]
    order = data.draw(st.permutations(range(len(curve))))
    turned = mi.Front.from_curve(curve.take(np.array(order)), scenario, [names[row] for row in order])
    one, other = decide(mi.Front.from_curve(curve, scenario, names), rule), decide(turned, rule)
    assert one.status == other.status
    if one.objectives is not None:
        assert one.objectives.tolist() == other.objectives.tolist()
        assert one.k == other.k


@examples(50)
@given(rows=traces(), data=st.data())
def test_the_order_of_a_trace_and_its_repetition_leave_its_lengths(rows, data, tmp_path):
    def lengths(some):
        path = tmp_path / "trace.csv"
        path.write_text("input_tokens,output_tokens,s\n" + "".join(f"{a},{b},{s!r}\n" for a, b, s in some))
        return length_fields(read_lengths(path, seconds="s")).values

    def moments(values):
        # The kind goes by percentiles, which lie elsewhere between the values where there are more of them.
        names = ("input_tokens", "output_tokens", "request_seconds")
        return {name: {what: values[name][what] for what in ("mean", "std")} for name in names}

    base = lengths(rows)
    turned = lengths(data.draw(st.permutations(rows)))
    twice = lengths(rows + rows)
    for other in (turned, twice):
        for name, own in moments(base).items():
            assert moments(other)[name] == pytest.approx(own, rel=1e-12, abs=1e-9)
    doubled = lengths([(2 * a, 2 * b, 2 * s) for a, b, s in rows])
    assert moments(doubled) == {
        name: {what: 2 * value for what, value in distribution.items()} for name, distribution in moments(base).items()
    }
    assert base["passes"]["input_tokens"] == [row[0] for row in rows]
