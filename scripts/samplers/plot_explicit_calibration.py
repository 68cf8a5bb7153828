"""SBC and TARP of the chains themselves."""

from fullfield import io
from fullfield.plots import coverage, style

io.configure_log(snakemake.log[0])
params = snakemake.params

curves = io.load_dataset(snakemake.input.curves)
footer = style.footer(**{**params.footer, **params.size})
sbc, tarp = coverage.figures(curves, footer=footer, method="reference")
io.save_figure(snakemake.output.sbc, sbc)
io.save_figure(snakemake.output.tarp, tarp)
