"""A small task of the registry as simulations on file and observations: the implicit route needs no more."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from fullfield import tasks
from fullfield.keys import stage_key
from fullfield.pipeline.source import require_valid
from fullfield.tasks import simulate
from fullfield.tasks.prior import ProductPrior, Uniform
from fullfield.tasks.task import simulate_one

INFERENCE_SHARE = 0.4
"""Of simulations on file, that an estimator is trained on (`stored_simulations.split_stored`)."""


def simulate_file(task_name: str, seed: int, num_inference: int) -> tuple[xr.Dataset, int]:
    """Return simulations of a task as a user's file holds them, with joint scores, and how many were invalid.

    Parameters
    ----------
    task_name
        Name in the registry.
    seed
        Integer seed.
    num_inference
        Simulations that an estimator is to be trained on.
    """
    task = tasks.make(task_name)
    made = simulate(
        stage_key(seed, "simulate_task", task_name), task, round(num_inference / INFERENCE_SHARE), score=True
    )
    valid = np.asarray(made.num_invalid) == 0
    num_invalid = require_valid(valid)
    dims = ("simulation", *(f"axis_{axis}" for axis in range(made.x.ndim - 1)))
    variables = {"theta": (("simulation", "parameter"), np.asarray(made.theta)[valid]), "x": (dims, made.x[valid])}
    if task.regular:
        # Where the support of x depends on theta the posterior's score has no mean of zero.
        variables["score"] = (("simulation", "parameter"), np.asarray(made.score)[valid])
    return xr.Dataset(variables | declared(task.prior), {"parameter": list(task.parameter_names)}), num_invalid


def declared(prior: ProductPrior) -> dict[str, tuple]:
    """Return the variables that declare a prior of one kind in a file of simulations."""
    if all(isinstance(marginal, Uniform) for marginal in prior.marginals):
        kind, names = "uniform", ("low", "high")
    else:
        kind, names = "normal", ("loc", "scale", "low", "high")
    return {"prior": ((), kind)} | {name: ("parameter", getattr(prior, name)) for name in names}


def observe(task_name: str, seed: int, name: str) -> xr.Dataset:
    """Simulate an observation at the fiducial point or, if its name says prior, at a draw of the prior."""
    task = tasks.make(task_name)
    theta = None if name.startswith("prior") else jnp.asarray(task.fiducial)
    values = jax.jit(lambda key: simulate_one(key, task, theta))(stage_key(seed, "observe", task_name, name))
    x, truth = np.asarray(values["x"]), np.asarray(values["theta"], np.float64)
    dims = tuple(f"axis_{axis}" for axis in range(x.ndim))
    return xr.Dataset({"x": (dims, x), "theta": ("parameter", truth)}, {"parameter": list(task.parameter_names)})
