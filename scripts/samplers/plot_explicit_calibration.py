"""SBC and TARP of the chains themselves."""

from fullfield import io
from fullfield.pipeline import mock_posteriors
from fullfield.plots import coverage, style

io.configure_log(snakemake.log[0])
params = snakemake.params

curves = io.load_dataset(snakemake.input.curves)
footer = style.footer(**{**params.footer, **params.size, "num_chains": mock_posteriors.NUM_CHAINS})
sbc, tarp = coverage.figures(curves, footer=footer, method="reference")
io.save_figure(snakemake.output.sbc, sbc)
io.save_figure(snakemake.output.tarp, tarp)
