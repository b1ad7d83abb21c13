"""Make .venv with the locked dependencies and haat itself, from nothing but Python 3.11.

A bare Debian python3 has no ensurepip (Debian keeps it in python3-venv). Then the system's pip fills the environment;
where there is none either, root installs python3-venv, and anybody else is told to.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
LOCK = ROOT / "requirements" / "dev.txt"


def main() -> int:
    """Create or update the environment; the exit code."""
    if sys.version_info < (3, 11):
        print("haat needs Python 3.11 or newer; set PYTHON=… to one.", file=sys.stderr)
        return 1
    python = HOME / "bin" / "python"
    if not python.exists():
        print("Making .venv …", file=sys.stderr)
        if not make(python):
            print(
                "This Python can make no virtual environment: install python3-venv (apt-get install python3-venv).",
                file=sys.stderr,
            )
            return 1
    run = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    print("Installing the locked dependencies …", file=sys.stderr)
    uv = locked_version("uv")
    steps = [
        [*run, f"uv=={uv}"],
        [
            str(HOME / "bin" / "uv"),
            "pip",
            "sync",
            "--quiet",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            str(python),
            str(LOCK),
        ],
        [str(HOME / "bin" / "uv"), "pip", "install", "--quiet", "--no-deps", "--python", str(python), "-e", str(ROOT)],
        [str(python), "-m", "compileall", "-q", str(ROOT / "src")],  # so that the first start is as quick as the second
    ]
    environment = {**os.environ, "VIRTUAL_ENV": str(HOME)}
    for step in steps:
        done = subprocess.run(step, cwd=ROOT, env=environment, check=False)
        if done.returncode:
            print(f"This failed: {' '.join(step[:5])} …", file=sys.stderr)
            return done.returncode
    return 0


def make(python: Path) -> bool:
    """Make the environment with pip in it, by ensurepip or by the system's pip."""
    try:
        venv.create(HOME, with_pip=True, clear=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError, OSError):
        shutil.rmtree(HOME, ignore_errors=True)
    else:
        return True
    venv.create(HOME, with_pip=False, symlinks=True)
    system_pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "pip"]
    if subprocess.run(system_pip, check=False, capture_output=True).returncode == 0:
        return True
    shutil.rmtree(HOME, ignore_errors=True)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print("Installing python3-venv, which Debian keeps apart from python3 …", file=sys.stderr)
    for step in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "python3-venv"]):
        if subprocess.run(step, check=False, stdout=subprocess.DEVNULL).returncode:
            return False
    return subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=False).returncode == 0


def locked_version(name: str) -> str:
    """The version of a package in the lock."""
    for line in LOCK.read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}=="):
            return line.removeprefix(f"{name}==").split(" ")[0].rstrip("\\").strip()
    raise SystemExit(f"{name} is not in {LOCK.name}")


if __name__ == "__main__":
    raise SystemExit(main())
