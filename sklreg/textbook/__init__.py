"""The textbook of regularisation on images: what each means does to one network."""

from __future__ import annotations

from .images import Images, digits, mnist
from .recipes import recipes
from .run import Row, measure, table

__all__ = ["Images", "Row", "digits", "measure", "mnist", "recipes", "table"]
