"""That nothing can be set of what is shared by whoever asks."""

from dataclasses import FrozenInstanceError, fields

import pytest


def assert_no_field_can_be_set(found):
    """Each field of a dataclass refuses another value, and its own."""
    for field in fields(found):
        for value in (None, getattr(found, field.name)):
            with pytest.raises(FrozenInstanceError):
                setattr(found, field.name, value)
