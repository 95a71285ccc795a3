"""Connections: how they are opened in time, what makes one unfit, and what is said when one breaks."""

import asyncio
import contextlib
import fcntl
import select
import socket
import ssl
import struct
import sys
import termios
import threading
import time
from types import SimpleNamespace

import httpcore
import httpx
import pytest
from echo import certificate
from httpcore._backends.sync import SyncStream
from silence import refusing

import paiflow
from paiflow.client import dialing as _dialing
from paiflow.client import network as _network
from paiflow.client.async_network import AsyncBackend, AsyncStream
from paiflow.client.deadline import until
from paiflow.client.dialing import dial

CREDENTIALS = paiflow.Credentials("test-key-id", "test-key-secret")


@pytest.fixture(params=[paiflow.PaiFlow, paiflow.AsyncPaiFlow], ids=["sync", "async"])
def kind(request):
    """The blocking client, or the one to await."""
    return request.param


def ask(kind, endpoint, names=("a",), between=lambda: None, **settings):
    """Ask for each of the runs in turn, and return the ids that the replies are about."""
    settings = {"endpoint": endpoint, "credentials": CREDENTIALS, "retries": 0, **settings}

    async def run():
        async with kind(**settings) as client:
            told = []
            for name in names:
                told.append((await client.list_pipeline_runs_status(pipeline_runs=[name])).request_id)
                await asyncio.to_thread(between)
            return told

    if kind is paiflow.AsyncPaiFlow:
        return asyncio.run(run())
    with kind(**settings) as client:
        told = []
        for name in names:
            told.append(client.list_pipeline_runs_status(pipeline_runs=[name]).request_id)
            between()
        return told


def reply(name, size=0):
    """Return a reply about a run, of at least that many bytes in all."""
    head, content = b"HTTP/1.1 200 OK\r\ncontent-length: %07d\r\n\r\n", b'{"RequestId": "%s"}' % name.encode()
    content += b" " * (size - len(head % 0) - len(content))
    return head % len(content) + content


def arrived(connection):
    """Wait until the client's side has all that was sent."""
    end = time.monotonic() + 10
    while int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder):
        assert time.monotonic() < end


def asked_for(connection):
    """Return the run that the next request asks for, of one letter; nothing at the end."""
    asked = b""
    while not asked.endswith(b'"]}'):
        more = connection.recv(65536)
        if not more:
            return ""
        asked += more
    return asked[-4:-3].decode()


class TestUnasked:
    """Bytes that came before their request are not taken for its reply."""

    @contextlib.contextmanager
    def serving(self, serve, context=None):
        """Serve each connection in a thread by `serve(connection)`."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.connections = []

        def work(connection):
            with contextlib.suppress(OSError), connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent is there at once
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
                self.connections.append(connection)
                with connection:
                    serve(connection)

        def listen():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=work, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield f"http{'' if context is None else 's'}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    @pytest.mark.parametrize("size", [0, 65536, 3 * 65536, 262144])
    @pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
    def test_not_those_that_came_with_the_last_reply(self, kind, encrypted, size, tmp_path, monkeypatch):
        sent = threading.Semaphore(0)

        def serve(connection):
            while name := asked_for(connection):
                connection.sendall(reply(name, size) + reply("surplus"))
                arrived(connection)  # of a long reply, the surplus may come later than its end
                sent.release()

        def wait():
            assert sent.acquire(timeout=10)

        assert ["a", "b", "c"] == self.asked(serve, kind, encrypted, tmp_path, monkeypatch, wait)

    @pytest.mark.parametrize("encrypted", [False, True], ids=["http", "https"])
    def test_not_those_that_came_since(self, kind, encrypted, tmp_path, monkeypatch):
        received, pushed = threading.Semaphore(0), threading.Semaphore(0)

        def serve(connection):
            while name := asked_for(connection):
                connection.sendall(reply(name))
                assert received.acquire(timeout=10)
                connection.sendall(reply("surplus"))
                arrived(connection)
                pushed.release()

        def push():
            received.release()
            assert pushed.acquire(timeout=10)

        assert ["a", "b", "c"] == self.asked(serve, kind, encrypted, tmp_path, monkeypatch, push)

    def asked(self, serve, kind, encrypted, tmp_path, monkeypatch, between=lambda: None):
        context = None
        if encrypted:
            context, file = certificate(tmp_path)
            monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with self.serving(serve, context) as endpoint:
            return ask(kind, endpoint, "abc", between)

    def test_a_connection_without_such_is_used_again(self, kind):
        def serve(connection):
            while name := asked_for(connection):
                connection.sendall(reply(name))

        with self.serving(serve) as endpoint:
            ask(kind, endpoint, "aaa")
        assert 1 == len(self.connections)

    def test_a_server_that_answers_before_it_is_asked_is_not_believed(self):
        sent = threading.Event()

        def serve(connection):
            connection.sendall(reply("unasked"))
            arrived(connection)
            sent.set()
            connection.recv(65536)

        with self.serving(serve) as endpoint:
            stream = _network.Backend().connect_tcp("127.0.0.1", int(endpoint.rpartition(":")[2]))
            assert sent.wait(10)
            stream.write(b"PUT ")
            with pytest.raises(httpcore.RemoteProtocolError, match="answered before it was asked"):
                stream.read(100)
            stream.close()

    def test_what_came_since_the_last_reply_is_seen_when_a_request_is_sent(self):
        ours, theirs = socket.socketpair()
        stream = _network.Stream(SyncStream(ours))
        with theirs:
            stream.write(b"request" * 4096)
            theirs.sendall(b"reply")
            stream.write(b", its end")
            assert (b"reply", b"request" * 4096 + b", its end") == (stream.read(100), theirs.recv(32768))
            theirs.sendall(b"surplus")
            stream.write(b"another")
            with pytest.raises(httpcore.ConnectionNotAvailable):
                stream.read(100)
            stream.close()

    async def test_so_it_is_with_async_connections(self):
        peers = asyncio.Queue()
        server = await asyncio.start_server(lambda *peer: peers.put_nowait(peer), "127.0.0.1", 0)
        async with server:
            stream = await AsyncBackend().connect_tcp(*server.sockets[0].getsockname())
            reading, writing = await peers.get()
            await stream.write(b"request" * 4096)
            writing.write(b"reply")
            await stream.write(b", its end")
            sent = await reading.readexactly(7 * 4096)
            assert (b"reply", b", its end") == (await stream.read(100), await reading.read(100))
            assert b"request" * 4096 == sent
            writing.write(b"surplus")
            arrived(writing.get_extra_info("socket"))
            await stream.write(b"another")
            with pytest.raises(httpcore.ConnectionNotAvailable):
                await stream.read(100)
            await stream.aclose()
            writing.close()


class TestOpening:
    """Both clients open connections alike."""

    def test_small_pieces_are_sent_at_once(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream = _network.Backend().connect_tcp(*listener.getsockname())
            async_stream, runner = None, asyncio.Runner()
            with runner:
                async_stream = runner.run(AsyncBackend().connect_tcp(*listener.getsockname()))
                for one in (stream, async_stream):
                    assert one.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                runner.run(async_stream.aclose())
            stream.close()

    def test_an_address_that_keeps_silent_holds_nothing_up(self, kind, resolve):
        def serve(connection):
            while name := asked_for(connection):
                connection.sendall(reply(name))

        with swallowing() as silent, TestUnasked().serving(serve) as endpoint:
            resolve(silent, ("127.0.0.1", int(endpoint.rpartition(":")[2])))
            began = time.monotonic()

            assert ["a"] == ask(kind, "http://two.example", timeout=20, allow_http=True)
            assert time.monotonic() - began < 10

    def test_one_that_is_not_open_in_time_is_told(self, kind):
        with (
            swallowing() as (host, port),
            pytest.raises(paiflow.TransportError, match=r"1 attempt: no connection within the timeout\.$"),
        ):
            ask(kind, f"http://{host}:{port}", timeout=httpx.Timeout(30, connect=0.05))

    def test_a_handshake_that_does_not_end_in_time_is_told(self, kind):
        """The server takes the connection, and never says a word of TLS."""
        over = threading.Event()
        with TestUnasked().serving(lambda _: over.wait(30)) as endpoint:
            with pytest.raises(paiflow.TransportError, match=r"1 attempt: no connection within the timeout\.$"):
                ask(kind, endpoint.replace("http:", "https:"), timeout=httpx.Timeout(30, connect=0.1))
            over.set()

    async def test_one_that_asyncio_cannot_use_is_closed(self, monkeypatch):
        def fail(*_, sock, **__):
            taken.append(sock)
            raise RuntimeError("the loop is closing")

        taken = []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", fail)
            with pytest.raises(httpcore.ConnectError, match="the loop is closing"):
                await AsyncBackend().connect_tcp(*listener.getsockname())

        assert -1 == taken[0].fileno()

    def test_a_server_that_does_not_read_is_waited_for_no_longer_than_the_call_may_take(self, kind):
        """Of what is sent, the system takes some megabytes."""
        over = threading.Event()
        with TestUnasked().serving(lambda _: over.wait(30)) as endpoint:
            policy = paiflow.RetryPolicy(attempts=1, total=0.2)
            settings = {"endpoint": endpoint, "credentials": CREDENTIALS, "timeout": 20, "retries": policy}
            client = kind(**settings)

            def call():
                called = client.create_pipeline(manifest="x" * (16 << 20), workspace_id="1")
                asyncio.run(called)

            began = time.monotonic()
            with pytest.raises(paiflow.TransportError, match="the time for the whole call was up"):
                call()
            over.set()

        assert time.monotonic() - began < 10


class Wire(httpcore.NetworkStream):
    """Keeps what is sent, and gives a reply.

    Attributes:
        sent: the pieces, as they went out.
    """

    def __init__(self, reply=b"reply", failure=None):
        self.sent = []
        self._reply = reply
        self._failure = failure

    def write(self, buffer, timeout=None):
        self.sent.append(buffer)
        if self._failure is not None:
            raise self._failure

    def read(self, max_bytes, timeout=None):
        return self._reply

    def get_extra_info(self, info):
        return None


class Transport(asyncio.Transport):
    """Keeps what is sent, as Wire does, and what is asked of it."""

    def __init__(self):
        super().__init__()
        self.sent = []
        self.done = []

    def write(self, data):
        self.sent.append(data)

    def pause_reading(self):
        self.done.append("pause")

    def resume_reading(self):
        self.done.append("resume")

    def abort(self):
        self.done.append("abort")

    def is_closing(self):
        return "abort" in self.done


def connected():
    """Return an async connection on a transport of ours."""
    stream = AsyncStream()
    stream.connection_made(Transport())
    stream._socket = SimpleNamespace(fileno=lambda: -1)
    stream._has_unasked = lambda: bool(stream._received) or stream._ended
    return stream, stream._transport


class TestPieces:
    """How a request goes out, and how a reply comes in."""

    def test_a_small_request_goes_out_in_one_piece(self):
        stream = _network.Stream(wire := Wire())
        for piece in (b"head", b"body", b""):
            stream.write(piece)
        before = list(wire.sent)

        assert (b"reply", [], [b"headbody"]) == (stream.read(9), before, wire.sent)

    def test_a_large_one_goes_out_as_it_comes(self):
        stream = _network.Stream(wire := Wire())
        for piece in (b"head", b"x" * 16384, b"end"):
            stream.write(piece)

        assert [b"head" + b"x" * 16384] == wire.sent
        stream.read(9)
        assert b"end" == wire.sent[1]

    def test_sending_much_ends_at_the_deadline(self, monkeypatch):
        class Slow(Wire):
            def write(self, buffer, timeout=None):
                super().write(buffer, timeout)
                time_.now += 1

        time_ = SimpleNamespace(now=0.0, monotonic=lambda: time_.now)
        monkeypatch.setattr("paiflow.client.deadline.time", time_)
        stream = _network.Stream(wire := Slow())
        with until(2.5), pytest.raises(httpcore.WriteTimeout):
            stream.write(b"x" * (1 << 20))

        assert [65536] * 3 == [len(piece) for piece in wire.sent]

    def test_a_server_may_reply_and_close_before_it_has_it_all(self):
        stream = _network.Stream(Wire(failure=httpcore.WriteError("Broken pipe")))
        stream.write(b"head")

        assert b"reply" == stream.read(9)

    async def test_so_it_is_with_async_connections(self):
        stream, transport = connected()
        for piece in (b"head", b"x" * 16384, b"end"):
            await stream.write(piece)
        assert [b"head" + b"x" * 16384] == transport.sent
        stream.data_received(b"reply")
        assert b"rep" == await stream.read(3)
        assert b"end" == transport.sent[1]
        assert b"ly" == await stream.read(3)
        stream.connection_lost(ConnectionResetError(104, "words of asyncio's"))
        await stream.write(b"another")
        with pytest.raises(httpcore.ConnectionNotAvailable):
            await stream.read(9)

    async def test_what_is_sent_waits_for_room(self):
        stream, transport = connected()
        stream.pause_writing()
        sending = asyncio.create_task(stream.write(b"x" * 16385))
        await asyncio.sleep(0)
        assert (False, 1) == (sending.done(), len(transport.sent))
        stream.resume_writing()
        await sending
        stream.pause_writing()
        with pytest.raises(httpcore.WriteTimeout):
            await stream.write(b"x" * 16385, timeout=0.01)
        sending = asyncio.create_task(stream.write(b"x" * 16385))
        await asyncio.sleep(0)
        stream.connection_lost(ConnectionResetError(104, "words of asyncio's"))
        with pytest.raises(httpcore.WriteError, match=r"^\[Errno 104\] Connection reset by peer$"):
            await sending

    async def test_much_is_not_given_at_once_to_a_transport_that_would_take_it(self):
        """That of TLS does, and says afterwards that there is no room."""
        stream, transport = connected()
        stream._tls = object()
        transport.write = lambda data: (transport.sent.append(data), stream.pause_writing())
        sending = asyncio.create_task(stream.write(b"x" * 100_000))
        for due in ([65536], [65536, 34464]):
            for _ in range(5):
                await asyncio.sleep(0)
            assert due == [len(piece) for piece in transport.sent]
            assert not sending.done()
            stream.resume_writing()
        await sending

    async def test_no_more_is_given_to_a_transport_that_has_ended(self):
        stream, transport = connected()
        stream._tls = object()
        transport.write = lambda data: (transport.sent.append(data), stream.connection_lost(None))
        with pytest.raises(httpcore.WriteError, match="the connection was closed"):
            await stream.write(b"x" * 100_000)

        assert [65536] == [len(piece) for piece in transport.sent]

    async def test_no_more_is_taken_than_is_read(self):
        stream, transport = connected()
        stream.data_received(b"x" * (1 << 20))
        assert [] == transport.done
        stream.data_received(b"y")
        assert ["pause"] == transport.done
        while stream._received:
            await stream.read(65536)
        assert ["pause", "resume"] == transport.done

    async def test_the_end_of_a_reply_comes_after_its_bytes(self):
        stream, _ = connected()
        reading = asyncio.create_task(stream.read(9))
        await asyncio.sleep(0)
        stream.data_received(b"last")
        stream.connection_lost(None)

        assert (b"last", b"", b"") == (await reading, await stream.read(9), await stream.read(9))

    async def test_what_does_not_come_in_time_is_told(self):
        stream, _ = connected()
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(9, timeout=0.01)
        stream.connection_lost(ConnectionResetError(104, "words of asyncio's"))
        with pytest.raises(httpcore.ReadError, match=r"^\[Errno 104\] Connection reset by peer$"):
            await stream.read(9)

    async def test_an_error_without_words_gets_some(self):
        stream, _ = connected()
        stream.connection_lost(ConnectionResetError())
        with pytest.raises(httpcore.ReadError, match=r"^the connection was closed$"):
            await stream.read(9)

    async def test_a_connection_is_closed_when_a_wait_on_it_is_given_up(self):
        """Its owner may have forgotten it: httpcore does so while it talks to a SOCKS proxy."""
        stream, transport = connected()
        reading = asyncio.create_task(stream.read(9))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

        assert ["abort"] == transport.done

    async def test_a_connection_is_closed_without_a_wait(self):
        """The end of TLS would wait for the peer's word, and who is cancelled in a wait leaves others open."""
        stream, transport = connected()
        with pytest.raises(StopIteration):
            stream.aclose().send(None)

        assert ["abort"] == transport.done

    async def test_what_came_before_tls_is_no_part_of_it(self):
        stream, transport = connected()
        stream.data_received(b"HTTP/1.1 200 OK")
        with pytest.raises(httpcore.ConnectError, match="answered before it was asked"):
            await stream.start_tls(ssl.create_default_context(), "service.example")

        assert ["abort"] == transport.done

    async def test_tls_needs_an_open_connection(self):
        stream, transport = connected()
        transport.abort()
        with pytest.raises(httpcore.ConnectError, match="the connection was closed"):
            await stream.start_tls(ssl.create_default_context(), "service.example")
        assert ["abort", "abort"] == transport.done

    @pytest.mark.parametrize("closing", [None, SimpleNamespace(is_closing=lambda: True)])
    async def test_tls_may_end_as_it_begins(self, closing):
        async def start_tls(*_, **__):
            return closing

        stream, transport = connected()
        stream._loop = SimpleNamespace(start_tls=start_tls)
        with pytest.raises(httpcore.ConnectError, match="the connection was closed"):
            await stream.start_tls(ssl.create_default_context(), "service.example")
        assert ["abort"] == transport.done


@contextlib.contextmanager
def swallowing():
    """Give an address that does not answer: its queue of connections is full."""
    with contextlib.ExitStack() as open_:
        listener = open_.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
            assert select.select([listener], [], [], 30)[0]  # until one waits in it, others are answered
        yield listener.getsockname()


@pytest.fixture
def resolve(monkeypatch):
    """Let every name have these addresses: `resolve(address, …)`."""

    def resolve_(*addresses):
        found = [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    return resolve_


class TestDialing:
    """Opening a connection to a host that has several addresses."""

    def test_a_name_may_have_no_address(self, kind, resolve):
        resolve()
        with pytest.raises(paiflow.TransportError, match="no reply from many"):
            ask(kind, "https://many.example")

    def test_all_addresses_share_the_time_of_the_call(self, resolve):
        began = time.monotonic()
        with swallowing() as address:
            resolve(*[address] * 100)
            with pytest.raises(paiflow.TransportError, match="the time for the whole call was up"):
                ask(paiflow.PaiFlow, "https://many.example", retries=paiflow.RetryPolicy(total=0.3))

        assert time.monotonic() - began < 15  # one after another they would take 30 s

    def test_all_addresses_share_the_timeout(self, resolve):
        began = time.monotonic()
        with swallowing() as address:
            resolve(*[address] * 100)
            with pytest.raises(paiflow.TransportError, match="no connection within the timeout"):
                ask(paiflow.PaiFlow, "https://many.example", timeout=0.3)

        assert time.monotonic() - began < 15  # one after another they would take 30 s

    def test_a_look_up_that_hangs_ends_with_the_call(self, monkeypatch):
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30))
        try:
            with pytest.raises(paiflow.TransportError, match="the time for the whole call was up"):
                ask(paiflow.PaiFlow, "https://slow.example", retries=paiflow.RetryPolicy(total=0.1))
        finally:
            over.set()

    @pytest.mark.parametrize("before", ["swallowing", "refusing"])
    def test_an_address_after_a_bad_one_is_used(self, resolve, monkeypatch, before):
        monkeypatch.setattr(_dialing, "NEXT_AFTER", 0.01)
        bad = swallowing if before == "swallowing" else refusing
        with bad() as address, socket.create_server(("127.0.0.1", 0)) as listener:
            resolve(address, listener.getsockname())
            with dial("host.example", 443, 10) as sock:
                assert (listener.getsockname(), None) == (sock.getpeername(), sock.gettimeout())

    def test_the_first_failure_is_told_when_all_have_failed(self, resolve, monkeypatch):
        with refusing() as first, refusing() as second:
            resolve(first, second)
            with pytest.raises(ConnectionRefusedError, match=r"\[Errno \d+\] Connection refused"):
                dial("host.example", 443, None)

    def test_a_name_without_addresses_is_an_error(self, resolve):
        resolve()

        with pytest.raises(OSError, match="the name has no address"):
            dial("host.example", 443, 1)

    def test_a_local_address_may_be_given(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            dial(*listener.getsockname(), 10, "127.0.0.2") as sock,
        ):
            assert "127.0.0.2" == sock.getsockname()[0]


def fails_to_resolve(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class TestErrors:
    """Both clients tell alike what the system said."""

    @contextlib.contextmanager
    def resetting(self):
        """Give an endpoint that resets each connection once a request has come."""
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve():
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        asked_for(connection)
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        connection.close()

            threading.Thread(target=serve, daemon=True).start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            listener.shutdown(socket.SHUT_RDWR)

    def test_a_refused_connection(self, kind):
        with (
            refusing() as (host, port),
            pytest.raises(
                paiflow.TransportError, match=r"no reply from \S+:\d+ in 1 attempt: \[Errno \d+\] Connection refused\.$"
            ),
        ):
            ask(kind, f"http://{host}:{port}")

    def test_several_refused_connections(self, kind, resolve):
        with refusing() as first, refusing() as second:
            resolve(first, second)
            with pytest.raises(
                paiflow.TransportError, match=r"no reply from \S+:\d+ in 1 attempt: \[Errno \d+\] Connection refused\.$"
            ):
                ask(kind, "https://many.example")

    def test_a_connection_that_is_reset(self, kind):
        with (
            self.resetting() as endpoint,
            pytest.raises(paiflow.TransportError, match=r"1 attempt: \[Errno \d+\] Connection reset by peer\.$"),
        ):
            ask(kind, endpoint)

    def test_a_name_that_is_not_known(self, kind, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", fails_to_resolve)

        with pytest.raises(paiflow.TransportError, match=r"1 attempt: \[Errno -?\d+\] Name or service not known\.$"):
            ask(kind, "https://nowhere.example")

    def test_a_certificate_that_is_not_trusted(self, kind, tmp_path, monkeypatch):
        context, _ = certificate(tmp_path)
        with (
            TestUnasked().serving(lambda connection: connection.recv(1), context) as endpoint,
            pytest.raises(paiflow.TransportError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            ask(kind, endpoint)

    @pytest.mark.parametrize("raised", [UnicodeError("label too long"), OverflowError("port must be 0-65535")])
    def test_what_cannot_be_looked_up(self, kind, monkeypatch, raised):
        def fail(*_, **__):
            raise raised

        monkeypatch.setattr(socket, "getaddrinfo", fail)

        with pytest.raises(paiflow.TransportError, match=str(raised)):
            ask(kind, "https://odd.example")
