"""A page of results: templates with slots, filled by one function per section, every number from a table."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import jinja2
import pandas as pd

Tables = Mapping[str, pd.DataFrame]
Slots = dict[str, Any]


def _whole(table: pd.DataFrame) -> pd.DataFrame:
    return table


class Source(NamedTuple):
    """A table that a section stands on."""

    path: str
    """Where a run writes it, below the folder of the task; ``{observation}`` is the first observation."""
    keep: Callable[[pd.DataFrame], pd.DataFrame] = _whole
    """What of it is kept."""


class Section(NamedTuple):
    """A section of the page."""

    sources: Mapping[str, Source]
    """Its tables by name."""
    slots: Callable[[Tables], Slots]
    """From the tables that there are to what its template asks for."""
    required: tuple[str, ...]
    """Tables without which the section says only which command makes them."""
    command: str = "make run"
    figures: Mapping[str, tuple[str, ...]] = {}
    """Where a run draws its figures, by their name in docs/figures: the first of these files that there is."""


def render(template: str, filters: Mapping[str, Callable], **slots: Any) -> str:
    """Fill a template; a slot that nothing fills is an error.

    Filters are the functions `fixed`, `general`, `rounded`, `signed`, `error`, `listed` and `count` below, and others
    given.
    """
    own = {function.__name__: function for function in (fixed, general, rounded, signed, error, listed, count)}
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    environment.filters |= own | dict(filters)
    return environment.from_string(template).render(**slots)


def section_text(name: str, section: Section, template: str, tables: Tables, **common: Any) -> str:
    """Return one section between markers, or which of its tables are missing.

    Parameters
    ----------
    name
        Of the section.
    section, template
        What it is made of; the first line of the template is its heading.
    tables
        Those of its tables that there are, by name.
    **common
        Filters, and slots that every section has, such as ``run``.

    Returns
    -------
    str
        Markdown that begins with ``<!-- section: name -->``.
    """
    if missing := [table for table in section.required if table not in tables]:
        heading = template.partition("\n")[0]
        text = f"{heading}\n\nNo table yet ({listed(missing)}): `{section.command}`, then `make results`."
    else:
        text = render(template, **common, **section.slots(tables))
    return f"<!-- section: {name} -->\n\n{text.strip()}\n"


def sections_of(page: str) -> dict[str, str]:
    """Return the sections of a page by name; what stands before the first has the name ``""``."""
    parts = re.split(r"^<!-- section: (\w+) -->\n", page, flags=re.MULTILINE)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def with_block(text: str, name: str, block: str) -> str:
    """Return a text with what stands between the markers ``<!-- begin: name -->`` and ``<!-- end: name -->`` replaced.

    Raises
    ------
    ValueError
        Where the markers do not stand there once, in this order.
    """
    begin, end = f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), flags=re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"the markers {begin} and {end} must stand once in the text, in this order")
    return pattern.sub(lambda _: f"{begin}\n{block.strip()}\n{end}", text)


def records(table: pd.DataFrame) -> list[Slots]:
    """Return the rows of a table, None where a cell is empty."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def blocks(table: pd.DataFrame, keys: Iterable[str]) -> list[tuple[Slots, pd.DataFrame]]:
    """Return (labels, rows) for every combination of some columns, in the order of the table."""
    keys = list(keys)
    return [(dict(zip(keys, values, strict=True)), rows) for values, rows in table.groupby(keys, sort=False)]


def fixed(value: Any, digits: int = 0) -> str:
    """Write a number with so many decimals, thousands apart; nothing for a number that is not there."""
    if value is None or not math.isfinite(value):
        return ""
    return f"{float(value) + 0.0:,.{digits}f}".replace(",", " ")


def general(value: Any) -> str:
    """Write a number with as many digits as it takes to tell it, thousands apart."""
    return fixed(value) if value is None or abs(value) >= 1000 or float(value).is_integer() else f"{value:.3g}"


def rounded(value: Any) -> str:
    """Write a number that is known roughly with two digits, thousands apart; nothing for one that is not there."""
    if value is None or not math.isfinite(value):
        return ""
    return fixed(float(f"{value:.2g}"))


def signed(value: float, digits: int = 0) -> str:
    """Write a number with its sign."""
    return f"{value:+.{digits}f}"


def error(value: Any, spread: Any, digits: int = 0) -> str:
    """Write a number with its error, where it has one."""
    own, other = fixed(value, digits), fixed(spread, digits)
    return f"{own} ± {other}" if own and other else own


def listed(words: Iterable[str]) -> str:
    """Join words as a sentence does."""
    *first, last = list(words) or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def count(number: int, name: str) -> str:
    """Write a number of things."""
    return f"{fixed(number)} {name}{'s' * (number != 1)}"
