"""Simulated maps against the theory, the surrogate against exact spectra, and what a map costs."""
