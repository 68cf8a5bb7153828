"""What the study of the losses refuses in its budgets."""

from collections.abc import Mapping
from typing import Any

from fullfield.settings import registry, schema
from fullfield.studies.losses.recipes import allowed, is_sized


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Refuse unknown summaries, swept ones without a size, methods without a density, and sizes beyond the simulations.

    Raises
    ------
    ValueError
        Naming the key, what was given and what is allowed.
    """
    local = budgets["losses"]["local"]
    if local["widths"] != sorted(set(local["widths"])):
        raise ValueError(f"config: {where}.losses.local.widths is {local['widths']}; allowed: ascending numbers")
    for extent in ("full", "informed"):
        if local["num_observations"] > (known := budgets["losses"][extent]["num_observations"]):
            raise ValueError(
                f"config: {where}.losses.local.num_observations is {local['num_observations']}; allowed: at most"
                f" {where}.losses.{extent}.num_observations = {known}"
            )
    with_density = [name for name, method in registry.methods().items() if method.has_density]
    schema.known(f"{where}.losses.method", budgets["losses"]["method"], with_density)
    full = ("losses.full", budgets["losses"]["full"])
    limits = {"reduced": ("compressor", budgets["compressor"]), "full": full, "maps": full, "informed": full}
    for extent, (block, source) in limits.items():
        study, limit = budgets["losses"][extent], source["num_simulations"]
        for summary in study["summaries"]:
            schema.known(f"{where}.losses.{extent}.summaries", summary, allowed())
        sized = [name for name in study["summaries"] if is_sized(name)]
        for summary in study["swept"]:
            schema.known(f"{where}.losses.{extent}.swept", summary, sized)
        if (largest := max(study["sizes"])) > limit:
            raise ValueError(
                f"config: {where}.losses.{extent}.sizes holds {largest}; allowed: at most"
                f" {where}.{block}.num_simulations = {limit}"
            )
