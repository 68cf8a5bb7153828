"""Learn the map between two Gaussians, where that of optimal transport is known."""

from fullfield import io
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.control import ControlSettings, run_control

io.configure_log(snakemake.log[0])
params, wildcards, outputs = snakemake.params, snakemake.wildcards, snakemake.output

made = run_control(params.seed, ControlSettings.from_budget(params.budget))
io.save_table(outputs.errors, made.errors.assign(scale=wildcards.scale))
io.save_dataset(outputs.paths, made.paths, provenance(wildcards.scale, params.seed, params.budget))
