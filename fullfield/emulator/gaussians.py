"""Two Gaussians in the plane between which the map of optimal transport is known: a control of what is learned."""

import numpy as np
import scipy.linalg

from fullfield.emulator.pairing import Bank
from fullfield.types import Float

SOURCE = np.array([[2.0, 0.0], [0.0, 0.2]])
TARGET = np.array([[1.1, 0.9], [0.9, 1.1]])
"""Covariances that do not commute."""
SHIFT = np.array([0.5, -0.5])
"""Of the target's mean for each unit of theta, which is uniform over [-1, 1]."""


def banks(seed: int, num: int) -> tuple[Bank, Bank]:
    """Return unpaired draws of both Gaussians, with theta of their own."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-1.0, 1.0, (2, num, 1)).astype(np.float32)
    source, target = (rng.normal(size=(num, 2)) @ np.linalg.cholesky(one).T for one in (SOURCE, TARGET))
    return Bank(theta[0], source.astype(np.float32)), Bank(theta[1], (target + theta[1] * SHIFT).astype(np.float32))


def exact_map(bank: Bank) -> Float[np.ndarray, "draw 2"]:
    r"""Return the optimal map, :math:`S_0^{-1/2} (S_0^{1/2} S_1 S_0^{1/2})^{1/2} S_0^{-1/2} x + \theta s`."""
    root = np.real(scipy.linalg.sqrtm(SOURCE))
    inverse = np.linalg.inv(root)
    return bank.x @ (inverse @ np.real(scipy.linalg.sqrtm(root @ TARGET @ root)) @ inverse) + bank.theta * SHIFT
