"""A constant added to a bin of the data changes nothing where the mean of a map is unknown."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import small_lensing

from fullfield.fields import PowerSpectrumEstimator
from fullfield.pipeline.map_features import FEATURE_SETS, NUM_FEATURE_GRADIENTS, lensing_feature_sets
from fullfield.tasks.task import simulate_one, unconstrained_log_density

OFFSET = np.array([0.002, -0.001], np.float32)[:, None, None]
"""Some eight standard deviations of the noise of a mean."""


def results(setup):
    """Return x -> everything that inference reads of it."""
    task = setup.task
    u = jax.jit(task.prior.to_unconstrained)(jnp.asarray(task.fiducial)) + 0.1
    w = jax.random.normal(jax.random.key(1), task.latent_shape)
    features = lensing_feature_sets(setup, list(FEATURE_SETS))

    def all_of(x):
        value, gradients = jax.value_and_grad(unconstrained_log_density(task, x), (0, 1))(u, w)
        approximate = task.approximation(x)(task.prior.to_constrained(u))
        powers = PowerSpectrumEstimator(setup.grid, 6)(x) / setup.grid.pixel_area
        return {"joint": (value, gradients), "gaussian": approximate, "powers": powers, **features(x)}

    return jax.jit(all_of)


@pytest.mark.slow
@pytest.mark.parametrize("mean_convergence", ["unknown", "measured"])
def test_an_offset_changes_no_result_where_means_are_unknown(mean_convergence):
    setup = small_lensing(mean_convergence)
    x = jax.jit(lambda key: simulate_one(key, setup.task, sites=("x",))["x"])(jax.random.key(0))
    before, after = map(results(setup), (x, np.asarray(x) + OFFSET))
    same = {
        name: all(
            np.allclose(a, b, rtol=1e-3, atol=1e-3 * np.abs(b).max())
            for a, b in zip(jax.tree.leaves(before[name]), jax.tree.leaves(after[name]), strict=True)
        )
        for name in before
    }
    changed = {name for name, is_same in same.items() if not is_same}
    assert changed == (set() if mean_convergence == "unknown" else {"joint", *NUM_FEATURE_GRADIENTS})
