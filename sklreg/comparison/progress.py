"""A line that says what is being done: rewritten on a terminal, plain elsewhere."""

from __future__ import annotations

from typing import TextIO


class Progress:
    """Show one step after another on a stream.

    Parameters
    ----------
    stream : text stream
        Usually ``sys.stderr``.
    n_steps : int
        How many steps there will be.
    """

    def __init__(self, stream: TextIO, n_steps: int) -> None:
        self.stream = stream
        self.n_steps = n_steps
        self.n_done = 0
        self.rewrites = stream.isatty()

    def step(self, what: str) -> None:
        """Show the next step.

        Parameters
        ----------
        what : str
            A few words.
        """
        self.n_done += 1
        line = f"[{self.n_done}/{self.n_steps}] {what} ..."
        if self.rewrites:
            self.stream.write(f"\r{line[:78]:<78}")
        else:
            self.stream.write(f"{line}\n")
        self.stream.flush()

    def clear(self) -> None:
        """Remove the line from the terminal, so that something else can be printed."""
        if self.rewrites:
            self.stream.write(f"\r{'':78}\r")
            self.stream.flush()
