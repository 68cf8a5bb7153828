"""Predators and prey: a deterministic differential equation observed with noise at ten times."""

import diffrax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.tasks.prior import ProductPrior, TruncatedNormal
from fullfield.tasks.task import Task
from fullfield.types import Array, Bool, Float

TIMES = np.linspace(0.0, 18.9, 10)
NOISE = 0.1
"""Standard deviation of the log of an observed population."""
INITIAL = {"fixed": (10.0, 1.0), "sbibm": (30.0, 1.0)}
"""Populations of prey and predators at the start; of ``free`` they are latent."""
FREE_LOC, FREE_SCALE = np.log(3.0), 0.5
NUM_STEPS = 756
"""Of equal length: over the prior no logarithm is off by more than 0.003."""
LARGEST = 15.0
"""Of a log population in the equation; a trial step may overshoot, and infinity would be the end of it."""


def lotka_volterra(*, initial: str = "free", num_steps: int = NUM_STEPS) -> Task:
    r"""Build the task of Zeghal et al. 2022 (arXiv:2207.05636), in the logarithms of its positive numbers.

    .. math:: \dot a = (\alpha - \beta b) a, \quad \dot b = (\delta a - \gamma) b

    theta = log(alpha, beta, gamma, delta), each normal with standard deviation 0.5 about (-0.125, -3, -0.125, -3); x is
    the log of (a, b) at ten times from 0 to 18.9, plus noise of standard deviation 0.1.

    Parameters
    ----------
    initial
        ``free``: log(a, b) at the start is log 3 + z / 2 with z ~ N(0, I); ``fixed``: (10, 1); ``sbibm``: (30, 1), the
        task of that benchmark (Lueckmann et al. 2021, arXiv:2101.04653).
    num_steps
        Steps of equal length.

    Returns
    -------
    Task
        x has 20 entries, prey and predators at each time; a simulation with a population that is not finite is invalid.

    Raises
    ------
    ValueError
        Where `initial` is none of these.
    """
    if initial != "free" and initial not in INITIAL:
        raise ValueError(f"initial is {initial!r}; allowed: free, {', '.join(INITIAL)}")
    names = tuple(f"log_{name}" for name in ("alpha", "beta", "gamma", "delta"))
    prior = ProductPrior(tuple(TruncatedNormal(loc, 0.5) for loc in (-0.125, -3.0, -0.125, -3.0)))
    is_free = initial == "free"

    def model(x=None):
        theta = numpyro.sample("theta", prior)
        if is_free:
            start = FREE_LOC + FREE_SCALE * numpyro.sample("z", dist.Normal().expand((2,)).to_event())
        else:
            start = jnp.log(jnp.asarray(INITIAL[initial], theta.dtype))
        state, is_finite = populations(theta, start, num_steps)
        numpyro.deterministic("num_invalid", (~is_finite).astype(jnp.int32))
        numpyro.sample("x", dist.Normal(state.ravel(), NOISE).to_event(1), obs=x)

    return Task("lotka_volterra", names, prior, prior.loc, (2,) if is_free else None, model)


def populations(
    theta: Float[Array, " 4"], start: Float[Array, " 2"], num_steps: int = NUM_STEPS
) -> tuple[Float[Array, "10 2"], Bool[Array, ""]]:
    """Return the logarithms of both populations at the ten times, and whether all are finite."""
    alpha, beta, gamma, delta = jnp.exp(theta)

    def slope(_time, log_population, _args):
        prey, predators = jnp.exp(jnp.minimum(log_population, LARGEST))
        return jnp.stack([alpha - beta * predators, delta * prey - gamma])

    state = diffrax.diffeqsolve(
        diffrax.ODETerm(slope),
        diffrax.Tsit5(),
        t0=0.0,
        t1=TIMES[-1],
        dt0=TIMES[-1] / num_steps,
        y0=start.astype(theta.dtype),
        saveat=diffrax.SaveAt(ts=jnp.asarray(TIMES, theta.dtype)),
        # Derivatives in both modes, and under `jax.shard_map`.
        adjoint=diffrax.DirectAdjoint(),
        max_steps=num_steps + 1,
        throw=False,
    ).ys
    return state, jnp.isfinite(state).all()
