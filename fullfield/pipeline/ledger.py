"""What files say they have cost."""

from pathlib import Path
from typing import Any

from fullfield import io


def record(path: str | Path) -> dict[str, Any]:
    """Return the attributes of a file with ``cost`` among them: settings of a network, a dataset or draws.

    Raises
    ------
    ValueError
        Where the file does not say what it has cost.
    """
    path = Path(path)
    attrs = io.read_json(path) if path.suffix == ".json" else io.load_dataset(path).attrs
    if "cost" not in attrs and path.suffix == ".nc":
        attrs = io.load_samples(path).attrs
    if "cost" not in attrs:
        raise ValueError(f"{path} does not say what it has cost; delete it, and the next run makes it anew")
    return attrs
