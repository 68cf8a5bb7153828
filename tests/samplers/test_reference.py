"""The reference posterior of a task, from simulation to the gate, against a closed form."""

import functools

import arviz
import jax
import numpy as np
import pytest
from laws import assert_moments

from fullfield import io, tasks
from fullfield.metrics.chains import ConvergenceError, gate, summarise
from fullfield.studies.reference import ReferenceSettings, sample_reference, save_reference
from fullfield.tasks.linear_gaussian import posterior

TASK = tasks.make("linear_gaussian")
SETTINGS = ReferenceSettings(num_chains=4, num_warmup=300, num_draws=1000, max_tree_depth=5)


@functools.cache
def observed():
    return np.asarray(tasks.simulate(jax.random.key(5), TASK, 1).x[0])


@functools.cache
def reference():
    return sample_reference(jax.random.key(0), TASK, observed(), SETTINGS)


def accept(draws):
    """Hold draws to the exact posterior."""
    assert_moments(draws, *posterior(observed().astype(float)))


def test_posterior_is_the_exact_one():
    accept(reference().draws)


def test_draws_of_the_prior_are_not_accepted():
    prior = TASK.prior.sample(jax.random.key(1), (SETTINGS.num_chains, SETTINGS.num_draws))
    with pytest.raises(AssertionError, match="Monte-Carlo errors"):
        accept(prior)


def test_chains_pass_the_gate_and_the_start_of_them_does_not():
    gate(summarise(reference().draws, TASK.parameter_names), max_rhat=1.01, min_ess=400)
    with pytest.raises(ConvergenceError, match=r"ess_bulk of theta_\d is \d+, below 400"):
        gate(summarise(reference().draws[:, :50], TASK.parameter_names), max_rhat=1.01, min_ess=400)


def test_a_chain_of_another_posterior_does_not_pass_the_gate():
    draws = np.array(reference().draws)
    draws[0] += 1.0
    with pytest.raises(ConvergenceError, match="the chains disagree"):
        gate(summarise(draws, TASK.parameter_names), max_rhat=1.01, min_ess=400)


def test_file_holds_draws_statistics_and_the_whole_cost(tmp_path):
    chains = reference()
    save_reference(tmp_path / "reference.nc", chains, TASK, {"seed": 0})
    data = arviz.from_netcdf(tmp_path / "reference.nc")
    np.testing.assert_array_equal(data.posterior["theta"], chains.draws)
    assert list(data.posterior["parameter"].values) == list(TASK.parameter_names)
    assert {"num_steps", "diverging", "acceptance_rate", "energy", "step_size"} == set(data.sample_stats)
    cost = io.load_samples(tmp_path / "reference.nc").attrs["cost"]
    after_warmup = int(data.sample_stats["num_steps"].sum())
    assert cost["simulations"] == 0
    assert cost["gradients"] == chains.num_gradients == after_warmup + cost["warmup_gradients"]
    assert cost["warmup_gradients"] >= SETTINGS.num_chains * SETTINGS.num_warmup


def test_data_without_a_density_stop_the_run():
    with pytest.raises(
        ValueError, match=r"the log density at the starting points is \[(-inf|nan).*; finite numbers are needed"
    ):
        sample_reference(jax.random.key(0), TASK, np.full(8, np.nan, np.float32), SETTINGS)
