"""What was renamed still works by its name of before, with a warning that names the new one."""

import importlib

import pytest

import moo_inference as mi
from moo_inference.deprecations import renamed_keyword
from moo_inference.execution.checkpoint import Checkpoint, checkpoint


def test_names_of_a_checkpoint_are_found():
    module = importlib.import_module("moo_inference.execution.checkpoint")
    with pytest.warns(DeprecationWarning, match=r"checkpoint\.keep_pieces is checkpoint now"):
        assert module.keep_pieces is checkpoint
    with pytest.warns(DeprecationWarning, match=r"checkpoint\.KeptPieces is Checkpoint now"):
        assert module.KeptPieces is Checkpoint
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = module.nonsense


def test_a_keyword_of_before_is_taken(tmp_path, paper):
    cell = {"models": ["gpt-5"], "scenarios": ["medical-ai"], "k_max": 4}
    with checkpoint(tmp_path) as kept, pytest.warns(DeprecationWarning, match="run_study: kept= is checkpoint= now"):
        mi.run_study(paper, kept=kept, **cell)
    assert kept.count == 1


def test_a_keyword_is_not_given_by_both_names():
    @renamed_keyword("old", "new")
    def function(*, new):
        return new

    assert function(new=1) == 1
    with pytest.warns(DeprecationWarning, match="function: old= is new= now"):
        assert function(old=2) == 2
    with pytest.raises(TypeError, match="old and new are the same: give new alone"):
        function(old=1, new=2)
