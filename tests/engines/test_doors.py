"""The doors that tests put in front of servers do what they say."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.doors import Door

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def door() -> Iterator[Door]:
    """In front of a server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_echo, args=(listener,), daemon=True).start()
        door = Door(listener.getsockname()[1])
        yield door
        door.close()
        listener.shutdown(socket.SHUT_RDWR)


def _echo(listener: socket.socket) -> None:
    while True:
        try:
            one, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_say_back, args=(one,), daemon=True).start()


def _say_back(one: socket.socket) -> None:
    with one:
        try:
            while content := one.recv(100):
                one.sendall(content)
        except OSError:
            return


def called(door: Door) -> socket.socket:
    return socket.create_connection(("127.0.0.1", door.port), timeout=10)


def said(connection: socket.socket, words: bytes) -> bytes:
    connection.sendall(words)
    return connection.recv(100)


def test_an_open_door_carries_both_ways_and_the_end(door: Door) -> None:
    with called(door) as connection:
        assert said(connection, b"there") == b"there"
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""


def test_a_shut_door_resets_what_is_inside_and_who_comes(door: Door) -> None:
    with called(door) as connection:
        assert said(connection, b"there") == b"there"
        door.shut()
        with pytest.raises(ConnectionResetError):
            connection.recv(100)
    with pytest.raises(ConnectionResetError), called(door) as late:
        late.recv(100)
    door.open()
    with called(door) as again:
        assert said(again, b"there") == b"there"


def test_a_slow_door_lets_answers_wait(door: Door) -> None:
    with called(door) as connection:
        assert said(connection, b"soon") == b"soon"
        door.slow(0.2)
        began = time.monotonic()
        assert said(connection, b"late") == b"late"
        assert time.monotonic() - began >= 0.2


def test_an_opened_door_lets_go_what_waited(door: Door) -> None:
    with called(door) as connection:
        door.slow(600)
        connection.sendall(b"waits")
        door.open()
        assert connection.recv(100) == b"waits"


def test_a_black_hole_keeps_connections_and_says_nothing(door: Door) -> None:
    with called(door) as connection:
        assert said(connection, b"there") == b"there"
        door.swallow()
        connection.sendall(b"lost")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(100)
        with called(door) as another:
            another.settimeout(0.2)
            another.sendall(b"lost too")
            with pytest.raises(TimeoutError):
                another.recv(100)
