"""Every wrong configuration ends in one sentence that names the key."""

import copy
from pathlib import Path

import numpy as np
import pytest
import yaml

from fullfield import io
from fullfield.settings.configuration import validate

REPOSITORY = Path(__file__).parents[2]
NUM_SIMULATIONS = 1000


def changed(path, value):
    """Return config.yaml with the entry at a dotted path replaced."""
    config = io.read_yaml(REPOSITORY / "config.yaml")
    node = config
    *parents, last = path.split(".")
    for parent in parents:
        node = node[parent]
    node[last] = value
    return config


@pytest.fixture
def simulations(tmp_path):
    """Write a file of simulations and one observation; return the configuration that uses them."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=(NUM_SIMULATIONS, 2))
    np.savez(tmp_path / "simulations.npz", theta=theta, x=theta + rng.normal(size=theta.shape))
    np.save(tmp_path / "observed.npy", np.zeros(2))
    return changed("task", "files") | {"simulations": "simulations.npz", "observation": "observed.npy"}


def test_shipped_configuration_is_valid(tmp_path):
    settings = validate(io.read_yaml(REPOSITORY / "config.yaml"), tmp_path)
    assert (settings.scale, settings.task, settings.methods) == ("laptop", "lensing", ("npe",))
    assert settings.observations == {"simulated": None}
    assert settings.budgets["num_pixels"] == 64
    assert settings.survey["sigma_e"] == 0.26


def test_input_is_not_changed(tmp_path):
    config = changed("seed", "3")
    before = copy.deepcopy(config)
    assert validate(config, tmp_path).seed == 3
    assert config == before


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("scale", "labtop", r"^config: scale is 'labtop'; did you mean laptop\? allowed: smoke, laptop, paper$"),
        ("scale", "huge", r"scale is 'huge'; allowed: smoke, laptop, paper"),
        ("bridge.cheap", "a.npz", r"config: bridge names cheap alone; allowed: both of cheap, expensive, or null"),
        ("bridge", {"cheap": "a.npz", "expensive": "b.npz"}, r"config: bridge.cheap is 'a.npz'; there is no such file"),
        ("bridge.cheep", "a.npz", r"unknown key bridge\.cheep; did you mean cheap\?"),
        ("task", 3, r"task is 3; allowed: lensing, files"),
        ("scal", "smoke", r"unknown key scal; did you mean scale\?"),
        ("scales.laptop.reference.num_chain", 4, r"key scales\.laptop\.reference\.num_chain; did you mean num_ch"),
        ("scales.laptop.posterior.burn", 4, r"unknown key scales\.laptop\.posterior\.burn; allowed here: num_draws"),
        ("scales.labtop", {}, r"unknown key scales\.labtop; did you mean laptop\?"),
        ("scales.laptop.reference.num_chains", -1, r"scales\.laptop\.reference\.num_chains is -1; .*at least 2"),
        ("scales.laptop.reference.num_chains", 3, r"num_chains is 3; .*a multiple of 2"),
        ("scales.smoke.estimator.num_steps", 100.5, r"scales\.smoke\.estimator\.num_steps is 100\.5; allowed: an"),
        ("scales.smoke.estimator.num_steps", 100.0, r"num_steps is 100\.0; allowed: an integer"),
        ("scales.smoke.estimator.num_steps", True, r"num_steps is True; allowed: an integer"),
        ("scales.smoke.estimator.num_steps", "many", r"num_steps is 'many'; allowed: an integer"),
        ("scales.smoke.estimator.num_steps", None, r"num_steps is null; allowed: an integer"),
        ("scales.paper.compressor.learning_rate", 0, r"learning_rate is 0\.0; allowed: a number, above 0, at most 1"),
        ("scales.paper.compressor.learning_rate", float("nan"), r"learning_rate is nan; allowed: a number"),
        ("scales.paper.theory", 5, r"scales\.paper\.theory is 5; allowed: a block of keys"),
        ("scales.laptop.num_pixels", 60, r"num_pixels is 60; .*a multiple of 8"),
        ("scales.laptop.estimator.seeds", [0, 0], r"seeds is \[0, 0\]; .*without repeats"),
        ("scales.laptop.estimator.seeds", [0, -1], r"seeds\[1\] is -1; allowed: an integer, at least 0"),
        ("scales.laptop.estimator.batch_size", 10**7, r"batch_size is 10000000; .* at most .*num_simulations = \d+$"),
        ("scales.laptop.evaluation.num_c2st_rows", 10**7, r"num_c2st_rows is 10000000; .*posterior\.num_draws = \d+$"),
        ("seed", -1, r"seed is -1; allowed: an integer, at least 0"),
        ("compressors", ["vmin"], r"compressors holds 'vmin'; did you mean vmim\? allowed: mse, mae, gnll"),
        ("compressors", ["imnn"], r"holds 'imnn', which is trained at the fiducial point; allowed here: mse"),
        ("methods", "abc", r"methods holds 'abc'; allowed: nle, npe, nre"),
        ("methods", ["npe", "npee"], r"methods holds 'npee'; did you mean npe\? allowed: nle, npe, nre"),
        ("methods", [], r"methods is \[\]; allowed: a list, with at least 1 entries"),
        ("survey", "lsst.yaml", r"survey is 'lsst\.yaml'; there is no such file below "),
        ("observation", "simulatd", r"observation is 'simulatd'; did you mean simulated\?"),
        ("observation", "my.npy", r"observation is 'my\.npy'; there is no such file below "),
        ("observation", None, r"observation is null; allowed: a list"),
        ("observation_pixel_arcmin", "two", r"observation_pixel_arcmin is 'two'; allowed: a number or null, above 0"),
    ],
)  # fmt: skip
def test_wrong_values_are_named(tmp_path, path, value, message):
    with pytest.raises(ValueError, match=message) as caught:
        validate(changed(path, value), tmp_path)
    assert len(str(caught.value).splitlines()) == 1


def test_missing_key_is_named(tmp_path):
    config = io.read_yaml(REPOSITORY / "config.yaml")
    del config["scales"]["smoke"]["posterior"]["num_draws"]
    with pytest.raises(ValueError, match=r"key scales\.smoke\.posterior\.num_draws is missing; needed: an integer"):
        validate(config, tmp_path)


def test_text_of_the_command_line_is_understood(tmp_path):
    config = changed("scales.laptop.compressor.learning_rate", "1e-3")
    config["scales"]["laptop"]["reference"]["num_chains"] = "2"
    config |= {"scale": "laptop", "seed": "7", "methods": "npe", "simulations": "null", "observation_pixel_arcmin": "9"}
    settings = validate(config, tmp_path)
    assert settings.budgets["compressor"]["learning_rate"] == 0.001
    assert settings.budgets["reference"]["num_chains"] == 2
    assert (settings.seed, settings.methods, settings.observation_pixel_arcmin) == (7, ("npe",), 9.0)


# --- survey ----------------------------------------------------------------------------------------------------------


def survey_with(tmp_path, **changes):
    survey = io.read_yaml(REPOSITORY / "workflow/surveys/lsst_y10.yaml") | changes
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(survey))
    return changed("survey", "own.yaml")


def test_another_survey_is_usable(tmp_path):
    nz = {"a": 1.5, "beta": 0.9, "z0": 0.3, "z_max": 4.0, "edges": [0.2, 0.6, 1.2]}
    assert validate(survey_with(tmp_path, field_deg=5, nz=nz), tmp_path).survey["nz"]["edges"] == [0.2, 0.6, 1.2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sigma_e": -0.26}, r"^own\.yaml: sigma_e is -0\.26; allowed: a number, above 0"),
        ({"sigma_eps": 0.26}, r"unknown key sigma_eps; did you mean sigma_e\?"),
        ({"nz": {"a": 2}}, r"key nz\.beta is missing"),
        (
            {"nz": {"a": 2, "beta": 1, "z0": 1, "z_max": 2, "edges": [1, 0.5]}},
            r"nz\.edges is \[1\.0, 0\.5\]; .*increasing",
        ),
        ({"nz": {"a": 2, "beta": 1, "z0": 1, "z_max": 2, "edges": [0, 3]}}, r"up to nz\.z_max = 2\.0"),
    ],
)
def test_wrong_surveys_are_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        validate(survey_with(tmp_path, **changes), tmp_path)


def test_survey_that_is_not_yaml(tmp_path):
    (tmp_path / "own.yaml").write_text("a: [1")
    with pytest.raises(ValueError, match=r"own\.yaml: not a YAML file"):
        validate(changed("survey", "own.yaml"), tmp_path)


# --- observations and simulations ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["a/map.npy", "b/map.npy"], r"observation names two entries 'map' \(also 'b/map\.npy'\)"),
        (["simulated", "simulated"], r"names two entries 'simulated'"),
        (["my map.npy"], r"its stem 'my map' becomes a folder of results"),
        (["simulated.npy"], r"must not begin like a mock's \(simulated, prior_\)"),
        (["prior_3.npy"], "must not begin like a mock's"),
    ],
)
def test_names_of_observations(tmp_path, files, message):
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    with pytest.raises(ValueError, match=message):
        validate(changed("observation", files), tmp_path, check_files=False)


def test_observations_are_named_by_their_stems(tmp_path):
    (tmp_path / "my_map.fits").touch()
    settings = validate(changed("observation", ["simulated", "my_map.fits"]), tmp_path, check_files=False)
    assert settings.observations == {"simulated": None, "my_map": tmp_path / "my_map.fits"}


def test_mock_observations_are_numbered(tmp_path):
    config = changed("observation", ["simulated"]) | {"num_observations": 3, "num_prior_observations": 2}
    names = list(validate(config, tmp_path, check_files=False).observations)
    assert names == ["simulated", "simulated_1", "simulated_2", "prior_0", "prior_1"]
    # An own map alone: there is no mock to be made several of.
    (tmp_path / "my_map.fits").touch()
    with pytest.raises(ValueError, match="num_observations is 3, but observation does not hold 'simulated'"):
        validate(config | {"observation": ["my_map.fits"]}, tmp_path, check_files=False)


def test_observed_maps_are_read(tmp_path):
    np.save(tmp_path / "flat.npy", np.ones((5, 64, 64)))
    with pytest.raises(ValueError, match=r"flat\.npy: bins \[1, 2, 3, 4, 5\] of 5 hold a single value"):
        validate(changed("observation", "flat.npy"), tmp_path)


def test_files_task(tmp_path, simulations):
    settings = validate(simulations, tmp_path)
    assert settings.simulations == tmp_path / "simulations.npz"
    assert list(settings.observations) == ["observed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"simulations": None}, "simulations is null; task files needs"),
        ({"simulations": "none.npz"}, "simulations is 'none.npz'; there is no such file"),
        ({"observation": "simulated"}, "observation is 'simulated'; for task files"),
        ({"observation": "simulations.npz"}, r"simulations\.npz: its suffix is \.npz; allowed are \.npy, \.nc, \.fits"),
    ],
)
def test_files_task_errors(tmp_path, simulations, changes, message):
    with pytest.raises(ValueError, match=message):
        validate(simulations | changes, tmp_path)


def test_a_small_task_has_no_compressor_and_reads_its_data(tmp_path):
    small = changed("task", "two_moons")
    assert validate(small, tmp_path).compressors == ("none",)
    for name, values in (("good", "0.1,-0.2"), ("long", "1,2,3"), ("words", "a,b")):
        (tmp_path / f"{name}.csv").write_text(f"{values}\n")
    assert list(validate(small | {"observation": ["good.csv"]}, tmp_path).observations) == ["good"]
    with pytest.raises(ValueError, match=r"long\.csv: its shape is \(3,\); one x .* has shape \(2,\)"):
        validate(small | {"observation": ["long.csv"]}, tmp_path)
    with pytest.raises(ValueError, match=r"words\.csv: cannot be read as \.csv"):
        validate(small | {"observation": ["words.csv"]}, tmp_path)
