"""Simulate a case of the study with all its scores, test simulations, observations and their posteriors."""

from fullfield import io
from fullfield.settings.provenance import provenance
from fullfield.studies.scores.bank import BankSettings, make_bank
from fullfield.studies.scores.sweep import yardsticks

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

settings = BankSettings.from_budget(params.budget, params.compressor)
made = make_bank(wildcards.case, params.seed, settings)
labels = {"scale": wildcards.scale, "case": wildcards.case}
io.save_table(snakemake.output.noise, made.noise.assign(**labels))
measured = yardsticks(made.bank, params.num_c2st_rows, params.seed)
io.save_table(snakemake.output.yardsticks, measured.assign(**labels))
attrs = provenance(
    wildcards.scale,
    params.seed,
    {**params.budget, "compressor": dict(params.compressor)},
    simulations=made.num_simulations,
    gradients=made.num_gradients,
)
io.save_dataset(snakemake.output.bank, made.bank.to_dataset(), attrs)
