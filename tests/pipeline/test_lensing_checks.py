"""Checks of an observed map: its band powers, and whether the model could have made it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problem import NOISE, small_lensing

from fullfield.pipeline import band_powers, criticism, mock

NUM_MAPS = 150


@pytest.fixture(scope="module")
def setup():
    return small_lensing()


@pytest.fixture(scope="module")
def observed(setup):
    return mock.simulate_observation(setup, 0, "simulated")


def test_mock_is_at_the_fiducial_point_and_follows_from_the_seed(setup, observed):
    np.testing.assert_allclose(observed["theta"], setup.task.fiducial, rtol=1e-6)
    assert list(observed["parameter"].values) == list(setup.task.parameter_names)
    noise = (observed["x"] - observed["kappa"]).values
    np.testing.assert_allclose(noise.std((1, 2)), NOISE, rtol=5 / np.sqrt(2 * noise[0].size))
    np.testing.assert_array_equal(mock.simulate_observation(setup, 0, "simulated")["x"], observed["x"])
    assert not np.array_equal(mock.simulate_observation(setup, 1, "simulated")["x"], observed["x"])


def test_mocks_at_draws_of_the_prior_differ(setup):
    first, second = (mock.simulate_observation(setup, 0, name) for name in ("prior_0", "prior_1"))
    assert not np.array_equal(first["theta"], second["theta"])
    assert not np.allclose(first["theta"], setup.task.fiducial, rtol=1e-3)
    same = mock.simulate_observation(setup, 0, "simulated_1")
    np.testing.assert_allclose(same["theta"], setup.task.fiducial, rtol=1e-6)


def test_band_powers_agree_with_theory_and_noise(setup, observed):
    powers = band_powers.compare_spectra(setup, observed["x"].values, observed["theta"].values, 0)
    np.testing.assert_allclose(powers.noise, NOISE**2 * setup.grid.pixel_area, rtol=1e-6)
    pulls = (powers.measured - powers.expected) / powers.error
    assert np.abs(pulls).max() < 5
    # Twice the map has four times the power.
    wrong = band_powers.compare_spectra(setup, 2.0 * observed["x"].values, observed["theta"].values, 0)
    assert np.abs((wrong.measured - wrong.expected) / wrong.error).max() > 10


def criticised(setup, x, summary):
    rng = np.random.default_rng(0)
    draws = np.tile(setup.task.fiducial, (2, 100, 1)) * (1 + 0.01 * rng.normal(size=(2, 100, 6)))
    maps = criticism.predict(setup, x, draws.astype(np.float32), NUM_MAPS, 0)
    table, arrays = criticism.criticise(summary, rng.normal(size=(500, 3)), maps)
    assert arrays["predicted"].shape == (NUM_MAPS, *arrays["observed"].shape)
    return table.set_index("check")


def test_an_observation_of_the_model_raises_no_warning(setup, observed):
    table = criticised(setup, observed["x"].values, np.array([0.5, -0.5, 1.0]))
    assert not table["warning"].any()
    assert table["num_simulations"].to_list() == [500, NUM_MAPS]


def test_a_foreign_observation_raises_both_warnings(setup):
    white = 2.0 * NOISE[:, None, None] * np.asarray(jax.random.normal(jax.random.key(0), (2, 16, 16)))
    table = criticised(setup, white.astype(np.float32), np.array([9.0, 0.0, 0.0]))
    assert table["warning"].all(), table
    assert (table["p_value"] < 0.05).all()


def test_without_a_simulator_only_the_summary_is_judged():
    table, arrays = criticism.criticise(np.zeros(2), np.random.default_rng(0).normal(size=(100, 2)), None)
    assert list(table["check"]) == ["prior_predictive_summary"]
    assert set(arrays.data_vars) == {"distance"}


def test_auto_spectra_are_the_diagonal():
    spectra = np.exp(np.arange(12.0)).reshape(6, 2)
    np.testing.assert_allclose(criticism.auto_spectra(spectra, 3), [0, 1, 6, 7, 10, 11])
    np.testing.assert_allclose(criticism.auto_spectra(np.stack([spectra, spectra]), 3).shape, (2, 6))


def test_own_data_are_read(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(2, 3))
    x = mock.read_data(tmp_path / "x.npy")["x"]
    assert (x.dtype, x.dims) == (jnp.float32, ("axis_0", "axis_1"))
    np.testing.assert_array_equal(x, np.arange(6.0).reshape(2, 3))


def test_predictive_maps_that_are_none_are_left_out_and_counted(setup, observed, monkeypatch):
    make = criticism.simulate

    def with_invalid(*arguments, **settings):
        made = make(*arguments, **settings)
        return made._replace(x=made.x.at[3].set(jnp.nan), num_invalid=made.num_invalid.at[3].set(1))

    monkeypatch.setattr(criticism, "simulate", with_invalid)
    draws = np.tile(setup.task.fiducial, (1, 20, 1)).astype(np.float32)
    maps = criticism.predict(setup, observed["x"].values, draws, 20, 0)
    assert maps.num_discarded == 1
    assert len(maps.predicted) == 19
    assert np.isfinite(maps.predicted).all()
