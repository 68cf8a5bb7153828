"""Figures of the study of samplers, on synthetic results."""

import numpy as np
import pandas as pd
from figure_laws import assert_complete_and_deterministic
from matplotlib.figure import Figure
from synthetic_figures import FOOTER

from fullfield.studies.samplers import figures


def sampler_curve(cost: float) -> pd.DataFrame:
    rows = [
        {
            "chain": chain,
            "num_draws": length,
            "published_count": int(cost * (100 + length)),
            "c2st": 0.5 + 2.0 / length if length > 50 else np.nan,
            "c2st_null": 0.51,
            "mahalanobis_noise": 2.0 / np.sqrt(length),
            "mahalanobis": (3.0 + chain) / np.sqrt(length),
            "smallest_width": 1.0 - 2.0 / np.sqrt(length),
            "largest_width": 1.0 + 2.0 / np.sqrt(length),
        }
        for chain in range(4)
        for length in (10, 30, 100, 300, 700)
    ]
    return pd.DataFrame(rows)


def draw_samplers() -> Figure:
    curves = {"split_hmc": sampler_curve(15.0), "mams": sampler_curve(30.0), "nuts_published": sampler_curve(126.0)}
    table = pd.DataFrame(
        {
            "sampler": list(curves),
            "gradients_per_ess": [20.0, 35.0, 170.0],
            "gradients_per_ess_error": [2.0, 4.0, 20.0],
            "median_gradients_per_ess": [12.0, 20.0, 90.0],
        }
    )
    return figures.samplers(curves, table, footer=FOOTER)


def test_figure_is_complete_and_deterministic():
    assert_complete_and_deterministic(draw_samplers)
