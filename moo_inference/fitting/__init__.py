"""Fitting: what a user's files contain of a model, as a catalog entry that states where each number came from."""

from moo_inference.fitting.model import Fit, Given, fit_model

__all__ = ["Fit", "Given", "fit_model"]
