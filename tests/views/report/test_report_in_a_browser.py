"""The report in a real browser: one page of A4, three widths, and no text upon another."""

import re
import shutil

import pytest

import moo_inference as mi
from moo_inference.views.report.report import write_report

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
if BROWSER is None:
    pytest.skip("needs chromium or Chrome on the path", allow_module_level=True)

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
A4 = {"width": 711, "height": 1047}
"""A page without its margins, in pixels of CSS."""

OVERLAPS = """() => {
  const boxes = [...document.querySelectorAll('.answer')].map(answer =>
    [...answer.querySelectorAll(':scope > h2, .sentence, .numbers, .chart, .drawn > .note, .line')]
      .map(part => part.getBoundingClientRect()).filter(box => box.width && box.height));
  const upon = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap(own => own.flatMap((a, i) => own.slice(i + 1).filter(b => upon(a, b)))).length;
}"""

CUT = """() => {
  const cut = [];
  for (const chart of document.querySelectorAll('main .chart')) {
    const edge = chart.getBoundingClientRect();
    for (const text of chart.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1) cut.push(text.textContent);
    }
  }
  return cut;
}"""

WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield launched
        launched.close()


def studies():
    paper, measured = mi.load_catalog("paper"), mi.load_catalog("gpqa-diamond")
    essay = paper.scenarios["essay-feedback"]
    two = paper.select(["gpt-5", "gpt-5-nano"])
    slo = mi.Scenario(name="A chat with a limit for the slowest", c_max=0.05, t_max=100, a_min=0.8, t_quantile=0.95)
    return {
        "paper": paper,
        "measured": measured,
        "quantile": measured.replace(scenarios={"slo": slo}),
        "nothing": two.replace(scenarios={"s": essay.replace(c_max=1e-6), "t": essay.replace(t_max=0.01, c_max=1e-6)}),
        "many": two.replace(scenarios={f"s{n}": essay.replace(name=f"Use {n}", c_max=0.1 + n) for n in range(12)}),
    }


@pytest.fixture(scope="module", params=["paper", "measured", "quantile", "nothing", "many"])
def address(request, tmp_path_factory):
    path = tmp_path_factory.mktemp(request.param) / "report.html"
    write_report(mi.run_study(studies()[request.param], decisions=["cheapest"]), path)
    return path.as_uri()


def opened(browser, address, **options):
    page = browser.new_page(**options)
    page.goto(address)
    return page


def test_what_is_unfolded_prints_on_one_page_and_nothing_stands_on_another(browser, address, tmp_path):
    page = opened(browser, address, viewport=A4)
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
    page.emulate_media(media="print")
    assert page.evaluate(OVERLAPS) == 0
    assert page.evaluate(CUT) == []
    main = page.evaluate("(m => [m.scrollHeight, m.clientHeight])(document.querySelector('main'))")
    assert main[0] <= main[1]
    assert page.evaluate("[...document.querySelectorAll('details')].every(d => !d.getClientRects().length)")
    page.close()


@pytest.mark.parametrize("width", [390, 800, 1400])
def test_the_page_fits_its_width_folded_and_unfolded(browser, address, width):
    page = opened(browser, address, viewport={"width": width, "height": 900})
    assert page.evaluate(WIDE) <= 0
    assert page.evaluate(OVERLAPS) == 0
    assert page.evaluate(CUT) == []
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate(WIDE) <= 0
    page.close()
