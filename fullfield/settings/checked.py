"""A checked configuration."""

import dataclasses
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Settings:
    """A checked configuration.

    Attributes
    ----------
    scale, task, theory, seed, compressors, methods
        As in config.yaml.
    studies
        Names of the studies of the workflow.
    budgets
        The chosen scale's entry: ``num_pixels`` and one dictionary per stage and study.
    survey
        Contents of the survey file; empty for task files.
    observations
        File by name of result, None for the simulated one.
    observation_pixel_arcmin
        Side of a pixel that the user stated for own maps.
    simulations
        File of simulations for task files, else None.
    has_images
        Whether these are images with all symmetries, whose features, as symmetric, are estimated and stored.
    bridge
        Files of two own simulators, ``cheap`` and ``expensive``, that an emulator is to be learned between, or nothing.
    """

    scale: str
    task: str
    theory: str
    seed: int
    compressors: tuple[str, ...]
    methods: tuple[str, ...]
    studies: tuple[str, ...]
    budgets: dict[str, Any]
    survey: dict[str, Any]
    observations: dict[str, Path | None]
    observation_pixel_arcmin: float | None
    simulations: Path | None
    has_images: bool
    bridge: dict[str, Path]

    def budget(self, *keys: str) -> Any:
        """Return the entry of the scale's budgets below the given keys."""
        entry = self.budgets
        for key in keys:
            entry = entry[key]
        return entry
