"""Convergence of chains: whether they agree, and how many independent draws they are worth."""

import warnings
from collections.abc import Sequence
from types import ModuleType

import numpy as np
import pandas as pd

from fullfield.types import ArrayLike, Float

_S8_PARENTS = ("Omega_c", "Omega_b", "sigma8")


class ConvergenceError(ValueError):
    """Raised when chains are too short or disagree too much to serve as a reference."""


def load_arviz() -> ModuleType:
    """Return ArviZ without its daily notice of a new major version; importing it takes two seconds."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "\\s*ArviZ is undergoing", FutureWarning)
        import arviz
    return arviz


def check_draws(draws: Float[ArrayLike, "chain draw parameter"]) -> Float[np.ndarray, "chain draw parameter"]:
    """Return the draws in double precision.

    Raises
    ------
    ValueError
        If a draw is not finite.
    """
    draws = np.asarray(draws, np.float64)
    bad = ~np.isfinite(draws).all(axis=-1)
    if bad.any():
        raise ValueError(f"{bad.sum()} of {bad.size} draws are not finite, in chains {np.flatnonzero(bad.any(1))}")
    return draws


def summarise(draws: Float[ArrayLike, "chain draw parameter"], names: Sequence[str]) -> pd.DataFrame:
    """Tabulate the moments and the convergence of every parameter.

    R-hat = sqrt(var_total / var_within) of the rank-normalised split chains, the larger of its bulk and folded
    versions; the bulk and tail effective sample sizes (ESS) are those of the rank-normalised draws and of the 5 % and
    95 % quantiles.

    Parameters
    ----------
    draws
        At least two chains of at least four draws.
    names
        Name of every parameter, in the order of the last axis.

    Returns
    -------
    DataFrame
        Columns parameter, mean, std, mcse_mean (Monte-Carlo standard error of the mean), rhat, ess_bulk, ess_tail.

    Raises
    ------
    ValueError
        If a draw is not finite, the names do not match, or there are too few chains or draws.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021), Bayesian Analysis 16, 667, sections 4.1-4.3.
    """
    arviz = load_arviz()
    draws = check_draws(draws)
    num_chains, num_draws, num_parameters = draws.shape
    if len(names) != num_parameters:
        raise ValueError(f"{len(names)} names ({', '.join(names)}) for {num_parameters} parameters")
    if num_chains < 2 or num_draws < 4:
        raise ValueError(f"convergence needs 2 chains of 4 draws or more, not {num_chains} of {num_draws}")
    dataset = arviz.convert_to_dataset({"theta": draws})
    # The R-hat of a parameter that never moved is 0 / 0; `gate` refuses it.
    with np.errstate(invalid="ignore"):
        rhat = arviz.rhat(dataset, method="rank")["theta"].values
    return pd.DataFrame(
        {
            "parameter": list(names),
            "mean": draws.mean(axis=(0, 1)),
            "std": draws.std(axis=(0, 1), ddof=1),
            "mcse_mean": arviz.mcse(dataset, method="mean")["theta"].values,
            "rhat": rhat,
            "ess_bulk": arviz.ess(dataset, method="bulk")["theta"].values,
            "ess_tail": arviz.ess(dataset, method="tail")["theta"].values,
        }
    )


def smallest_ess(draws: Float[ArrayLike, "chain draw parameter"]) -> float:
    """Return the smallest bulk or tail effective sample size over the parameters; one chain suffices."""
    arviz = load_arviz()
    dataset = arviz.convert_to_dataset({"theta": check_draws(draws)})
    return min(float(arviz.ess(dataset, method=method)["theta"].min()) for method in ("bulk", "tail"))


def with_s8(
    draws: Float[ArrayLike, "*batch parameter"], names: Sequence[str]
) -> tuple[Float[np.ndarray, "*batch extended"], tuple[str, ...]]:
    """Append S8 = sigma8 sqrt((Omega_c + Omega_b) / 0.3) as a last parameter, where its three parents are present.

    Parameters
    ----------
    draws
        Parameters on the last axis, any leading axes.
    names
        Their names; a set of names without the parents of S8, or with S8 among them, is returned as it is.

    Returns
    -------
    draws, names
        With S8 appended.
    """
    draws, names = np.asarray(draws), tuple(names)
    if not set(_S8_PARENTS) <= set(names) or "S8" in names:
        return draws, names
    omega_c, omega_b, sigma8 = (draws[..., names.index(name)] for name in _S8_PARENTS)
    s8 = sigma8 * np.sqrt((omega_c + omega_b) / 0.3)
    return np.concatenate([draws, s8[..., None]], axis=-1), (*names, "S8")


def gate(
    table: pd.DataFrame, *, max_rhat: float, min_ess: float | int, max_divergent: float | int | None = None
) -> None:
    """Let only converged chains pass.

    Parameters
    ----------
    table
        As `summarise` returns it; with a column divergent_fraction where `max_divergent` is given.
    max_rhat
        Largest R-hat allowed, of every parameter.
    min_ess
        Smallest bulk and tail effective sample size allowed, of every parameter and S8.
    max_divergent
        Largest fraction of divergent steps allowed.

    Raises
    ------
    ConvergenceError
        With the worst values, their parameters, and the configuration keys to change. An undefined value fails.
    """
    failures = []
    by_rhat = table.set_index("parameter")["rhat"].fillna(np.inf)
    if by_rhat.max() > max_rhat:
        failures.append(
            f"R-hat of {by_rhat.idxmax()} is {by_rhat.max():.4f}, above {max_rhat}: the chains disagree; "
            "raise scales.<scale>.reference.num_warmup, then num_draws"
        )
    for kind in ("ess_bulk", "ess_tail"):
        ess = table.set_index("parameter")[kind].fillna(-np.inf)
        if ess.min() < min_ess:
            failures.append(
                f"{kind} of {ess.idxmin()} is {ess.min():.0f}, below {min_ess:g}: too few independent draws; "
                "raise scales.<scale>.reference.num_draws"
            )
    if max_divergent is not None and (fraction := table["divergent_fraction"].max()) > max_divergent:
        failures.append(
            f"{fraction:.1%} of the steps diverge, above {max_divergent:.1%}: the step size is too large or the log "
            "density is not finite where chains go; raise scales.<scale>.reference.num_warmup"
        )
    if failures:
        raise ConvergenceError("The reference chains have not converged. " + ". ".join(failures) + ".")
