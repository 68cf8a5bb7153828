"""Simulate maps of the projected density with one simulator: those that train, and those that judge."""

from fullfield import io
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.maps import MapSettings, make_maps, num_maps

io.configure_log(snakemake.log[0])
params, wildcards = snakemake.params, snakemake.wildcards

settings = MapSettings.from_budget(params.budget)
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code)
maps = make_maps(wildcards.map_simulator, params.seed, settings, resume=resume)
attrs = provenance(wildcards.scale, params.seed, params.budget, simulations=num_maps(maps))
io.save_dataset(snakemake.output[0], maps, {**attrs, "simulator": wildcards.map_simulator})
resume.remove()
