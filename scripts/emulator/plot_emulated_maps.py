"""One box by every kind of maps."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.emulator import figures

io.configure_log(snakemake.log[0])
examples = io.load_dataset(snakemake.input[0])
io.save_figure(snakemake.output[0], figures.maps(examples, footer=style.footer(**snakemake.params.footer)))
