"""Unpaired draws of two Gaussians between which the optimal map is known."""

import numpy as np

from fullfield.emulator import Bank

SOURCE = np.array([[2.0, 0.0], [0.0, 0.2]])
TARGET = np.array([[1.1, 0.9], [0.9, 1.1]])
SHIFT = np.array([0.5, -0.5])
"""Of the target's mean for each unit of theta."""


def banks(num=4000, seed=0):
    """Return unpaired draws of two Gaussians whose covariances do not commute; theta shifts the second."""
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-1.0, 1.0, (2, num, 1)).astype(np.float32)
    roots = [np.linalg.cholesky(one) for one in (SOURCE, TARGET)]
    source, target = (rng.normal(size=(num, 2)) @ root.T for root in roots)
    return Bank(theta[0], source.astype(np.float32)), Bank(theta[1], (target + theta[1] * SHIFT).astype(np.float32))
