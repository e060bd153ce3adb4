"""A tail of the cost on a real trace, 2,500 requests of coding: one prompt a query, and k answers."""

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi

TRIALS = 1_000_000


@pytest.fixture(scope="module")
def lengths():
    return np.loadtxt(ROOT / "tests/data/azure_llm_code_2500.csv", delimiter=",", skiprows=1, usecols=(1, 2)).T


@pytest.fixture(scope="module", params=[4, 16, 64])
def costs(request, lengths):
    """k, and the cost of a million queries, each of one prompt, read k times, and k answers."""
    read, written = lengths
    generator, k = np.random.default_rng(0), request.param
    total = 1.25e-6 * k * read[generator.integers(0, len(read), TRIALS)]
    for _ in range(k):
        total += 1e-5 * written[generator.integers(0, len(written), TRIALS)]
    return k, total


def p95(estimator, model, k):
    scenario = mi.Scenario(name="S", c_max=1.0, t_max=None, a_min=0.0, c_quantile=0.95)
    return estimator.estimate(model, [k], scenarios=[scenario]).views[scenario].values[0, 0]


def test_resampled_passes_have_the_tail_of_the_trace(gpt5, lengths, costs):
    k, total = costs
    read, written = lengths.astype(int).tolist()
    model = gpt5.replace(prompt="per-query", passes={"input_tokens": read, "output_tokens": written})
    trials = 20_000
    found = p95(mi.Empirical(trials=trials), model, k)
    band = 4 * np.sqrt(0.95 * 0.05 / trials)
    assert abs((total <= found).mean() - 0.95) < band
    # With a prompt for each pass the tail is another one.
    apart = p95(mi.Empirical(trials=trials), model.replace(prompt="per-pass"), k)
    assert (total <= apart).mean() < 0.95 - band


@pytest.mark.parametrize(("kind", "most"), [("gamma", 0.13), ("lognormal", 0.18), ("normal", 0.16)])
def test_a_fitted_kind_has_nearly_its_tail(gpt5, lengths, costs, kind, most):
    """Prompts of this trace have two humps, so that no kind fits; each stays within its own share below the truth."""
    k, total = costs
    spreads = [{"mean": own.mean(), "std": own.std(), "kind": kind} for own in lengths]
    model = gpt5.replace(prompt="per-query", input_tokens=spreads[0], output_tokens=spreads[1])
    found, true = p95(mi.ClosedForm(), model, k), np.quantile(total, 0.95)
    assert 1 - most < found / true < 1
    assert mi.ClosedForm().estimate(model, [k]).cost.mean[0] == pytest.approx(total.mean(), rel=2e-3)
    apart = p95(mi.ClosedForm(), model.replace(prompt="per-pass"), k)
    assert apart / true < 1 - 1.5 * most
