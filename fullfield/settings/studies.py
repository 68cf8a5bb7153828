"""Studies, found by listing ``workflow/studies``: their budgets, schemas and checks."""

import copy
import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fullfield import text_io
from fullfield.settings.checked import Settings

Budgets = Mapping[str, Any]


class Study(NamedTuple):
    """A study of the workflow.

    Attributes
    ----------
    name
        Of its folders, and of its block in the budgets of a scale.
    budgets
        Contents of ``budgets.yaml``: its block by scale.
    schema
        Contents of ``schema.yaml``, of one block.
    check
        ``check(where, budgets)``: raise `ValueError` for a block that the schema alone cannot refuse; `budgets` are
        those of the whole scale, `where` names it in messages.
    check_files
        ``check_files(settings)``: read the user's files that only this study is about, and raise `ValueError` for what
        it cannot work with.
    """

    name: str
    budgets: dict[str, dict[str, Any]]
    schema: dict[str, Any]
    check: Callable[[str, Budgets], None]
    check_files: Callable[[Settings], None]


def find_studies(folder: Path) -> dict[str, Study]:
    """Return the studies below a folder, each with ``rules.smk``, ``budgets.yaml`` and ``schema.yaml``, by name.

    ``check`` and ``check_files`` are functions of ``fullfield.studies.<name>.settings``, where there are any.
    """
    return {path.parent.name: _study(path.parent) for path in sorted(folder.glob("*/rules.smk"))}


def checks_of(study: str) -> Callable[..., list[Any]]:
    """Return ``checks(tables, bounds)`` of ``fullfield.studies.<study>.acceptance``: what its tables must hold."""
    return importlib.import_module(f"fullfield.studies.{study}.acceptance").checks


def _study(folder: Path) -> Study:
    module = f"fullfield.studies.{folder.name}.settings"
    has_package = importlib.util.find_spec(f"fullfield.studies.{folder.name}") is not None
    own = importlib.import_module(module) if has_package and importlib.util.find_spec(module) else None
    return Study(
        folder.name,
        text_io.read_yaml(folder / "budgets.yaml"),
        text_io.read_yaml(folder / "schema.yaml"),
        getattr(own, "check", lambda where, budgets: None),
        getattr(own, "check_files", lambda settings: None),
    )


def with_budgets(config: Mapping[str, Any], studies: Iterable[Study]) -> dict[str, Any]:
    """Return a configuration with the budgets of all studies; what it says itself goes before."""
    config = copy.deepcopy(dict(config))
    for study in studies:
        for scale, block in study.budgets.items():
            if isinstance(budgets := config.get("scales", {}).get(scale), dict):
                budgets[study.name] = _overlaid(block, budgets.get(study.name, {}))
    return config


def with_schemas(schema: Mapping[str, Any], studies: Iterable[Study]) -> dict[str, Any]:
    """Return the schema of the configuration with a block for every study in the budgets of a scale."""
    schema = copy.deepcopy(dict(schema))
    for study in studies:
        own = {name: entry for name, entry in study.schema.items() if name not in ("$schema", "$defs")}
        scale = schema["$defs"]["scale"]
        scale["properties"][study.name] = own
        scale["required"].append(study.name)
        schema["$defs"] |= study.schema.get("$defs", {})
    return schema


def _overlaid(default: Any, own: Any) -> Any:
    if not (isinstance(default, Mapping) and isinstance(own, Mapping)):
        return own
    changed = {name: _overlaid(default.get(name), entry) for name, entry in own.items()}
    return {**copy.deepcopy(dict(default)), **changed}
