"""One network, and what is done against its learning by heart."""

from __future__ import annotations

from typing import Any

from ..augmentation import ImageTransform
from ..neural import MLPClassifier
from .images import Images

#: Epochs by data set: small sets need more.
_EPOCHS = {"digits": 200, "MNIST": 30}
#: Strength of the penalties; the more rows, the less is needed.
_ALPHA = {"digits": 1e-3, "MNIST": 1e-4}
_BATCH = {"digits": 32, "MNIST": 128}


def recipes(images: Images, max_iter: int | None = None) -> dict[str, MLPClassifier]:
    """Return the networks by name, all with 64 hidden units and the same epochs.

    Parameters
    ----------
    images : Images
        What they will be trained on.
    max_iter : int, optional
        Epochs in place of those that suit the images.
    """
    alpha = _ALPHA[images.name]
    moved = ImageTransform(
        image_shape=images.shape,
        rotation_range=10.0,
        width_shift_range=0.1,
        height_shift_range=0.1,
        zoom_range=0.1,
        fill_mode="constant",
    )
    stopped = {"early_stopping": True, "n_iter_no_change": 10}
    together = {"dropout": 0.1, "batch_norm": True, "augmentation": moved}
    steps: dict[str, dict[str, Any]] = {
        "no penalty": {},
        "l1": {"penalty": "l1", "alpha": alpha},
        "l2": {"penalty": "l2", "alpha": alpha},
        "l1 + l2": {"penalty": "elasticnet", "alpha": alpha},
        "dropout": {"dropout": 0.3, "input_dropout": 0.1},
        "batch normalisation": {"batch_norm": True},
        "augmentation": {"augmentation": moved},
        "early stopping": stopped,
        "all of them": {"penalty": "elasticnet", "alpha": 0.1 * alpha}
        | together
        | stopped
        | {"n_iter_no_change": 30},
    }
    plain = MLPClassifier(
        penalty=None,
        hidden_layer_sizes=(64,),
        batch_size=_BATCH[images.name],
        learning_rate="constant",
        learning_rate_init=3e-3,
        max_iter=max_iter or _EPOCHS[images.name],
        n_iter_no_change=1000,
        polish=False,
        random_state=0,
    )
    return {name: _changed(plain, step) for name, step in steps.items()}


def _changed(network: MLPClassifier, parameters: dict[str, Any]) -> MLPClassifier:
    return MLPClassifier(**(network.get_params(deep=False) | parameters))
