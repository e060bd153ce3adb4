"""The report: one file that opens offline, holds what it was made from, and takes names for names."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

import moo_inference as mi
from moo_inference.errors import OutputError
from moo_inference.formatting.amounts import seconds, usd
from moo_inference.records.replay import replay
from moo_inference.records.report_file import read_report
from moo_inference.views.confidence import how_sure, sure
from moo_inference.views.marks import marks
from moo_inference.views.report.report import report_html, write_report

HOSTILE = "</script><script>alert(1)</script>"


class Page(HTMLParser):
    """Every tag with its attributes, and the text outside of scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.text = ""
        self.open = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & {*self.open}:
            self.text += data


@pytest.fixture(scope="module")
def study(paper):
    return mi.run_study(paper)


@pytest.fixture(scope="module")
def html(study):
    return report_html(study, command="moo-inference report --out 'my report.html'")


@pytest.fixture(scope="module")
def hostile(paper):
    models = {HOSTILE: paper.models["gpt-5"].replace(name=HOSTILE), "q": paper.models["qwen3-max"]}
    essay = paper.scenarios["essay-feedback"]
    scenarios = {HOSTILE: essay.replace(name=HOSTILE, c_max=0.01), "one": essay.replace(c_max=0.04, a_min=0.5)}
    return mi.run_study(
        mi.Catalog(models=models, scenarios=scenarios),
        decisions=["accuracy-max", "knee-chord"],
        estimator=mi.MonteCarlo(trials=50),
        k_max=16,
        assess=20,
    )


def test_the_whole_paper_study_is_small(html):
    assert len(html.encode()) < 1_500_000


def test_nothing_loads_from_elsewhere_and_nothing_runs(html):
    page = Page(html)
    loading = [(tag, attrs) for tag, attrs in page.tags if {"src", "srcset", "data", "poster", "background"} & {*attrs}]
    assert all(tag == "img" and attrs["src"].startswith("data:image/png;base64,") for tag, attrs in loading)
    assert not {"link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.tags}
    scripts = [attrs for tag, attrs in page.tags if tag == "script"]
    assert [attrs["type"] for attrs in scripts] == ["application/json"]
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert "url(" not in html
    assert "@import" not in html
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert all(link.startswith("https://") for link in links)
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_all_pictures_are_drawn_where_they_are_asked_for_each_whole_and_described(paper, html):
    one = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"])
    all_of_them = report_html(one, pictures="all")
    pictures = [attrs for tag, attrs in Page(all_of_them).tags if tag == "img"]
    assert len(pictures) == 1 + 1 + 4
    assert "<img" not in html
    assert "--pictures all" in html
    assert "--pictures all" not in all_of_them
    with pytest.raises(mi.errors.SettingError, match="pictures must be few or all, got 'some'"):
        report_html(one, pictures="some")
    for attrs in pictures:
        assert attrs["alt"]
        Image.open(io.BytesIO(base64.b64decode(attrs["src"].partition(",")[2]))).verify()


def test_every_choice_stands_in_it_with_its_sign_and_reason(html, study):
    text = " ".join(Page(html).text.split())
    for cell in study.cells:
        found = marks(study, cell)
        assert ", ".join(f"{mark.marker.symbol} {mark.short}" for mark in found) in text
        for mark in found:
            assert mark.amounts in text
            assert mark.reason in text
            for warning in mark.warnings:
                assert warning in text


def test_settings_versions_rules_and_the_command_stand_in_it(html, study):
    text = Page(html).text
    assert "moo-inference report --out 'my report.html'" in text
    for name, version in study.settings["versions"].items():
        assert f"{name} {version}" in text
    assert "ClosedForm()" in text
    for rule in study.options.decisions:
        assert rule in text
    assert "The row farthest from the straight line between the front's ends, towards the ideal (recommended)" in text
    assert "This report says which k to take of 9 models" in " ".join(text.split())


def test_the_data_inside_are_the_study(html, study, tmp_path):
    (tmp_path / "r.html").write_text(html, encoding="utf-8")
    record = read_report(tmp_path / "r.html")
    assert [choice.to_dict() for choice in record.choices] == json.loads(study.to_json())
    assert record.settings == json.loads(json.dumps(study.settings))
    assert record.command == "moo-inference report --out 'my report.html'"


def test_names_are_text_and_warnings_are_said(hostile, tmp_path):
    write_report(hostile, tmp_path / "r.html")
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert [attrs["type"] for tag, attrs in Page(html).tags if tag == "script"] == ["application/json"]
    assert html.count("alert(1)") > 5
    # Jinja2 escapes text, and the data inside escape every angle bracket.
    assert not re.search(r"<script>\s*alert", html)
    text = " ".join(Page(html).text.split())
    assert HOSTILE in text
    assert "no k meets all budgets; closest is k = 1" in text
    assert "no knee: the front has 1 row" in text
    assert "Made by a program" in text
    assert "<td>replications</td><td>20</td>" in html
    record = read_report(tmp_path / "r.html")
    assert HOSTILE in record.settings["catalog"]["models"]
    assert replay(record.settings, record.choices).changes == ()


def test_unsure_choices_are_warned_of(paper):
    study = mi.run_study(
        paper,
        models=["gpt-5-nano"],
        scenarios=["essay-feedback"],
        decisions=["knee-published"],
        estimator=mi.MonteCarlo(draws="independent"),
        k_step=8,
        assess=40,
    )
    assert study.choices["pgs"].item() < 0.9
    assert "unsure: with other seeds only" in Page(report_html(study)).text


def test_a_study_without_warnings_says_so(paper):
    study = mi.run_study(paper, models=["gpt-5"], scenarios=["essay-feedback"], decisions=["max-cube"], k_max=30)
    html = report_html(study)
    assert "Nothing to warn of" in html
    assert "<details open" not in html


def test_it_is_written_whole_or_not_at_all(hostile, tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(hostile, tmp_path / "no" / "folder.html")
    assert list(tmp_path.iterdir()) == []


def chosen_rows(html):
    """The rows of the table at the top, as texts."""
    table = html.partition('<table class="chosen">')[2].partition("</table>")[0]
    return [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")[2:]]


def test_the_table_has_what_was_chosen_and_what_that_costs(html, study):
    """Of 135 choices those of one rule; each with accuracy, cost and time."""
    frame = study.choices[study.choices["decision"] == "knee-chord"]
    rows = chosen_rows(html)
    assert len(rows) == len(frame)
    for shown, (_, row) in zip(rows, frame.iterrows(), strict=True):
        scenario, model, rule, k, accuracy, cost, time, _ = shown
        assert scenario == study.catalog.scenarios[row["scenario"]].name
        assert model == study.catalog.models[row["model"]].name
        assert (rule, k, accuracy) == ("✚ knee-chord", str(row["k"]), f"{row['accuracy']:.4f}")
        assert (cost, time) == (usd(row["cost"]), seconds(row["time"]))
    assert "as only an oracle or a perfect check" in Page(html).text


def test_rules_that_agree_share_a_row_and_unknown_intervals_are_called_so(paper):
    counted = {"kind": "outcomes", "keep": "majority", "questions": {"a": "3/3 0/2", "b": "2/2 0/3", "c": "5/5"}}
    gpt5 = paper.models["gpt-5"]
    scenario = paper.scenarios["essay-feedback"].replace(a_min=0.1, t_quantile=0.95)
    models = {"normal": gpt5, "voted": gpt5.replace(name="Voted", accuracy=counted)}
    small = mi.run_study(
        mi.Catalog(models=models, scenarios={"s": scenario}), decisions=["max-cube", "utopia-closest"], k_max=5
    )
    html = report_html(small)
    rows = chosen_rows(html)
    assert {row[0] for row in rows} == {"GPT-5\noracle", "Voted\nvote"}
    assert sum(row[1].count("\n") + 1 for row in rows) == len(small.choices)
    for row in rows:
        k = int(row[2])
        name = {"GPT-5\noracle": "normal", "Voted\nvote": "voted"}[row[0]]
        found = small.choices[(small.choices["model"] == name) & (small.choices["k"] == k)].iloc[0]
        known = "interval unknown" if name == "normal" else f"{found['accuracy_ci_low']:.3f} to "
        assert known in row[4]
        sures = [sure(small.confidence.get(("s", name, rule[2:]))) for rule in row[1].split("\n")]
        assert row[3] == html_text("\n".join(sures).rstrip())
        assert row[6] == f"{seconds(found['time'])}\np95 {seconds(found['time_at_quantile'])}"


def test_how_sure_stands_beside_each_measured_choice():
    """At the top with the corrected accuracy, and at each cell as a sentence; the file is that of before."""
    catalog = mi.load_catalog("gpqa-diamond").select(["gpt-5.2@low", "gpt-4"], ["standard"])
    study = mi.run_study(catalog, k_max=8, decisions=["accuracy-max", "cheapest"])
    html = report_html(study)
    text = Page(html).text
    first, second, *nothing = chosen_rows(html)
    for row, rule in ((first, "accuracy-max"), (second, "cheapest")):
        found = study.confidence["standard", "gpt-5.2@low", rule]
        assert (row[2], row[3]) == (str(found.k), html_text(sure(found)))
        assert row[4].endswith(f"\ncorrected {found.accuracy_corrected:.3f}")
        assert f"{how_sure(found)}." in text
    assert [row[3] for row in nothing] == [""]
    assert text.count("the probability that the choice is as good as") >= 1
    record = {record["decision"]: record for record in embedded(html)["choices"]}
    assert not any("pgs" in one or "unsure" in (one["warning"] or "") for one in record.values())


def html_text(text):
    return text.replace("<", "&lt;").replace(">", "&gt;")


def embedded(html):
    """What the report holds of its study."""
    return json.loads(re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)[1])


def test_an_assessed_report_draws_how_often_each_k_is_chosen_of_what_was_measured(paper):
    measured = mi.load_catalog("gpqa-diamond").models["gpt-5.2@low"]
    catalog = mi.Catalog(
        models={"measured": measured, "numbers": paper.models["gpt-5"]},
        scenarios={"s": mi.Scenario(name="S", c_max=0.1, t_max=120.0, a_min=0.5)},
    )
    study = mi.run_study(catalog, k_max=4, decisions=["accuracy-max"], assess=50)
    html = report_html(study, pictures="all")
    assert "How often each k is chosen: GPT-5.2 (low)" in html
    assert "How often each k is chosen: GPT-5," not in html


def test_each_warning_stands_once_with_its_models(paper):
    """Also where it differs in its numbers alone."""
    scenario = paper.scenarios["medical-ai"].replace(c_max=1e6, t_max=1e9, a_min=0.0)
    gpt5 = paper.models["gpt-5"]
    models = {f"m{n}": gpt5.replace(name=f"M{n}") for n in range(4)}
    distribution = {"kind": "beta", "a": 0.8, "b": 0.9, "samples": 2, "covariance": [0.02, 0.01, 0.03]}
    models |= {f"b{n}": gpt5.replace(name=f"B{n}", accuracy={**distribution, "a": 0.7 + n / 10}) for n in range(2)}
    found = mi.run_study(
        mi.Catalog(models=models, scenarios={"s": scenario}), decisions=["accuracy-max", "knee-chord"], k_max=9
    )
    text = " ".join(Page(report_html(found)).text.split("How each rule decides")[0].split())
    part = text.partition("Caveats")[2].partition(": each model and rule")[0]
    assert part.count("this knee moves with k_max") == 1
    assert all(f"{name}, Medical AI, knee-chord" in part for name in ("M0", "M1", "M2", "M3"))
    assert "extrapolated beyond the samples, by a law (… to …)" in part
    low, high = (found.model_curves["b1"].evidence.ci_low[-1], found.model_curves["b1"].evidence.ci_high[-1])
    sentence = f"the accuracy at k = 9 is extrapolated beyond the samples, by a law ({low:.3f} to {high:.3f})"
    assert f"B1, Medical AI, accuracy-max: {sentence}" in part
