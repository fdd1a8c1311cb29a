"""Memory for arrays that grow at their ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: How many times what is needed is set aside. What is never written takes no memory.
_AHEAD = 4


class Reserve:
    """Where arrays that grow together are kept, with room for more behind them.

    Arrays that were given out keep what they hold: what grows from the last ones is
    written behind these, what grows from others is copied.
    """

    def __init__(self) -> None:
        self._arrays: list[NDArray[Any]] = []
        self._used = 0

    def extended(
        self, arrays: list[NDArray[Any]], size: int, most: int
    ) -> list[NDArray[Any]]:
        """Return `arrays` with a length of `size`, the new part yet to be written.

        They will never need more than `most`.
        """
        old = len(arrays[0])
        if not self._holds(arrays) or size > len(self._arrays[0]):
            room = max(size, min(_AHEAD * size, most))
            self._arrays = [np.empty((room, *a.shape[1:]), a.dtype) for a in arrays]
            for ours, theirs in zip(self._arrays, arrays, strict=True):
                ours[:old] = theirs
        self._used = size
        return [a[:size] for a in self._arrays]

    def _holds(self, arrays: list[NDArray[Any]]) -> bool:
        """Tell whether these are the arrays that were given out last."""
        return (
            len(self._arrays) == len(arrays)
            and self._used == len(arrays[0])
            and all(a.base is b for a, b in zip(arrays, self._arrays, strict=True))
        )
