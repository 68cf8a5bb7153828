"""How much the maps say about the parameters: explicit posteriors over the prior."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.metrics import c2st
from fullfield.metrics.chains import smallest_ess
from fullfield.metrics.entropy import posterior_entropy
from fullfield.pipeline.map_features import lensing_feature_sets
from fullfield.pipeline.mock_posteriors import MockPosteriors
from fullfield.pipeline.setup import Lensing

NUM_KEPT = 200
"""Draws that the density of an estimator is averaged over."""
MIN_ESS = 100
"""Effective draws that an entropy is estimated from; chains with fewer are left out and counted."""
MAX_ROWS = 500


def mock_datasets(
    setup: Lensing, mocks: MockPosteriors, names: list[str], seed: int
) -> tuple[dict[str, xr.Dataset], int]:
    """Return features, draws and entropy of mock observations whose chains are long enough, and how many are not.

    Parameters
    ----------
    setup
        The lensing task.
    mocks
        Explicit posteriors.
    names
        Feature sets.
    seed
        Of the entropies.

    Returns
    -------
    tuple
        By name of the set, ``features`` (view, mock, entry), ``u`` (mock, parameter), ``draws`` of u (mock, draw,
        parameter) and ``entropy`` (mock) of p(u | x) in nats; and the number of mocks left out.
    """
    draws = np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.draws)), np.float64)
    good = np.array([np.isfinite(one).all() and smallest_ess(one) >= MIN_ESS for one in draws])
    draws, x = draws[good], jnp.asarray(mocks.x[good])
    entropy = np.array([posterior_entropy(c2st.thin(one, MAX_ROWS), seed=seed) for one in draws])
    flat = draws.reshape(len(draws), -1, draws.shape[-1])
    kept = flat[:, c2st.evenly(flat.shape[1], NUM_KEPT)]
    extract = lensing_feature_sets(setup, names)
    features = jax.jit(lambda x: jax.lax.map(extract, x))(x)
    common = xr.Dataset(
        {
            "u": (
                ("mock", "parameter"),
                np.asarray(setup.task.prior.to_unconstrained(jnp.asarray(mocks.theta[good]))),
            ),
            "draws": (("mock", "draw", "parameter"), kept.astype(np.float32)),
            "entropy": ("mock", entropy),
        },
        coords={"parameter": list(setup.task.parameter_names)},
    )
    datasets = {
        name: common.assign(features=(("view", "mock", "entry"), np.asarray(values)[None]))
        for name, values in features.items()
    }
    return datasets, int(np.sum(~good))
