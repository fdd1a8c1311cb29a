"""Choosing the strength of a penalty."""

from __future__ import annotations

from .alpha_max import alpha_max
from .convert import convert_alpha

__all__ = ["alpha_max", "convert_alpha"]
