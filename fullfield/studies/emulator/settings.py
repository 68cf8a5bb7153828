"""Names of the two simulators, and budgets of the study that the schema alone cannot refuse."""

from collections.abc import Mapping
from typing import Any

CHEAP, EXPENSIVE = "cheap", "expensive"


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
        each = maps["num_per_point"]
        for key in ("batch_size", "num_validation"):
            if flow["pairing"] == "stratified" and flow[key] % each:
                raise ValueError(
                    f"config: {place}.flow.{key} is {flow[key]}; allowed with stratified pairs: multiples of"
                    f" {place}.maps.num_per_point = {each}"
                )
