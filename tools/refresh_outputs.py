"""Puts real code and real output into the Markdown files; with --check, only lists those that are out of date.

Behind `<!-- code: FILE -->` the next fenced block holds the file without its first docstring; behind
`<!-- run: COMMAND -->`, what the command prints, and behind `<!-- refused: COMMAND -->`, its error;
behind `<!-- nothing: COMMAND -->`, what it prints where nothing meets the budgets.
Commands are `moo-inference ...` or an example's path; a block of the kind `console` begins with the command itself.
Each runs in a folder of its own, which holds copies of the files of tests/data and examples that it names (and that a
fit file among them names), and in a process of its own, forked from one that has imported what most of them need.

Run: python tools/refresh_outputs.py
"""

import multiprocessing
import os
import re
import runpy
import shutil
import sys
import tempfile
import textwrap
import warnings
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = (ROOT / "tests" / "data", ROOT / "tests" / "data" / "attempts", ROOT / "examples")
AT_ONCE = 2
STATUS = {"run": 0, "refused": 2, "nothing": 3}
"""The exit status that belongs to each kind of block."""
COLUMNS = 114
"""As many letters as a line of output has on the pages, see _static/pages.css."""
IMPORTED = [
    "matplotlib.pyplot",
    "moo_inference.cli.app",
    "moo_inference.studies.comparison",
    "moo_inference.studies.route",
    "moo_inference.views.study_tables",
]
"""What is imported once for all commands."""

BLOCK = re.compile(r"(<!-- (code|run|refused|nothing): (.+?) -->\n```[a-z]*\n)(.*?)(^```$)", re.DOTALL | re.MULTILINE)


def execute(command: str) -> int | str | None:
    """Run a command in this process, as a shell would start it; its exit status, or the message that it ends with."""
    name, *options = command.split()
    try:
        if name == "moo-inference":
            sys.argv = [name, *options]
            import_module("moo_inference.cli").main()
        else:
            sys.argv = [str(ROOT / name), *options]
            # As `python -W error::UserWarning FILE` has it, for processes that it starts as well.
            sys.path[0] = str((ROOT / name).parent)
            sys.warnoptions.append("error::UserWarning")
            warnings.simplefilter("error", UserWarning)
            runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as stopped:
        return stopped.code
    except BaseException:  # noqa: BLE001 (what Python prints of it belongs to the output)
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def run(command: str, kind: str) -> str:
    """What a command prints, or its error on standard error, without blanks at the ends of lines.

    The streams of this process are the command's from then on: each command needs a process of its own.
    """
    os.environ["COLUMNS"] = str(COLUMNS)
    name, *options = command.split()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryDirectory() as folder:
        for sample in (found for word in options for found in sample_files(word)):
            shutil.copy(sample, folder)
        for number, file in enumerate((out, err), 1):
            os.dup2(file.fileno(), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        os.chdir(folder)
        status = execute(command)
        os.chdir(ROOT)
        sys.stdout.flush()
        sys.stderr.flush()
        printed, complaint = (os.pread(file.fileno(), 1 << 30, 0).decode() for file in (out, err))
    if status != STATUS[kind] or (name.startswith("examples/") and complaint):
        raise RuntimeError(f"{command}: exit status {status}\n{complaint}")
    return "\n".join(line.rstrip() for line in (complaint if kind == "refused" else printed).strip().splitlines())


def sample_files(word: str) -> list[Path]:
    """The file of this name among those that the pages show, and the files that a fit file names."""
    found = [folder / word for folder in SAMPLES if re.fullmatch(r"\w+(\.\w+)+", word) and (folder / word).is_file()]
    named = re.findall(r"file: ([\w.]+)", found[0].read_text(encoding="utf-8")) if word == "fit.yaml" else []
    return found + [found[0].parent / name for name in named]


def prompt(command: str) -> str:
    """A command as it is typed, over several lines where it is long."""
    return "$ " + " \\\n".join(textwrap.wrap(command, 88, subsequent_indent="    ", break_on_hyphens=False)) + "\n"


def fill(match: re.Match[str], outputs: dict[tuple[str, str], str]) -> str:
    """One block with what belongs there."""
    before, kind, what, _, after = match.groups()
    if kind != "code":
        shown = prompt(what) if before.endswith("```console\n") else ""
        return before + shown + outputs[what, kind] + "\n" + after
    code = (ROOT / what).read_text(encoding="utf-8")
    return before + re.sub(r'\A""".*?"""\n+', "", code, flags=re.DOTALL).strip() + "\n" + after


def main() -> int:
    """Refresh or check all Markdown files."""
    stale = []
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = [path.read_text(encoding="utf-8") for path in pages]
    # Each command runs once, however often it is shown.
    blocks = [block for text in texts for block in BLOCK.findall(text) if block[1] != "code"]
    commands = list(dict.fromkeys((what, kind) for _, kind, what, *_ in blocks))
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(IMPORTED)
    with ProcessPoolExecutor(AT_ONCE, server, max_tasks_per_child=1) as pool:
        try:
            outputs = dict(zip(commands, pool.map(run, *zip(*commands, strict=True)), strict=True))
        except RuntimeError as failed:
            raise SystemExit(str(failed)) from None
    for path, text in zip(pages, texts, strict=True):
        fresh = BLOCK.sub(lambda match: fill(match, outputs), text)
        if fresh != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    print("out of date: " + ", ".join(stale) if stale else "all up to date")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
