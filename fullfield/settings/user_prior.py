"""The prior that a user's simulations were drawn from, where their file declares it: held against the draws."""

from collections.abc import Mapping
from typing import Any

import numpy as np

UNIFORM, NORMAL = PRIORS = ("uniform", "normal")
OF_EACH = "log_prior"
"""How names of arrays begin that have a row for each simulation."""
PRIOR_ARRAYS = ("prior", "loc", "scale", "low", "high", OF_EACH, "log_prior_gradient")
FALSE_ALARM = 1e-4
"""Probability that a true declaration is refused, over all parameters."""


def check_prior(arrays: Mapping[str, np.ndarray], name: str) -> None:
    """Check what a file of simulations says of its prior.

    Parameters
    ----------
    arrays
        ``theta`` (n, p); optionally ``prior``, ``uniform`` between the finite bounds ``low`` and ``high`` (p,) or
        ``normal`` of ``loc`` and ``scale`` (p,), truncated to the bounds where there are any, of independent
        parameters; bounds alone; ``log_prior`` (n,) and ``log_prior_gradient`` (n, p), for any prior.
    name
        File name, for the messages.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed; where the draws do not follow the declared prior
        (Kolmogorov-Smirnov, parameter by parameter), at a false alarm of `FALSE_ALARM`.
    """
    theta = arrays["theta"]
    _check_shapes(arrays, name)
    _check_bounds(theta, arrays, name)
    kind = declared_prior(arrays)
    if kind is None:
        return
    needed = {UNIFORM: ("low", "high"), NORMAL: ("loc", "scale")}.get(kind)
    if needed is None:
        raise ValueError(f"{name}: prior is {kind!r}; allowed: {', '.join(PRIORS)}")
    if missing := [label for label in needed if label not in arrays or not np.isfinite(arrays[label]).all()]:
        raise ValueError(f"{name}: prior is {kind!r}, which needs finite {' and '.join(needed)}; missing: {missing[0]}")
    if kind == NORMAL and (np.asarray(arrays["scale"]) <= 0).any():
        raise ValueError(f"{name}: scale is {np.asarray(arrays['scale']).tolist()}; allowed: positive numbers")
    from scipy.stats import kstest  # half a second that a run without a declared prior should not pay

    points = np.unique(theta, axis=0)  # several simulations at one point are one draw of it
    for index, law in enumerate(_marginals(kind, arrays)):
        p_value = kstest(points[:, index], law.cdf).pvalue
        if p_value < FALSE_ALARM / theta.shape[1]:
            raise ValueError(
                f"{name}: column {index} of theta does not follow the declared prior {kind!r} (p = {p_value:.1e})"
            )


def declared_prior(arrays: Mapping[str, np.ndarray]) -> str | None:
    """Return the name of the declared prior, if there is one."""
    if "prior" not in arrays:
        return None
    entries = np.ravel(arrays["prior"]).tolist()
    return ", ".join(entry.decode() if isinstance(entry, bytes) else str(entry) for entry in entries)


def _marginals(kind: str, arrays: Mapping[str, np.ndarray]) -> list[Any]:
    from scipy.stats import truncnorm, uniform

    size = arrays["theta"].shape[1]
    low, high = (np.asarray(arrays.get(label, np.full(size, fill))) for label, fill in _UNBOUNDED.items())
    if kind == UNIFORM:
        return [uniform(a, b - a) for a, b in zip(low, high, strict=True)]
    loc, scale = np.asarray(arrays["loc"]), np.asarray(arrays["scale"])
    bounds = zip((low - loc) / scale, (high - loc) / scale, loc, scale, strict=True)
    return [truncnorm(*one) for one in bounds]


_UNBOUNDED = {"low": -np.inf, "high": np.inf}


def _check_shapes(arrays: Mapping[str, np.ndarray], name: str) -> None:
    theta = arrays["theta"]
    per_parameter = dict.fromkeys(("loc", "scale", "low", "high"), theta.shape[1:])
    shapes = {**per_parameter, "log_prior": theta.shape[:1], "log_prior_gradient": theta.shape}
    for label, shape in shapes.items():
        if label in arrays and arrays[label].shape != shape:
            what = "one per parameter" if label in per_parameter else "one per row of theta"
            raise ValueError(f"{name}: {label} has shape {arrays[label].shape}; allowed: {shape}, {what}")
        if label in arrays and not np.issubdtype(arrays[label].dtype, np.number):
            raise ValueError(f"{name}: {label} is of type {arrays[label].dtype}; numbers are needed")
    for label in ("log_prior", "log_prior_gradient"):
        if label in arrays and not np.isfinite(arrays[label]).all():
            raise ValueError(f"{name}: {label} holds NaN or infinite values; none is allowed")


def _check_bounds(theta: np.ndarray, arrays: Mapping[str, np.ndarray], name: str) -> None:
    for label, is_outside in (("low", np.less_equal), ("high", np.greater_equal)):
        bound = arrays.get(label)
        if bound is None:
            continue
        # As networks see them, in single precision; on a bound a parameter has no coordinate.
        single = np.asarray(theta, np.float32), np.asarray(bound, np.float32)
        num_outside = int(is_outside(*single).any(axis=1).sum())
        if num_outside or np.isnan(bound).any():
            raise ValueError(
                f"{name}: {num_outside} rows of theta lie on or beyond {label} = {bound.tolist()}; none may"
            )
