"""How posteriors compare with the exact ones, one by one and over the prior."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from fullfield.inference.rejection import accept_nearest
from fullfield.metrics import constraints, coverage
from fullfield.metrics.c2st import c2st
from fullfield.metrics.thinning import distinct, without_those_of
from fullfield.studies.imnn.data import NUM_CHAINS
from fullfield.types import Float


def verdict(
    draws: Float[np.ndarray, "draw p"],
    exact: Float[np.ndarray, "exact_draw p"],
    num_rows: tuple[int, int],
    names: tuple[str, ...],
    *,
    seed: int,
) -> dict[str, float | int]:
    """Compare draws of a method with exact ones.

    Parameters
    ----------
    draws, exact
        Of one observation.
    num_rows
        Rows a side of the classifier, and fewer ones, as many as rejection is judged by.
    names
        Of the parameters.
    seed
        Of the classifier.

    Returns
    -------
    dict
        c2st and c2st_few by these rows; lost, half of ln det of the covariance less that of the exact draws, in nats
        (negative where too narrow); mahalanobis distance of the means; shift_first, shift_second, width_first,
        width_second of both parameters, in exact standard deviations.

    Raises
    ------
    ValueError
        Where more than 2 % of the draws are repeated.
    """
    ours = without_those_of(distinct(draws), exact)
    scores = {
        column: c2st(ours[:num], exact[: len(ours[:num])], seed=seed)
        for column, num in zip(("c2st", "c2st_few"), num_rows, strict=True)
    }
    chains = exact.reshape(NUM_CHAINS, -1, exact.shape[-1])
    table = constraints.compare(draws, chains, names)
    volumes = [np.linalg.slogdet(np.cov(one.T))[1] for one in (draws, exact)]
    row = {column: outcome.accuracy for column, outcome in scores.items()}
    row |= {"num_rows": scores["c2st"].num_rows, "lost": float(volumes[0] - volumes[1]) / 2}
    row["mahalanobis"] = constraints.mean_shift(draws, chains).distance
    for place, one in enumerate(("first", "second")):
        row |= {f"shift_{one}": float(table["shift_sigma"][place]), f"width_{one}": float(table["width_ratio"][place])}
    return row


def rejected(data: xr.Dataset, label: str, num_accepted: int) -> Float[np.ndarray, "observation draw p"]:
    """Return the parameters of the nearest simulations of the bank to every observation, the nearest first."""
    theta, white = data["bank_theta"].values, data["bank"].values
    rows = [accept_nearest(white, observed, num_accepted).rows for observed in data[label].values]
    return theta[np.stack(rows)]


def acceptance(data: xr.Dataset, accepted: Sequence[int], num_rows: int) -> pd.DataFrame:
    """Return C2ST of rejection of every target: observation, num_accepted, fraction, distance, c2st.

    Parameters
    ----------
    data
        As in `posteriors.infer`.
    accepted
        How many simulations are accepted, in turn.
    num_rows
        Of these, chosen at random, and of the exact draws that are compared.
    """
    theta, white, exact = (data[one].values for one in ("bank_theta", "bank", "target_posterior"))
    rows = []
    for o, observed in enumerate(data["target"].values):
        rng, reference = np.random.default_rng(o), exact[o][:num_rows]
        for num in accepted:
            nearest = accept_nearest(white, observed, num)
            few = theta[rng.choice(nearest.rows, min(num, len(reference)), replace=False)]
            outcome = c2st(few, reference[: len(few)], seed=o)
            row = {"observation": o, "num_accepted": num, "fraction": num / len(theta)}
            rows.append(row | {"distance": float(nearest.distance[-1]), "c2st": outcome.accuracy})
    return pd.DataFrame(rows)


def calibration(data: xr.Dataset, draws: Mapping[str, Float[np.ndarray, "observation draw p"]]) -> pd.DataFrame:
    """Test draws over the prior: method, num_observations, tarp and sbc (p-values), inside (both bands hold)."""
    truths, white = data["calibration_theta"].values, data["calibration"].values
    points = coverage.informed_points(white, truths, seed=0)
    # All methods at once.
    level = 1.0 - 0.05 / len(draws)
    rows = []
    for method, values in draws.items():
        tarp, sbc = (
            coverage.tarp(values, truths, points=points, probability=level),
            coverage.sbc(values, truths, probability=level),
        )
        row = {"method": method, "num_observations": len(truths), "tarp": tarp.p_value}
        row |= {"sbc": float(sbc.p_values.min()), "inside": bool(tarp.inside and sbc.inside.all())}
        rows.append(row)
    return pd.DataFrame(rows)
