"""The survey: field, noise, and the redshift distribution of its tomographic bins (outside theta, so NumPy)."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import erf

from fullfield.types import ArrayLike, Float


@dataclasses.dataclass(frozen=True)
class SmailDistribution:
    """Redshift distribution p(z) ~ z^a exp[-(z / z0)^beta] on [0, z_max], cut at photometric redshifts `edges`.

    Attributes
    ----------
    a, beta, z0
        Shape of the distribution.
    z_max
        Largest redshift.
    edges
        Photometric redshifts that bound the tomographic bins, increasing.
    """

    a: float
    beta: float
    z0: float
    z_max: float
    edges: tuple[float, ...]

    def __post_init__(self):
        if min(self.a, self.beta, self.z0, self.z_max) <= 0:
            raise ValueError(f"nz: a={self.a}, beta={self.beta}, z0={self.z0}, z_max={self.z_max} must be positive")
        if len(self.edges) < 2 or np.any(np.diff(self.edges) <= 0):
            raise ValueError(f"nz.edges is {self.edges}; at least two increasing redshifts are needed")

    def __call__(self, z: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return p(z), not normalised; zero above z_max."""
        return np.where(z <= self.z_max, z**self.a * np.exp(-((z / self.z0) ** self.beta)), 0.0)


MEAN_CONVERGENCE = ("unknown", "measured")


@dataclasses.dataclass(frozen=True)
class Survey:
    """A weak-lensing survey.

    Attributes
    ----------
    name
        Name used in messages and files.
    field_deg
        Side of the square field in degrees.
    sigma_e
        Ellipticity dispersion per component.
    galaxy_density_per_bin_arcmin2
        Galaxies per square arcmin in each tomographic bin.
    nz
        Redshift distribution and bin edges.
    photoz_scatter
        sigma_z / (1 + z).
    mean_convergence
        Whether the mean of a map is ``measured``, or ``unknown`` and projected out of data and likelihood: shear knows
        no mass sheet.
    """

    name: str
    field_deg: float
    sigma_e: float
    galaxy_density_per_bin_arcmin2: float
    nz: SmailDistribution
    photoz_scatter: float
    mean_convergence: str = "unknown"

    def __post_init__(self):
        for field in ("field_deg", "sigma_e", "galaxy_density_per_bin_arcmin2", "photoz_scatter"):
            if not getattr(self, field) > 0:
                raise ValueError(f"survey {self.name}: {field} is {getattr(self, field)}; a positive number is needed")
        if self.mean_convergence not in MEAN_CONVERGENCE:
            raise ValueError(
                f"survey {self.name}: mean_convergence is {self.mean_convergence!r};"
                f" allowed: {', '.join(MEAN_CONVERGENCE)}"
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "Survey":
        """Build a survey from the contents of a survey file.

        Raises
        ------
        ValueError
            Where a key is missing or unknown, or a value is not allowed.
        """
        _check_keys("survey", cls, mapping)
        _check_keys("nz", SmailDistribution, mapping["nz"])
        shape = {name: float(value) for name, value in mapping["nz"].items() if name != "edges"}
        nz = SmailDistribution(**shape, edges=tuple(float(edge) for edge in mapping["nz"]["edges"]))
        words = ("name", "mean_convergence")
        others = {name: value if name in words else float(value) for name, value in mapping.items() if name != "nz"}
        return cls(nz=nz, **others)

    @property
    def num_bins(self) -> int:
        """Number of tomographic bins."""
        return len(self.nz.edges) - 1

    def bin_nz(self, z: Float[np.ndarray, " z"]) -> Float[np.ndarray, "bins z"]:
        r"""Return the redshift distribution of each tomographic bin, integral one over [0, z_max].

        p_i(z) ~ p(z)/2 [erf((z_{i+1} - z) / (sqrt2 s (1+z))) - erf((z_i - z) / (sqrt2 s (1+z)))]: galaxies of true
        redshift z whose photometric redshift, of scatter s (1 + z), lies in the bin (Ma, Hu & Huterer 2006, eq. 5).

        Parameters
        ----------
        z
            True redshifts.

        Returns
        -------
        np.ndarray
            (num_bins, z) densities per unit redshift.
        """
        return self._unnormalised_bin_nz(z) / self._normalisation[:, None]

    def _unnormalised_bin_nz(self, z: np.ndarray) -> np.ndarray:
        scaled_edges = (np.array(self.nz.edges)[:, None] - z) / (np.sqrt(2.0) * self.photoz_scatter * (1.0 + z))
        return self.nz(z) * np.diff(erf(scaled_edges), axis=0) / 2.0

    @functools.cached_property
    def _normalisation(self) -> np.ndarray:
        import scipy.integrate  # a quarter of a second that jobs without theory should not pay

        z = np.linspace(0.0, self.nz.z_max, 8001)
        return scipy.integrate.simpson(self._unnormalised_bin_nz(z), z, axis=1)

    def noise_sigma(self, pixel_arcmin: float) -> Float[np.ndarray, " bins"]:
        """Return the standard deviation of the shape noise of a pixel, sigma_i = sigma_e / sqrt(n_i A_pix).

        Parameters
        ----------
        pixel_arcmin
            Side of a pixel in arcmin.

        Returns
        -------
        np.ndarray
            (num_bins,) standard deviations of the convergence noise.
        """
        galaxies = self.galaxy_density_per_bin_arcmin2 * pixel_arcmin**2
        return np.full(self.num_bins, self.sigma_e / np.sqrt(galaxies))

    def data_of(self, x: Float[ArrayLike, "*batch n n"]) -> Float[ArrayLike, "*batch n n"]:
        """Return what of noisy maps is data: all of them, or all but their means where these are unknown."""
        return remove_mean(x) if self.mean_convergence == "unknown" else x


def remove_mean(x: Float[ArrayLike, "*batch n n"]) -> Float[ArrayLike, "*batch n n"]:
    """Return maps less their means, bin by bin; NumPy's or JAX's."""
    return x - x.mean((-2, -1), keepdims=True)


def _check_keys(where: str, cls: type, mapping: Mapping[str, Any]) -> None:
    expected = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(cls)}
    needed = {name for name, is_needed in expected.items() if is_needed}
    missing, unknown = needed - set(mapping), set(mapping) - set(expected)
    if missing or unknown:
        raise ValueError(
            f"{where}: missing keys {sorted(missing)}, unknown keys {sorted(unknown)}; allowed are {sorted(expected)}"
        )
