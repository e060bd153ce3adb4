"""Puts real code and real output into the Markdown files; with --check, only lists those that are out of date.

Behind `<!-- code: FILE -->` the next fenced block holds the file without its first docstring; behind
`<!-- run: COMMAND -->`, what the command prints, and behind `<!-- refused: COMMAND -->`, its error.
Commands are `moo-inference ...` or an example's path; a block of the kind `console` begins with the command itself.
Each runs in a folder of its own, which holds copies of the files of tests/data and examples that it names.

Run: python tools/refresh_outputs.py
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = (ROOT / "tests" / "data", ROOT / "tests" / "data" / "attempts", ROOT / "examples")
AT_ONCE = 2
COLUMNS = 114
"""As many letters as a line of output has on the pages, see _static/pages.css."""
BLOCK = re.compile(r"(<!-- (code|run|refused): (.+?) -->\n```[a-z]*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


@cache
def run(command: str, refused: bool = False) -> str:
    """What a command prints, or its error on standard error, without blanks at the ends of lines."""
    name, *options = command.split()
    if name == "moo-inference":
        full = [str(Path(sys.executable).parent / name), *options]
    else:
        full = [sys.executable, "-W", "error::UserWarning", str(ROOT / name), *options]
    environment = {**os.environ, "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as folder:
        for sample in (found for word in options for found in sample_files(word)):
            shutil.copy(sample, folder)
        done = subprocess.run(full, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != (2 if refused else 0) or (name.startswith("examples/") and done.stderr):
        raise SystemExit(f"{command}: exit status {done.returncode}\n{done.stderr}")
    printed = done.stderr if refused else done.stdout
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())


def sample_files(word: str) -> list[Path]:
    """The file of this name among those that the pages show."""
    return [folder / word for folder in SAMPLES if re.fullmatch(r"\w+(\.\w+)+", word) and (folder / word).is_file()]


def prompt(command: str) -> str:
    """A command as it is typed, over several lines where it is long."""
    return "$ " + " \\\n".join(textwrap.wrap(command, 88, subsequent_indent="    ", break_on_hyphens=False)) + "\n"


def fill(match: re.Match[str]) -> str:
    """One block with what belongs there."""
    before, kind, what, _, after = match.groups()
    if kind != "code":
        shown = prompt(what) if before.endswith("```console\n") else ""
        return before + shown + run(what, kind == "refused") + "\n" + after
    code = (ROOT / what).read_text(encoding="utf-8")
    return before + re.sub(r'\A""".*?"""\n+', "", code, flags=re.DOTALL).strip() + "\n" + after


def main() -> int:
    """Refresh or check all Markdown files."""
    stale = []
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    # The outputs are cached, so each command runs once, however often it is shown.
    commands = dict.fromkeys(
        (what, kind == "refused") for t in texts for _, kind, what, *_ in BLOCK.findall(t) if kind != "code"
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: run(*one), commands))
    for path, text in zip(pages, texts, strict=True):
        fresh = BLOCK.sub(fill, text)
        if fresh != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    print("out of date: " + ", ".join(stale) if stale else "all up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
