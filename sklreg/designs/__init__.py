"""The matrix X as solvers see it: dense, sparse, implicitly centred and scaled.

A design has a `shape`; the products ``matvec`` (X w), ``rmatvec`` (X' r), ``cross``
(X' diag(h) Y), ``gram`` (X' diag(h) X and X' h), ``pulled`` (the same of several
outputs) and ``outer`` (X X'); ``take`` (some of its columns) and ``parts`` (some of its
rows, a part at a time).
"""

from __future__ import annotations

from ._arrays import narrow, read_only
from ._blocks import adjoining, column_sums, row_slices
from ._reserve import Reserve
from .csc import CSC
from .dense import Dense
from .standardized import Standardized, is_constant, standardized, standardized_by

__all__ = [
    "CSC",
    "Dense",
    "Reserve",
    "Standardized",
    "adjoining",
    "column_sums",
    "is_constant",
    "narrow",
    "read_only",
    "row_slices",
    "standardized",
    "standardized_by",
]
