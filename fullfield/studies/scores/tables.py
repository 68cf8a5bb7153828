"""Tables of the study: curves against the number of simulations, paired differences, published values."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import scipy.stats

from fullfield.metrics.c2st import MIN_ROWS
from fullfield.studies.scores.cases import NONE

CELL = ["case", "method", "kind", "num_simulations"]
CONFIDENCE = 0.95

# C2ST of Zeghal et al. 2022 (arXiv:2207.05636) without and with scores, and of Lueckmann et al. 2021 (arXiv:2101.04653)
# without, of other observations.
_PUBLISHED = {
    ("moons", "npe"): [
        (20, 0.818, 0.759),
        (50, 0.748, 0.699),
        (100, 0.681, 0.655),
        (200, 0.635, 0.611),
        (500, 0.590, 0.583),
        (1000, 0.582, 0.576),
    ],
    ("lotka_volterra", "npe"): [
        (20, 0.997, 0.987),
        (50, 0.972, 0.948),
        (100, 0.942, 0.910),
        (200, 0.860, 0.838),
        (500, 0.788, 0.793),
        (1000, 0.778, 0.788),
    ],
    ("lotka_volterra_fixed", "npe"): [
        (20, 0.997, 0.994),
        (50, 0.966, 0.955),
        (100, 0.928, 0.927),
        (200, 0.892, 0.898),
        (500, 0.870, 0.875),
        (1000, 0.871, 0.873),
    ],
    ("lotka_volterra", "nle"): [
        (20, 0.992, 0.998),
        (50, 0.966, 0.984),
        (100, 0.927, 0.950),
        (200, 0.842, 0.860),
        (500, 0.792, 0.789),
        (1000, 0.778, 0.775),
    ],
    ("two_moons", "npe"): [(1000, 0.725)],
    ("lotka_volterra_sbibm", "npe"): [(1000, 0.999)],
}


def published() -> pd.DataFrame:
    """Return published values: case, method, kind (none or joint), num_simulations, c2st."""
    rows = [
        {"case": case, "method": method, "kind": kind, "num_simulations": size, "c2st": value}
        for (case, method), values in _PUBLISHED.items()
        for size, *pair in values
        for kind, value in zip((NONE, "joint"), pair, strict=False)
    ]
    return pd.DataFrame(rows)


def curves(fits: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds and observations, with errors from the scatter of seeds.

    Parameters
    ----------
    fits
        Tables of `sweep.sweep`, one below the other, with columns case and method.

    Returns
    -------
    pandas.DataFrame
        `CELL`; of c2st (where all kinds of fits have one), log_prob and median_log_prob the mean, ``<name>_error`` and
        ``<name>_seeds``, how many seeds have it; num_compared, posteriors that c2st is the mean over; worth, how many
        simulations without scores reach the same median log density, by linear interpolation in the logarithm of their
        number (0 below the fewest that were fitted, infinity beyond the most); num_observations; num_judged, fits that
        were to be compared with a posterior, num_unconverged of them, which have no C2ST, and num_discarded, draws that
        were not finite.
    """
    # A posterior that is easier for one kind must not count for that one alone.
    same = fits.groupby(["case", "method", "num_simulations", "seed", "observation"])["c2st"]
    compared = fits.assign(c2st=fits["c2st"].where(same.transform("count") == same.transform("size")))
    rows = []
    for labels, cell in fits.groupby(CELL, sort=False):
        row = dict(zip(CELL, labels, strict=True))
        for name in ("c2st", "log_prob", "median_log_prob"):
            of_seeds = compared.loc[cell.index].groupby("seed")[name].mean().dropna()
            row |= {name: of_seeds.mean(), f"{name}_error": of_seeds.sem(), f"{name}_seeds": len(of_seeds)}
        is_judged = cell["num_rows"].notna()
        row["num_compared"] = int(compared.loc[cell.index, "c2st"].notna().sum())
        row |= {"num_observations": cell["observation"].nunique(), "num_judged": int(is_judged.sum())}
        row["num_unconverged"] = int((is_judged & cell["c2st"].isna() & (cell["num_rows"] >= MIN_ROWS)).sum())
        rows.append(row | {"num_discarded": int(cell["num_discarded"].sum())})
    table = pd.DataFrame(rows)
    return table.assign(worth=_worth(table))


def _worth(table: pd.DataFrame) -> pd.Series:
    """Return the number of simulations without scores that are worth as much as each row's."""
    worth = pd.Series(np.nan, index=table.index)
    for _, rows in table.groupby(["case", "method"], sort=False):
        alone = rows[rows["kind"] == NONE].sort_values("num_simulations")
        reached, sizes = alone["median_log_prob"].to_numpy(), np.log(alone["num_simulations"].to_numpy())
        if len(alone) > 1 and np.isfinite(reached).all():
            rises = reached > np.maximum.accumulate(np.append(-np.inf, reached[:-1]))
            places = np.interp(rows["median_log_prob"], reached[rises], sizes[rises], left=-np.inf, right=np.inf)
            worth[rows.index] = np.exp(places)
    return worth


QUANTITIES = ("c2st", "log_prob", "median_log_prob")


def differences(fits: pd.DataFrame, names: Sequence[str] = QUANTITIES) -> pd.DataFrame:
    """Return paired differences of fits with scores to those without, of the same seeds and observations.

    Parameters
    ----------
    fits
        As in `curves`.
    names
        Columns that are compared.

    Returns
    -------
    pandas.DataFrame
        case, method, kind, num_simulations, quantity; difference (with scores less without), its error over seeds,
        num_seeds; low and high, limits at 95 %; family_low and family_high, limits that hold for all sizes of a case,
        kind and quantity at once (Bonferroni); both by Student's law. They are of the scatter over data sets, for these
        observations and, where data are compressed, this compressor. A pair of which one fit was not compared is left
        out.
    """
    rows = []
    for (case, method), of_case in fits.groupby(["case", "method"], sort=False):
        kinds, sizes = [kind for kind in of_case["kind"].unique() if kind != NONE], of_case["num_simulations"].nunique()
        for kind in kinds:
            for size, cell in of_case.groupby("num_simulations"):
                for name in names:
                    pair = [cell[cell["kind"] == one].set_index(["seed", "observation"])[name] for one in (kind, NONE)]
                    of_seeds = (pair[0] - pair[1]).dropna().groupby("seed").mean()
                    row = {"case": case, "method": method, "kind": kind, "num_simulations": size, "quantity": name}
                    rows.append(row | _limits(of_seeds.to_numpy(), sizes))
    return pd.DataFrame(rows)


def _limits(values: np.ndarray, num_tests: int) -> dict[str, float | int]:
    """Return the mean of differences and two-sided limits of it, alone and for so many tests at once."""
    mean, count = (float(values.mean()) if len(values) else np.nan), len(values)
    error = float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else np.nan
    row = {"difference": mean, "error": error, "num_seeds": count}
    for prefix, tests in (("", 1), ("family_", num_tests)):
        half = error * scipy.stats.t.ppf(1 - (1 - CONFIDENCE) / (2 * tests), max(count - 1, 1))
        row |= {f"{prefix}low": mean - half, f"{prefix}high": mean + half}
    return row


def gains(differences: pd.DataFrame, yardsticks: pd.DataFrame) -> pd.DataFrame:
    """Return what scores bring beside how far the posteriors are from Gaussian.

    Parameters
    ----------
    differences
        As `differences` returns them.
    yardsticks
        As `sweep.yardsticks` returns them, with a column case.

    Returns
    -------
    pandas.DataFrame
        case, method, kind, num_simulations; gain of median log density in nats and its error over seeds; gaussian_c2st,
        mean over observations of C2ST between the posterior and a Gaussian of the same mean and covariance.
    """
    gain = differences[differences["quantity"] == "median_log_prob"].rename(columns={"difference": "gain"})
    distance = yardsticks[yardsticks["quantity"] == "gaussian"].groupby("case")["c2st"].mean().rename("gaussian_c2st")
    return gain[[*CELL, "gain", "error"]].dropna(subset=["gain"]).join(distance, on="case")
