"""Which price a pass has: tiers of long prompts, reasoning, cached and shared prompts, and what is refused of them."""

import numpy as np
import pytest

from moo_inference.catalog import Servers, TokenLength
from moo_inference.catalog.model import PriceTier
from moo_inference.errors import SettingError
from moo_inference.estimators.lengths import Length
from moo_inference.estimators.pass_distribution import (
    PassDistribution,
    cost_distribution,
    prompts_paid,
    reasoning_price,
    time_distribution,
    written_price,
)

K = np.array([1, 2, 5, 6])
THINKING = {"reasoning_tokens": {"mean": 400, "std": 80}}


def length(mean, std):
    return Length.of(TokenLength(mean=mean, std=std, kind=None))


def tier(beyond, per_input, per_output, **changes):
    return {
        "from_input_tokens": beyond,
        "usd_per_million_input_tokens": per_input,
        "usd_per_million_output_tokens": per_output,
        **changes,
    }


def test_a_share_of_a_pass_is_that_of_each_of_its_parts():
    own = PassDistribution(0.5, 2.0, length(1000, 30), length(500, 20), 3.0, length(200, 10))
    fourth = own.over(4)
    assert (own.mean, own.std) == pytest.approx((2100, np.sqrt(15**2 + 40**2 + 30**2)))
    assert (fourth.mean, fourth.std) == pytest.approx((own.mean / 4, own.std / 4))
    assert fourth.written.mean == pytest.approx(1600 / 4)
    assert fourth.prompt.mean == pytest.approx(500 / 4)
    assert own.prompt_spread == pytest.approx(15)
    assert fourth.prompt_spread == pytest.approx(15 / 4)
    assert own.whole.terms == (*own.prompt.terms, *own.written.terms)


def test_a_reasoning_length_of_unknown_spread_makes_a_pass_unknown_where_it_counts():
    unknown = length(200, None)
    assert not PassDistribution(0.5, 2.0, length(1000, 30), length(500, 20), 3.0, unknown).known
    assert PassDistribution(0.5, 2.0, length(1000, 30), length(500, 20), 0.0, unknown).known


def test_the_last_tier_that_all_prompts_exceed_has_the_price(gpt5):
    """Prompts have 1,024 +- 64 tokens; reasoning has the price of its tier, or that outside where it has none."""
    tiers = [
        tier(100, 2.0, 20.0),
        tier(500, 3.0, 30.0, usd_per_million_reasoning_tokens=50.0),
        tier(9_000, 4.0, 40.0),
    ]
    model = gpt5.replace(usd_per_million_reasoning_tokens=15.0, **THINKING)
    for count, prices in enumerate([(1.25, 10, 15), (2, 20, 15), (3, 30, 50), (3, 30, 50)]):
        own = cost_distribution(model.replace(price_tiers=tiers[:count]))
        expected = (prices[0] * 1024 + prices[1] * 2048 + prices[2] * 400) / 1e6
        assert own.mean == pytest.approx(expected, rel=1e-12)
    plain = model.replace(usd_per_million_reasoning_tokens=None, price_tiers=tiers[:1])
    assert cost_distribution(plain).mean == pytest.approx((2 * 1024 + 20 * 2448) / 1e6, rel=1e-12)


@pytest.mark.parametrize(("tokens", "price"), [(1023, 2.0), (1024, 1.25), (1025, 1.25)])
def test_a_tier_begins_beyond_its_tokens(gpt5, tokens, price):
    certain = gpt5.replace(input_tokens={"mean": 1024, "std": 0}, price_tiers=[tier(tokens, 2.0, 10.0)])
    assert cost_distribution(certain).prompt.mean == pytest.approx(price * 1024 / 1e6)


def test_prompts_in_several_tiers_and_of_unknown_spread_have_no_one_price(gpt5):
    with pytest.raises(SettingError) as refused:
        cost_distribution(gpt5.replace(name="M", price_tiers=[tier(100, 1.5, 10.0), tier(1088, 2.0, 10.0)]))
    assert str(refused.value) == (
        "M: a share of 0.16 of the prompts has more than 1,088 tokens and so another price: for that, give the model "
        "measured `passes` and use the Empirical estimator"
    )
    unknown = gpt5.replace(name="M", input_tokens={"mean": 1024, "std": None})
    assert cost_distribution(unknown).mean == pytest.approx((1.25 * 1024 + 10 * 2048) / 1e6)
    with pytest.raises(SettingError) as refused:
        cost_distribution(unknown.replace(price_tiers=[tier(1088, 2.0, 10.0)]))
    assert str(refused.value) == (
        "M: the std of input_tokens must be known where there are price_tiers, got null: it decides how many prompts "
        "have which price"
    )


def test_reasoning_costs_what_its_tier_says_then_what_the_model_says(gpt5):
    model = gpt5.replace(usd_per_million_reasoning_tokens=15.0, **THINKING)
    with_price, without = PriceTier(**tier(1, 1, 1, usd_per_million_reasoning_tokens=0.0)), PriceTier(**tier(1, 1, 1))
    assert reasoning_price(model) == 15.0
    assert reasoning_price(model, with_price) == 0.0
    assert reasoning_price(model, without) == 15.0
    assert reasoning_price(gpt5) is None
    assert reasoning_price(gpt5, without) is None


def test_the_mean_price_of_what_is_written_is_weighed_by_the_mean_lengths(gpt5):
    model = gpt5.replace(**THINKING)
    assert written_price(model, 10.0, 40.0) == pytest.approx((2048 * 10 + 400 * 40) / 2448)
    assert written_price(model, 10.0, None) == 10.0
    assert written_price(gpt5, 10.0, 40.0) == 10.0


def test_each_request_that_shares_a_prompt_pays_it_once(gpt5):
    shared = gpt5.replace(shared_prompt=True, prompt="per-query")
    assert prompts_paid(shared, K, 4).tolist() == [1, 1, 1, 1]
    assert prompts_paid(shared, K, 4, batch=2).tolist() == [1, 1, 3, 3]
    assert prompts_paid(shared, K, 4, batch=5).tolist() == [1, 1, 1, 2]
    # Where each pass is a request of its own, so is each of a batch.
    alone = gpt5.replace(prompt="per-query")
    paid = prompts_paid(alone, K, 4, batch=2)
    assert paid.dtype == float
    assert paid.tolist() == [1, 2, 5, 6]


def test_a_prompt_that_costs_nothing_is_cached_for_nothing(gpt5):
    cached = {"usd_per_million_cached_input_tokens": 0.0, "prompt": "per-query"}
    free = gpt5.replace(usd_per_million_input_tokens=0.0, free=True, **cached)
    assert prompts_paid(free, K).tolist() == [1, 1, 1, 1]
    assert prompts_paid(gpt5.replace(free=True, **cached), K).tolist() == [1, 1, 1, 1]
    written = free.replace(usd_per_million_cache_write_input_tokens=0.0, first_wave_writes_cache=True)
    assert prompts_paid(written, K, 4).tolist() == [1, 2, 4, 4]


def test_a_cached_prompt_has_no_price_where_prompts_have_none(gpt5):
    free = gpt5.replace(name="M", usd_per_million_input_tokens=0.0, free=True, prompt="per-query")
    for changes, sentence in (
        (
            {"usd_per_million_cached_input_tokens": 0.25},
            "M: usd_per_million_cached_input_tokens must be 0 where the prompt itself costs nothing, got 0.25",
        ),
        (
            {"usd_per_million_cached_input_tokens": 0.0, "usd_per_million_cache_write_input_tokens": 1.5},
            "M: usd_per_million_cache_write_input_tokens must be 0 where the prompt itself costs nothing, got 1.5",
        ),
    ):
        with pytest.raises(SettingError) as refused:
            prompts_paid(free.replace(**changes), K)
        assert str(refused.value) == sentence


def test_times_that_depend_on_a_load_are_not_those_of_one_pass(gpt5):
    loads = [{"concurrency": c, "request_seconds": {"mean": c, "std": 0.1}} for c in (1.0, 2.0)]
    untimed = gpt5.replace(
        name="M", seconds_per_input_token=None, seconds_per_output_token=None, servers={"loads": loads}
    )
    assert isinstance(untimed.servers, Servers)
    with pytest.raises(SettingError) as refused:
        time_distribution(untimed)
    assert str(refused.value) == (
        "M: its times depend on the load, so the scenario must state queries_per_second or concurrency; got neither"
    )


def test_reasoning_takes_as_long_as_an_answer_token_by_token(gpt5):
    own = time_distribution(gpt5.replace(**THINKING))
    assert own.per_reasoning == own.per_output == 0.005
    assert own.std == pytest.approx(np.sqrt((0.0005 * 64) ** 2 + (0.005 * 128) ** 2 + (0.005 * 80) ** 2))
