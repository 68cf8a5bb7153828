"""Simulations of two own simulators, read from files: checked before an emulator is learned between them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fullfield.settings.user_images import DECLARED, SMALLEST, Images, check_symmetries
from fullfield.settings.user_prior import OF_EACH, PRIOR_ARRAYS
from fullfield.settings.user_simulations import check_simulations

MIN_SIMULATIONS = 160
FALSE_ALARM = 1e-4
"""Probability that parameters of the same law are refused."""
SHARED = (*(name for name in PRIOR_ARRAYS if not name.startswith(OF_EACH)), *DECLARED)
"""Arrays that must be the same for both simulators."""

Arrays = Mapping[str, np.ndarray]


def check_bridge(
    files: Mapping[str, Arrays], names: Mapping[str, str], *, batch_size: int, patch: int
) -> dict[str, dict[str, np.ndarray]]:
    """Return simulations of two simulators, unpaired, if an emulator can be learned between them.

    Parameters
    ----------
    files
        Of ``cheap`` and ``expensive``: arrays as `user_simulations.check_simulations` describes them, x being maps
        (n, N, N) or (n, 1, N, N).
    names
        File names, for the messages.
    batch_size, patch
        Of the training.

    Returns
    -------
    dict
        The arrays, x being (n, N, N).

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    least = max(MIN_SIMULATIONS, 2 * batch_size)
    checked = {kind: check_simulations(arrays, names[kind], least) for kind, arrays in files.items()}
    for kind, arrays in checked.items():
        arrays["x"] = _maps(arrays["x"], names[kind], patch)
        declared = tuple(_words(arrays.get("symmetries", [])))
        check_symmetries(Images(arrays["x"][:, None], declared, None), names[kind])
    _check_alike(checked, names)
    _check_parameters(checked, names)
    return checked


def _maps(x: np.ndarray, name: str, patch: int) -> np.ndarray:
    given = x.shape
    x = x[:, 0] if x.ndim == 4 and x.shape[1] == 1 else x
    side = x.shape[-1]
    if x.ndim != 3 or x.shape[1] != side or side % 2 or side % patch or side < SMALLEST:
        raise ValueError(
            f"{name}: x has shape {given}; allowed for an emulator: one square map a simulation, (n, N, N), N even, a"
            f" multiple of flow.patch = {patch} and at least {SMALLEST}"
        )
    return x


def _check_alike(checked: Mapping[str, Arrays], names: Mapping[str, str]) -> None:
    """Refuse simulators of different things."""
    cheap, expensive = checked["cheap"], checked["expensive"]
    facts = {
        "maps of shape": [one["x"].shape[1:] for one in (cheap, expensive)],
        **{label: [_words(one.get(label, [])) for one in (cheap, expensive)] for label in ("parameter_names", *SHARED)},
        "symmetries": [sorted(_words(one.get("symmetries", []))) for one in (cheap, expensive)],
    }
    for label, (one, other) in facts.items():
        if one != other:
            raise ValueError(
                f"{names['expensive']}: it has {label} {other}, {names['cheap']} has {one}; both must have the same"
            )


def _words(values: Any) -> list[str]:
    return [str(value) for value in np.ravel(values).tolist()]


def _check_parameters(checked: Mapping[str, Arrays], names: Mapping[str, str]) -> None:
    """Refuse parameters of different laws, which no transport at fixed parameters can reconcile."""
    from scipy.stats import ks_2samp  # most runs have no simulators of their own

    parameters = checked["cheap"]["parameter_names"].tolist()
    points = [np.unique(checked[kind]["theta"], axis=0) for kind in ("cheap", "expensive")]
    for index, name in enumerate(parameters):
        p_value = ks_2samp(*(one[:, index] for one in points)).pvalue
        if p_value < FALSE_ALARM / len(parameters):
            raise ValueError(
                f"{names['expensive']}: {name} is distributed otherwise than in {names['cheap']} (p = {p_value:.1e});"
                " parameters of both must be draws of the same law, or the same ones"
            )
