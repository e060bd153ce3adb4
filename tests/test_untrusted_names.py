"""Names of others are text wherever they are shown: they paint no terminal, end no element and break no file."""

import io
import json
import unicodedata
import xml.etree.ElementTree as ET

import matplotlib as mpl
import pytest
import yaml
from matplotlib.figure import Figure

import moo_inference as mi
from moo_inference.catalog.loading import to_yaml
from moo_inference.cli import app as cli
from moo_inference.formatting.table import Table, print_tables, to_html, to_markdown
from moo_inference.formatting.visible import one_line, visible
from moo_inference.policy.policy import Policy
from moo_inference.records.gate import verdicts
from moo_inference.studies.route import route
from moo_inference.views.explore.html import choices_table, headline, notice
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.junit import to_junit
from moo_inference.views.report import report
from moo_inference.views.report.report import report_html

NAMES = {
    "script": "</script><script>alert(1)</script>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "style": "</style></td><style>*{display:none}</style>",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "link": "[x](javascript:alert(1)) <javascript:alert(1)>",
    "markup": "[red]x[/red][link=file:///etc/passwd]y[/]",
    "terminal": "\x1b[31m\x1b]0;owned\x07\x9b2J\rgone",
    "direction": "abc\u202egpj.exe\u2066",
    "math": r"$\frac{1}{0}$ $x^",
    "formula": "=cmd|' /C calc'!A0",
    "zero": "a\x00b\x0b\ufffe\uffff",
    "lines": "a\nb\u2028c\u0085d",
    "yaml": "!!python/object/apply:os.system ['id']",
    "c1": "".join(map(chr, range(0x80, 0xA0))),
    "bidi": "a" + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C])) + "z",
    "unseen": "p\u200ba\u200cy\u200dp\u2060a\ufeffl\u00ad\u3164\U000e0041",
}


@pytest.fixture(scope="module", params=list(NAMES))
def name(request):
    return NAMES[request.param]


@pytest.fixture(scope="module")
def study(name, paper):
    model = paper.models["gpt-5"].replace(name=name, sources={"accuracy": name})
    scenario = paper.scenarios["essay-feedback"].replace(name=name)
    catalog = mi.Catalog(
        models={name: model, "other": paper.models["qwen3-max"]},
        scenarios={name: scenario, "none": scenario.replace(c_max=1e-6)},
    )
    return mi.run_study(catalog, decisions=["accuracy-max"], k_max=8)


@pytest.fixture(scope="module")
def path(name, study, tmp_path_factory):
    path = tmp_path_factory.mktemp("untrusted") / "catalog.yaml"
    mi.save_catalog(study.catalog, path)
    return path


def harmless(html, name):
    """Nothing of a name that means something in HTML stands in it as it is."""
    assert not {letter for letter in "<>\"'&" if letter in name} or name not in html
    assert "<script>alert" not in html
    assert "<style>*" not in html
    assert "onmouseover='alert" not in html
    assert 'href="javascript' not in html
    assert "49" not in html.partition("{{")[2][:10]


def obeyed(text):
    """The characters that a terminal obeys rather than shows, told from their categories in Unicode alone."""
    return [
        letter for letter in text if letter != "\n" and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    ]


def test_html_of_notebooks_and_of_the_page(name, study):
    shown = trajectory(study, name, name)
    table = Table(name, (name,), ((name,),), (name,))
    cell = study.cells[0]
    for html in (
        to_html([table]),
        study._repr_html_(),
        cell.front._repr_html_(),
        cell.choices[0]._repr_html_(),
        headline(name, name),
        notice(name, [name]),
        choices_table({name: shown}, {name: name}),
    ):
        harmless(html, name)


def test_the_report(name, study, monkeypatch):
    if name not in (NAMES["math"], NAMES["unseen"]):
        # What is drawn of a name is looked at for these two; the others are about the text around the pictures.
        monkeypatch.setattr(report, "render_all", lambda jobs: [(job.name, {"png8": b"drawn"}) for job in jobs])
    html = report_html(study, command=name, pictures="all")
    shown, _, rest = html.partition('<script type="application/json"')
    harmless(shown + rest.partition("</script>")[2], name)
    assert html.count("<script") == 1
    assert html.count("</script") == 1
    assert html.count("<style") == html.count("</style") == 1


def run(*words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(list(words))
    return stopped.value.code


@pytest.fixture(scope="module")
def worst(paper, tmp_path_factory):
    """A catalog in which everything has the name of all that steers a terminal, and that name."""
    name = "".join(NAMES[key] for key in ("terminal", "direction", "lines", "c1", "bidi", "unseen"))
    model, scenario = paper.models["gpt-5"], paper.scenarios["essay-feedback"]
    catalog = mi.Catalog(
        models={name: model.replace(name=name, sources={"accuracy": name}), "other": paper.models["qwen3-max"]},
        scenarios={name: scenario.replace(name=name)},
    )
    path = tmp_path_factory.mktemp("worst") / "catalog.yaml"
    mi.save_catalog(catalog, path)
    return name, path


@pytest.mark.parametrize("format_", ["table", "markdown", "csv", "json"])
def test_a_terminal_obeys_no_name(worst, format_, capsys):
    name, path = worst
    catalog = ["--catalog", str(path), "--k-max", "4"]
    lines = [
        ["solve", "-d", "accuracy-max", *catalog],
        ["route", "-s", name, "--what-if", *catalog],
        ["assess", "-d", "max-cube", "--replications", "2", "--trials", "9", *catalog],
        ["compare", "--solver", "exhaustive", "--seeds", "1", "-d", "max-cube", *catalog],
    ]
    for words in lines:
        run(*words, "--format", format_)
        out, err = capsys.readouterr()
        assert not obeyed(out), words
        assert not obeyed(err), words


def test_nor_does_it_obey_one_in_any_other_command(worst, tmp_path, capsys):
    name, path = worst
    few = ["--catalog", str(path), "--k-max", "4", "-d", "max-cube"]
    # A path holds what a name may, but for what no path can.
    odd = tmp_path / name.replace("/", "").replace("\0", "")[:40]
    by_hand = ["--input-price", "1", "--output-price", "2", "--input-tokens", "10,1", "--output-tokens", "20,2"]
    by_hand += [
        "--request-seconds",
        "2,0.1",
        "--accuracy",
        "0.7,0.05",
        "--c-max",
        "1",
        "--t-max",
        "9",
        "--a-min",
        "0.1",
    ]
    lines = [
        ["doctor", str(path)],
        ["fit", "--name", name, *by_hand],
        ["fit", "--name", name, *by_hand, "--out", f"{odd}.yaml"],
        ["doctor", f"{odd}.yaml"],
        ["solve", *few, "--out", str(odd)],
        ["check", *few, "--baseline", str(odd / "choices.json"), "--fail-if", "changed", "--fail-if", "infeasible"],
        ["check", "--baseline", str(odd), "-m", name],
        ["solve", *few, "--seed", "1", "--out", str(odd)],
        ["diff", str(odd), str(odd)],
        ["report", *few, "--out", f"{odd}.html"],
        ["replay", f"{odd}.html"],
        ["report", *few, "--out", str(odd / "choices.csv")],
        ["solve", *few, "--dask", name],
        ["check", *few, "--baseline", str(odd / name.replace("/", "").replace("\0", "")[:40])],
    ]
    for words in lines:
        run(*words)
        out, err = capsys.readouterr()
        assert not obeyed(out), words
        assert not obeyed(err), words
        assert all(line.startswith("moo-inference: ") or words[0] == "fit" for line in err.splitlines()), words
    assert not obeyed((odd / "choices.csv").read_text())


def test_progress_is_a_line_that_a_terminal_only_shows(name, capsys, monkeypatch):
    from moo_inference.cli import progress

    monkeypatch.setattr(progress, "_QUIET_SECONDS", 0.0)
    with progress.report_progress(f"reading {name}") as told:
        told(1, 2)
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert not obeyed(err)


def test_a_glyph_that_no_font_has_is_no_warning(recwarn):
    from moo_inference.views.figures.render import Job, render

    def sheet():
        figure = Figure()
        figure.text(0.5, 0.5, "a\x9bb \U0001f469 \u1234")
        return figure

    render(Job("x", sheet, (), ("png", "pdf", "png8")))
    assert [str(warning.message) for warning in recwarn if "Glyph" in str(warning.message)] == []


def test_a_warning_is_a_line_without_a_path(capsys):
    import warnings

    from moo_inference.cli.run import _warnings_as_notes

    with _warnings_as_notes(), warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning("a\x9bb\nc", UserWarning, __file__, 1)
    assert capsys.readouterr().err == "moo-inference: warning: a\\x9bb\\nc\n"


def test_a_terminal_shows_colours_as_text(name):
    stream = io.StringIO()
    print_tables([Table(name, (name,), ((name,),), (name,))], stream)
    assert not obeyed(stream.getvalue())
    assert not obeyed(to_markdown([Table(name, (name,), ((name,),), (name,))]))


@pytest.mark.parametrize("option", ["-m", "-s", "-d", "--catalog", "--baseline", "--latency", "--draws"])
def test_errors_are_one_line_each_that_a_terminal_only_shows(name, option, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["solve", option, name])
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "")
    assert not obeyed(err)
    assert all(line.startswith("moo-inference: ") for line in err.splitlines())


def test_files_for_programs_hold_the_name_itself(name, study, tmp_path):
    found = route(study.catalog, name, "accuracy-max", k_max=8)
    found.policy().save(tmp_path / "policy.json")
    assert name in Policy.load(tmp_path / "policy.json").models
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["scenario"] == name
    assert yaml.safe_load(to_yaml(found.to_litellm())) == found.to_litellm()
    assert {row["model"] for row in json.loads(study.to_json())} == {name, "other"}


def test_junit_is_whole_xml_whatever_the_names_are(name, study):
    causes = ("changed", "infeasible")
    found = verdicts(study, [], causes)
    suite = ET.fromstring(to_junit(found, causes))  # noqa: S314 (our own)
    assert len(suite) == len(found) * len(causes)
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))


def test_figures_take_no_name_for_mathematics(name, study):
    from moo_inference.views.figures import accuracy, chosen_k, cube

    for figure in (accuracy.figure(study, name, name), cube.figure(study, name, name), chosen_k.figure(study)):
        assert isinstance(figure, Figure)
        for text in figure.findobj(mpl.text.Text):
            assert name not in text.get_text() or not text.get_parse_math()


def test_escapes_leave_what_can_be_seen():
    plain = "Größe 模型 ● 👩‍👩‍👧 ❤️‍🔥 می\u200cخواهم क्\u200dष a\tb"
    assert visible(plain) == one_line(plain) == plain
    assert visible("a\x1b[0m\nb\u202e") == "a\\x1b[0m\nb\\u202e"
    assert one_line("a\r\nb\u2028c") == "a\\nb\\nc"
