"""Run the tests in an environment of their own.

python tools/test.py [--oldest] [ARGS...]    what follows goes to pytest

With --oldest, against the oldest supported versions of the dependencies.
"""

import subprocess
import sys

from environment import ROOT, TEST_VARIABLES, prepare

if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--oldest"]
    if "--oldest" in sys.argv:
        python = prepare(".venv-oldest", "oldest")
    else:
        python = prepare(".venv-test", "dev")
    command = [python, "-m", "pytest", "-n", "2", "--dist", "worksteal", *arguments]
    tests = subprocess.run(command, cwd=ROOT, env=TEST_VARIABLES, check=False)
    sys.exit(tests.returncode)
