"""Float32 products on GPUs, which round their factors: what that costs, and how functions are kept from it."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from rounding import is_product, products, to_tf32, with_tf32

from fullfield.compress.networks import SummaryNetwork
from fullfield.fields import Grid, gaussian_spectrum
from fullfield.flows import ConditionalFlow
from fullfield.precision import full_precision
from fullfield.tasks.lensing import field_law

SPECTRA = Path(__file__).parent / "theory" / "data" / "ccl_cl.csv"
SHIFT = np.array([0.005, 0.016, 0.031, 0.057, 0.121], np.float32)
"""lambda of the five bins at the fiducial point, N = 64."""
GRID = Grid(64, 10.0)
MATRIX = np.random.default_rng(0).normal(size=(4, 4)).astype(np.float32)
X = np.array([0.3, -1.2, 0.7, 2.1], np.float32)


def step(x):
    return jnp.tanh(MATRIX @ x)


def with_own_derivative():
    function = jax.custom_jvp(step)
    function.defjvp(lambda primals, tangents: (step(*primals), tangents[0]))
    return function


FORMS = {
    "plain": step,
    "jit": jax.jit(step),
    "gradient": jax.grad(lambda x: jnp.sum(step(x))),
    "scan": lambda x: jax.lax.scan(lambda x, _: (step(x), jnp.sum(x)), x, length=3),
    "while": lambda x: jax.lax.while_loop(lambda x: jnp.sum((MATRIX @ x) ** 2) < 500.0, lambda x: x + MATRIX @ x, x),
    "cond": lambda x: jax.lax.cond(x[0] > 0, step, lambda x: -x, x),
    "remat": jax.grad(lambda x: jnp.sum(jax.checkpoint(step)(x))),
    "custom_jvp": with_own_derivative(),
    "complex": lambda x: jnp.abs(MATRIX @ (x + 1j)),
    "convolution": lambda x: jax.lax.conv(x[None, None], MATRIX[:1, None, :3], (1,), "SAME"),
}
"""Functions of a vector with a product in each of the ways that a program can hold it."""


@pytest.fixture(scope="module")
def spectra():
    """Return (ell, log C_ell) at the fiducial point."""
    table = pd.read_csv(SPECTRA).query("point == 0")
    ell = np.sort(table.ell.unique()).astype(float)
    return ell, jnp.asarray(np.log(table.cl.to_numpy()).reshape(15, -1), jnp.float32)


@pytest.mark.parametrize("name", FORMS)
def test_rounding_reaches_products_wherever_they_stand(name):
    function = FORMS[name]
    assert products(function, X)

    def everything(x):
        return [one(x) for one in (function, with_tf32(function, lambda _: False), with_tf32(function))]

    exact, unrounded, rounded = (
        np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(result)]) for result in jax.jit(everything)(X)
    )
    np.testing.assert_allclose(unrounded, exact, rtol=1e-5)
    change = np.abs(rounded - exact).max() / np.abs(exact).max()
    assert 2e-5 < change < 1e-2


@pytest.mark.parametrize("name", FORMS)
def test_decorated_functions_ask_for_full_precision(name):
    function = full_precision(FORMS[name])
    assert products(function, X) == []
    assert products(function, X, chosen=is_product)
    assert products(jax.jacfwd(function), X) == []


def test_precision_is_that_of_the_call_alone():
    full_precision(step)(X)
    assert products(step, X)


def test_rounding_is_to_ten_bits_and_to_even():
    ulp = 2.0**-10
    x = jnp.array([1.0, 1 + 0.49 * ulp, 1 + 0.5 * ulp, 1 + 1.5 * ulp, -1 - 0.51 * ulp, 0.0, -jnp.inf])
    expected = [1.0, 1.0, 1.0, 1 + 2 * ulp, -1 - ulp, 0.0, -np.inf]
    np.testing.assert_array_equal(to_tf32(x), np.float32(expected))


def test_spectra_interpolated_with_rounded_factors_lose_modes(spectra):
    ell, log_cl = spectra
    interpolation = GRID.interpolation_matrix(ell)

    def num_lost(log_cl):
        spectrum = jnp.exp(log_cl @ interpolation.T - np.log(GRID.pixel_area))
        return gaussian_spectrum(GRID, spectrum, jnp.asarray(SHIFT)).num_nonpositive

    exact, rounded = jax.jit(lambda log_cl: (num_lost(log_cl), with_tf32(num_lost)(log_cl)))(log_cl)
    assert exact == 0
    assert rounded > 0.05 * len(GRID.ell_distinct)


def test_the_law_of_the_maps_loses_nothing(spectra):
    ell, log_cl = spectra

    def law(log_cl):
        return field_law(GRID, lambda _: (log_cl, jnp.asarray(SHIFT)), ell)(None)

    laws = jax.jit(lambda log_cl: (law(log_cl), with_tf32(law)(log_cl), with_tf32(law, is_product)(log_cl)))
    exact, rounded, exposed = laws(log_cl)
    assert exact.num_nonpositive == 0
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-3), rounded, exact)
    # Were its products exposed, the law would exist, but factors of the farthest bin would be off by per cents.
    assert exposed.num_nonpositive == 0
    last = np.asarray(exposed.factor[4][4][1:]) / np.asarray(exact.factor[4][4][1:])
    assert np.abs(last - 1).max() > 0.02


def test_layers_of_networks_are_left_to_the_machine():
    key, maps, features = jax.random.key(0), jnp.zeros((2, 1, 8, 8)), jnp.zeros((2, 3))
    network, flow = SummaryNetwork(2, num_channels=4), ConditionalFlow(2, 2, num_layers=1)
    weights = jax.eval_shape(network.init, key, features, maps)
    assert products(network.apply, weights, features, maps)
    assert products(flow.log_prob, jax.eval_shape(flow.init, key), jnp.zeros(2), jnp.zeros(2))
