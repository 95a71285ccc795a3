"""Judge exchanges with openapi-core, which shares no code with schemathesis, jsonschema-rs or our mock."""

from urllib.parse import parse_qsl, urlsplit

from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

PATH = "/api/v1/pipelineruns"


class Engine:
    """An effective description, or one that lacks something, as openapi-core understands it."""

    def __init__(self, description):
        # Whether the description itself is well-formed is for its lint to say.
        self._openapi = OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))

    def request_fault(self, body, content_type="application/json", authorization="signed", method="PUT", target=PATH):
        """Return why a request does not fit the description, None if it does."""
        return self._fault(self._openapi.validate_request, _request(method, target, body, content_type, authorization))

    def reply_fault(self, status, body, headers, content_type="application/json", method="PUT", target=PATH):
        """Return why a reply does not fit the description, None if it does."""
        headers = {**headers, "content-type": content_type}
        reply = MockResponse(body, status_code=status, headers=headers, content_type=content_type)
        request = _request(method, target, b"{}", "application/json", "signed")
        return self._fault(self._openapi.validate_response, request, reply)

    @staticmethod
    def _fault(validate, *arguments):
        try:
            validate(*arguments)
        except OpenAPIError as error:
            try:
                return f"{type(error).__name__}: {error}"
            except UnicodeDecodeError:  # its words hold the body, whatever it is
                return type(error).__name__
        return None


def _request(method, target, body, content_type, authorization):
    parts = urlsplit(target)
    return MockRequest(
        "http://127.0.0.1",
        method.lower(),
        parts.path,
        args=parse_qsl(parts.query, keep_blank_values=True),
        headers={"Authorization": authorization} if authorization else {},
        data=body or None,
        content_type=content_type or "",
    )
