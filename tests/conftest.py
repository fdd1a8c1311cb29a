"""What all tests share: the folder of reference files, and hypothesis' settings."""

from __future__ import annotations

import os
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
    """Without the folder, the tests that read it are not part of the suite."""
    if SHARED is None:
        without = [item for item in items if item.get_closest_marker("shared_data")]
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]


@pytest.fixture(scope="session")
def shared_folder():
    """Folder of reference files, named by the environment variable SKLREG_SHARED."""
    return Path(SHARED)
