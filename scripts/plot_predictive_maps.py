"""The observation's band powers among those of maps simulated from the posterior."""

from fullfield import io
from fullfield.plots import predictive, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

checks = io.load_dataset(snakemake.input.distances)
arrays = (checks[name].values for name in ("ell", "observed", "predicted"))
io.save_figure(snakemake.output[0], predictive.posterior_predictive(*arrays, footer=footer))
