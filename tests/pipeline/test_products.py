"""No float32 product that a result hangs on is left to the machine: read from the traced programs of the library."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rounding import is_product, products
from small_problem import small_lensing

from fullfield import tasks
from fullfield.compress.losses import LOSSES, Batch
from fullfield.fields import PowerSpectrumEstimator
from fullfield.pipeline import power_spectrum_posterior, reference
from fullfield.pipeline.field_posterior import kappa_of
from fullfield.pipeline.gaussian_posterior import no_whitening
from fullfield.pipeline.map_features import FEATURE_SETS, feature_derivatives, lensing_feature_sets
from fullfield.pipeline.setup import gaussian_field_of
from fullfield.samplers import ChainSettings, MAMSSettings, NUTSSettings, mams, nuts
from fullfield.tasks.lensing import spectrum_on_grid
from fullfield.tasks.task import joint_log_density, joint_score, simulate_one, unconstrained_log_density

KEY = jax.random.key(0)
SETUP = small_lensing()
TASK, GRID = SETUP.task, SETUP.grid
THETA, U = jnp.asarray(TASK.fiducial), jnp.zeros(6)
Z = jnp.zeros(TASK.latent_shape)
X = 0.01 * jax.random.normal(KEY, TASK.latent_shape)


def band_powers_of_theory(theta):
    spectrum = spectrum_on_grid(GRID, SETUP.theory, SETUP.theory.ell)
    return PowerSpectrumEstimator(GRID).average(spectrum(theta))


FUNCTIONS = {
    "simulate": (lambda key: simulate_one(key, TASK), KEY),
    "joint log density": (joint_log_density(TASK, X), THETA, Z),
    "its gradient": (jax.grad(joint_log_density(TASK, X), (0, 1)), THETA, Z),
    "score": (lambda theta, z: joint_score(TASK, theta, z, X), THETA, Z),
    "gradient in whitened coordinates": (jax.grad(unconstrained_log_density(TASK, X), (0, 1)), U, Z),
    "posterior of the field": (lambda u, w: kappa_of(TASK)(reference.Draw(u, w, X)), U, Z),
    "Gaussian likelihood": (jax.grad(TASK.approximation(X)), THETA),
    "Gaussian estimate": (gaussian_field_of(SETUP).estimate, X),
    "band powers": (PowerSpectrumEstimator(GRID), X),
    "band powers of theory": (jax.grad(lambda theta: jnp.sum(band_powers_of_theory(theta))), THETA),
    "features": (lensing_feature_sets(SETUP, list(FEATURE_SETS)), X),
    "derivatives of features": (feature_derivatives(SETUP, list(FEATURE_SETS)), KEY),
    "linear-Gaussian task": (lambda key: simulate_one(key, tasks.make("linear_gaussian")), KEY),
}


def exposed(function, *arguments):
    """Return the exposed products of a function that has some products."""
    assert products(function, *arguments, chosen=is_product)
    return products(function, *arguments)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_lensing(name):
    assert exposed(*FUNCTIONS[name]) == []


class Called(Exception):
    """What a function was called with."""


def called_with(monkeypatch, module, name, function, *arguments, **settings):
    """Return what a function hands on to a function of its module."""

    def stop(*arguments, **settings):
        raise Called(arguments, settings)

    monkeypatch.setattr(module, name, stop)
    with pytest.raises(Called) as call:
        function(*arguments, **settings)
    return call.value.args


def test_likelihood_of_the_power_spectrum(monkeypatch):
    num_powers = PowerSpectrumEstimator(GRID, power_spectrum_posterior.NUM_BANDS)(X).size
    covariance = power_spectrum_posterior.BandCovariance(np.eye(num_powers), 100)
    arguments = (KEY, SETUP, covariance, np.asarray(X)[None], ChainSettings(num_chains=1, num_warmup=2, num_draws=2))
    sample = power_spectrum_posterior.sample_power_spectrum
    (_, log_likelihood, _, data, _), _ = called_with(
        monkeypatch, power_spectrum_posterior, "sample_parameters", sample, *arguments
    )
    assert exposed(jax.grad(log_likelihood), U, data[0]) == []


def traced_starts(key, draw, log_density):
    """Return zeros in place of starting points that `draw` would give, if it gives them at full precision."""
    assert products(draw, key) == []
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), jax.eval_shape(draw, key))


@pytest.mark.parametrize("name", reference.SAMPLERS)
def test_chains_over_the_field(name, monkeypatch):
    monkeypatch.setattr(reference, "finite_starts", traced_starts)
    target = reference.Target(TASK, np.asarray(X)[None], no_whitening(TASK))
    arguments = (KEY, target, ChainSettings(num_chains=1, num_warmup=2, num_draws=2))
    (_, (init, step), starts, plan), handed = called_with(
        monkeypatch, reference, "run_chains", reference.sample_reference, *arguments, sampler=name
    )
    position, data = jax.tree.map(lambda leaf: leaf[0], (starts, handed["data"]))
    assert exposed(lambda position: step(init(KEY, position, data), data), position) == []
    assert products(plan.collect, position, data) == []


@pytest.mark.parametrize(
    "sampler",
    [lambda density: mams(density, MAMSSettings(2)), lambda density: nuts(density, NUTSSettings(2, mass="dense"))],
    ids=["mams", "dense nuts"],
)
def test_samplers(sampler):
    init, step = sampler(lambda position, data: -jnp.sum(position**2) / 2)
    assert exposed(lambda u: step(init(KEY, u)), U) == []


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "vmim"])
def test_losses_but_for_layers(name):
    loss = LOSSES[name](2)
    x = jax.random.normal(KEY, (8, loss.num_outputs))
    target = x[:, :2] if loss.simulations == "prior" else jnp.stack([x, x**2], axis=1)

    def value(weight):
        return loss.value({}, lambda x: weight * x, Batch(target, x, jnp.ones(8)))

    assert products(jax.value_and_grad(value), jnp.ones(loss.num_outputs)) == []
