"""Classification by a multilayer perceptron."""

from __future__ import annotations

import dataclasses
import numbers
from typing import Any, ClassVar, Self

import numpy as np
import scipy.special
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from .._callbacks import with_callbacks
from .._validation import (
    Interval,
    StrOptions,
    checked_for_fit,
    checked_weights,
    fitting,
)
from ..losses import LogLoss
from ._base import Perceptron, can_go_on
from .labels import Labels, encode, encode_known, is_multilabel, known_factors
from .objective import Array
from .parameters import with_constructor
from .targets import Sample, Targets, without_absent_rows
from .validation import Given, checked_given


@with_constructor
class MLPClassifier(ClassifierMixin, Perceptron):
    r"""Multilayer perceptron for classification, with exact penalties.

    .. math::
        \min \; \frac{\sum_i s_i f(y_i, \eta_i)}{\sum_i s_i}
        + \alpha \sum_l P(W_l), \qquad \eta = a_L, \quad
        a_l = act(a_{l-1} W_l + b_l)

    with the log-loss `f`: logistic for two classes, softmax over all classes together
    for more, a sum over labels if y is a matrix of yes-or-no labels. Biases are not
    penalised. `alpha` does not change its meaning with the number of rows, the batch
    size, the solver or the scale of the sample weights.

    Parameters
    ----------
    <parameters of both networks>
    loss : {"log_loss"} or loss object, default="log_loss"
        The loss.
    label_smoothing : float, default=0.0
        The share of each target, in [0, 1), that is spread evenly over all classes.
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class; ``"balanced"`` gives every class the
        same total weight.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted; the columns of y if it is a matrix of labels.
    <attributes of both networks>

    See Also
    --------
    MLPRegressor : The same for numbers.
    LinearClassifier : The same without hidden layers.
    sklearn.neural_network.MLPClassifier : ``alpha`` divided by the batch size.

    Notes
    -----
    <notes on both networks>

    References
    ----------
    Kingma and Ba (2015), Adam: a method for stochastic optimization, ICLR.

    Yun, Lozano and Yang (2021), Adaptive proximal gradient methods for structured
    neural networks, NeurIPS 34.

    Andrew and Gao (2007), Scalable training of L1-regularized log-linear models, ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklreg import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0).fit(X[:-400] / 16, y[:-400])
    >>> model.score(X[-400:] / 16, y[-400:]) > 0.9
    True
    """

    _: dataclasses.KW_ONLY
    loss: Any = "log_loss"
    label_smoothing: float = 0.0
    class_weight: Any = None

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Perceptron._parameter_constraints,
        "label_smoothing": [Interval(numbers.Real, 0, 1, closed="left")],
        "loss": [StrOptions({"log_loss"}), LogLoss],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    @fitting
    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_labels)
            Labels of any type that can be sorted, or a 0-1 matrix of several labels.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.
        X_val : array or sparse matrix of shape (n_val, n_features), optional
            Rows to watch and not to learn from: `early_stopping` goes by them in place
            of rows of X; without it they are measured after each epoch of Adam. In a
            pipeline ``Pipeline(..., transform_input=["X_val"])`` transforms them.
        y_val : array of shape (n_val,) or (n_val, n_labels), optional
            Their targets.
        sample_weight_val : float or array of shape (n_val,), optional
            Their weights, in the units of `sample_weight`.

        Returns
        -------
        self : MLPClassifier
            The fitted network.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        X, y = self._checked(X, y)
        weight = checked_weights(sample_weight, X.shape[0])
        given_weight = None if sample_weight is None else weight
        labels = self._encoded(y, weight)
        targets = labels.targets._replace(given_weight=given_weight)
        given = checked_given(
            self,
            X,
            y,
            sample_weight,
            X_val,
            y_val,
            sample_weight_val,
            multi_output=True,
        )
        watched = None if given is None else self._watched(given, labels)
        self._fit(without_absent_rows(X, targets), watched)
        self._warn()
        return self

    def _checked(self, X: Any, y: Any) -> tuple[Any, Any]:
        return checked_for_fit(self, X, y, multi_output=True)

    def _encoded(self, y: Any, weight: Array) -> Labels:
        """Find the classes and return the targets to learn from."""
        labels = encode(y, weight, self.class_weight, self.loss)
        self._assign_labels(labels)
        smoothed = labels.targets._replace(smoothing=float(self.label_smoothing))
        return labels._replace(targets=smoothed)

    def _targets(
        self, y: Any, weight: Array, given_weight: Array | None = None
    ) -> Targets:
        targets = self._encoded(y, weight).targets
        return targets._replace(given_weight=given_weight)

    def _held_out_targets(self, y: Any, weight: Array) -> Targets:
        alike = np.ones(len(self.classes_))
        return encode_known(y, weight, self.loss, self.classes_, alike).targets

    def _watched(self, given: Given, labels: Labels) -> Sample:
        """Return the validation data, encoded as the training rows are."""
        known = labels.classes, labels.factors
        found = encode_known(given.y, given.weight, self.loss, *known)
        targets = found.targets._replace(given_weight=given.given_weight)
        return without_absent_rows(given.X, targets)

    @available_if(can_go_on)  # type: ignore[untyped-decorator]
    @fitting
    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Self:
        """Make one epoch over these rows, going on with the optimiser's state.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_labels)
            Labels of any type that can be sorted, or a 0-1 matrix of several labels.
        classes : array of shape (n_classes,), optional
            All classes; needed on the first call.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.

        Returns
        -------
        self : MLPClassifier
            The network after the epoch.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        first = not hasattr(self, "coefs_")
        X, y = checked_for_fit(self, X, y, multi_output=True, reset=first)
        weight = checked_weights(sample_weight, X.shape[0])
        known = self._known_classes(classes, first, y)
        factors = known_factors(self.class_weight, known, y)
        labels = encode_known(y, weight, self.loss, known, factors)
        self._assign_labels(labels)
        targets = labels.targets._replace(smoothing=float(self.label_smoothing))
        self._partial_fit(without_absent_rows(X, targets))
        return self

    def _known_classes(self, classes: Any, first: bool, y: Any) -> NDArray[Any]:
        """Return the classes, which the first call names and later ones repeat."""
        if is_multilabel(y):
            return np.arange(y.shape[1])
        if first:
            if classes is None:
                msg = "classes must be passed on the first call to partial_fit."
                raise ValueError(msg)
            return np.unique(classes)
        if classes is not None and not np.array_equal(
            np.unique(classes), self.classes_
        ):
            msg = (
                f"classes={classes!r} differ from those of the first call to "
                f"partial_fit: {self.classes_!r}."
            )
            raise ValueError(msg)
        return self.classes_

    def _as_given(self, targets: Targets) -> NDArray[Any]:
        """Return the labels that these are the targets of."""
        return targets.y if self._multilabel else self.classes_[targets.strata]

    def _assign_labels(self, labels: Labels) -> None:
        self.classes_ = labels.classes
        self.out_activation_ = labels.out_activation
        self._multilabel = labels.multilabel

    def decision_function(self, X: Any) -> NDArray[Any]:
        """Return the network's output before the link.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        eta : array of shape (n_samples,) or (n_samples, n_outputs)
            Log-odds of the second class or of each label, or one score a class.
        """
        eta = self._eta(X)
        return eta[:, 0] if eta.shape[1] == 1 and not self._multilabel else eta

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return the probabilities of the classes.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        p : array of shape (n_samples, n_classes)
            Rows sum to one; for a matrix of labels the probability of each.
        """
        eta = self._eta(X)
        if self.out_activation_ == "softmax":
            return scipy.special.softmax(eta, axis=1)
        if self._multilabel:  # scikit-learn wants them below one
            below = np.nextafter(eta.dtype.type(1.0), eta.dtype.type(0.0))
            return np.minimum(scipy.special.expit(eta), below)
        return scipy.special.expit(np.hstack([-eta, eta]))

    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Return the logarithms of the probabilities.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        log_p : array of shape (n_samples, n_classes)
            Minus infinity where a probability is too small for the dtype.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict labels.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_labels)
            The most probable class of each row, or a 0-1 matrix of labels.
        """
        eta = self._eta(X)
        if self._multilabel:
            return (eta > 0.0).astype(np.intp)
        if eta.shape[1] == 1:
            return self.classes_[(eta[:, 0] > 0.0).astype(np.intp)]
        return self.classes_[eta.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        """Several yes-or-no labels are welcome."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
