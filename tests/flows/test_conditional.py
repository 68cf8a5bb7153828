"""Laws of every flow: inverse, Jacobian, normalisation, second derivatives, sampling."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from fullfield.flows import ConditionalFlow

FLOWS = {
    "one dimension": ConditionalFlow(1, 2, num_layers=3, num_hidden=8),
    "two dimensions": ConditionalFlow(2, 3, num_layers=4, num_hidden=8),
    "odd dimension": ConditionalFlow(3, 1, num_layers=5, num_hidden=8),
    "cosmology": ConditionalFlow(6, 6, num_hidden=16),
    "smooth": ConditionalFlow(2, 2, num_layers=2, num_hidden=8, transform="smooth", num_components=3),
    "spline": ConditionalFlow(2, 2, num_layers=2, num_hidden=8, transform="spline", num_components=4),
    "autoregressive": ConditionalFlow(3, 2, num_layers=2, num_hidden=8, structure="autoregressive"),
    "smooth autoregressive, no condition": ConditionalFlow(
        2, 0, num_layers=2, num_hidden=8, transform="smooth", num_components=2, structure="autoregressive"
    ),
}
SHALLOW = {
    name: dataclasses.replace(flow, num_layers=flow.num_layers if flow.transform == "affine" else 1)
    for name, flow in FLOWS.items()
}
"""Derivatives of a composition are those of its parts: one layer of what compiles for long."""
SMALL = {name: flow for name, flow in FLOWS.items() if flow.num_dimensions <= 2}


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


@pytest.fixture(params=FLOWS.values(), ids=FLOWS.keys())
def flow(request):
    return request.param


@pytest.fixture(params=SHALLOW.values(), ids=SHALLOW.keys())
def shallow_flow(request):
    return request.param


@pytest.fixture(params=SMALL.values(), ids=SMALL.keys())
def small_flow(request):
    return request.param


def setting(flow):
    """Return weights of order width^(-1/2), far from the identity, and a condition."""
    rng = np.random.default_rng(0)

    def weight(leaf):
        scale = 1.0 / np.sqrt(leaf.shape[0]) if leaf.ndim == 2 else 0.3
        return jnp.asarray(scale * rng.normal(size=leaf.shape))

    params = jax.tree.map(weight, jax.eval_shape(flow.init, jax.random.key(0)))
    return params, jnp.asarray(rng.normal(size=flow.num_conditions))


def vectorised(function):
    return jax.jit(jax.vmap(function))


def test_inverse_of_forward_is_the_identity(flow):
    params, condition = setting(flow)
    z = jax.random.normal(jax.random.key(2), (50, flow.num_dimensions))

    def there_and_back(z):
        y, (x, _) = flow.forward(params, z, condition), flow.inverse(params, z, condition)
        return flow.inverse(params, y, condition)[0], flow.forward(params, x, condition)

    for back in vectorised(there_and_back)(z):
        np.testing.assert_allclose(back, z, atol=1e-10)


def test_log_prob_is_the_change_of_variables_with_the_jacobian_of_the_map(flow):
    params, condition = setting(flow)
    z = jax.random.normal(jax.random.key(2), (20, flow.num_dimensions))

    def both(z):
        y = flow.forward(params, z, condition)
        return flow.inverse(params, y, condition)[1], flow.log_prob(params, y, condition)

    log_det_inverse, log_prob = vectorised(both)(z)
    log_det = np.linalg.slogdet(vectorised(jax.jacfwd(lambda z: flow.forward(params, z, condition)))(z))[1]
    np.testing.assert_allclose(log_det_inverse, -log_det, atol=1e-9)
    np.testing.assert_allclose(log_prob, scipy.stats.norm.logpdf(z).sum(-1) - log_det, atol=1e-9)


@functools.cache
def density_on_grid(flow, half_width=200.0, num=801):
    """Points and masses of a product grid stretched by y = sinh(t), which resolves the centre and reaches the tails."""
    params, condition = setting(flow)
    t = np.linspace(-np.arcsinh(half_width), np.arcsinh(half_width), num)
    points = np.stack(np.meshgrid(*[np.sinh(t)] * flow.num_dimensions, indexing="ij"), -1)
    rows = jnp.asarray(points.reshape(-1, flow.num_dimensions))
    log_prob = jax.jit(jax.vmap(flow.log_prob, (None, 0, None)))(params, rows, condition)
    measure = np.sqrt(1.0 + points**2).prod(-1) * (t[1] - t[0]) ** flow.num_dimensions
    return points, np.exp(np.asarray(log_prob)).reshape(points.shape[:-1]) * measure


def test_density_integrates_to_one(small_flow):
    _, mass = density_on_grid(small_flow)
    # Error of the quadrature in 2-d: 1.4e-4, 4e-6 and 7e-8 for 401, 801 and 1601 points a side.
    np.testing.assert_allclose(mass.sum(), 1.0, atol=2e-5)


def test_samples_have_the_density(small_flow):
    params, condition = setting(small_flow)
    points, mass = density_on_grid(small_flow)
    keys = jax.random.split(jax.random.key(3), 5000)
    draws = np.asarray(jax.jit(jax.vmap(small_flow.sample, (0, None, None)))(keys, params, condition))
    projections = [np.eye(small_flow.num_dimensions)[0], np.ones(small_flow.num_dimensions), np.array([1.0, -0.5])]
    for direction in (d for d in projections if len(d) == small_flow.num_dimensions):
        position = (points @ direction).ravel()
        order = np.argsort(position)
        position, cumulative = position[order], np.cumsum(mass.ravel()[order])

        def cdf(y, position=position, cumulative=cumulative):
            return np.interp(y, position, cumulative)

        assert scipy.stats.kstest(draws @ direction, cdf).pvalue > 1e-3
        assert scipy.stats.kstest(draws @ direction + 0.2 * draws.std(), cdf).pvalue < 1e-3


def test_second_derivatives_equal_finite_differences(shallow_flow):
    flow = shallow_flow
    params, condition = setting(flow)
    y = jax.random.normal(jax.random.key(2), (flow.num_dimensions,))
    gradient = jax.jit(jax.grad(lambda v: flow.log_prob(params, v[: y.size], v[y.size :])))
    point, step = jnp.concatenate([y, condition]), 1e-5
    hessian = jax.jit(jax.jacfwd(gradient))(point)
    shifts = step * jnp.eye(point.size)
    differences = [(gradient(point + shift) - gradient(point - shift)) / (2 * step) for shift in shifts]
    scale = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, np.stack(differences), atol=1e-6 * scale)
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-9 * scale)


@pytest.mark.parametrize("name", ["cosmology", "smooth", "spline"])
def test_second_derivatives_are_finite_in_single_precision_far_out(name):
    flow = SHALLOW[name]
    params = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), setting(flow)[0])
    curvature = jax.jit(jax.hessian(flow.log_prob, 1))
    for distance in (0.0, 30.0):
        y = jnp.full(flow.num_dimensions, distance, jnp.float32)
        condition = jnp.full(flow.num_conditions, -distance, jnp.float32)
        hessian = curvature(params, y, condition)
        assert hessian.dtype == jnp.float32
        assert np.isfinite(hessian).all()


def test_fresh_flow_is_close_to_the_standard_normal():
    flow = ConditionalFlow(6, 6)
    y = jax.random.normal(jax.random.key(2), (200, flow.num_dimensions))
    conditions = jax.random.normal(jax.random.key(3), (200, flow.num_conditions))
    params = jax.jit(flow.init)(jax.random.key(0))
    log_prob = jax.jit(jax.vmap(flow.log_prob, (None, 0, 0)))(params, y, conditions)
    divergence = scipy.stats.norm.logpdf(y).sum(-1) - np.asarray(log_prob)
    assert np.abs(divergence.mean()) < 0.1
    assert divergence.std() < 0.3


@pytest.mark.parametrize(("num_dimensions", "num_layers"), [(3, 4), (6, 4), (10, 6)])
def test_enough_layers_let_every_coordinate_depend_on_every_other(num_dimensions, num_layers):
    flow = ConditionalFlow(num_dimensions, 1, num_layers, num_hidden=4)
    params, condition = setting(flow)
    z = jax.random.normal(jax.random.key(2), (num_dimensions,))
    for argument in (0, 1):
        jacobian = jax.jacfwd(lambda z, c: flow.forward(params, z, c), argument)
        assert (np.abs(jax.jit(jacobian)(z, condition)) > 1e-8).all()


def test_weights_are_nested_dictionaries_and_depend_on_the_key():
    flow = ConditionalFlow(2, 1, num_layers=3)
    first, again, other = (jax.jit(flow.init)(jax.random.key(seed)) for seed in (0, 0, 1))
    assert sorted(first) == [f"layer_{index}" for index in range(3)]
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), first, again))
    assert not jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), first, other))
    assert all(
        isinstance(entry, jax.tree_util.DictKey) for path, _ in jax.tree.leaves_with_path(first) for entry in path
    )


@pytest.mark.parametrize("name", ["num_dimensions", "num_layers", "num_hidden", "num_components"])
def test_sizes_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        ConditionalFlow(**{"num_dimensions": 2, "num_conditions": 2, name: 0})


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"num_conditions": -1}, "num_conditions must be at least 0, got -1"),
        ({"transform": "cubic"}, "transform must be one of affine, smooth, spline, got 'cubic'"),
        (
            {"structure": "autoregressive", "num_hidden": 1},
            "num_hidden must be at least num_dimensions = 2, got 1",
        ),
        ({"structure": "dense"}, "structure must be one of coupling, autoregressive, got 'dense'"),
    ],
)
def test_settings_outside_what_is_allowed_are_refused(setting, sentence):
    with pytest.raises(ValueError, match=sentence):
        ConditionalFlow(**({"num_dimensions": 2, "num_conditions": 2} | setting))
