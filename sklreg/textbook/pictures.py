"""Loss curves and first-layer weights as pictures; needs matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .images import Images

_TRAINING, _WATCHED = "#4c72b0", "#dd8452"
_UNITS = 12  # of each network, those of the largest weights


def draw_curves(networks: Mapping[str, Any], images: Images, path: Path) -> None:
    """Draw the loss of training and watched images by epoch, a panel for each network.

    Parameters
    ----------
    networks : dict of str to MLPClassifier
        Fitted with validation data.
    images : Images
        What they were fitted to.
    path : Path
        The file to write.
    """
    figure, axes = _panels(networks)
    losses = [loss for each in networks.values() for loss in _curves(each)]
    low, high = min(map(min, losses)), max(map(max, losses))
    for panel, (name, network) in zip(axes.flat, networks.items(), strict=False):
        training, watched = _curves(network)
        epochs = np.arange(1, len(training) + 1)
        panel.plot(epochs, training, color=_TRAINING, label="training")
        panel.plot(epochs, watched, color=_WATCHED, label="validation")
        best = network.best_epoch_
        panel.plot(best, watched[best - 1], "o", color=_WATCHED, markersize=5)
        panel.set(title=name, yscale="log", ylim=(0.8 * low, 1.2 * high))
        panel.grid(alpha=0.3)
    for panel in axes[:, 0]:
        panel.set_ylabel("log-loss")
    for panel in axes[-1]:
        panel.set_xlabel("epoch")
    axes[0, 0].legend(frameon=False)
    figure.suptitle(f"{images.name}: the loss by epoch; a dot marks the epoch chosen")
    figure.savefig(path, dpi=100)


def draw_weights(networks: Mapping[str, Any], images: Images, path: Path) -> None:
    """Draw the first layer's weights of a few hidden units, a line for each network.

    Red is positive, blue negative, white exactly zero.

    Parameters
    ----------
    networks : dict of str to MLPClassifier
        Fitted.
    images : Images
        What they were fitted to.
    path : Path
        The file to write.
    """
    from matplotlib.figure import Figure

    n = len(networks)
    figure = Figure(figsize=(0.8 * _UNITS + 2.2, 0.85 * n + 0.6), layout="constrained")
    axes = figure.subplots(n, _UNITS, squeeze=False)
    for line, (name, network) in zip(axes, networks.items(), strict=True):
        units = largest_units(network.coefs_[0], _UNITS)
        bound = np.abs(units).max()
        for panel, unit in zip(line, units, strict=False):
            panel.imshow(
                unit.reshape(images.shape), cmap="seismic", vmin=-bound, vmax=bound
            )
        for panel in line:
            panel.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle(
        f"{images.name}: weights from the pixels to the {_UNITS} strongest hidden units"
    )
    figure.savefig(path, dpi=100)


def largest_units(weights: NDArray[Any], n_units: int) -> NDArray[Any]:
    """Return the columns of largest norm, as rows, the largest first."""
    order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")
    return weights.T[order[:n_units]]


def _curves(network: Any) -> tuple[list[float], list[float]]:
    return network.loss_curve_, network.validation_loss_curve_


def _panels(networks: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return a figure with three panels in a row."""
    from matplotlib.figure import Figure

    n_rows = -(-len(networks) // 3)
    figure = Figure(figsize=(10.0, 2.6 * n_rows + 0.5), layout="constrained")
    axes = figure.subplots(n_rows, 3, squeeze=False, sharex=True, sharey=True)
    for panel in axes.flat[len(networks) :]:
        panel.set_axis_off()
    return figure, axes
