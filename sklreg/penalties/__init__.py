"""Penalties ``alpha * P(w)``: one file each, listed in `CATALOGUE`."""

from __future__ import annotations

from ._base import Penalty
from .elastic_net import ElasticNet
from .group_l1 import GroupL1
from .l1 import L1
from .l2 import L2
from .mcp import MCP
from .positive import Positive

#: What the strings of an estimator's ``penalty`` stand for.
CATALOGUE: dict[str, type[Penalty]] = {
    "elasticnet": ElasticNet,
    "group": GroupL1,
    "l1": L1,
    "l2": L2,
    "mcp": MCP,
}

__all__ = [
    "CATALOGUE",
    "L1",
    "L2",
    "MCP",
    "ElasticNet",
    "GroupL1",
    "Penalty",
    "Positive",
]
