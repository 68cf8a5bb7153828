"""Names of the two simulators; budgets that the schema alone cannot refuse, and simulators of one's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fullfield.settings.checked import Settings

CHEAP, EXPENSIVE = "cheap", "expensive"
SHARES = {"emulated": 1.0, "emulated_quarter": 1 / 4, "emulated_sixteenth": 1 / 16}
"""Of the simulations of both simulators, and of their points, that trainings which differ in nothing else see."""


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Raise `ValueError` where maps cannot be cut into patches, or batches do not hold whole points."""
    for name, extent in budgets["emulator"].items():
        if name in ("controls", "explicit", "gaussians"):
            continue
        place, maps, flow = f"{where}.emulator.{name}", extent["maps"], extent["flow"]
        if maps["num_pixels"] % flow["patch"]:
            raise ValueError(
                f"config: {place}.flow.patch is {flow['patch']}; allowed: divisors of {place}.maps.num_pixels ="
                f" {maps['num_pixels']}"
            )
        each, num = maps["num_per_point"], maps["num_points"] * maps["num_per_point"]
        unit = each if flow["pairing"] == "stratified" else 1
        if flow["batch_size"] % unit:
            raise ValueError(
                f"config: {place}.flow.batch_size is {flow['batch_size']}; allowed with stratified pairs: multiples of"
                f" {place}.maps.num_per_point = {each}"
            )
        for fit in extent["fits"]:
            share = SHARES.get(fit, 1.0)
            rows, held = round(share * num), round(share * flow["num_validation"])
            if rows % unit or held % unit or held < 1 or rows < held + flow["batch_size"]:
                raise ValueError(
                    f"config: {place}.fits holds {fit!r}, which leaves {rows} of {place}.maps.num_points *"
                    f" num_per_point = {num} simulations and {held} of {place}.flow.num_validation ="
                    f" {flow['num_validation']}; allowed: multiples of {unit}, with room for a batch of"
                    f" {flow['batch_size']} beside those that validate"
                )


def check_files(settings: Settings) -> None:
    """Raise `ValueError` where two own simulators are named that no emulator can be learned between."""
    if settings.bridge:
        load_bridge(settings.bridge, settings.budget("emulator", "full", "flow"))


def load_bridge(files: Mapping[str, Path], flow: Mapping[str, Any]) -> dict[str, dict[str, np.ndarray]]:
    """Read simulations of two own simulators.

    Parameters
    ----------
    files
        Of ``cheap`` and ``expensive``.
    flow
        Settings of the training, as in ``flow`` of the configuration.

    Raises
    ------
    ValueError
        As `settings.user_bridge.check_bridge`.
    """
    from fullfield import maps_io  # a quarter of a second that most runs should not pay
    from fullfield.settings.user_bridge import check_bridge

    arrays = {kind: maps_io.load_simulations(files[kind]) for kind in (CHEAP, EXPENSIVE)}
    names = {kind: str(files[kind]) for kind in arrays}
    return check_bridge(arrays, names, batch_size=flow["batch_size"], patch=flow["patch"])
