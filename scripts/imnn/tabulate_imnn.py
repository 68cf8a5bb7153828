"""Put the tables of all fields and summaries together: means over targets, what rejection needs, calibration."""

import pandas as pd

from fullfield import io
from fullfield.studies.imnn import tables

io.configure_log(snakemake.log[0])
inputs, outputs, params = snakemake.input, snakemake.output, snakemake.params
given = {name: pd.concat(map(io.load_table, paths), ignore_index=True) for name, paths in inputs.items()}

posteriors = tables.posteriors(given["verdicts"]).assign(num_draws=params.num_draws)
acceptance = tables.acceptance(given["acceptance"], posteriors, params.num_abc_rows)
made = {"posteriors": posteriors, "acceptance": acceptance, "convergence": tables.convergence(given["convergence"])}
for name in ("information", "calibration"):
    made[name] = given[name].drop(columns=["scale", "extent"])
made["information"]["num_pixels"] = params.num_pixels
labels = {"scale": snakemake.wildcards.scale, "extent": snakemake.wildcards.extent}
for name, table in made.items():
    io.save_table(outputs[name], table.assign(**labels))
