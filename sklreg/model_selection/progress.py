"""A line that shows how much is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

_WIDTH = 30


def progress(total: int, *, shown: bool) -> Callable[[], None]:
    """Return what to call as each of `total` pieces is done, from whatever thread.

    It keeps one line up to date, on the standard error; with `shown` false it does
    nothing.
    """
    lock, start, done = threading.Lock(), time.perf_counter(), 0

    def tick() -> None:
        nonlocal done
        with lock:
            done += 1
            seconds = time.perf_counter() - start
            left = seconds * (total - done) / done
            bar = "#" * (_WIDTH * done // total)
            end = "\n" if done == total else ""
            line = (
                f"\r[{bar:<{_WIDTH}}] {done}/{total}, {seconds:.1f} s, {left:.1f} left"
            )
            sys.stderr.write(line + end)
            sys.stderr.flush()

    return tick if shown else lambda: None
