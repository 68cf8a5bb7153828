"""Traces and ranks of the reference chains."""

from fullfield import io
from fullfield.metrics.chains import with_s8
from fullfield.plots import chains, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

posterior = io.load_samples(snakemake.input.reference)
draws, names = with_s8(posterior["theta"].values, tuple(posterior["parameter"].values))
observation = io.load_dataset(snakemake.input.observation)
truth = None
if "theta" in observation:
    values, _ = with_s8(observation["theta"].values, tuple(posterior["parameter"].values))
    truth = dict(zip(names, values.tolist(), strict=True))
convergence = io.load_table(snakemake.input.convergence)
io.save_figure(snakemake.output[0], chains.traces(draws, names, convergence, footer=footer, truth=truth))
