"""Is a user's map one that the lensing task could have drawn? Checked before the first job."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from fullfield import maps_io
from fullfield.survey import Survey
from fullfield.types import Float

PIXEL_TOLERANCE = 0.01
NOISE_RANGE = (0.7, 20.0)
"""Allowed rms of a bin in units of its shape noise; noise alone gives 1."""
MAX_EXACT_ZEROS = 1e-3
"""Largest fraction of pixels that are exactly zero; more is a mask."""


def load(
    path: str | Path, survey: Mapping[str, Any], num_pixels: int, pixel_arcmin: float | None = None
) -> Float[np.ndarray, "bins N N"]:
    """Read and check one observed map, whatever its format and order of axes.

    Parameters
    ----------
    path
        File: .npy, .nc or .fits.
    survey
        Contents of the survey file.
    num_pixels
        Side of the map in pixels at this scale.
    pixel_arcmin
        Side of a pixel that the user stated; needed where the file does not say.

    Returns
    -------
    np.ndarray
        (bins, N, N) float32.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    x, own = maps_io.load_map(path)
    if own is not None and pixel_arcmin is not None and abs(own / pixel_arcmin - 1.0) > PIXEL_TOLERANCE:
        raise ValueError(
            f"{path}: the file says that its pixels have {own:.6g} arcmin, the key observation_pixel_arcmin "
            f"{pixel_arcmin:.6g}; one of them is wrong"
        )
    survey = Survey.from_mapping(survey)
    return check(
        x,
        pixel_arcmin if own is None else own,
        num_pixels=num_pixels,
        survey=survey,
        name=str(path),
    )


def check(
    x: np.ndarray,
    pixel_arcmin: float | None,
    *,
    survey: Survey,
    num_pixels: int,
    name: str = "observation",
) -> Float[np.ndarray, "bins N N"]:
    """Return a user's map with bins first, if it can be convergence plus shape noise on the survey's periodic field.

    Parameters
    ----------
    x
        Map of shape (bins, N, N) or (N, N, bins).
    pixel_arcmin
        Side of its pixels in arcmin; None where nobody said.
    survey
        Bins, field, noise, and whether the mean of a map is data.
    num_pixels
        Side of the map in pixels that the scale asks for.
    name
        File name, for the messages.

    Returns
    -------
    np.ndarray
        (bins, N, N) float32, without the means where they are unknown.

    Raises
    ------
    ValueError
        Naming the file, what was given and what is allowed.
    """
    expected = 60.0 * survey.field_deg / num_pixels
    x = _bins_first(x, survey.num_bins, name)
    _check_values(x, name)
    _check_pixels(x.shape[1], pixel_arcmin, num_pixels, expected, name)
    # An offset of any size goes before rounding.
    x = survey.data_of(x.astype(np.float64)).astype(np.float32)
    _check_amplitude(x, survey.noise_sigma(expected), name)
    _check_periodic(x, name)
    return x


def _bins_first(x: np.ndarray, num_bins: int, name: str) -> np.ndarray:
    allowed = f"allowed: ({num_bins}, N, N) or (N, N, {num_bins}), one square map for each bin of the survey"
    if not (np.issubdtype(x.dtype, np.floating) or np.issubdtype(x.dtype, np.integer)):
        raise ValueError(f"{name}: its values are of type {x.dtype}; real numbers are needed")
    if x.size == 0:
        raise ValueError(f"{name}: the map is empty, its shape is {x.shape}; {allowed}")
    if x.ndim == 3 and x.shape[0] == num_bins and x.shape[1] == x.shape[2]:
        return x
    if x.ndim == 3 and x.shape[2] == num_bins and x.shape[0] == x.shape[1]:
        return np.moveaxis(x, 2, 0)
    raise ValueError(f"{name}: its shape is {x.shape}; {allowed}")


def _check_values(x: np.ndarray, name: str) -> None:
    num_bad = int(np.sum(~np.isfinite(x)))
    unmasked = "the model has no masks, so every pixel of the square field needs a finite value"
    if num_bad:
        raise ValueError(f"{name}: {num_bad} of {x.size} pixels are NaN or infinite; {unmasked}")
    constant = [index + 1 for index, values in enumerate(x) if np.ptp(values) == 0]
    if constant:
        raise ValueError(f"{name}: bins {constant} of {len(x)} hold a single value (e.g. {x[constant[0] - 1, 0, 0]})")
    num_zero = int(np.sum(x == 0))
    if num_zero > MAX_EXACT_ZEROS * x.size:
        raise ValueError(f"{name}: {num_zero} of {x.size} pixels are exactly zero, which looks like a mask; {unmasked}")


def _check_pixels(
    given: int, pixel_arcmin: float | None, num_pixels: int, expected_pixel_arcmin: float, name: str
) -> None:
    field = num_pixels * expected_pixel_arcmin
    if pixel_arcmin is not None and abs(given * pixel_arcmin / field - 1.0) > PIXEL_TOLERANCE:
        raise ValueError(
            f"{name}: {given} pixels of {pixel_arcmin:.6g} arcmin span {given * pixel_arcmin:.6g} arcmin; the survey's "
            f"field spans {field:.6g} arcmin, so {given} pixels must have {field / given:.6g} arcmin each (to 1 %)"
        )
    if given != num_pixels:
        raise ValueError(f"{name}: it has {given} x {given} pixels; {_remedy(given, num_pixels, field, name)}")
    if pixel_arcmin is None:
        raise ValueError(
            f"{name}: the file does not say how large its pixels are; if they are the survey's, "
            f"set observation_pixel_arcmin: {expected_pixel_arcmin:.6g}"
        )


def _remedy(given: int, num_pixels: int, field: float, name: str) -> str:
    allowed = f"allowed at this scale: {num_pixels} x {num_pixels}"
    if given % num_pixels:
        return f"{allowed}, and {given} is not a multiple of {num_pixels}, so its pixels cannot be averaged"
    coarse = f"{name.rsplit('.', 1)[0]}_{num_pixels}.npy"
    files = f"{shlex.quote(name)} --num-pixels {num_pixels} -o {shlex.quote(coarse)}"
    return (
        f"{allowed}. Average its pixels with\n    python -m fullfield.settings.degrade {files}\n"
        f"then set observation: {coarse} and observation_pixel_arcmin: {field / num_pixels:.6g}"
    )


def _check_amplitude(x: np.ndarray, noise_sigma: np.ndarray, name: str) -> None:
    rms = np.sqrt(np.mean(np.square(x, dtype=np.float64), axis=(1, 2)))
    for index, ratio in enumerate(rms / noise_sigma):
        if not NOISE_RANGE[0] <= ratio <= NOISE_RANGE[1]:
            raise ValueError(
                f"{name}: bin {index + 1} has an rms of {rms[index]:.3g}, {ratio:.3g} times the survey's shape noise "
                f"of {noise_sigma[index]:.3g} a pixel; allowed: {NOISE_RANGE[0]:g} to {NOISE_RANGE[1]:g} times. The "
                "map is not convergence plus shape noise, or its noise is not the survey's (sigma_e, galaxy density)"
            )


def edge_jump(x: Float[np.ndarray, "bins N N"]) -> float:
    r"""Return the largest mean square step across the periodic edge over that across any interior seam.

    J_i = <(y_i - y_{i-1})^2> over a row of pixels and the bins, with y the normal scores of each bin (values replaced
    by the normal quantiles of their ranks, so that no bright peak decides). On a periodic homogeneous field all seams
    are alike, whatever the spectrum and the noise: J_0 / max_{i > 0} J_i is seldom above one. Pixels are averaged
    to at most 32 a side, where noise matters least.
    """
    side = _coarse_side(x.shape[1])
    width = x.shape[1] // side
    coarse = x.reshape(len(x), side, width, side, width).mean((2, 4), dtype=np.float64)
    ranks = coarse.reshape(len(x), -1).argsort(axis=1).argsort(axis=1)
    scores = ndtri((ranks + 0.5) / side**2).reshape(coarse.shape)
    jumps = [np.square(np.roll(scores, 1, axis) - scores).mean((0, 3 - axis)) for axis in (1, 2)]
    return float(max(jump[0] / jump[1:].max() for jump in jumps))


def _coarse_side(num_pixels: int) -> int:
    return max(side for side in range(1, min(num_pixels, 32) + 1) if num_pixels % side == 0)


def _check_periodic(x: np.ndarray, name: str) -> None:
    # 48 000 periodic maps, Gaussian and lognormal, power k^0 ... k^-3, with and without noise, reached 2.1 (16 seams)
    # and 1.7 (32). A noisy cut-out of 10 degrees with little power on large scales passes, too.
    limit = 1.0 + 32.0 / _coarse_side(x.shape[1])
    jump = edge_jump(x)
    if jump > limit:
        raise ValueError(
            f"{name}: its opposite edges do not meet: the mean square step across the edge is {jump:.3g} times the "
            f"largest inside (allowed: {limit:.3g}). The model's field is periodic"
        )
