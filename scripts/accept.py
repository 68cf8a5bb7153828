"""Hold finished tables against the bounds of the project; what fails is a row of the table, not a failed job."""

from pathlib import PurePath

from fullfield import io
from fullfield.pipeline import acceptance, default_checks
from fullfield.settings.acceptance import Bounds
from fullfield.settings.provenance import read_provenance
from fullfield.settings.studies import checks_of

io.configure_log(snakemake.log[0])
inputs, params, scale = snakemake.input, snakemake.params, snakemake.wildcards.scale
bounds, folder = Bounds(**params.bounds), f"results/{scale}/{snakemake.wildcards.task}"

tables = {PurePath(path).stem: io.load_table(path) for path in inputs.tables}
records = {path: read_provenance(path) for path in inputs.ledger}
parts = {"default route": default_checks.default_checks(tables, records, bounds, params.limits)}
for study, paths in params.studies.items():
    own = {str(PurePath(path).relative_to(folder)): io.load_table(path) for path in paths}
    parts[study] = checks_of(study)(own, bounds)
io.save_table(snakemake.output[0], acceptance.accept(parts, bounds, scale).assign(scale=scale))
