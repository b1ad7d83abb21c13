"""Doors in front of servers: they carry bytes, or stand in the way as networks and dying engines do."""

import socket
import struct
import threading
from contextlib import suppress
from typing import Final, Literal

Way = Literal["open", "shut", "slow", "black hole"]

_BLOCK_BYTES: Final = 65_536


class Door:
    """Copies bytes between callers and a server on this machine, in its own threads, the way that was last said.

    open        at once
    shut        connections break with a reset, new ones too
    slow        what the server says arrives later by the seconds given
    black hole  connections stay and are accepted, and nothing passes in either direction any more

    It stands on a free port, unless it has to stand `at` one: some servers tell their callers where they are.
    """

    def __init__(self, port: int, at: int = 0) -> None:
        self._to = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", at), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._inside: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._way: Way = "open"
        self._late_s = 0.0
        self._changed = threading.Condition(self._lock)
        self._ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        """Let everything pass; what lay in a black hole stays lost."""
        self._turn("open")

    def shut(self) -> None:
        """Break all connections, and refuse new ones."""
        self._turn("shut")
        self._break()

    def slow(self, seconds: float) -> None:
        """Let answers wait this long."""
        self._turn("slow", seconds)

    def swallow(self) -> None:
        """Be a black hole."""
        self._turn("black hole")

    def close(self) -> None:
        """End, with all connections."""
        self._ended = True
        self.shut()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def connections(self) -> int:
        """How many there are."""
        with self._lock:
            return len(self._inside) // 2

    def _turn(self, way: Way, late_s: float = 0.0) -> None:
        with self._changed:
            self._way, self._late_s = way, late_s
            self._changed.notify_all()

    def _break(self) -> None:
        with self._lock:
            for one in self._inside:
                _reset(one)

    def _accept(self) -> None:
        while not self._ended:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._to)
            except OSError:
                caller.close()
                continue
            with self._lock:
                if self._way == "shut":
                    for one in (caller, server):
                        _reset(one)
                        one.close()
                    continue
                self._inside |= {caller, server}
            for here, there, answers in ((caller, server, False), (server, caller, True)):
                threading.Thread(target=self._carry, args=(here, there, answers), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while content := here.recv(_BLOCK_BYTES):
                if self._passes(answers):
                    there.sendall(content)
        with self._lock:
            self._inside.discard(here)
            if self._way != "shut":  # else both are reset, each by its own thread
                for one in (here, there):
                    with suppress(OSError):
                        one.shutdown(socket.SHUT_RDWR)
        here.close()

    def _passes(self, answers: bool) -> bool:
        """Whether bytes go on, after they waited where they have to. An opened door lets go what waits behind it."""
        with self._changed:
            if self._way == "slow" and answers:
                self._changed.wait_for(lambda: self._way != "slow", self._late_s)
            return self._way in ("open", "slow")


def _reset(one: socket.socket) -> None:
    """Wake who reads from it; closing it will not say goodbye to the other end."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RD)
