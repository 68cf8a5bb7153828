"""Fail, with the numbers, where simulated maps do not follow the theory: no comparison would mean anything."""

from fullfield import io
from fullfield.pipeline.acceptance import GateError, gate
from fullfield.studies.simulator import acceptance

io.configure_log(snakemake.log[0])
params = snakemake.params

table = io.load_table(snakemake.input[0])
outcomes = [
    *acceptance.pull_p_values("summary.csv", table, params.room),
    *acceptance.minimum_checks("summary.csv", table),
]
try:
    gate(outcomes, params.rate, "The simulator does not follow its theory")
except GateError as error:
    io.fail(str(error))
io.write_text(
    snakemake.output[0], f"no pull beyond what {params.rate:g} of correct runs show, in {len(outcomes)} groups\n"
)
