"""Builds these pages as a site, strictly: every warning is an error, and so is every reference to nothing.

Run: python docs/build.py [OUT]    (OUT is build/docs unless given; open OUT/index.html)
"""

import sys
from pathlib import Path

from sphinx.cmd.build import main

DOCS = Path(__file__).resolve().parent

if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else str(DOCS.parent / "build" / "docs")
    sys.exit(main(["-W", "--keep-going", "-n", "-q", "-b", "html", str(DOCS), out]))
