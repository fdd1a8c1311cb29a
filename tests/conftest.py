"""What all tests share: the folder of reference files, and hypothesis' settings."""

from __future__ import annotations

import os
import re
from pathlib import Path

import hypothesis
import pytest

SHARED = os.environ.get("SKLREG_SHARED")

# The same examples in every run: a law that fails must fail again.
hypothesis.settings.register_profile(
    "laws", max_examples=60, deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("laws")


def pytest_collection_modifyitems(config, items):
    """Deselect what is not part of the suite.

    Without the folder these are the tests that read it; and the parametrizations of
    scikit-learn's own tests that are left out, see adopted.py.
    """
    without = {item for item in items if is_left_out(item)}
    config.hook.pytest_deselected(items=list(without))
    items[:] = [item for item in items if item not in without]


def is_left_out(item):
    """Tell whether a test is not part of the suite."""
    module = getattr(item, "module", None)  # an example of the documentation has none
    left_out = getattr(module, "LEFT_OUT", {})
    needs_folder = item.get_closest_marker("shared_data") is not None
    return (SHARED is None and needs_folder) or any(
        re.fullmatch(pattern, item.name) for pattern in left_out
    )


@pytest.fixture(scope="session")
def shared_folder():
    """Folder of reference files, named by the environment variable SKLREG_SHARED."""
    return Path(SHARED)
