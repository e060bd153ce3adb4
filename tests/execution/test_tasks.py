"""Tasks in one process: packed for a disk alone, read back from it, and reported."""

import numpy as np
import pytest

from moo_inference.errors import SettingError
from moo_inference.execution.checkpoint import checkpoint
from moo_inference.execution.tasks import Packing, Runner, Task


def squared(number):
    return number**2


def unpacked(arrays):
    return int(arrays["value"][0])


def tasks(done):
    def pack(value):
        done.append(value)
        return {"value": np.array([value])}

    packing = Packing(pack, unpacked, lambda arrays: arrays.keys() == {"value"})
    return [Task(f"square of {number}", squared, (number,), packing) for number in range(4)]


def test_nothing_is_packed_in_one_process_without_a_checkpoint():
    packed, steps = [], []
    assert Runner(progress=lambda *step: steps.append(step)).run(tasks(packed)) == [0, 1, 4, 9]
    assert packed == []
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_on_disk_is_read_and_not_computed_again(tmp_path):
    packed = []
    with checkpoint(tmp_path) as kept:
        assert Runner(checkpoint=kept).run(tasks(packed)[:2]) == [0, 1]
    assert packed == [0, 1]
    steps = []
    with checkpoint(tmp_path) as kept:
        assert Runner(1, kept, lambda *step: steps.append(step)).run(tasks(packed)) == [0, 1, 4, 9]
    assert packed == [0, 1, 4, 9]
    assert steps == [(2, 4), (3, 4), (4, 4)]


def test_a_runner_needs_workers():
    with pytest.raises(SettingError, match="workers must be a whole number of at least 1"):
        Runner(0)
