"""Simulations are the same wherever a chunk begins, however many fit in memory, and on any number of devices."""

import os
import subprocess
import sys

import jax
import numpy as np
import pytest
import small_tasks
from small_tasks import small_lensing

from fullfield.tasks import batches, simulate, simulate_chunks

KEY = jax.random.key(0)
PROGRAM = """
import sys
import jax, numpy as np
sys.path.insert(0, {folder!r})
from small_tasks import small_lensing
from fullfield.tasks import simulate
assert jax.device_count() == {devices}
made = simulate(jax.random.key(0), small_lensing(), 7, score=True, memory=1)
np.savez({path!r}, theta=made.theta, x=made.x, score=made.score)
"""


@pytest.fixture
def small_chunks(monkeypatch):
    """Three simulations a chunk."""
    size = batches._bytes_of_one(small_lensing())
    monkeypatch.setattr(batches, "CHUNK_MEMORY", 3 * size)


def test_chunks_have_a_constant_size_and_join_to_the_whole(small_chunks):
    whole = simulate(KEY, small_lensing(), 8)
    parts = list(simulate_chunks(KEY, small_lensing(), 8))
    assert [len(part.x) for part in parts] == [3, 3, 2]
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), whole.x)


def test_an_interrupted_run_goes_on_where_it_stopped(small_chunks):
    whole = simulate(KEY, small_lensing(), 8)
    rest = np.concatenate([part.x for part in simulate_chunks(KEY, small_lensing(), 8, start=5)])
    np.testing.assert_array_equal(rest, whole.x[5:])
    assert list(simulate_chunks(KEY, small_lensing(), 8, start=8)) == []


@pytest.mark.parametrize("start", [-1, 9])
def test_start_outside_the_simulations_is_refused(start):
    with pytest.raises(ValueError, match=rf"start is {start}; it must lie between 0 and 8"):
        simulate_chunks(KEY, small_lensing(), 8, start=start)


def test_memory_sets_how_many_are_made_at_once():
    size = 1000
    assert batches._batch_size(size, 100, 16 * size) == 2
    assert batches._batch_size(size, 100, 10**9) == 100
    assert batches._batch_size(size, 100, 1) is None


@pytest.mark.slow
def test_any_number_of_devices_gives_the_same_simulations(tmp_path):
    results = []
    for devices in (1, 3):
        path = str(tmp_path / f"{devices}.npz")
        program = PROGRAM.format(folder=os.path.dirname(small_tasks.__file__), devices=devices, path=path)
        flags = f"--xla_force_host_platform_device_count={devices}"
        subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, "XLA_FLAGS": flags})
        results.append(np.load(path))
    for name in ("theta", "x"):
        np.testing.assert_array_equal(results[0][name], results[1][name])
    # A device has fewer threads where there are more devices, and sums in another order.
    np.testing.assert_allclose(results[0]["score"], results[1]["score"], rtol=1e-5)
