"""Penalties ``alpha * P(w)``: one file each, listed in `CATALOGUE`."""

from __future__ import annotations

from ._base import Penalty
from ._named import object_of, record_of
from ._per_feature import per_feature
from .bounded import Bounded
from .elastic_net import ElasticNet
from .group_elastic_net import GroupElasticNet
from .group_l1 import GroupL1
from .l1 import L1
from .l2 import L2
from .mcp import MCP
from .sparse_group_l1 import SparseGroupL1
from .weighted import Weighted, adaptive_weights

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
    "Bounded",
    "ElasticNet",
    "GroupElasticNet",
    "GroupL1",
    "Penalty",
    "SparseGroupL1",
    "Weighted",
    "adaptive_weights",
    "object_of",
    "per_feature",
    "record_of",
]
