"""Some targets of each field."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.imnn import figures

io.configure_log(snakemake.log[0])
datasets = map(io.load_dataset, snakemake.input)

examples = {data.attrs["field"]: data["example"].values for data in datasets}
io.save_figure(snakemake.output[0], figures.fields(examples, footer=style.footer(**snakemake.params.footer)))
