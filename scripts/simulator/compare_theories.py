"""Compare posteriors and scores under the surrogate with those under exact spectra."""

from fullfield import io
from fullfield.keys import stage_key
from fullfield.pipeline import problem
from fullfield.samplers import ChainSettings
from fullfield.studies.simulator import theories

io.configure_log(snakemake.log[0])
params, scale = snakemake.params, snakemake.wildcards.scale

setups = [problem.load_lensing(snakemake.input.surrogate, exact=exact) for exact in (False, True)]
x = io.load_dataset(snakemake.input.observation)["x"].values
settings = [ChainSettings.from_budget(budget) for budget in (params.budget, params.parameter_chains)]
scores = theories.compare_scores(stage_key(params.seed, "compare_scores"), *setups, params.num_simulations)
io.save_table(snakemake.output.scores, scores.assign(scale=scale))
posteriors = theories.compare_posteriors(stage_key(params.seed, "compare_posteriors"), *setups, x, *settings)
io.save_table(snakemake.output.posteriors, posteriors.assign(scale=scale))
