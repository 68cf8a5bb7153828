"""Information at the fiducial point: unbiased, with errors that are its scatter, and in double precision."""

import numpy as np
import pytest
import xarray as xr

from fullfield.studies.losses.fisher import fisher_rows, log_determinant

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
    found = np.array([log_determinant(None, stored(rng)) for _ in range(100)])
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


def test_every_training_has_a_row():
    table = fisher_rows("gaussian_score", None, [0, 2], stored(np.random.default_rng(2), num=100))
    assert table["seed"].tolist() == [0, 2]
    assert table["summary"].unique().tolist() == ["gaussian_score"]
    assert (table["num_simulations"] == 100).all()
