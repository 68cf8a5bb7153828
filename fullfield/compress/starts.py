"""Where training starts from the best linear summary, and whether it has gained anything since."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.compilation import jit_once
from fullfield.compress.losses import Batch, Loss
from fullfield.compress.networks import SummaryNetwork
from fullfield.compress.standardise import Batched
from fullfield.types import Array, Params


def solved(
    network: SummaryNetwork,
    loss: Loss,
    look: Callable[[Batched], tuple[Array, Array | None]],
    params: Params,
    batches: Sequence[Batch],
    *,
    is_trained: bool = False,
) -> Params:
    """Return weights that put out the best linear summary of what the last layer sees, seed by seed.

    Of a network that has been trained elsewhere it is the best linear summary of what it puts out.

    Parameters
    ----------
    network, loss
        What is trained, by a loss that has a linear solution.
    look
        Data -> inputs of the network.
    params
        Weights of the network, with a leading seed axis.
    batches
        Simulations of each seed.
    is_trained
        Whether the network is.

    Raises
    ------
    ValueError
        Where there are too few simulations for the covariance.
    """
    see, combine = (network.apply, network.recombined) if is_trained else (network.linear_inputs, network.with_linear)

    def solve(own, batch):
        return loss.solve(lambda x: see(own, *look(x)), batch)

    solve = jit_once(solve)
    matrices = jnp.stack([solve(_of_seed(params, s), batch) for s, batch in enumerate(batches)])
    if not np.isfinite(matrices).all():
        raise ValueError(
            f"the covariance of {matrices.shape[1]} features from {len(batches[0].valid)} simulations at the fiducial"
            " point cannot be inverted; more simulations or fewer features are needed"
        )
    return jax.vmap(combine)(params, matrices)


def better(selection: Callable[..., Array], start: Params, trained: Params, data: Any, num_seeds: int) -> Params:
    """Return, seed by seed, the weights with the lower selection loss."""
    least = jit_once(selection)
    values = [[least(_of_seed(params, s), data) for s in range(num_seeds)] for params in (start, trained)]
    before, after = map(jnp.asarray, values)
    improved = (after <= before) | ~jnp.isfinite(before)

    def choose(first, second):
        return jnp.where(improved.reshape(-1, *[1] * (first.ndim - 1)), second, first)

    return jax.tree.map(choose, start, trained)


def untrained(selection: Callable[..., Array], params: Params, data: Any, num_seeds: int) -> pd.DataFrame:
    """Return learning curves of one point."""
    least = jit_once(selection)
    rows = [{"seed": s, "step": 0, "validation": float(least(_of_seed(params, s), data))} for s in range(num_seeds)]
    return pd.DataFrame(rows).assign(training=np.nan)


def _of_seed(x: Any, seed: int) -> Any:
    return jax.tree.map(lambda leaf: leaf[seed], x)
