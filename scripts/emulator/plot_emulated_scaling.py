"""Bias of posteriors learned from emulated maps against the number of expensive simulations."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import posterior_figures
from fullfield.studies.emulator.settings import SHARES

io.configure_log(snakemake.log[0])
params = snakemake.params
table = io.load_table(snakemake.input[0])
num_simulations = {kind: round(share * params.num_simulations) for kind, share in SHARES.items()}
footer = style.footer(**params.footer)
figure = posterior_figures.scaling(table, ["Omega_c", "sigma8"], num_simulations, footer=footer)
io.save_figure(snakemake.output[0], figure)
