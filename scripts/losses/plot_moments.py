"""The toy in which a moment is not enough."""

from fullfield import io
from fullfield.studies.losses import network_figures

io.configure_log(snakemake.log[0])
curves = io.load_dataset(snakemake.input.curves)
figure = network_figures.moments(
    curves["summary"].values,
    [str(name) for name in curves["loss"].values],
    curves["x"].values,
    (curves["drawn_theta"].values, curves["drawn_x"].values),
    io.load_table(snakemake.input.table),
    footer=snakemake.params.footer,
)
io.save_figure(snakemake.output[0], figure)
