"""Every training of every summary must be calibrated over the prior."""

from collections.abc import Mapping
from pathlib import PurePath

import pandas as pd

from fullfield.pipeline.acceptance import Outcome, PValue
from fullfield.settings.acceptance import Bounds


def checks(tables: Mapping[str, pd.DataFrame], bounds: Bounds) -> list[Outcome]:
    """Return the p-values of SBC and TARP of every summary, size and training, from a table per summary and size."""
    return [
        PValue(
            "calibration",
            file,
            f"{PurePath(file).stem.removesuffix('_coverage')}, seed {row.seed}, {row.test}, {row.parameter}",
            row.p_value,
        )
        for file, table in tables.items()
        for row in table.itertuples()
    ]
