"""A function as a GPU would take it: the factors of its float32 products rounded to TF32, 10 bits of mantissa.

A product that does not ask for the highest precision is *exposed* to that rounding.
"""

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

LOST_BITS = 23 - 10
PRODUCTS = ("dot_general", "conv_general_dilated")
INLINED = {
    **dict.fromkeys(("jit", "remat2"), "jaxpr"),
    **dict.fromkeys(("closed_call", "custom_jvp_call", "custom_vjp_call"), "call_jaxpr"),
}
"""Operations that only wrap a program, and what they call it; loops and branches are rebuilt around theirs."""


def to_tf32(x):
    """Round single precision to 10 bits of mantissa, to nearest and ties to even; leave other types as they are."""
    if x.dtype == jnp.complex64:
        return jax.lax.complex(to_tf32(x.real), to_tf32(x.imag))
    if x.dtype != jnp.float32:
        return x
    bits = jax.lax.bitcast_convert_type(x, jnp.uint32)
    half = (1 << (LOST_BITS - 1)) - 1 + ((bits >> LOST_BITS) & 1)
    return jax.lax.bitcast_convert_type((bits + half) >> LOST_BITS << LOST_BITS, jnp.float32)


def is_product(operation):
    """Say whether an operation is a product or a convolution."""
    return operation.primitive.name in PRODUCTS


def is_exposed(operation):
    """Say whether an operation is a product in single precision that leaves it to the machine how single."""
    if not is_product(operation) or operation.invars[0].aval.dtype not in (jnp.float32, jnp.complex64):
        return False
    precision = operation.params["precision"]
    pair = precision if isinstance(precision, tuple) else (precision,)
    return any(one != jax.lax.Precision.HIGHEST for one in pair)


def products(function, *arguments, chosen=is_exposed):
    """Return the places of the chosen products of a function: the innermost lines that no installed package holds."""
    return [_place(operation) for operation in _operations(jax.make_jaxpr(function)(*arguments)) if chosen(operation)]


def with_tf32(function, chosen=is_exposed):
    """Return the function with the factors of its chosen products rounded."""

    def rounded(*arguments):
        program, shape = jax.make_jaxpr(function, return_shape=True)(*arguments)
        results = _evaluate(program, jax.tree.leaves(arguments), chosen)
        return jax.tree.unflatten(jax.tree.structure(shape), results)

    return rounded


def _operations(program):
    """Yield all operations of a program and of the programs within."""
    for operation in getattr(program, "jaxpr", program).eqns:
        yield operation
        for part in jax.tree.leaves(operation.params, is_leaf=_is_program):
            if _is_program(part):
                yield from _operations(part)


def _is_program(value):
    return isinstance(value, ClosedJaxpr | Jaxpr)


def _place(operation):
    lines = [line for line in str(operation.source_info.traceback).splitlines() if "site-packages" not in line]
    return lines[0] if lines else str(operation)


def _evaluate(program, arguments, chosen):
    inner = getattr(program, "jaxpr", program)
    constants = getattr(program, "consts", ())
    values = dict(zip((*inner.constvars, *inner.invars), (*constants, *arguments), strict=True))

    def read(variable):
        return variable.val if isinstance(variable, Literal) else values[variable]

    for operation in inner.eqns:
        values.update(zip(operation.outvars, _apply(operation, list(map(read, operation.invars)), chosen), strict=True))
    return list(map(read, inner.outvars))


def _apply(operation, arguments, chosen):
    name = operation.primitive.name
    if name in INLINED:
        return _evaluate(operation.params[INLINED[name]], arguments, chosen)
    if chosen(operation):
        arguments = [to_tf32(jnp.asarray(one)) for one in arguments]

    params = {key: _rebuild_all(value, chosen) for key, value in operation.params.items()}
    results = operation.primitive.bind(*arguments, **params)
    return results if operation.primitive.multiple_results else [results]


def _rebuild_all(value, chosen):
    if isinstance(value, tuple | list):
        return type(value)([_rebuild_all(part, chosen) for part in value]) if any(map(_is_program, value)) else value
    return _rebuild(value, chosen) if _is_program(value) else value


def _rebuild(program, chosen):
    """Return the program of a loop or a branch with its chosen products rounded."""
    if not any(map(chosen, _operations(program))):
        return program

    def rounded(*arguments):
        return _evaluate(program, arguments, chosen)

    inputs = (jax.ShapeDtypeStruct(one.shape, one.dtype, weak_type=one.weak_type) for one in program.in_avals)
    return jax.make_jaxpr(rounded)(*inputs)
