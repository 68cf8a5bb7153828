"""What does not compute starts at once: plans, figures and tables import neither JAX nor what is built on it."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
BUILT_ON_JAX = ("jax", "jaxlib", "tensorflow_probability", "haiku", "numpyro", "jax_cosmo", "optax", "blackjax")
ARRAY_FORMATS = ("xarray", "matplotlib", "sklearn", "scipy", "arviz")

VERBS = ("plot", "tabulate", "evaluate", "gate", "diagnose", "trace", "compare")
"""Of scripts that draw or tabulate what others have computed."""
NEED_JAX = {
    *("plot_contours", "plot_knowledge", "plot_loss_contours", "tabulate_posteriors"),  # draws of the prior
    *("plot_field", "plot_spectra", "plot_sensitivity"),  # band powers, mock maps, gradients
    *("evaluate_coverage", "evaluate_observation", "compare_theories"),  # draws of estimators, simulations, chains
}
LIGHT_SCRIPTS = [
    path
    for path in sorted((ROOT / "scripts").rglob("*.py"))
    if path.stem.split("_")[0] in VERBS and path.stem not in NEED_JAX
]

VALIDATE = """
import pathlib, yaml
from fullfield.settings.configuration import validate
config = yaml.safe_load(pathlib.Path("config.yaml").read_text())
validate({**config, **%r}, pathlib.Path())
"""


def loaded_by(code: str, names: tuple[str, ...]) -> list[str]:
    """Run code in an interpreter of its own and return which of the named packages it has imported."""
    code = f"{code}\nimport sys\nprint(*(name for name in {names} if name in sys.modules))"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def imports_of(path: Path) -> str:
    """Return the import statements of a script, as code."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return "\n".join(ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))


def test_shipped_configuration_is_checked_without_array_libraries():
    assert loaded_by(VALIDATE % {}, (*BUILT_ON_JAX, *ARRAY_FORMATS)) == []


def test_recipes_and_code_hashes_are_planned_without_array_libraries():
    code = "from fullfield.settings import code_hash, registry\nfrom fullfield.studies.losses import recipes, settings"
    assert loaded_by(f"{code}\nregistry.losses()", (*BUILT_ON_JAX, *ARRAY_FORMATS)) == []


@pytest.mark.parametrize("suffix", [".npy", ".nc"])
def test_a_map_is_checked_without_jax(tmp_path, suffix):
    path = tmp_path / f"map{suffix}"
    code = f"""
import numpy as np
from fullfield import maps_io
from fullfield.settings.configuration import load_survey
from fullfield.survey import Survey
survey = Survey.from_mapping(load_survey("workflow/surveys/lsst_y10.yaml", pathlib.Path()))
sigma = survey.noise_sigma(60.0 * survey.field_deg / config["scales"]["smoke"]["num_pixels"])
size = 2 * (config["scales"]["smoke"]["num_pixels"],)
x = np.random.default_rng(0).normal(size=(len(sigma), *size)) * sigma[:, None, None]
maps_io.save_map({str(path)!r}, x)
own = {{"observation": [{str(path)!r}], "observation_pixel_arcmin": 60.0 * survey.field_deg / size[0]}}
validate({{**config, **own, "scale": "smoke"}}, pathlib.Path())
"""
    assert loaded_by(VALIDATE % {} + code, BUILT_ON_JAX) == []


def test_simulations_are_checked_without_jax(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "simulations.npz", theta=rng.normal(size=(1000, 2)), x=rng.normal(size=(1000, 3)))
    np.save(tmp_path / "observed.npy", rng.normal(size=3))
    files = {"simulations": str(tmp_path / "simulations.npz"), "observation": [str(tmp_path / "observed.npy")]}
    assert loaded_by(VALIDATE % {"task": "files", **files}, BUILT_ON_JAX) == []


def test_scripts_that_draw_or_tabulate_import_no_jax():
    assert {"plot_chains", "tabulate_main", "gate_reference", "evaluate_c2st"} <= {path.stem for path in LIGHT_SCRIPTS}
    found = f"print({{path!r}}, *(name for name in {BUILT_ON_JAX} if name in sys.modules))"
    code = "\n".join(f"{imports_of(path)}\n{found.format(path=path.stem)}" for path in LIGHT_SCRIPTS)
    process = subprocess.run([sys.executable, "-c", f"import sys\n{code}"], cwd=ROOT, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines() == [path.stem for path in LIGHT_SCRIPTS]


def test_an_import_of_jax_is_found():
    assert loaded_by("import fullfield.keys", ("jax", "haiku")) == ["jax"]
    assert loaded_by("import fullfield.types, fullfield.io", ("jax", "haiku")) == []


def test_simulation_imports_no_flows():
    code = "from fullfield.pipeline import problem, stored_features, band_powers, mock"
    assert loaded_by(code, ("tensorflow_probability", "scipy.stats")) == []
