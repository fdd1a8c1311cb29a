"""What is freed stays with the process, for the next fit.

The GNU C library gives the end of its heap back to the system as soon as twice the
largest piece lies free there that was ever freed, 256 KiB at first. What it takes again
comes page by page, and the system clears each of them: a fifth of a fit that makes
arrays of some hundred kilobytes. To free one large piece, which was never written and
hence never took memory, is how a program says that it will need as much again: see
M_MMAP_THRESHOLD and M_TRIM_THRESHOLD in mallopt(3).
"""

from __future__ import annotations

import numpy as np

#: The largest piece that counts for that, less what it is wrapped in.
_LARGEST = (32 << 20) - (64 << 10)


def keep_freed_memory() -> None:
    """Keep up to 64 MiB that are free at the end of the heap, whoever freed them."""
    np.empty(_LARGEST, np.uint8)
