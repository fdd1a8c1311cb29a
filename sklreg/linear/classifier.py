"""Linear classification: log-loss with any penalty."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from .._validation import (
    StrOptions,
    checked_classes,
    checked_for_fit,
    checked_offset,
    checked_weights,
    fitting,
    loss_object,
    loss_record,
    only_if,
    weights_of_rows,
)
from ..losses import LogLoss, SquaredHinge
from ._base import LinearModel
from ._labels import ClassPredictor, log_probabilities, probabilities


def _has_probabilities(estimator: Any) -> bool:
    loss = loss_object(estimator.loss)
    if loss is not None and not loss.probabilistic:
        msg = (
            f"There are no probabilities with loss={estimator.loss!r}; take "
            "loss='log_loss', or decision_function, or calibrate it with "
            "sklearn.calibration.CalibratedClassifierCV."
        )
        raise AttributeError(msg)
    return True


class LinearClassifier(ClassifierMixin, ClassPredictor, LinearModel):
    r"""Logistic regression with any penalty, true multinomial for several classes.

    .. math::
        \min_{w, b} \; \frac{\sum_i s_i f(y_i, x_i' w + b)}{\sum_i s_i} + \alpha P(w)

    with the log-loss `f`: logistic for two classes, softmax over all classes together
    for more, never one class against the rest.

    Parameters
    ----------
    penalty : str, penalty object or None, default="l2"
        ``"l1"``: sum of abs(w). ``"l2"``: half the sum of w squared.
        ``"elasticnet"``: ``l1_ratio * l1 + (1 - l1_ratio) * l2``. ``"group"``:
        the group lasso, each feature a group across classes; for groups of features
        take ``GroupL1(groups=...)``. ``"group_elasticnet"``:
        ``l1_ratio * group + (1 - l1_ratio) * l2``. ``"sparse_group"``:
        ``l1_ratio * l1 + (1 - l1_ratio) * group``. ``"mcp"``: the non-convex
        :class:`~sklreg.penalties.MCP`. An object from :mod:`sklreg.penalties`, or your
        own, brings its own parameters, which ``set_params(penalty__name=...)`` reaches;
        ``Weighted`` and ``Bounded`` give features factors and bounds. None: no penalty.
    alpha : float, default=0.01
        Strength of the penalty; ``1 / (C n_samples)`` in the terms of scikit-learn's
        ``LogisticRegression``.
    l1_ratio : float, default=0.5
        Share of the first part of ``"elasticnet"``, ``"group_elasticnet"`` and
        ``"sparse_group"``, in [0, 1].
    loss : {"log_loss", "squared_hinge"} or loss object, default="log_loss"
        The loss; ``"squared_hinge"``, that of support vector machines, is for two
        classes and has no probabilities.
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
        features of weight 0): when the largest violation of the optimality conditions
        is at most `tol` times the largest gradient entry of that model.
    max_iter : int, default=1000
        Limit on Newton steps; on iterations of L-BFGS in large smooth problems.
    warm_start : bool, default=False
        Whether to start from the last solution.
    verbose : int, default=0
        Whether to print a line of progress per round.
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class; ``"balanced"`` gives every class the
        same total weight.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted.
    coef_ : array of shape (1, n_features) or (n_classes, n_features)
        Weights, of the dtype of X.
    intercept_ : array of shape (1,) or (n_classes,)
        Intercepts; 0 if ``fit_intercept=False``.
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
    LinearRegressor : The same for numbers.
    sklearn.linear_model.LogisticRegression : The same model with ``C``.

    Notes
    -----
    For several classes one column of weights belongs to each class. Where equivalent
    solutions exist the returned one is unique: intercepts have mean zero; without l1
    each feature's weights have mean zero over classes, with l1 alone their lower median
    is zero.

    References
    ----------
    Lee, Sun and Saunders (2014), Proximal Newton-type methods for minimizing composite
    functions, SIAM Journal on Optimization 24(3).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklreg import LinearClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> lasso = LinearClassifier(penalty="l1", alpha=0.02)
    >>> model = make_pipeline(StandardScaler(), lasso).fit(X, y)
    >>> int((lasso.coef_ != 0).sum()), round(lasso.objective_, 6)
    (7, 0.217072)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **LinearModel._parameter_constraints,
        "loss": [StrOptions({"log_loss", "squared_hinge"}), LogLoss, SquaredHinge],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        penalty: Any = "l2",
        alpha: float = 0.01,
        *,
        l1_ratio: float = 0.5,
        loss: Any = "log_loss",
        fit_intercept: bool = True,
        positive: bool = False,
        standardize: bool = False,
        tol: float = 1e-6,
        max_iter: int = 1000,
        warm_start: bool = False,
        verbose: int = 0,
        class_weight: Any = None,
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
        self.class_weight = class_weight

    @fitting
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> Self:
        """Fit the model.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,)
            Labels, of any type that can be sorted.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter, and whole numbers equal repeated
            rows.
        offset : array of shape (n_samples,) or (n_samples, n_classes), optional
            A known part of the linear predictor, such as the logarithm of an exposure,
            that is added as it is.
            With more than two classes there is one for each, in the order of
            ``classes_``.

        Returns
        -------
        self : LinearClassifier
            The fitted model.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, fewer than two classes.
        """
        X, y = self._checked(X, y, finite=False)
        self._solve(*self._arguments(X, y, sample_weight, offset))
        return self

    def _checked(
        self, X: Any, y: Any, *, finite: bool = True
    ) -> tuple[Any, NDArray[Any]]:
        """Validate X and y."""
        return checked_for_fit(self, X, y, finite=finite)

    def _arguments(
        self, X: Any, y: Any, sample_weight: Any, offset: Any = None
    ) -> tuple[Any, ...]:
        """Return what `_state` and `_solve` take, for validated X and y.

        Sets `classes_`.
        """
        weight = checked_weights(sample_weight, len(y))
        classes = checked_classes(y, weight, self.class_weight)
        self.classes_ = classes.labels
        loss = loss_record(self.loss, len(classes.labels))
        targets = classes.one_hot
        if len(classes.labels) == 2:
            targets = np.ascontiguousarray(targets[:, 1:])
        known = checked_offset(offset, targets.shape)
        return X, targets, classes.weight, loss, known

    def __sklearn_tags__(self) -> Any:
        """With signs fixed, or no intercept, a good score cannot be promised."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = bool(self.positive or not self.fit_intercept)
        tags.classifier_tags.multi_class = hasattr(
            loss_object(self.loss) or LogLoss, "multinomial"
        )
        return tags

    def decision_function(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Return the linear predictor.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        eta : array of shape (n_samples,) or (n_samples, n_classes)
            Log-odds or signed distance to the second class, or one score a class.
        """
        return self._decision(self._linear_predictor(X, offset))

    @only_if(_has_probabilities)
    def predict_proba(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        p : array of shape (n_samples, n_classes)
            Probabilities, rows sum to one.
        """
        return probabilities(self.decision_function(X, offset))

    @only_if(_has_probabilities)
    def predict_log_proba(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Return the logarithms of the probabilities, finite where those underflow.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        log_p : array of shape (n_samples, n_classes)
            Log-probabilities.
        """
        return log_probabilities(self.decision_function(X, offset))

    def predict(self, X: Any, offset: Any = None) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        y : array of shape (n_samples,)
            The class of the largest score in each row.
        """
        return self._labels(self.decision_function(X, offset))

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None
    ) -> float:
        """Return the share of labels that are predicted right.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array of shape (n_samples,)
            Labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights.
        offset : array as for ``fit``, optional
            Of these rows; without one it is zero.

        Returns
        -------
        score : float
            The accuracy.
        """
        predicted, each = self.predict(X, offset), weights_of_rows(sample_weight)
        return float(accuracy_score(y, predicted, sample_weight=each))
