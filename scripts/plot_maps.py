"""The five maps, with and, where it is known, without noise."""

from fullfield import io
from fullfield.plots import maps, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

observation = io.load_dataset(snakemake.input.observation)
kappa = observation["kappa"].values if "kappa" in observation else None
io.save_figure(snakemake.output[0], maps.maps(observation["x"].values, params.field_deg, footer=footer, kappa=kappa))
