"""Approximate Bayesian computation: the simulations of the prior whose summaries lie nearest to the observed one."""

from typing import NamedTuple

import numpy as np

from fullfield.types import ArrayLike, Float, Int


class Accepted(NamedTuple):
    """Simulations that were accepted."""

    rows: Int[np.ndarray, " accepted"]
    """The nearest first."""
    distance: Float[np.ndarray, " accepted"]


def accept_nearest(
    white: Float[ArrayLike, "simulation s"], observed: Float[ArrayLike, " s"], num_accepted: int
) -> Accepted:
    r"""Accept the nearest simulations, :math:`d^2 = |w - w_o|^2`.

    For white scores w that is the distance of score estimates in Fisher's metric (Makinen et al. 2021,
    arXiv:2107.07405, eq. 12). The parameters of what is accepted are draws of the posterior blurred over all w within
    the largest d.

    Parameters
    ----------
    white
        Summaries of simulations of the prior.
    observed
        That of the observation.
    num_accepted
        How many are accepted.

    Raises
    ------
    ValueError
        Where there are not as many simulations.
    """
    white, observed = np.asarray(white), np.asarray(observed)
    if num_accepted > len(white):
        raise ValueError(f"{num_accepted} of {len(white)} simulations cannot be accepted")
    distance = np.linalg.norm(white - observed, axis=1)
    nearest = np.argpartition(distance, num_accepted - 1)[:num_accepted]
    nearest = nearest[np.argsort(distance[nearest])]
    return Accepted(nearest, distance[nearest])
