"""Time the simulator beside the floor of the machine, in processes of its own."""

import subprocess
import sys

with open(snakemake.log[0], "w") as log:
    subprocess.run(
        [
            sys.executable,
            "benchmarks/simulator.py",
            *map(str, snakemake.params.num_pixels),
            "--output",
            snakemake.output[0],
        ],
        check=True,
        stderr=log,
    )
