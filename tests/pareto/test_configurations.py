import numpy as np
import pytest

import moo_inference as mi
from moo_inference.decision import decide
from moo_inference.pareto.configurations import Configuration, Configurations
from moo_inference.pareto.front import Front
from moo_inference.pipelines import pipeline_front
from moo_inference.pipelines.plan import Stage
from moo_inference.views import notebook


@pytest.mark.parametrize(
    ("configuration", "text", "k", "model", "stages"),
    [
        (Configuration((3,)), "k = 3", 3, None, {}),
        (Configuration((3,), ("a",)), "a with k = 3", 3, "a", {}),
        (
            Configuration((3, 1), ("a", "b"), ("plan", "solve")),
            "plan a with k = 3, solve b with k = 1",
            None,
            None,
            {"plan": ("a", 3), "solve": ("b", 1)},
        ),
    ],
)
def test_a_configuration_is_told_by_what_it_has(configuration, text, k, model, stages):
    assert str(configuration) == text
    assert (configuration.k, configuration.model, configuration.stages) == (k, model, stages)


def test_rows_keep_their_models_in_any_order():
    names = ["b", "a", "b", "c"]
    rows = Configurations.of_one_stage(np.array([4, 1, 2, 3]), names)
    assert [str(rows[row]) for row in range(4)] == ["b with k = 4", "a with k = 1", "b with k = 2", "c with k = 3"]
    turned = rows.take([3, 0])
    assert turned.models == (("c",), ("b",))
    assert [turned[row] for row in range(2)] == [rows[3], rows[0]]
    alone = Configurations.of_one_stage(np.array([4, 1]))
    assert (alone.models, str(alone[1])) == ((), "k = 1")


def test_a_front_of_stages_has_means_alone(gpt5, essay):
    front = pipeline_front([Stage("plan", {"m": gpt5}), Stage("solve", {"m": gpt5})], essay.replace(a_min=0.5), k_max=4)
    assert front.stages == ("plan", "solve")
    assert np.isnan(front.standard_errors).all()
    assert np.isnan(front.attainment).all()
    assert not hasattr(front, "curve")
    assert (front.accuracy == 1 - front.F[:, -1]).all()
    chosen = decide(front, "accuracy-max")
    assert chosen.configuration == front.configurations[chosen.row]
    assert (chosen.k, chosen.model) == (None, None)
    assert chosen.normalised.shape == chosen.objectives.shape
    assert chosen.scores.shape == (len(front),)
    table = notebook.front_table(front)
    assert table.columns[:2] == ("plan", "solve")
    assert table.rows[0][:2] == tuple(f"m  k={k}" for k in front.k[0])
    assert f"m  k={chosen.stages['solve'][1]}" in notebook.choice_table(chosen).rows[0]


def test_a_refused_front_says_why_and_nothing_is_taken_from_it(essay):
    front = Front.refused(essay, ["one reason", "another"])
    assert len(front) == 0
    choice = decide(front, "cheapest")
    assert (choice.status, choice.row, choice.reason) == ("refused", None, "one reason; another")
    assert (
        mi.Front.from_curve(
            mi.ClosedForm().estimate(mi.load_catalog("paper").models["gpt-5"], [1]), essay.replace(c_max=1e-9)
        ).infeasibility.status
        == "infeasible"
    )
