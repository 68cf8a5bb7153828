"""One table of all fits: means against the number of simulations, and paired differences with scores less without."""

from pathlib import Path

import pandas as pd

from fullfield import io
from fullfield.studies.scores import tables

io.configure_log(snakemake.log[0])
inputs, outputs = snakemake.input, snakemake.output

fits = pd.concat([io.load_table(path) for path in inputs.fits], ignore_index=True)
labels = {"scale": snakemake.wildcards.scale}
io.save_table(outputs.curves, tables.curves(fits).assign(**labels))
io.save_table(outputs.differences, tables.differences(fits).assign(**labels))
for name in ("noise", "yardsticks"):
    collected = pd.concat([io.load_table(path) for path in inputs[name]], ignore_index=True)
    io.save_table(outputs[name], collected)
costs = [{"case": Path(bank).parent.name, **io.load_dataset(bank).attrs["cost"]} for bank in inputs.banks]
io.save_table(outputs.costs, pd.DataFrame(costs).assign(**labels))
