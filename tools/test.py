"""Run the tests in an environment of their own.

python tools/test.py [--oldest] [ARGS...]    what follows goes to pytest

Without arguments the examples of the documentation are run as well, beside the tests:
what either compiles is there for both. With --oldest, the tests alone, against the
oldest supported versions of the dependencies.
"""

import subprocess
import sys

from environment import ROOT, TEST_VARIABLES, prepare

#: Pages first: a long one at the end would leave the other process idle.
EVERYTHING = [
    "--doctest-modules",
    "--doctest-glob=*.md",
    *("README.md", "docs", "sklreg", "tests"),
]

if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--oldest"]
    if "--oldest" in sys.argv:
        python = prepare(".venv-oldest", "oldest")
    else:
        python = prepare(".venv-test", "dev")
        arguments = arguments or EVERYTHING
    command = [python, "-m", "pytest", "-n", "2", "--dist", "worksteal", *arguments]
    tests = subprocess.run(command, cwd=ROOT, env=TEST_VARIABLES, check=False)
    sys.exit(tests.returncode)
