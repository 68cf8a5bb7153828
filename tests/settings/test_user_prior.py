"""The declared prior of simulations on file, and draws that do not follow it."""

import numpy as np
import pytest

from fullfield.settings.user_prior import check_prior

NUM = 2000
RNG = np.random.default_rng(0)
UNIFORM = {"theta": RNG.uniform([0, -1], [2, 1], (NUM, 2)), "prior": np.array("uniform")}
UNIFORM |= {"low": np.array([0.0, -1.0]), "high": np.array([2.0, 1.0])}
NORMAL = {"theta": np.abs(RNG.normal(size=(NUM, 1))), "prior": np.array(b"normal")}
NORMAL |= {"loc": np.zeros(1), "scale": np.ones(1), "low": np.zeros(1)}


@pytest.mark.parametrize(
    "arrays",
    [UNIFORM, NORMAL, {"theta": NORMAL["theta"], "log_prior": np.zeros(NUM)}],
    ids=["uniform", "normal", "values"],
)
def test_a_true_declaration_passes(arrays):
    check_prior(arrays, "a.npz")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (UNIFORM | {"prior": np.array("flat")}, r"a\.npz: prior is 'flat'; allowed: uniform, normal"),
        (UNIFORM | {"prior": np.array(["uniform", "normal"])}, r"prior is 'uniform, normal'"),
        (UNIFORM | {"high": np.array([2.0, np.inf])}, r"'uniform', which needs finite low and high; missing: high"),
        (UNIFORM | {"high": np.array([2.0, 1.5])}, r"column 1 of theta does not follow the declared prior 'uniform'"),
        (UNIFORM | {"low": UNIFORM["theta"].min(0)}, r"2 rows of theta lie on or beyond low"),
        (UNIFORM | {"low": np.array([0.1, -1.0])}, r"rows of theta lie on or beyond low = \[0\.1, -1\.0\]"),
        ({name: NORMAL[name] for name in ("theta", "prior", "loc")}, r"'normal', which needs .* missing: scale"),
        (NORMAL | {"scale": np.zeros(1)}, r"scale is \[0\.0\]; allowed: positive numbers"),
        (NORMAL | {"loc": np.full(1, 0.3)}, r"column 0 of theta does not follow the declared prior 'normal'"),
        (NORMAL | {"loc": np.array(["a"])}, r"loc is of type <U1; numbers are needed"),
        (NORMAL | {"loc": np.zeros(2)}, r"loc has shape \(2,\); allowed: \(1,\), one per parameter"),
        (NORMAL | {"log_prior": np.zeros(3)}, r"log_prior has shape \(3,\); allowed: \(2000,\), one per row of theta"),
        (NORMAL | {"log_prior_gradient": np.full((NUM, 1), np.nan)}, r"log_prior_gradient holds NaN or infinite"),
    ],
)  # fmt: skip
def test_a_wrong_prior_is_named(arrays, message):
    with pytest.raises(ValueError, match=message):
        check_prior(arrays, "a.npz")
