"""Draws the picture of a report in docs/reports.md, with the chromium or Chrome on the path.

Run: python tools/make_report_picture.py [FOLDER]
"""

import io
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

import moo_inference as mi
from moo_inference.documents.files import write_atomically
from moo_inference.views.report.report import write_report

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 860


def picture() -> bytes:
    """What is unfolded of a report on measured settings, as a PNG of 256 colours."""
    study = mi.run_study(mi.load_catalog("gpqa-diamond"), scenarios=["standard"])
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        path = Path(folder) / "report.html"
        write_report(study, path, day=date(2026, 11, 28))
        chromium = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": 800})
        page.goto(path.as_uri())
        shot = page.locator("main").screenshot()
        chromium.close()
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> None:
    """Draw it."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    write_atomically(folder / "report.png", picture())
    print(folder / "report.png")


if __name__ == "__main__":
    main()
