"""Is the observation one that the model could have made? Before and after inference."""

import numpy as np
from matplotlib.figure import Figure

from fullfield.plots.pairs import draw_band_powers, draw_residuals, finish_pairs, pair_figure, scaled
from fullfield.plots.palette import BLUE, GREY, VERMILION
from fullfield.plots.style import new_figure, stamp, styled
from fullfield.types import ArrayLike, Float


@styled
def prior_predictive(
    distances: Float[ArrayLike, " simulations"],
    observed: float,
    p_value: float,
    *,
    footer: str,
    distance_name: str = "distance to the nearest simulations, whitened summaries",
) -> Figure:
    """Draw how far simulations lie from their neighbours among all simulations, and how far the observation does.

    Parameters
    ----------
    distances
        (num_simulations,) distance of every simulation.
    observed
        Distance of the observation.
    p_value
        Probability of a distance at least as large as the observation's.
    footer
        What `style.stamp` writes under the panel.
    distance_name
        Label of the horizontal axis.

    Returns
    -------
    Figure
        Histogram with the observed distance as a line; the axis is logarithmic where that lies far beyond the rest.
    """
    distances = np.asarray(distances)
    figure = new_figure(5.6, 3.4)
    axes = figure.subplots()
    far = observed > 3.0 * distances.max() and distances.min() > 0
    spread = np.geomspace if far else np.linspace
    num_bins = int(np.clip(np.sqrt(len(distances)), 10, 60))
    edges = spread(distances.min(), distances.max(), num_bins + 1)
    axes.hist(distances, edges, color=GREY, alpha=0.6, label="simulations")
    axes.axvline(observed, color=VERMILION, lw=2, label=f"observation, p = {p_value:.2g}")
    axes.set(xlabel=distance_name, ylabel="simulations", xscale="log" if far else "linear")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return stamp(figure, footer)


@styled
def posterior_predictive(
    ell: Float[ArrayLike, " bands"],
    observed: Float[ArrayLike, "pairs bands"],
    predicted: Float[ArrayLike, "maps pairs bands"],
    *,
    footer: str,
) -> Figure:
    """Draw observed band powers over those of maps simulated at draws of the posterior.

    Parameters
    ----------
    ell
        (num_bands,) mean multipole of each band.
    observed
        (num_pairs, num_bands) band powers of the observation in steradian, noise included.
    predicted
        (num_maps, num_pairs, num_bands) the same of these predictive maps.
    footer
        What `style.stamp` writes under the panels.

    Returns
    -------
    Figure
        Lower triangle of panels: 68 % and 95 % of the predictive maps, the observation as dots; below, both relative
        to the mean of these in units of their standard deviation. Open circles and diamonds as in
        `fullfield.plots.spectra.spectra`.
    """
    ell, observed, predicted = np.asarray(ell), np.asarray(observed), np.asarray(predicted)
    figure, panels = pair_figure(observed.shape[0])
    mean, spread = predicted.mean(0), predicted.std(0)
    for pair, (upper, lower) in enumerate(panels):
        bands = np.quantile(predicted[:, pair], [0.025, 0.16, 0.84, 0.975], axis=0)
        scores = (bands - mean[pair]) / spread[pair]
        for axes, edges in ((upper, scaled(ell, bands)), (lower, scores)):
            axes.fill_between(ell, edges[0], edges[3], color=BLUE, alpha=0.25, lw=0, label="predictive maps, 95 %")
            axes.fill_between(ell, edges[1], edges[2], color=BLUE, alpha=0.45, lw=0, label="predictive maps, 68 %")
        draw_band_powers(upper, ell, observed[pair], "observed")
        draw_residuals(lower, ell, (observed[pair] - mean[pair]) / spread[pair])
    finish_pairs(figure, panels, scaled(ell, mean))
    return stamp(figure, footer)
