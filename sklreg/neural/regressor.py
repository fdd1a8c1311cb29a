"""Regression by a multilayer perceptron."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import MultiOutputMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if

from .._validation import (
    StrOptions,
    checked_for_fit,
    checked_weights,
    fitting,
    loss_record,
)
from ..losses import Loss
from ._base import Perceptron
from .callbacks import with_callbacks
from .objective import Array
from .targets import Targets, without_absent_rows
from .validation import checked_given


def _has_epochs(estimator: Any) -> bool:
    return bool(estimator.solver == "adam")


class MLPRegressor(MultiOutputMixin, RegressorMixin, Perceptron):
    r"""Multilayer perceptron for regression, with exact penalties.

    .. math::
        \min \; \frac{\sum_i s_i f(y_i, \eta_i)}{\sum_i s_i}
        + \alpha \sum_l P(W_l), \qquad \eta = a_L, \quad
        a_l = act(a_{l-1} W_l + b_l)

    over weights `W` and biases `b`, which are not penalised. `alpha` does not change
    its meaning with the number of rows, the batch size, the solver or the scale of the
    sample weights; with several targets the loss is summed over them.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet", "mcp"}, penalty object or None, default="l2"
        ``"l1"``: sum of abs(w). ``"l2"``: half the sum of w squared.
        ``"elasticnet"``: ``l1_ratio * l1 + (1 - l1_ratio) * l2``. ``"mcp"``: the
        non-convex :class:`~sklreg.penalties.MCP`. An object from
        :mod:`sklreg.penalties`, or your own, brings its own parameters, which
        ``set_params(penalty__name=...)`` reaches. None: no penalty.
    alpha : float, default=0.001
        Strength of the penalty, in the units of the loss per unit of P. The loss of
        squares is in units of y squared; so is a sensible alpha.
    l1_ratio : float, default=0.5
        Share of l1 for ``penalty="elasticnet"``, in [0, 1].
    loss : {"squared_error", "huber"} or loss object, default="squared_error"
        ``"squared_error"``: half the squared error. ``"huber"``: squared up to
        `delta`, linear beyond; ``Huber(delta=...)`` sets it.
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
        Adam's learning rate, in the output layer in units of y's standard deviation.
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
        Share of the weight held out; equal rows stay together.
    monitor : str or callable, default="loss"
        What early stopping watches: ``"loss"``, the loss of the validation rows
        without the penalty, or a scorer of scikit-learn or its name, such as
        ``"r2"``. `tol` is then in units of the score.
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

    Attributes
    ----------
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
    MLPClassifier : The same for classes.
    LinearRegressor : The same without hidden layers.
    sklearn.neural_network.MLPRegressor : ``alpha`` divided by the batch size.

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

    *Scale of y.* Learning rate and initial weights of the output layer are in units of
    the standard deviation of y, and its biases start at the best constant prediction.
    Training is thus the same in any units of y, while the objective, and hence
    `alpha`, is that of the units given.

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
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklreg import MLPRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
    >>> model.fit(X[:-100], y[:-100]).score(X[-100:], y[-100:]) > 0.45
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **Perceptron._parameter_constraints,
        "loss": [StrOptions({"squared_error", "huber"}), Loss],
    }

    def __init__(
        self,
        penalty: Any = "l2",
        alpha: float = 1e-3,
        *,
        l1_ratio: float = 0.5,
        loss: Any = "squared_error",
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
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.
        X_val : array or sparse matrix of shape (n_val, n_features), optional
            Rows to watch and not to learn from: `early_stopping` goes by them in place
            of rows of X; without it they are measured after each epoch of Adam. In a
            pipeline ``Pipeline(..., transform_input=["X_val"])`` transforms them.
        y_val : array of shape (n_val,) or (n_val, n_targets), optional
            Their targets.
        sample_weight_val : float or array of shape (n_val,), optional
            Their weights, in the units of `sample_weight`.

        Returns
        -------
        self : MLPRegressor
            The fitted network.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        X, y = checked_for_fit(self, X, y, multi_output=True, y_numeric=True)
        self._single_target = y.ndim == 1
        weight = checked_weights(sample_weight, len(y))
        given_weight = None if sample_weight is None else weight
        given = checked_given(
            self,
            X,
            y,
            sample_weight,
            X_val,
            y_val,
            sample_weight_val,
            multi_output=True,
            y_numeric=True,
        )
        watched = None
        if given is not None:
            targets = self._targets(given.y, given.weight, given.given_weight)
            watched = without_absent_rows(given.X, targets)
        targets = self._targets(y, weight, given_weight)
        self._fit(without_absent_rows(X, targets), watched)
        return self

    @available_if(_has_epochs)  # type: ignore[untyped-decorator]
    @fitting
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Make one epoch over these rows, going on with the optimiser's state.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features; float32 and float64 are read as they are.
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Targets.
        sample_weight : float or array of shape (n_samples,), optional
            Weights; only their proportions matter.

        Returns
        -------
        self : MLPRegressor
            The network after the epoch.

        Raises
        ------
        ValueError
            For a parameter out of range, NaN or infinite numbers, wrong shapes,
            negative or all-zero weights, or if training diverges.
        """
        first = not hasattr(self, "coefs_")
        X, y = checked_for_fit(
            self, X, y, multi_output=True, y_numeric=True, reset=first
        )
        targets = self._targets(y, checked_weights(sample_weight, len(y)))
        self._partial_fit(without_absent_rows(X, targets))
        self._single_target = y.ndim == 1
        return self

    def _targets(
        self, y: NDArray[Any], weight: Array, given_weight: Array | None = None
    ) -> Targets:
        """Return targets as a matrix."""
        values = np.ascontiguousarray(y.reshape(len(y), -1), dtype=np.float64)
        self.out_activation_ = "identity"
        strata = np.zeros(len(y), dtype=np.intp)
        loss = loss_record(self.loss)
        if loss.has_link:
            msg = (
                "loss must be one without a link, as 'squared_error' or 'huber', "
                f"got {self.loss!r}; take LinearRegressor, or fit the logarithm of y."
            )
            raise ValueError(msg)
        return Targets(values, weight, loss, False, strata, given_weight)

    def _as_given(self, targets: Targets) -> NDArray[Any]:
        """Return the y that these are the targets of."""
        return targets.y[:, 0] if self._single_target else targets.y

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict targets.

        Parameters
        ----------
        X : array or sparse matrix of shape (n_samples, n_features)
            Features.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_targets)
            Predictions, of the dtype of X.
        """
        eta = self._eta(X)
        return eta[:, 0] if self._single_target else eta
