"""A mock of the service, for tests of code that uses PAI.

    from paiflow.mock import MockService, serve

    service = MockService(clock=HandClock())
    service.contents.add_run("flow-1", [(0, "Running"), ("2m", "Succeeded")])
    service.faults.add("throttling", retry_after=2, times=3)
    with serve(service) as endpoint:
        ...  # any client of the real service, with service.credentials

It validates requests by the effective description and by the vendor's rules, signature included,
and refuses with the vendor's codes. One pure core, `MockService.handle`, decides; an ASGI app,
a server and a transport without a socket drive it. In tests, the fixture `paiflow_mock` has it all.

Needs the extra `mock`. Nothing that `import paiflow` loads may import this package.
"""

from paiflow._distribution import PACKAGES

try:
    from paiflow.mock.asgi import asgi_app
    from paiflow.mock.assumptions import ASSUMPTIONS, Assumption
    from paiflow.mock.behaviour import Behaviour
    from paiflow.mock.clock import Clock, HandClock, HandTime
    from paiflow.mock.description import Description, effective_description
    from paiflow.mock.faults import Fault, FaultError, parse_fault
    from paiflow.mock.fixture import PaiFlowMock, RecordedRequest
    from paiflow.mock.http_messages import Delivery, Reply, Request
    from paiflow.mock.request_log import request_log
    from paiflow.mock.scenario import Scenario, load_scenario
    from paiflow.mock.server import run, serve
    from paiflow.mock.service import MockService
    from paiflow.mock.transport import MockTransport
except ModuleNotFoundError as _error:
    if _error.name not in PACKAGES["mock"]:
        raise
    raise ImportError(
        f"the mock service needs the package {_error.name}, among others: pip install 'paiflow-client[mock]'",
        name=_error.name,
    ) from None

__all__ = [
    "ASSUMPTIONS",
    "Assumption",
    "Behaviour",
    "Clock",
    "Delivery",
    "Description",
    "Fault",
    "FaultError",
    "HandClock",
    "HandTime",
    "MockService",
    "MockTransport",
    "PaiFlowMock",
    "RecordedRequest",
    "Reply",
    "Request",
    "Scenario",
    "asgi_app",
    "effective_description",
    "load_scenario",
    "parse_fault",
    "request_log",
    "run",
    "serve",
]
