"""Classification by a multilayer perceptron."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import scipy.special
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from .._validation import StrOptions, checked_for_fit, checked_weights, fitting
from ..losses import LogLoss
from ._base import Perceptron
from .callbacks import with_callbacks
from .labels import Labels, encode, encode_known, is_multilabel, known_factors
from .targets import Sample, Targets, without_absent_rows
from .validation import Given, checked_given


def _has_epochs(estimator: Any) -> bool:
    return bool(estimator.solver == "adam")


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
    penalty : {"l1", "l2", "elasticnet", "mcp"}, penalty object or None, default="l2"
        ``"l1"``: sum of abs(w). ``"l2"``: half the sum of w squared.
        ``"elasticnet"``: ``l1_ratio * l1 + (1 - l1_ratio) * l2``. ``"mcp"``: the
        non-convex :class:`~sklreg.penalties.MCP`. An object from
        :mod:`sklreg.penalties`, or your own, brings its own parameters, which
        ``set_params(penalty__name=...)`` reaches. None: no penalty.
    alpha : float, default=0.001
        Strength of the penalty, in the units of the loss per unit of P.
    l1_ratio : float, default=0.5
        Share of l1 for ``penalty="elasticnet"``, in [0, 1].
    loss : {"log_loss"} or loss object, default="log_loss"
        The loss.
    hidden_layer_sizes : int or array-like of int, default=(64,)
        Units in each hidden layer. ``()``: no hidden layer, the linear model.
    activation : {"relu", "tanh", "logistic", "identity"}, default="relu"
        What the hidden units do with their input.
    solver : {"adam", "lbfgs"}, default="adam"
        ``"adam"``: mini-batches; `polish` tells how it ends. ``"lbfgs"``:
        deterministic, all rows at once, from the initial weights until the optimality
        conditions hold to `polish_tol`.
    batch_size : int or "auto", default="auto"
        Rows in a mini-batch, at most all; ``"auto"`` is 64.
    learning_rate_init : float, default=0.001
        Adam's learning rate.
    max_iter : int, default=100
        Limit on epochs of Adam. To reach it is a way of stopping, without a warning.
    shuffle : bool, default=True
        Whether each epoch has its own order of the rows.
    augmentation : augmentation object, list of them or None, default=None
        What happens to training rows anew in every epoch, never to validation rows or
        in prediction: an object of :mod:`sklreg.augmentation`, or several, applied in
        this order. X must be dense. There is no polish then.
    random_state : int, RandomState or None, default=None
        Where initial weights, orders, the validation split and all noise come from. An
        int makes every result reproducible, whatever the number of threads.
    tol : float, default=1e-4
        Improvement that counts, relative to the loss of the best constant prediction.
    n_iter_no_change : int, default=10
        Training ends after so many epochs in a row without such an improvement of the
        objective, or with `early_stopping` of the validation loss.
    early_stopping : bool, default=False
        Whether to watch rows that are held out, or given to `fit`, and return the
        weights of the epoch that `monitor` liked best.
    validation_fraction : float, default=0.1
        Share of the weight of each class held out; equal rows stay together.
    monitor : str or callable, default="loss"
        What early stopping watches: ``"loss"``, the loss of the validation rows
        without the penalty, or a scorer of scikit-learn or its name, such as
        ``"neg_brier_score"``. `tol` is then in units of the score.
    start_from_epoch : int, default=0
        Epochs at the start that are neither watched nor chosen.
    refit : bool, default=False
        Whether early stopping ends by training anew on all rows, those of validation
        included, for the number of epochs that was best.
    max_fun : int, default=5000
        Limit on passes over the data of ``solver="lbfgs"`` and of the polish.
    polish : bool or "auto", default="auto"
        Whether Adam is followed by the deterministic minimisation, all rows at once;
        not with `early_stopping`. ``"auto"``: if the penalty has a kink, so that all
        zeros are final.
    polish_tol : float, default=1e-6
        Relative optimality residual at which the deterministic minimisation ends.
    warm_start : bool, default=False
        Whether to go on from the last fit: its weights and the optimiser's state.
    verbose : bool or int, default=0
        Whether to show a line with the progress: the epoch, its losses and how much
        time is left. scikit-learn 1.9 has callbacks for more (``set_callbacks``).
    class_weight : dict, "balanced" or None, default=None
        Factors on the sample weights by class; ``"balanced"`` gives every class the
        same total weight.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
        The labels, sorted; the columns of y if it is a matrix of labels.
    coefs_ : list of arrays of shape (fan_in, fan_out)
        Weights of each layer, of the dtype of X.
    intercepts_ : list of arrays of shape (fan_out,)
        Biases of each layer.
    loss_, objective_ : float
        Weighted mean loss at these weights; the same plus the penalty.
    kkt_residual_ : float
        Largest violation of the optimality conditions, relative to the largest
        gradient entry of a linear model at zero weights.
    dual_gap_ : float
        Upper bound of ``objective_`` minus the minimum where the problem is convex and
        solved as such, without hidden layer; nan otherwise.
    violation_ : float
        The largest violation itself: the distance of minus the gradient to the
        subdifferential of the penalty.
    sparsity_ : float
        Share of the weights that are exactly zero.
    n_iter_ : int
        Epochs of Adam, or iterations of the deterministic solver.
    loss_curve_, penalty_curve_ : list of float
        Training loss seen during each epoch, and penalty after it.
    validation_loss_curve_ : list of float
        Validation loss after each epoch, where there is validation. After `refit` this
        curve and the others are those of the training that was stopped.
    validation_scores_ : list of float
        What a scorer as `monitor` said after each epoch.
    best_epoch_ : int
        The epoch whose weights these are, counted from 1; 0 without epochs.
    n_layers_, n_outputs_ : int
        Layers, counting the input, and outputs.
    out_activation_ : str
        What turns the network's output into a prediction.
    t_ : int
        Rows seen, counting each once per epoch.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    MLPRegressor : The same for numbers.
    LinearClassifier : The same without hidden layers.
    sklearn.neural_network.MLPClassifier : ``alpha`` divided by the batch size.

    Notes
    -----
    Features should be of similar scale, for example by ``StandardScaler``.

    *Zeros.* After each Adam step every weight takes the proximal step of the penalty,
    as long as its own Adam step, so that a weight at zero stays there exactly if the
    optimality condition holds. The polish, L-BFGS within an orthant, then makes the
    whole network stationary.

    *Kinks.* Minimisers of relu networks often sit on kinks of the activation, where no
    gradient is small. There minimisation ends when `n_iter_no_change` iterations in a
    row improve the objective by less than `tol`, and `kkt_residual_` reports what was
    reached. With smooth activations it ends at `polish_tol`, or warns.

    *Without hidden layers* the problem is convex. Unless `early_stopping` asks for
    epochs it is solved exactly, with `polish_tol` as the tolerance.

    *Weights.* A mini-batch's sample weights are divided by the mean weight of all rows,
    so its gradient is unbiased and `alpha` counts the same in every batch. The
    deterministic solver first merges equal rows; whole-number weights and repeated
    rows then give the same network to the last bit.

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

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Perceptron._parameter_constraints,
        "loss": [StrOptions({"log_loss"}), LogLoss],
        "class_weight": [dict, StrOptions({"balanced"}), None],
    }

    def __init__(
        self,
        penalty: Any = "l2",
        alpha: float = 1e-3,
        *,
        l1_ratio: float = 0.5,
        loss: Any = "log_loss",
        hidden_layer_sizes: Any = (64,),
        activation: str = "relu",
        solver: str = "adam",
        batch_size: Any = "auto",
        learning_rate_init: float = 1e-3,
        max_iter: int = 100,
        shuffle: bool = True,
        augmentation: Any = None,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        monitor: Any = "loss",
        start_from_epoch: int = 0,
        refit: bool = False,
        max_fun: int = 5000,
        polish: Any = "auto",
        polish_tol: float = 1e-6,
        warm_start: bool = False,
        verbose: Any = 0,
        class_weight: Any = None,
    ) -> None:
        self.penalty = penalty
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.loss = loss
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.augmentation = augmentation
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monitor = monitor
        self.start_from_epoch = start_from_epoch
        self.refit = refit
        self.max_fun = max_fun
        self.polish = polish
        self.polish_tol = polish_tol
        self.warm_start = warm_start
        self.verbose = verbose
        self.class_weight = class_weight

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
        X, y = checked_for_fit(self, X, y, multi_output=True)
        weight = checked_weights(sample_weight, X.shape[0])
        labels = encode(y, weight, self.class_weight, self.loss)
        self._assign_labels(labels)
        given_weight = None if sample_weight is None else weight
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
        return self

    def _watched(self, given: Given, labels: Labels) -> Sample:
        """Return the validation data, encoded as the training rows are."""
        known = labels.classes, labels.factors
        found = encode_known(given.y, given.weight, self.loss, *known)
        targets = found.targets._replace(given_weight=given.given_weight)
        return without_absent_rows(given.X, targets)

    @available_if(_has_epochs)  # type: ignore[untyped-decorator]
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
        self._partial_fit(without_absent_rows(X, labels.targets))
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
