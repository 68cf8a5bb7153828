"""Lognormal weak-lensing convergence maps: theta -> spectra and shifts -> latents -> five noisy maps."""

import math
from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from fullfield.fields import Grid, LognormalField, gaussian_spectrum, lognormal_field, noise
from fullfield.fields.interpolation import interpolate
from fullfield.fields.marginal import gaussian_log_density
from fullfield.fields.mass_sheet import MeanFreeNormal
from fullfield.fields.wiener import to_latents, to_whitened, wiener_modes
from fullfield.survey import MEAN_CONVERGENCE
from fullfield.tasks.prior import ProductPrior, default_prior
from fullfield.tasks.task import Task
from fullfield.theory.cosmology import FIDUCIAL, PARAMETER_NAMES
from fullfield.types import Array

Theory = Callable[[Array], tuple[Array, Array]]
"""theta -> (log C_ell of shape (num_pairs, num_ell), shift lambda of shape (num_bins,))."""


LATENTS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "modes": (noise.to_modes, noise.from_modes),
    "pixels": (jnp.fft.rfft2, jnp.fft.irfft2),
}
"""What the latents are: functions to the modes of `rfft2` and back."""


def spectrum_on_grid(grid: Grid, theory: Theory, ell: np.ndarray) -> Callable[[Array], Array]:
    """Return theta -> P_ij(k) = C_ell^ij / A_pix, (num_pairs, num_distinct), from spectra at the multipoles `ell`."""
    interpolation = grid.interpolation_matrix(ell)
    return lambda theta: jnp.exp(interpolate(interpolation, theory(theta)[0]) - math.log(grid.pixel_area))


def field_law(grid: Grid, theory: Theory, ell: np.ndarray) -> Callable[[Array], LognormalField]:
    """Return theta -> the law of the maps on the grid."""
    spectrum = spectrum_on_grid(grid, theory, ell)
    return lambda theta: gaussian_spectrum(grid, spectrum(theta), theory(theta)[1])


def lensing(
    *,
    grid: Grid,
    theory: Theory,
    ell: np.ndarray,
    noise_sigma: np.ndarray,
    prior: ProductPrior | None = None,
    transport: Callable[[Array], Array] = lambda kappa: kappa,
    latents: str = "modes",
    mean_convergence: str = "unknown",
) -> Task:
    """Build the lensing task: kappa_i = lambda_i [exp(g_i - s^g_ii / 2) - 1], x = kappa + n, less its unknown mean.

    Parameters
    ----------
    grid
        Pixels and field.
    theory
        theta -> (log C_ell^ij of shape (num_pairs, num_ell), lambda of shape (num_bins,)): exact spectra or a
        surrogate.
    ell
        (num_ell,) multipoles of the spectra, covering the grid's modes.
    noise_sigma
        (num_bins,) standard deviation of the white noise per pixel, sigma_e / sqrt(n_i A_pix).
    prior
        Prior of the six parameters; the published one if None.
    transport
        Map from the lognormal to another simulator's convergence; the identity by default.
    latents
        What the white noise z is: ``modes`` (Fourier modes of a white-noise map, in the order of
        `fields.noise.to_modes`) or ``pixels`` (the map itself). The law of the maps is the same; modes save one FFT.
    mean_convergence
        Whether the mean of a map is data: ``unknown`` (projected out, `fields.mass_sheet`) or ``measured``.

    Returns
    -------
    Task
        Sites ``theta`` (6,), ``z`` and ``x`` (num_bins, N, N); deterministic ``kappa`` and ``num_invalid``, the
        non-positive modes and lags of the lognormal construction.

    Raises
    ------
    ValueError
        Where `latents` or `mean_convergence` is none of these.
    """
    if latents not in LATENTS:
        raise ValueError(f"latents is {latents!r}; allowed: {', '.join(LATENTS)}")
    if mean_convergence not in MEAN_CONVERGENCE:
        raise ValueError(f"mean_convergence is {mean_convergence!r}; allowed: {', '.join(MEAN_CONVERGENCE)}")
    to_modes, from_modes = LATENTS[latents]
    prior = prior or default_prior()
    law = field_law(grid, theory, np.asarray(ell))
    sigma = np.asarray(noise_sigma, np.float32)[:, None, None]
    shape = (len(noise_sigma), grid.num_pixels, grid.num_pixels)

    def observed(kappa):
        if mean_convergence == "unknown":
            return MeanFreeNormal(kappa, sigma)
        return dist.Normal(kappa, jnp.broadcast_to(sigma, shape)).to_event()

    def model(x=None, field=None):
        theta = numpyro.sample("theta", prior)
        z = numpyro.sample("z", dist.Normal().expand(shape).to_event())
        field = law(theta) if field is None else field
        numpyro.deterministic("num_invalid", field.num_nonpositive)
        # Where the construction does not exist there is no density: chains stay out, as simulations are left out.
        numpyro.factor("exists", jnp.where(field.num_nonpositive == 0, 0.0, -jnp.inf))
        kappa = numpyro.deterministic("kappa", transport(lognormal_field(grid, field, to_modes(z))))
        numpyro.sample("x", observed(kappa), obs=x)

    def coordinates(x):
        def to_z(theta, w):
            field = law(theta)
            modes, log_det = to_latents(grid, wiener_modes(field, noise_sigma), x, noise_sigma, to_modes(w))
            return from_modes(modes), log_det, {"field": field}

        return to_z

    def whiten(x):
        def to_w(theta, z):
            modes = wiener_modes(law(theta), noise_sigma)
            return from_modes(to_whitened(grid, modes, x, noise_sigma, to_modes(z)))

        return to_w

    def approximation(x):
        gaussian, spectrum = gaussian_log_density(grid, x, noise_sigma), spectrum_on_grid(grid, theory, np.asarray(ell))
        return lambda theta: gaussian(spectrum(theta))

    fiducial = np.array([getattr(FIDUCIAL, name) for name in PARAMETER_NAMES], np.float32)
    return Task(
        "lensing",
        PARAMETER_NAMES,
        prior,
        fiducial,
        shape,
        model,
        coordinates=coordinates,
        whiten=whiten,
        approximation=approximation,
        observe=lambda key, kappa: observed(kappa).sample(key),
    )
