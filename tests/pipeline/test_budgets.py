"""Typed settings are made of the blocks of the configuration, at every scale, and leave out nothing that they know."""

import dataclasses
from pathlib import Path

import pytest

from fullfield import io
from fullfield.compress import CompressorSettings
from fullfield.inference.training import EstimatorSettings
from fullfield.pipeline.parameter_chains import ParameterChains
from fullfield.pipeline.spectra import SurrogateSettings
from fullfield.samplers import ChainSettings

SCALES = io.read_yaml(Path(__file__).parents[2] / "config.yaml")["scales"]
TYPES = {
    "theory": SurrogateSettings,
    "compressor": CompressorSettings,
    "estimator": EstimatorSettings,
    "parameter_chains": ParameterChains,
    "reference": ChainSettings,
}
# Of the optimiser, of memory and of architectures: the same for all; and a start that one study alone sets.
DEFAULTS = {
    "clip",
    "average",
    "max_validation_numbers",
    "body",
    "structure",
    "transform",
    "num_components",
    "num_solved",
}


def leaves(settings):
    """Yield (name, value) of the fields of settings and of settings in them."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from leaves(value)
        else:
            yield field.name, list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("block", TYPES)
def test_every_field_is_set_by_the_configuration(scale, block):
    budget = SCALES[scale][block]
    made = dict(leaves(TYPES[block].from_budget(budget)))
    assert {name: value for name, value in made.items() if name not in DEFAULTS} == {
        name: budget[name] for name in set(made) - DEFAULTS
    }
