"""``python -m sklreg.textbook``: nine networks, one table and two pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import Images, digits, measure, mnist, recipes, table
from .pictures import draw_curves, draw_weights


def main(argv: Sequence[str] | None = None) -> int:
    """Train, print the table, draw the pictures; return the exit status.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments, those of the command line if absent.
    """
    arguments = _parser().parse_args(argv)
    images = digits() if arguments.mnist is None else mnist(arguments.mnist or None)
    networks = recipes(images, arguments.epochs)
    rows = (measure(name, network, images) for name, network in networks.items())
    print(_description(images))  # noqa: T201
    for line in table(rows):
        print(line, flush=True)  # noqa: T201
    if arguments.pictures is not None:
        folder = Path(arguments.pictures)
        folder.mkdir(parents=True, exist_ok=True)
        draw_curves(networks, images, folder / f"{images.name.lower()}-loss.png")
        draw_weights(networks, images, folder / f"{images.name.lower()}-weights.png")
    return 0


def _description(images: Images) -> str:
    train, watch, test = (len(part.y) for part in images[2:])
    n_pixels = images.train.X.shape[1]
    return (
        f"{images.name}: {n_pixels}-64-10, {train} images to train on, {watch} to "
        f"watch, {test} to test on"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sklreg.textbook",
        description="What penalties, dropout, batch normalisation, augmentation and "
        "early stopping do to one network.",
        epilog="gap: log-loss of test images minus that of training images. zeros: of "
        "all weights. pixels: with any weight that is not zero. seconds: of the fit, "
        "its kernels compiled before.",
    )
    parser.add_argument(
        "--mnist",
        metavar="FILE",
        nargs="?",
        const="",
        help="MNIST in place of scikit-learn's digits: an .npz file with X, y and "
        "is_test, or without FILE from openml.org",
    )
    parser.add_argument(
        "--pictures", metavar="FOLDER", help="where to draw the pictures (matplotlib)"
    )
    parser.add_argument("--epochs", type=int, help="at most so many, for a quick look")
    return parser


if __name__ == "__main__":
    sys.exit(main())
