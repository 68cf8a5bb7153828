"""Fail, with the numbers, where two samplers disagree: one of them does not sample the posterior."""

from fullfield import io
from fullfield.pipeline.acceptance import GateError, gate
from fullfield.studies.samplers import acceptance

io.configure_log(snakemake.log[0])
params = snakemake.params

table = io.load_table(snakemake.input[0])
outcomes = acceptance.mean_p_values("agreement_default.csv", table, params.room)
try:
    gate(outcomes, params.rate, f"Observation {snakemake.wildcards.observation}: the samplers disagree")
except GateError as error:
    io.fail(str(error))
io.write_text(snakemake.output[0], f"no pull beyond what {params.rate:g} of correct runs show, {len(outcomes)} pairs\n")
