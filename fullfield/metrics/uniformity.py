"""A test that ranks are uniform, with a simultaneous band for their empirical distribution."""

import numpy as np
import scipy.stats

from fullfield.types import Float, Int


class Uniformity:
    """Test that N ranks are uniform on {0, ..., L}, with a band that is simultaneous over the levels.

    At the levels z_j = j / (L + 1) the count N F(z_j) of ranks below j is exactly Bin(N, z_j). The statistic is
    gamma = 2 min_j min{P(count <= observed), P(count >= observed)}; its law is found from `num_simulations` sets of
    uniform ranks, and the band holds all counts whose gamma is above the (1 - probability) quantile.

    Parameters
    ----------
    num_ranks, num_draws
        N and L.
    max_levels
        Most levels used, evenly spaced.
    num_simulations, seed
        Simulated sets of ranks, and their random state.

    References
    ----------
    Saeilynoja, Buerkner & Vehtari (2022), Statistics and Computing 32, 32, algorithm 1.
    """

    def __init__(self, num_ranks: int, num_draws: int, *, max_levels: int = 100, num_simulations: int, seed: int):
        self.num_ranks = num_ranks
        self._below = np.unique(np.linspace(1, num_draws, min(num_draws, max_levels)).round().astype(int))
        self.levels = self._below / (num_draws + 1)
        counts = np.arange(num_ranks + 1)[:, None]
        law = scipy.stats.binom(num_ranks, self.levels)
        self._tail = 2.0 * np.minimum(law.cdf(counts), law.sf(counts - 1))
        steps = np.diff(self.levels, prepend=0.0, append=1.0)
        simulated = np.random.default_rng(seed).multinomial(num_ranks, steps, size=num_simulations)
        self._simulated = np.sort(self._gamma(simulated[:, :-1].cumsum(axis=1)))

    def _gamma(self, counts: Int[np.ndarray, "set level"]) -> Float[np.ndarray, " set"]:
        return self._tail[counts, np.arange(len(self.levels))].min(axis=-1)

    def ecdf(self, ranks: Int[np.ndarray, "set rank"]) -> Float[np.ndarray, "set level"]:
        """Return F(z_j), the fraction of the ranks below j."""
        return self._counts(ranks) / self.num_ranks

    def _counts(self, ranks: Int[np.ndarray, "set rank"]) -> Int[np.ndarray, "set level"]:
        return (ranks[:, None] < self._below[:, None]).sum(axis=-1)

    def p_value(self, ranks: Int[np.ndarray, "set rank"]) -> Float[np.ndarray, " set"]:
        """Return (1 + number of simulated sets with a gamma as small) / (1 + number of simulated sets).

        Where there is none as small, the bound J gamma from J levels may be lower and is returned instead: a test among
        thousands can then still fail.
        """
        gamma = self._gamma(self._counts(ranks))
        smaller = np.searchsorted(self._simulated, gamma, side="right")
        p_value = (1 + smaller) / (1 + len(self._simulated))
        return np.where(smaller == 0, np.minimum(p_value, len(self.levels) * gamma), p_value)

    def band(self, probability: float) -> tuple[Float[np.ndarray, " level"], Float[np.ndarray, " level"]]:
        """Return the lowest and the highest F(z) inside the band, exactly those with a p-value > 1 - probability."""
        smallest = int((1.0 - probability) * (1 + len(self._simulated))) - 1
        if smallest < 0:
            raise ValueError(f"{len(self._simulated)} simulated sets are too few for a band of {probability}")
        allowed = self._tail >= self._simulated[smallest]
        highest = self.num_ranks - allowed[::-1].argmax(axis=0)
        return allowed.argmax(axis=0) / self.num_ranks, highest / self.num_ranks
