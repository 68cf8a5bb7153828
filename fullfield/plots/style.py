"""One look for every figure: colours and names that belong to methods, labels of parameters, the footer line."""

import functools
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

# Okabe & Ito's palette, which readers with colour-vision deficiency can tell apart.
ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7"
BLACK, GREY, LIGHT_GREY, LIGHTER_GREY = "#000000", "#999999", "#DDDDDD", "#EEEEEE"

COLOURS = {
    "reference": BLUE,
    "npe": VERMILION,
    "nle": GREEN,
    "nre": PURPLE,
    "prior": GREY,
    "power_spectrum": BLACK,
    # The palette's yellow vanishes on white paper: this wine red keeps the eighth place.
    "gaussian_field": "#882255",
    "mse": ORANGE,
    "mae": SKY,
    "gnll": GREEN,
    "vmim": VERMILION,
    "imnn": PURPLE,
    "moped": "#CC6677",
    "gnll_covariance": "#44AA99",
    "gaussian_score": "#882255",
    "vmim_spectra": "#999933",
    "vmim_maps": "#332288",
    "vmim_informed": "#661100",
    "vmim_informed_twice": "#AA4499",
    "none": VERMILION,
    "truth": BLACK,
    "split_hmc": BLUE,
    "split_hmc_half": SKY,
    "mams": GREEN,
    "nuts": ORANGE,
    "nuts_published": VERMILION,
    "no_scores": BLACK,
    "joint": ORANGE,
    "control_variate": GREEN,
    "marginal": PURPLE,
}
"""Colour of every method, compressor, baseline and kind of scores, the same in every figure."""

NAMES = {
    "reference": "reference chains",
    "npe": "NPE",
    "nle": "NLE",
    "nre": "NRE",
    "prior": "prior",
    "power_spectrum": "power spectrum",
    "gaussian_field": "Gaussian field",
    "mse": "MSE",
    "mae": "MAE",
    "gnll": "GNLL",
    "vmim": "VMIM",
    "imnn": "IMNN",
    "moped": "MOPED",
    "gnll_covariance": "GNLL, mean and covariance",
    "gaussian_score": "Gaussian score",
    "vmim_spectra": "VMIM, spectra",
    "vmim_maps": "VMIM, maps",
    "vmim_informed": "VMIM, field scores",
    "vmim_informed_twice": "VMIM, field scores at two points",
    "none": "all data",
    "truth": "true value",
    "split_hmc": "split HMC",
    "split_hmc_half": "split HMC, half the step",
    "mams": "MAMS",
    "nuts": "NUTS, Wiener coordinates",
    "nuts_published": "NUTS as published",
    "no_scores": "no scores",
    "joint": "joint scores",
    "control_variate": "with a control variate",
    "marginal": "marginal scores",
}
"""How legends spell the keys of `COLOURS`."""

INFORMED = "_informed"
"""What the name of a loss on gradients of the joint density ends with."""
TWICE = "_twice"
"""And what is appended where these are of two points."""

METHODS = ("npe", "nle", "nre")
"""What a pair with a compressor may begin with."""

LABELS = {
    "Omega_c": r"$\Omega_c$",
    "Omega_b": r"$\Omega_b$",
    "sigma8": r"$\sigma_8$",
    "h": r"$h$",
    "n_s": r"$n_s$",
    "w0": r"$w_0$",
    "S8": r"$S_8$",
    "log_alpha": r"$\ln\alpha$",
    "log_beta": r"$\ln\beta$",
    "log_gamma": r"$\ln\gamma$",
    "log_delta": r"$\ln\delta$",
}
"""Labels of parameters of the project's tasks; others keep their own names."""

OWN_COLOUR = "#665577"
"""Colour of losses that users add."""

SEED_COLOURS = (BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, BLACK)
"""Colours of seeds and chains, in order; repeated when there are more."""

SETTINGS = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.3,
    "mathtext.fontset": "cm",
    "axes.formatter.use_mathtext": True,
    "image.cmap": "cividis",
}
FOOTER_HEIGHT = 0.22  # inches


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Run a drawing function under the project's settings and leave the caller's as they were."""

    @functools.wraps(draw)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with matplotlib.rc_context(SETTINGS):
            return draw(*args, **kwargs)

    return wrapped


def stamp(figure: Figure, text: str) -> Figure:
    """Write the footer that says at which scale a figure was made, in a strip of its own under the panels.

    Parameters
    ----------
    figure
        Figure made by `new_figure`.
    text
        Such as ``footer("laptop", 64, 3, 1)``.

    Returns
    -------
    Figure
        The same figure.
    """
    height = FOOTER_HEIGHT / figure.get_figheight()
    if (engine := figure.get_layout_engine()) is not None:
        engine.set(rect=(0.0, height, 1.0, 1.0 - height))
    figure.text(0.995, 0.25 * height, text, ha="right", va="bottom", fontsize=7, color="#666666", gid="footer")
    return figure


def footer(
    scale: str,
    num_pixels: int | None,
    num_seeds: int | None,
    num_observations: int | None,
    num_chains: int | None = None,
) -> str:
    """Return the footer line, such as ``laptop scale · 64 x 64 pixels · 3 seeds · 1 observation``.

    What a figure has none of is None: pixels where data are no maps, seeds in figures of chains, observations in
    those of a simulator.
    """
    parts = [f"{scale} scale"]
    if num_pixels is not None:
        parts.append(f"{num_pixels} x {num_pixels} pixels")
    counts = {"seed": num_seeds, "chain": num_chains, "observation": num_observations}
    parts += [f"{count} {name}{'s' * (count != 1)}" for name, count in counts.items() if count is not None]
    return " · ".join(parts)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches, with the constrained layout and without any global state."""
    return Figure(figsize=(width, height + FOOTER_HEIGHT), layout="constrained")


def new_grid(size: int, panel: tuple[float, float], *, foot: float) -> tuple[Figure, GridSpec]:
    """Return a figure and a square grid for panels that all have one size, which the constrained layout cannot promise.

    Parameters
    ----------
    size
        Rows, and columns.
    panel
        Width and height of a cell, inches.
    foot
        Room for the labels under the last row, inches.

    Returns
    -------
    tuple
        The figure, with margins for the labels of the outer panels, and the grid.
    """
    gap = 0.05
    left, right, bottom, top = 0.85, 0.1, foot + FOOTER_HEIGHT, 0.1
    width, height = (side * (size + gap * (size - 1)) for side in panel)
    total = (left + width + right, bottom + height + top)
    figure = Figure(figsize=total)
    spec = figure.add_gridspec(
        size,
        size,
        left=left / total[0],
        right=1.0 - right / total[0],
        bottom=bottom / total[1],
        top=1.0 - top / total[1],
        hspace=gap,
        wspace=gap,
    )
    return figure, spec


def label(name: str) -> str:
    """Return the label of a parameter, its own name where the project has none."""
    return LABELS.get(name, name)


def colour(name: str) -> str:
    """Return the colour that belongs to a method, compressor or baseline.

    A pair ``{method}_{compressor}`` has the colour of its method, with NPE that of its compressor: the two choices that
    figures compare most are told apart, and ``npe`` and ``npe_vmim`` agree. So does a loss on field scores with the
    loss, but for VMIM, with which it is compared. A loss of a user's own is `OWN_COLOUR`.
    """
    if name not in COLOURS:
        name = name.removesuffix(TWICE).removesuffix(INFORMED)
    method, compressor = _split(name)
    return COLOURS.get(compressor if method == "npe" and compressor else method, OWN_COLOUR)


def spelled(name: str) -> str:
    """Return how a legend spells a method, compressor, baseline or pair, such as ``NPE, VMIM``."""
    if name not in NAMES and (loss := name.removesuffix(TWICE)).endswith(INFORMED):
        return f"{spelled(loss.removesuffix(INFORMED))}, field scores{' at two points' * (loss != name)}"
    return ", ".join(NAMES.get(part, part) for part in _split(name) if part)


def _split(name: str) -> tuple[str, str]:
    method, _, compressor = name.partition("_")
    return (method, compressor) if method in METHODS else (name, "")


def seed_colour(index: int) -> str:
    """Return the colour of the seed or chain with this index."""
    return SEED_COLOURS[index % len(SEED_COLOURS)]
