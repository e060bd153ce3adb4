"""The pages: they build without a warning, every link leads somewhere, nothing comes from elsewhere."""

import html
import re
import subprocess
import sys
from collections import deque
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import ROOT
from typer.main import get_command

from moo_inference.cli.app import app
from moo_inference.cli.help import describe

EXTERNAL = re.compile(r"https://[\w.-]+\.[a-z]{2,}(/\S*)?\Z")
LOADED = {"script": "src", "img": "src", "source": "src", "iframe": "src", "link": "href"}
"""Elements whose target a browser fetches by itself, with the attribute that names it."""


class Page(HTMLParser):
    """What a page of HTML links to, loads and offers as targets."""

    def __init__(self, path):
        super().__init__()
        self.links, self.loaded, self.targets = [], [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.targets.update(found[name] for name in ("id", "name") if found.get(name))
        target = found.get({"a": "href", "form": "action"}.get(tag, ""))
        if target:
            self.links.append(target)
        if found.get(LOADED.get(tag, "")):
            self.loaded.append(found[LOADED[tag]])


def errors_of(site):
    """Every link that leads nowhere, everything loaded from elsewhere, and every page that no link leads to."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html"))}
    start = (site / "index.html").resolve()
    errors, seen, waiting = [], {start}, deque([start])
    for path, page in pages.items():
        errors += [f"{path.name} loads {url}" for url in page.loaded if urlsplit(url).scheme or urlsplit(url).netloc]
        for url in [*page.links, *page.loaded]:
            parts = urlsplit(url)
            if parts.scheme or parts.netloc:
                errors += [] if EXTERNAL.match(url) else [f"{path.name}: no address that can be: {url}"]
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                errors.append(f"{path.name}: no such file: {url}")
            elif target in pages and parts.fragment and unquote(parts.fragment) not in pages[target].targets:
                errors.append(f"{path.name}: no such place: {url}")
    while waiting:
        path = waiting.popleft()
        for url in pages[path].links:
            target = (path.parent / unquote(urlsplit(url).path)).resolve()
            if not urlsplit(url).scheme and target in pages and target not in seen:
                seen.add(target)
                waiting.append(target)
    return errors + [f"no link leads to {path.name}" for path in pages if path not in seen]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "build.py", out], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr + done.stdout
    return out


def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(site):
    assert errors_of(site) == []
    sources = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert sources <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_the_reference_has_every_command_with_every_option(site):
    page = Page(site / "reference" / "cli.html")
    text = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    for name, command in get_command(app).commands.items():
        assert name in page.targets
        assert html.escape(describe(command).summary.partition("'")[0]) in text
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden:
                places = {f"cmdoption-moo-inference-{name}-{flag.lstrip('-')}" for flag in parameter.opts}
                assert places <= page.targets
    # Flags within sentences stay as they are typed.
    assert not re.search(r"\u2013\w", text)


def test_styles_load_nothing_from_elsewhere(site):
    for path in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", path.read_text(encoding="utf-8")), path


def test_formulas_have_their_renderer_with_its_letters_beside_them(site):
    [script] = [url for url in Page(site / "method.html").loaded if "mathjax" in url]
    renderer = (site / script.split("?")[0]).resolve()
    assert renderer.is_file()
    assert list((renderer.parent / "output" / "chtml" / "fonts" / "woff-v2").glob("*.woff"))
    assert (site / "method.html").read_text().count('class="math') > 20


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<a href="nowhere.html">x</a>', "no such file: nowhere.html"),
        ('<a href="other.html#gone">x</a>', "no such place: other.html#gone"),
        ('<a href="#gone">x</a>', "no such place: #gone"),
        ('<img src="lost.png">', "no such file: lost.png"),
        ('<script src="https://cdn.example.org/x.js"></script>', "loads https://cdn.example.org/x.js"),
        ('<script src="//cdn.example.org/x.js"></script>', "loads //cdn.example.org/x.js"),
        ('<a href="http:/example">x</a>', "no address that can be: http:/example"),
    ],
)
def test_the_check_of_links_finds_what_is_broken(body, message, tmp_path):
    (tmp_path / "index.html").write_text(f'<a href="other.html#here">x</a>{body}')
    (tmp_path / "other.html").write_text('<p id="here"><a href="https://example.org/a">x</a>')
    assert any(message in found for found in errors_of(tmp_path))
    (tmp_path / "index.html").write_text('<a href="other.html#here">x</a>')
    assert errors_of(tmp_path) == []
    (tmp_path / "alone.html").write_text("")
    assert errors_of(tmp_path) == ["no link leads to alone.html"]


@pytest.mark.parametrize(
    "text", ["# A\n\n[x](nowhere.md)\n", "# A\n\n[x](#nowhere)\n", "# A\n\n[x](../nowhere.py)\n", "# A\n\n### B\n"]
)
def test_the_build_refuses_a_broken_page(text, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("build.py", "conf.py", "commands.py"):
        (docs / name).write_text((ROOT / "docs" / name).read_text())
    (docs / "_static").mkdir()
    (docs / "_static" / "pages.css").write_text("")
    (docs / "index.md").write_text(text)
    done = subprocess.run([sys.executable, docs / "build.py", tmp_path / "out"], capture_output=True, check=False)
    assert done.returncode != 0


def heading_ids(text):
    """The anchors that a code host gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere_on_a_code_host_too():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    seen = 0
    for page in pages:
        text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for url in re.findall(r"\]\(([^)\s]+)\)", text):
            if "//" in url:
                assert EXTERNAL.match(url), (page.name, url)
                continue
            name, _, anchor = url.partition("#")
            target = (page.parent / name).resolve() if name else page
            assert Path(target).is_file(), (page.name, url)
            assert not anchor or anchor in heading_ids(target.read_text(encoding="utf-8")), (page.name, url)
            seen += 1
    assert seen > 60
