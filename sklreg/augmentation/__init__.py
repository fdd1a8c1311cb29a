"""Augmentations: what happens to training rows anew in every epoch; one file each."""

from __future__ import annotations

from .._random_numbers import child_key, normal, uniform
from ._base import Augmentation, augment_rows
from .gaussian_noise import GaussianNoise
from .image_transform import ImageTransform
from .mixup import Mixup
from .swap_noise import SwapNoise

__all__ = [
    "Augmentation",
    "GaussianNoise",
    "ImageTransform",
    "Mixup",
    "SwapNoise",
    "augment_rows",
    "child_key",
    "normal",
    "uniform",
]
