"""How the summaries of the study of losses are made: which features, which loss."""

from typing import NamedTuple

from fullfield.settings import registry


class Recipe(NamedTuple):
    """How a summary is made."""

    features: str
    """Feature set that the network sees."""
    loss: str | None
    """Loss that trains it; None hands the features on as they are."""
    has_convolutions: bool = False
    """Whether the network looks at the maps, too."""


BASELINES = {
    "power_spectrum": Recipe("band_powers", "vmim"),
    "gaussian_score": Recipe("gaussian_score", None),
    "vmim_spectra": Recipe("spectra", "vmim"),
}
"""Summaries on features of their own, which see less than the losses under study."""

INFORMED = {"_informed": "field_scores", "_informed_twice": "field_scores_twice"}
"""What is appended to a loss whose network sees gradients of the joint density, which simulations alone do not have."""

CONVOLUTIONAL = {"vmim_maps": "vmim"}
"""Losses of summaries whose network has convolutions, which look at the maps beside the features of the scale."""

NAMED = (*BASELINES, *CONVOLUTIONAL)
"""Summaries besides the losses."""

SHIPPED_LOSSES = ("mse", "mae", "gnll", "gnll_covariance", "vmim", "imnn", "moped")


def allowed() -> list[str]:
    """Return the names of all summaries: losses, on what sees less, on maps, and likelihood-informed ones."""
    return [*registry.losses(), *NAMED, *_informed()]


def shipped() -> set[str]:
    """Return the names of the project's own."""
    return {*SHIPPED_LOSSES, *NAMED, *(name for name, (_, loss, _) in _informed().items() if loss in SHIPPED_LOSSES)}


def _informed() -> dict[str, Recipe]:
    losses = [name for name in registry.losses() if not is_fiducial(name)]
    return {f"{loss}{end}": Recipe(features, loss) for loss in losses for end, features in INFORMED.items()}


def recipe(name: str, features: str) -> Recipe:
    """Return how the summary `name` is made: as it is named, or by the loss of that name on the features of the scale.

    Raises
    ------
    ValueError
        For an unknown name.
    """
    if name in BASELINES:
        return BASELINES[name]
    if name in CONVOLUTIONAL:
        return Recipe(features, CONVOLUTIONAL[name], has_convolutions=True)
    if name in registry.losses():
        return Recipe(features, name)
    if name in (informed := _informed()):
        return informed[name]
    raise ValueError(f"summary is {name!r}; allowed: {', '.join(allowed())}")


def is_fiducial(loss: str | None) -> bool:
    """Return whether a loss is trained at the fiducial point."""
    return loss in registry.fiducial_losses()


def is_sized(name: str) -> bool:
    """Return whether a summary is trained on simulations over the prior, as many as one likes."""
    loss = recipe(name, "").loss
    return loss is not None and not is_fiducial(loss)
