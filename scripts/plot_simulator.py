"""Spectra, one-point law and moments of simulated maps beside the theory."""

from fullfield import io
from fullfield.plots import simulator, style

io.configure_log(snakemake.log[0])
footer = style.footer(**snakemake.params.footer)

table = io.load_table(snakemake.input.table)
histograms = io.load_dataset(snakemake.input.histograms)
io.save_figure(snakemake.output.spectra, simulator.spectrum_ratios(table, footer=footer))
io.save_figure(snakemake.output.one_point, simulator.one_point(histograms, footer=footer))
io.save_figure(snakemake.output.moments, simulator.moments(table, footer=footer))
