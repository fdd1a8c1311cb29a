"""Virtual environments beside pyproject.toml, made on first use, remade when stale."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"

# One BLAS thread per test process; SCIPY_ARRAY_API lets scikit-learn check array API
# support. What the caller has already set wins.
TEST_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "SCIPY_ARRAY_API": "1",
} | os.environ

# Ctrl-C is for the command being run: let it end in its own way, then go on from there.
signal.signal(signal.SIGINT, lambda *_: None)


def prepare(name: str, group: str | None = None) -> Path:
    """Return the interpreter of environment `name`: sklreg, editable, and `group`."""
    home = ROOT / name
    python, stamp = home / PYTHON, home / "sklreg.stamp"
    made_from = fingerprint(group)
    if python.exists() and stamp.exists() and stamp.read_text() == made_from:
        return python
    print(f"Making {name}: once, and again when pyproject.toml changes", flush=True)
    run([sys.executable, "-m", "venv", "--clear", home])
    install = [python, "-m", "pip", "install", "--quiet"]
    print("Installing sklreg and what it needs: about a minute", flush=True)
    run([*install, "--upgrade", "pip"])
    run([*install, "--editable", ".", *(["--group", group] if group else [])])
    stamp.write_text(made_from)  # last: an interrupted environment has no stamp
    return python


def fingerprint(group: str | None) -> str:
    """Hash all that an environment depends on."""
    place = f"{ROOT} {sys.version_info[:2]} {group}"
    project = (ROOT / "pyproject.toml").read_bytes()
    return hashlib.sha256(place.encode() + project).hexdigest()


def run(command: list[str | Path]) -> None:
    """Run `command` in the project's folder; end here if it fails."""
    if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
        print("Failed:", *command, file=sys.stderr)
        sys.exit(code)
