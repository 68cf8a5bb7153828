"""Budgets of the study that the schema alone cannot refuse."""

from collections.abc import Mapping
from typing import Any

from fullfield.studies.scores.cases import kinds_of

PARTS = ("reduced", "full", "few", "likelihood", "published", "benchmark")


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Raise `ValueError` where fits ask for what there is not, or sizes are judged that are not fitted."""
    block, where = budgets["scores"], f"{where}.scores"
    if missing := sorted(set(block["contour_sizes"]) - set(block["full"]["sizes"])):
        raise ValueError(
            f"config: {where}.contour_sizes holds {missing}; allowed: those of {where}.full.sizes ="
            f" {block['full']['sizes']}"
        )
    most = block["banks"]["full"]["num_simulations"]
    if block["fields"]["num_simulations"] > most:
        raise ValueError(
            f"config: {where}.fields.num_simulations is {block['fields']['num_simulations']}; allowed: at most"
            f" {where}.banks.full.num_simulations = {most}"
        )
    for name in PARTS:
        part = block[name]
        most = block["banks"][part["bank"]]["num_simulations"]
        if max(part["sizes"]) > most:
            raise ValueError(
                f"config: {where}.{name}.sizes is {part['sizes']}; allowed: at most"
                f" {where}.banks.{part['bank']}.num_simulations = {most}"
            )
        if missing := sorted(set(part["judged_sizes"]) - set(part["sizes"])):
            raise ValueError(
                f"config: {where}.{name}.judged_sizes holds {missing}; allowed: sizes out of {part['sizes']}"
            )
        for case, kinds in part.get("kinds", {}).items():
            if missing := sorted(set(kinds) - set(kinds_of(case))):
                raise ValueError(
                    f"config: {where}.{name}.kinds.{case} holds {missing}; allowed: kinds out of {list(kinds_of(case))}"
                )
