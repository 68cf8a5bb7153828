"""Fields of the study, where their summaries are trained first, and where the targets lie."""

from collections.abc import Callable
from typing import NamedTuple

from fullfield.tasks.gaussian_random_field import gaussian_field_model
from fullfield.tasks.lognormal_random_field import lognormal_field_model
from fullfield.tasks.random_fields import FieldModel


class FieldCase(NamedTuple):
    """A field."""

    task: str
    model: Callable[[int], FieldModel]
    """Side in pixels -> the law of the field, whose likelihood is exact."""
    start: tuple[float, float]
    """Where the first summary is trained."""
    target: tuple[float, float]
    """Parameters of all targets."""


CASES: dict[str, FieldCase] = {
    "gaussian": FieldCase("gaussian_random_field", gaussian_field_model, (1.0, 0.5), (0.9, 0.6)),
    "lognormal": FieldCase("lognormal_random_field", lognormal_field_model, (0.6, 0.6), (0.2589, 0.8159)),
}
"""By name; points as published (Makinen et al. 2021, arXiv:2107.07405)."""
