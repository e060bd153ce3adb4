"""scipy.special is loaded where one of its functions is used, and not before."""

import subprocess
import sys

import pytest
import scipy.special

from moo_inference.evaluation import special


def test_quantiles_of_the_normal_distribution():
    assert special.normal_quantile(0.975) == pytest.approx(float(scipy.special.ndtri(0.975)), rel=1e-15)
    assert special.normal_quantile(0.9) == float(scipy.special.ndtri(0.9))


def test_functions_are_those_of_scipy():
    for name in special.__all__:
        if name != "normal_quantile":
            assert getattr(special, name) is getattr(scipy.special, name)
    with pytest.raises(AttributeError, match="no attribute 'zeta'"):
        _ = special.zeta


def test_it_is_loaded_at_the_first_use():
    code = (
        "import sys; from moo_inference.evaluation import special; special.normal_quantile(0.975);"
        "assert 'scipy' not in sys.modules; special.ndtr(0.0); assert 'scipy.special' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
