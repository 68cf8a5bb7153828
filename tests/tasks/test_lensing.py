"""The lensing task: its density piece by piece, its diagnostics, and its coordinates on a nearly linear field."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.fft
import scipy.stats
from laws import MAX_PULL, pulls
from small_tasks import ELL, power_law_theory, small_lensing

from fullfield import tasks
from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.survey import remove_mean
from fullfield.tasks import joint_log_density, scores, simulate
from fullfield.tasks.lensing import field_law, spectrum_on_grid
from fullfield.tasks.prior import default_prior
from fullfield.tasks.task import simulate_one, unconstrained_log_density
from fullfield.theory.cosmology import PARAMETER_NAMES


@functools.cache
def small(mean_convergence="unknown"):
    """Return the task, a simulation, and the function (x, theta, z) -> log density and its gradient."""
    task = small_lensing(mean_convergence=mean_convergence)
    density = jax.jit(lambda x, theta, z: jax.value_and_grad(joint_log_density(task, x), (0, 1))(theta, z))
    return task, run_once(task), density


def run_once(task):
    sites = ("theta", "z", "kappa", "x")
    return jax.jit(lambda key: simulate_one(key, task, sites=sites))(jax.random.key(0))


def test_parameters_and_fiducial():
    task = small_lensing()
    assert task.parameter_names == PARAMETER_NAMES
    np.testing.assert_allclose(task.fiducial, [0.2664, 0.0492, 0.831, 0.6727, 0.9645, -1.0], rtol=1e-6)
    assert [range_ for range_ in default_prior().ranges if np.isfinite(range_).all()] == [(-2.0, -0.3)]


@pytest.mark.parametrize("mean_convergence", ["unknown", "measured"])
def test_density_is_prior_latents_and_noise(mean_convergence):
    task, values, density = small(mean_convergence)
    logpdf, residual = scipy.stats.norm.logpdf, np.asarray(values["x"] - values["kappa"], np.float64)
    if mean_convergence == "unknown":
        # All modes of the noise but its mean: an orthogonal transform, the first row of which is constant.
        residual = scipy.fft.dctn(residual, axes=(1, 2), norm="ortho").reshape(len(residual), -1)[:, 1:]
    prior = float(jax.jit(task.prior.log_prob)(values["theta"]))
    expected = prior + logpdf(values["z"]).sum() + logpdf(residual, 0, 0.004).sum()
    assert density(values["x"], values["theta"], values["z"])[0] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("mean_convergence", "matters"), [("unknown", False), ("measured", True)])
def test_an_offset_changes_the_density_only_where_means_are_measured(mean_convergence, matters):
    _, values, density = small(mean_convergence)
    offset = np.array([0.002, -0.001], np.float32)[:, None, None]
    plain, moved = (density(x, values["theta"], values["z"]) for x in (values["x"], np.asarray(values["x"]) + offset))
    assert bool(np.abs(np.asarray(values["x"]).mean((1, 2))).max() > 1e-8) is matters
    same = [np.allclose(a, b, rtol=1e-4, atol=1e-3) for a, b in zip(*map(jax.tree.leaves, (plain, moved)), strict=True)]
    assert not any(same) if matters else all(same)


def test_unknown_treatment_of_the_mean_is_refused():
    with pytest.raises(ValueError, match="mean_convergence is 'known'; allowed: unknown, measured"):
        small_lensing(mean_convergence="known")


def test_five_bins_measure_the_spectra_of_the_theory():
    grid, theory = Grid(16, 10.0), power_law_theory(5)
    ell = np.geomspace(30.0, 420.0, len(ELL))
    task = tasks.make("lensing", grid=grid, theory=theory, ell=ell, noise_sigma=np.full(5, 1e-9))
    theta = jnp.asarray(np.tile(task.fiducial, (300, 1)))
    simulations = simulate(jax.random.key(0), task, 300, theta=theta)
    assert simulations.x.shape == (300, 5, 16, 16)
    assert not simulations.num_invalid.any()
    estimator = PowerSpectrumEstimator(grid, 4)
    measured = np.asarray(jax.jit(jax.vmap(estimator))(simulations.x))
    spectrum = spectrum_on_grid(grid, theory, ell)
    expected = jax.jit(lambda theta: estimator.average(spectrum(theta)))(theta[0]) * grid.pixel_area
    error = measured.std(0) / np.sqrt(300)
    assert (np.abs(measured.mean(0) - expected) < 5 * error).all()


def test_spectra_beyond_the_lognormal_law_are_counted():
    invalid = simulate(jax.random.key(0), small_lensing(amplitude=1e-4), 4)
    assert (invalid.num_invalid > 0).all()


def test_transport_acts_on_the_convergence_before_the_noise():
    settings = {"grid": Grid(8, 10.0), "theory": power_law_theory(), "ell": ELL, "noise_sigma": np.full(2, 0.004)}
    plain = small()[1]
    moved = run_once(tasks.make("lensing", **settings, transport=lambda kappa: 2 * kappa))
    np.testing.assert_allclose(moved["kappa"], 2 * np.asarray(plain["kappa"]), rtol=1e-5)
    noise = [remove_mean(values["x"] - values["kappa"]) for values in (moved, plain)]
    np.testing.assert_allclose(*noise, atol=1e-7)


def test_posterior_of_a_nearly_linear_field_is_white_noise_in_the_task_coordinates():
    """At amplitudes a thousandth of lambda the second order is a thousandth of the gradient."""
    task = small_lensing(amplitude=1e-13, noise_sigma=1e-5)
    with jax.enable_x64(True):
        theta = jnp.asarray(np.asarray(task.fiducial, np.float64))
        x = simulate(jax.random.key(1), task, 1, theta=theta[None]).x[0]
        u = jax.jit(task.prior.to_unconstrained)(theta)
        density = unconstrained_log_density(task, x)
        w = jax.random.normal(jax.random.key(2), (2, 8, 8), jnp.float64)
        residual = np.asarray(jax.jit(jax.grad(density, argnums=1))(u, w)) + np.asarray(w)
        law = jax.jit(field_law(Grid(8, 10.0), power_law_theory(amplitude=1e-13), ELL))(theta)
        signal_to_noise = np.sqrt(law.variance) * law.shift / 1e-5
    assert (signal_to_noise > 0.5).all()
    assert np.abs(residual).max() < 0.02


def test_latents_are_modes_or_pixels_of_the_same_law():
    settings = {"grid": Grid(8, 10.0), "theory": power_law_theory(), "ell": ELL, "noise_sigma": np.full(2, 0.004)}
    measure = jax.jit(jax.vmap(PowerSpectrumEstimator(settings["grid"], 3)))
    moments = []
    num_maps = 500
    for index, latents in enumerate(("modes", "pixels")):
        task = tasks.make("lensing", **settings, latents=latents)
        theta = jnp.asarray(np.tile(task.fiducial, (num_maps, 1)))
        x = np.asarray(simulate(jax.random.key(index), task, num_maps, theta=theta).x)
        powers = np.asarray(measure(x)).reshape(num_maps, -1)
        values = np.concatenate([powers, (x**3).mean((2, 3))], axis=1)
        moments.append((values.mean(0), values.var(0) / num_maps))
    (first, first_variance), (second, second_variance) = moments
    assert (np.abs(first - second) < 5 * np.sqrt(first_variance + second_variance)).all()
    with pytest.raises(ValueError, match="latents is 'maps'; allowed: modes, pixels"):
        tasks.make("lensing", **settings, latents="maps")


def test_scores_at_fixed_whitened_latents_have_the_same_mean_and_less_noise():
    task = small_lensing()
    theta = jnp.tile(jnp.asarray(task.fiducial), (400, 1))
    made = simulate(jax.random.key(4), task, 400, theta=theta, latents=True)
    joint, white = (
        np.asarray(jax.jit(jax.vmap(scores.SCORES[kind](task)))(made.theta, made.latents, made.x), np.float64)
        for kind in ("joint", "whitened")
    )
    for score in (joint, white, joint - white):
        assert np.abs(pulls(score, 0.0)).max() < MAX_PULL
    assert (white.std(0) < 0.8 * joint.std(0)).all()
    w = task.whiten(made.x[0])(made.theta[0], made.latents[0])
    np.testing.assert_allclose(task.coordinates(made.x[0])(made.theta[0], w)[0], made.latents[0], atol=1e-4)
