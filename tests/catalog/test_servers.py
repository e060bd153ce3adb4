"""Servers in a catalog: what of them is refused and what is written, and the times of a pass at a load."""

import re

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog import Load, MeasuredLoad, Servers
from moo_inference.errors import SettingError

PRICES = ("usd_per_million_input_tokens", "usd_per_million_output_tokens")
EITHER = "must have either request_seconds or both of seconds_per_input_token and seconds_per_output_token"


def timed(mean, std=None, **kind):
    return {"request_seconds": {"mean": mean, "std": std, **kind}}


def by_token(read, write):
    return {"seconds_per_input_token": read, "seconds_per_output_token": write}


def servers_of(*times, at=(1.0, 3.0, 5.0), **changes):
    loads = [{"concurrency": c, **time} for c, time in zip(at, times, strict=False)]
    return Servers(loads=loads, **changes)


def model_values(servers, **changes):
    values = {
        "name": "own",
        "servers": servers,
        "input_tokens": {"mean": 100.0, "std": 0.0},
        "output_tokens": {"mean": 50.0, "std": 0.0},
        "accuracy": {"mean": 0.6, "std": 0.1},
    }
    return {**values, **changes}


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(1.0, None), "1 query/s"),
        (Load(2.5, None), "2.5 queries/s"),
        (Load(1234.56, None), "1235 queries/s"),
        (Load(None, 1.0), "1 query at the same time"),
        (Load(None, 12.0), "12 queries at the same time"),
    ],
)
def test_a_load_in_words(load, words):
    assert str(load) == words


def test_a_multiple_of_a_load_is_of_the_same_sort():
    assert Load(2.0, None).times(1.5) == (3.0, None)
    assert Load(None, 8.0).times(0.5) == (None, 4.0)


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"seconds_per_input_token": 0.1},
        {"seconds_per_output_token": 0.1},
        {**timed(1.0), **by_token(0.1, 0.2)},
        {**timed(1.0), "seconds_per_output_token": 0.2},
    ],
)
def test_a_load_has_one_way_to_say_how_long_a_request_takes(times):
    with pytest.raises(SettingError, match=re.escape(EITHER)):
        MeasuredLoad(concurrency=2.0, **times)


def test_what_is_not_known_of_a_load_is_not_written():
    load = MeasuredLoad(concurrency=1.0, **by_token(0.1, 0.2), ttft_seconds=0.3)
    assert load.model_dump() == {"concurrency": 1.0, **by_token(0.1, 0.2), "ttft_seconds": 0.3}
    servers = servers_of(timed(1.0, 0.5), timed(2.0))
    assert servers.model_dump() == {
        "loads": (
            {"concurrency": 1.0, "request_seconds": {"mean": 1.0, "std": 0.5}},
            {"concurrency": 3.0, "request_seconds": {"mean": 2.0, "std": None}},
        ),
        "replicas": 1,
    }
    assert servers.replace(usd_per_hour=2.5).model_dump() == {**servers.model_dump(), "usd_per_hour": 2.5}


@pytest.mark.parametrize(
    ("at", "times", "sentence"),
    [
        ((2.0, 1.0), [timed(1.0), timed(2.0)], "loads must stand in ascending order of concurrency, got [2.0, 1.0]"),
        ((2.0, 2.0), [timed(1.0), timed(2.0)], "loads must stand in ascending order of concurrency, got [2.0, 2.0]"),
        (
            (1.0, 2.0),
            [timed(1.0), by_token(0.1, 0.2)],
            "loads must all have request_seconds, or all the seconds per token; got both",
        ),
    ],
)
def test_loads_that_make_no_curve_are_refused(at, times, sentence):
    with pytest.raises(SettingError, match=re.escape(sentence)):
        servers_of(*times, at=at)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"loads": [{"concurrency": 1.0, **timed(1.0)}]}, "loads"),
        ({"loads": [{"concurrency": 0.99, **timed(1.0)}, {"concurrency": 2.0, **timed(1.0)}]}, "concurrency"),
        ({"usd_per_hour": 0.0}, "usd_per_hour"),
        ({"replicas": 0}, "replicas"),
    ],
)
def test_the_least_of_each_field(changes, field):
    """Two loads, one request in flight, and one server are enough; what is paid by the hour costs something."""
    least = {
        "loads": [{"concurrency": 1.0, **timed(1.0)}, {"concurrency": 2.0, **timed(1.0)}],
        "usd_per_hour": 1e-6,
        "replicas": 1,
    }
    assert len(Servers(**least).loads) == 2
    with pytest.raises(SettingError, match=field):
        Servers(**{**least, **changes})


def test_times_by_the_token_add_up_by_the_tokens_and_neither_falls_with_the_load():
    """Between two loads each time is on the straight line; three measured times that fall are their mean throughout."""
    curve = servers_of(by_token(0.001, 0.01), by_token(0.003, 0.03)).curve(200.0, 10.0)
    np.testing.assert_allclose(curve.at(2.0), [0.002, 0.02], rtol=1e-12)
    np.testing.assert_allclose(curve.seconds(2.0), 200 * 0.002 + 10 * 0.02, rtol=1e-12)
    noisy = servers_of(by_token(0.003, 0.01), by_token(0.002, 0.03), by_token(0.001, 0.02)).curve(1.0, 1.0)
    np.testing.assert_allclose(noisy.at([1.0, 5.0]), [[0.002, 0.01], [0.002, 0.025]], rtol=1e-12)


def test_times_of_whole_requests_do_not_depend_on_tokens_and_their_spread_may_fall():
    servers = servers_of(timed(1.0, 0.4), timed(3.0, 0.2))
    for tokens in ((1.0, 1.0), (900.0, 70.0)):
        curve = servers.curve(*tokens)
        np.testing.assert_allclose(curve.at([1.0, 2.0]), [[1.0, 0.4], [2.0, 0.3]], rtol=1e-12)
        np.testing.assert_allclose(curve.seconds(2.0), 2.0, rtol=1e-12)
    falling = servers_of(timed(3.0, 0.4), timed(1.0, 0.4)).curve(1.0, 1.0)
    np.testing.assert_allclose(falling.seconds([1.0, 3.0]), 2.0, rtol=1e-12)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([by_token(0.25, 1.0), by_token(0.75, 3.0)], by_token(0.5, 2.0)),
        ([timed(1.0, 0.25, kind="gamma"), timed(2.0, 0.75, kind="gamma")], timed(1.5, 0.5, kind="gamma")),
        ([timed(1.0, 0.25, kind="gamma"), timed(2.0, 0.75, kind="lognormal")], timed(1.5, 0.5)),
        ([timed(1.0, 0.25, kind="gamma"), timed(2.0)], timed(1.5)),
        ([timed(1.0, 0.25), timed(2.0, 0.75)], timed(1.5, 0.5, kind=None)),
    ],
)
def test_the_times_of_a_pass_between_two_loads_are_halfway(times, expected):
    """Of whole requests the kind of the spread is that of all loads, or left open where they differ."""
    servers = servers_of(*times)
    assert servers.times(servers.curve(1.0, 1.0), 2.0) == expected


@pytest.mark.parametrize("paid", [{}, dict.fromkeys(PRICES, 0.0), {"free": False}, {PRICES[0]: 0.0, "free": False}])
@pytest.mark.parametrize("ready", [True, False])
def test_tokens_cost_nothing_where_servers_are_paid_by_the_hour(paid, ready):
    servers = servers_of(timed(1.0), timed(2.0), usd_per_hour=3.0)
    model = mi.Model(**model_values(servers if ready else servers.model_dump(), **paid))
    assert (*(getattr(model, name) for name in PRICES), model.free) == (0.0, 0.0, True)
    written = model.model_dump()
    assert not {*PRICES, "free"} & written.keys()
    assert mi.Model(**written) == model


@pytest.mark.parametrize("price", PRICES)
def test_a_price_beside_the_one_by_the_hour_is_refused_in_one_sentence(price):
    with pytest.raises(SettingError) as refused:
        mi.Model(**model_values(servers_of(timed(1.0), timed(2.0), usd_per_hour=3.0), **{price: 1.0}))
    [sentence] = refused.value.errors
    assert sentence.endswith(
        "prices per token must not be given together with servers.usd_per_hour, which is in their place"
    )


def test_tokens_have_prices_where_servers_are_not_paid_by_the_hour():
    servers = servers_of(timed(1.0), timed(2.0))
    for given in (servers, servers.model_dump()):
        with pytest.raises(SettingError) as refused:
            mi.Model(**model_values(given))
        assert all(name in "\n".join(refused.value.errors) for name in PRICES)
    written = mi.Model(**model_values(servers, **dict.fromkeys(PRICES, 2.0))).model_dump()
    assert [written[name] for name in (*PRICES, "free")] == [2.0, 2.0, False]
    assert written["servers"] == servers.model_dump()
    hosted = mi.Model(**model_values(None, **dict.fromkeys(PRICES, 2.0), **timed(1.0)))
    assert "servers" not in hosted.model_dump()
    assert hosted.model_dump()[PRICES[0]] == 2.0
