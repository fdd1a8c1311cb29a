"""The matrix X as solvers see it: dense, sparse, implicitly centred and scaled.

A design has a `shape`, three products, ``matvec`` (X w), ``rmatvec`` (X' r) and
``cross`` (X' diag(h) Y), and ``take`` (some of its columns).
"""

from __future__ import annotations

from .csc import CSC
from .dense import Dense
from .standardized import Standardized, standardized

__all__ = ["CSC", "Dense", "Standardized", "standardized"]
