"""Compare maps of every kind with expensive ones: spectra, correlations, one-point laws; keep some for the figure."""

from fullfield import io
from fullfield.emulator.emulator import load_emulator
from fullfield.studies.emulator.judgement import judge

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

maps = {name: io.load_dataset(inputs[name]) for name in ("cheap", "expensive")}
emulators = {name: load_emulator(path) for name, path in zip(params.emulators, inputs.emulators, strict=True)}
judged = judge(maps, emulators, params.seed, params.side)
labels = {"scale": wildcards.scale, "extent": wildcards.map_extent}
for name in ("statistics", "steps"):
    io.save_table(outputs[name], getattr(judged, name).assign(**labels))
io.save_dataset(outputs.examples, judged.examples, {**labels, "seed": params.seed})
