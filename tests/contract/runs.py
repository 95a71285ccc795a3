"""Run the contract suite in this process, as the command does, against mocks and what stands before them."""

import contextlib
import io
import os
from dataclasses import dataclass, replace

from contract.defects import proxied

from paiflow.contract import command
from paiflow.credentials import KEY_ID, KEY_SECRET, TOKEN
from paiflow.mock import MockService, serve
from paiflow.mock.behaviour import Behaviour

ALL = os.environ.get("CONTRACT_DEFECTS") == "all"
"""Whether every defect is tried, and what takes a minute."""

FEW = 1
"""Examples to make up where something else is tested."""

SWIFT = Behaviour(node_takes=1.0, terminating_takes=0.2)
"""Of mocks whose runs end soon."""


@dataclass(frozen=True)
class Finished:
    """What a run came to."""

    status: int
    text: str
    endpoint: str = ""

    @property
    def failed(self):
        """The names of the checks that failed."""
        return {line.split()[1].rstrip(",") for line in self.text.splitlines() if line.startswith("FAILED ")}


def judged(options, **environ):
    """Run the command."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(io.StringIO()):
        status = command.run(options, environ)
    return Finished(status, text.getvalue(), options.endpoint or "")


def variables(credentials):
    """What names credentials in the environment."""
    named = {KEY_ID: credentials.access_key_id, KEY_SECRET: credentials.access_key_secret}
    return named if credentials.security_token is None else {**named, TOKEN: credentials.security_token}


def variables_of_another(credentials):
    """What names a second user's credentials in the environment."""
    return {
        "PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_ID": credentials.access_key_id,
        "PAIFLOW_CONTRACT_OTHER_ACCESS_KEY_SECRET": credentials.access_key_secret,
    }


def judged_behind(defect, options=None, *, credentials=None, other=None, **environ):
    """Run the command against a mock behind a proxy with a defect, None for one without."""
    accounts = [one for one in (credentials, other) if one]
    service = MockService(accounts, behaviour=SWIFT)
    environ |= {} if other is None else variables_of_another(other)
    with serve(service) as upstream, proxied(upstream, service.credentials, defect) as endpoint:
        options = replace(options or command.Options(examples=FEW), endpoint=endpoint)
        return judged(options, **{**variables(service.credentials), **environ})
