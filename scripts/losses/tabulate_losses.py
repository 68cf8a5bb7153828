"""Tables and findings of the study of losses."""

from pathlib import Path

import pandas as pd

from fullfield import io
from fullfield.studies.losses import findings, map_information, tables
from fullfield.studies.losses.explicit_merit import explicit_merit
from fullfield.studies.losses.map_information import Entropies
from fullfield.studies.losses.runs import Run, common_simulations, largest_runs, split_by_point

io.configure_log(snakemake.log[0])
params, inputs, outputs = snakemake.params, snakemake.input, snakemake.output

settings = {Path(path).stem: io.read_json(path) for path in inputs.settings}
files = zip(params.runs, inputs.judged, inputs.coverage, inputs.comparison, strict=True)
runs = [
    Run(
        **run,
        judged=io.load_dataset(judged),
        coverage=io.load_table(coverage),
        comparison=io.load_table(comparison),
        settings=settings.get("{summary}_{size}".format(**run), {}),
    )
    for run, judged, coverage, comparison in files
]
judged, test = common_simulations([run.judged for run in runs], io.load_dataset(inputs.calibration))
runs = [run._replace(judged=one) for run, one in zip(runs, judged, strict=True)]
mocks = io.load_dataset(inputs.mocks) if inputs.mocks else None
entropies, num_slow = None, 0
if mocks is not None:
    entropies = Entropies(mocks["entropy_bound"].values, mocks["entropy"].values)
    num_slow = mocks.attrs["num_slow"]
names = [str(name) for name in test["parameter"].values]
chains = [io.load_samples(path)["theta"].values for path in inputs.references[: len(params.names)]]
references = dict(zip(params.names, chains, strict=True))
runs, at_prior = split_by_point(runs, params.names)
merit = tables.merit_rows(runs, references, names)
u = test["u"].values
maps = map_information.map_information([run.judged for run in largest_runs(runs)], u, entropies)
at_fiducial = {name: chains for name, chains in references.items() if name in runs[0].judged["observation"]}
classifier = tables.yardsticks(at_fiducial, params.num_rows, params.seed)
losses = tables.losses_table(runs, classifier, u, maps, num_slow=num_slow, at_prior=at_prior)
planes, ordering = tables.planes_table(runs, merit), tables.ordering_table(merit)
explicit = {
    (Path(path).stem, Path(path).parent.name): io.load_samples(path)["theta"].values for path in inputs.explicit
}
scale = snakemake.wildcards.scale
io.save_table(outputs.losses, losses.assign(scale=scale), tex=True)
io.save_table(outputs.planes, planes.assign(scale=scale), tex=True)
baselines = pd.concat(map(io.load_table, inputs.baselines)) if inputs.baselines else None
prior_planes = tables.planes_table(at_prior, tables.merit_rows(at_prior, references, names)) if at_prior else planes[:0]
io.save_table(outputs.prior_planes, prior_planes.assign(scale=scale))
io.save_table(outputs.merit, merit.assign(scale=scale))
io.save_table(outputs.ordering, ordering.assign(scale=scale), tex=True)
io.save_table(outputs.sizes, tables.sizes_table(runs, u, maps).assign(scale=scale), tex=True)
io.save_table(outputs.explicit, explicit_merit(explicit, at_fiducial, names, baselines).assign(scale=scale))
io.write_text(outputs.findings, findings.findings(losses, planes, ordering, scale, params.num_pixels))
