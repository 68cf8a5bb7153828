"""Time the lensing simulator beside the floor of the machine, on one core; ratios are taken within one run.

    python benchmarks/simulator.py 64 128 256 512 --output simulator.csv

The floor is what no implementation can leave out: the normals of latents and noise (10 N^2) and one pair of real FFTs
of five maps. Spectra come from a surrogate fitted on the spot to a few points: only its cost matters here.
Every size runs in a process of its own, so that the peak memory is its own.
"""

import argparse
import io
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd

NUM_REPEATS = 5
SECONDS_PER_REPEAT = 0.3
BATCH = 16
NUM_TRAINING = 120


def measure(num_pixels: int) -> pd.DataFrame:
    """Return milliseconds per map of every quantity at one size, with compile times."""
    import jax
    import jax.numpy as jnp

    from fullfield.fields import Grid
    from fullfield.settings.configuration import load_survey
    from fullfield.survey import Survey
    from fullfield.tasks.lensing import lensing
    from fullfield.tasks.task import joint_log_density, joint_score, simulate_one, unconstrained_log_density
    from fullfield.theory import surrogate
    from fullfield.theory.exact import ExactTheory

    survey = Survey.from_mapping(load_survey("workflow/surveys/lsst_y10.yaml", Path()))
    exact = ExactTheory(survey, num_pixels)
    points = surrogate.draw_training(jax.random.key(0), NUM_TRAINING)
    fitted = surrogate.fit_surrogate(
        points, *exact.evaluate(points), ell=exact.ell, survey=survey, num_pixels=num_pixels
    )
    # The size of the surrogate that the laptop scale fits: a fit of degree 7 with some of its coefficients zero.
    fitted = widen(fitted)
    grid = Grid(num_pixels, survey.field_deg)
    noise = survey.noise_sigma(grid.pixel_arcmin)
    mean = survey.mean_convergence
    task = lensing(grid=grid, theory=fitted, ell=exact.ell, noise_sigma=noise, mean_convergence=mean)
    theta = jnp.asarray(task.fiducial)
    keys = jax.random.split(jax.random.key(1), BATCH)
    shape = task.latent_shape

    def floor(key):
        normals = jax.random.normal(key, (2, *shape))
        return jnp.fft.irfft2(jnp.fft.rfft2(normals[0]), s=shape[1:]) + normals[1]

    # The parameters are arguments: what depends on constants alone XLA computes once, at compile time.
    def forward(key, theta):
        return simulate_one(key, task, theta, sites=("x",))["x"]

    first = jax.jit(lambda key: simulate_one(key, task, theta, sites=("z", "x")))(keys[0])
    z, x = first["z"], first["x"]
    density, whitened = joint_log_density(task, x), unconstrained_log_density(task, x)
    u = task.prior.to_unconstrained(theta)

    def forward_and_score(key, theta):
        values = simulate_one(key, task, theta, sites=("z", "x"))
        return values["x"], joint_score(task, theta, values["z"], values["x"])

    def batch(function):
        return lambda *arguments: jax.lax.map(lambda one: function(*one), arguments)

    thetas = jnp.tile(theta, (BATCH, 1))
    quantities = {
        "floor": (floor, (keys[0],), 1),
        "forward": (forward, (keys[0], theta), 1),
        "forward, fixed parameters": (lambda key: forward(key, theta), (keys[0],), 1),
        "forward in a batch": (batch(forward), (keys, thetas), BATCH),
        "value and gradient": (jax.value_and_grad(density, (0, 1)), (theta, z), 1),
        "value and gradient, whitened": (jax.value_and_grad(whitened, (0, 1)), (u, z), 1),
        "forward and score in a batch": (batch(forward_and_score), (keys, thetas), BATCH),
    }
    compiled, rows = {}, []
    for name, (function, arguments, count) in quantities.items():
        started = time.perf_counter()
        program = jax.jit(function).lower(*arguments).compile()
        compiled[name] = (program, arguments, count)
        rows.append({"quantity": name, "compile_seconds": time.perf_counter() - started})
    table = pd.DataFrame(rows).set_index("quantity")
    table["ms_per_map"] = time_in_turns(compiled)
    return table.assign(ratio_to_floor=table["ms_per_map"] / table["ms_per_map"]["floor"], num_pixels=num_pixels)


def widen(fitted):
    """Return the same surrogate with as many terms as a fit of degree 7 has."""
    import dataclasses

    import jax.numpy as jnp

    from fullfield.theory import surrogate

    small, large = (surrogate._exponents(degree).tolist() for degree in (fitted.degree, 7))
    rows = jnp.asarray([large.index(term) for term in small])
    coefficients = jnp.zeros((len(large), fitted.coefficients.shape[1])).at[rows].set(fitted.coefficients)
    return dataclasses.replace(fitted, coefficients=coefficients, degree=7)


def time_in_turns(compiled) -> dict[str, float]:
    """Return the smallest time per map: all quantities take turns, so that a slow moment slows all of them."""
    import jax

    best = dict.fromkeys(compiled, float("inf"))
    for _ in range(NUM_REPEATS):
        for name, (program, arguments, count) in compiled.items():
            jax.block_until_ready(program(*arguments))
            calls, started = 0, time.perf_counter()
            while time.perf_counter() - started < SECONDS_PER_REPEAT or calls < 2:
                jax.block_until_ready(program(*arguments))
                calls += 1
            best[name] = min(best[name], 1e3 * (time.perf_counter() - started) / calls / count)
    return best


def run_alone(num_pixels: int) -> pd.DataFrame:
    """Measure one size on one core in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, str(num_pixels), "--alone"], check=True, stdout=subprocess.PIPE, text=True
    )
    return pd.read_json(io.StringIO(done.stdout.splitlines()[-1]), orient="table").reset_index()


def main() -> None:
    """Write one row per size and quantity."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("num_pixels", type=int, nargs="+", help="sides of the maps")
    parser.add_argument("--output", type=Path, help="CSV to write; standard output if absent")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        table = measure(*arguments.num_pixels)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(table.assign(peak_memory_mb=peak).to_json(orient="table"))
        return
    table = pd.concat([run_alone(num_pixels) for num_pixels in arguments.num_pixels], ignore_index=True)
    table = table[["num_pixels", *table.columns.drop("num_pixels")]]
    table.to_csv(arguments.output or sys.stdout, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
