"""Measured auto- and cross-spectra against theory."""

import numpy as np
from matplotlib.figure import Figure

from fullfield.pairs import num_bins_of, pair_indices
from fullfield.plots.pairs import draw_band_powers, draw_residuals, finish_pairs, pair_figure, scaled
from fullfield.plots.palette import GREY, VERMILION
from fullfield.plots.style import stamp, styled
from fullfield.types import ArrayLike, Float


@styled
def spectra(
    ell: Float[ArrayLike, " bands"],
    measured: Float[ArrayLike, "pairs bands"],
    theory: Float[ArrayLike, "pairs bands"],
    error: Float[ArrayLike, "pairs bands"],
    *,
    footer: str,
    noise: Float[ArrayLike, " bins"] | None = None,
    theory_name: str = "theory",
) -> Figure:
    """Draw l (l + 1) C_l / 2 pi of every pair of bins and the residuals (measured - theory) / error.

    Parameters
    ----------
    ell
        (num_bands,) mean multipole of each band.
    measured, theory, error
        (num_pairs, num_bands) band powers and their standard deviation in steradian, pairs (0, 0), (0, 1), ...;
        `measured` and `theory` both with noise, or both without.
    footer
        What `style.stamp` writes under the panels.
    noise
        (num_bins,) noise level of the auto-spectra in steradian, or None.
    theory_name
        At which parameters the theory stands: the true ones, or the mean of the reference posterior.

    Returns
    -------
    Figure
        Lower triangle of panels; a negative band power is an open circle at its absolute value, a residual beyond
        4.5 a red diamond at the edge of its panel.
    """
    ell, measured, theory, error = (np.asarray(values) for values in (ell, measured, theory, error))
    figure, panels = pair_figure(len(measured))
    first, second = pair_indices(num_bins_of(len(measured)))
    for pair, (upper, lower) in enumerate(panels):
        upper.plot(ell, scaled(ell, theory[pair]), color=VERMILION, label=theory_name)
        draw_band_powers(upper, ell, measured[pair], "measured", error[pair])
        if noise is not None and first[pair] == second[pair]:
            level = np.full_like(ell, np.asarray(noise)[first[pair]])
            upper.plot(ell, scaled(ell, level), ":", color=GREY, label="noise level")
        lower.axhspan(-1.0, 1.0, color=VERMILION, alpha=0.15, lw=0)
        lower.axhline(0.0, color=VERMILION, lw=0.8)
        draw_residuals(lower, ell, (measured[pair] - theory[pair]) / error[pair])
    finish_pairs(figure, panels, scaled(ell, theory))
    return stamp(figure, footer)
