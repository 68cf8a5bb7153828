"""Training of the velocity that carries simulations of one simulator to those of another."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield import train
from fullfield.emulator.draws import Pairs, PairSettings
from fullfield.emulator.networks import VelocityNetwork
from fullfield.emulator.pairing import Bank
from fullfield.emulator.torus import act
from fullfield.emulator.transport import Transport, Velocity
from fullfield.resume import Resume
from fullfield.types import Array, Float, Params, RandomKey


@dataclasses.dataclass(frozen=True)
class FlowSettings:
    """Budget of one transport.

    Attributes
    ----------
    fit
        Of the training.
    pairs
        How pairs are drawn.
    num_ode_steps
        Steps of the map that comes out.
    """

    fit: train.FitSettings
    pairs: PairSettings = PairSettings()
    num_ode_steps: int = 4


def flow_matching_loss(
    velocity: Velocity, params: Params, t: Float[Array, " batch"], x: tuple[Array, Array], theta: Array
) -> Float[Array, ""]:
    r"""Return the flow-matching loss of pairs.

    .. math:: \langle |v(t, x_t, \theta) - (x_1 - x_0)|^2 \rangle, \quad x_t = (1 - t) x_0 + t x_1

    The mean is over the batch and the entries of x; theta is that of x_0, which stays where it is (Tong et al. 2023,
    arXiv:2302.00482; Kerrigan et al. 2024, arXiv:2404.04240).
    """
    start, end = x
    share = t.reshape(-1, *(1,) * (start.ndim - 1))
    return jnp.mean((velocity(params, t, (1.0 - share) * start + share * end, theta) - (end - start)) ** 2)


def fit_transport(
    key: RandomKey,
    network: VelocityNetwork,
    banks: tuple[Bank, Bank],
    settings: FlowSettings,
    *,
    resume: Resume | None = None,
) -> tuple[Transport, pd.DataFrame]:
    """Learn the map from the simulator of the first bank to that of the second.

    Parameters
    ----------
    key
        A typed key.
    network
        Of the velocity.
    banks
        Cheap and expensive simulations, unpaired; parameters and data of order one.
    settings
        Budget.
    resume
        As in `train.fit`.

    Returns
    -------
    tuple
        The map and the learning curves: step, training, validation, which is the loss of held-out simulations, paired
        in the same way.

    Raises
    ------
    ValueError
        For an unknown pairing, or a bank too small for a batch beside what is held out.
    """
    init_key, fit_key, host_key = jax.random.split(key, 3)
    seed = tuple(np.asarray(jax.random.key_data(host_key)).tolist())
    pairs = Pairs(banks, settings.pairs, seed)
    held = jax.tree.map(jnp.asarray, pairs.held())
    times = (jnp.arange(held.rows.shape[1]) + 0.5) / held.rows.shape[1]

    def value(params, t, data, batch):
        source, target, theta = data
        rows = batch.rows
        x = source[rows[0]], target[rows[1]]
        if settings.pairs.symmetries:
            x = act(x[0], batch.moves[0]), act(x[1], batch.moves[1])
        return flow_matching_loss(network.apply, params, t, x, theta[rows[0]])

    def loss(params, key, seen):
        return value(params, jax.random.uniform(key, (settings.pairs.batch_size,)), *seen)

    data = tuple(jnp.asarray(one, jnp.float32) for one in (banks[0].x, banks[1].x, banks[0].theta))
    params = network.init(init_key, jnp.zeros(1), data[0][:1], data[2][:1])
    result = train.fit(
        fit_key[None],
        jax.tree.map(lambda leaf: leaf[None], params),
        train.Losses(loss, lambda params, data: value(params, times, data, held)),
        train.Inputs(data, feed=lambda index: pairs.batches(index, settings.fit.steps_per_round)),
        settings.fit,
        resume=resume,
    )
    best = jax.tree.map(lambda leaf: leaf[0], result.params)
    return Transport(network.apply, best, settings.num_ode_steps), result.history.drop(columns="seed")
