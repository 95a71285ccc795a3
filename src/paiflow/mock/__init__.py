"""A mock of the service, for tests of code that uses PAI.

    from paiflow.mock import MockService, serve

    service = MockService()
    service.store.add_run({"PipelineRunId": "flow-1", "Status": "Running"})
    with serve(service) as endpoint:
        ...  # any client of the real service, with service.credentials

It judges requests by the effective description and by the vendor's rules, signature included,
and refuses with the vendor's codes. One pure core, `MockService.handle`, decides; an ASGI app,
a server and a transport without a socket drive it.

Needs the extra `mock`. Nothing that `import paiflow` loads may import this package.
"""

try:
    from paiflow.mock.asgi import asgi_app
    from paiflow.mock.messages import Reply, Request
    from paiflow.mock.server import run, serve
    from paiflow.mock.service import MockService
    from paiflow.mock.transport import MockTransport
except ModuleNotFoundError as error:
    if error.name not in ("httptools", "jsonschema_rs", "uvicorn", "yaml"):
        raise
    raise ImportError(
        f"the mock service needs the package {error.name}, among others: pip install 'paiflow[mock]'", name=error.name
    ) from None

__all__ = ["MockService", "MockTransport", "Reply", "Request", "asgi_app", "run", "serve"]
