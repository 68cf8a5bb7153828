"""Measured against expected band powers, at the truth or at the reference's mean."""

from fullfield import io
from fullfield.pipeline import band_powers, problem
from fullfield.plots import spectra, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

setup = problem.load_lensing(snakemake.input.source)
observation = io.load_dataset(snakemake.input.observation)
known = "theta" in observation
mean = io.load_samples(snakemake.input.reference)["theta"].mean(("chain", "draw")).values
theta = observation["theta"].values if known else mean
powers = band_powers.compare_spectra(setup, observation["x"].values, theta, params.seed)
figure = spectra.spectra(
    powers.ell,
    powers.measured,
    powers.expected,
    powers.error,
    footer=footer,
    noise=powers.noise,
    theory_name="theory + noise at the " + ("truth" if known else "posterior mean"),
)
io.save_figure(snakemake.output[0], figure)
