"""How much the maps say about the parameters: explicit posteriors over the prior."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield.maps_io import MAP_DIMS
from fullfield.pipeline.mock_posteriors import MockPosteriors
from fullfield.studies.losses.entropies import posterior_entropies
from fullfield.tasks import ProductPrior
from fullfield.types import RandomKey

MIN_MOCKS = 4


def part_dataset(mocks: MockPosteriors, names: Sequence[str]) -> xr.Dataset:
    """Return the explicit posteriors of one job as a labelled dataset.

    Returns
    -------
    Dataset
        Maps ``x``, ``theta`` (mock, parameter), ``draws`` of theta (mock, chain, draw, parameter), ``passed`` (mock).
    """
    return xr.Dataset(
        {
            "x": (("mock", *MAP_DIMS), mocks.x),
            "theta": (("mock", "parameter"), mocks.theta),
            "draws": (("mock", "chain", "draw", "parameter"), mocks.draws),
            "passed": ("mock", mocks.passed),
        },
        coords={"parameter": list(names)},
    )


def mock_dataset(parts: Sequence[xr.Dataset], prior: ProductPrior, key: RandomKey) -> tuple[xr.Dataset, int]:
    """Return draws and entropies of mock observations whose chains pass the gate, and how many do not.

    Parameters
    ----------
    parts
        Explicit posteriors, as `part_dataset` returns them.
    prior
        The prior.
    key
        Of the entropies.

    Returns
    -------
    tuple
        Maps ``x``, ``u`` (mock, parameter), ``draws`` of u (mock, draw, parameter), ``entropy_bound`` and ``entropy``
        (mock) of p(u | x) in nats; and the number of mocks left out.

    Raises
    ------
    ValueError
        Where chains of fewer than four mocks pass.
    """
    mocks = xr.concat(parts, dim="mock")
    good = mocks["passed"].values
    if good.sum() < MIN_MOCKS:
        raise ValueError(
            f"the chains of {good.sum()} of {len(good)} mock observations pass the gate; {MIN_MOCKS} are needed:"
            " raise scales.<scale>.losses.mocks.num_draws, or lower min_ess"
        )
    mocks = mocks.isel(mock=good)
    draws = np.asarray(prior.to_unconstrained(jnp.asarray(mocks["draws"].values)), np.float64)
    entropies = posterior_entropies(key, draws)
    flat = draws.reshape(len(draws), -1, draws.shape[-1])
    dataset = xr.Dataset(
        {
            "u": (("mock", "parameter"), np.asarray(prior.to_unconstrained(jnp.asarray(mocks["theta"].values)))),
            # All of them, those that the entropy was measured on: what the density of an estimator is averaged over.
            "draws": (("mock", "draw", "parameter"), flat.astype(np.float32)),
            "entropy_bound": ("mock", entropies.bound),
            "entropy": ("mock", entropies.estimate),
            "x": mocks["x"].variable,
        },
        coords={"parameter": mocks["parameter"].values},
    )
    return dataset, int(np.sum(~good))
