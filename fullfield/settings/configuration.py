"""From the user's configuration to checked settings: whatever can be wrong is found before the first job."""

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from fullfield import text_io
from fullfield.settings import registry, schema
from fullfield.settings.studies import find_studies, with_budgets, with_schemas
from fullfield.settings.user_images import Images, check_symmetries
from fullfield.settings.user_prior import declared_prior
from fullfield.settings.user_simulations import check_observed, check_simulations
from fullfield.symmetries import SYMMETRIES

SIMULATED = "simulated"
MOCKS = (SIMULATED, "prior_")
"""How names of mock observations begin."""
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


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

    def budget(self, *keys: str) -> Any:
        """Return the entry of the scale's budgets below the given keys."""
        entry = self.budgets
        for key in keys:
            entry = entry[key]
        return entry


def validate(config: Mapping[str, Any], root: Path, *, check_files: bool = True) -> Settings:
    """Check a configuration, the survey and the user's files.

    Parameters
    ----------
    config
        What Snakemake holds after ``config.yaml``, ``--configfile`` and ``--config``.
    root
        Folder that relative paths start from, ``Path()`` for the current one; survey files are also looked for in the
        repository.
    check_files
        Whether to read observed maps and simulations, too; jobs of a run that has done so need not.

    Returns
    -------
    Settings

    Raises
    ------
    ValueError
        For the first problem, in one message that names the key or file, what was given and what is allowed.
    """
    studies = find_studies(schema.REPOSITORY / "workflow/studies")
    rules = schema.inline(with_schemas(schema.load("config"), studies.values()))
    config = schema.check(with_budgets(config, studies.values()), rules, "config")
    for scale, budgets in config["scales"].items():
        _check_budgets(f"scales.{scale}", budgets)
        for study in studies.values():
            study.check(f"scales.{scale}", budgets)
    for compressor in config["compressors"]:
        schema.known("compressors", compressor, registry.compressors())
        if compressor in registry.fiducial_losses():
            over_prior = [name for name, loss in registry.losses().items() if not loss.at_fiducial]
            raise ValueError(
                f"config: compressors holds {compressor!r}, which is trained at the fiducial point; allowed here: "
                f"{', '.join(over_prior)}"
            )
    for method in config["methods"]:
        schema.known("methods", method, registry.methods())
    budgets = config["scales"][config["scale"]]
    is_lensing, is_small = config["task"] == "lensing", config["task"] in registry.SMALL_TASKS
    simulations = _simulations(config["simulations"], root) if config["task"] == "files" else None
    settings = Settings(
        scale=config["scale"],
        task=config["task"],
        theory=config["theory"],
        seed=config["seed"],
        compressors=(registry.NO_COMPRESSOR,) if is_small else tuple(config["compressors"]),
        methods=tuple(config["methods"]),
        studies=tuple(studies),
        budgets=budgets,
        survey=load_survey(config["survey"], root) if is_lensing else {},
        observations=_observations(config, root),
        observation_pixel_arcmin=config["observation_pixel_arcmin"],
        simulations=simulations,
        has_images=simulations is not None and _has_images(simulations),
    )
    if check_files:
        (_check_maps if is_lensing else _check_data if is_small else _check_stored)(settings)
    return settings


def load_survey(path: str, root: Path) -> dict[str, Any]:
    """Read and check a survey file, relative to `root` or to the repository.

    Raises
    ------
    ValueError
        Where there is no such file, or a key or value in it is not allowed.
    """
    found = next((folder / path for folder in (root, schema.REPOSITORY) if (folder / path).is_file()), None)
    if found is None:
        raise ValueError(f"config: survey is {path!r}; there is no such file below {root.resolve()}")
    try:
        contents = text_io.read_yaml(found)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: not a YAML file ({' '.join(str(error).split())})") from error
    survey = schema.check(contents, schema.inline(schema.load("survey")), path)
    edges, z_max = survey["nz"]["edges"], survey["nz"]["z_max"]
    if np.any(np.diff(edges) <= 0) or edges[-1] > z_max:
        raise ValueError(f"{path}: nz.edges is {edges}; allowed: increasing redshifts up to nz.z_max = {z_max}")
    return survey


def _check_budgets(where: str, budgets: Mapping[str, Any]) -> None:
    for stage in ("compressor", "estimator"):
        _at_most(where, budgets, f"{stage}.batch_size", f"{stage}.num_simulations")
    _at_most(where, budgets, "evaluation.num_c2st_rows", "posterior.num_draws")


def _at_most(where: str, budgets: Mapping[str, Any], key: str, bound: str) -> None:
    value, limit = (budgets[stage][name] for stage, name in (key.split("."), bound.split(".")))
    if value > limit:
        raise ValueError(f"config: {where}.{key} is {value}; allowed: at most {where}.{bound} = {limit}")


def _observations(config: Mapping[str, Any], root: Path) -> dict[str, Path | None]:
    """Return file by name; the name, the stem of the file, becomes a folder of results."""
    for key, default in (("num_observations", 1), ("num_prior_observations", 0)):
        if config[key] != default and SIMULATED not in config["observation"]:
            raise ValueError(f"config: {key} is {config[key]}, but observation does not hold {SIMULATED!r}")
    named: dict[str, Path | None] = {}
    for entry in config["observation"]:
        if entry == SIMULATED and config["task"] == "files":
            raise ValueError("config: observation is 'simulated'; for task files, name a file with one observed x")
        path = None if entry == SIMULATED else root / Path(entry).expanduser()
        names = simulated_names(config) if path is None else [Path(entry).stem]
        if path is not None:
            _check_path(entry, names[0], path, root)
        if names[0] in named:
            raise ValueError(f"config: observation names two entries {names[0]!r} (also {entry!r}); rename one file")
        named |= dict.fromkeys(names, path)
    return named


def simulated_names(config: Mapping[str, Any]) -> list[str]:
    """Return the names of the mock observations: simulated, simulated_1, ..., prior_0, ..."""
    fiducial = [SIMULATED, *(f"{SIMULATED}_{index}" for index in range(1, config["num_observations"]))]
    return fiducial + [f"prior_{index}" for index in range(config["num_prior_observations"])]


def _check_path(entry: str, name: str, path: Path, root: Path) -> None:
    if not path.is_file():
        hint = schema.suggestion(entry, [SIMULATED])
        raise ValueError(f"config: observation is {entry!r}{hint or ';'} there is no such file below {root.resolve()}")
    if name.startswith(MOCKS) or not _STEM.fullmatch(name):
        raise ValueError(
            f"config: observation is {entry!r}; its stem {name!r} becomes a folder of results, so it may hold letters, "
            f"digits, _ and - only, and must not begin like a mock's ({', '.join(MOCKS)}); rename the file"
        )


def _simulations(path: str | None, root: Path) -> Path:
    if path is None:
        raise ValueError("config: simulations is null; task files needs a .npz or .nc file with theta and x")
    if not (found := root / Path(path).expanduser()).is_file():
        raise ValueError(f"config: simulations is {path!r}; there is no such file below {root.resolve()}")
    return found


def _has_images(simulations: Path) -> bool:
    from fullfield import maps_io  # a quarter of a second that the task lensing should not pay

    return set(SYMMETRIES) <= set(maps_io.load_symmetries(simulations))


def _check_maps(settings: Settings) -> None:
    paths = [path for path in settings.observations.values() if path is not None]
    if paths:
        from fullfield.settings import observation  # most runs need no reader of maps

        for path in paths:
            observation.load(path, settings.survey, settings.budgets["num_pixels"], settings.observation_pixel_arcmin)


def _check_data(settings: Settings) -> None:
    paths = [path for path in settings.observations.values() if path is not None]
    if paths:
        from fullfield import maps_io, tasks  # seconds that a mock observation should not pay
        from fullfield.tasks.task import data_shape

        shape = data_shape(tasks.make(settings.task))
        for path in paths:
            check_observed(maps_io.load_map(path)[0], shape, str(path))


def _check_stored(settings: Settings) -> None:
    from fullfield import maps_io

    name = str(settings.simulations)
    simulations = check_simulations(maps_io.load_simulations(settings.simulations), name)
    if settings.has_images and (channels := settings.budget("compressor", "num_channels")):
        _check_patches(name, simulations["x"].shape[-1], channels)
    _check_declared(name, simulations, settings.methods)
    if "symmetries" in simulations:
        check_symmetries(Images(simulations["x"], tuple(simulations["symmetries"]), None), name)
    for path in settings.observations.values():
        check_observed(maps_io.load_map(path)[0], simulations["x"].shape[1:], str(path))


def _check_declared(name: str, simulations: Mapping[str, np.ndarray], methods: tuple[str, ...]) -> None:
    """Refuse what needs the prior of simulations whose file does not say what it is."""
    if declared_prior(simulations) is not None:
        return
    how = "declare it by the array prior, uniform or normal, with low and high or loc and scale"
    for method in methods:
        if not registry.methods()[method].has_density:
            raise ValueError(f"{name}: it holds no prior, which method {method!r} multiplies its likelihood by; {how}")
    if "score" in simulations:
        raise ValueError(f"{name}: it holds score but no prior, in whose coordinates scores are learned from; {how}")


def _check_patches(name: str, side: int, channels: int) -> None:
    from fullfield.compress.networks import SummaryNetwork

    if side % SummaryNetwork.patch:
        raise ValueError(
            f"{name}: its images have {side} x {side} pixels, and compressor.num_channels is {channels}; allowed: a"
            f" side that is a multiple of {SummaryNetwork.patch}, or num_channels = 0"
        )
