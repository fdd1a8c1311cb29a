"""What full-batch minimisation may spend, and has spent."""

from __future__ import annotations


class Budget:
    """Passes over the data, and the iterations they were spent on."""

    def __init__(self, max_fun: int) -> None:
        self.max_fun = max_fun
        self.n_fun = 0
        self.n_iter = 0

    @property
    def spent(self) -> bool:
        """Tell whether the budget is used up."""
        return self.n_fun >= self.max_fun
