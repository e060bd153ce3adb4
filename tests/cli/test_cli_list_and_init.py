"""What there is, and files to start from."""

import csv
import io
import json
import shutil
import warnings
from pathlib import Path

import pytest
import yaml
from command_line import refused, run
from conftest import ROOT

from moo_inference import Catalog, load_catalog, read_attempts, run_study, save_catalog
from moo_inference.catalog.loading import BUILT_IN
from moo_inference.cli import app as cli
from moo_inference.decision.registry import DEFAULT_RULES, RULES, make_rule
from moo_inference.fitting import fit_file
from moo_inference.readers.registry import FORMATS, KINDS
from moo_inference.views import listing

THINGS = ("models", "scenarios", "rules", "readers", "catalogs")


def listed(capsys, *arguments):
    status, out, err = run(capsys, "list", *arguments, "--format", "json")
    assert (status, err) == (0, "")
    return json.loads(out)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# list


def test_all_of_it_is_what_the_registries_hold(capsys, paper):
    found = listed(capsys)
    assert tuple(found) == THINGS
    ids = {name: [record["id"] for record in records] for name, records in found.items()}
    assert ids["models"] == list(paper.models)
    assert ids["scenarios"] == list(paper.scenarios)
    assert ids["rules"] == list(RULES)
    assert ids["readers"] == list(FORMATS)
    assert ids["catalogs"] == list(BUILT_IN)
    for name in THINGS:
        assert listed(capsys, name) == found[name]


def test_rules_come_with_what_they_select_and_need(capsys):
    for record in listed(capsys, "rules"):
        rule = make_rule(record["id"])
        assert record["selects"] == rule.picks
        assert bool(record["budgets_needed"]) == rule.needs_scale
        assert record["default"] == (record["id"] in DEFAULT_RULES)


def test_every_format_says_what_it_is_recognised_by_and_who_takes_it(capsys):
    found = {record["id"]: record for record in listed(capsys, "readers")}
    assert all(record["recognised_by"] for record in found.values())
    assert {record["contains"] for record in found.values()} == set(KINDS)
    known = {name: command.params for name, command in cli_commands().items()}
    for record in found.values():
        for use in record["taken_by"].split(", "):
            command, *flags = use.split()
            options = {option for parameter in known[command] for option in parameter.opts}
            assert set(flags) <= options
    assert found["azure_trace"]["recognised_by"] == ["columns of a table"]
    assert found["litellm_prices"]["recognised_by"] == ["keys of JSON"]
    assert "first bytes" in found["inspect"]["recognised_by"]


def cli_commands():
    from typer.main import get_command

    return get_command(cli.app).commands


def test_models_say_what_their_accuracy_rests_on(capsys, tmp_path):
    attempts = read_attempts(ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz")
    prices = {"usd_per_million_input_tokens": 1.25, "usd_per_million_output_tokens": 10}
    by_hand = load_catalog(ROOT / "examples" / "catalog.yaml")
    small = by_hand.models["small"]
    questions = {"a": "3/4", "b": "0/4", "c": "1/2"}
    models = {
        "assumed": small,
        "counted": small.replace(accuracy={"kind": "outcomes", "questions": questions}),
        "one": small.replace(accuracy={"kind": "outcomes", "keep": "oracle", "questions": {"a": "3/4"}}),
        "fitted": small.replace(accuracy={"kind": "beta", "a": 3, "b": 1, "samples": 8}),
        "recorded": attempts.model("openai/gpt-5-2025-08-07@high", keep="all", **prices),
    }
    save_catalog(Catalog(models=models, scenarios=by_hand.scenarios), tmp_path / "c.yaml")
    found = {record["id"]: record for record in listed(capsys, "models", "--catalog", "c.yaml")}
    assert {name: record["accuracy"] for name, record in found.items()} == {
        "assumed": "assumed normal, 0.9 ± 0.03",
        "counted": "evaluation of 3 questions x 2 to 4",
        "one": "evaluation of 1 question x 4",
        "fitted": "Beta distribution, mean 0.75, of 8 samples a question",
        "recorded": "attempts at 60 questions x 8",
    }
    assert {name: record["k_limit"] for name, record in found.items()} == {
        "assumed": None,
        "counted": 2,
        "one": 4,
        "fitted": None,
        "recorded": 8,
    }
    assert (found["recorded"]["keep"], found["recorded"]["effort"]) == ("all", "high")
    columns = "model,name,family,effort,$ per million in,out,accuracy,k up to,keep,parallel"
    assert listing.models_listing(load_catalog("c.yaml"), "c").table().columns == tuple(columns.split(","))
    plain = listing.models_listing(by_hand, "c").table()
    assert plain.columns == tuple(name for name in columns.split(",") if name not in ("family", "effort"))
    assert plain.rows[0] == ("small", "Small model", "0.25", "2", "assumed normal, 0.9 ± 0.03", "-", "oracle", "4")


def test_scenarios_have_their_budgets_and_quantiles(capsys):
    path = ROOT / "examples" / "energy.yaml"
    catalog = load_catalog(path)
    for record in listed(capsys, "scenarios", "--catalog", path):
        for limit in catalog.scenarios[record["id"]].limits():
            assert record[limit.budget] == limit.value
    (first, *_) = listed(capsys, "models", "--catalog", path)
    assert first["resources"] == ["joules"]
    status, out, _ = run(capsys, "list", "scenarios", "--catalog", path)
    assert status == 0
    assert "joules" in out


def test_catalogs_name_origin_and_licence(capsys):
    found = {record["id"]: record for record in listed(capsys, "catalogs")}
    assert "arXiv:2510.18905" in found["paper"]["origin"]
    for name in ("gpqa-diamond", "otis-mock-aime"):
        assert "Epoch AI" in found[name]["origin"]
        assert "CC BY 4.0" in found[name]["origin"]
        assert found[name]["models"] == len(load_catalog(name).models)
    assert listing.described(str(ROOT / "examples" / "catalog.yaml")) == (
        "Two models with prices and speeds made up for illustration, and the budgets of one use.",
        "",
    )


def test_the_table_of_all_is_brief(capsys):
    status, out, err = run(capsys, "list")
    assert (status, err) == (0, "")
    for title in ("Models of paper", "Scenarios of paper", "Rules", "Readers", "Built-in catalogs"):
        assert title in out
    whole = run(capsys, "list", "readers")[1]
    assert "recognised by" in whole
    assert "recognised by" not in out


@pytest.mark.parametrize("form", ["csv", "markdown"])
def test_other_forms(capsys, form):
    status, out, err = run(capsys, "list", "rules", "--format", form)
    assert (status, err) == (0, "")
    if form == "csv":
        assert [row["id"] for row in csv.DictReader(io.StringIO(out))] == list(RULES)
        both = run(capsys, "list", "--format", "csv")[1].split("\n\n")
        assert len(both) == len(THINGS)
    else:
        assert out.count("\n| ") == len(RULES) + 2


def test_rules_need_no_catalog_and_unknown_things_are_refused(capsys):
    assert run(capsys, "list", "rules", "--catalog", "nowhere.yaml")[0] == 0
    (line,) = refused(capsys, "list", "models", "--catalog", "nowhere.yaml")
    assert "nowhere.yaml" in line
    (line,) = refused(capsys, "list", "everything")
    assert "'everything'" in line


# init


def load_quietly(path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_catalog(path)


def test_the_catalog_to_start_from_loads_without_a_warning_and_is_solved(capsys, tmp_path):
    status, out, err = run(capsys, "init")
    assert (status, out) == (0, "")
    assert err == "moo-inference: wrote catalog.yaml; next: moo-inference solve --catalog catalog.yaml\n"
    catalog = load_quietly(tmp_path / "catalog.yaml")
    study = run_study(catalog, decisions=["cheapest"])
    assert [cell.choices[0].status for cell in study.cells] == ["ok"]
    status, out, err = run(capsys, "solve", "--catalog", "catalog.yaml")
    assert (status, err) == (0, "")
    assert "my-model" in out


def uncommented(text, first, last):
    """The text with the comment marks taken from the lines between two that begin so."""
    lines = text.splitlines()
    start = next(place for place, line in enumerate(lines) if line.strip().startswith(first))
    end = next(place for place, line in enumerate(lines) if place >= start and line.strip().startswith(last))
    return "\n".join(line.replace("# ", "", 1) if start <= place <= end else line for place, line in enumerate(lines))


@pytest.mark.parametrize(
    ("first", "last", "instead"),
    [
        ("# family", "# effort", None),
        ("# usd_per_million_cached", "# usd_per_million_reasoning", None),
        ("# reasoning_tokens", "# reasoning_tokens", None),
        ("# seconds_per_input", "# seconds_per_output", "request_seconds:"),
        ("# accuracy:", "#   questions", "accuracy: {mean"),
        ("# sources", "# sources", None),
        ("# t_quantile", "# a_quantile", None),
    ],
)
def test_what_is_a_comment_in_it_holds_too(capsys, tmp_path, first, last, instead):
    run(capsys, "init")
    text = uncommented((tmp_path / "catalog.yaml").read_text(), first, last)
    if instead:
        text = "\n".join(line for line in text.splitlines() if not line.strip().startswith(instead))
    (tmp_path / "changed.yaml").write_text(text)
    assert load_quietly(tmp_path / "changed.yaml") != load_catalog(tmp_path / "catalog.yaml")


def test_the_attempts_that_it_mentions_are_named_so(capsys, tmp_path):
    run(capsys, "init")
    text = uncommented((tmp_path / "catalog.yaml").read_text(), "# measured-model", "#   parallel")
    source = ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz"
    shutil.copy(source, tmp_path / "attempts.csv")
    (tmp_path / "changed.yaml").write_text(text.replace("my-model@high", "openai/gpt-5-2025-08-07@high"))
    assert list(load_quietly(tmp_path / "changed.yaml").models) == ["my-model", "measured-model"]


def test_the_fit_file_to_start_from_is_fitted_and_solved(capsys, tmp_path):
    status, out, err = run(capsys, "init", "--fit")
    assert (status, out) == (0, "")
    assert err == "moo-inference: wrote fit.yaml; next: moo-inference fit fit.yaml --out catalog.yaml\n"
    found = fit_file(tmp_path / "fit.yaml")
    assert (found.warnings, list(found.models)) == ((), ["small", "large"])
    status, out, err = run(capsys, "fit", "fit.yaml", "--out", "catalog.yaml")
    assert (status, err) == (0, "moo-inference: wrote small, large into catalog.yaml\n")
    study = run_study(load_quietly(tmp_path / "catalog.yaml"), decisions=["cheapest"])
    assert [cell.choices[0].status for cell in study.cells] == ["ok", "ok"]


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_a_copy_of_a_built_in_catalog_gives_the_same_choices(capsys, tmp_path, name):
    status, _, err = run(capsys, "init", "--from", name, "sub.yaml")
    assert status == 0
    assert ("the attempts stay where they are, in this package" in err) == (name != "paper")
    assert load_quietly(tmp_path / "sub.yaml") == load_catalog(name)
    assert (tmp_path / "sub.yaml").read_bytes() == Path(BUILT_IN[name]).read_bytes()
    scenario = next(iter(load_catalog(name).scenarios))
    options = ["-s", scenario, "-d", "cheapest", "--format", "csv"]
    if name != "paper":
        options += ["-m", list(load_catalog(name).models)[-1], "-m", "qwen3-max"]
    first, second = (run(capsys, "solve", "--catalog", one, *options) for one in (name, "sub.yaml"))
    assert first[:2] == second[:2]
    assert first[0] == 0


def test_a_copy_of_a_file_names_its_attempts_from_where_it_is(capsys, tmp_path):
    source = tmp_path / "there"
    source.mkdir()
    shutil.copy(ROOT / "tests" / "data" / "attempts" / "epoch_gpqa_excerpt.csv.gz", source / "a.csv.gz")
    (source / "c.yaml").write_text(
        "# Ours.\nmodels:\n  m: {name: M, usd_per_million_input_tokens: 1, usd_per_million_output_tokens: 2,\n"
        '    attempts: {file: a.csv.gz, of: "openai/gpt-5-2025-08-07@high"}}\n'
        "scenarios: {s: {name: S, c_max: null, t_max: null, a_min: 0.5}}\n"
    )
    for target in ("there/copy.yaml", "elsewhere.yaml"):
        assert run(capsys, "init", "--from", source / "c.yaml", target)[0] == 0
        assert load_quietly(tmp_path / target) == load_catalog(source / "c.yaml")
    assert (source / "copy.yaml").read_text().startswith("# Ours.")
    written = yaml.safe_load((tmp_path / "elsewhere.yaml").read_text())
    assert written["models"]["m"]["attempts"]["file"] == "there/a.csv.gz"


def test_a_catalog_in_the_schema_of_the_paper_s_code_is_written_in_this_one(capsys, tmp_path):
    (tmp_path / "old.yaml").write_text(
        "models:\n  m: {name: M, c_in: 1.25e-6, c_out: 10e-6, t_in: 5e-4, t_out: 5e-3, mu_Lin: 1024, sigma_Lin: 64,\n"
        "    mu_Lout: 2048, sigma_Lout: 128, acc_mean: 0.94, acc_std: 0.02}\n"
    )
    catalog = load_catalog("old.yaml")
    assert run(capsys, "init", "--from", "old.yaml", "new.yaml")[0] == 0
    assert "usd_per_million_input_tokens" in (tmp_path / "new.yaml").read_text()
    assert load_quietly(tmp_path / "new.yaml") == catalog


@pytest.mark.parametrize("options", [[], ["--fit"], ["--from", "paper"]])
def test_nothing_is_replaced_without_force(capsys, tmp_path, options):
    name = "fit.yaml" if options == ["--fit"] else "catalog.yaml"
    (tmp_path / name).write_text("mine: 1\n")
    (line,) = refused(capsys, "init", *options)
    assert line == f"FILE {name}: is there already: take another name, or --force to replace it"
    assert (tmp_path / name).read_text() == "mine: 1\n"
    assert run(capsys, "init", *options, "--force")[0] == 0
    assert (tmp_path / name).read_text() != "mine: 1\n"
    # Not even what it wrote itself.
    assert len(refused(capsys, "init", *options)) == 1


def test_wrong_input_writes_nothing(capsys, tmp_path):
    (tmp_path / "bad.yaml").write_text("models: {}\n")
    for options in (["--fit", "--from", "paper"], ["--from", "nowhere.yaml"], ["--from", "bad.yaml"]):
        refused(capsys, "init", *options, "new.yaml")
    (line,) = refused(capsys, "init", "no/such/folder.yaml")
    assert "no/such/folder.yaml" in line
    (line,) = refused(capsys, "init", "--from", "bad.yaml", "bad.yaml")
    assert "is what --from reads" in line
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_names_of_others_do_not_reach_the_terminal_as_they_are(capsys, tmp_path, form):
    text = (ROOT / "examples" / "catalog.yaml").read_text()
    (tmp_path / "c.yaml").write_text(text.replace("Small model", '"red \\u001b[31m \\u202E turned"'))
    assert "\x1b" in load_catalog("c.yaml").models["small"].name
    status, out, err = run(capsys, "list", "models", "--catalog", "c.yaml", "--format", form)
    assert (status, err) == (0, "")
    assert "turned" in out
    assert not {"\x1b", "\u202e"} & set(out)
