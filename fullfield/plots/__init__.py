"""Figures from tables and samples only: every function returns a Matplotlib figure and opens no file."""
