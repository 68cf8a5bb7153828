"""Tests run on the CPU, share compiled programs, and check the array types in every annotation of the package."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook
from threadpoolctl import threadpool_limits
from xdist.scheduler import LoadScopeScheduling

from fullfield.compilation import use_quick_flags

os.environ.setdefault("JAX_PLATFORMS", "cpu")
# Most programs of the tests run once.
use_quick_flags(os.environ)
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("MPLBACKEND", "agg")
# As Snakemake does for jobs: workers share the cores, and a thread that waits for the next small product spins. NumPy
# is loaded already, SciPy is not.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
threadpool_limits(int(os.environ["OPENBLAS_NUM_THREADS"]), user_api="blas")

install_import_hook("fullfield", "beartype.beartype")

import checkouts  # noqa: E402


def pytest_collection_modifyitems(items):
    """Start the long runs of the workflow first, so that no worker is left alone with them at the end."""
    items.sort(key=lambda item: "finished_run" not in item.fixturenames and "workflow" not in item.path.parts)


class OneRun(LoadScopeScheduling):
    """Tests of one file share a worker, and so do all that look at the finished run: files named ``*smoke.py``."""

    def _split_scope(self, nodeid):
        path = nodeid.split("::")[0]
        return "finished run" if path.endswith("smoke.py") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Distribute tests by file and by the run that they look at."""
    return OneRun(config, log)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """Run the smoke scale once, from nothing or from the results in `checkouts.FINISHED`, and return its folder."""
    folder = checkouts.copy_finished(tmp_path_factory.mktemp("smoke") / "checkout")
    status, output = checkouts.snakemake(folder, *checkouts.SMOKE)
    assert status == 0, output[-6000:]
    return folder


@pytest.fixture(scope="session")
def plan_of(tmp_path_factory):
    """Return a function of a target: the number of jobs by rule, from nothing."""
    folder = checkouts.copy(tmp_path_factory.mktemp("plan") / "checkout")

    def plan(target, scale="smoke"):
        status, output = checkouts.snakemake(folder, target, "-n", "--config", f"scale={scale}")
        assert status == 0, output
        return checkouts.planned(output)

    return plan
