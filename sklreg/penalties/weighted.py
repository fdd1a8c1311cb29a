"""Weights: a factor on the penalty of each feature, or of each weight of a network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._base import Penalty
from ._per_feature import inner_record, numbers_of, per_feature


class Weighted(Penalty):
    r"""A penalty with a factor for each feature.

    .. math:: P(w) = \sum_j \omega_j P_{inner}(w_j)

    Parameters
    ----------
    penalty : {"l1", "l2", "mcp"}, penalty object or None, default="l1"
        The penalty inside; a name stands for the object with its defaults. One of
        single weights: groups have ``GroupL1(weights=...)``.
    weights : float, array of shape (n_features,) or list of arrays, default=1.0
        The factors :math:`\omega_j \ge 0`. Features of weight 0 are not penalised,
        those of weight infinity are left out: their coefficients are zero. A list holds
        a factor for each weight of a network with hidden layers, in one array of shape
        (fan_in, fan_out) for each layer.

    See Also
    --------
    adaptive_weights : Weights from the coefficients of a first fit.
    sklreg.penalties.Bounded : Bounds on coefficients; the two may hold each other.

    Notes
    -----
    For l1, to weight features is to divide their columns by the weights. The factors
    are taken as they are: glmnet's ``penalty.factor`` is first scaled to a mean of 1.
    An elastic net is weighted as a whole, as there. Features of weight 0 leave no
    duality gap; the violation of the optimality conditions is the certificate then.

    References
    ----------
    Zou (2006), The adaptive lasso and its oracle properties, Journal of the American
    Statistical Association 101(476), equation 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import Weighted
    >>> X, y = np.eye(3), np.array([3.0, 3.0, 3.0])
    >>> penalty = Weighted("l1", weights=[1.0, 0.0, np.inf])
    >>> model = LinearRegressor(penalty, alpha=0.5, fit_intercept=False)
    >>> model.fit(X, y).coef_.round(3)
    array([1.5, 3. , 0. ])
    """

    penalty: Any = "l1"
    weights: Any = 1.0

    def record(self, alpha: float, n_features: int) -> Any:
        """Validate the parameters and return the record that kernels see.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        n_features : int
            Number of features.
        """
        expected = "at least 0, perhaps infinite"
        weights = numbers_of(self, "weights", n_features, expected, low=0.0)
        inner = inner_record(self, alpha, n_features)
        return per_feature(inner, n_features, weights=weights)

    @property
    def is_by_layer(self) -> bool:
        """Whether there is a factor for each weight of a network."""
        if not isinstance(self.weights, list | tuple) or not self.weights:
            return False
        return all(np.ndim(each) == 2 for each in self.weights)

    def record_of_layers(self, alpha: float, shapes: list[tuple[int, int]]) -> Any:
        """Return the record whose features are all weights, layer by layer.

        Parameters
        ----------
        alpha : float
            Strength of the penalty.
        shapes : list of pairs of int
            Those of the weights of each layer, (fan_in, fan_out).
        """
        given = [np.shape(each) for each in self.weights]
        if given != shapes or len(shapes) == 1:
            msg = (
                "weights of Weighted with an array for each layer are for a network "
                f"with hidden layers and of the shapes of its weights, {shapes}; got "
                f"{given}."
            )
            raise ValueError(msg)
        factors = np.concatenate([np.ravel(each) for each in self.weights])
        flat = Weighted(self.penalty, weights=factors)
        return flat.record(alpha, len(factors))


def adaptive_weights(coef: Any, gamma: float = 1.0) -> NDArray[np.float64]:
    r"""Return weights that spare the features which a first fit finds large.

    .. math:: \omega_j = |\hat w_j|^{-\gamma}

    With a first fit that converges to the true coefficients, such as least squares or
    ridge, the lasso with these weights finds the true features and, in the limit, the
    coefficients of least squares on these alone. A first lasso will do for many
    features: those it leaves out stay out.

    Parameters
    ----------
    coef : array of shape (n_features,) or (n_outputs, n_features)
        Coefficients of the first fit, ``model.coef_``; of several outputs or classes
        the norm of each feature counts.
    gamma : float, default=1.0
        The power, above 0.

    Returns
    -------
    weights : array of shape (n_features,)
        Infinite where the coefficient is zero.

    Raises
    ------
    ValueError
        For a `gamma` that is not a number above 0.

    See Also
    --------
    sklreg.penalties.Weighted : Takes these weights.

    References
    ----------
    Zou (2006), The adaptive lasso and its oracle properties, Journal of the American
    Statistical Association 101(476).

    Huang, Ma and Zhang (2008), Adaptive lasso for sparse high-dimensional regression
    models, Statistica Sinica 18: the lasso first.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor
    >>> from sklreg.penalties import Weighted, adaptive_weights
    >>> X, y = load_diabetes(return_X_y=True)
    >>> first = LinearRegressor("l2", alpha=1e-4).fit(X, y)
    >>> adaptive = Weighted("l1", weights=adaptive_weights(first.coef_))
    >>> model = LinearRegressor(adaptive, alpha=100.0).fit(X, y)
    >>> int((model.coef_ != 0).sum())
    3
    """
    if not 0.0 < gamma < np.inf:
        msg = f"gamma must be a finite number above 0, got {gamma!r}."
        raise ValueError(msg)
    sizes = np.abs(np.asarray(coef, dtype=np.float64))
    sizes = sizes if sizes.ndim == 1 else np.linalg.norm(sizes, axis=0)
    with np.errstate(divide="ignore", over="ignore"):
        return sizes**-gamma
