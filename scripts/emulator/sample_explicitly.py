"""Sample parameters and initial conditions of noisy expensive maps under the model of one kind of maps."""

from pathlib import Path

import numpy as np

from fullfield import io
from fullfield.emulator.emulator import load_emulator
from fullfield.resume import Resume
from fullfield.settings.provenance import provenance
from fullfield.studies.emulator.explicit import ExplicitSettings, model_of, sample
from fullfield.studies.emulator.inference import observations
from fullfield.studies.emulator.maps import PAIRED, MapSettings, bank_of

io.configure_log(snakemake.log[0])
params, wildcards, inputs, outputs = snakemake.params, snakemake.wildcards, snakemake.input, snakemake.output

kind = wildcards.map_kind
[emulator] = list(map(load_emulator, inputs.get("emulator", []))) or [None]
task = model_of(kind, MapSettings.from_budget(params.maps), params.noise, emulator)
expensive = bank_of(io.load_dataset(inputs.maps), PAIRED)
observed = observations(params.seed, expensive._replace(x=np.expm1(expensive.x)), params.noise)
files = [Path(path) for path in inputs]
resume = Resume.of(params.checkpoint, params.budget, params.seed, params.code, *files)
settings = ExplicitSettings.from_budget(params.budget)
made = sample(params.seed, task, observed, io.load_dataset(inputs.draws), settings, resume=resume)
attrs = provenance(wildcards.scale, params.seed, params.budget, gradients=made.num_gradients, kind=kind)
io.save_dataset(outputs.draws, made.draws, attrs)
table = made.convergence.assign(scale=wildcards.scale, kind=kind, num_gradients=made.num_gradients)
io.save_table(outputs.convergence, table)
resume.remove()
