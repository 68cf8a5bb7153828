"""Average the pixels of a map: ``python -m fullfield.settings.degrade map.npy --num-pixels 64 -o out.npy``."""

import argparse
from collections.abc import Sequence

import numpy as np

from fullfield.maps_io import load_map, save_map
from fullfield.types import Float


def block_average(x: Float[np.ndarray, "bins N N"], num_pixels: int) -> Float[np.ndarray, "bins M M"]:
    """Return the means of w x w blocks of pixels, w = N / num_pixels.

    White noise of standard deviation sigma becomes white noise of sigma / w, that of the larger pixel. The signal is
    multiplied by the window of the larger pixel.

    Parameters
    ----------
    x
        Maps.
    num_pixels
        Side of the result; must divide N.

    Raises
    ------
    ValueError
        Where `num_pixels` does not divide N.
    """
    width = _width(x, num_pixels)
    return x.reshape(len(x), num_pixels, width, num_pixels, width).mean((2, 4))


def band_limit(x: Float[np.ndarray, "bins N N"], num_pixels: int) -> Float[np.ndarray, "bins M M"]:
    """Return the periodic map with the same Fourier coefficients below the Nyquist frequency of `num_pixels`.

    White noise of standard deviation sigma becomes sigma num_pixels / N, as for the block average, but the signal keeps
    its spectrum: no pixel window. The Nyquist modes themselves are dropped.

    Parameters
    ----------
    x
        Maps, periodic.
    num_pixels
        Side of the result; must divide N.

    Raises
    ------
    ValueError
        Where `num_pixels` does not divide N.
    """
    _width(x, num_pixels)
    wanted = np.fft.fftfreq(num_pixels, 1.0 / num_pixels).astype(int)
    kept = np.fft.fft2(x)[:, wanted][:, :, wanted]
    nyquist = np.abs(wanted) == num_pixels // 2 if num_pixels % 2 == 0 else np.zeros(num_pixels, bool)
    kept[:, nyquist], kept[:, :, nyquist] = 0.0, 0.0
    return np.fft.ifft2(kept).real * (num_pixels / x.shape[1]) ** 2


def _width(x: np.ndarray, num_pixels: int) -> int:
    if num_pixels < 1 or x.shape[1] % num_pixels:
        raise ValueError(f"{x.shape[1]} pixels a side cannot become {num_pixels}; allowed: a divisor of {x.shape[1]}")
    return x.shape[1] // num_pixels


def _bins_first(x: np.ndarray, name: str) -> np.ndarray:
    if x.ndim == 3 and x.shape[1] == x.shape[2]:
        return x
    if x.ndim == 3 and x.shape[0] == x.shape[1]:
        return np.moveaxis(x, 2, 0)
    raise ValueError(f"{name}: its shape is {x.shape}; allowed: (bins, N, N) or (N, N, bins)")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; bad input ends with one line on standard error and exit status 2."""
    parser = argparse.ArgumentParser(prog="fullfield.settings.degrade", description="Average the pixels of a map.")
    parser.add_argument("map", help="map to read: .npy, .nc or .fits; (bins, N, N) or (N, N, bins)")
    parser.add_argument("--num-pixels", type=int, required=True, help="side of the result in pixels, a divisor of N")
    parser.add_argument("-o", "--output", required=True, help="file to write: .npy or .nc")
    parser.add_argument(
        "--band-limit", action="store_true", help="cut the Fourier modes instead, which leaves no pixel window"
    )
    options = parser.parse_args(arguments)
    try:
        x, pixel_arcmin = load_map(options.map)
        x = _bins_first(x, options.map).astype(np.float32)
        coarse = (band_limit if options.band_limit else block_average)(x, options.num_pixels)
        width = x.shape[1] // options.num_pixels
        pixel_arcmin = None if pixel_arcmin is None else pixel_arcmin * width
        save_map(options.output, coarse.astype(np.float32), pixel_arcmin)
    except ValueError as error:
        parser.error(str(error))
    size = f"{width} times larger" if pixel_arcmin is None else f"{pixel_arcmin:.6g} arcmin"
    print(f"{options.output}: shape {coarse.shape}, pixels {size}")


if __name__ == "__main__":
    main()
