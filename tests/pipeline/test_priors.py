"""Priors without their tasks are those of the tasks."""

import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.pipeline import priors, problem


def test_the_lensing_prior_is_that_of_the_task():
    names, prior = priors.load_prior()
    task = small_lensing().task
    assert names == task.parameter_names
    assert prior.marginals == task.prior.marginals


@pytest.mark.parametrize("bounds", [{}, {"low": np.zeros(2), "high": np.array([4.0, np.inf])}], ids=["free", "bounded"])
def test_the_prior_of_a_file_is_that_of_its_problem(tmp_path, bounds):
    theta = np.random.default_rng(0).uniform(1.0, 3.0, size=(1000, 2))
    path = tmp_path / "simulations.npz"
    np.savez(path, theta=theta, x=theta, parameter_names=["a", "b"], **bounds)
    names, prior = priors.load_prior(path)
    whole = problem.files_problem(path, 0, "training")
    assert names == whole.parameter_names == ("a", "b")
    assert prior.marginals == whole.prior.marginals
    np.testing.assert_allclose([one.loc for one in prior.marginals], theta.mean(0))
    assert prior.ranges == list(zip(*bounds.values(), strict=True) if bounds else [(-np.inf, np.inf)] * 2)


def test_a_file_that_is_no_set_of_simulations_is_refused(tmp_path):
    path = tmp_path / "simulations.npz"
    np.savez(path, theta=np.zeros((3, 2)), x=np.zeros((4, 2)))
    with pytest.raises(ValueError, match=str(path)):
        priors.load_prior(path)
