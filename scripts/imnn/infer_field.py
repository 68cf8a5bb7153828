"""Posteriors of a field from one summary by every method, and how they compare with the exact ones."""

from pathlib import Path

from fullfield import io
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance, read_provenance
from fullfield.studies.imnn.points import EXACT, exact_summary, load_summary, make_case
from fullfield.studies.imnn.posteriors import Given, PosteriorSettings, infer

io.configure_log(snakemake.log[0])
params, wildcards, inputs = snakemake.params, snakemake.wildcards, snakemake.input

_, task, field = make_case(wildcards.field, params.budget["num_pixels"])
summary = load_summary(inputs.summary)
if wildcards.field_summary == EXACT:
    summary = exact_summary(field, summary.theta)
data = io.load_dataset(inputs.data).sel(summary=wildcards.field_summary)
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, Path(inputs.data))
name = f"{wildcards.field}_{wildcards.field_summary}"
given = Given(name, params.seed, task, summary, data)
made = infer(given, PosteriorSettings.from_budget(params.budget), resume=resume)
labels = {key: getattr(wildcards, key) for key in ("scale", "extent", "field")}
labels["summary"] = wildcards.field_summary
attrs = provenance(wildcards.scale, params.seed, params.budget, simulations=made.num_simulations)
io.save_dataset(snakemake.output.draws, made.draws, {**attrs, "field": wildcards.field})
# The exact score is a formula.
is_trained = wildcards.field_summary != EXACT
num_training = read_provenance(inputs.settings)["cost"]["simulations"] if is_trained else 0
tables = made._asdict() | {"verdicts": made.verdicts.assign(num_training=num_training)}
for table in ("verdicts", "acceptance", "calibration", "convergence"):
    io.save_table(snakemake.output[table], tables[table].assign(**labels))
resume.remove()
