"""The observation's summary among those of simulations from the prior."""

from fullfield import io
from fullfield.plots import predictive, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

checks = io.load_dataset(snakemake.input.distances)
observed, p_value = checks.attrs["observed_distance"], checks.attrs["prior_p_value"]
figure = predictive.prior_predictive(checks["distance"].values, observed, p_value, footer=footer)
io.save_figure(snakemake.output.prior, figure)
