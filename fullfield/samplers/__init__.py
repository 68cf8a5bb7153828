"""Markov chain samplers: a log density in, chains and their cost out."""

from fullfield.samplers.chains import Chains, run_chains
from fullfield.samplers.nuts import NUTSSettings, nuts

__all__ = ["Chains", "NUTSSettings", "nuts", "run_chains"]
