"""Starting the page: a Streamlit server that this machine alone can reach."""

import importlib.util
import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from moo_inference.catalog import Catalog, load_catalog
from moo_inference.catalog.limits import with_limits
from moo_inference.catalog.variants import with_stops
from moo_inference.errors import MooInferenceError, SettingError
from moo_inference.formatting.lines import note
from moo_inference.views.explore.state import check_explorable

ADDRESS = "127.0.0.1"
USUAL_PORT = 8501
_TRIED_PORTS = 20
_LARGEST_UPLOAD_MB = 20


@dataclass(frozen=True)
class Opening:
    """What the page opens with.

    Attributes:
        catalog: the name of a built-in one, or a path to YAML; read before the server starts, and again for each
            visitor.
        limits: budgets in place of the scenarios, or over those that are named; see `with_limits`.
        scenarios: ids of these; None: in place of all.
        stop: policies of stopping, side by side; None: as the catalog says.
    """

    catalog: str = "paper"
    limits: Mapping[str, float | None] = field(default_factory=dict)
    scenarios: Sequence[str] | None = None
    stop: Sequence[str] | None = None

    def load(self) -> Catalog:
        """The catalog with these budgets, the scenarios that are named first.

        Raises:
            MooInferenceError: it cannot be used.
        """
        catalog = load_catalog(self.catalog)
        if self.stop is not None:
            catalog = with_stops(catalog, self.stop)
        if self.scenarios:
            catalog.select(None, self.scenarios)
        catalog = with_limits(catalog, self.limits, self.scenarios)
        first = {key: catalog.scenarios[key] for key in self.scenarios or ()}
        catalog = catalog.replace(scenarios={**first, **catalog.scenarios})
        check_explorable(catalog)
        return catalog

    def to_argument(self) -> str:
        """As one argument of the page."""
        return json.dumps(asdict(self))

    @classmethod
    def from_argument(cls, text: str) -> "Opening":
        """From what `to_argument` returns."""
        return cls(**json.loads(text))


def explore(
    catalog: str = "paper",
    *,
    limits: Mapping[str, float | None] | None = None,
    scenario: str | None = None,
    stop: Sequence[str] | None = None,
    port: int | None = None,
    open_browser: bool = True,
) -> int:
    """Serve the page until it is interrupted.

    Args:
        catalog: the name of a built-in one, or a path to YAML; read before the server starts, and again for each
            visitor.
        limits: budgets that the page opens with, see `with_limits`.
        scenario: id of the scenario that it opens with, whose budgets the limits replace; None: they stand in place of
            all scenarios.
        stop: policies of stopping, side by side; None: as the catalog says.
        port: of the page; None takes 8501, or the next free one.
        open_browser: whether to open the page in the user's browser.

    Returns:
        The exit status.

    Raises:
        MooInferenceError: Streamlit or plotly is not installed.
        CatalogError: (a ValueError) the catalog cannot be loaded.
        SettingError: (a ValueError) the catalog holds no scenario, or the port is not free.
    """
    check_installed()
    opening = Opening(catalog, dict(limits or {}), None if scenario is None else [scenario], stop)
    opening.load()
    chosen = free_port(port)
    from streamlit.web.cli import main  # noqa: PLC0415 (of the extra `explore`)

    note(f"the page is at http://{ADDRESS}:{chosen} (Ctrl+C ends it)")
    try:
        main(args=server_arguments(opening, chosen, open_browser), prog_name="streamlit", standalone_mode=False)
    except KeyboardInterrupt:
        pass
    except SystemExit as stopped:
        return int(stopped.code or 0) if isinstance(stopped.code, int | None) else 1
    return 0


def check_installed() -> None:
    """Refuse to start without the extra.

    Raises:
        MooInferenceError: Streamlit or plotly is not installed.
    """
    missing = [name for name in ("streamlit", "plotly") if importlib.util.find_spec(name) is None]
    if missing:
        raise MooInferenceError(
            f'the page needs {" and ".join(missing)}, to be installed with: pip install -e ".[explore]" in a clone'
        )


def free_port(port: int | None = None) -> int:
    """The port if it is free; for None the first free one from 8501.

    Raises:
        SettingError: (a ValueError) it is not a port, or another program listens on it.
    """
    if port is None:
        for tried in range(USUAL_PORT, USUAL_PORT + _TRIED_PORTS):
            if _error_of(tried) is None:
                return tried
        raise SettingError(f"no port from {USUAL_PORT} to {USUAL_PORT + _TRIED_PORTS - 1} is free: give another one")
    if not 1 <= port <= 65535:
        raise SettingError(f"port must be between 1 and 65535, got {port}")
    message = _error_of(port)
    if message is not None:
        raise SettingError(f"port {port} must be free, but cannot be used ({message}): give another one")
    return port


def _error_of(port: int) -> str | None:
    with socket.socket() as probe:
        if os.name == "posix":
            # A server that has just ended leaves its port in a state in which only this lets it be used again.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def server_arguments(opening: Opening, port: int, open_browser: bool) -> list[str]:
    """The arguments of Streamlit's command line; they go before any configuration file of the user's."""
    options = {
        "server.address": ADDRESS,
        "server.port": port,
        "server.baseUrlPath": "",
        "server.headless": not open_browser,
        "server.enableCORS": True,
        "server.enableXsrfProtection": True,
        "server.maxUploadSize": _LARGEST_UPLOAD_MB,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.showEmailPrompt": False,
        "browser.serverAddress": ADDRESS,
        "browser.serverPort": port,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "global.developmentMode": False,
        # The page sets its widgets and gives the same value as their default, or they would flash another at first.
        "global.disableWidgetStateDuplicationWarning": True,
        "logger.hideWelcomeMessage": True,
        "runner.magicEnabled": False,
        "theme.base": "light",
        "theme.primaryColor": "#0072B2",
    }
    page = Path(__file__).with_name("page.py")
    words = ["run", str(page)]
    for name, value in options.items():
        words += [f"--{name}", str(value).lower() if isinstance(value, bool) else str(value)]
    for host in ("localhost", ADDRESS):
        # Another page's name that is made to point here (DNS rebinding) is refused.
        words += ["--server.allowedHosts", host]
    return [*words, "--", opening.to_argument()]
