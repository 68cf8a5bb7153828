"""Information at the fiducial point: unbiased, with errors that are its scatter, and in double precision."""

import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from fullfield.compress.compressor import Compressor
from fullfield.compress.networks import SummaryNetwork
from fullfield.studies.losses.fisher import Measured, fisher_table, log_determinant

SIZE, NUM = 3, 400


def stored(rng, *, scale=1.0, num=NUM):
    """Return features with unit noise but for the last, whose noise and slope are `scale`: F = I."""
    units = np.array([1.0, 1.0, scale])
    values = rng.normal(size=(1, num, SIZE)) * units
    slopes = np.broadcast_to(np.diag(units), (num, SIZE, SIZE)) + 0.3 * rng.normal(size=(num, SIZE, SIZE)) * units
    return xr.Dataset(
        {
            "features": (("view", "simulation", "entry"), values.astype(np.float32)),
            "derivative": (("simulation", "parameter", "entry"), slopes.astype(np.float32)),
        }
    )


def test_log_determinant_is_unbiased_and_knows_its_error():
    rng = np.random.default_rng(0)
    measured = [log_determinant(None, stored(rng)) for _ in range(100)]
    found = np.array([(one.value, one.error) for one in measured])
    values, errors = found.T
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    # Without the jackknife's correction it is p (p + 1) / n and more too large.
    assert values.std() / np.sqrt(len(values)) < SIZE * (SIZE + 1) / NUM / 2
    assert abs(errors.mean() / values.std() - 1.0) < 0.25


def test_nearly_collinear_summaries_are_measured_too():
    # A third entry that is the second but for 1e-4: the same information, in a covariance that is singular in float32.
    exact = stored(np.random.default_rng(1))
    mixing = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1e-4]], np.float64)
    names = {"features": exact["features"].dims, "derivative": exact["derivative"].dims}
    mixed = xr.Dataset({name: (dims, (exact[name].values @ mixing).astype(np.float32)) for name, dims in names.items()})
    found, expected = (log_determinant(None, one) for one in (mixed, exact))
    assert found.value == pytest.approx(expected.value, abs=0.02)


class Mixing(Compressor):
    """Mixes the entries, and keeps all that they know."""

    def with_features(self, features):
        return self

    def __call__(self, x):
        return x @ self.params["mixed"]


def mixing(factor):
    return Mixing(SummaryNetwork(SIZE), None, {"mixed": jnp.eye(SIZE) + factor * jnp.eye(SIZE, k=1)}, SIZE)


def test_every_training_has_a_row_and_differences_are_paired():
    one, other = (stored(np.random.default_rng(seed), num=100) for seed in (2, 4))
    summaries = {
        "moped": Measured([mixing(0.0)] * 2, one),
        "imnn": Measured([mixing(0.5), mixing(2.0)], one),
        "gaussian_score": Measured(None, other),
    }
    table = fisher_table(summaries, [0, 2])
    assert table["seed"].tolist() == [0, 2] * 3
    assert (table["num_simulations"] == 100).all()
    of = table.set_index(["summary", "seed"])
    # An invertible mixture knows as much: the difference is zero on every set of simulations, the values are noisy.
    assert of.loc["imnn", "less_moped"].to_numpy() == pytest.approx(0.0, abs=1e-3)
    assert (of.loc["imnn", "less_moped_error"] < 1e-2 * of.loc["imnn", "error"]).all()
    assert of.loc["gaussian_score", "less_moped"].isna().all()
    assert fisher_table({"gaussian_score": summaries["gaussian_score"]}, [0])["less_moped"].isna().all()
