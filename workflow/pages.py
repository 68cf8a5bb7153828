"""Write docs/results.md, and the tables of README.md and docs/methods.md, from docs/tables and config.yaml.

python workflow/pages.py                          after copying tables and figures of a finished run, results/laptop
python workflow/pages.py --from results/paper     the same of another scale
python workflow/pages.py --study losses           the tables of a full study alone, beside those of the run before
python workflow/pages.py --pages                  without copying
python workflow/pages.py --check                  write nothing; fail where a page is not what the tables say
"""

import argparse
import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from fullfield.pipeline import results_page, results_sections
from fullfield.pipeline.results_page import Section
from fullfield.plots import palette

ROOT = Path(__file__).parents[1]
TASK = "lensing"
DEFAULT = "default"  # folder of docs/tables for the default route; studies have one of their own name
FILTERS = {"spelled": palette.spelled}
VERSIONS = ("fullfield", "jax", "numpyro", "blackjax", "dm-haiku", "tfp-nightly", "scikit-learn", "numpy")
SCALES = {
    "num_pixels": None,
    "compressor": ("features", "num_channels", "num_simulations", "num_steps", "batch_size", "num_views"),
    "estimator": ("num_simulations", "num_steps", "batch_size", "seeds"),
    "reference": ("num_chains", "num_warmup", "num_draws", "max_rhat", "min_ess"),
    "evaluation": ("num_coverage_observations", "num_c2st_rows"),
}
"""Keys of a scale that docs/methods.md shows."""


def studies(root: Path) -> list[str]:
    """Return the studies that bring a section: those with a template and a module for it."""
    names = sorted(path.parent.name for path in root.glob("workflow/studies/*/results.md.j2"))
    return [name for name in names if importlib.util.find_spec(f"fullfield.studies.{name}.results")]


def sections(root: Path) -> dict[str, tuple[str, Section, Path]]:
    """Return folder of docs/tables, section and template by name, in the order of the page."""
    own = {
        name: (DEFAULT, section, root / f"workflow/report/results/{name}.md.j2")
        for name, section in results_sections.SECTIONS.items()
    }
    for name in studies(root):
        module = importlib.import_module(f"fullfield.studies.{name}.results")
        own[name] = (name, module.SECTION, root / f"workflow/studies/{name}/results.md.j2")
    return own


def collect(root: Path, results: Path) -> None:
    """Copy what the sections need of a finished run to docs/tables and docs/figures, and say there what run it was.

    Exits with a sentence where the run is not finished.
    """
    folder = results / TASK
    if not (folder / "tables/main.csv").is_file():
        sys.exit(f"{folder / 'tables/main.csv'} is not there: `make run` finishes the run first.")
    facts = run_facts(folder)
    seen = yaml.safe_load((root / "config.yaml").read_text())["development_seeds"]
    if facts["seed"] in seen:
        sys.exit(
            f"{folder} is of seed {facts['seed']}, whose observations settings were chosen on (config.yaml:"
            f" development_seeds is {seen}): results are published of a run with another seed."
        )
    target = root / "docs/tables"
    shutil.rmtree(target, ignore_errors=True)
    for name, section, _ in sections(root).values():
        copy_section(root, folder, name, section, facts["observations"][0])
    text = "# The run behind these tables, written by `make results`.\n" + yaml.safe_dump(facts, sort_keys=False)
    (target / "run.yaml").write_text(text)


def copy_section(root: Path, folder: Path, name: str, section: Section, observation: str) -> int:
    """Copy the tables and figures of a section that are there; return how many tables."""
    target, count = root / "docs/tables" / name, 0
    rules = [path.stem for path in root.glob("scripts/**/*.py")]
    for table, source in section.sources.items():
        path = folder / source.path.format(observation=observation)
        if path.is_file():
            kept = source.keep(read(path))
            kept = results_sections.timings_by_rule(kept, rules) if table == "timings" else kept
            target.mkdir(parents=True, exist_ok=True)
            kept.to_csv(target / f"{table}.csv", index=False, float_format="%.8g")
            count += 1
    for figure, candidates in section.figures.items():
        drawn = [folder / one.format(observation=observation) for one in candidates]
        for path in [path for path in drawn if path.is_file()][:1]:
            shutil.copy(path, root / f"docs/figures/{figure}.png")
    return count


def collect_study(root: Path, results: Path, study: str) -> None:
    """Copy the tables of one study that a target has finished; those of the run before, which they must fit, stay.

    Exits with a sentence where there is no such study, none of its tables, or another run behind the others.
    """
    known = {name: section for name, section, _ in sections(root).values() if name != DEFAULT}
    if study not in known:
        sys.exit(f"--study is {study!r}; allowed: {', '.join(known)}")
    facts = yaml.safe_load((root / "docs/tables/run.yaml").read_text())
    folder = results / TASK
    seeds = {json.loads(path.read_text()).get("seed") for path in folder.glob("*/**/*.json")} - {None}
    if results.name != facts["scale"] or seeds - {facts["seed"]}:
        sys.exit(
            f"{results} is of seeds {sorted(seeds)}, docs/tables is of the {facts['scale']} scale and seed"
            f" {facts['seed']}: copy tables of one run, or all anew without --study."
        )
    if not copy_section(root, folder, study, known[study], facts["observations"][0]):
        sys.exit(f"{folder} holds no table of the study {study}: `make run TARGET=...` makes them first.")


def run_facts(folder: Path) -> dict[str, Any]:
    """Return scale, size, seeds, observations and date of a finished run, and the versions it was made with."""
    main = folder / "tables/main.csv"
    table = read(main)
    network = json.loads((folder / f"compressors/{table['compressor'].iloc[0]}.json").read_text())
    installed = {name: importlib.metadata.version(name) for name in VERSIONS[1:]}
    return {
        "scale": str(table["scale"].iloc[0]),
        "num_pixels": int(table["num_pixels"].iloc[0]),
        "seed": int(network["seed"]),
        "num_estimator_seeds": int(table["num_seeds"].max()),
        "observations": [str(name) for name in table["observation"].unique()],
        "date": datetime.datetime.fromtimestamp(main.stat().st_mtime, datetime.UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "versions": {"fullfield": network["version"], "Python": platform.python_version(), **installed},
    }


def read(path: Path) -> pd.DataFrame:
    """Read a table."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def load_tables(root: Path) -> dict[str, dict[str, pd.DataFrame]]:
    """Return the committed tables by folder and name."""
    tables: dict[str, dict[str, pd.DataFrame]] = {}
    for path in sorted(root.glob("docs/tables/*/*.csv")):
        tables.setdefault(path.parent.name, {})[path.stem] = read(path)
    return tables


def pages(root: Path, tables: Mapping[str, Mapping[str, pd.DataFrame]]) -> dict[Path, str]:
    """Return the text of every page that holds numbers of the tables or the configuration."""
    templates = root / "workflow/report/results"
    common = {"run": yaml.safe_load((root / "docs/tables/run.yaml").read_text()), "filters": FILTERS}
    parts = [results_page.render((templates / "page.md.j2").read_text(), **common)]
    for name, (folder, section, template) in sections(root).items():
        own = tables.get(folder, {})
        parts.append(results_page.section_text(name, section, template.read_text(), own, **common))
    agreement = results_sections.agreement(tables[DEFAULT])
    result = results_page.render((templates / "readme.md.j2").read_text(), **common, **agreement)
    scales = results_page.render((templates / "scales.md.j2").read_text(), FILTERS, **scale_rows(root))
    readme, methods = root / "README.md", root / "docs/methods.md"
    return {
        root / "docs/results.md": "\n".join(parts),
        readme: results_page.with_block(readme.read_text(), "result", result),
        methods: results_page.with_block(methods.read_text(), "scales", scales),
    }


def scale_rows(root: Path) -> dict[str, Any]:
    """Return the keys of `SCALES` with their values in every scale."""
    budgets = yaml.safe_load((root / "config.yaml").read_text())["scales"]
    rows = {}
    for block, keys in SCALES.items():
        for key in keys or [None]:
            values = [budget[block] if key is None else budget[block][key] for budget in budgets.values()]
            rows[f"{block}.{key}" if key else block] = [
                results_page.fixed(value) if isinstance(value, int) else value for value in values
            ]
    return {"scales": list(budgets), "rows": rows}


def main() -> None:
    """Write the pages, or exit with one sentence where one differs from what the tables say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="results", type=Path, default=Path("results/laptop"), help="folder of a scale")
    parser.add_argument("--study", help="copy the tables of this study alone")
    parser.add_argument("--pages", action="store_true", help="write the pages from docs/tables; copy nothing")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is stale")
    arguments = parser.parse_args()
    if arguments.study:
        collect_study(ROOT, arguments.results, arguments.study)
    elif not (arguments.pages or arguments.check):
        collect(ROOT, arguments.results)
    stale = []
    for path, text in pages(ROOT, load_tables(ROOT)).items():
        if not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(ROOT)))
            if not arguments.check:
                path.write_text(text)
    if arguments.check and stale:
        sys.exit(
            f"{', '.join(stale)} not as docs/tables and config.yaml say: run `make results ARGS=--pages` and commit."
        )


if __name__ == "__main__":
    main()
