"""What is wrong is gathered, and raised as one."""

import pytest

from moo_inference.errors import CatalogError, ErrorCollector, SettingError, UnknownNameError, whole_number


def test_nothing_wrong_raises_nothing():
    errors = ErrorCollector()
    assert errors.attempt(whole_number, "k", 3, least=1) == 3
    errors.add()
    with errors.collecting():
        pass
    errors.check()


def test_one_error_is_raised_as_it_is():
    errors, wrong = ErrorCollector(), UnknownNameError("no such model")
    with errors.collecting():
        raise wrong
    with pytest.raises(UnknownNameError) as caught:
        errors.check()
    assert caught.value is wrong


@pytest.mark.parametrize(("other", "kind"), [(SettingError, SettingError), (CatalogError, SettingError)])
def test_several_are_one_in_their_order(other, kind):
    errors = ErrorCollector()
    assert errors.attempt(whole_number, "k", 0, 1) is None
    with errors.collecting():
        raise other(["second", "third"])
    with pytest.raises(kind) as caught:
        errors.check()
    assert type(caught.value) is kind
    assert caught.value.errors == ("k must be a whole number of at least 1, got 0", "second", "third")


def test_those_of_one_kind_stay_of_it():
    errors = ErrorCollector()
    for name in ("a", "b"):
        with errors.collecting():
            raise CatalogError(name)
    with pytest.raises(CatalogError, match="a\nb"):
        errors.check()


def test_other_exceptions_are_not_gathered():
    errors = ErrorCollector()
    with pytest.raises(ZeroDivisionError):
        errors.attempt(lambda: 1 / 0)
