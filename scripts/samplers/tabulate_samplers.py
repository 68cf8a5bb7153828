"""What an effective sample costs with each sampler."""

from fullfield import io
from fullfield.studies.samplers import cost

io.configure_log(snakemake.log[0])

names = ["split_hmc" if name == "reference" else name for name in snakemake.params.samplers]
diagnoses = {name: io.load_table(path) for name, path in zip(names, snakemake.input.diagnoses, strict=True)}
table = cost.cost_of_samplers(diagnoses)
io.save_table(snakemake.output[0], table.assign(scale=snakemake.wildcards.scale), tex=True)
