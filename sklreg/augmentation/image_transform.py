"""Images shifted, rotated, zoomed and flipped."""

from __future__ import annotations

import math
import numbers
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._compile import allocating, record
from .._parameters import check_number
from .._random_numbers import child_key, uniform
from ._base import Array, Augmentation

CONSTANT, NEAREST, REFLECT, WRAP = range(4)

FILL_MODES = {
    "constant": CONSTANT,
    "nearest": NEAREST,
    "reflect": REFLECT,
    "wrap": WRAP,
}


class ImageTransform(Augmentation):
    r"""Shift, rotate, zoom and flip images at random.

    The pixel of the new image at `p` (row, column) is that of the old one at

    .. math::
        R(\theta) \, diag(z) \, (p - c) + R(\theta) \, t + c

    with `c` the centre of the image, between pixels bilinearly interpolated. Parameters
    have the names, units and meanings of Keras' ``ImageDataGenerator``.

    Parameters
    ----------
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, channels)``; each row of X is such an
        array, flattened. Must be given.
    rotation_range : float, default=0.0
        :math:`\theta` is uniform in plus or minus so many degrees.
    width_shift_range, height_shift_range : float or int, default=0.0
        Columns and rows of `t` are uniform in plus or minus so much: a share of the
        width or height below 1.0, pixels from there. An int `k`: whole pixels, more
        than -k and less than k.
    zoom_range : float or pair of float, default=0.0
        The two numbers `z` are uniform in ``[1 - zoom_range, 1 + zoom_range]`` or in
        the interval given; above 1 the image becomes smaller.
    horizontal_flip, vertical_flip : bool, default=False
        Whether every second image is mirrored left to right, or upside down.
    fill_mode : {"constant", "nearest", "reflect", "wrap"}, default="nearest"
        What is beyond an image ``abcd``: ``kkkk|abcd|kkkk`` (k is `cval`),
        ``aaaa|abcd|dddd``, ``dcba|abcd|dcba`` or ``abcd|abcd|abcd``.
    cval : float, default=0.0
        The value for ``fill_mode="constant"``, in the units of X.

    Notes
    -----
    Features that are scaled each by its own factor are not an image any more; scale all
    pixels alike.

    References
    ----------
    Simard, Steinkraus and Platt (2003), Best practices for convolutional neural
    networks applied to visual document analysis, ICDAR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklreg import MLPClassifier
    >>> from sklreg.augmentation import ImageTransform
    >>> X, y = load_digits(return_X_y=True)
    >>> shifts = ImageTransform(image_shape=(8, 8), rotation_range=10.0, zoom_range=0.1)
    >>> model = MLPClassifier(augmentation=shifts, random_state=0)
    >>> model.fit(X[:-400] / 16, y[:-400]).score(X[-400:] / 16, y[-400:]) > 0.9
    True
    """

    image_shape: tuple[int, ...] | None = None
    rotation_range: float = 0.0
    width_shift_range: float = 0.0
    height_shift_range: float = 0.0
    zoom_range: float | tuple[float, float] = 0.0
    horizontal_flip: bool = False
    vertical_flip: bool = False
    fill_mode: str = "nearest"
    cval: float = 0.0

    def record(self, n_features: int) -> ImageRecord:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        n_features : int
            Columns of X, which must be pixels times channels.
        """
        if self.fill_mode not in FILL_MODES:
            msg = (
                f"fill_mode of ImageTransform must be one of {sorted(FILL_MODES)}, got "
                f"{self.fill_mode!r}."
            )
            raise ValueError(msg)
        height, width, channels = self._shape(n_features)
        zoom_low, zoom_high = self._zoom()
        return ImageRecord(
            height,
            width,
            channels,
            math.radians(check_number(self, "rotation_range", low=0.0)),
            *self._shift("height_shift_range", height),
            *self._shift("width_shift_range", width),
            zoom_low,
            zoom_high,
            0.5 * bool(self.horizontal_flip),
            0.5 * bool(self.vertical_flip),
            FILL_MODES[self.fill_mode],
            check_number(self, "cval"),
        )

    def _shape(self, n_features: int) -> tuple[int, int, int]:
        given = self.image_shape
        shape = tuple(given) if isinstance(given, tuple | list | np.ndarray) else ()
        whole = all(isinstance(n, numbers.Integral) and n > 0 for n in shape)
        if len(shape) not in {2, 3} or not whole or math.prod(shape) != n_features:
            msg = (
                "image_shape of ImageTransform must be (height, width) or (height, "
                f"width, channels) with the product n_features={n_features}, got "
                f"{given!r}."
            )
            raise ValueError(msg)
        height, width, channels = (*shape, 1)[:3]
        return int(height), int(width), int(channels)

    def _shift(self, name: str, size: int) -> tuple[float, bool]:
        """Return the range in pixels, and whether shifts are whole numbers."""
        value = check_number(self, name, low=0.0)
        if isinstance(getattr(self, name), numbers.Integral):
            if value == 1:
                msg = (
                    f"{name}=1 of ImageTransform stands for the whole numbers between "
                    "-1 and 1, which is no shift; pass 2 for whole pixels up to 1, or "
                    "1.0 for any number of pixels up to 1."
                )
                raise ValueError(msg)
            return max(value - 1.0, 0.0), True
        return value * size if value < 1.0 else value, False

    def _zoom(self) -> tuple[float, float]:
        if isinstance(self.zoom_range, tuple | list | np.ndarray):
            low, high = (float(z) for z in self.zoom_range)
        else:
            size = check_number(self, "zoom_range", low=0.0)
            low, high = 1.0 - size, 1.0 + size
        if not 0.0 < low <= high < math.inf:
            msg = (
                "zoom_range of ImageTransform must be a number in [0, 1) or two "
                f"ascending numbers above 0, got {self.zoom_range!r}."
            )
            raise ValueError(msg)
        return low, high


@record
class ImageRecord(NamedTuple):
    """What kernels see of an ImageTransform."""

    height: int
    width: int
    channels: int
    angle: float  # largest, in radians
    row_shift: float  # largest, in pixels
    whole_rows: bool
    column_shift: float
    whole_columns: bool
    zoom_low: float
    zoom_high: float
    mirrored: float  # probabilities
    upside_down: float
    fill: int
    cval: float

    def augment(
        self,
        X: NDArray[Any],
        y: Array,
        weight: Array,
        source: NDArray[Any],
        key: np.uint64,
    ) -> None:
        """Replace every row of X, an image, by another view of it."""
        shape = self.height + 2, self.width + 2, self.channels
        framed = np.empty(shape, dtype=X.dtype)
        for i in range(X.shape[0]):
            image = X[i].reshape((self.height, self.width, self.channels))
            frame(image, self.fill, self.cval, framed)
            view(framed.ravel(), drawn(self, child_key(key, i)), self.fill, image)


class Affine(NamedTuple):
    """From a pixel of the new image to a point of the old one, about the centre."""

    rr: float
    rc: float
    cr: float
    cc: float
    r: float
    c: float


@allocating
def drawn(ranges: ImageRecord, key: np.uint64) -> Affine:
    """Draw a view of an image."""
    angle = ranges.angle * (2.0 * uniform(key, 0) - 1.0)
    rows = drawn_shift(ranges.row_shift, ranges.whole_rows, uniform(key, 1))
    columns = drawn_shift(ranges.column_shift, ranges.whole_columns, uniform(key, 2))
    zooms = ranges.zoom_high - ranges.zoom_low
    z_r = ranges.zoom_low + zooms * uniform(key, 3)
    z_c = ranges.zoom_low + zooms * uniform(key, 4)
    z_c = -z_c if uniform(key, 5) < ranges.mirrored else z_c
    z_r = -z_r if uniform(key, 6) < ranges.upside_down else z_r
    cosine, sine = math.cos(angle), math.sin(angle)
    return Affine(
        cosine * z_r,
        -sine * z_c,
        sine * z_r,
        cosine * z_c,
        cosine * rows - sine * columns,
        sine * rows + cosine * columns,
    )


@allocating
def drawn_shift(size: float, whole: bool, u: float) -> float:
    """Return a shift of at most `size`, given a uniform number."""
    if whole:
        return math.floor(u * (2.0 * size + 1.0)) - size
    return size * (2.0 * u - 1.0)


@allocating
def frame(image: NDArray[Any], fill: int, cval: float, framed: NDArray[Any]) -> None:
    """Copy an image, with the pixels that are next to it on all sides."""
    height, width, channels = image.shape
    for i in range(height + 2):
        r = continued(i - 1, height, fill)
        for j in range(width + 2):
            c = continued(j - 1, width, fill)
            for k in range(channels):
                framed[i, j, k] = cval if min(r, c) < 0 else image[r, c, k]


@allocating
def continued(k: int, n: int, fill: int) -> int:
    """Return which of `n` pixels stands at `k`, from -1 to n; -1: none of them."""
    if 0 <= k < n:
        return k
    if fill == CONSTANT:
        return -1
    if fill == WRAP:
        return n - 1 if k < 0 else 0
    return 0 if k < 0 else n - 1  # nearest, and the mirror image begins with the edge


@allocating
def view(framed: NDArray[Any], at: Affine, fill: int, image: NDArray[Any]) -> None:
    """Write the image as it is seen through an affine map."""
    height, width, channels = image.shape
    middle_r, middle_c = 0.5 * (height - 1), 0.5 * (width - 1)
    stride = (width + 2) * channels
    for i in range(height):
        for j in range(width):
            y, x = i - middle_r, j - middle_c
            r = folded(at.rr * y + at.rc * x + at.r + middle_r, height, fill) + 1.0
            c = folded(at.cr * y + at.cc * x + at.c + middle_c, width, fill) + 1.0
            top, left = min(int(r), height), min(int(c), width)
            down, right = image.dtype.type(r - top), image.dtype.type(c - left)
            corner = top * stride + left * channels
            for k in range(corner, corner + channels):
                above = framed[k] + right * (framed[k + channels] - framed[k])
                b = k + stride
                below = framed[b] + right * (framed[b + channels] - framed[b])
                image[i, j, k - corner] = above + down * (below - above)


@allocating
def folded(x: float, n: int, fill: int) -> float:
    """Return a point from -1 to n where a line of `n` pixels is as it is at `x`."""
    if fill == WRAP:
        return x - n * math.floor(x / n)
    if fill == REFLECT:  # about -1/2 and n - 1/2
        x = abs(x + 0.5 - 2 * n * math.floor((x + 0.5 + n) / (2 * n))) - 0.5
    low = -1.0 if fill == CONSTANT else 0.0
    return min(max(x, low), n - 1 - low)
