"""A model of every model x effort of recorded attempts, with its price."""

import csv

import numpy as np
import pytest
from conftest import ROOT

import moo_inference as mi
from moo_inference.errors import SettingError, UnknownNameError
from moo_inference.fitting.recorded_models import Priced, fit_attempts
from moo_inference.readers.prices.price import Price, PriceList, Tier

EXCERPT = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"


def priced(*keys, **unpriced):
    found = {
        key: Price(key, 1.0 + place, 10.0 + place, 0.1 + place, where=f"prices.json:{place}")
        for place, key in enumerate(keys)
    }
    return PriceList("prices.json", found, unpriced)


@pytest.fixture(scope="module")
def attempts():
    return mi.read_attempts(EXCERPT, columns={"answer": "answer_group"})


def test_every_model_and_effort_is_one_with_the_price_of_its_name(attempts):
    prices = priced("gpt-5-2025-08-07", "openai/gpt-5-mini-2025-08-07", "gpt-5-nano", "alibaba/qwen3-max")
    found = fit_attempts(attempts, Priced(prices), parallel=8)
    assert list(found.models) == list(attempts.models)
    assert [model.usd_per_million_output_tokens for model in found.models.values()] == [13.0, 10.0, 10.0, 11.0, 12.0]
    one = found.models["openai/gpt-5-2025-08-07@high"]
    direct = attempts.model(
        "openai/gpt-5-2025-08-07@high",
        usd_per_million_input_tokens=1.0,
        usd_per_million_output_tokens=10.0,
        usd_per_million_cached_input_tokens=0.1,
    )
    np.testing.assert_array_equal(one.attempts.cost, direct.attempts.cost)
    assert one.sources["usd_per_million_output_tokens"] == "prices.json:0, gpt-5-2025-08-07"
    # A name without its date is another snapshot's price for all that is known: it is said.
    assert sorted(warning.partition(": priced as")[0] for warning in found.warnings) == [
        "alibaba/qwen3-max-2025-09-23",
        "openai/gpt-5-nano-2025-08-07@high",
    ]


def test_a_key_given_goes_before_names_and_one_of_an_effort_before_that_of_its_model(attempts):
    prices = priced("a", "b", "gpt-5-2025-08-07")
    keys = {"openai/gpt-5-2025-08-07": "a", "openai/gpt-5-2025-08-07@medium": "b"}
    of = ["openai/gpt-5-2025-08-07@high", "openai/gpt-5-2025-08-07@medium"]
    found = fit_attempts(attempts, Priced(prices, keys), of=of)
    assert [model.usd_per_million_output_tokens for model in found.models.values()] == [10.0, 11.0]
    assert found.warnings[:1] == ("openai/gpt-5-2025-08-07@high: priced as a (prices.json:0), whose name has no date",)


def test_models_without_a_price_are_left_out_and_named(attempts):
    found = fit_attempts(attempts, Priced(priced("gpt-5-2025-08-07")))
    assert list(found.models) == ["openai/gpt-5-2025-08-07@high", "openai/gpt-5-2025-08-07@medium"]
    assert len(found.warnings) == 3
    assert all("left out" in warning and "--model-key" in warning for warning in found.warnings)


def test_one_that_is_asked_for_or_all_without_a_price_are_errors(attempts):
    with pytest.raises(SettingError, match=r"qwen3-max.*has no model"):
        fit_attempts(attempts, Priced(priced("gpt-5-2025-08-07")), of=["alibaba/qwen3-max-2025-09-23"])
    with pytest.raises(SettingError) as refused:
        fit_attempts(attempts, Priced(priced("other")))
    assert len(refused.value.errors) == 4
    with pytest.raises(SettingError, match="tokens must come with prices") as refused:
        fit_attempts(attempts)
    assert len(refused.value.errors) == 1


def test_a_price_that_the_list_refuses_is_not_guessed_from_another_name(attempts):
    prices = priced("gpt-5-2025-08-07", **{"qwen3-max-2025-09-23": "prices.json:9: has no output price"})
    found = fit_attempts(attempts, Priced(prices))
    assert any("has no output price" in warning for warning in found.warnings)


def test_unknown_names_are_all_named(attempts):
    with pytest.raises(UnknownNameError) as refused:
        fit_attempts(attempts, Priced(priced("a"), {"openai/gpt-6": "a"}), of=["nobody"])
    assert len(refused.value.errors) == 2


def test_attempts_with_long_prompts_pay_their_tier(attempts):
    prompts = np.asarray(attempts.tokens_in)
    start = int(np.median(prompts))
    key = "gpt-5-2025-08-07"

    def costs(*tiers):
        listed = PriceList("p.json", {key: Price(key, 1.0, 10.0, tiers=tiers, where="p")})
        return fit_attempts(attempts, Priced(listed)).models["openai/gpt-5-2025-08-07@high"].attempts.cost

    flat, tiered, beyond = costs(), costs(Tier(start, 2.0, 20.0)), costs(Tier(int(prompts.max()), 2.0, 20.0))
    ratio = tiered / flat
    assert set(np.round(ratio, 12)) == {1.0, 2.0}
    np.testing.assert_array_equal(beyond, flat)


def test_recorded_dollars_need_no_prices(tmp_path):
    rows = [("m", q, s, int((q + s) % 3 == 0), 0.01 * (s + 1), 5.0 + q) for q in range(6) for s in range(4)]
    path = tmp_path / "attempts.csv"
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([("model", "question", "sample", "correct", "usd", "seconds"), *rows])
    model = fit_attempts(mi.read_attempts(path)).models["m"]
    curve = mi.Recorded().estimate(model, [2])
    assert curve.cost.mean[0] == pytest.approx(2 * 0.025)
