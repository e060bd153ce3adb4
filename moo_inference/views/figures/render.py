"""Figures as bytes: PNG, PDF or SVG, many at once on all cores."""

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from moo_inference.estimators import Progress

MADE_BY = "moo-inference"
_WORTH_PROCESSES = 8


@dataclass(frozen=True)
class Job:
    """A figure that is to be drawn, here or in another process.

    Attributes:
        name: what it is called.
        draw: the function that draws it.
        arguments: what the function gets.
        formats: `png`, `pdf` or `png8`, a PNG of 256 colours, a third as large.
        dpi: dots an inch of PNG.
    """

    name: str
    draw: Callable[..., Figure]
    arguments: tuple[Any, ...]
    formats: tuple[str, ...] = ("png",)
    dpi: int = 200


def render(job: Job) -> dict[str, bytes]:
    """Draw one figure; its bytes by format. The same job gives the same bytes."""
    with warnings.catch_warnings():
        # Names may be in any script, and a font may lack it: the figure shows boxes, and there is nothing to be done.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from", category=UserWarning)
        figure = job.draw(*job.arguments)
        return {kind: _bytes(figure, kind, job.dpi) for kind in job.formats}


def render_all(
    jobs: Sequence[Job], progress: Progress | None = None, workers: int | None = None
) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Draw many figures, in their order.

    Args:
        jobs: what to draw.
        progress: called with the steps done and their number.
        workers: processes; None means all cores where there is enough to do.
    """
    count = workers or (-1 if len(jobs) >= _WORTH_PROCESSES else 1)
    # One at a time: a batch would be reported only when its last figure is drawn.
    parallel = joblib.Parallel(n_jobs=count, return_as="generator", batch_size=1)
    drawn = parallel(joblib.delayed(render)(job) for job in jobs)
    for place, (job, images) in enumerate(zip(jobs, drawn, strict=True), start=1):
        if progress is not None:
            progress(place, len(jobs))
        yield job.name, images


def _bytes(figure: Figure, kind: str, dpi: int) -> bytes:
    stream = io.BytesIO()
    if kind == "png8":
        figure.set_dpi(dpi)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
        palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        palette.save(stream, "PNG", optimize=True)
    else:
        # Publishers refuse the default, letters as Type 3 fonts; there is no way to ask for others but this setting.
        with matplotlib.rc_context({"pdf.fonttype": 42}):
            # By what made it, a figure is known again, and may be replaced.
            made = {"Creator": MADE_BY, "CreationDate": None} if kind == "pdf" else {"Software": MADE_BY}
            figure.savefig(stream, format=kind, dpi=dpi, metadata=made)
    return stream.getvalue()
