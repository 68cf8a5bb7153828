"""Normalising flows: TensorFlow Probability bijectors whose parameters Haiku networks predict."""

from fullfield.flows.conditional import ConditionalFlow
from fullfield.flows.mixture import ConditionalMixture

__all__ = ["ConditionalFlow", "ConditionalMixture"]
