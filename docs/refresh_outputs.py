"""Puts real code and real output into the Markdown files; with --check, only says which are out of date.

Behind `<!-- code: FILE -->` the next fenced block holds the file without its first docstring; behind
`<!-- run: COMMAND -->`, what the command prints. Commands are `moo-inference ...` or an example's path.

Run: python docs/refresh_outputs.py
"""

import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- (code|run): (.+?) -->\n```[a-z]*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


@cache
def run(command: str) -> str:
    """What a command prints, without blanks at the ends of lines."""
    name, *options = command.split()
    if name == "moo-inference":
        full = [str(Path(sys.executable).parent / name), *options]
    else:
        full = [sys.executable, str(ROOT / name), *options]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(full, cwd=folder, capture_output=True, text=True, check=True)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def fill(match: re.Match[str]) -> str:
    """One block with what belongs there."""
    before, kind, what, _, after = match.groups()
    if kind == "run":
        return before + run(what) + "\n" + after
    code = (ROOT / what).read_text(encoding="utf-8")
    return before + re.sub(r'\A""".*?"""\n+', "", code, flags=re.DOTALL).strip() + "\n" + after


def main() -> int:
    """Refresh or check all Markdown files."""
    stale = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        fresh = BLOCK.sub(fill, text)
        if fresh != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    print("out of date: " + ", ".join(stale) if stale else "all up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
