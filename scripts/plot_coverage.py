"""SBC and TARP curves with their simultaneous bands."""

from fullfield import io
from fullfield.plots import coverage, style

io.configure_log(snakemake.log[0])
params = snakemake.params
footer = style.footer(**params.footer)

curves = io.load_dataset(snakemake.input.curves)
method = snakemake.wildcards.method
sbc = coverage.sbc(
    curves["level"].values,
    curves["ecdf_difference"].values,
    (curves["band_low"].values, curves["band_high"].values),
    (curves["joint_low"].values, curves["joint_high"].values),
    tuple(curves["parameter"].values),
    footer=footer,
    method=method,
)
tarp = coverage.tarp(
    curves["tarp_level"].values,
    {
        "blind points": curves["tarp_coverage"].values,
        "informed points": curves["tarp_informed_coverage"].values,
    },
    (curves["tarp_informed_band_low"].values, curves["tarp_informed_band_high"].values),
    footer=footer,
    method=method,
)
io.save_figure(snakemake.output.sbc, sbc)
io.save_figure(snakemake.output.tarp, tarp)
