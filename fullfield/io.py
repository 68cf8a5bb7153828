"""The only disk access of the library: labelled arrays, weights, tables and figures, and the text of `text_io`."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import safetensors.numpy
import xarray as xr

from fullfield.text_io import (
    DamagedFileError,
    PathLike,
    atomic,
    configure_log,
    fail,
    intact,
    read_json,
    read_text,
    read_yaml,
    report_failures,
    write_json,
    write_text,
)
from fullfield.types import Params

__all__ = ["DamagedFileError", "PathLike", "atomic", "configure_log", "fail", "intact", "read_json", "read_text"]
__all__ += ["read_yaml", "report_failures", "write_json", "write_text"]


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
    import jax.numpy as jnp  # half a second that jobs without networks should not pay

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


def _flatten(params: Params, *parents: str) -> dict[str, np.ndarray]:
    if not isinstance(params, Mapping):
        return {"|".join(parents): np.asarray(params, order="C")}
    named = (_flatten(params[name], *parents, name) for name in sorted(params))
    return {name: value for part in named for name, value in part.items()}


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
    # The layout takes as long as the drawing: it is settled once for both.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    box = figure.get_tightbbox().padded(0.1)
    for suffix, metadata in ((".png", {"Software": None}), (".pdf", {"CreationDate": None})):
        with atomic(Path(path).with_suffix(suffix)) as temporary:
            figure.savefig(temporary, format=suffix[1:], dpi=150, bbox_inches=box, metadata=metadata)
