"""Budgets of the study that the schema alone cannot refuse."""

from collections.abc import Mapping
from typing import Any


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Raise `ValueError` where fields cannot be halved as often as is asked for, or a bank holds too little."""
    for name, extent in budgets["imnn"].items():
        place, levels = f"{where}.imnn.{name}", extent["compressor"]["num_blocks"]
        if extent["num_pixels"] % 2 ** (levels - 1):
            raise ValueError(
                f"config: {place}.num_pixels is {extent['num_pixels']}; allowed: multiples of {2 ** (levels - 1)}, for"
                f" {levels} levels ({place}.compressor.num_blocks)"
            )
        network = extent["compressor"]
        if network["num_slopes"] > network["batch_size"]:
            raise ValueError(
                f"config: {place}.compressor.num_slopes is {network['num_slopes']}; allowed: at most"
                f" {place}.compressor.batch_size = {network['batch_size']}"
            )
        needed = {"num_npe": extent["num_npe"], "accepted": max(extent["accepted"]), "num_draws": extent["num_draws"]}
        for key, count in needed.items():
            if count > extent["num_bank"]:
                raise ValueError(
                    f"config: {place}.{key} is {extent[key]}; allowed: at most {place}.num_bank = {extent['num_bank']}"
                )
        if min(extent["accepted"]) < extent["num_abc_rows"]:
            raise ValueError(
                f"config: {place}.accepted is {extent['accepted']}; allowed: at least {place}.num_abc_rows ="
                f" {extent['num_abc_rows']} each, so that all are compared by as many rows"
            )
