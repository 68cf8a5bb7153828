"""Do all samplers sample one law? Every pair of them."""

import itertools

import pandas as pd

from fullfield import io
from fullfield.studies.samplers import convergence

io.configure_log(snakemake.log[0])
params = snakemake.params

posteriors = [io.load_samples(path) for path in snakemake.input.draws]
draws = {posterior.attrs["sampler"]: posterior["theta"].values for posterior in posteriors}
names = tuple(posteriors[0]["parameter"].values)
rows = []
for first, second in itertools.combinations(draws, 2):
    row = convergence.agreement(draws[first], draws[second], names, num_rows=params.num_rows, seed=params.seed)
    rows.append({"first": first, "second": second, **row})
io.save_table(snakemake.output[0], pd.DataFrame(rows))
