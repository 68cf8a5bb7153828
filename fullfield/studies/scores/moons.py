"""Two moons as a density in the plane: a target without data, whose samples and scores are exact."""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from fullfield.flows import ConditionalFlow
from fullfield.inference import training
from fullfield.inference.estimator import Trained, make_flow
from fullfield.inference.method import Simulations
from fullfield.inference.training import EstimatorSettings
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey, RandomKeys

NUM_CENTRES = 1024
"""On each half circle."""
WIDTH = 0.01
SHRINK, SHIFT = 5.0, 0.45


def centres() -> Float[np.ndarray, "centre 2"]:
    """Return the means of the mixture: two half circles that reach into each other, x / 5 + 0.45."""
    angle = np.linspace(0.0, np.pi, NUM_CENTRES)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    inner = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=-1)
    return np.concatenate([outer, inner]) / SHRINK + SHIFT


def sample(key: RandomKey, num_draws: int) -> Float[Array, "draw 2"]:
    """Return independent draws."""
    which_key, normal_key = jax.random.split(key)
    which = jax.random.randint(which_key, (num_draws,), 0, 2 * NUM_CENTRES)
    return jnp.asarray(centres(), jnp.float32)[which] + WIDTH * jax.random.normal(normal_key, (num_draws, 2))


def log_prob(y: Float[ArrayLike, " 2"]) -> Float[Array, ""]:
    r"""Return the log density of the equal mixture of 2 x 1024 normal laws of width 0.01.

    .. math:: \log \frac{1}{2048} \sum_k N(y; m_k, 0.01^2 I)

    The target of Zeghal et al. 2022 (arXiv:2207.05636).
    """
    squared = jnp.sum((y - jnp.asarray(centres(), jnp.float32)) ** 2, axis=-1) / WIDTH**2
    return jax.nn.logsumexp(-squared / 2) - np.log(2 * NUM_CENTRES * 2 * np.pi * WIDTH**2)


class MoonsFit(NamedTuple):
    """Densities q_k(y), one for each seed."""

    trained: Trained
    history: pd.DataFrame

    @property
    def flow(self) -> ConditionalFlow:
        """The flow that every seed shares."""
        return make_flow(2, 0, self.trained.settings)

    def select(self, seeds: slice) -> "MoonsFit":
        """Return the densities of some of the seeds."""
        return self._replace(trained=self.trained.select(seeds))

    def log_prob(self, y: Float[ArrayLike, "row 2"]) -> Float[Array, "seed row"]:
        """Return log q of every seed."""
        return _log_prob(self.flow, self.trained.params, jnp.asarray(y))

    def score(self, y: Float[ArrayLike, "row 2"]) -> Float[Array, "seed row 2"]:
        """Return grad log q of every seed."""
        return _score(self.flow, self.trained.params, jnp.asarray(y))

    def sample(self, key: RandomKey, num_draws: int) -> Float[Array, "seed draw 2"]:
        """Return draws of every seed."""
        keys = jax.random.split(key, (self.trained.num_seeds, num_draws))
        return _sample(self.flow, self.trained.params, keys)


def fit(
    keys: RandomKeys,
    y: Float[ArrayLike, "row 2"],
    score: Float[ArrayLike, "row 2"] | None,
    subsets: np.ndarray,
    settings: EstimatorSettings,
    num_padded: int = 0,
) -> MoonsFit:
    """Fit a flow without condition to the rows of each seed, and to the scores there where they are given."""
    flow = make_flow(2, 0, settings)
    nothing = jnp.zeros(0)

    def log_density(weights: Params, y: Array, _nothing: Array) -> Array:
        return flow.log_prob(weights, y, nothing)

    def loss(weights: Params, rows: training.Rows) -> Array:
        return -jax.vmap(lambda y: log_density(weights, y, nothing))(rows.u).mean()

    simulations = Simulations(y, np.zeros((len(y), 0), np.float32), score, subsets, num_padded)
    model = training.Model(flow.init, loss, log_density, "u")
    params, history = training.fit(keys, simulations, settings, model)
    return MoonsFit(Trained(params, settings), history)


def _standard(params: Params, y: Array) -> Array:
    return (y - params["standardisation"]["u_mean"]) / params["standardisation"]["u_scale"]


@functools.partial(jax.jit, static_argnames="flow")
def _log_prob(flow: ConditionalFlow, params: Params, y: Array) -> Array:
    def one(params):
        scale = jnp.log(params["standardisation"]["u_scale"]).sum()
        rows = _standard(params, y)
        return jax.vmap(lambda row: flow.log_prob(params["weights"], row, jnp.zeros(0)))(rows) - scale

    return jax.vmap(one)(params)


@functools.partial(jax.jit, static_argnames="flow")
def _score(flow: ConditionalFlow, params: Params, y: Array) -> Array:
    # Rows are independent: the gradient of the sum holds that of each.
    return jax.vmap(lambda one: jax.grad(lambda rows: _log_prob(flow, one, rows).sum())(y))(
        jax.tree.map(lambda leaf: leaf[:, None], params)
    )


@functools.partial(jax.jit, static_argnames="flow")
def _sample(flow: ConditionalFlow, params: Params, keys: Array) -> Array:
    def one(params, keys):
        moments = params["standardisation"]
        rows = jax.vmap(lambda key: flow.sample(key, params["weights"], jnp.zeros(0)))(keys)
        return moments["u_mean"] + moments["u_scale"] * rows

    return jax.vmap(one)(params, keys)
