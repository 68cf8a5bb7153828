"""The registry of inference methods: what a plan reads is what the library holds."""

from pathlib import Path

import pytest

import fullfield.inference
from fullfield.inference import method
from fullfield.settings import registry

FILES = sorted(Path(fullfield.inference.__file__).parent.glob("*.py"))


def test_the_registry_of_a_plan_is_that_of_the_library():
    found = {name: method.find(name) for name in registry.methods()}
    assert found == method.METHODS
    for name, one in found.items():
        assert registry.method_module(name) == f"inference.{name}"
        assert registry.methods()[name].has_density == (one.log_prob is not None)


@pytest.mark.parametrize("name", [path.stem for path in FILES if path.stem not in registry.methods()])
def test_other_files_are_no_methods(name):
    with pytest.raises(ValueError, match=rf"inference method is '{name}', but no file .*/{name}\.py registers one"):
        method.find(name)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match=r"'nep', but no file fullfield/inference/nep\.py registers one"):
        method.find("nep")
