"""Hash of the library's code that a rule depends on: Snakemake does not see edits of imported modules."""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from fullfield import text_io

PACKAGE = Path(__file__).parents[1]


def code(*modules: str, package: Path = PACKAGE) -> str:
    """Return a hash of the named modules and of everything of the package that they import, directly or not.

    Imports are read from the syntax tree, those inside functions included. ``from package.metrics import c2st`` leads
    to the module ``metrics/c2st.py`` where there is one, and otherwise to the package's ``__init__``.

    Parameters
    ----------
    *modules
        Names below the package, e.g. ``"metrics.c2st"`` or ``"tasks"``.
    package
        Folder of the package.

    Returns
    -------
    str
        Sixteen hexadecimal digits.

    Raises
    ------
    ValueError
        For a name that is not a module.
    """
    unknown = [name for name in modules if _file(name, package) is None]
    if unknown:
        raise ValueError(f"code: {', '.join(unknown)}: there is no such module below {package.name}")
    state = hashlib.sha256()
    for name in sorted(dependencies(*modules, package=package)):
        state.update(f"{name}\n{text_io.read_text(_file(name, package))}\n".encode())
    return state.hexdigest()[:16]


def dependencies(*modules: str, package: Path = PACKAGE) -> set[str]:
    """Return the names of the given modules and of every module of the package that they import, directly or not."""
    found, waiting = set(), list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            path = _file(name, package)
            imported = _imported(text_io.read_text(path), name, package.name, path.name == "__init__.py")
            waiting += [_module(target, package) for target in imported]
    return found


@functools.cache
def _file(name: str, package: Path) -> Path | None:
    base = package.joinpath(*name.split(".")) if name else package
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


@functools.cache
def _module(target: str, package: Path) -> str:
    """Return `target`, or its nearest parent that is a module: its last part may be a function or a class."""
    while target and _file(target, package) is None:
        target = target.rpartition(".")[0]
    return target


@functools.cache
def _imported(source: str, name: str, package: str, is_package: bool) -> tuple[str, ...]:
    """Return the dotted targets, relative to the package, of the imports in one module."""
    return tuple(
        target.removeprefix(package).removeprefix(".")
        for target in _targets(ast.parse(source), f"{package}.{name}".rstrip("."), is_package)
        if target == package or target.startswith(f"{package}.")
    )


def _targets(tree: ast.Module, name: str, is_package: bool) -> Iterator[str]:
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = name.split(".")
            parents = parts[: len(parts) + is_package - node.level]
            base = ".".join([*parents, *filter(None, [node.module])]) if node.level else node.module
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and all within it, but no expressions: they hold no imports, and most of a tree is theirs."""
    yield node
    for block in ("body", "orelse", "handlers", "finalbody", "cases"):
        for statement in getattr(node, block, ()):
            yield from _statements(statement)
