"""The page in a real browser: Debian's chromium, or any Chrome there is."""

import http.client
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from more_resources import with_resources

from moo_inference import load_catalog, save_catalog

pytest.importorskip("streamlit", reason="needs the extra: explore")
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
if BROWSER is None:
    pytest.skip("needs chromium or Chrome on the path", allow_module_level=True)

HOSTILE = "</script><script>alert(1)</script> $x^2$ :red[y] **z** &lt;i&gt; [a](http://evil.example) %{x}"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]
# What the cube is drawn with, without a graphics card: slow, so one test alone has it.
WITH_WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
WITHOUT_WEBGL = ["--disable-3d-apis"]
# What a visitor's own configuration might say; the launch has to win over it.
CARELESS = """
[server]
address = "0.0.0.0"
maxUploadSize = 900
enableXsrfProtection = false
enableCORS = false
allowedHosts = []
[browser]
gatherUsageStats = true
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port):
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(CARELESS)
    script = (
        "import sys; from moo_inference.views.explore.launch import explore; "
        f"sys.exit(explore(port={port}, open_browser=False))"
    )
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen([sys.executable, "-c", script], cwd=folder, stdout=log, stderr=log)
    log.close()
    for _ in range(300):
        try:
            if answer(port, "/_stcore/health")[0] == 200:
                return process
        except OSError:
            assert process.poll() is None, (folder / "log.txt").read_text()
        time.sleep(0.1)
    process.kill()
    raise AssertionError((folder / "log.txt").read_text())


def answer(port, path, method="GET", headers=None, host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, b"" if response.status == 101 else response.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    port = free_port()
    process = start(tmp_path_factory.mktemp("server"), port)
    yield port
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        yield lambda extra: started.chromium.launch(executable_path=BROWSER, args=[*ARGUMENTS, *extra])


@pytest.fixture(scope="module")
def context(chromium):
    browser = chromium(WITHOUT_WEBGL)
    yield browser.new_context(viewport={"width": 1400, "height": 900})
    browser.close()


class Visitor:
    """Opens pages, and notes what must not happen on them."""

    def __init__(self, context, port):
        self.origin = f"http://127.0.0.1:{port}"
        self.context = context
        self.context.set_default_timeout(30_000)
        self.pages, self.requests, self.missed, self.wrong = [], [], [], []

    def open(self, path="/", tab="Every rule"):
        page = self.context.new_page()
        self.pages.append(page)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda found: self.requests.append(found.url))
        page.on("console", lambda message: self.note(message) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.goto(self.origin + path)
        page.locator("h1.headline").wait_for()
        if tab:
            show(page, tab)
            table(page).wait_for()
        return page

    def note(self, message):
        url = message.location["url"]
        if "/media/" in url:
            self.missed.append(url)
        else:
            self.wrong.append(f"{message.text} {url}")

    def close(self):
        # A picture that another replaced while the browser asked for it is gone; one that is shown must be there.
        shown = [
            url for page in self.pages for url in page.eval_on_selector_all("img", "all => all.map(one => one.src)")
        ]
        self.wrong += [url for url in self.missed if url in shown]
        for page in self.pages:
            page.close()
        own = (self.origin, self.origin.replace("http", "ws"), "data:", f"blob:{self.origin}")
        assert [url for url in self.requests if not url.startswith(own)] == []
        assert any(url.startswith("ws://") for url in self.requests)
        assert self.wrong == []


@pytest.fixture
def visitor(context, server):
    visitor = Visitor(context, server)
    yield visitor
    visitor.close()


def table(page):
    return page.locator(".answer table")


def show(page, tab):
    page.get_by_role("tab", name=tab).click()


def settled(page):
    """Wait until the page has answered everything."""
    page.wait_for_timeout(300)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def codes(page):
    return [text.strip() for text in page.locator("[data-testid=stCode] code").all_inner_texts()]


def codes_of(page):
    """The command and the address."""
    show(page, "Export")
    page.locator("[data-testid=stCode] code").nth(1).wait_for()
    settled(page)
    return codes(page)


def upload(page, content):
    page.get_by_text("Your own catalog").click()
    page.get_by_text(re.compile(r"\b20\s?MB")).wait_for()
    file = {"name": "mine.yaml", "mimeType": "application/yaml", "buffer": content}
    page.locator("input[type=file]").set_input_files(files=[file])


def download(page, name, folder):
    with page.expect_download() as caught:
        page.get_by_role("button", name=name).click()
    target = folder / caught.value.suggested_filename
    caught.value.save_as(target)
    return target


def test_the_answer_comes_first_and_charts_of_one_model_are_behind_tabs(chromium, server):
    browser = chromium(WITH_WEBGL)
    visitor = Visitor(browser.new_context(viewport={"width": 1400, "height": 900}), server)
    page = visitor.open()
    assert page.locator("h1").inner_text().startswith("Take gpt-5-nano with 2 passes, all at once, keep the best: $")
    assert page.locator(".subline").inner_text().startswith("Essay feedback: at most $0.500")
    assert "accuracy-max" in table(page).inner_text()
    show(page, "Cube")
    page.locator(".js-plotly-plot .gl-container canvas").first.wait_for()
    legends = page.locator(".js-plotly-plot .legendtext").all_text_contents()
    assert {"accuracy-max, k = 22", "utopia", "cost at most $0.500"} <= set(legends)
    show(page, "Accuracy over k")
    page.locator(".js-plotly-plot .legendtext").get_by_text("mean accuracy").wait_for()
    assert "middle 95 % of queries" in page.locator(".js-plotly-plot .legendtext").all_text_contents()
    visitor.close()
    browser.close()


def test_sliders_and_curves_share_a_screen_and_nothing_is_wider_than_it(visitor):
    page = visitor.open("/?t_quantile=0.95", tab=None)
    settled(page)
    for width, height in ((1400, 900), (800, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)
        main = page.locator("[data-testid=stMain]")
        assert main.evaluate("one => one.scrollWidth") <= width
        last_slider = page.get_by_role("slider").nth(2).bounding_box()
        sentence, curves = page.locator("h1").bounding_box(), page.locator(".legend").bounding_box()
        if width == 1400:
            assert last_slider["y"] + last_slider["height"] < height
            assert curves["y"] + curves["height"] < height
        if width == 390:
            assert last_slider["y"] < sentence["y"] < curves["y"]
        else:
            assert sentence["x"] > last_slider["x"] + last_slider["width"]
    page.set_viewport_size({"width": 1400, "height": 900})
    page.locator(".spot").nth(3).hover()
    tip = page.locator(".spot").nth(3).get_attribute("data-tip")
    assert re.search(r", k = 4\ncost \$\S+\ntime \S+ s, p95 \S+ s\naccuracy 0\.\d{4}$", tip)


def test_another_model_is_answered_and_what_cannot_be_met_explained(visitor):
    page = visitor.open("/?model=gpt-5&model=gpt-5-mini&model=gpt-5-nano")
    page.get_by_role("button", name="Models: 3 of 9").click()
    page.get_by_role("combobox", name="Models").click()
    page.keyboard.type("Qwen3-Max")
    page.keyboard.press("Enter")
    table(page).get_by_text("Qwen3-Max").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    settled(page)
    assert "model=qwen3-max" in page.url
    page.get_by_role("spinbutton", name="Cost at most").fill("0.001")
    page.get_by_role("spinbutton", name="Cost at most").press("Enter")
    page.get_by_text("GPT-5: no k meets all budgets; closest is k = 1: cost $0.02176").wait_for()
    assert page.locator("h1").inner_text().startswith("Nothing fits: no k of 4 models meets all budgets")
    assert page.locator(".notice[role=alert]").count() == 1


def test_a_slider_is_moved_by_keyboard_and_the_number_follows(visitor):
    page = visitor.open()
    before = table(page).inner_text()
    slider, number = page.get_by_role("slider").nth(1), page.get_by_role("spinbutton", name="Time at most")
    assert number.input_value() == "60"
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.subline').innerText.includes('at most 65.0 s')")
    # What takes longer follows when the slider has rested, and the address with it.
    page.wait_for_function("() => location.search.includes('t_max=65.0')")
    page.wait_for_function("before => document.querySelector('.answer table').innerText !== before", arg=before)
    settled(page)
    assert number.input_value() == "65"
    # The slider keeps the focus, and however fast the keys come, none of them is lost.
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => location.search.includes('t_max=90.0')")
    settled(page)
    assert number.input_value() == "90"
    number.fill("17.3")
    number.press("Enter")
    page.wait_for_function("() => location.search.includes('t_max=17.3')")
    settled(page)
    assert slider.get_attribute("aria-valuetext") == "17.3 s"


def test_the_answer_moves_while_a_slider_is_dragged(visitor):
    page = visitor.open(tab=None)
    settled(page)
    start, budget = page.locator("h1").inner_text(), page.locator(".budget.upright").first
    place, box = budget.get_attribute("style"), page.get_by_role("slider").nth(2).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.86, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=8)
    page.wait_for_function("start => document.querySelector('h1').innerText !== start", arg=start)
    assert "one pass" in page.locator("h1").inner_text()
    assert "a_min=0.93" in page.url or "a_min" not in page.url
    page.mouse.up()
    page.wait_for_function("() => /a_min=0.[45]/.test(location.search)")
    assert budget.get_attribute("style") == place


def test_downloads_the_command_and_the_address_give_the_same_answer(visitor, tmp_path):
    page = visitor.open(
        "/?model=gpt-5-nano&model=qwen3-max&scenario=medical-ai&c_max=0.0349&t_quantile=0.9&parallel=3&k_step=2"
    )
    settled(page)
    shown = table(page).inner_text()
    command, address = codes_of(page)
    choices = download(page, "Choices as CSV", tmp_path).read_bytes()
    settings = download(page, "Settings as a catalog", tmp_path)
    program, *rest = shlex.split(command)
    assert settings.name in rest
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *rest, "--format", "csv"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert done.stdout == choices
    assert choices.count(b"\n") == 11
    other = visitor.open(address.removeprefix(visitor.origin))
    assert table(other).inner_text() == shown
    assert page.url == address


def test_a_catalog_with_hostile_names_is_text_and_travels_in_the_address(visitor, tmp_path):
    paper = load_catalog()
    models = {HOSTILE: paper.models["gpt-5"].replace(name=HOSTILE), "plain": paper.models["gpt-5-nano"]}
    scenarios = {HOSTILE: paper.scenarios["essay-feedback"].replace(name=HOSTILE)}
    save_catalog(paper.replace(models=models, scenarios=scenarios), tmp_path / "mine.yaml")
    page = visitor.open()
    upload(page, (tmp_path / "mine.yaml").read_bytes())
    table(page).get_by_text("alert(1)").wait_for()
    settled(page)
    page.keyboard.press("Escape")
    shown = table(page).inner_text()
    assert page.locator(".subline").inner_text().startswith(HOSTILE)
    assert HOSTILE in shown
    show(page, "Accuracy over k")
    page.get_by_role("combobox", name="Model in the charts").wait_for()
    for label in ("Scenario", "Model in the charts"):
        assert page.get_by_role("combobox", name=label).input_value() == HOSTILE
    page.get_by_role("combobox", name="Model in the charts").click()
    assert page.get_by_role("option").first.inner_text() == HOSTILE
    page.keyboard.press("Escape")
    address = codes_of(page)[-1]
    assert len(address) < 2_600
    other = visitor.open(address.removeprefix(visitor.origin))
    assert table(other).inner_text() == shown
    assert other.locator(".notice").count() == 0


def test_budgets_for_resources_are_turned_and_travel(visitor, tmp_path):
    save_catalog(with_resources(load_catalog(), joules=20_000.0), tmp_path / "mine.yaml")
    page = visitor.open()
    upload(page, (tmp_path / "mine.yaml").read_bytes())
    table(page).get_by_text("joules", exact=True).wait_for()
    page.keyboard.press("Escape")
    settled(page)
    before = table(page).inner_text()
    page.get_by_role("spinbutton", name="Joules at most, per query").fill("4000")
    page.get_by_role("spinbutton", name="Joules at most, per query").press("Enter")
    page.wait_for_function("() => location.search.includes('joules_max=4000.0')")
    settled(page)
    assert table(page).inner_text() != before
    assert "at most 4,000 joules" in page.locator(".subline").inner_text()
    shown = table(page).inner_text()
    command, address = codes_of(page)
    choices = download(page, "Choices as CSV", tmp_path).read_bytes()
    download(page, "Settings as a catalog", tmp_path)
    program, *rest = shlex.split(command)
    words = [Path(sys.executable).with_name(program), *rest, "--format", "csv"]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).stdout == choices
    other = visitor.open(address.removeprefix(visitor.origin))
    assert table(other).inner_text() == shown
    show(page, "Every rule")
    page.get_by_text("No budget for joules").click()
    page.get_by_text("knee-point: must divide cost, time and joules by their budgets, and there is none for").wait_for()
    page.wait_for_function("() => location.search.includes('joules_max=none')")


def test_every_error_of_an_upload_is_told_and_nothing_of_it_is_used(visitor):
    page = visitor.open()
    before = table(page).inner_text()
    upload(page, b"models:\n  <b>m</b>: {nam: '**x**', parallel: yes}\nscenario: {}\n")
    told = page.locator(".notice[role=alert]")
    told.wait_for()
    text = told.inner_text()
    assert "mine.yaml:3: scenario: unknown key (did you mean 'scenarios'?)" in text
    assert "models.<b>m</b>.nam: unknown key (did you mean 'name'?)" in text
    assert told.locator("li").count() > 5
    assert table(page).inner_text() == before


def test_a_broken_address_gets_a_message_and_defaults(visitor):
    start = table(visitor.open()).inner_text()
    bad = quote("<img src=x onerror=alert(1)> **b**")
    page = visitor.open(f"/?catalog=AAAA&c_max={bad}&model={bad}&k_max=99999999999999&{bad}=1")
    text = page.locator(".notice[role=alert]").inner_text()
    assert "the catalog in the address must be whole, but it is damaged" in text
    assert "c_max must be above 0 and at most 1,000,000,000 USD or none" in text
    assert "got '<img src=x onerror=alert(1)> **b**'" in text
    assert table(page).inner_text() == start
    page.get_by_role("spinbutton", name="Cost at most").fill("0.4")
    page.get_by_role("spinbutton", name="Cost at most").press("Enter")
    page.locator(".notice").wait_for(state="detached")


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_another_host_s_name_is_refused(server):
    for host, expected in ((f"127.0.0.1:{server}", 101), (f"localhost:{server}", 101), ("evil.example", 403)):
        assert answer(server, "/_stcore/stream", headers={**UPGRADE, "Host": host})[0] == expected, host
    foreign = {**UPGRADE, "Host": f"127.0.0.1:{server}", "Origin": "http://evil.example"}
    assert answer(server, "/_stcore/stream", headers=foreign)[0] == 403


def test_the_server_listens_to_this_machine_alone_and_wants_its_token(server):
    with pytest.raises(ConnectionRefusedError):
        answer(server, "/_stcore/health", host="127.0.0.2")
    assert answer(server, "/_stcore/health")[0] == 200
    status, body = answer(server, "/_stcore/upload_file/session/file", method="PUT", headers={"Content-Length": "0"})
    assert status == 403, body


def test_ctrl_c_ends_it_cleanly(tmp_path):
    process = start(tmp_path, free_port())
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    text = (tmp_path / "log.txt").read_text()
    assert "moo-inference: the page is at http://127.0.0.1:" in text
    assert "Traceback" not in text
