"""Spectra of simulated images as functions of their parameters, estimated where no theory gives them."""

import dataclasses
import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield import train
from fullfield.compress.items import map_items
from fullfield.compress.networks import SummaryNetwork
from fullfield.fields import Grid, PowerSpectrumEstimator
from fullfield.fields.gaussian import cholesky_modes
from fullfield.fields.marginal import distinct_spectra
from fullfield.pairs import pair_indices
from fullfield.pipeline.gaussian_estimate import bands_of
from fullfield.precision import full_precision
from fullfield.types import Array, ArrayLike, Float, Params, RandomKey

FIT = train.FitSettings(num_steps=4000, learning_rate=1e-2, patience=10, weight_decay=0.1)
NUM_HIDDEN = 128
NUM_BANDS = 16
BATCH_SIZE = 512
CHUNK = 500
"""Images whose spectra are in memory at once."""


class BandSpectra(NamedTuple):
    """Band powers of simulations, each relative to the mean spectrum."""

    u: Float[ArrayLike, "simulation parameter"]
    relative: Float[ArrayLike, "simulation bands bins bins"]
    """Mean over the modes of a band of L^-1 S L^-T, with S the spectrum of one simulation and L L^T the mean's."""


@dataclasses.dataclass(frozen=True, eq=False)
class EstimatedSpectra:
    r"""Function u -> P_ij(k) on the distinct modes, a network's correction to the mean spectrum of simulations.

    .. math:: P(k, u) = L(k) \Big[\sum_b w_b(k) \, \big(T_b(u)^T T_b(u)\big)^{-1}\Big] L(k)^T - \mathrm{diag}(n^2),

    with L L^T the mean spectrum, T_b lower triangular, of positive diagonal, w_b linear interpolation in log k,
    constant beyond the first and the last band, and n^2 what of the images' own power is taken for white noise.
    P + diag(n^2) is positive definite whatever the network says.

    Attributes
    ----------
    grid
        The grid.
    mean_spectrum
        (pairs, distinct) mean spectrum per pixel; the entry of the DC mode is not used.
    params
        Weights of the network that puts out the T_b.
    own_noise
        (bins,) n, standard deviation per pixel.
    """

    grid: Grid
    mean_spectrum: Float[np.ndarray, "pairs distinct"]
    params: Params
    own_noise: Float[np.ndarray, " bins"]

    @full_precision
    def __call__(self, u: Float[Array, " p"]) -> Float[Array, "pairs distinct"]:
        """Return the power per pixel of the signal."""
        relative = jnp.tensordot(self._weights, self._relative(u), axes=1)
        i, j = pair_indices(self.num_bins)
        return jnp.einsum("dik,dkl,djl->ijd", self._factor, relative, self._factor)[i, j] - self._own_power

    @full_precision
    def in_bands(self, u: Float[Array, " p"]) -> Float[Array, "pairs bands"]:
        """Return the same in the bands of the Gaussian-field likelihood."""
        return jnp.einsum("pobkl,bkl->po", self._to_bands, self._relative(u)) - self._own_power

    def _relative(self, u: Float[Array, " p"]) -> Float[Array, "bands bins bins"]:
        """Return (T_b^T T_b)^-1."""
        inverse = jnp.linalg.inv(self._precision_factors(self.params, u[None])[0])
        return jnp.einsum("bik,bjk->bij", inverse, inverse)

    def relative_bands(self, x: Float[Array, "bins n n"]) -> Float[Array, "bands bins bins"]:
        """Return the band powers of one set of images relative to the mean spectrum."""
        i, j = pair_indices(self.num_bins)
        pairs = jnp.concatenate([jnp.zeros((len(i), 1)), distinct_spectra(self.grid, x)], axis=1)
        spectra = jnp.zeros((pairs.shape[1], self.num_bins, self.num_bins)).at[:, i, j].set(pairs.T)
        spectra = spectra.at[:, j, i].set(pairs.T)
        inverse = np.linalg.inv(self._factor)
        white = jnp.einsum("dik,dkl,djl->ijd", inverse, spectra, inverse, precision="highest")
        means = self._bands.average(white.reshape(-1, white.shape[-1]))
        return jnp.moveaxis(means.reshape(self.num_bins, self.num_bins, -1), -1, 0)

    def log_likelihood(self, params: Params, bands: BandSpectra) -> Float[Array, " simulation"]:
        r"""Return \sum_b m_b [log det T^T T - tr T^T T R_b] / 2 \sum_b m_b of each simulation, m_b modes in a band."""
        factors = self._precision_factors(params, bands.u)
        log_det = jnp.sum(jnp.log(jnp.diagonal(factors, axis1=-2, axis2=-1)), axis=-1)
        trace = jnp.einsum("nbik,nbkl,nbil->nb", factors, bands.relative, factors, precision="highest")
        counts = self._bands.num_modes
        return (log_det - trace / 2) @ jnp.asarray(counts / counts.sum(), jnp.float32)

    @property
    def num_bins(self) -> int:
        """Return the number of bins."""
        return self._factor.shape[-1]

    @property
    def network(self) -> SummaryNetwork:
        """Return the perceptron u -> entries of all T_b."""
        num_outputs = len(self._bands.ell) * len(self.mean_spectrum)
        return SummaryNetwork(num_outputs, num_channels=0, num_hidden=NUM_HIDDEN)

    def _precision_factors(self, params: Params, u: Float[Array, "n p"]) -> Float[Array, "n bands bins bins"]:
        entries = self.network.apply(params, u).reshape(len(u), -1, len(self.mean_spectrum))
        row, column = np.tril_indices(self.num_bins)
        entries = jnp.where(row == column, jnp.exp(entries), entries)
        return jnp.zeros((*entries.shape[:2], self.num_bins, self.num_bins)).at[:, :, row, column].set(entries)

    @functools.cached_property
    def _bands(self) -> PowerSpectrumEstimator:
        return PowerSpectrumEstimator(self.grid, NUM_BANDS, has_corners=True)

    @functools.cached_property
    def _factor(self) -> np.ndarray:
        """(distinct, bins, bins) lower-triangular L; the identity in the DC mode."""
        with jax.ensure_compile_time_eval():
            rows, _ = cholesky_modes(jnp.asarray(self.mean_spectrum)[:, 1:])
        factor = np.tile(np.eye(len(rows), dtype=np.float32), (self.mean_spectrum.shape[1], 1, 1))
        for i, row in enumerate(rows):
            for j, entry in enumerate(row):
                factor[1:, i, j] = entry
        return factor

    @property
    def _own_power(self) -> Float[np.ndarray, "pairs one"]:
        i, j = pair_indices(self.num_bins)
        return np.where(i == j, self.own_noise[i] ** 2, 0.0).astype(np.float32)[:, None]

    @functools.cached_property
    def _to_bands(self) -> np.ndarray:
        """(pairs, bands of the likelihood, bands, bins, bins) linear map of (T_b^T T_b)^-1 to the means over bands."""
        with jax.ensure_compile_time_eval():
            average = np.asarray(bands_of(self.grid).average(jnp.eye(self.mean_spectrum.shape[1])))
        i, j = pair_indices(self.num_bins)
        weights = np.einsum("do,db->dob", average, self._weights)
        products = np.einsum("dpk,dpl->dpkl", self._factor[:, i], self._factor[:, j])
        return np.tensordot(products, weights, axes=(0, 0)).transpose(0, 3, 4, 1, 2)

    @functools.cached_property
    def _weights(self) -> np.ndarray:
        """(distinct, bands) w_b(k)."""
        nodes = np.log(self._bands.ell)
        ell = np.log(np.clip(self.grid.ell_distinct, self.grid.fundamental, None))
        return np.stack([np.interp(ell, nodes, row) for row in np.eye(len(nodes))], axis=1).astype(np.float32)


def fit_spectra(
    key: RandomKey,
    grid: Grid,
    u: Float[ArrayLike, "simulation parameter"],
    x: Float[ArrayLike, "simulation bins n n"],
    num_validation: int,
) -> EstimatedSpectra:
    """Maximise the likelihood of the simulations' band powers, each taken as a Gaussian field's.

    Parameters
    ----------
    key
        A typed key.
    grid
        The grid.
    u
        Parameters in coordinates in which they are a priori standard normal.
    x
        Images.
    num_validation
        Of these simulations, the last ones, which decide when training stops.

    Returns
    -------
    EstimatedSpectra

    Raises
    ------
    ValueError
        Where the mean spectrum is not positive definite: bins are copies of each other, or have no power somewhere.
    train.TrainingError
        Where training diverges.
    """
    u, x = jnp.asarray(u, jnp.float32), np.asarray(x, np.float32)
    mean = _in_chunks(lambda one: distinct_spectra(grid, one), x, average=True)
    mean = np.concatenate([np.zeros_like(mean[:, :1]), mean], axis=1)
    if num_bad := int(cholesky_modes(jnp.asarray(mean[:, 1:]))[1]):
        raise ValueError(
            f"{num_bad} of {mean.shape[1] - 1} modes of the images' mean spectrum are not positive definite: bins that"
            " are copies or sums of each other, or without power at some scale, are not allowed"
        )
    start = EstimatedSpectra(grid, mean, {}, np.zeros(x.shape[1], np.float32))
    bands = BandSpectra(u, jnp.asarray(_in_chunks(start.relative_bands, x)))
    num_train = len(u) - num_validation

    def mean_loss(params, rows, bands):
        return -jnp.mean(start.log_likelihood(params, jax.tree.map(lambda leaf: leaf[rows], bands)))

    def loss(params, key, bands):
        return mean_loss(params, jax.random.choice(key, num_train, (BATCH_SIZE,)), bands)

    def validation_loss(params, bands):
        return mean_loss(params, slice(num_train, None), bands)

    params = jax.vmap(lambda key: start.network.init(key, u[:2]))(key[None])
    result = train.fit(key[None], params, train.Losses(loss, validation_loss), train.Inputs(bands), FIT)
    return dataclasses.replace(start, params=jax.tree.map(lambda leaf: leaf[0], result.params))


def _in_chunks(
    function: Callable[[Array], Array], x: Float[np.ndarray, "simulation bins n n"], *, average: bool = False
) -> np.ndarray:
    """Apply a function of one set of images to all, a chunk in memory at a time; stack what it returns, or average."""

    @jax.jit
    def apply(chunk):
        values = map_items(function, chunk)
        return jnp.sum(values, axis=0) if average else values

    chunks = (np.asarray(apply(jnp.asarray(x[i : i + CHUNK]))) for i in range(0, len(x), CHUNK))
    return sum(chunks) / len(x) if average else np.concatenate(list(chunks))
