"""Spectra, one-point law and moments of simulated maps beside the theory."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.simulator import figures

io.configure_log(snakemake.log[0])
footer = style.footer(**snakemake.params.footer)

table = io.load_table(snakemake.input.table)
histograms = io.load_dataset(snakemake.input.histograms)
io.save_figure(snakemake.output.spectra, figures.spectrum_ratios(table, footer=footer))
io.save_figure(snakemake.output.one_point, figures.one_point(histograms, footer=footer))
io.save_figure(snakemake.output.moments, figures.moments(table, footer=footer))
