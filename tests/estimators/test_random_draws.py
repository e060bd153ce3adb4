"""Reduced draws, against the sums, maxima and waves of numpy's own normals, kept whole."""

import numpy as np
import pytest

from moo_inference.catalog import TokenLength
from moo_inference.estimators import random_draws
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.random_draws import (
    INPUT,
    OUTPUT,
    REASONING,
    Needs,
    Wave,
    common_draws,
    independent_draws,
)

TRIALS, SEED = 23, 11
K = np.array([1, 2, 3, 5, 8])


def length(mean, std, kind):
    return Length.of(TokenLength(mean=mean, std=std, kind=kind))


NARROW, CLIPPED = length(1000, 20, "normal"), length(3, 4, "normal")
GAMMA, LOGNORMAL = length(300, 200, "gamma"), length(50, 60, "lognormal")
KEYS = ((INPUT, NARROW), (INPUT, CLIPPED), (OUTPUT, CLIPPED), (OUTPUT, GAMMA))
THINKING = (REASONING, LOGNORMAL)
WAVES = (
    Wave(((1.0, (INPUT, CLIPPED)), (2.0, (OUTPUT, GAMMA))), 3),
    Wave(((1.0, (OUTPUT, CLIPPED)),), 2),
    Wave(((1.0, (OUTPUT, NARROW)),), 1),
    Wave(((1.0, (INPUT, GAMMA)),), 8),
)
WAVE_OF_THINKING = Wave(((0.5, (OUTPUT, GAMMA)), (3.0, THINKING)), 3)


def normals(draws, k, reasoning):
    """(k, trials) normals behind input, output, reasoning and accuracy of the passes of a k."""
    if draws == "independent":
        z = np.random.default_rng(SEED + k).standard_normal((TRIALS, 3, k)).transpose(1, 2, 0)
        apart = np.random.default_rng((SEED + k, 1)).standard_normal((TRIALS, k)).T
    else:
        z = np.random.default_rng(SEED).standard_normal((k, 3, TRIALS)).transpose(1, 0, 2)
        apart = np.random.default_rng((SEED, 1)).standard_normal((k, TRIALS))
    return [z[0], z[1], apart if reasoning else None], z[2]


def longest_of_waves(times, parallel):
    return sum(times[start : start + parallel].max(axis=0) for start in range(0, len(times), parallel))


@pytest.mark.parametrize("limits", [(1 << 17, 1 << 20), (2 * TRIALS, 3 * TRIALS * 2), (1, 3 * 8 * 5), (1, 1)])
@pytest.mark.parametrize("reasoning", [False, True])
@pytest.mark.parametrize("draws", ["independent", "common"])
def test_what_is_kept_of_the_draws_is_their_sums_maxima_and_waves(draws, reasoning, limits, monkeypatch):
    """However many of them are drawn at once."""
    monkeypatch.setattr(random_draws, "_VALUES_AT_ONCE", limits[0])
    monkeypatch.setattr(random_draws, "_NORMALS_AT_ONCE", limits[1])
    needs = Needs((*KEYS, THINKING), (*WAVES, WAVE_OF_THINKING)) if reasoning else Needs(KEYS, WAVES)
    assert needs.reasoning is reasoning
    chunks = list((independent_draws if draws == "independent" else common_draws)(TRIALS, SEED, K, needs))
    assert np.concatenate([chunk.k for chunk in chunks]).tolist() == K.tolist()
    for chunk in chunks:
        for row, k in enumerate(chunk.k.tolist()):
            behind, accuracy = normals(draws, k, reasoning)
            np.testing.assert_allclose(chunk.z_accuracy[row], accuracy.max(axis=0), rtol=0)
            np.testing.assert_array_equal(chunk.sorted_z_accuracy[row], np.sort(accuracy.max(axis=0)))
            np.testing.assert_allclose(chunk.z_first[row], behind[INPUT][0], rtol=0)
            np.testing.assert_allclose(chunk.first_prompt(GAMMA)[row], GAMMA.drawn(behind[INPUT][0]))
            for which, own in needs.lengths:
                np.testing.assert_allclose(chunk.sums[which][row], behind[which].sum(axis=0), rtol=1e-12, atol=1e-12)
                total = own.drawn(behind[which]).sum(axis=0)
                np.testing.assert_allclose(chunk.tokens((which, own))[row], total, rtol=1e-12)
                np.testing.assert_allclose(chunk.tokens((which, own))[row], total, rtol=1e-12)
            for wave in needs.waves:
                times = sum(weight * own.drawn(behind[which]) for weight, (which, own) in wave.terms)
                found = longest_of_waves(times, wave.parallel)
                np.testing.assert_allclose(chunk.waves[wave][row], found, rtol=1e-12)


@pytest.mark.parametrize("draw", [independent_draws, common_draws])
def test_reasoning_has_normals_of_its_own(draw):
    """All others are the same with and without it."""
    plain, thinking = (next(draw(TRIALS, SEED, K, Needs(keys, ()))) for keys in (KEYS, (*KEYS, THINKING)))
    for which in (INPUT, OUTPUT):
        np.testing.assert_array_equal(plain.sums[which], thinking.sums[which])
    np.testing.assert_array_equal(plain.z_accuracy, thinking.z_accuracy)
    for which in (INPUT, OUTPUT):
        assert (np.abs(thinking.sums[which] - thinking.sums[REASONING]) > 1e-6).all()


def test_a_length_that_is_nowhere_clipped_has_no_part_beyond_its_line():
    for draw in (independent_draws, common_draws):
        chunk = next(draw(TRIALS, SEED, K, Needs(KEYS, ())))
        assert (INPUT, NARROW) not in chunk.nonlinear
        assert {(INPUT, CLIPPED), (OUTPUT, CLIPPED), (OUTPUT, GAMMA)} <= chunk.nonlinear.keys()
        assert (chunk.nonlinear[INPUT, CLIPPED] >= 0).all()
