"""The reference posterior of a task, from simulation to the gate, against a closed form."""

import functools

import arviz
import jax
import numpy as np
import pytest
from laws import assert_moments, chain_pulls

from fullfield import io, tasks
from fullfield.metrics.chains import ConvergenceError, gate, summarise
from fullfield.pipeline.gaussian_posterior import Whitening, no_whitening
from fullfield.pipeline.parameter_chains import finite_starts, save_chains
from fullfield.pipeline.reference import SAMPLERS, Target, sample_reference
from fullfield.samplers import ChainSettings
from fullfield.tasks.linear_gaussian import posterior

TASK = tasks.make("linear_gaussian")
SETTINGS = ChainSettings(num_chains=4, num_warmup=300, num_draws=1000)


@functools.cache
def observed():
    return np.asarray(tasks.simulate(jax.random.key(5), TASK, 1).x[0])


WHITENING = Whitening(
    np.array([[0.3, -0.2, 0.1]], np.float32),
    np.array([[[0.8, 0.0, 0.0], [-0.3, 0.7, 0.0], [0.1, 0.2, 1.1]]], np.float32),
)


@functools.cache
def reference(sampler="split_hmc"):
    target = Target(TASK, observed()[None], WHITENING)
    return sample_reference(jax.random.key(0), target, SETTINGS, sampler=sampler)


def accept(draws):
    """Hold draws to the exact posterior."""
    assert_moments(draws, *posterior(observed().astype(float)))


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_posterior_is_the_exact_one(sampler):
    accept(reference(sampler).draws)


def test_draws_of_the_prior_are_not_accepted():
    prior = TASK.prior.sample(jax.random.key(1), (SETTINGS.num_chains, SETTINGS.num_draws))
    with pytest.raises(AssertionError, match="Monte-Carlo errors"):
        accept(prior)


def test_many_observations_run_together_each_with_its_own_posterior():
    x = np.asarray(tasks.simulate(jax.random.key(6), TASK, 20).x)
    settings = ChainSettings(num_chains=2, num_warmup=100, num_draws=400)
    chains = sample_reference(jax.random.key(7), Target(TASK, x, no_whitening(TASK, 20)), settings)
    draws = np.asarray(chains.draws).reshape(20, 2, 400, -1)
    pulls = np.array([chain_pulls(one, posterior(data.astype(float))[0]) for one, data in zip(draws, x, strict=True)])
    assert np.abs(pulls).max() < 5.0
    # The posterior of the next observation is another one.
    swapped = [chain_pulls(one, posterior(data.astype(float))[0]) for one, data in zip(draws, x[::-1], strict=True)]
    assert np.abs(swapped).max() > 20.0


def test_chains_pass_the_gate_and_the_start_of_them_does_not():
    gate(summarise(reference().draws, TASK.parameter_names), max_rhat=1.01, min_ess=400)
    with pytest.raises(ConvergenceError, match=r"ess_bulk of theta_\d is \d+, below 400"):
        gate(summarise(reference().draws[:, :50], TASK.parameter_names), max_rhat=1.01, min_ess=400)


def test_a_chain_of_another_posterior_does_not_pass_the_gate():
    draws = np.array(reference().draws)
    draws[0] += 1.0
    with pytest.raises(ConvergenceError, match="the chains disagree"):
        gate(summarise(draws, TASK.parameter_names), max_rhat=1.01, min_ess=400)


def test_divergent_chains_do_not_pass_the_gate():
    table = summarise(reference().draws, TASK.parameter_names).assign(divergent_fraction=0.03)
    gate(table, max_rhat=1.01, min_ess=400, max_divergent=0.05)
    with pytest.raises(ConvergenceError, match=r"3\.0% of the steps diverge, above 1\.0%"):
        gate(table, max_rhat=1.01, min_ess=400, max_divergent=0.01)


def test_file_holds_draws_statistics_and_the_whole_cost(tmp_path):
    chains = reference()
    attrs = {"seed": 0, "cost": {"simulations": 0, "gradients": chains.num_gradients}}
    save_chains(tmp_path / "reference.nc", chains, chains.draws, TASK, attrs)
    data = arviz.from_netcdf(tmp_path / "reference.nc")
    np.testing.assert_array_equal(data.posterior["theta"], chains.draws)
    assert list(data.posterior["parameter"].values) == list(TASK.parameter_names)
    assert {"num_steps", "diverging", "acceptance_rate", "energy", "step_size"} == set(data.sample_stats)
    stored = io.load_samples(tmp_path / "reference.nc").attrs
    after_warmup = int(data.sample_stats["num_steps"].sum())
    assert stored["cost"]["gradients"] == chains.num_gradients == after_warmup + sum(stored["warmup_gradients"])
    assert min(stored["warmup_gradients"]) >= SETTINGS.num_warmup + 1


def test_data_without_a_density_stop_the_run():
    x = np.full((1, 8), np.nan, np.float32)
    with pytest.raises(
        ValueError, match=r"the log density is not finite at 4 of 4 starting points \(such as (nan|-inf)\)"
    ):
        sample_reference(jax.random.key(0), Target(TASK, x, no_whitening(TASK)), SETTINGS)


def test_starts_without_a_density_are_drawn_again():
    def draw(key):
        return {"u": jax.random.normal(key, (50, 2))}

    def log_density(starts):
        return np.where(starts["u"][:, 0] > -0.5, 0.0, -np.inf)

    starts = finite_starts(jax.random.key(0), draw, log_density)
    assert (starts["u"][:, 0] > -0.5).all()
    first = draw(jax.random.key(0))["u"]
    kept = np.asarray(first[:, 0] > -0.5)
    np.testing.assert_array_equal(starts["u"][kept], first[kept])


def test_unknown_sampler():
    target = Target(TASK, observed()[None], no_whitening(TASK))
    with pytest.raises(ValueError, match="sampler is 'hmc'; allowed: split_hmc, split_hmc_half, mams, nuts"):
        sample_reference(jax.random.key(0), target, SETTINGS, sampler="hmc")
