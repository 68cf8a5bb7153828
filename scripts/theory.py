"""Fit the surrogate of the spectra and write its accuracy, good enough or not."""

import dataclasses

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import spectra
from fullfield.theory import surrogate

io.configure_log(snakemake.log[0])
params = snakemake.params

fitted, accuracy = spectra.fit_surrogate(
    stage_key(params.seed, "theory"),
    params.survey,
    params.num_pixels,
    spectra.SurrogateSettings.from_budget(params.budget),
)
io.save_table(snakemake.output.accuracy, accuracy)
surrogate.save(snakemake.output.surrogate, dataclasses.replace(fitted, exact=params.exact))
