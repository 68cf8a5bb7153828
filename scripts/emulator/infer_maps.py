"""Learn posteriors from maps of one kind and draw from those of noisy expensive observations."""

from pathlib import Path

from fullfield import io
from fullfield.emulator.emulator import load_emulator
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.inference import InferenceSettings, infer, to_dataset
from fullfield.studies.emulator.kinds import observed_and_learned

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

maps = {name: io.load_dataset(inputs[name]) for name in ("cheap", "expensive")}
kind = wildcards.map_kind
emulators = dict(zip([kind], map(load_emulator, inputs.get("emulator", [])), strict=False))
settings = InferenceSettings.from_budget(params.budget)
bank, observed = observed_and_learned(kind, maps, emulators, params.seed, settings.noise)
files = [Path(path) for path in inputs]
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *files)
draws, history = infer(params.seed, bank, observed, settings, resume=resume)
attrs = provenance(wildcards.scale, params.seed, params.budget, kind=kind)
io.save_dataset(outputs.draws, to_dataset(draws, observed, maps["cheap"]["parameter"].values), attrs)
labels = {"scale": wildcards.scale, "extent": wildcards.map_extent, "kind": kind}
io.save_table(outputs.history, history.assign(**labels))
resume.remove()
