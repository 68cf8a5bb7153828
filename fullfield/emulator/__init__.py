"""Maps between two simulators, learned from unpaired simulations of both."""

from fullfield.emulator.draws import PairSettings
from fullfield.emulator.flow_matching import FlowSettings, fit_transport
from fullfield.emulator.networks import VelocityField, VelocityPerceptron
from fullfield.emulator.pairing import PAIRINGS, Bank
from fullfield.emulator.transport import Transport

__all__ = [
    "PAIRINGS",
    "Bank",
    "FlowSettings",
    "PairSettings",
    "Transport",
    "VelocityField",
    "VelocityPerceptron",
    "fit_transport",
]
