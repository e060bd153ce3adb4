"""Fitting: what a user's files contain of a model, as a catalog entry that states where each number came from."""

from moo_inference.fitting.fit_file import FittedFile, fit_file
from moo_inference.fitting.model import Fit, Given, fit_model

__all__ = ["Fit", "FittedFile", "Given", "fit_file", "fit_model"]
