"""Maps, trainings and posteriors of the study, small."""

import dataclasses
import importlib.util
from unittest import mock

import numpy as np
import pytest
import yaml
from checkouts import ROOT

from fullfield.emulator.emulator import load_emulator, save_emulator
from fullfield.resume import Resume
from fullfield.studies.emulator import kinds, maps
from fullfield.studies.emulator.inference import InferenceSettings, infer
from fullfield.studies.emulator.judgement import judge
from fullfield.studies.emulator.kinds import EmulatorSettings, observed_and_learned, overdensities
from fullfield.studies.emulator.maps import MapSettings, bank_of, make_maps

pytestmark = pytest.mark.skipif(importlib.util.find_spec("jaxpm") is None, reason="JaxPM is not installed")

SMOKE = yaml.safe_load((ROOT / "workflow/studies/emulator/budgets.yaml").read_text())["smoke"]["full"]
SETTINGS = MapSettings.from_budget(SMOKE["maps"])
SMALL = dataclasses.replace(SETTINGS, num_points=2, num_per_point=2, num_inference=2, num_paired=2, num_repeats=2)


@pytest.fixture(scope="module")
def both():
    """Make maps of both simulators."""
    return {name: make_maps(name, 3, SETTINGS) for name in maps.SIMULATORS}


@pytest.fixture(scope="module")
def emulators(both):
    """Train the emulator and the generator, hardly."""
    settings = EmulatorSettings.from_budget(SMOKE["flow"])
    return {name: kinds.train(name, 3, both, settings)[0] for name in ("emulated", "generated")}


def test_simulators_share_parameters_everywhere_and_initial_conditions_where_maps_judge(both):
    cheap, expensive = both["cheap"], both["expensive"]
    for name in maps.SETS:
        np.testing.assert_array_equal(cheap[f"theta_{name}"], expensive[f"theta_{name}"])
        correlation = np.corrcoef(cheap[f"log_{name}"].values.ravel(), expensive[f"log_{name}"].values.ravel())[0, 1]
        assert (correlation > 0.6) == (name != maps.TRAINING)
        density = np.exp(cheap[f"log_{name}"].values)
        np.testing.assert_allclose(density.mean(axis=(1, 2)), 1.0, rtol=1e-4)
    assert len(np.unique(cheap["theta_training"][:, 0])) == SETTINGS.num_points
    assert maps.num_maps(cheap) == 12 * 4 + 64 + 20 + 20


def test_killed_simulations_continue(tmp_path):
    resume, simulate = Resume(tmp_path / "state.safetensors", "a", interval=0.0), maps.simulate_one

    def interrupted(*args, **kwargs):
        interrupted.calls += 1
        if interrupted.calls == 2:
            raise KeyboardInterrupt
        return simulate(*args, **kwargs)

    interrupted.calls = 0
    with mock.patch.object(maps, "simulate_one", interrupted), pytest.raises(KeyboardInterrupt):
        make_maps("cheap", 3, SMALL, resume=resume)
    assert list(tmp_path.glob("state.*.safetensors"))
    np.testing.assert_array_equal(
        make_maps("cheap", 3, SMALL, resume=resume)["log_paired"], make_maps("cheap", 3, SMALL)["log_paired"]
    )


def test_a_map_that_is_not_positive_is_named(both):
    broken = np.zeros((4, 8, 8))
    broken[2, 0, 0] = np.nan
    theta = np.array([[0.1, 0.6], [0.2, 0.7], [0.3, 0.8], [0.4, 0.9]])
    with pytest.raises(ValueError, match=r"1 of 4 maps \(cheap, paired\) .* is number 2 of seed 5, at .*\[0.3, 0.8\]"):
        maps.require_finite(broken, theta, "cheap, paired", 5)


def test_every_kind_gives_overdensities(both, emulators):
    judged = judge(both, emulators, 3, SETTINGS.side)
    statistics = judged.statistics.set_index(["kind", "statistic"])
    assert set(statistics.index.get_level_values(0)) == {"cheap", "transfer", "emulated", "generated"}
    assert np.isfinite(statistics[["value", "error"]]).all(axis=None)
    assert judged.steps["step_error"].between(0.0, 0.5).all()
    # The transfer function moves no phase; of 48 maps it is known roughly, and differs between the parameters.
    np.testing.assert_allclose(
        statistics.loc[("transfer", "correlation"), "value"],
        statistics.loc[("cheap", "correlation"), "value"],
        atol=0.25,
    )
    # A generator knows no box.
    assert np.abs(statistics.loc[("generated", "correlation"), "value"]).max() < 0.6
    means = judged.examples["maps"].sel(kind="emulated").values.mean(axis=(1, 2))
    np.testing.assert_allclose(means, 0.0, atol=1e-5)


def test_saved_emulators_are_the_same(emulators, both, tmp_path):
    emulator = emulators["emulated"]
    save_emulator(tmp_path / "emulator.safetensors", emulator, {})
    few = bank_of(both["cheap"], "paired").rows(np.arange(3))
    again = load_emulator(tmp_path / "emulator.safetensors")
    np.testing.assert_array_equal(again.carry(few), emulator.carry(few))
    assert again.units == emulator.units
    # It moves maps already, and not far.
    assert 0.0 < np.abs(emulator.carry(few) - few.x).mean() < 0.5 * few.x.std()


def test_posteriors_are_learned_from_any_kind(both, emulators):
    settings = InferenceSettings.from_budget(SMOKE["inference"])
    bank, observed = observed_and_learned("emulated", both, emulators, 3, settings.noise)
    np.testing.assert_array_equal(bank.x, overdensities("emulated", both, emulators, "inference", 3).x)
    np.testing.assert_array_equal(observed.theta, both["expensive"]["theta_paired"])
    residual = observed.x - np.expm1(both["expensive"]["log_paired"].values)
    assert residual.std() == pytest.approx(settings.noise, rel=0.1)
    draws, history = infer(3, bank, observed, settings)
    assert draws.shape == (2, 20, 200, 2)
    assert draws[..., 0].min() >= 0.1
    assert draws[..., 1].max() <= 1.0
    assert (draws[0] != draws[1]).any()
    assert set(history["seed"]) == {0, 1}
