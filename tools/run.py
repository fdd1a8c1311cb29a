"""Run sklreg's command line in an environment of its own.

python tools/run.py [ARGS...]    what follows goes to `python -m sklreg`
"""

import subprocess
import sys

from environment import prepare

if __name__ == "__main__":
    command = [prepare(".venv"), "-m", "sklreg", *sys.argv[1:]]
    sys.exit(subprocess.run(command, check=False).returncode)
