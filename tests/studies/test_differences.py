"""Paired differences of chosen models."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.evaluation import compare_accuracies, paired_difference, question_accuracies
from moo_inference.evaluation.records import evaluation_of
from moo_inference.studies.paired_accuracy import COLUMNS, accuracy_differences
from moo_inference.studies.questions import question_table


def samples(seed, names, n=6):
    rng = np.random.default_rng(seed)
    question = np.repeat(names, n)
    ease = dict(zip(names, np.random.default_rng(0).beta(1, 1, len(names)), strict=True))
    correct = (rng.random(len(question)) < [ease[name] for name in question]).astype(int)
    return {
        "question": question,
        "correct": correct,
        "answer": np.where(correct, 0, rng.integers(1, 4, len(question))),
        "score": correct + rng.normal(size=len(question)),
    }


def accuracy_of(found, keep):
    evaluation = evaluation_of(
        found["question"], found["correct"], keep, answer=found["answer"], score=found["score"].round(1)
    )
    return {
        "kind": "outcomes",
        "keep": keep,
        "questions": dict(zip(evaluation.names, map(str, evaluation.records), strict=True)),
    }


def study_of(gpt5, essay, accuracies, **options):
    models = {name: gpt5.replace(name=name, accuracy=accuracy) for name, accuracy in accuracies.items()}
    scenario = essay.replace(c_max=10, t_max=1000, a_min=0)
    catalog = mi.Catalog(models=models, scenarios={"s": scenario})
    return mi.run_study(catalog, decisions=["accuracy-max", "max-cube"], k_max=128, **options)


def by_question(found, keep, k, kept=None):
    rows = slice(None) if kept is None else np.isin(found["question"], kept)
    return question_accuracies(
        found["question"][rows],
        found["correct"][rows],
        [k],
        keep=keep,
        answer=found["answer"][rows],
        score=found["score"][rows].round(1),
    )


@pytest.mark.parametrize("keep", ["oracle", "verifier", "majority"])
def test_a_difference_is_that_of_the_raw_samples_at_the_chosen_k(gpt5, essay, keep):
    names = [f"q{number}" for number in range(40)]
    one, other = samples(1, names), samples(2, names, n=4)
    frame = accuracy_differences(
        study_of(gpt5, essay, {"one": accuracy_of(one, keep), "other": accuracy_of(other, keep)})
    )
    assert list(frame.columns) == list(COLUMNS)
    assert frame["decision"].tolist() == ["accuracy-max", "max-cube"]
    for row in frame.itertuples():
        # Each at its own k: the curves may differ there, so that the comparison is made of two.
        first, second = by_question(one, keep, row.k), by_question(other, keep, row.other_k)
        same_k = question_accuracies(["x"], [1], [1])
        expected = compare_accuracies(
            type(same_k)(first.names, same_k.k, first.accuracy, first.error, first.se, first.exact),
            type(same_k)(second.names, same_k.k, second.accuracy, second.error, second.se, second.exact),
        )
        got = (row.difference, row.difference_ci_low, row.difference_ci_high)
        assert got == pytest.approx((expected.mean[0], expected.ci_low[0], expected.ci_high[0]), rel=1e-9)
        assert row.questions == expected.questions == 40
        assert row.difference_ci_low <= row.difference <= row.difference_ci_high


def test_pairing_is_narrower_than_two_intervals_apart(gpt5, essay):
    names = [f"q{number}" for number in range(200)]
    one, other = (accuracy_of(samples(seed, names), "oracle") for seed in (1, 2))
    study = study_of(gpt5, essay, {"one": one, "other": other}, baselines=())
    row = accuracy_differences(study).iloc[0]
    widths = []
    for name, k in (("one", row["k"]), ("other", row["other_k"])):
        curve = study.catalog.models[name].accuracy.evaluation.curve([k])
        widths.append(curve.ci_high[0] - curve.ci_low[0])
    assert row["difference_ci_high"] - row["difference_ci_low"] < np.hypot(*widths)


def test_only_questions_that_both_answered_count(gpt5, essay):
    one, other = samples(1, list("abcdefgh")), samples(2, list("efghijkl"))
    accuracies = {"one": accuracy_of(one, "oracle"), "other": accuracy_of(other, "oracle")}
    frame = accuracy_differences(study_of(gpt5, essay, accuracies))
    assert frame["questions"].tolist() == [4, 4]
    row = frame.iloc[0]
    first, second = (
        by_question(found, "oracle", k, list("efgh")) for found, k in ((one, row["k"]), (other, row["other_k"]))
    )
    assert row["difference"] == pytest.approx((first.accuracy - second.accuracy).mean(), abs=1e-12)


def test_models_without_shared_questions_or_without_an_evaluation_have_none(gpt5, essay):
    accuracies = {
        "one": accuracy_of(samples(1, list("abc")), "oracle"),
        "other": accuracy_of(samples(2, list("xyz")), "oracle"),
        "normal": {"mean": 0.7, "std": 0.1},
    }
    frame = accuracy_differences(study_of(gpt5, essay, accuracies))
    assert frame.empty
    assert list(frame.columns) == list(COLUMNS)


def test_each_pair_stands_once_and_itself_never(gpt5, essay):
    names = list("abcd")
    accuracies = {
        name: accuracy_of(samples(seed, names), "oracle") for seed, name in enumerate(("one", "two", "three"))
    }
    frame = accuracy_differences(study_of(gpt5, essay, accuracies))
    pairs = list(zip(frame["model"], frame["other_model"], strict=True))
    assert pairs == [pair for pair in (("one", "two"), ("one", "three"), ("two", "three")) for _ in range(2)]


def test_two_models_with_the_same_outcomes_do_not_differ(gpt5, essay):
    accuracy = accuracy_of(samples(1, list("abcdef")), "majority")
    row = accuracy_differences(study_of(gpt5, essay, {"one": accuracy, "other": accuracy})).iloc[0]
    assert row["k"] == row["other_k"]
    assert (row["difference"], row["difference_ci_low"] <= 0, row["difference_ci_high"] >= 0) == (0.0, True, True)


def test_where_nothing_was_chosen_nothing_is_compared(gpt5, essay):
    names = list("abcd")
    models = {
        name: gpt5.replace(name=name, accuracy=accuracy_of(samples(seed, names), "oracle"))
        for seed, name in enumerate(("one", "two"))
    }
    catalog = mi.Catalog(models=models, scenarios={"s": essay.replace(c_max=1e-6)})
    assert accuracy_differences(mi.run_study(catalog, decisions=["accuracy-max"])).empty


def test_differences_are_over_clusters_where_an_evaluation_names_them(gpt5, essay):
    names = [f"q{number}" for number in range(60)]
    accuracies = {name: accuracy_of(samples(seed, names), "oracle") for name, seed in (("one", 1), ("other", 2))}
    clusters = {name: f"text {number // 6}" for number, name in enumerate(names)}
    alone = accuracy_differences(study_of(gpt5, essay, accuracies)).iloc[0]
    accuracies["one"]["clusters"] = clusters
    models = {name: gpt5.replace(accuracy=accuracy).accuracy for name, accuracy in accuracies.items()}
    row = accuracy_differences(study_of(gpt5, essay, accuracies)).iloc[0]
    shared, ours = question_table(models["one"], [row["k"]])
    _, theirs = question_table(models["other"], [row["other_k"]])
    _, low, high = paired_difference(ours, theirs, clusters=[clusters[name] for name in shared])
    assert (row["difference_ci_low"], row["difference_ci_high"]) == pytest.approx((low[0], high[0]), rel=1e-12)
    assert row["difference"] == alone["difference"]
    assert row["difference_ci_low"] != alone["difference_ci_low"]
    # Whichever of the two evaluations names them.
    accuracies["other"]["clusters"] = accuracies["one"].pop("clusters")
    again = accuracy_differences(study_of(gpt5, essay, accuracies)).iloc[0]
    assert again["difference_ci_low"] == row["difference_ci_low"]
