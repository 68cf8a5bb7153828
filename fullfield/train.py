"""The one training loop: optax chain, validation, early stopping, checkpoints, several seeds at once."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd

from fullfield.compilation import jit_long
from fullfield.prefetch import Prefetched
from fullfield.resume import Course, Resume, run
from fullfield.types import Array, Params, RandomKeys

MANY_STEPS = 500
"""For which a program that runs fast is worth its compilation, even where others are compiled fast."""


class TrainingError(RuntimeError):
    """Training met a loss that is not finite; the message names the step."""


@dataclasses.dataclass(frozen=True)
class FitSettings:
    """Settings of one fit.

    Attributes
    ----------
    num_steps
        Largest number of optimiser steps; the learning rate falls to zero as a cosine over them.
    steps_per_round
        Steps between two validations; each round is one log line and one chance to checkpoint.
    learning_rate
        Peak learning rate of Adam, reached after a linear warm-up over the first 2 % of the steps.
    patience
        Rounds without a lower validation loss before a seed counts as finished.
    weight_decay
        Decoupled weight decay (AdamW).
    clip
        Largest global norm of a gradient.
    average
        Decay of the exponential moving average of the weights, which is what validation sees and `fit` returns.
    """

    num_steps: int
    steps_per_round: int = 100
    learning_rate: float = 1e-3
    patience: int = 20
    weight_decay: float = 0.0
    clip: float = 5.0
    average: float = 0.99

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any]) -> "FitSettings":
        """Return the settings that a budget of the configuration names, defaults for the others."""
        names = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in budget.items() if name in names})

    def optimiser(self) -> optax.GradientTransformation:
        """Return the optax chain: clipping, AdamW under a warm-up cosine schedule, non-finite gradients skipped."""
        warmup = max(1, self.num_steps // 50)
        rate = optax.warmup_cosine_decay_schedule(0.0, self.learning_rate, warmup, max(self.num_steps, warmup + 1))
        chain = optax.chain(optax.clip_by_global_norm(self.clip), optax.adamw(rate, weight_decay=self.weight_decay))
        return optax.apply_if_finite(chain, max_consecutive_errors=5)


class Losses(NamedTuple):
    """What is minimised, and what decides when to stop, of one seed."""

    training: Callable[[Params, Any, Any], Array]
    """(params, key, data) -> stochastic scalar; it draws its own batch."""
    validation: Callable[[Params, Any], Array]
    """(params, data) -> scalar, deterministic."""


class Inputs(NamedTuple):
    """What losses see."""

    data: Any
    """Pytree of arrays handed to both losses."""
    axes: Any = None
    """Where `data` has a seed axis, in the form of `jax.vmap`'s ``in_axes``; None shares all of it."""
    feed: Callable[[int], Any] | None = None
    """round -> arrays with an axis of `steps_per_round`, which the host prepares while the round before runs; the
    training loss then sees ``(data, those of the step)``, the validation loss `data` alone."""


class FitState(NamedTuple):
    """What the next round needs, for every seed (leading axis)."""

    step: Array
    params: Params
    average: Params
    optimiser: Any
    best_params: Params
    best_loss: Array
    stale_rounds: Array
    history: Array
    """(seed, round, 2): training and validation loss, NaN where a round has not been run."""


class FitResult(NamedTuple):
    """Weights with the lowest validation loss of each seed, and the learning curves."""

    params: Params
    history: pd.DataFrame
    """Tidy: seed, step, training, validation (losses in nats)."""
    best_loss: np.ndarray
    """(num_seeds,) lowest validation loss."""


def fit(
    keys: RandomKeys,
    params: Params,
    losses: Losses,
    inputs: Inputs,
    settings: FitSettings,
    *,
    resume: Resume | None = None,
) -> FitResult:
    """Minimise E[loss] over one set of weights per seed, all seeds in one compiled program.

    Parameters
    ----------
    keys
        (num_seeds,) typed keys; step s of a seed sees ``fold_in(key, s)``, so an interrupted fit resumes bit for bit.
    params
        Pytree of weights with a leading axis of length num_seeds.
    losses, inputs
        What is minimised, and on what.
    settings
        Budget, schedule and stopping rule.
    resume
        Where to keep the state while fitting.

    Returns
    -------
    FitResult
        Averaged weights of the best round of each seed, learning curves, lowest validation losses.

    Raises
    ------
    TrainingError
        Where a validation loss or five training steps in a row are not finite; the checkpoint stays the last good one.
    """
    num_rounds = -(-settings.num_steps // settings.steps_per_round)
    state = jax.jit(_initial_state, static_argnums=(2, 3))(keys, params, settings, num_rounds)
    compile_round = jit_long if settings.num_steps >= MANY_STEPS else jax.jit
    one_round = compile_round(_make_round(losses, settings, inputs.axes))
    course = Course(
        "step",
        settings.num_steps,
        position=lambda state: int(state.step[0]),
        describe=lambda state: _describe(state, settings),
        is_stopped=lambda state: not bool(jnp.any(state.stale_rounds < settings.patience)),
    )
    with Prefetched(inputs.feed or (lambda _: None), num_rounds) as prepared:

        def advance(state: FitState) -> FitState:
            fed = prepared.take(course.position(state) // settings.steps_per_round)
            return _check_finite(one_round(state, keys, inputs.data, fed), settings)

        state = run(state, advance, course, resume)
    return FitResult(state.best_params, _history_table(state, settings), np.asarray(state.best_loss))


def _initial_state(keys: RandomKeys, params: Params, settings: FitSettings, num_rounds: int) -> FitState:
    num_seeds = keys.shape[0]
    return FitState(
        step=jnp.zeros(num_seeds, jnp.int32),
        params=params,
        average=params,
        optimiser=jax.vmap(settings.optimiser().init)(params),
        best_params=params,
        best_loss=jnp.full(num_seeds, jnp.inf, jnp.float32),
        stale_rounds=jnp.zeros(num_seeds, jnp.int32),
        history=jnp.full((num_seeds, num_rounds, 2), jnp.nan),
    )


def _make_round(losses: Losses, settings: FitSettings, axes: Any):
    """Return one round of one seed, vectorised over seeds: steps_per_round updates and a validation."""
    optimiser = settings.optimiser()

    def one_step(carry, fed, key, data):
        step, params, average, optimiser_state = carry
        seen = data if fed is None else (data, fed)
        value, gradient = jax.value_and_grad(losses.training)(params, jax.random.fold_in(key, step), seen)
        updates, optimiser_state = optimiser.update(gradient, optimiser_state, params)
        params = optax.apply_updates(params, updates)
        # The decay grows from 0 with the step count, which removes the bias towards the initial weights.
        decay = jnp.minimum(settings.average, (1.0 + step) / (10.0 + step))
        average = optax.incremental_update(params, average, 1.0 - decay)
        return (step + 1, params, average, optimiser_state), value

    def one_round(state: FitState, key, data, fed) -> FitState:
        carry = (state.step, state.params, state.average, state.optimiser)
        carry, values = jax.lax.scan(
            lambda carry, fed: one_step(carry, fed, key, data), carry, fed, length=settings.steps_per_round
        )
        step, params, average, optimiser_state = carry
        validation = losses.validation(average, data)
        active = state.stale_rounds < settings.patience
        better = active & (validation < state.best_loss)
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), average, state.best_params)
        row = step // settings.steps_per_round - 1
        return FitState(
            step,
            params,
            average,
            optimiser_state,
            best,
            jnp.where(better, validation, state.best_loss),
            jnp.where(better, 0, state.stale_rounds + 1),
            state.history.at[row].set(jnp.stack([values.mean(), validation])),
        )

    return jax.vmap(one_round, in_axes=(0, 0, axes, None))


def _check_finite(state: FitState, settings: FitSettings) -> FitState:
    step = int(state.step[0])
    losses = np.asarray(state.history[:, step // settings.steps_per_round - 1])
    failures = np.asarray(state.optimiser.notfinite_count)
    active = np.asarray(state.stale_rounds) < settings.patience
    if (active & (~np.isfinite(losses[:, 1]) | (failures >= 5))).any():
        raise TrainingError(
            f"training diverged at or before step {step}: validation losses {losses[:, 1].tolist()}, non-finite "
            f"gradients in a row {failures.tolist()}; lower the learning rate or look for non-finite simulations"
        )
    return state


def _describe(state: FitState, settings: FitSettings) -> str:
    row = int(state.step[0]) // settings.steps_per_round - 1
    training, validation = np.asarray(state.history[:, row]).mean(0)
    best = float(state.best_loss.mean())
    return f"training {training:.4f}  validation {validation:.4f}  best {best:.4f}"


def _history_table(state: FitState, settings: FitSettings) -> pd.DataFrame:
    history = np.asarray(state.history)
    seeds, rounds = np.nonzero(np.isfinite(history[:, :, 1]))
    training, validation = history[seeds, rounds].T
    step = (rounds + 1) * settings.steps_per_round
    return pd.DataFrame({"seed": seeds, "step": step, "training": training, "validation": validation})
