"""Choosing the strength of a penalty."""

from __future__ import annotations

from .alpha_max import alpha_max
from .convert import convert_alpha
from .path import Path, regularization_path

__all__ = ["Path", "alpha_max", "convert_alpha", "regularization_path"]
