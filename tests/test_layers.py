"""The architecture, read from the syntax tree: layers, disk access in four modules, `snakemake` in scripts only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "fullfield"
MODULES = sorted(PACKAGE.rglob("*.py"))

FOUNDATION = (
    "types",
    "precision",
    "compilation",
    "pairs",
    "symmetries",
    "survey",
    "keys",
    "text_io",
    "io",
    "maps_io",
    "resume",
    "prefetch",
    "train",
)
"""Level 0: each may import those before it."""
DISK = ("text_io", "io", "maps_io", "resume")
"""Text and logs; results; what the user brings; states of interrupted jobs."""
STUDIES = sorted(f"studies.{path.parent.name}" for path in PACKAGE.glob("studies/*/__init__.py"))
LEVELS = {
    **dict.fromkeys(FOUNDATION, 0),
    **dict.fromkeys(("theory", "fields", "flows", "samplers", "metrics"), 1),
    **dict.fromkeys(("tasks", "compress", "inference", "emulator"), 2),
    **dict.fromkeys(("settings", "pipeline", "plots"), 3),
    **dict.fromkeys(STUDIES, 4),
}
WITHIN_LEVEL = {("pipeline", "settings")}  # the only imports between packages of one level
ROOTS = ("", "studies")  # empty packages
FILE_FUNCTIONS = {
    *("open", "open_dataset", "open_dataarray", "open_mfdataset", "open_datatree", "memmap", "fromfile", "tofile"),
    *("read_text", "write_text", "read_bytes", "write_bytes", "read_csv", "to_csv", "to_netcdf", "from_netcdf"),
    *("loadtxt", "savetxt", "genfromtxt", "savez", "savez_compressed", "save_file", "load_file", "savefig", "to_zarr"),
    *("to_pickle", "read_pickle", "to_parquet", "to_hdf", "mkdir", "unlink", "copyfile"),
}
ARRAY_LIBRARIES = {"np", "jnp", "numpy", "xr", "pickle", "json"}
ARRAY_LIBRARY_FUNCTIONS = {"load", "save", "dump", "load_dataset", "load_dataarray"}


def imported_parts(tree: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    """Yield the part of fullfield (package or top module) behind each import; `package` holds the module itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join((*above, *filter(None, [node.module])))
            names = [f"{source}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            root, _, rest = name.partition(".")
            if root == "fullfield" and rest:
                yield part_named(rest)


def part_named(name: str) -> str:
    """Return the part behind a dotted name below the package: every study is a part of its own."""
    first, *others = name.split(".")
    return f"{first}.{others[0]}" if first == "studies" and others else first


def may_import(part: str, other: str) -> bool:
    """Say whether the rules let one part of fullfield import another."""
    if part == other:
        return True
    if part not in LEVELS or other not in LEVELS:
        return False
    if (part, other) in WITHIN_LEVEL:
        return True
    if LEVELS[part] == LEVELS[other] == 0:
        return FOUNDATION.index(other) < FOUNDATION.index(part)
    return LEVELS[other] < LEVELS[part]


def file_accesses(tree: ast.AST) -> Iterator[str]:
    """Yield the name of every call that opens, writes or creates a file."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in FILE_FUNCTIONS:
            yield node.func.id
        elif isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, node.func.value
            owner = owner.id if isinstance(owner, ast.Name) else ""
            through_io = owner in ("io", "text_io") and name != "open"  # the standard library's io has open() alone
            of_library = owner in ARRAY_LIBRARIES and name in ARRAY_LIBRARY_FUNCTIONS
            if not through_io and (name in FILE_FUNCTIONS or of_library):
                yield name


def sees_snakemake(tree: ast.AST) -> bool:
    """Say whether the code names or imports `snakemake`."""
    return any(
        (isinstance(node, ast.Name) and node.id == "snakemake")
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "snakemake" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "snakemake")
        for node in ast.walk(tree)
    )


def location(path: Path) -> tuple[str, ...]:
    """Return the dotted name of the package that relative imports of a module start from."""
    return ("fullfield", *path.relative_to(PACKAGE).parent.parts)


def part_of(path: Path) -> str:
    """Return the part of fullfield that a module belongs to."""
    return part_named(".".join(part for part in path.relative_to(PACKAGE).with_suffix("").parts if part != "__init__"))


def identifier(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", [path for path in MODULES if part_of(path) not in ROOTS], ids=identifier)
def test_modules_import_only_from_lower_levels(path):
    part = part_of(path)
    assert part in LEVELS, f"{part} has no level: design the layer first"
    imported = set(imported_parts(ast.parse(path.read_text()), location(path)))
    assert [other for other in sorted(imported) if not may_import(part, other)] == []


@pytest.mark.parametrize("study", STUDIES)
def test_scripts_and_tests_of_a_study_know_no_other(study):
    root, name = PACKAGE.parent, study.removeprefix("studies.")
    paths = [path for part in ("scripts", "tests/studies") for path in (root / part / name).glob("*.py")]
    assert paths
    imported = {part for path in paths for part in imported_parts(ast.parse(path.read_text()), ())}
    assert imported & (set(STUDIES) - {study}) == set()


@pytest.mark.parametrize("path", [path for path in MODULES if part_of(path) not in DISK], ids=identifier)
def test_only_disk_modules_open_files(path):
    assert sorted(file_accesses(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize("path", MODULES, ids=identifier)
def test_library_does_not_know_snakemake(path):
    assert not sees_snakemake(ast.parse(path.read_text()))


@pytest.mark.parametrize(
    ("part", "code", "allowed"),
    [
        ("train", "from fullfield.resume import Resume", True),
        ("resume", "from fullfield import train", False),
        ("io", "import fullfield.train", False),
        ("fields", "from fullfield.fields.grid import Grid", True),
        ("fields", "from .grid import Grid", True),
        ("fields", "from fullfield.theory import spectra", False),
        ("fields", "from ..theory import spectra", False),
        ("fields", "from .. import theory", False),
        ("inference", "from fullfield import tasks", False),
        ("inference", "import fullfield.flows.coupling as coupling", True),
        ("theory", "def f():\n    from fullfield.studies import losses", False),
        ("pipeline", "import fullfield.tasks, fullfield.inference", True),
        ("pipeline", "from fullfield.settings.provenance import provenance", True),
        ("settings", "from fullfield import pipeline", False),
        ("pipeline", "from fullfield import plots", False),
        ("pipeline", "from fullfield.studies.losses import recipes", False),
        ("studies.losses", "from fullfield.pipeline import problem\nfrom fullfield import plots", True),
        ("studies.losses", "from fullfield.studies.losses import recipes", True),
        ("studies.losses", "from . import recipes", True),
        ("studies.losses", "from fullfield.studies.samplers import cost", False),
        ("studies.losses", "from fullfield.studies import samplers", False),
        ("plots", "import numpy", True),
    ],
)
def test_import_rule_tells_right_from_wrong(part, code, allowed):
    imported = imported_parts(ast.parse(code), ("fullfield", *part.split(".")))
    assert all(may_import(part, other) for other in imported) == allowed


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("open('a')", ["open"]),
        ("path.open()", ["open"]),
        ("np.load(path)", ["load"]),
        ("xr.load_dataset(path)", ["load_dataset"]),
        ("figure.savefig(path)", ["savefig"]),
        ("io.load_dataset(path)", []),
        ("io.read_text(path)", []),
        ("io.open(path)", ["open"]),
        ("dataset.load()", []),
        ("json.dumps({})", []),
    ],
)
def test_file_rule_tells_right_from_wrong(code, found):
    assert list(file_accesses(ast.parse(code))) == found


@pytest.mark.parametrize(
    ("code", "seen"),
    [("snakemake.input[0]", True), ("from snakemake.utils import min_version", True), ("'snakemake'", False)],
)
def test_snakemake_rule_tells_right_from_wrong(code, seen):
    assert sees_snakemake(ast.parse(code)) == seen
