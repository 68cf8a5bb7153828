"""Fail, with the numbers, where the reference chains have not converged: nothing may be compared with them."""

from fullfield import io
from fullfield.metrics import chains

io.configure_log(snakemake.log[0])
params = snakemake.params

try:
    chains.gate(
        io.load_table(snakemake.input[0]),
        max_rhat=params.max_rhat,
        min_ess=params.min_ess,
        max_divergent=params.max_divergent,
    )
except chains.ConvergenceError as error:
    io.fail(f"observation {snakemake.wildcards.observation}: {error}")
io.write_text(snakemake.output[0], f"R-hat <= {params.max_rhat} and ESS >= {params.min_ess} for every parameter\n")
