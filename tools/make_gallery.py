"""Draws the pictures of docs/reports.md.

Run: python tools/make_gallery.py [FOLDER]
"""

import sys
from pathlib import Path

import moo_inference as mi
from moo_inference.documents.files import write_atomically
from moo_inference.views.figures import across_models, chosen_k, cube, parallel
from moo_inference.views.figures.render import Job, render
from moo_inference.views.figures.trajectory import trajectory

ROOT = Path(__file__).resolve().parent.parent


def jobs() -> list[Job]:
    """The pictures: a cube, all models on one chart, the chosen k, and a front of four objectives."""
    study = mi.run_study(mi.load_catalog("paper"))
    energy = mi.run_study(mi.load_catalog(ROOT / "examples" / "energy.yaml"), models=["medium-70b"], k_max=64)
    models = across_models.prepare(study, "essay-feedback")
    return [
        Job("gallery_cube", cube.render, (trajectory(study, "essay-feedback", "gpt-5"), 100.0), ("png8",), 120),
        Job(
            "gallery_models",
            across_models.render,
            (models, 210.0),
            ("png8",),
            100,
        ),
        Job("gallery_chosen_k", chosen_k.render, (chosen_k.prepare(study), 210.0), ("png8",), 100),
        Job("gallery_parallel", parallel.render, (trajectory(energy, "support", "medium-70b"), 190.0), ("png8",), 100),
    ]


def main() -> None:
    """Draw them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    for job in jobs():
        write_atomically(folder / f"{job.name}.png", render(job)["png8"])
        print(folder / f"{job.name}.png")


if __name__ == "__main__":
    main()
