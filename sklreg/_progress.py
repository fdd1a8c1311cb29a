"""A line that shows how much is done."""

from __future__ import annotations

import sys
import threading
import time

_WIDTH = 30
#: Seconds between updates.
_PAUSE = 0.05


class ProgressLine:
    """One line on the standard error, kept up to date from whatever thread.

    What is left is estimated from all pieces but the first, which may compile kernels.

    Parameters
    ----------
    total : int
        Pieces of work.
    shown : bool
        Whether there is a line at all.
    """

    def __init__(self, total: int, *, shown: bool) -> None:
        self.total = total
        self.shown = shown
        self._lock = threading.Lock()
        self._start = self._first = time.perf_counter()
        self.done = self._length = 0
        self._due = 0.0
        self._line = ""

    def tick(self, note: str = "") -> None:
        """Take note of a piece that is done, and show the note."""
        with self._lock:
            self.done += 1
            if not self.shown:
                return
            now = time.perf_counter()
            if self.done == 1:
                self._first = now
            seconds, timed = now - self._start, max(self.done - 1, 1)
            left = (now - self._first or seconds) * (self.total - self.done) / timed
            bar = "#" * (_WIDTH * self.done // self.total)
            self._line = (
                f"\r[{bar:<{_WIDTH}}] {self.done}/{self.total}, {seconds:.1f} s, "
                f"{left:.1f} s left{note and ': '}{note}"
            )
            if now >= self._due or self.done == self.total:
                self._due = now + _PAUSE
                self._write("\n" if self.done == self.total else "")

    def close(self) -> None:
        """End the line, should the work have ended early."""
        if self.shown and 0 < self.done < self.total:
            self._write("\n")

    def _write(self, end: str) -> None:
        sys.stderr.write(f"{self._line:<{self._length}}{end}")
        sys.stderr.flush()
        self._length = len(self._line)
