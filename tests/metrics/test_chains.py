"""Laws of fullfield.metrics.chains: independent, correlated and disagreeing chains."""

import numpy as np
import pandas as pd
import pytest

from fullfield.metrics.chains import ConvergenceError, gate, smallest_ess, summarise, with_s8

NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0")


def chains(seed=0, num_chains=4, num_draws=1000, dim=2):
    return np.random.default_rng(seed).normal(size=(num_chains, num_draws, dim))


def test_summary_of_independent_draws():
    draws = chains() * np.array([1.0, 3.0]) + np.array([0.0, 5.0])
    table = summarise(draws, ("a", "b")).set_index("parameter")
    assert list(table.columns) == ["mean", "std", "mcse_mean", "rhat", "ess_bulk", "ess_tail"]
    assert table["rhat"].max() < 1.01
    # The estimated autocorrelation time of independent draws scatters by a tenth or two about 1.
    assert table["ess_bulk"].between(0.7 * 4000, 1.3 * 4000).all()
    assert np.allclose(table["mcse_mean"], table["std"] / np.sqrt(4000), rtol=0.15)
    assert np.all(np.abs(table["mean"] - [0.0, 5.0]) < 4 * table["mcse_mean"])
    assert np.allclose(table["std"], [1.0, 3.0], rtol=4 / np.sqrt(2 * 4000))


def test_effective_sample_size_of_correlated_draws():
    draws, correlation = chains(seed=1, num_draws=3000, dim=1), 0.8
    for i in range(1, draws.shape[1]):
        draws[:, i] = correlation * draws[:, i - 1] + np.sqrt(1 - correlation**2) * draws[:, i]
    expected = 12_000 * (1 - correlation) / (1 + correlation)
    table = summarise(draws, ("a",))
    assert table["ess_bulk"].item() == pytest.approx(expected, rel=0.25)
    assert smallest_ess(draws) == table[["ess_bulk", "ess_tail"]].min().min()


def test_rhat_sees_a_shifted_chain_and_a_wider_one():
    for spoil in (lambda chain: chain + 1.0, lambda chain: chain * 3.0):
        draws = chains()
        draws[0, :, 1] = spoil(draws[0, :, 1])
        rhat = summarise(draws, ("a", "b"))["rhat"]
        assert rhat[0] < 1.01
        assert rhat[1] > 1.05


def test_s8_is_appended_wherever_its_parents_stand():
    theta = np.array([[0.25, 0.05, 0.8, 0.67, 0.96, -1.0]])
    draws, names = with_s8(theta, NAMES)
    assert names == (*NAMES, "S8")
    assert draws[0, -1] == pytest.approx(0.8)
    swapped, _ = with_s8(theta[:, ::-1], NAMES[::-1])
    assert swapped[0, -1] == pytest.approx(0.8)
    again, unchanged = with_s8(draws, names)
    assert unchanged == names
    assert again.shape == draws.shape
    assert with_s8(theta[:, :2], NAMES[:2])[1] == NAMES[:2]


def table(**columns):
    good = {"rhat": [1.001, 1.002, 1.001], "ess_bulk": [900.0, 800.0, 810.0], "ess_tail": [900.0, 850.0, 820.0]}
    return pd.DataFrame({"parameter": ["h", "w0", "S8"], **good, **columns})


def test_gate_lets_converged_chains_pass():
    gate(table(), max_rhat=1.01, min_ess=800)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rhat": [1.001, 1.05, 1.02]}, r"R-hat of w0 is 1\.0500, above 1\.01.*reference\.num_warmup"),
        ({"rhat": [1.001, 1.002, 1.02]}, r"R-hat of S8"),
        ({"rhat": [np.nan, 1.002, 1.02]}, r"R-hat of h is inf"),
        ({"ess_bulk": [900.0, 800.0, 350.0]}, r"ess_bulk of S8 is 350, below 400"),
        (
            {"ess_bulk": [399.4, 800.0, 810.0]},
            r"ess_bulk of h is 399, below 400.*scales.<scale>.reference.num_draws",
        ),
        ({"ess_tail": [900.0, np.nan, 820.0]}, r"ess_tail of w0 is -inf"),
    ],
)
def test_gate_names_the_worst(columns, message):
    with pytest.raises(ConvergenceError, match=message):
        gate(table(**columns), max_rhat=1.01, min_ess=400)


def test_gate_refuses_a_chain_that_never_moved():
    draws = chains()
    draws[..., 1] = 0.3
    with pytest.raises(ConvergenceError, match="R-hat of b"):
        gate(summarise(draws, ("a", "b")), max_rhat=1.01, min_ess=100)


def test_errors():
    with pytest.raises(ValueError, match="1 names"):
        summarise(chains(), ("a",))
    with pytest.raises(ValueError, match="2 chains of 4 draws or more, not 1 of 1000"):
        summarise(chains(num_chains=1), ("a", "b"))
    draws = chains()
    draws[2, 7, 0] = np.inf
    with pytest.raises(ValueError, match=r"1 of 4000 draws are not finite, in chains \[2\]"):
        summarise(draws, ("a", "b"))
