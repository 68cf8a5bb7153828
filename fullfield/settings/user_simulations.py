"""Simulations of any simulator, read from a file: checked before the first job."""

import hashlib
from collections.abc import Mapping

import numpy as np

from fullfield.settings.user_images import DECLARED, check_images
from fullfield.settings.user_prior import PRIOR_ARRAYS, check_prior

MIN_SIMULATIONS = 1000
OPTIONAL = ("score", "parameter_names", *PRIOR_ARRAYS, *DECLARED)
NAMES = ("parameter_names", "prior", "symmetries")
"""Arrays of words."""


def check_simulations(
    arrays: Mapping[str, np.ndarray], name: str, at_least: int = MIN_SIMULATIONS
) -> dict[str, np.ndarray]:
    """Return a user's simulations, float32 and with names for the parameters, if they can train an implicit method.

    Parameters
    ----------
    arrays
        ``theta`` (n, p), ``x`` (n, ...); optionally ``score`` (n, p) = grad_theta log p(x, z | theta),
        ``parameter_names`` (p,), the prior (`user_prior.check_prior`), and what says that x are images
        (`user_images.check_images`).
    name
        File name, for the messages.
    at_least
        Number of simulations.

    Returns
    -------
    dict
        The same arrays; ``parameter_names`` are theta_1, theta_2, ... where they are missing. Of images x is
        (n, bins, N, N), ``symmetries`` are there and ``noise_sigma``, where given, is (bins,).

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    if not {"theta", "x"} <= set(arrays) <= {"theta", "x", *OPTIONAL}:
        raise ValueError(
            f"{name}: it holds {sorted(arrays)}; needed: theta and x; allowed besides: {', '.join(OPTIONAL)}"
        )
    theta, x, score = arrays["theta"], arrays["x"], arrays.get("score")
    _check_shapes(theta, x, score, name)
    if len(theta) < at_least:
        raise ValueError(f"{name}: it holds {len(theta)} simulations; at least {at_least} are needed")
    for label, values in (("theta", theta), ("x", x), ("score", score)):
        if values is not None:
            _check_finite(values, f"{name}: {label}")
    _check_distinct(theta, x, name)
    check_prior(arrays, name)
    checked = dict(arrays)
    if set(DECLARED) & set(arrays):
        images = check_images(arrays, name)
        checked |= {"x": images.x, "symmetries": np.array(images.symmetries, dtype=str)}
        checked |= {} if images.noise_sigma is None else {"noise_sigma": images.noise_sigma}
    checked["parameter_names"] = _parameter_names(arrays.get("parameter_names"), theta.shape[1], name)
    return {label: values if label in NAMES else values.astype(np.float32) for label, values in checked.items()}


def check_observed(x: np.ndarray, simulated_shape: tuple[int, ...], name: str) -> np.ndarray:
    """Return an observation as float32 if it has the shape of one simulated x, leading ones apart, and finite values.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    allowed = [simulated_shape, (1, *simulated_shape)]
    allowed += [simulated_shape[1:]] if len(simulated_shape) > 1 and simulated_shape[0] == 1 else []
    if x.shape not in allowed:
        raise ValueError(f"{name}: its shape is {x.shape}; one x of the simulations has shape {simulated_shape}")
    _check_finite(x.reshape(1, -1), name)
    return x.reshape(simulated_shape).astype(np.float32)


def _check_shapes(theta: np.ndarray, x: np.ndarray, score: np.ndarray | None, name: str) -> None:
    if theta.ndim != 2 or theta.shape[1] == 0:
        raise ValueError(f"{name}: theta has shape {theta.shape}; allowed: (n, p), one row per simulation")
    if x.ndim < 2 or len(x) != len(theta) or x.size == 0:
        raise ValueError(f"{name}: x has shape {x.shape}; allowed: (n, ...) with n = {len(theta)}, the rows of theta")
    if score is not None and score.shape != theta.shape:
        raise ValueError(f"{name}: score has shape {score.shape}; allowed: that of theta, {theta.shape}")


def _check_finite(values: np.ndarray, label: str) -> None:
    if not (np.issubdtype(values.dtype, np.floating) or np.issubdtype(values.dtype, np.integer)):
        raise ValueError(f"{label}: its values are of type {values.dtype}; real numbers are needed")
    num_bad = int(np.sum(~np.isfinite(values).reshape(len(values), -1).all(axis=1)))
    if num_bad:
        raise ValueError(f"{label}: {num_bad} of {len(values)} rows hold NaN or infinite values; none is allowed")


def _check_distinct(theta: np.ndarray, x: np.ndarray, name: str) -> None:
    constant = np.flatnonzero(np.ptp(theta, axis=0) == 0)
    if len(constant):
        raise ValueError(f"{name}: columns {constant.tolist()} of theta never vary; every parameter must")
    rows = {hashlib.sha256(one.tobytes() + two.tobytes()).digest() for one, two in zip(theta, x, strict=True)}
    if len(rows) < len(theta):
        raise ValueError(
            f"{name}: {len(theta) - len(rows)} of {len(theta)} simulations are repeated; each must be distinct"
        )


def _parameter_names(names: np.ndarray | None, num_parameters: int, name: str) -> np.ndarray:
    if names is None:
        return np.array([f"theta_{index + 1}" for index in range(num_parameters)])
    names = np.array([entry.decode() if isinstance(entry, bytes) else str(entry) for entry in np.ravel(names)])
    if len(set(names.tolist())) != num_parameters or len(names) != num_parameters:
        raise ValueError(f"{name}: parameter_names are {names.tolist()}; allowed: {num_parameters} different ones")
    return names
