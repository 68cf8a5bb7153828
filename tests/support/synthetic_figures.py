"""Synthetic inputs of every figure, and the figures drawn from them."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from fullfield.plots import (
    chains,
    contours,
    cost,
    coverage,
    field,
    maps,
    predictive,
    spectra,
    style,
    surrogate,
    training,
)

NAMES = ("Omega_c", "Omega_b", "sigma8", "h", "n_s", "w0", "S8")
CENTRE = np.array([0.2664, 0.0492, 0.831, 0.6727, 0.9645, -1.0, 0.852])
PRIOR_WIDTH = np.array([0.15, 0.006, 0.14, 0.063, 0.08, 0.4, 0.2])
POSTERIOR_WIDTH = PRIOR_WIDTH * np.array([0.25, 0.95, 0.35, 0.9, 0.8, 0.7, 0.1])
RANGES = {"Omega_c": (0.03, None), "w0": (-2.0, -0.3), "S8": (0.0, None)}
TRUTH = dict(zip(NAMES, CENTRE.tolist(), strict=True))
FOOTER = style.footer("laptop", 64, 3, 1)


def generator() -> np.random.Generator:
    return np.random.default_rng(20)


def draws_of(width: np.ndarray, shift: float = 0.0, num_draws: int = 300) -> np.ndarray:
    noise = generator().standard_normal((4, num_draws, len(NAMES)))
    noise[..., 2] = 0.6 * noise[..., 2] - 0.8 * noise[..., 0]
    values = CENTRE + width * (noise + shift)
    # Reflection keeps the draws within the prior without piling them up at its bounds.
    for name, (low, high) in RANGES.items():
        column = values[..., NAMES.index(name)]
        column[...] = np.abs(column - low) + low
        if high is not None:
            column[...] = high - np.abs(high - column)
    return values


def band_powers(num_bins: int = 3) -> tuple[np.ndarray, ...]:
    ell = np.geomspace(50.0, 1100.0, 9)
    first, second = np.triu_indices(num_bins)
    amplitude = 1e-9 * (first + 1.0) * (second + 1.0)
    signal = amplitude[:, None] * (ell / 100.0) ** -1.3
    noise = np.full(num_bins, 1e-9)
    theory = signal + np.where(first == second, 1e-9, 0.0)[:, None]
    error = 0.25 * theory * (ell / 50.0) ** -0.5 + 1e-10
    return ell, theory + error * generator().standard_normal(theory.shape), theory, error, noise


def draw_maps(*, known: bool) -> Figure:
    kappa = 0.01 * np.exp(0.5 * generator().standard_normal((5, 32, 32))) - 0.01
    x = kappa + 0.02 * generator().standard_normal(kappa.shape)
    return maps.maps(x, 10.0, footer=FOOTER, kappa=kappa if known else None)


def draw_spectra(*, known: bool, num_bins: int = 3) -> Figure:
    ell, measured, theory, error, noise = band_powers(num_bins)
    name = "theory, true parameters" if known else "theory, posterior mean"
    return spectra.spectra(ell, measured, theory, error, footer=FOOTER, noise=noise, theory_name=name)


def draw_training() -> Figure:
    step = np.arange(100, 3001, 100)
    noise = generator().standard_normal((3, 2, len(step)))
    rows = [
        pd.DataFrame(
            {
                "seed": seed,
                "step": step,
                "training": 8 * np.exp(-step / 150) - 3 - step / 3000 + 0.05 * noise[seed, 0],
                "validation": 8 * np.exp(-step / 150) - 3 - step / 3000 + (step / 3000) ** 2 + 0.03 * noise[seed, 1],
            }
        )
        for seed in range(3)
    ]
    rows[2].loc[20:, ["training", "validation"]] = np.nan
    return training.training_curves(pd.concat(rows), footer=FOOTER, title="VMIM compressor")


def draw_traces() -> Figure:
    draws = draws_of(POSTERIOR_WIDTH)
    table = pd.DataFrame({"parameter": NAMES, "rhat": 1.002, "ess_bulk": 1500.0, "ess_tail": 1300.0})
    return chains.traces(draws, NAMES, table, footer=FOOTER, truth=TRUTH)


def draw_triangle(*, known: bool, show: tuple[str, ...] | None = None) -> Figure:
    samples = {
        "prior": draws_of(PRIOR_WIDTH),
        "reference": draws_of(POSTERIOR_WIDTH),
        "npe_vmim": draws_of(1.1 * POSTERIOR_WIDTH, 0.2),
    }
    truth = TRUTH if known else None
    return contours.triangle(samples, NAMES, footer=FOOTER, ranges=RANGES, truth=truth, show=show)


def draw_sbc(names: tuple[str, ...] = NAMES) -> Figure:
    levels = np.linspace(0.01, 0.99, 99)
    ranks = generator().random((500, len(names))) ** np.linspace(0.8, 1.2, len(names))
    difference = (ranks <= levels[:, None, None]).mean(1) - levels[:, None]
    half = 3.0 * np.sqrt(levels * (1.0 - levels) / 500)
    return coverage.sbc(levels, difference, (-half, half), (-1.2 * half, 1.2 * half), names, footer=FOOTER)


def draw_tarp() -> Figure:
    levels = np.linspace(0.01, 0.99, 99)
    half = 3.0 * np.sqrt(levels * (1.0 - levels) / 500)
    blind = levels + 0.04 * np.sin(2 * np.pi * levels)
    curves = {"blind points": blind, "informed points": levels - 0.02}
    return coverage.tarp(levels, curves, (levels - half, levels + half), footer=FOOTER, method="npe_vmim")


def draw_surrogate() -> Figure:
    pairs = [f"{i + 1} x {j + 1}" for i, j in zip(*np.triu_indices(5), strict=True)]
    scale = 0.01 * (1.0 + generator().random(len(pairs)))
    table = pd.DataFrame({"pair": pairs, "median": scale, "q95": 5 * scale, "q99": 12 * scale, "max": 40 * scale})
    return surrogate.surrogate_accuracy(table, footer=FOOTER, goal=1.0)


def draw_prior_predictive(*, observed: float = 9.0) -> Figure:
    distances = np.sqrt((generator().standard_normal((800, 6)) ** 2).sum(-1))
    p_value = float((1 + (distances >= observed).sum()) / (1 + len(distances)))
    return predictive.prior_predictive(distances, observed, p_value, footer=FOOTER)


def draw_posterior_predictive(num_bins: int = 3) -> Figure:
    ell, observed, theory, error, _ = band_powers(num_bins)
    predicted = theory + error * generator().standard_normal((200, *theory.shape))
    return predictive.posterior_predictive(ell, observed, np.abs(predicted), footer=FOOTER)


def draw_cost() -> Figure:
    table = pd.DataFrame(
        {
            "stage": ["training", "inference", "calibration", "reference"],
            "compressor": ["vmim", "vmim", "vmim", np.nan],
            "method": np.nan,
            "observation": [np.nan, np.nan, np.nan, "simulated"],
            "simulations": [20_000, 1_000, 500, 0],
            "gradients": [0, 0, 0, 1_250_000],
        }
    )
    return cost.cost(table, footer=FOOTER)


def draw_field(*, known: bool) -> Figure:
    truth = 0.01 * np.exp(0.5 * generator().standard_normal((32, 32))) - 0.01
    panels = [("observed", 2 * truth), ("posterior mean", 0.7 * truth), ("posterior std. dev.", np.abs(truth))]
    if not known:
        return field.field(panels, 10.0, footer=FOOTER, bin_number=3)
    ell, ratio = np.geomspace(50.0, 1100.0, 8), np.linspace(0.05, 0.9, 40).reshape(8, 5).T
    return field.field(
        [("truth", truth), *panels],
        10.0,
        footer=FOOTER,
        bin_number=3,
        residual=(ell, ratio, ratio.mean(1), ratio.mean(1)),
    )


FIGURES = {
    "field": lambda: draw_field(known=True),
    "field_own": lambda: draw_field(known=False),
    "maps_known": lambda: draw_maps(known=True),
    "maps_own": lambda: draw_maps(known=False),
    "spectra_known": lambda: draw_spectra(known=True),
    "spectra_own": lambda: draw_spectra(known=False),
    "training": draw_training,
    "traces": draw_traces,
    "triangle": lambda: draw_triangle(known=True, show=("w0", "S8")),
    "triangle_own": lambda: draw_triangle(known=False, show=contours.CONSTRAINED),
    "sbc": draw_sbc,
    "sbc_six": lambda: draw_sbc(NAMES[:6]),
    "tarp": draw_tarp,
    "surrogate": draw_surrogate,
    "prior_predictive": draw_prior_predictive,
    "prior_predictive_far": lambda: draw_prior_predictive(observed=300.0),
    "posterior_predictive": draw_posterior_predictive,
    "cost": draw_cost,
}
