"""Classification by a multilayer perceptron, its strength by cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar

from ..neural import MLPClassifier
from ..neural.parameters import with_constructor
from ._network_cv_base import CrossValidatedNetwork, network_constraints


@with_constructor
class MLPClassifierCV(CrossValidatedNetwork, MLPClassifier):
    r"""Multilayer perceptron for classification, its strength by cross-validation.

    Each fold is trained for the whole sequence of strengths, from dense to sparse, each
    network from the weights of the one before. The losses on the rows held out choose a
    strength, and the network is the one of the same sequence over all rows.

    Parameters
    ----------
    <parameters of networks that choose>
    loss : {"log_loss"} or loss object, default="log_loss"
        The loss.
    label_smoothing : float, default=0.0
        The share of each target, in [0, 1), that is spread evenly over all classes.
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class in fitting; held-out losses have the
        sample weights alone. ``"balanced"`` is that of the rows fitted.
    <parameters of choosing>

    Attributes
    ----------
    <attributes of choosing>
    classes_ : array of shape (n_classes,)
        The labels, sorted; the columns of y if it is a matrix of labels.
    <attributes of both networks>

    See Also
    --------
    MLPClassifier : The network for one strength.
    mlp_path : The networks for all strengths, without choosing.
    LinearClassifierCV : The same without hidden layers.

    Notes
    -----
    All folds have the same strengths and the same random numbers: those of one
    `MLPClassifier` with ``warm_start=True``, ``polish=False`` and the same
    `random_state`, fitted to each strength in turn. So training adds up along the path.
    The first network, for the smallest strength, has `max_iter` epochs, each next one a
    tenth of them, but no fewer than make 250 steps; with group penalties all have
    `max_iter`.

    <notes on both networks>

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and regression trees,
    section 3.4.3.

    Lemhadri, Ruan, Abraham and Tibshirani (2021), LassoNet: a neural network with
    feature sparsity, Journal of Machine Learning Research 22: paths from dense to
    sparse.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sklreg import MLPClassifierCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifierCV(
    ...     "l1", alphas=5, hidden_layer_sizes=8, cv=3, rule="1se", random_state=0
    ... )
    >>> model = model.fit(scale(X), y)
    >>> model.alpha_ >= model.alpha_min_, model.path_.sparsities[0] > 0.5
    (True, np.True_)
    """

    _model = MLPClassifier
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = network_constraints(
        MLPClassifier
    )
