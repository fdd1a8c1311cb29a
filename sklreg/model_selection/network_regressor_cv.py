"""Regression by a multilayer perceptron, its strength by cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar

from ..neural import MLPRegressor
from ..neural.parameters import with_constructor
from ._network_cv_base import CrossValidatedNetwork, network_constraints


@with_constructor
class MLPRegressorCV(CrossValidatedNetwork, MLPRegressor):
    r"""Multilayer perceptron for regression, its strength by cross-validation.

    Each fold is trained for the whole sequence of strengths, from dense to sparse, each
    network from the weights of the one before. The losses on the rows held out choose a
    strength, and the network is the one of the same sequence over all rows.

    Parameters
    ----------
    <parameters of networks that choose>
    loss : str or loss object, default="squared_error"
        The loss, as of :class:`~sklreg.MLPRegressor`.
    <parameters of choosing>

    Attributes
    ----------
    <attributes of choosing>
    <attributes of both networks>

    See Also
    --------
    MLPRegressor : The network for one strength.
    mlp_path : The networks for all strengths, without choosing.
    LinearRegressorCV : The same without hidden layers.

    Notes
    -----
    All folds have the same strengths and the same random numbers: those of one
    `MLPRegressor` with ``warm_start=True``, ``polish=False`` and the same
    `random_state`, fitted to each strength in turn. So training adds up along the path.
    The first network, for the smallest strength, has only its own `max_iter` epochs.

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
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.preprocessing import scale
    >>> from sklreg import MLPRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = MLPRegressorCV(
    ...     "l1",
    ...     alphas=5,
    ...     hidden_layer_sizes=8,
    ...     cv=3,
    ...     rule="1se",
    ...     random_state=0,
    ... )
    >>> model = model.fit(scale(X), y)
    >>> model.alpha_ >= model.alpha_min_, model.path_.sparsities[0] > 0.9
    (True, np.True_)
    """

    _model = MLPRegressor
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = network_constraints(
        MLPRegressor
    )
