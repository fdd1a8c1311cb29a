"""What full-batch minimisation may spend, and has spent."""

from __future__ import annotations


class Budget:
    """Passes over the data, and the iterations they were spent on.

    A part of a budget counts on the whole too.
    """

    def __init__(self, max_fun: int, whole: Budget | None = None) -> None:
        self.max_fun = max_fun
        self.n_fun = 0
        self.n_iter = 0
        self._whole = whole

    @property
    def spent(self) -> bool:
        """Tell whether the budget is used up."""
        return self.n_fun >= self.max_fun

    def count_pass(self) -> None:
        """Count a pass over the data."""
        self.n_fun += 1
        if self._whole:
            self._whole.count_pass()

    def count_iteration(self) -> None:
        """Count an iteration."""
        self.n_iter += 1
        if self._whole:
            self._whole.count_iteration()

    def part(self, max_fun: int) -> Budget:
        """Return a budget of so many passes, at most those that are left."""
        return Budget(min(max_fun, self.max_fun - self.n_fun), self)
