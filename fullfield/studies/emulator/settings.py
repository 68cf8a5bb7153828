"""Budgets of the study that the schema alone cannot refuse."""

from collections.abc import Mapping
from typing import Any


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Raise `ValueError` where maps cannot be cut into patches, or batches do not hold whole points."""
    block, where = budgets["emulator"], f"{where}.emulator"
    for name, flow in block["flow"].items():
        place, maps = f"{where}.flow.{name}", block["maps"][name]
        if maps["num_pixels"] % flow["patch"]:
            raise ValueError(
                f"config: {place}.patch is {flow['patch']}; allowed: divisors of {where}.maps.{name}.num_pixels ="
                f" {maps['num_pixels']}"
            )
