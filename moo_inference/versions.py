"""The versions of everything that shapes the numbers, which every output records."""

import platform
from functools import cache
from importlib.metadata import version

_PACKAGES = ("moo-inference", "numpy", "scipy", "pandas", "pymoo", "moocore")


def versions() -> dict[str, str]:
    """The versions of everything that shapes the numbers."""
    own, *others = _PACKAGES
    return {own: _version(own), "python": platform.python_version(), **{name: _version(name) for name in others}}


@cache
def _version(package: str) -> str:
    """Read once: that takes a millisecond, and what is loaded stays what it was."""
    return version(package)
