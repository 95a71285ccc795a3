"""Run the contract suite in this process, as the command does, against mocks and what stands before them."""

import contextlib
import io
from dataclasses import dataclass, replace

from contract.defects import proxied

from paiflow.credentials import KEY_ID, KEY_SECRET, TOKEN
from paiflow.mock import MockService, serve
from tooling.contract import command

FEW = 3
"""Examples to make up where something else is tested."""


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


def variables(credentials):
    """Return the environment that holds credentials."""
    return {
        KEY_ID: credentials.access_key_id,
        KEY_SECRET: credentials.access_key_secret,
        TOKEN: credentials.security_token or "",
    }


def judged(options=None, **environ):
    """Run the command in this process."""
    options = options or command.Options(examples=FEW)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = command.run(options, environ)
    return Finished(status, said.getvalue(), options.endpoint or "")


def judged_behind(defect, options=None, credentials=None, **environ):
    """Run the command against a mock behind a proxy with a defect, None for one without."""
    service = MockService([credentials] if credentials else [])
    with serve(service) as upstream, proxied(upstream, service.credentials, defect) as endpoint:
        options = replace(options or command.Options(examples=FEW), endpoint=endpoint)
        return judged(options, **{**variables(service.credentials), **environ})
