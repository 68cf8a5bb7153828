"""The only disk access of the library: atomic writes, labelled arrays, weights, tables and figures."""

import contextlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import safetensors.numpy
import xarray as xr
import yaml

from fullfield.types import Params

PathLike = str | os.PathLike


@contextlib.contextmanager
def atomic(path: PathLike) -> Iterator[Path]:
    """Yield a temporary name beside `path`, renamed to `path` when the block succeeds and removed when it fails."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class DamagedFileError(ValueError):
    """An intermediate file that cannot be read; the message says how to have it made anew."""


@contextlib.contextmanager
def intact(path: PathLike) -> Iterator[None]:
    """Turn whatever a reader raises on a truncated or overwritten file into one sentence.

    Raises
    ------
    DamagedFileError
        Naming the file.
    FileNotFoundError
        As it is.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, safetensors.SafetensorError) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise DamagedFileError(
            f"{path} is damaged and cannot be read ({reason}); delete it, and the next run makes it anew"
        ) from error


def report_failures() -> None:
    """Log why a job stops, in one sentence; the traceback follows only where no sentence was written for it."""

    def log(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        last = traceback.extract_tb(trace)[-1]
        where = Path(last.filename)
        ours = not {"site-packages", "lib"} & set(where.parts)
        logger = logging.getLogger("fullfield")
        logger.error("%s (%s in %s, line %s)", error or "no message", kind.__name__, where.name, last.lineno)
        if not (ours and isinstance(error, ValueError | RuntimeError | FileNotFoundError)):
            logger.error("%s", "".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = log


def configure_log(path: PathLike) -> None:
    """Send the library's log lines, and why a job stops, to the file `path` and to standard error."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    handlers = [logging.FileHandler(path, mode="a"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers)
    logging.getLogger("fullfield").setLevel(logging.INFO)
    report_failures()


def read_json(path: PathLike) -> Any:
    """Read a JSON file."""
    with intact(path):
        return json.loads(Path(path).read_text())


def write_json(path: PathLike, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys."""
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n")


def read_yaml(path: PathLike) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(Path(path).read_text())


def save_dataset(path: PathLike, dataset: xr.Dataset, attrs: Mapping[str, Any] | None = None) -> None:
    """Write a dataset as netCDF-4; `attrs` join the dataset's own, dictionaries and lists among them as JSON."""
    with atomic(path) as temporary:
        _with_attrs(dataset, attrs).to_netcdf(temporary, engine="h5netcdf")


def load_dataset(path: PathLike) -> xr.Dataset:
    """Read a whole netCDF-4 dataset into memory and decode the JSON attributes."""
    with intact(path), xr.open_dataset(path, engine="h5netcdf") as dataset:
        return _decode_attrs(dataset.load())


def save_samples(
    path: PathLike,
    draws: np.ndarray,
    parameter_names: tuple[str, ...],
    sample_stats: Mapping[str, np.ndarray] | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> None:
    """Write posterior draws of shape (chain, draw, parameter) as netCDF-4 groups that ArviZ reads.

    Group ``posterior`` holds ``theta`` (chain, draw, parameter); group ``sample_stats`` holds arrays whose first axes
    are (chain, draw). `attrs` (scale, seed, settings, cost, ...) go to the ``posterior`` group.
    """
    dims = ("chain", "draw", "parameter")
    posterior = xr.Dataset({"theta": (dims, np.asarray(draws))}, coords={"parameter": list(parameter_names)})
    stats = xr.Dataset({name: (dims[:2], np.asarray(value)) for name, value in (sample_stats or {}).items()})
    with atomic(path) as temporary:
        _with_attrs(posterior, attrs).to_netcdf(temporary, engine="h5netcdf", group="posterior")
        stats.to_netcdf(temporary, engine="h5netcdf", group="sample_stats", mode="a")


def load_samples(path: PathLike, group: str = "posterior") -> xr.Dataset:
    """Read one group written by `save_samples`; the draws are ``["theta"]`` with dims (chain, draw, parameter)."""
    with intact(path), xr.open_dataset(path, engine="h5netcdf", group=group) as dataset:
        return _decode_attrs(dataset.load())


def _with_attrs(dataset: xr.Dataset, attrs: Mapping[str, Any] | None) -> xr.Dataset:
    return dataset.assign_attrs({name: _encode(value) for name, value in {**dataset.attrs, **(attrs or {})}.items()})


def _decode_attrs(dataset: xr.Dataset) -> xr.Dataset:
    dataset.attrs = {name: _decode(value) for name, value in dataset.attrs.items()}
    return dataset


def _encode(value: Any) -> str | int | float:
    if isinstance(value, np.generic):
        value = value.item()
    # A text such as "1.0" is quoted, for it to come back as a text.
    plain = _decode(value) == value if isinstance(value, str) else type(value) in (int, float)
    return value if plain else json.dumps(value)


def _decode(value: Any) -> Any:
    if isinstance(value, str):
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(value)
    return value.item() if isinstance(value, np.generic) else value


def save_params(path: PathLike, params: Params, settings: Mapping[str, Any]) -> None:
    """Write weights as safetensors and, beside them with the suffix ``.json``, the constructor's arguments."""
    with atomic(path) as temporary:
        safetensors.numpy.save_file(_flatten(params), temporary)
    write_json(Path(path).with_suffix(".json"), dict(settings))


def load_params(path: PathLike) -> tuple[Params, dict[str, Any]]:
    """Read weights written by `save_params`: (nested dictionaries of arrays, constructor's arguments)."""
    params: dict[str, Any] = {}
    with intact(path):
        leaves = safetensors.numpy.load_file(path)
    for name, value in leaves.items():
        *parents, leaf = name.split("|")
        node = params
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = jnp.asarray(value)
    return params, read_json(Path(path).with_suffix(".json"))


def _flatten(params: Params) -> dict[str, np.ndarray]:
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {"|".join(str(entry.key) for entry in path): np.asarray(value, order="C") for path, value in leaves}


def save_table(path: PathLike, table: pd.DataFrame, *, tex: bool = False) -> None:
    """Write a tidy CSV (floats with 8 significant digits) and, if asked, a booktabs ``.tex`` beside it."""
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.8g")
    if tex:
        with atomic(Path(path).with_suffix(".tex")) as temporary:
            temporary.write_text(table.to_latex(index=False, float_format="%.3g", escape=True))


def load_table(path: PathLike, sep: str = ",") -> pd.DataFrame:
    """Read a table of comma- or tab-separated values."""
    with intact(path):
        return pd.read_csv(path, sep=sep, keep_default_na=False, na_values=[""])


def save_figure(path: PathLike, figure: Any) -> None:
    """Write a Matplotlib figure as PNG (150 dpi) and, beside it, as PDF, both without time stamps."""
    for suffix, metadata in ((".png", {"Software": None}), (".pdf", {"CreationDate": None})):
        with atomic(Path(path).with_suffix(suffix)) as temporary:
            figure.savefig(temporary, format=suffix[1:], dpi=150, bbox_inches="tight", metadata=metadata)


def read_text(path: PathLike) -> str:
    """Read a text file."""
    return Path(path).read_text()


def write_text(path: PathLike, text: str) -> None:
    """Write a text file."""
    with atomic(path) as temporary:
        temporary.write_text(text)


def fail(message: str) -> None:
    """Log one message and stop the script with exit code 1, without a traceback."""
    logging.getLogger("fullfield").error(message)
    sys.exit(1)
