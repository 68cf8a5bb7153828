"""Normalising flows: TensorFlow Probability bijectors whose parameters Haiku networks predict."""

from fullfield.flows.conditional import ConditionalFlow

__all__ = ["ConditionalFlow"]
