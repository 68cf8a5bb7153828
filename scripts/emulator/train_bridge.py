"""Train a map from one own simulator to the other on unpaired simulations of both."""

from pathlib import Path

from fullfield import io
from fullfield.emulator.emulator import save_emulator
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.kinds import EmulatorSettings
from fullfield.studies.emulator.own import train_own
from fullfield.studies.emulator.settings import load_bridge

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

files = {name: Path(inputs[name]) for name in ("cheap", "expensive")}
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *files.values())
settings = EmulatorSettings.from_budget(params.budget)
emulator, history = train_own(params.seed, load_bridge(files, params.budget), settings, resume=resume)
save_emulator(outputs.emulator, emulator, provenance(wildcards.scale, params.seed, params.budget))
io.save_table(outputs.history, history.assign(scale=wildcards.scale, emulator="emulated"))
resume.remove()
