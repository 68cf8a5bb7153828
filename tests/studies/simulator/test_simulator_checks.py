"""The checks of the simulator pass where maps follow the theory, and fail where they do not."""

import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import NOISE, NUM_BINS, small_lensing

from fullfield.studies.simulator.checks import POINTS, check_simulator, summarise, to_dataset
from fullfield.tasks.lensing import lensing

NUM_SIMULATIONS = 300
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture(scope="module")
def checks(setup):
    return check_simulator(setup, NUM_SIMULATIONS, 0)


def test_maps_follow_the_theory_at_every_point(checks):
    summary = summarise(checks[0]).set_index(["quantity", "point"])
    assert set(summary.index.get_level_values("point")) == set(POINTS)
    assert (summary["largest_pull"].drop("minimum", level="quantity") < 5.0).all()
    assert (summary.loc["minimum", "largest_pull"] <= 1.0).all()
    num_pairs = NUM_BINS * (NUM_BINS + 1) // 2
    assert (summary.loc["spectrum", "num_comparisons"] % num_pairs == 0).all()
    assert (summary.loc["score", "num_comparisons"] == 6).all()


def largest_pull(dataset):
    """Return the largest deviation, in Monte-Carlo errors, of a cell that some hundred pixels or more fall into."""
    expected = dataset["expected"].values
    many = expected * np.diff(dataset["edges"].values, axis=-1) * NUM_SIMULATIONS * 16**2 > 300
    return np.abs((dataset["density"].values - expected) / dataset["error"].values)[many].max()


def test_histograms_are_densities_of_the_shifted_lognormal_law(checks):
    dataset = to_dataset(checks[1])
    width = np.diff(dataset["edges"].values, axis=-1)
    for name in ("density", "expected"):
        total = (dataset[name].values * width).sum(-1)
        assert ((total > 0.99) & (total <= 1.0 + 1e-5)).all()
    assert largest_pull(dataset) < 5.0
    below = dataset["edges"].values[..., 1:] < dataset["bound"].values[..., None]
    assert below.any()
    assert (dataset["density"].values[below] == 0.0).all()


def test_another_theory_is_found_out(setup):
    """Maps of one theory, compared with spectra and a shift a fifth higher."""

    class Louder(type(setup.theory)):
        def __call__(self, theta):
            log_cl, shift = super().__call__(theta)
            return log_cl + 0.2, 1.2 * shift

    wrong = setup._replace(theory=Louder())
    table, histograms = check_simulator(wrong, NUM_SIMULATIONS, 0)
    pulls = summarise(table).set_index(["quantity", "point"])["largest_pull"]
    assert pulls["spectrum", "fiducial"] > 5.0
    assert pulls["variance", "fiducial"] > 5.0
    assert pulls["skewness", "fiducial"] > 5.0
    assert largest_pull(to_dataset(histograms)) > 5.0


def test_simulations_that_are_not_finite_are_refused(setup):
    task = lensing(
        grid=setup.grid,
        theory=setup.theory,
        ell=setup.theory.ell,
        noise_sigma=NOISE,
        transport=lambda kappa: kappa / jnp.zeros(()),
    )
    with pytest.raises(ValueError, match="simulations at fiducial are not finite"):
        check_simulator(setup._replace(task=task), 3, 0)
