"""Programs that are compiled fast rather than to be fast."""

from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fullfield.compilation import QUICK, jit_once, use_quick_flags


def test_flags_that_are_given_win_and_none_is_repeated():
    environment = {"XLA_FLAGS": "--xla_backend_optimization_level=2"}
    use_quick_flags(environment)
    flags = environment["XLA_FLAGS"].split()
    # XLA takes the last of several.
    assert flags[-1] == "--xla_backend_optimization_level=2"
    assert flags[0] == "--xla_backend_optimization_level=0"
    use_quick_flags(environment)
    assert environment["XLA_FLAGS"].split() == flags
    empty = {}
    use_quick_flags(empty)
    assert empty["XLA_FLAGS"].split() == flags[:-1]


@pytest.mark.parametrize(("backend", "options"), [("cpu", QUICK), ("gpu", None)])
def test_what_runs_once_is_compiled_fast_on_a_cpu_alone(monkeypatch, backend, options):
    jit = mock.Mock(side_effect=lambda function, **_: function)
    monkeypatch.setattr(jax, "jit", jit)
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    jit_once(abs)
    jit.assert_called_once_with(abs, compiler_options=options)


def test_what_runs_once_gives_the_same_numbers():
    x = np.linspace(0.1, 3.0, 50, dtype=np.float32)

    def function(x):
        return jnp.log1p(jnp.cumsum(x) ** 2)

    np.testing.assert_allclose(jit_once(function)(x), function(x), rtol=1e-6)
