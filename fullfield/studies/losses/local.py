r"""Summary or estimator? The posterior of one summary from many simulations near an observation.

An amortised estimator learns p(u | s) for every s at once. Near one observation a larger flow, from many more
simulations there, learns the same law better; what is then still missing, the summary has lost.
"""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fullfield.compress.views import Source, stored_views
from fullfield.inference.method import Estimator, Method, Simulations
from fullfield.pipeline.map_features import lensing_feature_sets
from fullfield.pipeline.problem import lensing_problem
from fullfield.pipeline.setup import Lensing
from fullfield.pipeline.source import require_valid
from fullfield.resume import Resume
from fullfield.tasks.task import simulate_one
from fullfield.types import ArrayLike, Bool, Float, RandomKey

logger = logging.getLogger(__name__)

WIDENING = 2.0
"""Of the ellipsoid that holds nearly all draws of the amortised posterior."""
HELD = 0.99
MIN_GAIN = 0.002
"""Nats of validation that a larger flow must gain."""
BATCH, MAX_BATCHES = 100_000, 10_000


class Region(NamedTuple):
    """An ellipsoid |S^-1 (u - m)| <= r, to which the prior is restricted."""

    mean: Float[np.ndarray, " p"]
    factor: Float[np.ndarray, "p p"]
    """S, lower triangular."""
    radius: float

    def contains(self, u: Float[ArrayLike, "draw p"]) -> Bool[np.ndarray, " draw"]:
        """Return which points lie inside."""
        return self._distance(u) <= self.radius

    def _distance(self, u: ArrayLike) -> np.ndarray:
        return np.linalg.norm(np.linalg.solve(self.factor, (np.asarray(u, np.float64) - self.mean).T), axis=0)


def region_around(u: Float[ArrayLike, "draw p"]) -> Region:
    """Return the ellipsoid in the shape of the draws' covariance that holds 99 % of them, twice as wide.

    Raises
    ------
    ValueError
        Where draws are not finite, as those on a bound of the prior.
    """
    u = np.asarray(u, np.float64)
    if bad := int((~np.isfinite(u).all(axis=1)).sum()):
        raise ValueError(f"{bad} of {len(u)} draws of the amortised posterior lie on a bound of the prior")
    region = Region(u.mean(0), np.linalg.cholesky(np.cov(u, rowvar=False)), 1.0)
    return region._replace(radius=WIDENING * float(np.quantile(region._distance(u), HELD)))


def draw_within(rng: np.random.Generator, region: Region, num: int) -> tuple[Float[np.ndarray, "draw p"], float]:
    """Return draws of the prior N(0, I) inside a region, and the share of the prior that lies there.

    With the prior cut off where the posterior has no mass, the posterior stays what it was (Deistler et al. 2022, arXiv
    2210.04815): no weights are needed.

    Raises
    ------
    ValueError
        Where hardly any draw of the prior lies there.
    """
    kept, count = [], 0
    for batch in range(1, MAX_BATCHES + 1):
        u = rng.normal(size=(BATCH, len(region.mean)))
        kept.append(u[region.contains(u)])
        count += len(kept[-1])
        if count >= num:
            return np.concatenate(kept)[:num].astype(np.float32), count / (batch * BATCH)
    raise ValueError(
        f"{count} of {MAX_BATCHES * BATCH} draws of the prior lie near the observation, {num} are needed: is the"
        " amortised posterior degenerate?"
    )


@dataclasses.dataclass(frozen=True)
class LocalSettings:
    """Budget of a posterior near one observation.

    Attributes
    ----------
    num_simulations
        Simulations of the restricted prior.
    widths
        Widths of the flow's networks, ascending.
    fit
        What else the method is fitted with: its budget but for ``num_hidden``.
    num_flows
        Flows of an ensemble; as many as the amortised one has, or their number is judged, too.
    num_rows, seed
        Most rows a side, and the seed, of the C2ST.
    """

    num_simulations: int
    widths: tuple[int, ...]
    fit: Mapping[str, Any]
    num_flows: int
    num_rows: int = 2000
    seed: int = 0

    @classmethod
    def from_budget(cls, budget: Mapping[str, Any], **settings: int) -> "LocalSettings":
        """Return the settings that a block of the configuration holds beside those of the method, and others."""
        return cls(budget["num_simulations"], tuple(budget["widths"]), dict(budget), **settings)


class Features(NamedTuple):
    """Features of simulations at given parameters."""

    u: Float[np.ndarray, "simulation p"]
    features: Float[np.ndarray, "simulation entry"]
    num_discarded: int


def features_at(
    key: RandomKey, setup: Lensing, name: str, u: Float[np.ndarray, "simulation p"], *, resume: Resume | None = None
) -> Features:
    """Simulate maps at given parameters and return a feature set of each.

    Parameters
    ----------
    key
        A typed key.
    setup
        The lensing task.
    name
        A key of `map_features.FEATURE_SETS`.
    u
        Parameters in the coordinates of the prior.
    resume
        As in `compress.views.stored_views`.

    Raises
    ------
    ValueError
        Where more than five simulations in a thousand are invalid.
    """
    task, (map_key, noise_key) = setup.task, jax.random.split(key)

    def generate(index, data):
        key, points = data
        values = simulate_one(
            jax.random.fold_in(key, index), task, task.prior.to_constrained(points[index]), sites=("kappa",)
        )
        return points[index], values["kappa"], values["num_invalid"] == 0

    observe = lensing_problem(setup, 0, "local").observe
    extract = lensing_feature_sets(setup, [name])
    source = Source(generate, (map_key, jnp.asarray(u)), observe, lambda x: extract(x)[name])
    views = stored_views(noise_key, source, len(u), 1, resume=resume)
    return Features(views.u[views.valid], views.features[views.valid], require_valid(views.valid))


class Fitted(NamedTuple):
    """The largest flow that still gains."""

    estimator: Estimator
    num_hidden: int
    losses: dict[int, float]
    """Validation loss, mean over the flows of the ensemble, by width of the networks."""

    @property
    def is_saturated(self) -> bool:
        """Whether a wider one has been tried and gained no more."""
        return self.num_hidden != max(self.losses)


def fit_largest(
    key: RandomKey,
    method: Method,
    simulations: Simulations,
    settings: LocalSettings,
    *,
    resume: Resume | None = None,
) -> Fitted:
    """Fit ensembles of wider and wider flows until one gains no more than `MIN_GAIN` nats of validation.

    Parameters
    ----------
    key
        A typed key.
    method
        Inference method with a normalised density.
    simulations
        Parameters and summaries.
    settings
        Widths and the budget of a fit.
    resume
        As in `train.fit`.
    """
    best, losses = None, {}
    # The same keys, and so the same simulations that validate, for every width.
    keys = jax.random.split(key, settings.num_flows)
    for width in settings.widths:
        part = resume and resume.part(f"width_{width}", width)
        own = method.settings({**settings.fit, "num_hidden": width})
        estimator, history = method.fit(keys, simulations, own, resume=part)
        losses[width] = float(history.groupby("seed")["validation"].min().mean())
        logger.info("flows of width %d: validation %.4f", width, losses[width])
        if best is not None and losses[width] > losses[best.num_hidden] - MIN_GAIN:
            break
        best = Fitted(estimator, width, losses)
    return best._replace(losses=losses)
