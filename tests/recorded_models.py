"""Models that are made of recorded attempts, where nothing else of them matters."""

from moo_inference.catalog import Accuracy
from moo_inference.catalog.recorded_model import RecordedModel


def recorded_model(attempts, name="a model", **options):
    """A model of these attempts; its prices, lengths and accuracy are there because a model has some."""
    return RecordedModel(
        name=name,
        usd_per_million_input_tokens=1.0,
        usd_per_million_output_tokens=1.0,
        request_seconds={"mean": 3.0, "std": 1.0},
        input_tokens={"mean": 10.0, "std": 1.0},
        output_tokens={"mean": 10.0, "std": 1.0},
        accuracy=Accuracy(mean=0.5, std=0.1),
        attempts=attempts,
        **options,
    )
