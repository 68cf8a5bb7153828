"""The survey of the paper and its exact theory, shared by the tests of the theory."""

from pathlib import Path

import pytest

from fullfield import io
from fullfield.theory import ExactTheory, Survey

SURVEY_FILE = Path(__file__).parents[2] / "workflow" / "surveys" / "lsst_y10.yaml"


@pytest.fixture(scope="session")
def survey():
    return Survey.from_mapping(io.read_yaml(SURVEY_FILE))


@pytest.fixture(scope="session")
def exact(survey):
    return ExactTheory(survey, 64)
