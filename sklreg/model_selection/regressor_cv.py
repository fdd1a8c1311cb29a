"""Linear regression with its strength chosen by cross-validation."""

from __future__ import annotations

from typing import Any, ClassVar

from .._validation import StrOptions
from ..linear import LinearRegressor
from ._cv_base import CrossValidated, constraints_of_linear


class LinearRegressorCV(CrossValidated, LinearRegressor):
    r"""Linear regression with any loss and penalty, its strength by cross-validation.

    Each fold is fitted along the whole sequence of strengths; the losses on the rows
    held out choose one of them, and all rows are fitted with it.

    Parameters
    ----------
    penalty : {"l1", "l2", "elasticnet", "group", "mcp"}, object or None, default="l1"
        The penalty, as of :class:`~sklreg.LinearRegressor`.
    alphas : int or array of shape (n_alphas,), default=100
        Strengths to choose from; or their number, for a geometric sequence from
        :func:`~sklreg.alpha_max` of all rows down. For l2, which has no such strength,
        it begins at the trace of the Hessian at zero, which halves every direction or
        more.
    alpha_min_ratio : float or None, default=None
        Smallest over largest strength of that sequence, in (0, 1). By default 1e-3, for
        l2 1e-6.
    l1_ratio : float or array of shape (n_l1_ratios,), default=0.5
        Share of l1 for ``penalty="elasticnet"``, in [0, 1]; of several the one with the
        smallest mean loss is taken.
    cv : int, splitter, iterable, "loo", "gcv" or None, default=None
        The folds: their number, a splitter of scikit-learn, or pairs of row numbers.
        By default 5. For ``penalty="l2"`` and squared error also ``"loo"``, each row
        left out in turn, and ``"gcv"``, generalised cross-validation: closed forms that
        take one decomposition for all strengths.
    scoring : str, callable or None, default=None
        A scorer, to be maximised. By default the mean loss on the rows held out is
        minimised: half the squared error, half the deviance, or whatever
        `loss` is.
    rule : {"min", "1se"} or callable, default="min"
        ``"min"``: the strength of the smallest mean loss. ``"1se"``: the largest one
        whose mean loss exceeds that by at most its standard error, for a simpler model.
        A callable gets the :class:`~sklreg.model_selection.Curve` and returns the index
        of a strength.
    refit : bool, default=True
        Whether to fit all rows with the strength chosen. Without, there are no
        coefficients.
    n_jobs : int or None, default=None
        Folds that are worked on at the same time, in threads.
    loss : str or loss object, default="squared_error"
        The loss, as of :class:`~sklreg.LinearRegressor`.
    fit_intercept : bool, default=True
        Whether to fit an intercept, which is not penalised.
    positive : bool, default=False
        Whether coefficients must be at least zero.
    standardize : bool, default=False
        Whether columns are penalised as if scaled to unit standard deviation, that of
        the rows fitted.
    tol : float, default=1e-6
        Tolerance of every fit, as of :class:`~sklreg.LinearRegressor`.
    max_iter : int, default=1000
        Limit on the steps of every fit.
    verbose : int, default=0
        Whether to show how many of the fits are done, and the time that is left.
        scikit-learn 1.9 has callbacks for more (``set_callbacks``), which are told of
        every fold and of the last fit.

    Attributes
    ----------
    alpha_ : float
        The strength chosen by `rule`.
    alpha_min_, alpha_1se_ : float
        What the rules ``"min"`` and ``"1se"`` choose.
    l1_ratio_ : float
        The share of l1 chosen.
    alphas_ : array of shape (n_alphas,)
        The strengths, decreasing. If `l1_ratio` is an array, this and the next three
        have one entry more in front, (n_l1_ratios, ...).
    fold_losses_ : array of shape (n_folds, n_alphas)
        Mean losses on the rows held out, or the scores with their sign changed. With
        ``cv="loo"`` each row that has weight is a fold, with ``"gcv"`` there is one.
    mean_losses_, standard_errors_ : array of shape (n_alphas,)
        Their means over folds, by the weight held out, and the standard errors.
    curve_ : Curve
        The same for the chosen share of l1.
    path_ : Path
        Solutions for all rows and every strength, at the chosen share of l1, as
        :func:`~sklreg.regularization_path` returns them.
    coef_, intercept_, objective_, dual_gap_, violation_, n_iter_ : array or number
        Those of the model fitted to all rows, as of :class:`~sklreg.LinearRegressor`.
    n_features_in_ : int
        Number of features seen in `fit`.
    feature_names_in_ : array of str
        Names of the features, if X had names.

    See Also
    --------
    LinearRegressor : The model for one strength.
    LinearClassifierCV : The same for classes.
    regularization_path : The solutions for all strengths, without choosing.
    sklearn.linear_model.LassoCV : ``penalty="l1"`` with the same alphas.

    Notes
    -----
    On tall data with squared error X is read once for all folds: the moments of each
    fold's rows add up to those of every training set, and held-out errors come from the
    moments of the rows held out, unless these cannot give them to nine digits.
    Otherwise a fold is the problem of all rows with weight zero where it holds out; X
    is not copied.

    ``cv="loo"`` has the losses of ``cv=LeaveOneOut()``, weighted by sample weight. Both
    closed forms take time proportional to ``n_samples n_features min(n_samples,
    n_features)``, and memory for X' X or X X', whichever is smaller. As everywhere,
    `alpha` belongs to the mean loss of the rows fitted; `RidgeCV` of scikit-learn keeps
    that of their sum, so its alphas are those of ``"loo"`` times ``n_samples - 1``.

    References
    ----------
    Breiman, Friedman, Olshen and Stone (1984), Classification and regression trees,
    section 3.4.3.

    Friedman, Hastie and Tibshirani (2010), Regularization paths for generalized linear
    models via coordinate descent, Journal of Statistical Software 33(1).

    Golub, Heath and Wahba (1979), Generalized cross-validation as a method for choosing
    a good ridge parameter, Technometrics 21(2).

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklreg import LinearRegressorCV
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = LinearRegressorCV("l1", alphas=50, rule="1se").fit(X, y)
    >>> model.alpha_ > model.alpha_min_, int((model.coef_ != 0).sum())
    (True, 6)
    """

    _model = LinearRegressor
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = constraints_of_linear(
        LinearRegressor
    ) | {"cv": ["cv_object", StrOptions({"loo", "gcv"})]}

    def __init__(
        self,
        penalty: Any = "l1",
        alphas: Any = 100,
        *,
        alpha_min_ratio: float | None = None,
        l1_ratio: Any = 0.5,
        cv: Any = None,
        scoring: Any = None,
        rule: Any = "min",
        refit: bool = True,
        n_jobs: int | None = None,
        loss: Any = "squared_error",
        fit_intercept: bool = True,
        positive: bool = False,
        standardize: bool = False,
        tol: float = 1e-6,
        max_iter: int = 1000,
        verbose: int = 0,
    ) -> None:
        self.penalty = penalty
        self.alphas = alphas
        self.alpha_min_ratio = alpha_min_ratio
        self.l1_ratio = l1_ratio
        self.cv = cv
        self.scoring = scoring
        self.rule = rule
        self.refit = refit
        self.n_jobs = n_jobs
        self.loss = loss
        self.fit_intercept = fit_intercept
        self.positive = positive
        self.standardize = standardize
        self.tol = tol
        self.max_iter = max_iter
        self.verbose = verbose
