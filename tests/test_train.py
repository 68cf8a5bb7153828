"""The training loop: stopping, resuming, diverging, and independence of the seeds."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield import train
from fullfield.resume import Resume
from fullfield.train import FitSettings, TrainingError

SETTINGS = FitSettings(num_steps=120, steps_per_round=20, learning_rate=0.03, patience=100)
NUM_DATA = 64


def regression(num_seeds=2):
    """Noisy linear regression: keys, weights, losses and data in the order of `fit`."""
    x_key, noise_key, weight_key, fit_key = jax.random.split(jax.random.key(0), 4)
    x = jax.random.normal(x_key, (NUM_DATA, 3))
    data = {"x": x, "y": x @ jnp.array([1.0, -2.0, 0.5]) + 0.1 * jax.random.normal(noise_key, (NUM_DATA,))}
    # Keys and weights of a seed do not depend on how many seeds there are.
    fold = jax.vmap(jax.random.fold_in, (None, 0))
    keys, weight_keys = fold(fit_key, jnp.arange(num_seeds)), fold(weight_key, jnp.arange(num_seeds))
    weights = {"layer": {"w": jax.vmap(lambda key: jax.random.normal(key, (3,)))(weight_keys)}}

    def loss(params, key, data):
        rows = jax.random.randint(key, (8,), 0, NUM_DATA)
        return jnp.mean((data["x"][rows] @ params["layer"]["w"] - data["y"][rows]) ** 2)

    def validation_loss(params, data):
        return jnp.mean((data["x"] @ params["layer"]["w"] - data["y"]) ** 2)

    return keys, weights, loss, validation_loss, data


def tug_of_war(start):
    """Training pulls the weight to 10, validation is best at 1."""
    weights = {"w": jnp.asarray(start)}
    keys = jax.random.split(jax.random.key(0), len(start))
    return keys, weights, lambda p, key, data: (p["w"] - 10.0) ** 2, lambda p, data: (p["w"] - 1.0) ** 2, None


def fit(keys, weights, loss, validation_loss, data, settings, **options):
    losses, inputs = train.Losses(loss, validation_loss), train.Inputs(data)
    return train.fit(keys, weights, losses, inputs, settings, **options)


def weights_of(result):
    return np.asarray(jax.tree.leaves(result.params)[0])


def test_weights_approach_the_least_squares_solution():
    *problem, data = regression()
    result = fit(*problem, data, dataclasses.replace(SETTINGS, num_steps=1000))
    exact = np.linalg.lstsq(np.asarray(data["x"]), np.asarray(data["y"]), rcond=None)[0]
    # Noise 0.1 in 64 rows leaves an error of 0.0125 in each weight; batches of 8 at a falling rate add less than that.
    np.testing.assert_allclose(weights_of(result), np.tile(exact, (2, 1)), atol=0.0125)
    assert np.abs(np.asarray(problem[1]["layer"]["w"]) - exact).max() > 0.1


def test_history_is_tidy_and_holds_the_best_loss():
    *problem, data = regression()
    result = fit(*problem, data, SETTINGS)
    assert list(result.history) == ["seed", "step", "training", "validation"]
    assert result.history.groupby("seed")["step"].apply(list).tolist() == [list(range(20, 121, 20))] * 2
    np.testing.assert_array_equal(result.history.groupby("seed")["validation"].min(), result.best_loss)
    recomputed = jax.vmap(problem[3], (0, None))(result.params, data)
    np.testing.assert_allclose(recomputed, result.best_loss, rtol=1e-5)


def test_early_stopping_returns_the_best_round_and_waits_for_the_slowest_seed():
    settings = FitSettings(num_steps=4000, steps_per_round=10, learning_rate=0.02, patience=5)
    result = fit(*tug_of_war([0.0, -2.0]), settings)
    validation = [group["validation"].to_numpy() for _, group in result.history.groupby("seed")]
    best = [int(np.argmin(values)) for values in validation]
    assert best[0] < best[1]
    assert len(validation[0]) == len(validation[1]) == best[1] + settings.patience + 1
    assert len(validation[0]) * settings.steps_per_round < settings.num_steps
    np.testing.assert_allclose(result.best_loss, [values.min() for values in validation])
    np.testing.assert_allclose((weights_of(result) - 1.0) ** 2, result.best_loss, rtol=1e-4, atol=1e-9)
    assert (result.best_loss < 0.1**2).all()


def test_a_finished_seed_does_not_change_any_more():
    """The validation loss of weight w falls, rises for longer than the patience, and then falls lower."""
    keys, weights, loss, _, data = tug_of_war([0.0, -4.0])

    def validation_loss(params, data):
        return jnp.where(params["w"] < 4.0, (params["w"] - 1.0) ** 2, -1.0)

    settings = FitSettings(num_steps=4000, steps_per_round=10, learning_rate=0.02, patience=5)
    result = fit(keys, weights, loss, validation_loss, data, settings)
    assert (weights_of(result) < 2.0).all()


class Interruption(Exception):
    pass


@pytest.mark.parametrize("num_rounds", [1, 3])
def test_an_interrupted_fit_resumes_bit_for_bit(tmp_path, monkeypatch, caplog, num_rounds):
    *problem, data = regression()
    straight = fit(*problem, data, SETTINGS)
    resume, save, saved = Resume(tmp_path / "checkpoint.safetensors", "a", interval=-1.0), Resume.save, []

    def save_then_stop(*arguments):
        save(*arguments)
        saved.append(arguments)
        if len(saved) == num_rounds:
            raise Interruption

    monkeypatch.setattr(Resume, "save", save_then_stop)
    with pytest.raises(Interruption):
        fit(*problem, data, SETTINGS, resume=resume)
    monkeypatch.setattr(Resume, "save", save)
    with caplog.at_level("INFO", logger="fullfield"):
        resumed = fit(*problem, data, SETTINGS, resume=resume)
    assert f"resuming at step {20 * num_rounds} of 120" in caplog.text
    np.testing.assert_array_equal(weights_of(resumed), weights_of(straight))
    np.testing.assert_array_equal(resumed.best_loss, straight.best_loss)
    assert resumed.history.equals(straight.history)


def test_a_checkpoint_of_something_else_is_not_used(tmp_path, caplog):
    *problem, data = regression()
    path, settings = tmp_path / "checkpoint.safetensors", dataclasses.replace(SETTINGS, num_steps=40)
    fit(*problem, data, settings, resume=Resume(path, "a"))
    with caplog.at_level("INFO", logger="fullfield"):
        fit(*problem, data, settings, resume=Resume(path, "b"))
    assert "starting afresh" in caplog.text
    assert "resuming" not in caplog.text


def test_a_seed_does_not_depend_on_the_other_seeds():
    keys, weights, *rest = regression(num_seeds=2)
    together = fit(keys, weights, *rest, SETTINGS)
    for seed in range(2):
        alone = fit(keys[seed : seed + 1], jax.tree.map(lambda w, s=seed: w[s : s + 1], weights), *rest, SETTINGS)
        # The same sums in another order of operations: single-precision rounding and nothing else.
        np.testing.assert_allclose(weights_of(alone)[0], weights_of(together)[seed], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(alone.best_loss[0], together.best_loss[seed], rtol=1e-4)
    assert len(np.unique(weights_of(together), axis=0)) == 2


def test_a_loss_that_is_not_finite_is_an_error_that_names_the_step():
    *problem, data = regression()
    data = {**data, "y": data["y"].at[3].set(jnp.nan)}
    with pytest.raises(TrainingError, match="diverged at or before step 20"):
        fit(*problem, data, SETTINGS)


def test_gradients_that_are_never_finite_are_an_error():
    keys, weights, _, validation_loss, data = tug_of_war([0.0])
    with pytest.raises(TrainingError, match=r"non-finite gradients in a row \[\d+\]; lower the learning rate"):
        fit(keys, weights, lambda p, key, data: jnp.nan * p["w"], validation_loss, data, SETTINGS)


def test_a_single_gradient_that_is_not_finite_is_skipped():
    keys, weights, loss, validation_loss, data = tug_of_war([0.0])

    def sometimes_nan(params, key, data):
        return jnp.where(jax.random.uniform(key) < 0.05, jnp.nan, 1.0) * loss(params, key, data)

    result = fit(keys, weights, sometimes_nan, validation_loss, data, SETTINGS)
    assert np.isfinite(weights_of(result)).all()
    assert weights_of(result)[0] != 0.0


def test_the_checkpoint_stays_the_last_good_one(tmp_path, monkeypatch):
    keys, weights, loss, _, data = tug_of_war([0.0])
    saved, save = [], Resume.save
    monkeypatch.setattr(Resume, "save", lambda resume, state: saved.append(state) or save(resume, state))
    with pytest.raises(TrainingError):
        fit(
            *(keys, weights, loss, lambda p, data: jnp.where(p["w"] > 1.0, jnp.nan, 1.0), data),
            *(SETTINGS,),
            resume=Resume(tmp_path / "checkpoint.safetensors", "a", interval=-1.0),
        )
    assert saved
    assert all(np.isfinite(state.params["w"]).all() and (state.average["w"] <= 1.0).all() for state in saved)


def test_the_training_round_compiles_once():
    keys, weights, loss, validation_loss, data = regression()
    traces = []

    def counted(params, data):
        traces.append(1)
        return validation_loss(params, data)

    fit(keys, weights, loss, counted, data, SETTINGS)
    assert len(traces) == 1
