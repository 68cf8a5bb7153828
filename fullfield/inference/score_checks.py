r"""Are given scores those of the simulations? Identities that right ones obey, whatever the simulator is.

s = g - u is the score of the posterior of u, standard normal under the prior, so that by Stein's identity

.. math:: E[s_j f_k(x)] = 0, \qquad E[s_j (u_k - f_k(x))] = -\delta_{jk}

for every f. With f a regression of u they see what E[g] = 0 does not: a flipped sign, rows in another order, a factor.
"""

from typing import NamedTuple

import numpy as np

from fullfield.types import ArrayLike, Float

NUM_FEATURES = 200
"""Of longer x random projections are taken."""
MAX_PULL = 6.0
"""Of a moment, in Monte-Carlo errors: scores have long tails."""
MIN_SIZE = 0.2
"""A moment that is off by less is not worth an error, however significant; a flipped sign is off by up to two."""


class Moment(NamedTuple):
    """One moment that should vanish."""

    name: str
    value: float
    error: float

    @property
    def is_wrong(self) -> bool:
        """Whether it is far from zero, and is so significantly."""
        return abs(self.value) > max(MAX_PULL * self.error, MIN_SIZE)


def require_right(
    u: Float[ArrayLike, "row parameter"],
    x: Float[ArrayLike, "row ..."],
    score: Float[ArrayLike, "row parameter"],
    name: str,
) -> list[Moment]:
    """Return the moments of `moments`, if none is wrong.

    Raises
    ------
    ValueError
        With the worst moment.
    """
    found = moments(u, x, score)
    wrong = [moment for moment in found if moment.is_wrong]
    if wrong:
        worst = max(wrong, key=lambda moment: abs(moment.value) / moment.error)
        raise ValueError(
            f"{name} cannot be gradients of log p(x, z | theta) at the theta and x of the same rows: {worst.name} is"
            f" {worst.value:.2f} +- {worst.error:.2f} and should be 0; are signs, units and the order of rows right?"
        )
    return found


def moments(
    u: Float[ArrayLike, "row parameter"], x: Float[ArrayLike, "row ..."], score: Float[ArrayLike, "row parameter"]
) -> list[Moment]:
    """Return the moments that vanish for right scores, f being fitted to the other half of the simulations.

    Parameters
    ----------
    u
        Parameters in coordinates that are a standard normal under the prior.
    x
        Data or summaries.
    score
        Estimates of grad_u log p(x | u).

    Returns
    -------
    list of Moment
        Two for each parameter: of its score with its regression, and with what that leaves.
    """
    u, score = np.asarray(u, np.float64), np.asarray(score, np.float64)
    features = _features(np.asarray(x, np.float64).reshape(len(u), -1))
    half = np.arange(len(u)) % 2 == 0
    regression = np.empty_like(u)
    for fitted, used in ((half, ~half), (~half, half)):
        regression[used] = _predicted(features[fitted], u[fitted], features[used])
    posterior = score - u
    found = []
    for j in range(u.shape[1]):
        known, left = posterior[:, j] * regression[:, j], posterior[:, j] * (u - regression)[:, j] + 1.0
        found += [_moment(f"E[s_{j} f_{j}]", known), _moment(f"E[s_{j} (u_{j} - f_{j})] + 1", left)]
    return found


def _moment(name: str, values: np.ndarray) -> Moment:
    return Moment(name, float(values.mean()), float(values.std() / np.sqrt(len(values))))


def _features(x: np.ndarray) -> np.ndarray:
    """Return standardised columns, a constant among them."""
    if x.shape[1] > NUM_FEATURES:
        x = x @ np.random.default_rng(0).normal(size=(x.shape[1], NUM_FEATURES))
    scale = x.std(axis=0)
    standard = (x - x.mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    return np.concatenate([np.ones((len(x), 1)), standard], axis=1)


def _predicted(features: np.ndarray, u: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the ridge regression of u, fitted to one half, at another."""
    gram = features.T @ features + 1e-2 * len(features) * np.eye(features.shape[1])
    return others @ np.linalg.solve(gram, features.T @ u)
