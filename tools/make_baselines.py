"""Draws the pictures that tests/views/figures/test_figures.py compares with. Look at them before committing them.

Run: python tools/make_baselines.py
"""

from pathlib import Path

import moo_inference as mi
from moo_inference.views.figures import accuracy, cube, parallel

BASELINES = Path(__file__).resolve().parent.parent / "tests" / "baselines"

if __name__ == "__main__":
    study = mi.run_study(mi.load_catalog("paper"), models=["gpt-5"], scenarios=["essay-feedback"])
    for module in (cube, accuracy, parallel):
        name = module.__name__.rpartition(".")[2]
        module.figure(study, "essay-feedback", "gpt-5").savefig(BASELINES / f"{name}.png", dpi=100)
