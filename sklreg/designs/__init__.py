"""The matrix X as solvers see it: dense, sparse, implicitly centred and scaled.

A design has a `shape`, four products, ``matvec`` (X w), ``rmatvec`` (X' r) and
``cross`` (X' diag(h) Y), ``outer`` (X X'), and ``take`` (some of its columns).
"""

from __future__ import annotations

from ._blocks import row_slices
from .csc import CSC
from .dense import Dense
from .standardized import Standardized, standardized

__all__ = ["CSC", "Dense", "Standardized", "row_slices", "standardized"]
