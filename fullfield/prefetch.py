"""What the host prepares for the next round while a device works on this one."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Prefetched:
    """Results of a function of a round, each computed while the round before is in use.

    Parameters
    ----------
    make
        round -> anything; it must depend on the round alone, so that an interrupted job finds the same.
    num_rounds
        Rounds there are.
    """

    def __init__(self, make: Callable[[int], Any], num_rounds: int):
        self._make = make
        self._num_rounds = num_rounds
        self._pool = ThreadPoolExecutor(1)
        self._pending: dict[int, Future] = {}

    def take(self, index: int) -> Any:
        """Return the result of a round, and have the next one prepared."""
        future = self._pending.pop(index, None) or self._pool.submit(self._make, index)
        following = index + 1
        self._pending = {following: self._pool.submit(self._make, following)} if following < self._num_rounds else {}
        return future.result()

    def __enter__(self) -> "Prefetched":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
