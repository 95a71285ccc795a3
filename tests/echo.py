"""A server that answers with the id it was asked for, and knows which connection brought what."""

import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class EchoServer(ThreadingHTTPServer):
    """Serves while in a `with`.

    Attributes:
        asked: for each connection, by its number, the first ids of its requests.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 50

    def __init__(self, context=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = defaultdict(list)
        if context is not None:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.endpoint = f"{'http' if context is None else 'https'}://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """A client that goes away is no error."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_PUT(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        [name] = body["PipelineRuns"]
        self.server.asked[self.client_address[1]].append(name)
        content = json.dumps({"RequestId": name, "PipelineRuns": []}).encode()
        # In one piece, as real servers send small replies.
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(content) + content)

    def log_message(self, *_):
        """Say nothing."""


def certificate(folder, *names):
    """Write a certificate for 127.0.0.1, and these names, with its key; return the server's context and the file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    # On whatever day: Python's clock and OpenSSL's may differ in a test.
    first, last = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), *[x509.DNSName(name) for name in names]]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context, file
