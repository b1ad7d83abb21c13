"""Apache Kafka: one broker that is its own controller (KRaft), from jars on Maven.

Topics are made by who needs them, never by a typing mistake. What `acks=all` acknowledges is in the page cache on one
broker: it outlives the process but not the power (a shop has three brokers, or flushes each message).

Tests take the broker away by standing in front of it. A client goes where the broker says it is, so the broker has some
listeners more, each of which says that it is at another port: there a test puts its `tests.doors.Door`.
"""

import base64
import secrets
import socket
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from tools.engines.engine import Place
from tools.engines.registries import fetch_java, java, maven_jars, run

DOORS: Final = 4  # as many tests with doors run at once
_PORTS_FROM, _PORTS_TO = 18_000, 30_000  # below those that systems give to callers: nothing takes them meanwhile
PROPERTIES: Final = """\
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners={listeners}
advertised.listeners={advertised}
listener.security.protocol.map={protocols}
log.dirs={logs}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
offsets.retention.minutes=44640
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
num.network.threads=1
num.io.threads=2
num.recovery.threads.per.data.dir=2
background.threads=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
metrics.num.samples=1
controlled.shutdown.max.retries=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""
_JAVA: Final = 17
_LOG4J: Final = """\
status=error
appenders=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{{HH:mm:ss.SSS}} %-5p %c{{1}} %m%n
rootLogger.level=warn
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=out
logger.run.name=org.apache.kafka.common.config
logger.run.level=error
"""
# The serial collector and the first compiler alone: a broker that is up soon and stays small, not a fast one.
_JVM: Final = (
    "-Xms96m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "-Dlog4j2.disableJmx=true",
)


class Ports(msgspec.Struct):
    """The ports beside the one it is known by; kept, because the broker's own records name the controller's."""

    controller: int
    doors: dict[int, int]  # where a door stands: where it leads to


class Kafka:
    """Apache Kafka."""

    name: ClassVar[str] = "kafka"
    version: ClassVar[str] = "4.4.0"
    start_s: ClassVar[float] = 90.0
    _JARS: Final = ("org.apache.kafka:kafka_2.13:4.4.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5")

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        maven_jars(self._JARS, folder)
        fetch_java(_JAVA, folder)

    def prepare(self, place: Place) -> None:
        """See Engine."""
        ports = _ports(place)
        everyone = {"PLAINTEXT": (place.port, place.port), "CONTROLLER": (ports.controller, ports.controller)}
        for number, (outside, inside) in enumerate(ports.doors.items()):
            everyone[f"DOOR{number}"] = (inside, outside)
        properties = PROPERTIES.format(
            controller=ports.controller,
            listeners=",".join(f"{name}://127.0.0.1:{listens}" for name, (listens, _) in everyone.items()),
            advertised=",".join(f"{name}://127.0.0.1:{says}" for name, (_, says) in everyone.items()),
            protocols=",".join(f"{name}:PLAINTEXT" for name in everyone),
            logs=place.home / "data",
        )
        _properties(place).write_text(properties, encoding="utf-8")
        (place.home / "log4j2.properties").write_text(_LOG4J.format(), encoding="utf-8")
        if not (place.home / "data" / "meta.properties").exists():
            cluster = base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
            tool = ["kafka.tools.StorageTool", "format", "--standalone", "--ignore-formatted", "-t", cluster]
            run([*_java(place), *tool, "-c", str(_properties(place))])

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        return [*_java(place), "kafka.Kafka", str(_properties(place))], {}

    def answers(self, place: Place) -> bool:
        """Whether it knows itself as a broker of its cluster: the port alone opens a moment earlier."""
        return _asks(place.port)

    def server_url(self, place: Place) -> str:
        """See Engine. `doors` names where a test may stand in front of it: outside:inside."""
        doors = ",".join(f"{outside}:{inside}" for outside, inside in doors_of(place))
        return f"kafka://127.0.0.1:{place.port}?doors={doors}"

    def settings(self, place: Place) -> Mapping[str, str]:
        """The log is the broker; what is parked lies in SQL, which a SQL server's settings name."""
        return {"HAAT_EVENTS_URL": f"kafka://127.0.0.1:{place.port}/haat"}


def doors_of(place: Place) -> list[tuple[int, int]]:
    """Where a door may stand, and where it leads to: a client goes where the broker says it is."""
    return list(_ports(place).doors.items())


def _java(place: Place) -> list[str]:
    log = f"-Dlog4j2.configurationFile={place.home / 'log4j2.properties'}"
    return [java(_JAVA, place.bin), *_JVM, log, "-cp", str(place.bin / "lib" / "*")]


def _properties(place: Place) -> Path:
    return place.home / "server.properties"


def _ports(place: Place) -> Ports:
    """The ports that were chosen at the first start."""
    kept = place.home / "ports.json"
    if kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Ports)
    found = _free_ports(1 + 2 * DOORS)
    ports = Ports(found[0], dict(zip(found[1::2], found[2::2], strict=True)))
    kept.write_bytes(msgspec.json.encode(ports))
    return ports


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = _PORTS_FROM + secrets.randbelow(_PORTS_TO - _PORTS_FROM)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _asks(port: int) -> bool:
    """Whether it answers a Metadata request with a broker. Source: Kafka protocol guide, "Metadata", version 1."""
    question = struct.pack(">hhih", 3, 1, 1, -1) + struct.pack(">i", 0)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as server:
            server.sendall(struct.pack(">i", len(question)) + question)
            answer = _exactly(server, struct.unpack(">i", _exactly(server, 4))[0])
    except OSError:
        return False
    return int.from_bytes(answer[4:8]) > 0  # brokers, behind the number of the question


def _exactly(server: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        more = server.recv(count - len(content))
        if not more:
            raise ConnectionResetError
        content += more
    return content
