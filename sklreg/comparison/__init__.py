"""The comparison behind ``python -m sklreg``: sklreg beside scikit-learn, one table."""

from __future__ import annotations

from .csv_table import read_table
from .progress import Progress
from .report import report
from .run import FULL, QUICK, Plan, compare
from .tables import Table, TableError, shipped

__all__ = [
    "FULL",
    "QUICK",
    "Plan",
    "Progress",
    "Table",
    "TableError",
    "compare",
    "read_table",
    "report",
    "shipped",
]
