"""URLs of SQL servers, as settings write them."""

import pytest

from haat.engines.sql.urls import READERS, TIMEOUT_MS, WRITERS, server_of
from haat.errors import Invalid


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_what_is_not_said_is_usual(scheme: str) -> None:
    server = server_of(f"{scheme}://haat:secret@db.internal:3307/orders")
    assert server[1:] == ("READ COMMITTED", WRITERS, READERS, TIMEOUT_MS)
    assert (server.url.drivername, server.url.host, server.url.port) == ("mysql+pymysql", "db.internal", 3307)
    assert (server.url.database, server.url.password) == ("orders", "secret")


def test_our_options_are_taken_and_the_drivers_are_left() -> None:
    server = server_of("mysql://h/orders?isolation=repeatable-read&writers=3&readers=2&timeoutMS=9&ssl_ca=/etc/ca.pem")
    assert server[1:] == ("REPEATABLE READ", 3, 2, 9)
    assert dict(server.url.query) == {"ssl_ca": "/etc/ca.pem"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://", "Name the server and the database"),
        ("mysql://host", "Name the server and the database"),
        ("mysql:///orders", "Name the server and the database"),
        ("mysql://host:port/orders", "Write mysql://"),
        ("mysql://host/orders?isolation=serializable", "isolation is"),
        ("mysql://host/orders?writers=0", "writers is a number"),
        ("mysql://host/orders?readers=many", "readers is a number"),
        ("mysql://host/orders?timeoutMS=1s", "timeoutMS is a number"),
    ],
)
def test_each_mistake_is_named(url: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        server_of(url, "HAAT_ORDERS_URL")
    (problem,) = refused.value.problems
    assert problem.pointer == "HAAT_ORDERS_URL"
    assert words in problem.detail


def test_a_socket_needs_no_host() -> None:
    assert server_of("mysql:///orders?unix_socket=/run/mysqld.sock").url.database == "orders"
