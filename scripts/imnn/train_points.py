"""Train summaries of a field at one point after the other, on simulations made on the fly."""

from fullfield import io
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.imnn.points import PointSettings, save_summary, train_points

io.configure_log(snakemake.log[0])
params, wildcards, outputs = snakemake.params, snakemake.wildcards, snakemake.output

settings = PointSettings.from_budget(params.budget)
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code)
points = train_points(wildcards.field, params.seed, settings, resume=resume)
labels = {"scale": wildcards.scale, "extent": wildcards.extent, "field": wildcards.field}
attrs = provenance(wildcards.scale, params.seed, params.budget, simulations=points.num_simulations)
save_summary(outputs.summary, points, {**attrs, "field": wildcards.field})
for name in ("information", "history", "estimates"):
    io.save_table(outputs[name], getattr(points, name).assign(**labels))
resume.remove()
