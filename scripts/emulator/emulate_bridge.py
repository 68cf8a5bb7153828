"""Carry own cheap simulations to the expensive simulator; compare those that the training has not seen."""

from pathlib import Path

from fullfield import io
from fullfield.emulator.emulator import load_emulator
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.own import emulate, simulations_of
from fullfield.studies.emulator.settings import load_bridge

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

files = load_bridge({name: Path(inputs[name]) for name in ("cheap", "expensive")}, params.budget)
made = emulate(params.seed, files, load_emulator(inputs.emulator))
io.save_dataset(outputs.maps, simulations_of(files, made.maps), provenance(wildcards.scale, params.seed, params.budget))
table = made.statistics.assign(scale=wildcards.scale, step_error=made.step_error)
io.save_table(outputs.statistics, table)
