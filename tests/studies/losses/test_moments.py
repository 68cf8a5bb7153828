"""The toy in which a moment is not enough: its information, by quadrature."""

import numpy as np
import pytest

from fullfield.studies.losses import moments


def test_exact_information():
    # Read finely, x itself says everything; read coarsely, less.
    exact = moments.exact_information()
    assert exact == pytest.approx(1.686, abs=1e-3)
    assert moments.information_in(moments.X, 0.001) == pytest.approx(exact, abs=1e-3)
    assert moments.information_in(moments.X, 0.1) < exact - 0.1


def test_a_constant_says_nothing_and_an_invertible_function_all():
    assert moments.information_in(np.zeros_like(moments.X)) == pytest.approx(0.0, abs=1e-6)
    curved = np.log1p(np.exp(moments.X))
    assert moments.information_in(curved, 0.001) == pytest.approx(moments.exact_information(), abs=2e-3)


def test_mutual_information_of_a_gaussian_pair():
    grid = np.linspace(-6, 6, 401)
    rho = 0.8
    joint = np.exp(-(grid[:, None] ** 2 - 2 * rho * grid[:, None] * grid + grid**2) / (2 * (1 - rho**2)))
    assert moments.mutual_information(joint) == pytest.approx(-np.log(1 - rho**2) / 2, abs=1e-4)
