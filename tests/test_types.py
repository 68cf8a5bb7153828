"""Annotations tell arrays of NumPy and JAX apart, traced ones included, though naming them imports no JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from beartype import beartype
from jaxtyping import TypeCheckError, jaxtyped

from fullfield.metrics.chains import check_draws
from fullfield.types import Array, ArrayLike, Float, RandomKey


@jaxtyped(typechecker=beartype)
def of_jax(x: Float[Array, " n"]) -> Float[Array, " n"]:
    return x


@jaxtyped(typechecker=beartype)
def of_either(x: Float[ArrayLike, " n"], y: Float[ArrayLike, " n"]) -> ArrayLike:
    return x


@jaxtyped(typechecker=beartype)
def of_key(key: RandomKey) -> RandomKey:
    return key


def test_arrays_of_the_right_kind_pass():
    assert isinstance(jnp.zeros(2), Array)
    assert not isinstance(np.zeros(2), Array)
    of_jax(jnp.zeros(2))
    jax.jit(of_jax)(jnp.zeros(2))
    jax.vmap(of_jax)(jnp.zeros((3, 2)))
    of_either(jnp.zeros(2), np.zeros(2))
    jax.grad(lambda x: of_either(x, np.zeros(2)).sum())(jnp.zeros(2))
    of_key(jax.random.key(0))


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (of_jax, (np.zeros(2),)),
        (of_jax, (jnp.zeros((2, 2)),)),
        (of_jax, (jnp.zeros(2, int),)),
        (of_either, (np.zeros(2), jnp.zeros(3))),
        (of_either, (np.zeros(2, int), jnp.zeros(2))),
        (of_either, ([0.0, 0.0], np.zeros(2))),
        (of_key, (jnp.zeros(2),)),
        (of_key, (jax.random.split(jax.random.key(0)),)),
    ],
)
def test_arrays_of_another_kind_shape_or_type_are_refused(function, arguments):
    with pytest.raises(TypeCheckError):
        function(*arguments)


@pytest.mark.parametrize("library", [np, jnp])
def test_annotations_of_the_library_are_checked(library):
    check_draws(library.zeros((2, 3, 1)))
    with pytest.raises(TypeCheckError):
        check_draws(library.zeros((2, 3)))
