"""scikit-learn's names, parameters and meanings; the work is done elsewhere."""

from __future__ import annotations

from .elastic_net import ElasticNet
from .elastic_net_cv import ElasticNetCV
from .lasso import Lasso
from .lasso_cv import LassoCV
from .logistic_regression import LogisticRegression
from .logistic_regression_cv import LogisticRegressionCV
from .multi_task_elastic_net import MultiTaskElasticNet
from .multi_task_lasso import MultiTaskLasso
from .paths import enet_path, lasso_path
from .ridge import Ridge
from .ridge_cv import RidgeCV

__all__ = [
    "ElasticNet",
    "ElasticNetCV",
    "Lasso",
    "LassoCV",
    "LogisticRegression",
    "LogisticRegressionCV",
    "MultiTaskElasticNet",
    "MultiTaskLasso",
    "Ridge",
    "RidgeCV",
    "enet_path",
    "lasso_path",
]
