"""Check style and types: python tools/check.py."""

import subprocess
import sys

from environment import ROOT, TEST_VARIABLES, prepare

CHECKS = {
    "lint": "ruff check .",
    "layout": "ruff format --check .",
    "types": "mypy",
}

if __name__ == "__main__":
    python = prepare(".venv-test", "dev")
    verdicts = {}
    for name, command in CHECKS.items():
        print(f"== {name}: {command}", flush=True)
        check = [python, "-m", *command.split()]
        result = subprocess.run(check, cwd=ROOT, env=TEST_VARIABLES, check=False)
        verdicts[name] = "FAILED" if result.returncode else "passed"
    print("==")
    for name, verdict in verdicts.items():
        print(f"{verdict}  {name}")
    sys.exit("FAILED" in verdicts.values())
