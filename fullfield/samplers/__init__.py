"""Markov chain samplers: a log density in, chains and their cost out."""

from fullfield.samplers.chains import Chains, run_chains
from fullfield.samplers.mams import MAMSSettings, mams
from fullfield.samplers.nuts import NUTSSettings, nuts
from fullfield.samplers.split_hmc import SplitHMCSettings, split_hmc

__all__ = [
    "Chains",
    "MAMSSettings",
    "NUTSSettings",
    "SplitHMCSettings",
    "mams",
    "nuts",
    "run_chains",
    "split_hmc",
]
