"""Compile requirements/*.txt with hashes from pyproject.toml; with --check, fail if they are not current.

No index address is written, so the lock works with whatever package index a machine is set up for. The check compiles
against the existing pins, offline where possible: it fails when pyproject.toml asks for something the lock has not.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("mysql", "mongo", "kafka", "redis")
OUTPUTS = {
    "base.txt": [],
    "dev.txt": ["--group", "dev", "--group", "bench", *(word for extra in EXTRAS for word in ("--extra", extra))],
}


def main() -> int:
    """Write or check; the exit code."""
    check = "--check" in sys.argv
    stale = []
    for name, groups in OUTPUTS.items():
        kept = ROOT / "requirements" / name
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / name
            if kept.exists():
                fresh.write_bytes(kept.read_bytes())  # uv keeps pins that still fit
            subprocess.run(command(fresh, groups), cwd=ROOT, check=True)
            if not check:
                kept.write_bytes(fresh.read_bytes())
            elif pins(fresh) != pins(kept):
                stale.append(name)
    if stale:
        print(f"requirements/{', '.join(stale)} do not fit pyproject.toml: run `make lock`.", file=sys.stderr)
    return 1 if stale else 0


def command(output: Path, groups: list[str]) -> list[str]:
    """The compile command; the header names no file of this machine."""
    uv = [str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    rules = ["--no-emit-index-url", "--no-header", "--no-annotate", "--python-version", "3.11"]
    return [*uv, *rules, "pyproject.toml", *groups, "--output-file", str(output)]


def pins(file: Path) -> list[str]:
    """The lines that say something."""
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


if __name__ == "__main__":
    raise SystemExit(main())
