"""Fit flows of several kinds to the two moons, and keep the fields of their scores."""

from fullfield import io
from fullfield.inference.training import EstimatorSettings
from fullfield.studies.scores.bank import Bank
from fullfield.studies.scores.fields import score_fields

io.configure_log(snakemake.log[0])
params = snakemake.params

bank = Bank.from_dataset(io.load_dataset(snakemake.input.bank))
fields, table = score_fields(bank, params.seed, EstimatorSettings.from_budget(params.estimator), **params.budget)
labels = {"scale": snakemake.wildcards.scale, "num_simulations": params.budget["num_simulations"]}
io.save_dataset(snakemake.output.fields, fields, labels)
io.save_table(snakemake.output.table, table.assign(**labels))
