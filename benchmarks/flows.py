"""Time log_prob of flows, its gradient in the weights, and a step with a score term, beside affine RealNVP in one run.

    python benchmarks/flows.py --output flows.csv

Every time is the best of many; ratios are to the affine coupling flow.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import pandas as pd

from fullfield.flows import ConditionalFlow

NUM_REPEATS = 30
BATCH, NUM_DIMENSIONS, NUM_CONDITIONS = 256, 6, 6
FLOWS = {
    "affine coupling": {},
    "affine autoregressive": {"structure": "autoregressive"},
    "smooth coupling, 16 sigmoids": {"transform": "smooth", "num_components": 16},
    "smooth coupling, 8 sigmoids": {"transform": "smooth"},
    "smooth autoregressive, 8 sigmoids": {"transform": "smooth", "structure": "autoregressive"},
}
"""The first one is what others are compared with."""


def measure(name: str) -> dict[str, float | str]:
    """Return milliseconds per batch, and seconds of compilation, of each quantity of one flow."""
    flow = ConditionalFlow(NUM_DIMENSIONS, NUM_CONDITIONS, **FLOWS[name])
    params = jax.jit(flow.init)(jax.random.key(0))
    y, condition = (jax.random.normal(jax.random.key(seed), (BATCH, NUM_DIMENSIONS)) for seed in (1, 2))
    row: dict[str, float | str] = {"flow": name}
    for quantity, function in quantities(flow, y, condition).items():
        compiled = jax.jit(function)
        start = time.perf_counter()
        jax.block_until_ready(compiled(params))
        row[f"compile_{quantity}_s"] = time.perf_counter() - start
        row[f"{quantity}_ms"] = 1e3 * min(timed(compiled, params) for _ in range(NUM_REPEATS))
    return row


def quantities(flow: ConditionalFlow, y: jax.Array, condition: jax.Array) -> dict[str, Callable]:
    """Return functions of the weights."""

    def log_prob(params):
        return jax.vmap(flow.log_prob, (None, 0, 0))(params, y, condition)

    def with_score(params):
        def one(y, condition):
            value, slope = jax.value_and_grad(flow.log_prob, 1)(params, y, condition)
            return jnp.sum((slope + y) ** 2) - value

        return jax.vmap(one)(y, condition).mean()

    return {
        "log_prob": log_prob,
        "gradient": jax.grad(lambda params: -log_prob(params).mean()),
        "score_step": jax.grad(with_score),
        "sample": lambda params: jax.vmap(flow.sample, (0, None, 0))(
            jax.random.split(jax.random.key(3), BATCH), params, condition
        ),
    }


def timed(function: Callable, params: object) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    jax.block_until_ready(function(params))
    return time.perf_counter() - start


def main() -> None:
    """Measure all flows in one process, one after another, and write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("flows.csv"))
    arguments = parser.parse_args()
    table = pd.DataFrame([measure(name) for name in FLOWS])
    for column in [column for column in table if column.endswith("_ms")]:
        table[column.replace("_ms", "_ratio")] = table[column] / table[column].iloc[0]
    table.to_csv(arguments.output, index=False, float_format="%.3g")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
