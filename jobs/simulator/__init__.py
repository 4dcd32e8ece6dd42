"""Nights with known truth: raw logs of invented people, and what the tables must say of them."""

from jobs.simulator.night import simulate
from jobs.simulator.options import SimulationOptions, SimulationSummary

__all__ = ["SimulationOptions", "SimulationSummary", "simulate"]
