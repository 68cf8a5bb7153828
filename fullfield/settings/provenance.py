"""What every file says about where it comes from."""

import contextlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fullfield import io


def provenance(
    scale: str,
    seed: int,
    settings: Any,
    *,
    simulations: int = 0,
    gradients: int = 0,
    num_discarded: int = 0,
    **extra: Any,
) -> dict[str, Any]:
    """Return the attributes of a file: scale, seed, settings, version and what it has cost.

    Parameters
    ----------
    scale
        Scale of the run.
    seed
        Integer seed.
    settings
        The settings used, JSON-serialisable.
    simulations, gradients
        Distinct simulator calls and gradients of the joint log density that this file took.
    num_discarded
        Simulations left out as invalid.
    **extra
        Further attributes; ``split`` names the simulations that the file stands on, where other files do, too.

    Returns
    -------
    dict
        Attributes for `io.save_dataset` and its kin.
    """
    return {
        "scale": scale,
        "seed": seed,
        "settings": settings,
        "version": importlib.metadata.version("fullfield"),
        "cost": {"simulations": int(simulations), "gradients": int(gradients)},
        "num_discarded": int(num_discarded),
        **extra,
    }


def total_cost(*attrs: Mapping[str, Any]) -> dict[str, int]:
    """Return the sums of simulations and gradients of files that stand on different simulations, from `provenance`."""
    return {name: sum(one["cost"][name] for one in attrs) for name in ("simulations", "gradients")}


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Return what `provenance` has written into a file: settings of networks, a dataset or posterior draws.

    Raises
    ------
    ValueError
        Where the file does not say what it has cost.
    """
    path = Path(path)
    attrs = io.read_json(path) if path.suffix == ".json" else io.load_dataset(path).attrs
    if "cost" not in attrs and path.suffix == ".nc":
        with contextlib.suppress(io.DamagedFileError):  # no draws: there is no such group
            attrs = io.load_samples(path).attrs
    if "cost" not in attrs:
        raise ValueError(f"{path} does not say what it has cost; delete it, and the next run makes it anew")
    return attrs
