"""What minimises loss + penalty: one algorithm a file, `solve` chooses."""

from __future__ import annotations

from .few import may_want_few, telling_rows, wants_few
from .folds import Blocks, in_blocks, over_rows
from .freedom import degrees_of_freedom
from .least_squares import LeastSquares
from .moments import Sums
from .problem import Problem, Solution, Weights, start_point
from .reduction import moments_pay
from .ridge import Directions, directions
from .solve import certificate_of, critical_alpha, curvature, solve, solve_path
from .tolerance import printed, silent

__all__ = [
    "Blocks",
    "Directions",
    "LeastSquares",
    "Problem",
    "Solution",
    "Sums",
    "Weights",
    "certificate_of",
    "critical_alpha",
    "curvature",
    "degrees_of_freedom",
    "directions",
    "in_blocks",
    "may_want_few",
    "moments_pay",
    "over_rows",
    "printed",
    "silent",
    "solve",
    "solve_path",
    "start_point",
    "telling_rows",
    "wants_few",
]
