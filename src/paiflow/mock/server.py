"""Drive the mock as a server: in a thread for tests, in the foreground for the command.

The socket listens before anybody is told where, so a client that connects at once is served.
"""

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from paiflow.errors import ConfigurationError
from paiflow.mock._uvicorn import Server
from paiflow.mock.asgi import asgi_app
from paiflow.mock.service import MockService

__all__ = ["run", "serve"]


@contextlib.contextmanager
def serve(service: MockService, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread of its own, and give the endpoint. Leaving ends it.

    Args:
        service: may be used from this thread all the while.
        host: an address of this machine.
        port: 0 for any that is free.

    Raises:
        ConfigurationError: it cannot listen there.
    """
    with listen(host, port) as listener, serving(Server(asgi_app(service), service.refuse), listener):
        yield endpoint_of(listener)


@contextlib.contextmanager
def serving(server: Server, listener: socket.socket, name: str = "paiflow-mock") -> Iterator[None]:
    """Serve in a thread of its own, of this name. Leaving ends it."""
    thread = threading.Thread(target=server.run, args=([listener],), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def run(service: MockService, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, then return. To be called in the main thread.

    Args:
        service: what to serve.
        host: an address of this machine.
        port: 0 for any that is free.
        ready: called with the endpoint, once it listens.

    Raises:
        ConfigurationError: it cannot listen there.
    """
    with listen(host, port) as listener:
        serve_until_told(Server(asgi_app(service), service.refuse), listener, lambda: ready(endpoint_of(listener)))


def serve_until_told(server: Server, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then return. To be called in the main thread; `ready` is called before it serves."""
    # The signals first: a program that learns that it is ready may end it at once. Outside of uvicorn's own
    # handlers, because it raises what it caught again when all is done; here that ends nothing twice.
    with _handled(server.handle_exit):
        ready()
        server.run([listener])


def listen(host: str, port: int, what: str = "the mock service") -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigurationError: it cannot; names `what` wanted to.
    """
    try:
        if not 0 <= port <= 65535:  # the socket would be left open
            raise OSError(errno.EINVAL, "a port is 0 to 65535")
        host.encode("idna")  # likewise
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except (OSError, UnicodeError) as error:  # in use, not permitted, no such address; a name that is none
        # create_server puts the address behind the reason, where it stands already.
        reason = str(getattr(error, "strerror", None) or error).partition(" (while ")[0]
        raise ConfigurationError(f"{what} cannot listen on {host} port {port}: {reason}") from error


def endpoint_of(listener: socket.socket) -> str:
    """Return the base URL to connect to; of a socket that listens everywhere, the one on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
