"""No output replaces an input, a file of another kind or another run's results without being told to."""

import json
import os
import shutil

import pytest
import yaml
from conftest import ROOT

import moo_inference as mi
from moo_inference.cli import app as cli
from moo_inference.errors import OutputError, SettingError
from moo_inference.execution.checkpoint import TASKS_FOLDER, checkpoint
from moo_inference.studies.route import route
from moo_inference.views.report.report import write_report

FEW = ("-m", "gpt-5", "-s", "essay-feedback", "-d", "max-cube", "--k-max", "4")
BY_HAND = ("--input-price", "1", "--output-price", "2", "--input-tokens", "10,1", "--output-tokens", "20,2")
MODEL = (*BY_HAND, "--request-seconds", "2,0.1", "--accuracy", "0.7,0.05")
BUDGETS = ("--c-max", "0.5", "--t-max", "60", "--a-min", "0.5")


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        cli.main([str(argument) for argument in arguments])
    return stopped.value.code


@pytest.fixture(autouse=True)
def nothing_is_computed_where_it_is_refused(monkeypatch, request):
    """Work that a refused command must not begin."""
    if "refused" not in request.fixturenames:
        return

    def work(*arguments, **options):
        raise AssertionError("the work began")

    for place in (
        "moo_inference.studies.run_study",
        "moo_inference.studies.route.route",
        "moo_inference.paper.reproduce.run_study",
        "moo_inference.studies.comparison.compare_solvers",
        "moo_inference.studies.assessment.assess_many",
    ):
        monkeypatch.setattr(place, work)


@pytest.fixture
def refused(capsys, tmp_path):
    """Runs a command that must be refused in one line, and leave all files as they are."""

    def check(*arguments):
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        status = run(*arguments)
        out, err = capsys.readouterr()
        assert (status, out) == (2, ""), err
        assert len(err.splitlines()) == 1, err
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
        return err

    return check


@pytest.fixture
def mine(tmp_path, paper):
    path = tmp_path / "mine.yaml"
    mi.save_catalog(paper, path)
    return path


def writing(catalog, target):
    """Every command with an option that names a file."""
    return {
        "report": ("report", *FEW, "--catalog", catalog, "--out", target),
        "policy": ("route", "-s", "essay-feedback", "--k-max", "4", "--catalog", catalog, "--policy", target),
        "litellm": ("route", "-s", "essay-feedback", "--k-max", "4", "--catalog", catalog, "--litellm", target),
    }


@pytest.mark.parametrize("option", ["report", "policy", "litellm"])
@pytest.mark.parametrize("spelling", ["itself", "symbolic link", "hard link", "detour"])
def test_an_input_is_not_replaced_by_whatever_name_it_goes(option, spelling, refused, mine, tmp_path):
    (tmp_path / "folder").mkdir()
    target = {
        "itself": mine,
        "symbolic link": tmp_path / "link",
        "hard link": tmp_path / "twin",
        "detour": tmp_path / "folder" / ".." / "mine.yaml",
    }[spelling]
    if spelling == "symbolic link":
        target.symlink_to(mine)
    elif spelling == "hard link":
        os.link(mine, target)
    assert "is what --catalog reads" in refused(*writing(mine, target)[option])


def test_nor_is_an_input_of_fit_or_of_check(refused, mine, tmp_path):
    bench = tmp_path / "bench.csv"
    shutil.copy(ROOT / "tests" / "data" / "outcomes_long.csv", bench)
    words = ("fit", "--name", "m", *MODEL[:-2], *BUDGETS, "--outcomes", bench, "--out", bench)
    assert "is what --outcomes reads" in refused(*words)
    choices = tmp_path / "choices.json"
    choices.write_text('[\n{"scenario": "s", "model": "m", "decision": "d", "status": "ok", "k": 1}\n]\n')
    assert "is what --baseline reads" in refused("check", *FEW, "--baseline", choices, "--junit", choices)
    assert "is what --catalog reads" in refused(
        "check", *FEW, "--catalog", mine, "--baseline", choices, "--junit", mine
    )


@pytest.mark.parametrize("option", ["report", "policy", "litellm"])
def test_a_file_of_another_kind_is_not_replaced(option, refused, mine, tmp_path):
    for number, content in enumerate(
        (b"thesis", b"<!DOCTYPE html>\n<p>a page of mine", b'{"format": "other"}', b"model_list: []\n", bytes(9))
    ):
        target = tmp_path / f"precious{number}"
        target.write_bytes(content)
        assert "is there already and is not " in refused(*writing(mine, target)[option])


def test_one_kind_does_not_replace_the_other_and_each_replaces_its_own(mine, tmp_path, capsys):
    junit, choices = tmp_path / "junit.xml", tmp_path / "out" / "choices.json"
    assert run("solve", *FEW, "--catalog", mine, "--out", tmp_path / "out") == 0
    words = {name: (tmp_path / name, line) for name, line in writing(mine, "{}").items()}
    words["junit"] = (junit, ("check", *FEW, "--catalog", mine, "--baseline", choices, "--junit", "{}"))

    def into(name, target):
        return [str(word).format(target) if word == "{}" else word for word in words[name][1]]

    for name, (target, _) in words.items():
        assert [run(*into(name, target)) for _ in range(2)] == [0, 0]
        # An empty file, as mktemp leaves it, has nothing to lose.
        (tmp_path / "empty").write_text("")
        assert run(*into(name, tmp_path / "empty")) == 0
        (tmp_path / "empty").unlink()
    contents = {name: target.read_bytes() for name, (target, _) in words.items()}
    for name in words:
        for other, (target, _) in words.items():
            if name != other:
                assert run(*into(name, target)) == 2, (name, other)
                assert target.read_bytes() == contents[other]
    assert run(*into("report", words["policy"][0]), "--force") == 0
    assert words["policy"][0].read_bytes().startswith(b"<!DOCTYPE html")
    capsys.readouterr()


def test_what_is_forced_replaces_even_an_input(mine, capsys):
    assert run(*writing(mine, mine)["policy"], "--force") == 0
    assert json.loads(mine.read_text())["format"] == "moo-inference policy 1"
    capsys.readouterr()


def test_two_outputs_are_not_the_same_file(refused, mine, tmp_path):
    words = ("route", "-s", "essay-feedback", "--catalog", mine, "--policy", tmp_path / "x", "--litellm")
    assert "--policy and --litellm must not be the same file" in refused(*words, tmp_path / "." / "x")


def test_what_cannot_be_a_name_is_refused(refused, mine):
    for words in writing(mine, "a\0b").values():
        assert "cannot be written: embedded null byte" in refused(*words)


RUNS = {
    "solve": ("solve", *FEW),
    "compare": ("compare", *FEW[:4], "--k-max", "4", "--solver", "exhaustive", "--seeds", "1"),
    "route": ("route", "-s", "essay-feedback", "-d", "max-cube", "--k-max", "4"),
    "assess": ("assess", *FEW, "--replications", "2", "--trials", "9"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The results of each command; those of a reproduction, which takes long, by way of Python."""
    from moo_inference.paper.reproduce import Reproduction

    home = tmp_path_factory.mktemp("folders")
    for name, words in RUNS.items():
        assert run(*words, "--out", home / name) == 0
    study = mi.run_study(mi.load_catalog("paper"), models=["gpt-5"], decisions=["max-cube"], k_max=4)
    Reproduction(study, ()).save(home / "reproduce")
    return home


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("name", ["solve", "compare", "route", "reproduce"])
def test_a_folder_of_another_run_is_not_written_into(name, kept, folders, refused, tmp_path):
    for other in ("solve", "compare", "route", "reproduce"):
        if other != name:
            target = tmp_path / other
            shutil.copytree(folders / other, target)
            if not kept:
                shutil.rmtree(target / TASKS_FOLDER, ignore_errors=True)
            words = RUNS.get(name, ("reproduce",))
            assert "take another folder, or --force" in refused(*words, "--out", target)


@pytest.mark.parametrize("name", list(RUNS))
def test_the_same_run_goes_into_the_same_folder(name, folders, tmp_path, capsys):
    shutil.copytree(folders / name, tmp_path / "again")
    assert run(*RUNS[name], "--out", tmp_path / "again") == 0
    shutil.rmtree(tmp_path / "again" / TASKS_FOLDER, ignore_errors=True)
    assert run(*RUNS[name], "--out", tmp_path / "again") == 0
    capsys.readouterr()


@pytest.mark.parametrize("name", ["solve", "compare", "route"])
def test_a_run_with_other_settings_is_refused_also_where_its_pieces_are_gone(name, folders, tmp_path, capsys):
    shutil.copytree(folders / name, tmp_path / "again")
    shutil.rmtree(tmp_path / "again" / TASKS_FOLDER, ignore_errors=True)
    before = {path: path.read_bytes() for path in (tmp_path / "again").rglob("*.*")}
    other = ["-d", "accuracy-max"]
    words = [*RUNS[name], *other, "--out", tmp_path / "again"]
    assert run(*words) == 2
    assert "holds a run with other settings" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in before} == before
    assert run(*words, "--force") == 0
    assert (tmp_path / "again" / "settings.json").read_bytes() != before[tmp_path / "again" / "settings.json"]


def test_a_study_and_an_assessment_may_share_a_folder(folders, tmp_path, capsys):
    shutil.copytree(folders / "solve", tmp_path / "both")
    assert run(*RUNS["assess"], "--out", tmp_path / "both") == 0
    assert run(*RUNS["solve"], "--out", tmp_path / "both") == 0
    capsys.readouterr()


@pytest.mark.parametrize("name", ["choices.csv", "settings.json", "fronts.csv"])
def test_a_file_of_the_users_own_in_a_folder_stays(name, refused, tmp_path):
    (tmp_path / name).write_text("mine\n")
    assert f"{name} in it is there already" in refused("solve", *FEW, "--out", tmp_path)
    (tmp_path / name).write_text("scenario,model,decision,status,k,\n")
    if name == "choices.csv":
        assert "no settings.json that identifies them" in refused("solve", *FEW, "--out", tmp_path)


def test_an_input_inside_the_folder_stays(refused, tmp_path, paper):
    mi.save_catalog(paper, tmp_path / "settings.json")
    words = ("solve", *FEW, "--catalog", tmp_path / "settings.json", "--out", tmp_path)
    assert "settings.json in it is what --catalog reads" in refused(*words)


def test_figures_replace_figures_alone(refused, tmp_path):
    (tmp_path / "figure_04_gpt-5_cubes.png").write_bytes(b"\x89PNG a holiday")
    err = refused("reproduce", "--figures", tmp_path)
    assert "figure_04_gpt-5_cubes.png in it is there already and is not a figure of moo-inference" in err


def test_a_figure_is_known_again():
    from matplotlib.figure import Figure

    from moo_inference.documents.results import FIGURE
    from moo_inference.views.figures.render import Job, render

    for content in render(Job("x", Figure, (), ("pdf", "png"))).values():
        assert FIGURE.holds.encode() in content


def test_throwing_pieces_away_touches_no_other_file(tmp_path):
    place = tmp_path / TASKS_FOLDER / "study"
    place.mkdir(parents=True)
    (place / "precious").write_text("mine")
    (place / f"{'0' * 24}.piece").write_bytes(b"")
    with checkpoint(tmp_path, start_over=True) as kept:
        kept.expect({"k": 1})
    assert sorted(path.name for path in place.iterdir()) == ["precious", "settings.json"]


def test_from_python_the_same_holds(paper, tmp_path):
    study = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], k_max=4)
    other = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], k_max=5)
    found = route(paper, "essay-feedback", "max-cube", k_max=4)
    notes = tmp_path / "notes"
    for save in (
        found.policy().save,
        study.to_csv,
        study.to_json,
        lambda path, **options: write_report(study, path, **options),
        lambda path, **options: mi.save_catalog(paper, path, **options),
    ):
        notes.write_text("mine")
        with pytest.raises(OutputError, match="is there already and is"):
            save(notes)
        assert notes.read_text() == "mine"
        save(notes, overwrite=True)
        written = notes.read_bytes()
        save(notes)
        assert notes.read_bytes() == written
    study.save(tmp_path / "out")
    study.save(tmp_path / "out")
    with pytest.raises(SettingError, match=r"holds a run with other settings[^$]*overwrite=True"):
        other.save(tmp_path / "out")
    other.save(tmp_path / "out", overwrite=True)
    with checkpoint(tmp_path / "out", start_over=True) as kept:
        mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], k_max=4, checkpoint=kept).save(kept.results)


COMMENTED = """\
# Prices checked in May.
models:
  mine:  # the cheap one
    name: Mine
    usd_per_million_input_tokens: 1.250   # list price
    usd_per_million_output_tokens: 5
    seconds_per_input_token: 0.001
    seconds_per_output_token: 0.01
    input_tokens: {mean: 900, std: 9}  # measured
    output_tokens: {mean: 90, std: 9}
    accuracy: {mean: 0.8, std: 0.05}
    parallel: 4
scenarios:
  # the team's limits
  any: {name: "on", c_max: 1, t_max: null, a_min: 0.1}
# end
"""


def test_fit_keeps_every_comment_of_a_catalog(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(COMMENTED)
    before = mi.load_catalog(path)
    assert run("fit", "--name", "new", *MODEL, "--out", path) == 0
    text = path.read_text()
    assert [line for line in COMMENTED.splitlines() if line not in text] == []
    after = mi.load_catalog(path)
    assert list(after.models) == ["mine", "new"]
    assert after.replace(models={"mine": after.models["mine"]}) == before
    assert run("fit", "--name", "new", *MODEL, "--parallel", "2", "--out", path) == 2
    assert path.read_text() == text
    assert run("fit", "--name", "new", *MODEL, "--parallel", "2", *BUDGETS, "--replace", "--out", path) == 0
    assert [line for line in COMMENTED.splitlines() if line not in path.read_text()] == []
    assert mi.load_catalog(path).models["new"].parallel == 2
    capsys.readouterr()


@pytest.mark.parametrize("name", ["a\u202eb", "1e-6", "no", "\x9b2J", "x: # y", "'", "\U0001f469\u200d\U0001f467", "~"])
def test_a_catalog_with_any_name_is_updated_and_read_back_equal(name, paper, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(COMMENTED)
    catalog = mi.load_catalog(path)
    grown = catalog.replace(models={**catalog.models, name: paper.models["gpt-5"].replace(name=name)})
    mi.save_catalog(grown, path)
    assert mi.load_catalog(path) == grown
    assert "# measured" in path.read_text()
    assert yaml.safe_load(path.read_text())["models"][name]["name"] == name


def test_entries_that_would_be_lost_are_named(paper, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(COMMENTED)
    with pytest.raises(OutputError, match="has mine, any, which would be lost"):
        mi.save_catalog(paper, path)
    assert path.read_text() == COMMENTED
