"""SBC and TARP curves with their simultaneous bands."""

from fullfield import io
from fullfield.plots import coverage, style

io.configure_log(snakemake.log[0])
params = snakemake.params

curves = io.load_dataset(snakemake.input.curves)
sbc, tarp = coverage.figures(curves, footer=style.footer(**params.footer), method=snakemake.wildcards.method)
io.save_figure(snakemake.output.sbc, sbc)
io.save_figure(snakemake.output.tarp, tarp)
