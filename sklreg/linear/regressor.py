"""Linear regression: any loss with any penalty."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import column_or_1d

from .._validation import (
    StrOptions,
    check_targets,
    checked_for_fit,
    checked_offset,
    checked_weights,
    fitting,
    loss_object,
    loss_record,
    weights_of_rows,
)
from ..losses import Loss, share_explained
from ._base import Array, LinearModel

#: Names that `loss` may have.
_NAMES = {"squared_error", "huber", "poisson", "gamma", "tweedie"}


class LinearRegressor(MultiOutputMixin, RegressorMixin, LinearModel):
    r"""Linear regression with any loss and any penalty.

    .. math::
        \min_{w, b} \; \frac{\sum_i s_i f(y_i, x_i' w + b)}{\sum_i s_i} + \alpha P(w)

    solved exactly: zeros are zeros, and the fitted model carries a certificate of how
    far it is from the optimum. The intercept is not penalised; `alpha` does not change
    its meaning with the number of rows or the scale of the sample weights.

    Parameters
    ----------
    penalty : str, penalty object or None, default="l2"
        ``"l1"``: sum of abs(w). ``"l2"``: half the sum of w squared.
        ``"elasticnet"``: ``l1_ratio * l1 + (1 - l1_ratio) * l2``. ``"group"``:
        the group lasso, each feature a group across targets; for groups of features
        take ``GroupL1(groups=...)``. ``"group_elasticnet"``:
        ``l1_ratio * group + (1 - l1_ratio) * l2``. ``"sparse_group"``:
        ``l1_ratio * l1 + (1 - l1_ratio) * group``. ``"mcp"``: the non-convex
        :class:`~sklreg.penalties.MCP`. An object from :mod:`sklreg.penalties`, or your
        own, brings its own parameters, which ``set_params(penalty__name=...)`` reaches;
        ``Weighted`` and ``Bounded`` give features factors and bounds. None: no penalty.
    alpha : float, default=0.01
        Strength of the penalty, in the units of the loss per unit of P.
        :func:`~sklreg.alpha_max` tells where all coefficients are zero, and
        :func:`~sklreg.convert_alpha` what other libraries' strengths correspond to.
    l1_ratio : float, default=0.5
        Share of the first part of ``"elasticnet"``, ``"group_elasticnet"`` and
        ``"sparse_group"``, in [0, 1].
    loss : str or loss object, default="squared_error"
        ``"squared_error"``: half the squared error. ``"huber"``: squared up to
        `delta`, linear beyond; ``Huber(delta=...)`` sets it. ``"poisson"`` (counts, `y`
        of at least 0), ``"gamma"`` (`y` above 0) and ``"tweedie"``, with
        ``Tweedie(power=...)``: half the deviance with log link, so that ``exp(eta)`` is
        predicted; these take one target.
    fit_intercept : bool, default=True
        Whether to fit `b`. Sparse X is not made dense for it.
    positive : bool, default=False
        Whether coefficients must be at least zero; ``penalty=Bounded(...)`` sets other
        bounds.
    standardize : bool, default=False
        Whether columns are penalised as if scaled to unit (weighted) standard
        deviation. Coefficients are for the columns as given; X is not copied.
    tol : float, default=1e-6
        Stop when the duality gap is at most `tol` times the objective of the best
        constant prediction. Where there is no dual (no penalty, a non-convex one,
        features of weight 0, the loss of Tweedie): when the largest violation of the
        optimality conditions is at most `tol` times the largest gradient entry of that
        model.
    max_iter : int, default=1000
        Limit on Newton steps; on those of L-BFGS or conjugate gradients in large smooth
        problems.
    warm_start : bool, default=False
        Whether to start from the last solution.
    verbose : int, default=0
        Whether to print a line of progress per round.

    Attributes
    ----------
    coef_ : array of shape (n_features,) or (n_targets, n_features)
        Weights, of the dtype of X.
    intercept_ : float or array of shape (n_targets,)
        The intercept; 0 if ``fit_intercept=False``.
    objective_ : float
        Loss plus penalty at the solution.
    dual_gap_ : float
        Upper bound of ``objective_`` minus the minimum; nan where there is no dual.
    violation_ : float
        Largest distance of minus the gradient to the subdifferential of the penalty;
        the gradient is that about the columns' (weighted) means if there is an
        intercept, whose own derivative counts too, times the largest column's standard
        deviation. With `standardize`, in the units of the scaled columns.
    n_iter_ : int
        Steps taken.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    LinearClassifier : The same for classes.
    sklearn.linear_model.Lasso : ``penalty="l1"`` with the same alpha.
    sklearn.linear_model.Ridge : ``penalty="l2"`` with alpha divided by n_samples.
    sklearn.linear_model.TweedieRegressor : ``penalty="l2"`` with the same alpha.

    Notes
    -----
    Proximal Newton on working sets. Each quadratic model is minimised by coordinate
    descent, and by an exact Newton step on the support as soon as the signs settle.
    Several targets are solved one by one, and the tolerance holds for each, unless the
    penalty is that of groups.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear
    models via coordinate descent, Journal of Statistical Software 33(1).

    Ndiaye, Fercoq, Gramfort and Salmon (2017), Gap safe screening rules for sparsity
    enforcing penalties, Journal of Machine Learning Research 18.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressor(penalty="l1", alpha=0.5).fit(X, y)
    >>> int((model.coef_ != 0).sum()), bool(model.dual_gap_ < 1e-6 * y.var() / 2)
    (4, True)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **LinearModel._parameter_constraints,
        "loss": [StrOptions(_NAMES), Loss],
    }

    def __init__(
        self,
        penalty: Any = "l2",
        alpha: float = 0.01,
        *,
        l1_ratio: float = 0.5,
        loss: Any = "squared_error",
        fit_intercept: bool = True,
        positive: bool = False,
        standardize: bool = False,
        tol: float = 1e-6,
        max_iter: int = 1000,
        warm_start: bool = False,
        verbose: int = 0,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.loss = loss
        self.fit_intercept = fit_intercept
        self.positive = positive
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose

    @fitting
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter, and whole numbers equal repeated
            rows.
        offset : array of shape (n_samples,) or (n_samples, n_targets), optional
            A known part of the linear predictor, such as the logarithm of an exposure,
            that is added as it is.

        Returns
        -------
        self : LinearRegressor
            The fitted model.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, targets for which the loss is undefined.
        """
        X, y = self._checked(X, y, finite=False)
        self._solve(*self._arguments(X, y, sample_weight, offset))
        return self

    def _checked(
        self, X: Any, y: Any, *, finite: bool = True
    ) -> tuple[Any, NDArray[Any]]:
        """Validate X and y, which may have several columns unless there is a link."""
        several = not self._has_link
        return checked_for_fit(
            self, X, y, multi_output=several, y_numeric=True, finite=finite
        )

    @property
    def _has_link(self) -> bool:
        loss = loss_object(self.loss)
        return loss is not None and loss.has_link

    def _arguments(
        self, X: Any, y: Any, sample_weight: Any, offset: Any = None
    ) -> tuple[Any, ...]:
        """Return what `_state` and `_solve` take, for validated X and y."""
        targets, weight = _targets(y), checked_weights(sample_weight, len(y))
        self._loss, self._is_flat = loss_record(self.loss), y.ndim == 1
        if not self._loss.smooth:
            msg = (
                "loss must be one with a continuous derivative, as 'huber' is, got "
                f"{self.loss!r}; MLPRegressor takes it."
            )
            raise ValueError(msg)
        with_intercept = self.fit_intercept
        check_targets(
            self.loss, self._loss, targets, weight, fit_intercept=with_intercept
        )
        return X, targets, weight, self._loss, checked_offset(offset, targets.shape)

    def _take_coef(self, coef: NDArray[Any], intercept: NDArray[Any]) -> None:
        """Assign coefficients; of one target as a vector and a number."""
        super()._take_coef(coef, intercept)
        if self._is_flat:
            self.coef_, self.intercept_ = self.coef_[0], self.intercept_[0]

    def __sklearn_tags__(self) -> Any:
        """With signs fixed, or no intercept, a good score cannot be promised."""
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = self._has_link
        tags.target_tags.multi_output = not self._has_link
        tags.regressor_tags.poor_score = bool(self.positive or not self.fit_intercept)
        return tags

    def predict(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Predict targets.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Predictions, of the dtype of X: the means exp(eta) for ``"poisson"``,
            ``"gamma"`` and ``"tweedie"``.
        """
        eta = self._linear_predictor(X, offset)
        return self._loss.inverse_link(eta)

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> float:
        r"""Return the share of the target's variation that is explained.

        .. math::
            R^2 = 1 - \frac{\sum_i s_i (y_i - \hat y_i)^2}{\sum_i s_i (y_i - \bar y)^2}

        or, for ``"poisson"``, ``"gamma"`` and ``"tweedie"``, :math:`D^2`, which has
        deviances in place of the squares. The mean over targets, if several.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        score : float
            At most 1; 0 for the best constant prediction; of deviances, for the best
            intercept with the offset.
        """
        eta = self._linear_predictor(X, offset)
        if not self._loss.has_link:
            each = weights_of_rows(sample_weight)
            return float(r2_score(y, eta, sample_weight=each))
        y = _targets(column_or_1d(y))
        check_consistent_length(eta, y)
        weight = checked_weights(sample_weight, len(y))
        check_targets(self.loss, self._loss, y, weight, fit_intercept=False)
        known = checked_offset(offset, y.shape)
        return share_explained(self._loss, y, _targets(eta), weight, known)


def _targets(y: NDArray[Any]) -> Array:
    """Return y as a matrix, a column per target."""
    return np.array(y.reshape(len(y), -1), dtype=np.float64, order="C")
