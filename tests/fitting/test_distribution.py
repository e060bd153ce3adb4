"""Which distribution statistics are taken for: true ones are found again, and what is unknown stays unknown."""

import numpy as np
import pytest
from scipy import stats

from moo_inference.fitting.distribution import distribution_of
from moo_inference.readers import Spread

LEVELS = (50.0, 90.0, 95.0, 99.0)


def scipy_distribution(kind, mean, std):
    if kind == "gamma":
        return stats.gamma((mean / std) ** 2, scale=std**2 / mean)
    sigma = np.sqrt(np.log1p((std / mean) ** 2))
    return stats.lognorm(sigma, scale=mean * np.exp(-(sigma**2) / 2))


@pytest.mark.parametrize("kind", ["gamma", "lognormal"])
@pytest.mark.parametrize(("mean", "std"), [(2.0, 0.4), (2.0, 1.0), (0.3, 0.5), (900.0, 1500.0)])
@pytest.mark.parametrize("told", ["mean and std", "mean", "std", "neither"])
def test_the_distribution_that_the_percentiles_are_of_is_found_again(kind, mean, std, told):
    quantiles = {level: float(scipy_distribution(kind, mean, std).ppf(level / 100)) for level in LEVELS}
    known = (mean if "mean" in told else None, std if "std" in told else None)
    found = distribution_of(Spread(*known, quantiles), "s")
    assert found.kind == kind
    assert found.mean == pytest.approx(mean, rel=1e-4)
    assert found.std == pytest.approx(std, rel=1e-4)
    assert ("no mean in the file" in " ".join(found.notes)) == (known[0] is None)
    assert ("no standard deviation in the file" in " ".join(found.notes)) == (known[1] is None)
    # A control: of the other kind with the same mean and deviation another percentile comes out.
    other = scipy_distribution("lognormal" if kind == "gamma" else "gamma", mean, std)
    assert abs(float(other.ppf(0.99)) / quantiles[99.0] - 1) > 0.005


@pytest.mark.parametrize("kind", ["gamma", "lognormal"])
def test_the_better_of_the_two_is_the_one_with_the_smaller_relative_errors(kind):
    """Against scipy's own distributions, on statistics that are of neither."""
    rng = np.random.default_rng(3)
    values = rng.weibull(0.8, size=4000) if kind == "gamma" else 1 / rng.gamma(5.0, size=4000)
    quantiles = {level: float(np.percentile(values, level)) for level in LEVELS}
    found = distribution_of(Spread(float(values.mean()), float(values.std()), quantiles), "s")
    errors = {
        name: sum(
            (scipy_distribution(name, values.mean(), values.std()).ppf(level / 100) / value - 1) ** 2
            for level, value in quantiles.items()
        )
        for name in ("gamma", "lognormal")
    }
    assert found.kind == min(errors, key=errors.get) == kind
    assert (found.mean, found.std) == (values.mean(), values.std())


def test_a_percentile_of_the_file_stands_beside_the_one_that_is_fitted():
    found = distribution_of(Spread(2.0, 1.0, {50.0: 1.8, 95.0: 4.1, 99.0: 5.5}), "s")
    fitted = scipy_distribution(found.kind, 2.0, 1.0).ppf(0.95)
    assert found.notes == (f"95th percentile of the file 4.1 s, of the {found.kind} that is fitted {fitted:.4g} s",)
    assert found.values == {"mean": 2.0, "std": 1.0, "kind": found.kind}


@pytest.mark.parametrize(
    ("spread", "mean", "std"),
    [
        (Spread(2.0), 2.0, None),
        (Spread(2.0, 0.5), 2.0, 0.5),
        (Spread(2.0, 0.0, {50.0: 2.0, 99.0: 2.0}), 2.0, 0.0),
        # A median alone tells nothing of the spread of a distribution that may be symmetric.
        (Spread(2.0, None, {50.0: 1.9}), 2.0, None),
        (Spread(None, None, {50.0: 1.9}), 1.9, None),
        (Spread(2.0, None, {0.0: 1.0, 100.0: 3.0}), 2.0, None),
    ],
)
def test_without_percentiles_above_the_median_no_kind_and_no_spread_are_made_up(spread, mean, std):
    found = distribution_of(spread, "s")
    assert (found.mean, found.std, found.kind) == (mean, std, None)
    assert found.values == {"mean": mean, "std": std}


def test_what_is_not_told_at_all_has_no_distribution():
    assert distribution_of(None, "s") is None
    assert distribution_of(Spread(None, 1.0, {99.0: 3.0}), "s") is None


def test_few_single_requests_are_of_no_kind():
    assert distribution_of(Spread.of([1.0, 2.0, 5.0]), "s").kind is None
    values = np.random.default_rng(1).lognormal(0.0, 1.0, 3000)
    found = distribution_of(Spread.of(values), "s")
    assert (found.kind, found.notes) == ("lognormal", ())


@pytest.mark.parametrize("levels", [{50.0: 1e-12, 99.0: 1e9}, {50.0: 5.0, 99.0: 1.0}, {75.0: 1e15, 99.0: 1e-9}])
def test_absurd_percentiles_give_numbers_all_the_same(levels):
    found = distribution_of(Spread(None, None, levels), "s")
    assert found.mean > 0
    assert found.std >= 0
    assert np.isfinite([found.mean, found.std]).all()
