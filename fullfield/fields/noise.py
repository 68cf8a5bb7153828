"""White noise in Fourier space: real normals stand for the modes of a real map, and a transform is saved."""

import jax.numpy as jnp

from fullfield.types import Array, Complex, Float


def to_modes(z: Float[Array, "*batch n n"]) -> Complex[Array, "*batch n half"]:
    """Read N^2 real normals as the modes of a white-noise map: the same law as rfft2(z), without a transform.

    Columns 0 < kx < N/2 are N (z[:, kx] + i z[:, N/2 + kx]) / sqrt(2); columns 0 and N/2, whose modes come in conjugate
    pairs, are filled from z[:, 0] and z[:, N/2] in the same way along ky. irfft2(to_modes(.)) is orthogonal.

    Parameters
    ----------
    z
        (..., N, N) white noise of unit variance, N even.

    Returns
    -------
    Array
        (..., N, N/2 + 1) modes as `rfft2` orders them.
    """
    half = z.shape[-1] // 2
    inner = _complex(z[..., 1:half], z[..., half + 1 :])
    edges = [_hermitian(z[..., column]) for column in (0, half)]
    modes = jnp.concatenate([edges[0][..., None], inner, edges[1][..., None]], axis=-1)
    return z.shape[-1] * modes


def from_modes(modes: Complex[Array, "*batch n half"]) -> Float[Array, "*batch n n"]:
    """Invert `to_modes`."""
    size = modes.shape[-2]
    modes = modes / size
    inner = modes[..., 1:-1] * jnp.sqrt(2.0).astype(modes.real.dtype)
    edges = [_real(modes[..., column])[..., None] for column in (0, -1)]
    return jnp.concatenate([edges[0], inner.real, edges[1], inner.imag], axis=-1)


def _complex(real: Array, imaginary: Array) -> Array:
    return (real + 1j * imaginary) / jnp.sqrt(2.0).astype(real.dtype)


def _hermitian(values: Array) -> Array:
    """N real normals -> N modes of a real sequence."""
    half = values.shape[-1] // 2
    pairs = _complex(values[..., 1:half], values[..., half + 1 :])
    ends = [values[..., index : index + 1] + 0j for index in (0, half)]
    return jnp.concatenate([ends[0], pairs, ends[1], jnp.conj(pairs[..., ::-1])], axis=-1)


def _real(modes: Array) -> Array:
    half = modes.shape[-1] // 2
    pairs = modes[..., 1:half] * jnp.sqrt(2.0).astype(modes.real.dtype)
    return jnp.concatenate([modes[..., :1].real, pairs.real, modes[..., half : half + 1].real, pairs.imag], axis=-1)
