"""Files: what is written comes back, and what fails leaves nothing behind."""

import logging
import subprocess
import sys

import arviz
import jax
import jax.numpy as jnp
import matplotlib.figure
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from fullfield import io

ATTRS = {
    "scale": "smoke",
    "seed": 3,
    "noise": 0.26,
    "version": "1.0",
    "empty": "",
    "settings": {"depth": 6, "names": ["a", "b"], "none": None},
    "cost": [1, 2],
    "complete": True,
    "missing": None,
    "discarded": np.int64(4),
    "smallest": np.float32(0.5),
}
DECODED = {**ATTRS, "discarded": 4, "smallest": 0.5}


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


# --- atomic writes --------------------------------------------------------------------------------------------------


def test_a_file_appears_under_its_name_only_when_complete(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    with io.atomic(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert files_in(path.parent) == ["file.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file.txt"
    io.write_text(path, "old")

    def write_half():
        with io.atomic(path) as temporary:
            temporary.write_text("half of the new")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        write_half()
    assert files_in(tmp_path) == ["file.txt"]
    assert io.read_text(path) == "old"


@pytest.mark.parametrize(
    ("write", "error"),
    [
        (lambda path: io.write_json(path, {"a": object()}), "not JSON serializable"),
        (lambda path: io.save_dataset(path, xr.Dataset({"a": ("x", [{}, {}])})), ""),
        (lambda path: io.save_dataset(path, xr.Dataset(), {"a": object()}), "not JSON serializable"),
        (lambda path: io.save_params(path, {"a": np.zeros(2)}, {"b": object()}), "not JSON serializable"),
    ],
    ids=["json", "dataset", "attrs", "settings"],
)
def test_what_cannot_be_written_leaves_no_temporary_file(tmp_path, write, error):
    with pytest.raises((TypeError, ValueError), match=error):
        write(tmp_path / "file")
    assert not [name for name in files_in(tmp_path) if name.startswith(".")]


# --- labelled arrays ------------------------------------------------------------------------------------------------


def test_dataset_round_trip(tmp_path):
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    dataset = xr.Dataset({"x": (("bin", "pixel"), x)}, coords={"bin": ["low", "high"]}, attrs={"scale": "overruled"})
    io.save_dataset(tmp_path / "data.nc", dataset, ATTRS)
    loaded = io.load_dataset(tmp_path / "data.nc")
    xr.testing.assert_equal(loaded, dataset)
    assert loaded["x"].dtype == np.float32
    assert loaded.attrs == DECODED
    assert {name: type(value) for name, value in loaded.attrs.items()} == {
        name: type(value) for name, value in DECODED.items()
    }
    assert dataset.attrs == {"scale": "overruled"}


def test_attributes_survive_a_second_round_trip(tmp_path):
    io.save_dataset(tmp_path / "one.nc", xr.Dataset(), ATTRS)
    io.save_dataset(tmp_path / "two.nc", io.load_dataset(tmp_path / "one.nc"))
    assert io.load_dataset(tmp_path / "two.nc").attrs == DECODED


@pytest.fixture
def draws():
    return np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)


def test_samples_round_trip_and_are_read_by_arviz(tmp_path, draws):
    stats = {"energy": draws[..., 0], "diverging": draws[..., 1] > 0}
    io.save_samples(tmp_path / "samples.nc", draws, ("h", "n_s", "w0"), stats, ATTRS)
    loaded = io.load_samples(tmp_path / "samples.nc")
    assert loaded["theta"].dims == ("chain", "draw", "parameter")
    np.testing.assert_array_equal(loaded["theta"].sel(parameter="w0"), draws[..., 2])
    assert loaded.attrs == DECODED
    data = arviz.from_netcdf(tmp_path / "samples.nc")
    np.testing.assert_array_equal(data.posterior["theta"], draws)
    for name, values in stats.items():
        np.testing.assert_array_equal(data.sample_stats[name], values)
        np.testing.assert_array_equal(io.load_samples(tmp_path / "samples.nc", "sample_stats")[name], values)
    assert list(arviz.summary(data)["mean"].index) == ["theta[h]", "theta[n_s]", "theta[w0]"]


def test_samples_without_statistics(tmp_path, draws):
    io.save_samples(tmp_path / "samples.nc", draws, ("h", "n_s", "w0"))
    np.testing.assert_array_equal(arviz.from_netcdf(tmp_path / "samples.nc").posterior["theta"], draws)
    io.save_samples(tmp_path / "samples.nc", draws[:1], ("h", "n_s", "w0"))
    assert io.load_samples(tmp_path / "samples.nc").sizes["chain"] == 1


# --- weights --------------------------------------------------------------------------------------------------------


def test_params_round_trip(tmp_path):
    params = {
        "conv/~/layer_0": {"w": jnp.arange(6.0).reshape(2, 3).T, "b": jnp.zeros(())},
        "flow": {"steps": jnp.array(3, jnp.int32), "deep": {"w": jnp.ones((1, 0, 2))}},
    }
    io.save_params(tmp_path / "net.safetensors", params, {"width": 8, "bins": [0, 1]})
    loaded, settings = io.load_params(tmp_path / "net.safetensors")
    assert files_in(tmp_path) == ["net.json", "net.safetensors"]
    assert settings == {"width": 8, "bins": [0, 1]}
    assert jax.tree.structure(loaded) == jax.tree.structure(params)
    for new, old in zip(jax.tree.leaves(loaded), jax.tree.leaves(params), strict=True):
        assert (new.shape, new.dtype) == (old.shape, old.dtype)
        np.testing.assert_array_equal(new, old)


# --- JSON, tables, figures ------------------------------------------------------------------------------------------


def test_json_and_yaml(tmp_path):
    value = {"b": [1, 2.5, None], "a": {"c": "text"}}
    io.write_json(tmp_path / "value.json", value)
    assert io.read_json(tmp_path / "value.json") == value
    assert io.read_yaml(tmp_path / "value.json") == value
    assert io.read_text(tmp_path / "value.json").index('"a"') < io.read_text(tmp_path / "value.json").index('"b"')


def test_table_round_trip_and_tex(tmp_path):
    table = pd.DataFrame({"parameter": ["Omega_c", "w0"], "mean": [0.123456789012, -1e-9], "count": [3, 40]})
    io.save_table(tmp_path / "table.csv", table, tex=True)
    loaded = io.load_table(tmp_path / "table.csv")
    pd.testing.assert_frame_equal(loaded, table, check_exact=False, rtol=1e-7)
    tex = io.read_text(tmp_path / "table.tex")
    assert all(text in tex for text in (r"\toprule", r"\bottomrule", r"Omega\_c", "0.123 "))
    io.write_text(tmp_path / "table.tsv", "a\tb\n1\t2\n")
    assert io.load_table(tmp_path / "table.tsv", sep="\t").to_dict("list") == {"a": [1], "b": [2]}
    io.save_table(tmp_path / "plain.csv", table)
    assert not (tmp_path / "plain.tex").exists()


def test_figures_carry_no_time_stamp(tmp_path):
    figure = matplotlib.figure.Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    for name in ("one", "two"):
        io.save_figure(tmp_path / f"{name}.png", figure)
    assert files_in(tmp_path) == ["one.pdf", "one.png", "two.pdf", "two.png"]
    for suffix, stamps in (("png", (b"Software", b"Creation")), ("pdf", (b"CreationDate", b"ModDate"))):
        one, two = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two
        assert not any(stamp in one for stamp in stamps)


def test_fail_stops_with_one_line(caplog):
    with pytest.raises(SystemExit) as stop:
        io.fail("survey.yaml is missing")
    assert stop.value.code == 1
    assert [record.message for record in caplog.records] == ["survey.yaml is missing"]


def test_log_goes_to_the_file_and_to_standard_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(logging.root, "handlers", [])
    io.configure_log(tmp_path / "logs" / "job.log")
    logging.getLogger("fullfield.train").info("step 3")
    logging.getLogger("another").info("not of interest")
    for text in (io.read_text(tmp_path / "logs" / "job.log"), capsys.readouterr().err):
        assert "step 3" in text
        assert "interest" not in text


# --- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def intermediate(tmp_path):
    """Write a file of every kind, by the function that reads it."""
    io.save_dataset(tmp_path / "data.nc", xr.Dataset({"x": ("row", np.arange(1000.0))}))
    io.save_samples(tmp_path / "samples.nc", np.zeros((2, 50, 3)), ("a", "b", "c"))
    io.save_params(tmp_path / "net.safetensors", {"w": np.zeros(1000)}, {})
    io.write_json(tmp_path / "settings.json", {"a": list(range(1000))})
    io.save_table(tmp_path / "table.csv", pd.DataFrame({"a": [1]}))
    return tmp_path


@pytest.mark.parametrize("share", [0.0, 0.6])
@pytest.mark.parametrize(
    ("read", "name"),
    [
        (io.load_dataset, "data.nc"),
        (io.load_samples, "samples.nc"),
        (io.load_params, "net.safetensors"),
        (io.read_json, "settings.json"),
        (io.load_table, "table.csv"),
    ],
    ids=["dataset", "samples", "params", "json", "table"],
)
def test_a_truncated_file_is_named_with_what_to_do(intermediate, read, name, share):
    path = intermediate / name
    read(path)
    if share and name == "table.csv":
        return  # the rest of a table is a table
    contents = path.read_bytes()
    path.write_bytes(contents[: int(share * len(contents))])
    with pytest.raises(io.DamagedFileError, match=rf"{name} is damaged .*; delete it, and the next run makes it anew"):
        read(path)
    path.unlink()
    with pytest.raises(FileNotFoundError):
        read(path)


JOB = """
from fullfield import io
io.configure_log("job.log")
raise {}
"""


@pytest.mark.parametrize(
    ("error", "first", "has_traceback"),
    [
        ("ValueError('chains are too short')", "chains are too short (ValueError in job.py, line 4)", False),
        ("KeyError('theta')", "'theta' (KeyError in job.py, line 4)", True),
    ],
)
def test_a_job_that_stops_says_why_in_its_log_and_on_the_screen(tmp_path, error, first, has_traceback):
    (tmp_path / "job.py").write_text(JOB.format(error))
    run = subprocess.run([sys.executable, "job.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    for text in (io.read_text(tmp_path / "job.log"), run.stderr):
        lines = text.splitlines()
        assert lines[0].endswith(first)
        assert ("Traceback" in text) == has_traceback
        assert len(lines) == 1 or has_traceback
