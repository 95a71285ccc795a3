"""A server that takes connections, reads what is asked, and never answers; and an address at which there is none."""

import contextlib
import socket


class SilentServer:
    """Listens on loopback, while in a `with`. Nothing happens but what is asked for."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(30)  # a test that fails need not hang
        self._connections = []

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def accept(self):
        """Return once somebody has connected and sent the beginning of a request."""
        connection, _ = self._listener.accept()
        connection.settimeout(30)
        self._connections.append(connection)
        assert connection.recv(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in (*self._connections, self._listener):
            each.close()


@contextlib.contextmanager
def refusing():
    """Give an address that refuses connections. It is taken, so that nobody else can listen there meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()
