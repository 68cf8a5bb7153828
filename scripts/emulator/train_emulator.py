"""Train a map from one simulator to the other on unpaired simulations of both."""

from pathlib import Path

from fullfield import io
from fullfield.emulator.emulator import save_emulator
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.kinds import EmulatorSettings, train

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

maps = {name: io.load_dataset(inputs[name]) for name in ("cheap", "expensive")}
settings = EmulatorSettings.from_budget(params.budget)
files = [Path(inputs[name]) for name in ("cheap", "expensive")]
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *files)
emulator, history = train(wildcards.emulator, params.seed, maps, settings, resume=resume)
# The simulations are those of the files of maps.
attrs = provenance(wildcards.scale, params.seed, params.budget)
save_emulator(outputs.emulator, emulator, {**attrs, "emulator": wildcards.emulator})
labels = {"scale": wildcards.scale, "extent": wildcards.map_extent, "emulator": wildcards.emulator}
io.save_table(outputs.history, history.assign(**labels))
resume.remove()
