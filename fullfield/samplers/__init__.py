"""Markov chain samplers: a log density in, chains and their cost out."""

from fullfield.samplers.chains import Chains, ChainSettings, Plan, run_chains
from fullfield.samplers.mams import MAMSSettings, mams
from fullfield.samplers.nuts import NUTSSettings, nuts
from fullfield.samplers.split_hmc import SplitHMCSettings, split_hmc

__all__ = [
    "ChainSettings",
    "Chains",
    "MAMSSettings",
    "NUTSSettings",
    "Plan",
    "SplitHMCSettings",
    "mams",
    "nuts",
    "run_chains",
    "split_hmc",
]
