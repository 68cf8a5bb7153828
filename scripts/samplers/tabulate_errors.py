"""Signed pulls of samplers, and the scatter of their chains beside their errors."""

from fullfield import io
from fullfield.studies.samplers import errors

io.configure_log(snakemake.log[0])
files = dict(zip(snakemake.params.kernels, map(io.load_dataset, snakemake.input), strict=True))
first = next(iter(files.values()))
names = [str(name) for name in first["parameter"].values]
draws = {kernel: file["theta"].values for kernel, file in files.items()}
facts = {"scale": snakemake.wildcards.scale, "num_pixels": first.attrs["num_pixels"]}
io.save_table(snakemake.output.pulls, errors.pulls(draws, names).assign(**facts))
io.save_table(snakemake.output.scatter, errors.scatter(draws, names).assign(**facts))
