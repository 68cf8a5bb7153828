"""Figures of merit and scatter of the summaries."""

from fullfield import io
from fullfield.plots import style
from fullfield.studies.losses import figures
from fullfield.studies.losses.runs import common_simulations

io.configure_log(snakemake.log[0])
params, inputs, outputs = snakemake.params, snakemake.input, snakemake.output

table, footer = io.load_table(inputs.losses), style.footer(**params.footer)
judged, test = common_simulations(
    [io.load_dataset(path) for path in inputs.judged], io.load_dataset(inputs.calibration)
)
summaries = {name: one["test_summary"].values[0] for name, one in zip(params.summaries, judged, strict=True)}
names = [str(name) for name in test["parameter"].values]
planes, explicit = io.load_table(inputs.planes), io.load_table(inputs.explicit)
io.save_figure(outputs.merit, figures.merit(table, planes, explicit, footer=footer))
# Of the first training alone, on the test simulations.
alone = style.footer(**params.footer | {"num_seeds": 1, "num_observations": test.sizes["simulation"]})
io.save_figure(outputs.scatter, figures.summary_scatter(summaries, test["u"].values, names, footer=alone))
