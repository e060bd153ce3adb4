"""Fitting: what a user's files contain of a model, as a catalog entry that states where each number came from."""

from moo_inference.fitting.fit_file import FittedFile, fit_file
from moo_inference.fitting.model import Fit, Given, fit_model
from moo_inference.fitting.price_terms import PriceTerms

__all__ = ["Fit", "FittedFile", "Given", "PriceTerms", "fit_file", "fit_model"]
