"""Penalties ``alpha * P(w)``: one file each, listed in `CATALOGUE`."""

from __future__ import annotations

from ._base import Penalty
from .elastic_net import ElasticNet
from .group_elastic_net import GroupElasticNet
from .group_l1 import GroupL1
from .l1 import L1
from .l2 import L2
from .mcp import MCP
from .positive import Positive
from .sparse_group_l1 import SparseGroupL1

#: What the strings of an estimator's ``penalty`` stand for.
CATALOGUE: dict[str, type[Penalty]] = {
    "elasticnet": ElasticNet,
    "group": GroupL1,
    "group_elasticnet": GroupElasticNet,
    "l1": L1,
    "l2": L2,
    "mcp": MCP,
    "sparse_group": SparseGroupL1,
}

__all__ = [
    "CATALOGUE",
    "L1",
    "L2",
    "MCP",
    "ElasticNet",
    "GroupElasticNet",
    "GroupL1",
    "Penalty",
    "Positive",
    "SparseGroupL1",
]
