"""docs/results.md and the tables of README and methods hold the numbers of docs/tables, and no others."""

import ast
import json
import re
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))

import pages  # noqa: E402

from fullfield.pipeline import results_page, results_sections  # noqa: E402

TEMPLATES = sorted([*ROOT.glob("workflow/report/results/*.j2"), *ROOT.glob("workflow/studies/*/results.md.j2")])
MODULES = sorted([*ROOT.glob("fullfield/pipeline/results_*.py"), *ROOT.glob("fullfield/studies/*/results.py")])
# What may stand in the text itself: names, papers, levels of intervals.
ALLOWED = re.compile(r"arXiv \d{4}\.\d{5}|\b(?:C2ST|S8|sigma8|w0)\b|\b(?:68|95|99) %")
PROSE = re.compile(r".* .*|[\d.,%]+", re.DOTALL)  # names of columns and formats have no blanks


@pytest.fixture(scope="module")
def tables():
    return pages.load_tables(ROOT)


@pytest.fixture
def repository(tmp_path):
    """Copy what the pages are made from."""
    for part in ("docs/tables", "workflow/report/results", "workflow/studies"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for name in ("README.md", "docs/methods.md", "config.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def in_text(template: str) -> str:
    """Return what of a template is written as it stands."""
    return ALLOWED.sub("", re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", template, flags=re.DOTALL))


# --- every number has a source ---------------------------------------------------------------------------------------


def test_pages_are_what_the_tables_say(tables):
    for path, text in pages.pages(ROOT, tables).items():
        expected, found = (results_page.sections_of(page) for page in (text, path.read_text()))
        # Sections of studies that have been deleted may stay until the page is written anew.
        assert expected == {name: found.get(name) for name in expected}, f"make results ARGS=--pages writes {path.name}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_templates_hold_no_numbers(path):
    assert re.findall(r".*\d.*", in_text(path.read_text())) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_sections_write_no_numbers(path):
    tree = ast.parse(path.read_text())
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]
    assert [text for text in texts if re.search(r"\d", text) and PROSE.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("template", "clean"),
    [
        ("the C2ST is {{ value | fixed(3) }} (arXiv 2407.10877), 95 % of sigma8", True),
        ("the C2ST is 0.52", False),
        ("{% if a > 3 %}up to 3 sigma{% endif %}", False),
    ],
)
def test_numbers_in_templates_are_seen(template, clean):
    assert (re.search(r"\d", in_text(template)) is None) == clean


def test_a_page_follows_its_table(repository):
    before = pages.pages(repository, pages.load_tables(repository))
    path = repository / "docs/tables/default/main.csv"
    pd.read_csv(path).assign(c2st=0.87654, largest_shift=0.98765).to_csv(path, index=False)
    after = pages.pages(repository, pages.load_tables(repository))
    for name in ("README.md", "docs/results.md"):
        assert "0.877 ±" in after[repository / name]
        assert "0.99" in after[repository / name]
        assert "0.877" not in before[repository / name]
    assert after[repository / "docs/methods.md"] == before[repository / "docs/methods.md"]


def test_a_page_follows_the_configuration(repository):
    path = repository / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["scales"]["laptop"]["compressor"]["batch_size"] = 98765
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    assert "| 98 765 |" in pages.pages(repository, pages.load_tables(repository))[repository / "docs/methods.md"]


def test_the_words_follow_the_numbers(tables):
    template = (ROOT / "workflow/report/results/agreement.md.j2").read_text()
    run = {"run": {}, "filters": pages.FILTERS}
    texts = []
    for c2st, inside in ((0.4, True), (0.51, True), (0.7, False)):
        row = tables["default"]["main"].iloc[:1]
        row = row.assign(c2st=c2st, c2st_null=0.5, c2st_shifted=0.55, sbc_inside=inside)
        section = results_sections.SECTIONS["agreement"]
        texts.append(results_page.section_text("agreement", section, template, {"main": row}, **run))
    for text, verdict in zip(
        texts, ("is no larger than", "lies between", "is larger than that of a shifted"), strict=True
    ):
        assert verdict in text
    assert ["rank statistics leave" in text for text in texts] == [False, False, True]


# --- collecting ------------------------------------------------------------------------------------------------------


def test_a_section_without_its_tables_names_the_command(repository):
    study = pages.studies(repository)[0]
    shutil.rmtree(repository / "docs/tables" / study, ignore_errors=True)
    page = pages.pages(repository, pages.load_tables(repository))[repository / "docs/results.md"]
    text = results_page.sections_of(page)[study].strip()
    assert "No table yet (" in text
    assert text.endswith("`make run`, then `make results`.")


def test_a_study_is_found_by_its_folder(repository):
    found = pages.studies(repository)
    assert found == [path.parent.name for path in sorted(ROOT.glob("workflow/studies/*/results.md.j2"))]
    for study in found:
        shutil.rmtree(repository / "workflow/studies" / study)
    page = pages.pages(repository, pages.load_tables(repository))[repository / "docs/results.md"]
    assert set(results_page.sections_of(page)) == {"", *results_sections.SECTIONS}


def test_tables_are_collected_from_a_finished_run(repository, tmp_path):
    folder = tmp_path / "results/laptop/lensing"
    for name, (own, section, _) in pages.sections(repository).items():
        for table, source in section.sources.items():
            path = repository / "docs/tables" / own / f"{table}.csv"
            if name in ("agreement", "parameters") and path.is_file():
                target = folder / source.path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    compressor = pd.read_csv(folder / "tables/main.csv")["compressor"].iloc[0]
    (folder / "compressors").mkdir()
    (folder / f"compressors/{compressor}.json").write_text('{"seed": 5, "version": "9.9.9"}')
    jobs = ["theory", "theory_calibration", "train_estimator_npe_vmim", "train_estimator_npe_mse"]
    timings = pd.DataFrame({"job": jobs, "wall_seconds": 2.0, "cpu_seconds": 1.0, "peak_memory_mb": [1, 2, 3, 4]})
    timings.to_csv(folder / "tables/timings.csv", index=False)
    for part in (folder / "figures", repository / "docs/figures", repository / "scripts"):
        part.mkdir()
    (folder / "figures/simulated_maps.png").write_text("maps")
    for rule in ("theory", "train_estimator"):
        (repository / f"scripts/{rule}.py").touch()

    pages.collect(repository, folder.parent)
    assert [path.name for path in (repository / "docs/figures").iterdir()] == ["maps.png"]
    run = yaml.safe_load((repository / "docs/tables/run.yaml").read_text())
    assert (run["seed"], run["versions"]["fullfield"]) == (5, "9.9.9")
    kept = sorted(path.name for path in (repository / "docs/tables").rglob("*.csv"))
    assert kept == ["main.csv", "posteriors.csv", "shifts.csv", "timings.csv"]
    by_rule = pd.read_csv(repository / "docs/tables/default/timings.csv").set_index("rule")
    assert list(by_rule["num_jobs"]) == [2, 2]
    assert list(by_rule["peak_memory_mb"]) == [2, 4]


def test_a_run_that_is_not_finished_is_refused(repository, tmp_path):
    with pytest.raises(SystemExit, match=r"results/laptop/lensing/tables/main\.csv is not there: `make run` finishes"):
        pages.collect(repository, tmp_path / "results/laptop")
    assert (repository / "docs/tables/run.yaml").is_file()


def test_a_run_that_settings_were_chosen_on_is_refused(repository, monkeypatch):
    seeds = yaml.safe_load((repository / "config.yaml").read_text())["development_seeds"]
    monkeypatch.setattr(pages, "run_facts", lambda folder: {"seed": seeds[0]})
    folder = repository / "results/laptop"
    (folder / "lensing/tables").mkdir(parents=True)
    (folder / "lensing/tables/main.csv").touch()
    with pytest.raises(SystemExit, match=rf"is of seed {seeds[0]}, whose observations settings were chosen on"):
        pages.collect(repository, folder)
    assert (repository / "docs/tables/run.yaml").is_file()


def test_tables_of_one_study_are_added_to_those_of_the_same_run(repository, tmp_path):
    published = yaml.safe_load((repository / "docs/tables/run.yaml").read_text())
    folder = tmp_path / "results" / published["scale"] / "lensing"
    with pytest.raises(SystemExit, match="--study is 'lens'; allowed: .*losses, .*simulator"):
        pages.collect_study(repository, folder.parent, "lens")
    with pytest.raises(SystemExit, match="holds no table of the study losses: `make run TARGET=...` makes them first"):
        pages.collect_study(repository, folder.parent, "losses")
    tables = folder / "losses/full/tables"
    tables.mkdir(parents=True)
    pd.DataFrame({"summary": ["mse"], "c2st": [0.5]}).to_csv(tables / "losses.csv", index=False)
    (folder / "losses/full/networks").mkdir()
    network = folder / "losses/full/networks/mse_20000.json"
    network.write_text(json.dumps({"seed": published["seed"]}))
    before = set((repository / "docs/tables").rglob("*"))
    pages.collect_study(repository, folder.parent, "losses")
    copied = repository / "docs/tables/losses/full_losses.csv"
    assert pd.read_csv(copied)["c2st"].tolist() == [0.5]
    assert set((repository / "docs/tables").rglob("*")) == before | {copied}
    network.write_text(json.dumps({"seed": published["seed"] + 1}))
    with pytest.raises(SystemExit, match="copy tables of one run, or all anew without --study"):
        pages.collect_study(repository, folder.parent, "losses")


def test_published_tables_and_the_default_run_are_of_unseen_observations():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    published = yaml.safe_load((ROOT / "docs/tables/run.yaml").read_text())
    assert not {config["seed"], published["seed"]} & set(config["development_seeds"])


# --- the page --------------------------------------------------------------------------------------------------------


def test_markers_must_be_there():
    text = "a\n<!-- begin: b -->\nold\n<!-- end: b -->\nc\n"
    assert results_page.with_block(text, "b", "new") == "a\n<!-- begin: b -->\nnew\n<!-- end: b -->\nc\n"
    with pytest.raises(ValueError, match="the markers <!-- begin: c --> and <!-- end: c --> must stand once"):
        results_page.with_block(text, "c", "new")


def test_numbers_are_written_for_readers():
    assert results_page.fixed(41500) == "41 500"
    assert results_page.fixed(-0.0, 1) == "0.0"
    assert results_page.fixed(float("nan")) == results_page.fixed(None) == ""
    assert results_page.error(1.25, 0.5, 1) == "1.2 ± 0.5"
    assert results_page.error(1.25, None, 2) == "1.25"
    assert [results_page.general(value) for value in (3.0, 0.012345, 1234.5)] == ["3", "0.0123", "1 234"]
    assert results_page.listed(["a", "b", "c"]) == "a, b and c"
    assert results_page.listed([]) == "none"
    assert [results_page.count(number, "map") for number in (1, 2)] == ["1 map", "2 maps"]


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text().split()) <= 1000
