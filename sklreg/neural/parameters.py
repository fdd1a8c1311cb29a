"""The parameters of both networks: names, defaults, and what the documentation says.

scikit-learn reads an estimator's parameters off its constructor. Here the constructor
is written from the annotated fields of a class, as that of a dataclass is, so that the
two networks share one list and each adds its own.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, TypeVar, dataclass_transform

C = TypeVar("C", bound=type)

_ALPHA = 1e-3


@dataclass_transform(eq_default=False)
def with_constructor(cls: C) -> C:
    """Write ``__init__`` from the annotated parameters of `cls` and of its bases."""
    made: Any = dataclasses.dataclass(eq=False, repr=False)(cls)
    for field in dataclasses.fields(made):
        if field.name in vars(made):  # defaults belong to the constructor alone
            delattr(made, field.name)
    return cls


@with_constructor
class NetworkParameters:
    """The constructor's parameters that both networks have."""

    penalty: Any = "l2"
    alpha: Any = _ALPHA
    _: dataclasses.KW_ONLY
    l1_ratio: float = 0.5
    bias_alpha: float = 0.0
    activity_alpha: float = 0.0
    weight_decay: float = 0.0
    max_norm: float | None = None
    hidden_layer_sizes: Any = (64,)
    activation: Any = "relu"
    dropout: Any = 0.0
    input_dropout: float = 0.0
    batch_norm: bool = False
    solver: str = "adam"
    batch_size: Any = "auto"
    learning_rate: str = "adaptive"
    learning_rate_init: float = 1e-3
    power_t: float = 0.5
    momentum: float = 0.9
    nesterovs_momentum: bool = True
    beta_1: float = 0.9
    beta_2: float = 0.999
    max_iter: Any = "auto"
    shuffle: bool = True
    augmentation: Any = None
    random_state: Any = None
    tol: float = 1e-4
    n_iter_no_change: int = 20
    early_stopping: bool = False
    validation_fraction: float = 0.1
    monitor: Any = "loss"
    start_from_epoch: int = 0
    refit: Any = "auto"
    max_fun: int = 10000
    polish: Any = "auto"
    polish_tol: float = 1e-6
    warm_start: bool = False
    verbose: Any = 0


def fill_in(docstring: str, defaults: Mapping[str, Any]) -> str:
    """Return a class's docstring with what is said of both networks in its places.

    Parameters
    ----------
    docstring : str
        What is said of the class alone.
    defaults : mapping of str to object
        Defaults that are not those of `NetworkParameters`.
    """
    alpha = defaults.get("alpha", _ALPHA)
    for place, text in (
        (
            "    <parameters of both networks>\n",
            _PARAMETERS.replace("<alpha>", str(alpha)),
        ),
        ("    <attributes of both networks>\n", _ATTRIBUTES),
        ("    <notes on both networks>\n", _NOTES),
    ):
        docstring = docstring.replace(place, text)
    return docstring


def parameters_with(replaced: dict[str, str]) -> str:
    """Return what is said of the parameters, with other entries for some names.

    Parameters
    ----------
    replaced : dict of str to str
        Entries by name; an empty one leaves the parameter out.
    """
    entries = re.split(r"^(?= {4}\w)", _PARAMETERS, flags=re.MULTILINE)
    names = [entry.partition(" :")[0].strip() for entry in entries]
    pairs = zip(names, entries, strict=True)
    return "".join(replaced.get(name, entry) for name, entry in pairs)


_PARAMETERS = """\
    penalty : {"l1", "l2", "elasticnet", "group", "group_elasticnet", "sparse_group", \
"mcp"}, penalty object or None, default="l2"
        ``"l1"``: sum of abs(w). ``"l2"``: half the sum of w squared.
        ``"elasticnet"``: ``l1_ratio * l1 + (1 - l1_ratio) * l2``. ``"group"``: the
        weights that leave a feature, or a hidden unit, become zero together;
        ``GroupL1(groups=...)`` ties features. ``"sparse_group"``:
        ``l1_ratio * l1 + (1 - l1_ratio) * group``. ``"mcp"``: the non-convex
        :class:`~sklreg.penalties.MCP`. An object from :mod:`sklreg.penalties`, or your
        own, brings its own parameters, which ``set_params(penalty__name=...)``
        reaches. None: no penalty.
    alpha : float or sequence of float, default=<alpha>
        Strength of the penalty, in the units of the loss per unit of P: one for all
        layers, or one for each, the output layer last.
    l1_ratio : float, default=0.5
        Share of l1 for ``penalty="elasticnet"``, ``"group_elasticnet"`` and
        ``"sparse_group"``, in [0, 1].
    bias_alpha : float, default=0.0
        Strength of an l2 penalty on the biases, which `alpha` spares.
    activity_alpha : float, default=0.0
        Strength of an l1 penalty on activations: the mean over rows of the sum of
        their absolute values in all hidden layers.
    weight_decay : float, default=0.0
        Each step multiplies all weights by ``1 - learning rate * weight_decay``, apart
        from gradient and penalty (AdamW); not a term of the objective.
    max_norm : float or None, default=None
        After each step the incoming weights of every hidden unit are scaled down to
        this norm, if it is larger.
    hidden_layer_sizes : int or array-like of int, default=(64,)
        Units in each hidden layer. ``()``: no hidden layer, the linear model.
    activation : str or sequence of str, default="relu"
        What the hidden units do with their input: "identity", "relu", "leaky_relu"
        (slope 0.01 below zero), "elu", "selu", "gelu", "silu", "tanh", "logistic" or
        "softplus"; one for all hidden layers, or one for each.
    dropout : float or sequence of float, default=0.0
        Share of the hidden units that each step of training leaves out at random, in
        [0, 1); one for all hidden layers, or one for each.
    input_dropout : float, default=0.0
        The same for the features.
    batch_norm : bool, default=False
        Whether hidden layers are normalised, before their activation, by mean and
        standard deviation of the mini-batch, and finally of the training set. Scales
        and shifts are not penalised.
    solver : {"adam", "sgd", "lbfgs"}, default="adam"
        ``"adam"``, ``"sgd"``: mini-batches; `polish` tells how they end. ``"lbfgs"``:
        deterministic, all rows at once, from the initial weights until the optimality
        conditions hold to `polish_tol`.
    batch_size : int or "auto", default="auto"
        Rows in a mini-batch, at most all; ``"auto"`` is 64.
    learning_rate : {"constant", "invscaling", "adaptive", "cosine", "one_cycle"}, \
default="adaptive"
        The factor on `learning_rate_init`, of ``"adam"`` and ``"sgd"``.
        ``"invscaling"``: ``1 / t ** power_t``, after `t` rows. ``"adaptive"``: 1 as
        long as training makes progress; in place of ending it is divided by 5, down to
        1e-6. ``"cosine"``: half a wave from 1 to 0 over `max_iter` epochs.
        ``"one_cycle"``: up from 1/25 over three tenths of them, then down to 0.
    learning_rate_init : float, default=0.001
        Length of the steps, in units that do not depend on those of y.
    power_t : float, default=0.5
        Exponent of ``learning_rate="invscaling"``.
    momentum : float, default=0.9
        Of ``solver="sgd"``, in [0, 1).
    nesterovs_momentum : bool, default=True
        Whether that momentum is Nesterov's.
    beta_1 : float, default=0.9
        Decay of Adam's estimate of the gradient, in [0, 1).
    beta_2 : float, default=0.999
        Decay of Adam's estimate of its square, in [0, 1).
    max_iter : int or "auto", default="auto"
        Limit on epochs; ``"auto"`` is 100, and 200 for more than 5000 rows. To reach it
        is a way of stopping, without a warning.
    shuffle : bool, default=True
        Whether each epoch has its own order of the rows.
    augmentation : augmentation object, list of them or None, default=None
        What happens to training rows anew in every epoch, never to validation rows or
        in prediction: an object of :mod:`sklreg.augmentation`, or several, applied in
        this order. X must be dense.
    random_state : int, RandomState or None, default=None
        Where initial weights, orders, the validation split and all noise come from. An
        int makes every result reproducible, whatever the number of threads.
    tol : float, default=1e-4
        Improvement that counts, relative to the loss of the best constant prediction.
    n_iter_no_change : int, default=20
        Training ends after so many epochs in a row without such an improvement of the
        objective, or with `early_stopping` of the validation loss.
    early_stopping : bool, default=False
        Whether to watch rows that are held out, or given to `fit`, and return the
        weights of the epoch that `monitor` liked best.
    validation_fraction : float, default=0.1
        Share of the weight (of each class) held out; equal rows stay together.
    monitor : str or callable, default="loss"
        What early stopping watches: ``"loss"``, the loss of the validation rows
        without the penalty, or a scorer of scikit-learn or its name. `tol` is then in
        units of the score.
    start_from_epoch : int, default=0
        Epochs at the start that are neither watched nor chosen.
    refit : bool or "auto", default="auto"
        Whether early stopping ends by training anew on all rows, those of validation
        included, for the number of epochs that was best, with the same learning rates;
        for all epochs if none was the best for `n_iter_no_change` of them.
        ``"auto"``: if the rows of validation were held out of X, not if they were
        given.
    max_fun : int, default=10000
        Limit on passes over the data of ``solver="lbfgs"`` and of the polish.
    polish : bool or "auto", default="auto"
        Whether the epochs are followed by the deterministic minimisation, all rows at
        once; ``"auto"``: if the penalty has a kink, so that all zeros are final. Never
        where the network trained is not the minimiser of a plain objective: with
        `early_stopping`, `augmentation`, dropout, `batch_norm`, `weight_decay` or
        `max_norm`.
    polish_tol : float, default=1e-6
        Relative optimality residual at which the deterministic minimisation ends.
    warm_start : bool, default=False
        Whether to go on from the last fit: its weights and the optimiser's state.
    verbose : bool or int, default=0
        Whether to show a line with the progress: the epoch, its losses and how much
        time is left. scikit-learn 1.9 has callbacks for more (``set_callbacks``).
"""

_ATTRIBUTES = """\
    coefs_ : list of arrays of shape (fan_in, fan_out)
        Weights of each layer, of the dtype of X; normalisation is folded into them.
    intercepts_ : list of arrays of shape (fan_out,)
        Biases of each layer.
    loss_, objective_ : float
        Weighted mean loss at these weights; the same plus the penalties.
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
    selected_features_ : array of int
        The features from which a path of weights that are not zero leads to an output.
    feature_importances_ : array of shape (n_features_in_,)
        Norms of the weights that leave each of them, for features of similar scale a
        measure of what they do; divided by their sum.
    n_iter_ : int
        Epochs, or iterations of the deterministic solver.
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
"""

_NOTES = """\
    Features should be of similar scale, for example by ``StandardScaler``.

    *Zeros.* After each step every weight takes the proximal step of the penalty, as
    long as its own step, so that a weight at zero stays there exactly if the optimality
    condition holds. The weights of a group have one step. The polish then makes the
    whole network stationary: L-BFGS within an orthant, on the factors of groups, or in
    variables of each unit's own curvature for l2; proximal gradient for penalties that
    are not convex.

    *Kinks.* Minimisers of relu networks often sit on kinks of the activation, where no
    gradient is small, but zero is a mixture of those on both sides. The polish finds
    the mixture by rounding the kinks, less and less, at last by a millionth of the
    units' typical size (a thousandth in float32); `kkt_residual_` and `violation_` are
    those of the network so rounded, `objective_` and predictions of the network itself.

    *Without hidden layers* the problem is convex. Unless something asks for epochs it
    is solved exactly, with `polish_tol` as the tolerance.

    *Weights.* A mini-batch's sample weights are divided by the mean weight of all rows,
    so its gradient is unbiased and `alpha` counts the same in every batch. The
    deterministic solver first merges equal rows; whole-number weights and repeated
    rows then give the same network to the last bit.

    *Normalised layers* do not change when their weights are scaled, so that a penalty
    on them mostly sets the length of the steps; zeros stay zeros.
"""
