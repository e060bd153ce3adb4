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
    words = launch.server_arguments("a catalog.yaml", 8600, open_browser=False)
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
    assert words[-2:] == ["--", "a catalog.yaml"]
    assert ("--server.headless", "false") in list(
        zip(*[iter(launch.server_arguments("paper", 1, True)[2:])] * 2, strict=True)
    )
