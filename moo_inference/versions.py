"""The versions of everything that shapes the numbers, which every output records."""

import platform
from importlib.metadata import version

_PACKAGES = ("moo-inference", "numpy", "scipy", "pandas", "pymoo", "moocore")


def versions() -> dict[str, str]:
    """The versions of everything that shapes the numbers."""
    own, *others = _PACKAGES
    return {own: version(own), "python": platform.python_version(), **{name: version(name) for name in others}}
