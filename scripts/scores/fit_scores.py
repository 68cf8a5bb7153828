"""Fit a case at all numbers of simulations, with and without scores, and judge the fits; finished ones are kept."""

from pathlib import Path

from fullfield import io
from fullfield.resume import Resume
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.cases import kinds_of
from fullfield.studies.scores.sweep import SweepSettings, sweep

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

settings = SweepSettings.from_budget(params.budget, params.estimator)
bank, method = Path(snakemake.input.bank), params.budget["method"]
resume = Resume.of(params.checkpoint, params.budget, params.estimator, params.seed, params.code, bank)
swept = sweep(
    wildcards.case,
    method,
    Bank.from_dataset(io.load_dataset(bank)),
    tuple(params.budget.get("kinds", {}).get(wildcards.case, kinds_of(wildcards.case))),
    params.seed,
    settings,
    resume,
)
labels = {"scale": wildcards.scale, "part": wildcards.fits, "case": wildcards.case, "method": method}
io.save_table(snakemake.output.fits, swept.table.assign(**labels))
io.save_dataset(snakemake.output.examples, swept.examples, labels)
resume.remove()
