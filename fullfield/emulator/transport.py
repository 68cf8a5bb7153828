"""A learned map from one simulator to another: an ordinary differential equation that carries its simulations over."""

import dataclasses
from collections.abc import Callable

import diffrax
import jax.numpy as jnp

from fullfield.types import Array, Float, Params

Velocity = Callable[[Params, Array, Array, Array], Array]
"""(weights, t (batch,), x (batch, ...), theta (batch, p)) -> dx / dt of the batch."""


@dataclasses.dataclass(frozen=True)
class Transport:
    r"""The map x(0) -> x(1) of dx/dt = v(t, x, theta); the parameters stay where they are.

    Deterministic and differentiable in x and theta.

    Attributes
    ----------
    velocity
        v.
    params
        Its weights.
    num_steps
        Equal steps of the third-order rule of Bogacki and Shampine, three evaluations each.
    """

    velocity: Velocity
    params: Params
    num_steps: int = 4

    def __call__(self, x: Float[Array, "batch ..."], theta: Float[Array, "batch p"]) -> Float[Array, "batch ..."]:
        """Carry simulations over."""
        return self._solve(x, theta, diffrax.SaveAt(t1=True))[0]

    def path(
        self, x: Float[Array, "batch ..."], theta: Float[Array, "batch p"], num_times: int
    ) -> Float[Array, "time batch ..."]:
        """Return where simulations are at equally spaced times from 0 to 1."""
        return self._solve(x, theta, diffrax.SaveAt(ts=jnp.linspace(0.0, 1.0, num_times)))

    def _solve(self, x: Array, theta: Array, saveat: diffrax.SaveAt) -> Array:
        def slope(t, x, theta):
            return self.velocity(self.params, jnp.full(len(x), t), x, theta)

        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(slope),
            diffrax.Bosh3(),
            t0=0.0,
            t1=1.0,
            dt0=1.0 / self.num_steps,
            y0=x,
            args=theta,
            saveat=saveat,
            adjoint=diffrax.RecursiveCheckpointAdjoint(checkpoints=self.num_steps),
            max_steps=self.num_steps + 1,
        )
        return solution.ys

    def step_error(self, x: Float[Array, "batch ..."], theta: Float[Array, "batch p"]) -> Float[Array, ""]:
        """Return the root mean square change of the result by twice the steps, over that of what the map adds to x."""
        finer = dataclasses.replace(self, num_steps=2 * self.num_steps)(x, theta)
        change = jnp.mean((finer - self(x, theta)) ** 2)
        return jnp.sqrt(change / jnp.mean((finer - x) ** 2))
