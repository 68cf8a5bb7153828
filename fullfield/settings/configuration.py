"""From the user's configuration to checked settings: whatever can be wrong is found before the first job."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from fullfield import text_io
from fullfield.settings import registry, schema
from fullfield.settings.checked import Settings
from fullfield.settings.studies import find_studies, with_budgets, with_schemas
from fullfield.settings.user_files import check_files_of, has_images

SIMULATED = "simulated"
MOCKS = (SIMULATED, "prior_")
"""How names of mock observations begin."""
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


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
        has_images=simulations is not None and has_images(simulations),
        bridge=_bridge(config["bridge"], root),
    )
    if check_files:
        check_files_of(settings)
        for study in studies.values():
            study.check_files(settings)
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
    return _file("simulations", path, root)


def _bridge(files: Mapping[str, str | None], root: Path) -> dict[str, Path]:
    named = {kind: path for kind, path in files.items() if path is not None}
    if len(named) == 1:
        raise ValueError(f"config: bridge names {', '.join(named)} alone; allowed: both of {', '.join(files)}, or null")
    return {kind: _file(f"bridge.{kind}", path, root) for kind, path in named.items()}


def _file(key: str, path: str, root: Path) -> Path:
    if not (found := root / Path(path).expanduser()).is_file():
        raise ValueError(f"config: {key} is {path!r}; there is no such file below {root.resolve()}")
    return found
