"""Time the network with convolutions, forward and backward, outside a loop and inside one, beside its floor.

    python benchmarks/network.py 64 --num-channels 32 --output network.csv

The floor is the time that one large matrix product takes for as many operations. What counts is the time in a loop, as
in training.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import pandas as pd

from fullfield.compress import networks
from fullfield.fields import convolution

NUM_REPEATS = 3
LENGTH = 3
BATCH = 64
NUM_BINS, NUM_FEATURES, NUM_OUTPUTS = 5, 57, 6
MATRIX = 2048


def measure(num_pixels: int, num_channels: int, num_blocks: int) -> pd.DataFrame:
    """Return milliseconds per map, forward and backward, of both convolutions and of the floor."""
    network = networks.SummaryNetwork(NUM_OUTPUTS, num_channels, num_blocks)
    maps = jax.random.normal(jax.random.key(0), (BATCH, 2 * NUM_BINS, num_pixels, num_pixels))
    features = jnp.ones((BATCH, NUM_FEATURES))
    side = num_pixels // network.patch
    products = num_channels * (2 * NUM_BINS * network.patch**2 + 2 * num_blocks * 9 * num_channels) * side**2
    # A multiplication and an addition, forward and twice backward.
    operations = 2 * 3 * products
    rows = [{"what": "floor", "loop": False, "ms_per_map": 1e3 * operations / operations_per_second()}]
    library = convolution.by_shifts, convolution.by_library
    for convolve in library:
        convolution.by_shifts = convolve
        params = network.init(jax.random.key(1), features, maps)
        gradient = jax.grad(lambda params: jnp.sum(network.apply(params, features, maps) ** 2))
        for loop in (False, True):
            seconds = best(jax.jit(descend(gradient, LENGTH if loop else 1)), params)
            per_map = 1e3 * seconds / BATCH / (LENGTH if loop else 1)
            rows.append({"what": convolve.__name__, "loop": loop, "ms_per_map": per_map})
    convolution.by_shifts = library[0]
    table = pd.DataFrame(rows).assign(num_pixels=num_pixels, num_channels=num_channels, num_blocks=num_blocks)
    return table.assign(times_floor=table["ms_per_map"] / table["ms_per_map"].iloc[0])


def descend(gradient: Callable, length: int) -> Callable:
    """Return params -> params after some steps, in a loop where there are several."""

    def step(params, _):
        return jax.tree.map(lambda leaf, slope: leaf - 1e-9 * slope, params, gradient(params)), None

    return lambda params: step(params, None)[0] if length == 1 else jax.lax.scan(step, params, None, length=length)[0]


def operations_per_second() -> float:
    """Return floating-point operations a second in one large product."""
    matrix = jnp.ones((MATRIX, MATRIX))
    return 2 * MATRIX**3 / best(jax.jit(lambda a: a @ a), matrix)


def best(function: Callable, argument: object) -> float:
    """Return the shortest of a few times, in seconds, compilation apart."""
    jax.block_until_ready(function(argument))
    seconds = []
    for _ in range(NUM_REPEATS):
        start = time.perf_counter()
        jax.block_until_ready(function(argument))
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_pixels", type=int, nargs="+")
    parser.add_argument("--num-channels", type=int, default=32)
    parser.add_argument("--num-blocks", type=int, default=2)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    if jax.default_backend() != "cpu":
        parser.error("this compares convolutions on a CPU; other devices have the library's alone")
    tables = [measure(size, arguments.num_channels, arguments.num_blocks) for size in arguments.num_pixels]
    table = pd.concat(tables, ignore_index=True)
    print(table.round(3).to_string(index=False))
    if arguments.output:
        table.to_csv(arguments.output, index=False)
