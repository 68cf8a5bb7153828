"""What the VMIM network looks at in the observed maps."""

from fullfield import io
from fullfield.compress.compressor import load_compressors
from fullfield.pipeline import problem
from fullfield.plots import style
from fullfield.studies.losses import network_figures
from fullfield.studies.losses.sensitivity import sensitivity

io.configure_log(snakemake.log[0])
params, inputs = snakemake.params, snakemake.input

setup = problem.load_lensing(inputs.surrogate)
observation = io.load_dataset(inputs.observation)
seen = sensitivity(
    setup,
    load_compressors(inputs.networks)[0],
    params.features,
    observation["x"].values,
    io.load_dataset(inputs.judged[0])["test_summary"].values[0],
    io.load_dataset(inputs.calibration)["u"].values,
    params.parameters,
)
figure = network_figures.sensitivity(
    observation["kappa"].values,
    seen.slopes,
    setup.grid.field_deg,
    seen.ell,
    seen.powers,
    footer=style.footer(**params.footer),
)
io.save_figure(snakemake.output[0], figure)
