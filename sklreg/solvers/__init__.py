"""What minimises loss + penalty: one algorithm a file, `solve` chooses."""

from __future__ import annotations

from .certificate import printed, silent
from .problem import Problem, Solution
from .solve import certificate_of, critical_alpha, solve, solve_path

__all__ = [
    "Problem",
    "Solution",
    "certificate_of",
    "critical_alpha",
    "printed",
    "silent",
    "solve",
    "solve_path",
]
