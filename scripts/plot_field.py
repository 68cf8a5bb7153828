"""The posterior of the field of one tomographic bin, and the power of its residual in all of them."""

from fullfield import io
from fullfield.fields import Grid
from fullfield.pipeline import field_posterior
from fullfield.plots import field, style

io.configure_log(snakemake.log[0])
params = snakemake.params

maps = io.load_dataset(snakemake.input.field)
observation = io.load_dataset(snakemake.input.observation)
mean, std, x = maps["mean"].values, maps["std"].values, observation["x"].values
middle = len(mean) // 2
panels = [("observed", x[middle]), ("posterior mean", mean[middle]), ("posterior std. dev.", std[middle])]
residual = None
if "kappa" in observation:
    truth = observation["kappa"].values
    panels.insert(0, ("truth", truth[middle]))
    power = field_posterior.residual_power(Grid(mean.shape[-1], params.field_deg), truth, mean, std)
    residual = (power.ell, power.measured, power.expected, power.measured_variance)
footer = style.footer(**params.footer)
figure = field.field(panels, params.field_deg, footer=footer, bin_number=middle + 1, residual=residual)
io.save_figure(snakemake.output[0], figure)
