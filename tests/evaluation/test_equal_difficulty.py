import csv

import numpy as np
import pytest
from conftest import GOLDEN
from hypothesis import given
from hypothesis import strategies as st

from moo_inference.errors import SettingError
from moo_inference.evaluation import ASSUMPTION, audit, equal_difficulty


def human_eval():
    """{model: {k: published pass@k}}"""
    table = {}
    with (GOLDEN / "published_numbers.csv").open() as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            if row["quantity"] == "pass@k":
                table.setdefault(row["model"], {})[int(row["k"])] = float(row["value"])
    return table


def test_one_mean_accuracy_claims_twice_what_is_published_for_codex():
    published = human_eval()["Codex 12B"]
    assert published[10] == 0.4681
    assert equal_difficulty(published[1], 10)[0][0] == pytest.approx(0.967, abs=5e-4)


def test_it_is_too_high_for_every_published_model():
    table = human_eval()
    assert len(table) == 12
    for published in table.values():
        ten, hundred = equal_difficulty(published[1], [10, 100])[0]
        assert ten > 1.5 * published[10]
        assert hundred > published[100]


def test_both_ends_keep_their_digits():
    accuracy, _ = equal_difficulty(1e-12, [1, 3])
    np.testing.assert_allclose(accuracy, [1e-12, 3e-12], rtol=1e-11)
    np.testing.assert_allclose(equal_difficulty(0.9, 20)[1], [1e-20], rtol=1e-13)
    assert equal_difficulty(0.0, 5)[0][0] == 0
    assert equal_difficulty(1.0, 5)[1][0] == 0


@given(st.lists(st.integers(0, 12), min_size=1, max_size=20))
def test_both_columns_of_an_audit_start_at_the_mean_accuracy(c):
    found = audit(12, c, [1, 2, 12])
    assert found.p == pytest.approx(np.mean(c) / 12)
    assert found.unbiased[0] == pytest.approx(found.equal_difficulty[0], abs=1e-15) == found.p
    assert found.unbiased[2] == pytest.approx(np.mean(np.array(c) > 0))


def test_the_mean_of_an_audit_is_over_questions_and_not_over_samples():
    found = audit([2, 8], [1, 8], [1, 2])
    assert found.p == 0.75
    assert found.unbiased[0] == 0.75
    assert found.equal_difficulty[1] == pytest.approx(1 - 0.25**2)


def test_equally_hard_questions_pass_the_audit_and_unequal_ones_do_not():
    rng = np.random.default_rng(3)
    k = [1, 5, 20]
    same = audit(1000, rng.binomial(1000, 0.3, 400), k)
    unequal = audit(1000, rng.binomial(1000, rng.choice([0.0, 0.6], 400)), k)
    np.testing.assert_allclose(same.unbiased, same.equal_difficulty, atol=2e-3)
    assert (unequal.equal_difficulty - unequal.unbiased)[1:].min() > 0.2


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_accuracy_is_refused(p):
    with pytest.raises(SettingError, match=r"p must be an accuracy in \[0, 1\]"):
        equal_difficulty(p, 1)


def test_the_assumption_is_a_sentence_to_be_shown():
    assert "equally hard" in ASSUMPTION
