"""The square periodic grid, its Fourier modes and its symmetries.

A spectrum that depends on a mode (ky, kx) only through (|ky|, |kx|) is kept on the *quadrant* 0 <= ky, kx <= N/2, from
which the half-plane of `rfft2` follows by reflection. A spectrum that is also symmetric under ky <-> kx is kept on the
*distinct* modes 0 <= ky <= kx <= N/2, about N^2 / 8 of them.
"""

import dataclasses
import functools

import jax.numpy as jnp
import numpy as np

from fullfield.fields.interpolation import spline_matrix
from fullfield.precision import full_precision
from fullfield.types import Array, Float


@dataclasses.dataclass(frozen=True)
class Grid:
    """A square periodic grid of N x N pixels.

    Attributes
    ----------
    num_pixels
        N, even, pixels on a side.
    field_deg
        Side of the field in degrees.
    """

    num_pixels: int
    field_deg: float

    def __post_init__(self):
        if self.num_pixels < 4 or self.num_pixels % 2:
            raise ValueError(f"num_pixels is {self.num_pixels}; an even number >= 4 is needed")
        if not self.field_deg > 0:
            raise ValueError(f"field_deg is {self.field_deg}; a positive number of degrees is needed")

    @property
    def pixel_arcmin(self) -> float:
        """Side of a pixel in arcmin."""
        return 60.0 * self.field_deg / self.num_pixels

    @property
    def pixel_area(self) -> float:
        """Area of a pixel, A_pix, in steradian."""
        return float(np.deg2rad(self.field_deg / self.num_pixels) ** 2)

    @property
    def fundamental(self) -> float:
        """Multipole of the lowest mode, 2 pi / field."""
        return float(2.0 * np.pi / np.deg2rad(self.field_deg))

    @property
    def num_frequencies(self) -> int:
        """Frequencies on a side of the quadrant, N/2 + 1."""
        return self.num_pixels // 2 + 1

    @functools.cached_property
    def multiplicity(self) -> np.ndarray:
        """(N/2+1,) how many of the N frequencies share each absolute value: 1 at 0 and N/2, else 2."""
        counts = np.full(self.num_frequencies, 2.0, np.float32)
        counts[[0, -1]] = 1.0
        return counts

    @functools.cached_property
    def distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """(ky, kx) of the distinct modes, 0 <= ky <= kx <= N/2, each (num_distinct,); the first is the DC mode."""
        return np.triu_indices(self.num_frequencies)

    @functools.cached_property
    def ell_distinct(self) -> np.ndarray:
        """(num_distinct,) multipole ell = |k| of the distinct modes; zero for the DC mode."""
        ky, kx = self.distinct
        return self.fundamental * np.hypot(ky, kx)

    @functools.cached_property
    def ell(self) -> np.ndarray:
        """(N, N/2+1) multipole of every mode of the `rfft2` half-plane."""
        frequency = np.fft.fftfreq(self.num_pixels, 1.0 / self.num_pixels)
        return self.fundamental * np.hypot(frequency[:, None], np.arange(self.num_frequencies)[None])

    @functools.cached_property
    def distinct_index(self) -> np.ndarray:
        """(N/2+1, N/2+1) index into the distinct modes of every mode of the quadrant."""
        index = np.zeros((self.num_frequencies,) * 2, np.int32)
        index[self.distinct] = np.arange(len(self.distinct[0]))
        return np.maximum(index, index.T)

    def to_quadrant(self, values: Float[Array, "... distinct"]) -> Float[Array, "... q q"]:
        """Spread values on the distinct modes over the quadrant."""
        return jnp.take(values, self.distinct_index, axis=-1)

    def from_quadrant(self, values: Float[Array, "... q q"]) -> Float[Array, "... distinct"]:
        """Pick the distinct modes of the quadrant."""
        ky, kx = self.distinct
        return values[..., ky, kx]

    def to_half_plane(self, values: Float[Array, "... q q"]) -> Float[Array, "... n q"]:
        """Reflect the quadrant into the half-plane of `rfft2`, shape (N, N/2+1)."""
        return jnp.concatenate([values, values[..., -2:0:-1, :]], axis=-2)

    @full_precision
    def sum_modes(self, values: Float[Array, "... q q"]) -> Float[Array, "..."]:
        """Sum a quadrant over all N^2 modes of the plane."""
        return jnp.einsum("...yx,y,x->...", values, self.multiplicity, self.multiplicity)

    @functools.cached_property
    def cosines(self) -> np.ndarray:
        """(N/2+1, N/2+1) kernel m_k cos(2 pi k y / N) of the cosine transform of an even sequence."""
        frequency = np.arange(self.num_frequencies)
        angle = 2.0 * np.pi * (np.outer(frequency, frequency) % self.num_pixels) / self.num_pixels
        return (np.cos(angle) * self.multiplicity[None]).astype(np.float32)

    @full_precision
    def even_transform(self, values: Float[Array, "... q q"]) -> Float[Array, "... q q"]:
        """Return sum over all modes of f(k) e^{i k . y}, f even and given on the quadrant (an fft2 by two products)."""
        return jnp.einsum("yk,...kl,xl->...yx", self.cosines, values, self.cosines)

    def interpolation_matrix(self, ell_nodes: np.ndarray) -> np.ndarray:
        """Return the (num_distinct, num_nodes) cubic-spline matrix in log ell from the nodes to the distinct modes.

        The row of the DC mode, whose spectrum is never used, is that of the lowest mode.

        Raises
        ------
        ValueError
            Where the nodes do not cover the grid's modes.
        """
        lowest, highest = self.fundamental, self.ell_distinct.max()
        if ell_nodes[0] > lowest * (1 + 1e-6) or ell_nodes[-1] < highest * (1 - 1e-6):
            raise ValueError(
                f"spectra are given on {ell_nodes[0]:.1f} <= ell <= {ell_nodes[-1]:.1f}; this grid needs"
                f" {lowest:.1f} to {highest:.1f}"
            )
        return spline_matrix(ell_nodes, np.clip(self.ell_distinct, lowest, None))
