"""Losses that train a summary t(x): constructors of a `Loss` in parameters u ~ N(0, I) under the prior."""

from collections.abc import Callable
from typing import NamedTuple

import jax

from fullfield.flows.conditional import ConditionalFlow
from fullfield.types import Array, Params, RandomKey


class Loss(NamedTuple):
    """A loss and the part of it that is trained along and thrown away."""

    num_summaries: int
    """Length of t."""
    init: Callable[[RandomKey], Params]
    """key -> weights of the loss's own network."""
    value: Callable[[Params, Array, Array], Array]
    """(weights, t (batch, num_summaries), u (batch, p)) -> (batch,) loss in nats or squared units."""


def vmim(num_parameters: int, num_layers: int = 4, num_hidden: int = 64) -> Loss:
    """Variational mutual information maximisation, L = -E log q(u | t(x)), with a conditional flow q trained jointly.

    -L + H(u) is a lower bound of the mutual information I(u; t), tight where q is the posterior given t; its optimum is
    a sufficient summary (Jeffrey, Alsing & Lanusse 2021, arXiv 2009.08459).

    Parameters
    ----------
    num_parameters
        p, the length of u and of t.
    num_layers, num_hidden
        Size of the flow.

    Returns
    -------
    Loss
        With values in nats.
    """
    flow = ConditionalFlow(num_parameters, num_parameters, num_layers, num_hidden)

    def value(params, summary, u):
        return -jax.vmap(flow.log_prob, (None, 0, 0))(params, u, summary)

    return Loss(num_parameters, flow.init, value)


LOSSES: dict[str, Callable[[int], Loss]] = {"vmim": vmim}
"""Constructors by the name that the configuration uses; each takes the number of parameters."""
