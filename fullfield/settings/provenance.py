"""What every file says about where it comes from."""

import importlib.metadata
from typing import Any


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
        Distinct simulator calls and gradients of the joint log density spent on this file alone.
    num_discarded
        Simulations left out as invalid.
    **extra
        Further attributes.

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
