"""Every fenced block of README, CONTRIBUTING and docs/ is run by a test, or stands here with the reason why not."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from typer.main import get_command

import moo_inference as mi
from moo_inference.cli.app import app, main
from moo_inference.cli.gate import STATUS

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(<!-- (?:code|run|refused|nothing): .+? -->\n)?^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
NOT_RUN = {
    "python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/moo-inference choose --cost 0.05 --p95 120 "
    "--accuracy 0.85": "installs; test_wheel does",
    'python3 -m venv .venv && .venv/bin/pip install -q -e ".[test]" && .venv/bin/pytest': "runs these tests",
    "python3 -m venv .venv && .venv/bin/pip install -q .": "installs",
    'python3 -m venv .venv && .venv/bin/pip install -e ".[test]"': "installs",
    "bash .ci/run": "the gate, which runs these tests",
    '.venv/bin/pytest -m "not slow"': "runs these tests",
    ".venv/bin/python docs/build.py": "test_docs does it",
    "moo-inference solve --trials 100000 --workers 8": "takes minutes; test_resume and test_cli run fewer trials",
    "moo-inference solve --trials 100000 --dask tcp://host:8786": "needs a cluster; an example starts one",
}
FILES = {
    "model_prices.json": "litellm_model_prices_excerpt.json",
    "trace.csv": "azure_llm_code_2500.csv",
    "bench.json": "inference_perf_stage_0.json",
}
"""Names that snippets use, and what stands behind them in tests/data."""
OF_FIT_FILE = ("fit.yaml", "fit_served.yaml", "litellm_prices.json", "bench.jsonl", "evaluation.csv")
"""The same of examples."""

COMMANDS = get_command(app).commands


def blocks(language):
    """(page, text) of the blocks in a language that are not filled by tools/refresh_outputs.py."""
    return [
        (page, text)
        for page in PAGES
        for filled, kind, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if kind == language and not filled
    ]


def choices_in_yaml():
    """Catalogs alone: what CI runs is tested by itself."""
    return [(page, text) for page, text in blocks("yaml") if "jobs" not in yaml.safe_load(text)]


def ids(value):
    return value.stem if isinstance(value, Path) else ""


def commands(text):
    """The lines of a shell block without comments; one that is continued counts as one."""
    lines = [line.partition(" # ")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line]


def command_line(line):
    """The subcommand and its words."""
    name, *words = shlex.split(line)
    assert name == "moo-inference", line
    return words


def typed(line, capsys):
    """The exit status of a command, and what it says on standard error."""
    with pytest.raises(SystemExit) as stopped:
        main(command_line(line))
    return stopped.value.code, capsys.readouterr().err


def test_every_block_is_of_a_kind_that_is_looked_at():
    kinds = {kind for page in PAGES for _, kind, _ in BLOCK.findall(page.read_text(encoding="utf-8"))}
    # What stands in braces are directives, which the build of the site carries out.
    assert {kind for kind in kinds if not kind.startswith("{")} == {"", "console", "python", "yaml"}
    # What the reader is shown as typed is always followed by what it really prints.
    assert blocks("console") == []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert text.count("```") == 2 * len(BLOCK.findall(text)), page


def test_what_is_not_run_still_stands_somewhere_and_would_be_understood():
    shown = [line for _, text in blocks("") for line in commands(text)]
    assert set(NOT_RUN) <= set(shown)
    for line in NOT_RUN:
        if line.startswith("moo-inference"):
            name, *words = command_line(line)
            COMMANDS[name].make_context(name, words)


@pytest.mark.parametrize(("page", "text"), blocks(""), ids=ids)
def test_shell_blocks_run(page, text, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, source in FILES.items():
        shutil.copy(ROOT / "tests" / "data" / source, tmp_path / name)
    for name in OF_FIT_FILE:
        shutil.copy(ROOT / "examples" / name, tmp_path)
    shutil.copytree(ROOT / "examples" / "loads", tmp_path / "loads")
    answers = [(q, n, (q + n) % 3 > 0) for q in range(4) for n in range(5)]
    lines = [
        f'{{"question": "q{q}", "correct": {int(right)}, "answer": "{q if right else -n}"}}\n'
        for q, n, right in answers
    ]
    (tmp_path / "samples.jsonl").write_text("".join(lines))
    for line in commands(text):
        if line in NOT_RUN:
            continue
        status, err = typed(line, capsys)
        assert status == 0, f"{page.name}: {line}\n{err}"


@pytest.mark.parametrize("page", sorted({page for page, _ in blocks("python")}), ids=ids)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "catalog.yaml", tmp_path)
    names = {}
    for found, text in blocks("python"):
        if found == page:
            exec(compile(text, str(page), "exec"), names)  # noqa: S102 (the pages are ours)


WHOLE = """
models:
  large: {name: L, usd_per_million_input_tokens: 1, usd_per_million_output_tokens: 5, seconds_per_input_token: 0.001,
    seconds_per_output_token: 0.01, input_tokens: {mean: 900, std: 9}, output_tokens: {mean: 90, std: 9},
    accuracy: {mean: 0.8, std: 0.05}, parallel: 4}
scenarios: {any: {name: Any, c_max: 1, t_max: 60, a_min: 0.1}}
"""


def completed(fragment):
    """A fragment of a catalog with what it leaves out."""
    base = yaml.safe_load(WHOLE)
    model = base["models"]["large"]
    if "models" in fragment:
        # What its servers have in the place of it would not go with them.
        timed = {name: value for name, value in model.items() if not name.startswith(("seconds", "usd"))}
        models = {name: (timed if "servers" in given else model) | given for name, given in fragment["models"].items()}
        return base | fragment | {"models": models}
    return base | fragment | {"models": {name: model.copy() for name in ("large", "medium", "small")}}


def written(catalog):
    """YAML without aliases, which a catalog must not have."""
    return yaml.safe_dump(json.loads(json.dumps(catalog)))


@pytest.mark.parametrize(("page", "text"), choices_in_yaml(), ids=ids)
def test_yaml_blocks_are_catalogs(page, text, tmp_path):
    fragment = yaml.safe_load(text)
    (tmp_path / "catalog.yaml").write_text(written(completed(fragment)))
    catalog = mi.load_catalog(tmp_path / "catalog.yaml")
    for section, entries in fragment.items():
        assert set(entries) <= set(getattr(catalog, section))
    # The control: with a field that is misspelt the same file is refused.
    wrong = completed(fragment)
    next(iter(wrong["scenarios"].values()))["cmax"] = 1
    (tmp_path / "wrong.yaml").write_text(written(wrong))
    with pytest.raises(ValueError, match="cmax"):
        mi.load_catalog(tmp_path / "wrong.yaml")


def test_the_steps_of_ci_pass_and_the_statuses_are_told(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    ((_, _, before), (_, _, workflow), (_, _, after)) = BLOCK.findall(page)
    (job,) = yaml.safe_load(workflow)["jobs"].values()
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert [line for line in steps if not line.startswith("moo-inference check")] == ["pip install ./moo_inference"]
    for line in [*commands(before), *steps[1:], *commands(after)]:
        status, err = typed(line, capsys)
        assert status == 0, f"{line}\n{err}"
    told = dict(re.findall(r"^\| (\d) \| `(\w+)`", page, re.MULTILINE))
    assert told == {str(status): cause for cause, status in STATUS.items()}


def test_commands_in_the_text_exist_with_their_options():
    seen = set()
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for words in re.findall(r"`moo-inference ([a-z][^`]*)`", text):
            name, *options = words.split()
            known = {flag for option in COMMANDS[name].params for flag in option.opts}
            assert {word for word in options if word.startswith("-")} <= known, (page.name, words)
            seen.add(name)
    assert len(seen) > 8
