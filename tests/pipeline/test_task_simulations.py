"""Small tasks as files of simulations, with their reference posteriors."""

import dataclasses

import jax
import numpy as np
import pytest
import scipy.stats

from fullfield import io, tasks
from fullfield.pipeline import task_posterior, task_simulations
from fullfield.pipeline.problem import files_problem
from fullfield.pipeline.task_posterior import posterior_sampler
from fullfield.settings import registry
from fullfield.tasks.linear_gaussian import posterior


@pytest.mark.parametrize("name", ["linear_gaussian", "two_moons"])
def test_a_task_becomes_a_file_of_simulations(name, tmp_path):
    made, num_invalid = task_simulations.simulate_file(name, 0, 400)
    io.save_dataset(tmp_path / "simulations.nc", made, {})
    source = files_problem(tmp_path / "simulations.nc", 0, "training")
    task = tasks.make(name)
    assert num_invalid == 0
    assert source.num_stored == 1000
    assert source.parameter_names == task.parameter_names
    # The declared prior is the task's: u is a standard normal.
    assert scipy.stats.kstest(np.asarray(source.data[0]).ravel(), "norm").pvalue > 1e-4
    assert (source.score is None) == (not task.regular)


def test_observations_are_at_the_fiducial_point_or_at_draws_of_the_prior():
    at_fiducial, *others = (
        task_simulations.observe("two_moons", 0, name) for name in ("simulated", "prior_0", "prior_1")
    )
    np.testing.assert_allclose(at_fiducial["theta"], tasks.make("two_moons").fiducial)
    assert not np.allclose(others[0]["theta"], others[1]["theta"])


def test_the_registry_of_plans_is_that_of_the_tasks():
    fields = {"lensing", "gaussian_random_field", "lognormal_random_field", "projected_density"}
    assert set(registry.SMALL_TASKS) == set(tasks.REGISTRY) - fields


def test_importance_sampling_finds_the_exact_posterior():
    """Without its formula the linear-Gaussian task has one mode, whose draws are the exact ones."""
    task = tasks.make("linear_gaussian")
    x = tasks.simulate(jax.random.key(1), task, 1).x[0]
    made = posterior_sampler(dataclasses.replace(task, posterior=None), 1000)(jax.random.key(0), x)
    mean, covariance = posterior(np.asarray(x, float))
    assert made.num_modes == 1
    assert made.efficiency > 0.3
    white = np.linalg.solve(np.linalg.cholesky(covariance), (made.theta - mean).T)
    assert scipy.stats.kstest(white.ravel(), "norm").pvalue > 1e-3
    exact = posterior_sampler(task, 1000)(jax.random.key(0), x)
    assert (exact.num_evaluations, exact.efficiency) == (0, 1.0)
    again = np.linalg.solve(np.linalg.cholesky(covariance), (exact.theta - mean).T)
    assert scipy.stats.kstest(again.ravel(), "norm").pvalue > 1e-3


def test_too_few_effective_draws_are_an_error(monkeypatch):
    monkeypatch.setattr(task_posterior, "MIN_EFFICIENCY", 0.99)
    task = dataclasses.replace(tasks.make("linear_gaussian"), posterior=None)
    x = tasks.simulate(jax.random.key(1), task, 1).x[0]
    with pytest.raises(ValueError, match=r"200 are needed, and an efficiency of 0\.99: the posterior of task linear"):
        posterior_sampler(task, 200)(jax.random.key(0), x)


def test_the_toy_of_scales_has_its_posterior():
    task = tasks.make("noise_scale")
    x = np.array([0.4, -1.2, 0.8, 0.1])
    draws = np.asarray(task.posterior(jax.random.key(0), x, 2000))[:, 0]
    grid = np.linspace(-6, 6, 4001)
    variance = np.exp(grid) + 0.25
    density = np.exp(-(grid**2) / 2 - 2 * np.log(variance) - np.sum(x**2) / (2 * variance))
    cumulative = np.cumsum(density) / density.sum()
    assert scipy.stats.kstest(draws, lambda t: np.interp(t, grid, cumulative)).pvalue > 1e-3
