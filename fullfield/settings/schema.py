"""Schemas of the YAML files, and their errors in one sentence that names the key."""

import difflib
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema

from fullfield import text_io

REPOSITORY = Path(__file__).parents[2]
_NAMES = {
    "integer": "an integer",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "a block of keys",
    "null": "null",
}
_LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "minItems": "with at least {} entries",
    "minLength": "not empty",
    "uniqueItems": "without repeats",
}
# JSON schema counts 100.0 as an integer and lets NaN and infinity pass every bound.
_STRICT = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
    {
        "integer": lambda _, value: type(value) is int,
        "number": lambda _, value: type(value) in (int, float) and math.isfinite(value),
    }
)
_Validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, type_checker=_STRICT)


def load(name: str) -> dict[str, Any]:
    """Read ``workflow/schemas/{name}.schema.yaml``."""
    return text_io.read_yaml(REPOSITORY / f"workflow/schemas/{name}.schema.yaml")


def inline(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with its ``$ref`` entries written out."""
    schema = dict(schema)
    return _inline(schema, schema.pop("$defs", {}))


def check(value: Any, schema: Mapping[str, Any], where: str) -> Any:
    """Return `value` with text turned into what the schema asks for, if the schema allows it.

    Numbers, null and one-entry lists arrive as text from ``snakemake --config`` and from YAML's ``1e-3``.

    Parameters
    ----------
    value
        Contents of a YAML file.
    schema
        Schema without references, as `inline` returns it.
    where
        Name of the file or source, which begins the message.

    Raises
    ------
    ValueError
        For the first problem; the message names the key, the value given and what is allowed.
    """
    value = _from_text(value, schema)
    errors = sorted(_Validator(schema).iter_errors(value), key=_relevance)
    if errors:
        raise ValueError(f"{where}: {_sentence(errors[0])}")
    return value


def suggestion(word: Any, allowed: Iterable[Any]) -> str:
    """Return "; did you mean ...?" where one of the allowed words is close to `word`, else nothing."""
    close = difflib.get_close_matches(str(word), [str(entry) for entry in allowed], n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def known(where: str, name: str, allowed: Iterable[str]) -> None:
    """Refuse a name of the configuration that is not among the allowed ones.

    Raises
    ------
    ValueError
        Naming the key, with what is allowed.
    """
    if name not in allowed:
        hint = suggestion(name, list(allowed))
        raise ValueError(f"config: {where} holds {name!r}{hint or ';'} allowed: {', '.join(allowed)}")


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(entry, definitions) for entry in node]
    if not isinstance(node, dict):
        return node
    target = definitions[node["$ref"].removeprefix("#/$defs/")] if "$ref" in node else {}
    return {name: _inline(entry, definitions) for name, entry in {**target, **node}.items() if name != "$ref"}


def _from_text(value: Any, schema: Mapping[str, Any]) -> Any:
    kinds = _kinds(schema)
    if isinstance(value, Mapping):
        properties = schema.get("properties", {})
        return {name: _from_text(entry, properties.get(name, {})) for name, entry in value.items()}
    if isinstance(value, str) and "array" in kinds:
        value = [value]
    if isinstance(value, list):
        return [_from_text(entry, schema.get("items", {})) for entry in value]
    if isinstance(value, str) and "null" in kinds and value in ("null", "None"):
        return None
    kind = next((kind for kind in ("number", "integer") if kind in kinds), None)
    if kind is None or type(value) not in (str, int):
        return value
    try:
        return float(value) if kind == "number" else int(value)
    except ValueError:
        return value


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else kinds


def _relevance(error: jsonschema.ValidationError) -> tuple[int, str]:
    """Misspelt keys first, since they also count as missing."""
    order = {"additionalProperties": 0, "required": 2}
    return order.get(error.validator, 1), _dotted(error.absolute_path)


def _sentence(error: jsonschema.ValidationError) -> str:
    path = _dotted(error.absolute_path)
    properties = error.schema.get("properties", {})
    if error.validator == "additionalProperties":
        key = min(str(name) for name in error.instance if name not in properties)
        hint = suggestion(key, properties)
        return f"unknown key {_join(path, key)}{hint or '; allowed here: ' + ', '.join(properties)}"
    if error.validator == "required":
        key = next(name for name in error.validator_value if name not in error.instance)
        return f"key {_join(path, key)} is missing; needed: {_allowed(properties[key])}"
    hint = suggestion(error.instance, error.schema.get("enum", ()))
    return f"{path or 'it'} is {_shown(error.instance)}{hint or ';'} allowed: {_allowed(error.schema)}"


def _allowed(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    kinds = " or ".join(_NAMES[kind] for kind in _kinds(schema))
    limits = [text.format(schema[name]) for name, text in _LIMITS.items() if name in schema]
    description = f" ({schema['description'].rstrip('.')})" if "description" in schema else ""
    return ", ".join([kinds, *limits]) + description


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _dotted(path: Iterable[str | int]) -> str:
    dotted = ""
    for part in path:
        dotted = f"{dotted}[{part}]" if isinstance(part, int) else _join(dotted, part)
    return dotted


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
