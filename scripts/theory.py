"""Fit the surrogate of the spectra and write its accuracy; stop if it is not good enough."""

import dataclasses

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import accuracy, spectra
from fullfield.theory import surrogate

io.configure_log(snakemake.log[0])
params = snakemake.params

fitted, table = spectra.fit_surrogate(
    stage_key(params.seed, "theory"),
    params.survey,
    params.num_pixels,
    spectra.SurrogateSettings.from_budget(params.budget),
)
# No parameter of the rule: another threshold must not fit anew, and repeats the rule gate_theory alone.
limit = snakemake.config["scales"][snakemake.wildcards.scale]["theory"]["max_error_percent"]
try:
    accuracy.check_accuracy(table, float(limit))
except accuracy.AccuracyError as error:
    io.fail(str(error))
io.save_table(snakemake.output.accuracy, table)
surrogate.save(snakemake.output.surrogate, dataclasses.replace(fitted, exact=params.exact))
