"""The formats a user brings: maps (.npy, .nc, .fits) and simulations (.npz, .nc); the other half of `fullfield.io`."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from fullfield.io import PathLike, atomic, load_dataset, save_dataset

MAP_SUFFIXES = (".npy", ".nc", ".fits", ".csv")
SIMULATION_SUFFIXES = (".npz", ".nc")
MAP_DIMS = ("bin", "row", "column")
"""Names of the dimensions of a set of maps."""
_UNREADABLE = (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile)


def load_map(path: PathLike) -> tuple[np.ndarray, float | None]:
    """Read one observation and its pixel size in arcmin (None where the file does not say).

    A .nc file holds a variable ``x``, or only one variable, and may have the attribute ``pixel_arcmin``; a .fits file
    holds one image, or one image per bin, whose pixel size is that of the header (CDELT1 or CD1_1, in CUNIT1); a .csv
    file holds a vector.

    Raises
    ------
    ValueError
        For a missing or unreadable file and another suffix; the message names the file.
    """
    readers = dict(zip(MAP_SUFFIXES, (_load_npy, _load_netcdf_map, _load_fits, _load_csv), strict=True))
    return _read(path, readers)


def save_map(path: PathLike, x: np.ndarray, pixel_arcmin: float | None = None) -> None:
    """Write a map as .npy, or as .nc with its pixel size.

    Raises
    ------
    ValueError
        For another suffix.
    """
    suffix = Path(path).suffix
    if suffix == ".npy":
        with atomic(path) as temporary:
            np.save(temporary, x)
    elif suffix == ".nc":
        attrs = {} if pixel_arcmin is None else {"pixel_arcmin": pixel_arcmin}
        save_dataset(path, xr.Dataset({"x": (MAP_DIMS, x)}), attrs)
    else:
        raise ValueError(f"{path}: a map is written as .npy or .nc, not as {suffix or 'a file without a suffix'}")


def load_simulations(path: PathLike) -> dict[str, np.ndarray]:
    """Read the arrays of a file of simulations, by name: theta, x, ... (see `settings.user_simulations`).

    A .nc file may give ``parameter_names`` as the coordinate ``parameter``.

    Raises
    ------
    ValueError
        For a missing or unreadable file and another suffix; the message names the file.
    """
    return _read(path, dict(zip(SIMULATION_SUFFIXES, (_load_npz, _load_netcdf_simulations), strict=True)))


def load_symmetries(path: PathLike) -> tuple[str, ...]:
    """Read the array ``symmetries`` of a file of simulations alone; nothing where there is none.

    Raises
    ------
    ValueError
        As `load_simulations`.
    """

    def from_npz(path):
        with np.load(path) as arrays:
            return arrays["symmetries"] if "symmetries" in arrays else ()

    def from_netcdf(path):
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            return dataset["symmetries"].values if "symmetries" in dataset else ()

    found = _read(path, dict(zip(SIMULATION_SUFFIXES, (from_npz, from_netcdf), strict=True)))
    return tuple(word.decode() if isinstance(word, bytes) else str(word) for word in np.ravel(found).tolist())


def _read(path: PathLike, readers: dict[str, Any]) -> Any:
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: there is no such file")
    if path.suffix not in readers:
        raise ValueError(f"{path}: its suffix is {path.suffix or 'missing'}; allowed are {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except _UNREADABLE as error:
        raise ValueError(f"{path}: cannot be read as {path.suffix} ({error})") from error


def _load_npy(path: Path) -> tuple[np.ndarray, None]:
    x = np.load(path)
    if not isinstance(x, np.ndarray):
        raise ValueError("it is an archive of arrays, not one array")
    return x, None


def _load_csv(path: Path) -> tuple[np.ndarray, None]:
    """Read numbers separated by commas, on one line or several."""
    return np.loadtxt(path, delimiter=",", ndmin=1).ravel(), None


def _load_netcdf_map(path: Path) -> tuple[np.ndarray, float | None]:
    dataset = load_dataset(path)
    if "x" not in dataset and len(dataset.data_vars) != 1:
        raise ValueError(
            f"its variables are {', '.join(map(str, dataset.data_vars)) or 'none'}; the map must be called x"
        )
    x = dataset["x"] if "x" in dataset else next(iter(dataset.data_vars.values()))
    pixel_arcmin = dataset.attrs.get("pixel_arcmin")
    return x.values, None if pixel_arcmin is None else float(pixel_arcmin)


def _load_fits(path: Path) -> tuple[np.ndarray, float | None]:
    from astropy import units  # half a second that only readers of FITS should pay
    from astropy.io import fits

    with fits.open(path) as extensions:
        images = [extension for extension in extensions if extension.is_image and extension.data is not None]
        if not images:
            raise ValueError("it holds no image")
        x = images[0].data if len(images) == 1 else np.stack([image.data for image in images])
        header = images[0].header
        x = np.array(x, dtype=x.dtype.newbyteorder("="))
    step = header.get("CDELT1", header.get("CD1_1"))
    return x, None if step is None else abs(step) * units.Unit(header.get("CUNIT1", "deg")).to(units.arcmin)


def _load_npz(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as arrays:
        return dict(arrays)


def _load_netcdf_simulations(path: Path) -> dict[str, np.ndarray]:
    dataset = load_dataset(path)
    names = {"parameter_names": dataset["parameter"].values} if "parameter" in dataset.coords else {}
    names |= {"symmetries": dataset["symmetries"].values} if "symmetries" in dataset.coords else {}
    return {**names, **{str(name): values.values for name, values in dataset.data_vars.items()}}
