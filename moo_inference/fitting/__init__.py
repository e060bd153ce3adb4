"""Fitting: what a user's files tell of a model, as an entry of a catalog that says where each number came from."""

from moo_inference.fitting.model import Fit, Given, fit_model

__all__ = ["Fit", "Given", "fit_model"]
