"""The package's random numbers."""

from __future__ import annotations

from .._random_numbers import child_key, new_key, normal, random_bits, uniform

__all__ = ["child_key", "new_key", "normal", "random_bits", "uniform"]
