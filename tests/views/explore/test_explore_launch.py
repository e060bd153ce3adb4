import importlib.util
import socket

import pytest

from moo_inference import save_catalog
from moo_inference.errors import CatalogError, MooInferenceError, SettingError
from moo_inference.views.explore import launch


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "streamlit" else found(name))
    with pytest.raises(MooInferenceError, match=r'needs streamlit.*pip install -e "\.\[explore\]" in a clone'):
        launch.explore()


def test_a_catalog_that_cannot_be_loaded_is_refused_before_the_server_starts(tmp_path, paper):
    pytest.importorskip("streamlit")
    with pytest.raises(CatalogError, match=r"missing\.yaml: must be a file"):
        launch.explore(str(tmp_path / "missing.yaml"), open_browser=False)
    save_catalog(paper.replace(scenarios={}), tmp_path / "bare.yaml")
    with pytest.raises(SettingError, match="at least one scenario"):
        launch.explore(str(tmp_path / "bare.yaml"), open_browser=False)


def test_a_taken_port_is_refused(taken_port):
    pytest.importorskip("streamlit")
    with pytest.raises(SettingError, match=f"port {taken_port} must be free, but cannot be used .*in use"):
        launch.explore(port=taken_port, open_browser=False)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_must_be_one(port):
    with pytest.raises(SettingError, match="between 1 and 65535"):
        launch.free_port(port)


def test_without_a_port_the_next_free_one_is_taken(taken_port, monkeypatch):
    monkeypatch.setattr(launch, "USUAL_PORT", taken_port)
    assert taken_port < launch.free_port() < taken_port + 20
    monkeypatch.setattr(launch, "_TRIED_PORTS", 1)
    with pytest.raises(SettingError, match="no port from"):
        launch.free_port()


def test_the_server_is_closed_to_others():
    words = launch.server_arguments(launch.Opening("a catalog.yaml"), 8600, open_browser=False)
    options = list(zip(words[2:-2:2], words[3:-2:2], strict=True))
    for option in {
        "--server.address": "127.0.0.1",
        "--server.port": "8600",
        "--server.headless": "true",
        "--server.enableCORS": "true",
        "--server.enableXsrfProtection": "true",
        "--server.maxUploadSize": "20",
        "--server.fileWatcherType": "none",
        "--browser.gatherUsageStats": "false",
        "--client.toolbarMode": "minimal",
    }.items():
        assert option in options
    assert [value for name, value in options if name == "--server.allowedHosts"] == ["localhost", "127.0.0.1"]
    assert words[-2] == "--"
    assert launch.Opening.from_argument(words[-1]) == launch.Opening("a catalog.yaml")
    assert ("--server.headless", "false") in list(
        zip(*[iter(launch.server_arguments(launch.Opening(), 1, True)[2:])] * 2, strict=True)
    )


def test_the_page_opens_with_budgets_in_place_of_scenarios_or_over_one(paper):
    alone = launch.Opening("paper", {"cost": 0.05, "p95": 60.0, "accuracy": None})
    there = launch.Opening.from_argument(alone.to_argument())
    assert there == alone
    [own] = there.load().scenarios.values()
    assert (own.c_max, own.t_max, own.t_quantile, own.a_min) == (0.05, 60.0, 0.95, None)
    over = launch.Opening("paper", {"cost": 0.05}, ["medical-ai"]).load()
    first = next(iter(over.scenarios))
    assert (first, set(over.scenarios)) == ("medical-ai", set(paper.scenarios))
    assert over.scenarios[first] == paper.scenarios[first].replace(c_max=0.05)
    assert launch.Opening().load() == paper
    with pytest.raises(LookupError, match="medical"):
        launch.Opening("paper", {}, ["medical"]).load()
    with pytest.raises(SettingError, match="cost"):
        launch.Opening("paper", {"cost": -1.0}).load()
