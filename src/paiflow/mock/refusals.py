"""The refusals of the service: code, status and message.

Sources: "Common error codes" of the vendor's products (help.aliyun.com/en/document_detail/434846.html,
help.aliyun.com/document_detail/51132.html, help.aliyun.com/en/dns/error-code). PAIFlow has no public list of its own.
Where no source has a code for the case, the assumption is marked.
"""

from collections.abc import Sequence

__all__ = ["Refusal"]

# `{}` is what the refusal is about.
_MANDATORY = "{} is mandatory for this action."
_NOT_VALID = "Specified parameter {} is not valid."

_REFUSALS: dict[str, tuple[int, str]] = {
    "InvalidApi.NotFound": (404, "Specified api is not found, please check your url and method."),
    "UnsupportedHTTPMethod": (405, "This http method is not supported."),
    # One code for each header is the tables' `Missing{Parameter}`; Assumption: header-names.
    "MissingVersion": (400, _MANDATORY),
    "MissingAction": (400, _MANDATORY),
    "MissingTimeStamp": (400, _MANDATORY),
    "MissingSignatureNonce": (400, _MANDATORY),
    "MissingContentSha256": (400, _MANDATORY),
    "InvalidVersion": (400, _NOT_VALID),
    "InvalidAction": (400, _NOT_VALID),
    # No Authorization at all is refused as one of the wrong form. Assumption: no-authorization.
    "IncompleteSignature": (400, "The request signature does not conform to Aliyun standards."),
    "InvalidTimeStamp.Format": (400, "Specified time stamp or date value is not well formatted."),
    "InvalidTimeStamp.Expired": (400, "Specified time stamp or date value is expired."),
    "InvalidAccessKeyId.NotFound": (404, "Specified access key is not found."),
    "SignatureDoesNotMatch": (400, "Specified signature does not match our calculation. {}"),
    "MissingSecurityToken": (400, _MANDATORY),
    "InvalidSecurityToken.MismatchWithAccessKey": (400, "Specified SecurityToken mismatch with the AccessKey."),
    "InvalidSecurityToken.Expired": (400, "Specified SecurityToken is expired."),
    "SignatureNonceUsed": (400, "Specified signature nonce was used already."),
    "MissingParameter": (400, _MANDATORY),
    "InvalidParameter": (400, _NOT_VALID),
    # Assumption: http-codes. The statuses are those of RFC 9110, sections 15.5.1, 15.5.9 and 15.5.14 to 15.5.16, and of
    # RFC 6585, section 5.
    "BadRequest": (400, "The request is not well-formed HTTP."),
    "RequestTimeout": (408, "The request did not come to its end in time."),
    "RequestURITooLong": (414, "The request target is too long."),
    "RequestHeaderFieldsTooLarge": (431, "The request header is too large."),
    "RequestEntityTooLarge": (413, "The request body is larger than {} bytes."),
    "UnsupportedMediaType": (415, "The request body must be application/json, in UTF-8."),
    # Assumption: own-codes. Only the first is known: https://github.com/aliyun/terraform-provider-alicloud
    # (alicloud/service_alicloud_pai_flow_v2.go). PAIFlow's own codes are numbers in text.
    "200200004": (404, "The pipeline {} does not exist."),
    "PipelineRunNotFound": (404, "The pipeline run {} does not exist, or is not visible to this account."),
    "NodeNotFound": (404, "The node {} does not exist."),
    "IncorrectStatus": (400, "The status of {} does not allow this action."),
    "DependencyViolation": (400, "{} is in use."),
    # What follows happens to requests that are right; so do expired tokens and used nonces, where a fault has it so.
    # Throttling has status 400 in all the tables; the fault can make it 429.
    "Throttling.User": (400, "Request was denied due to user flow control."),
    "InternalError": (500, "The request processing has failed due to some unknown error, exception or failure."),
    "ServiceUnavailable": (503, "The request has failed due to a temporary failure of the server."),
}


class Refusal(Exception):
    """The service says no. Never leaves the mock: it becomes a reply.

    Args:
        code: one of the table's.
        about: what the refusal is about, for the codes whose words leave room for it.
        detail: appended to the vendor's words, to help debugging a client.
        status: instead of the table's.
        headers: sent with the reply.
    """

    def __init__(
        self,
        code: str,
        about: object = "",
        *,
        detail: str = "",
        status: int | None = None,
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(code)
        self.code = code
        usual, words = _REFUSALS[code]
        self.status: int = status or usual
        message = words.format(about)
        self.message: str = f"{message} ({detail})" if detail else message
        self.headers = headers
