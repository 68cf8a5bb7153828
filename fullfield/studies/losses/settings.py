"""What the study of the losses refuses in its budgets, and the features it needs."""

from collections.abc import Mapping
from typing import Any

from fullfield.settings import registry, schema
from fullfield.studies.losses.recipes import BASELINES, is_sized, recipe

EXTENTS = ("reduced", "full")
"""In the default run, and as a target of its own."""


def check(where: str, budgets: Mapping[str, Any]) -> None:
    """Refuse unknown summaries, swept ones that have no size, methods without a density, and sizes that are too large.

    Sizes may not go beyond the simulations of the compressor.

    Raises
    ------
    ValueError
        Naming the key, what was given and what is allowed.
    """
    study, limit = budgets["losses"], budgets["compressor"]["num_simulations"]
    for summary in study["summaries"]:
        schema.known(f"{where}.losses.summaries", summary, (*registry.losses(), *BASELINES))
    for summary in study["swept"]:
        schema.known(f"{where}.losses.swept", summary, [name for name in study["summaries"] if is_sized(name)])
    with_density = [name for name, method in registry.methods().items() if method.has_density]
    schema.known(f"{where}.losses.method", study["method"], with_density)
    for extent in EXTENTS:
        if (largest := max(study[extent]["sizes"])) > limit:
            raise ValueError(
                f"config: {where}.losses.{extent}.sizes holds {largest}; allowed: at most"
                f" {where}.compressor.num_simulations = {limit}"
            )


def features(budgets: Mapping[str, Any]) -> list[str]:
    """Return the feature sets that the summaries of the study see."""
    default = budgets["compressor"]["features"]
    return [recipe(name, default).features for name in budgets["losses"]["summaries"]]
