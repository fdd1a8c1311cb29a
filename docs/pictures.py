"""Make the pictures of the guide: python docs/pictures.py."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from sklreg import LinearRegressor, LinearRegressorCV
from sklreg.display import ConstraintDisplay, CurveDisplay, PathDisplay

FOLDER = Path(__file__).parent / "pictures"
X, y = load_diabetes(return_X_y=True, as_frame=True)


def choosing():
    model = LinearRegressorCV("l1").fit(X, y)
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.8), layout="constrained")
    PathDisplay.from_estimator(model, ax=axes[0])
    CurveDisplay.from_estimator(model, ax=axes[1])
    return figure


def constraints():
    features, target = X[["bmi", "age"]].apply(scale), scale(y)
    figure, axes = plt.subplots(1, 3, figsize=(9.6, 2.8), layout="constrained")
    strengths = {"l1": 0.25, "elasticnet": 0.35, "l2": 0.5}
    for ax, (penalty, alpha) in zip(axes, strengths.items(), strict=True):
        model = LinearRegressor(penalty, alpha).fit(features, target)
        ConstraintDisplay.from_estimator(model, features, target, ax=ax)
        ax.set(title=penalty, xlim=(-0.46, 0.7), ylim=(-0.42, 0.42))
    return figure


if __name__ == "__main__":
    mpl.use("Agg")
    FOLDER.mkdir(exist_ok=True)
    for draw in (choosing, constraints):
        path = FOLDER / f"{draw.__name__}.png"
        draw().savefig(path, dpi=80, metadata={"Software": None})
        print(f"{path}: {path.stat().st_size} bytes")
