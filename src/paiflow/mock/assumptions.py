"""The assumptions of the mock, where no page of the vendor documents the service's behaviour.

Each place in the mock that rests on one names it: `Assumption: default-order`.
"""

import attrs

__all__ = ["ASSUMPTIONS", "Assumption"]


@attrs.frozen
class Assumption:
    """One assumption.

    Args:
        name: by which the code names it.
        says: what is assumed.
        operations: the operations for which it matters; empty for all.
        refuted_by: how calls that only read could show that it is wrong; None if none can.
    """

    name: str
    says: str
    operations: tuple[str, ...] = ()
    refuted_by: str | None = None


_RUN_CHANGES = ("StartPipelineRun", "TerminatePipelineRun", "RerunPipelineRun", "DeletePipelineRun")
_OF_A_RUN = ("GetPipelineRun", "ListPipelineRuns")
_BATCH = ("ListPipelineRunsStatus",)
_LISTS = ("ListPipelineRuns", "ListPipelines", "ListPipelineRunNodeOutputs", "ListWorkspaces")
_NODE_TYPES = ("GetPipelineRunNode", "ListPipelineRunNodeStatus")
_LOGS = ("ListPipelineRunNodeLogs",)
_CREATES = ("CreatePipelineRun",)
_PIPELINES = ("CreatePipeline", "UpdatePipeline")

ASSUMPTIONS = (
    # Requests
    Assumption(
        "order-of-checks",
        "A request is judged in this order: path and method, headers, access key, signature, nonce, parameters, body.",
        refuted_by="a call that is wrong in two ways is refused for the other one",
    ),
    Assumption(
        "headers-twice",
        "A header that decides anything is refused as InvalidParameter if it comes twice.",
        refuted_by="a read with x-acs-version twice is answered",
    ),
    Assumption(
        "header-names",
        "A missing header has the code Missing and a name: Version, Action, TimeStamp, SignatureNonce, ContentSha256.",
        refuted_by="a read without the header is refused with another code",
    ),
    Assumption(
        "no-authorization",
        "A request without Authorization is an IncompleteSignature.",
        refuted_by="a read without the header is refused with another code",
    ),
    Assumption(
        "time-window",
        "A date may be 15 minutes off, in the future as well as in the past.",
        refuted_by="a read that is dated 14 minutes ahead is refused",
    ),
    Assumption(
        "signed-headers",
        "Host, content-type of a body and every x-acs-* header have to be signed; else it is an IncompleteSignature.",
        refuted_by="a read whose signature leaves out x-acs-date is answered",
    ),
    Assumption(
        "wrong-hash",
        "A wrong x-acs-content-sha256 is a SignatureDoesNotMatch.",
        refuted_by="a read with another body's hash is refused with another code",
    ),
    Assumption(
        "security-tokens",
        "A security token beside a lasting access key is refused as InvalidSecurityToken.MismatchWithAccessKey.",
        refuted_by="such a read is answered",
    ),
    Assumption(
        "http-codes",
        "What is wrong by HTTP itself has HTTP's status, and a code that names it.",
        refuted_by="a read with a body of another media type is refused with another status",
    ),
    Assumption(
        "bodies",
        "A body that is not JSON, or no object, is an InvalidParameter.",
        _BATCH,
        "such a call is refused with another code",
    ),
    Assumption(
        "empty-parameters",
        "An empty query parameter is the same as none, unless the description forbids it.",
        _LISTS,
        "ListPipelineRuns with an empty Name returns no run",
    ),
    Assumption(
        "own-codes",
        "What does not exist has status 404 and, but for pipelines (200200004), a code in words; a status that does not"
        " allow an action, a manifest that is none and a pipeline in use have status 400. The real codes are numbers.",
        refuted_by="GetPipelineRun of an id that does not exist has another status or code",
    ),
    # Lists
    Assumption(
        "default-order",
        "Without SortBy lists are sorted by GmtCreateTime; without Order the last comes first, but in ListWorkspaces. Of"
        " equals the one that was added first counts as less. A page behind the last is empty.",
        _LISTS,
        "ListPipelineRuns returns runs in another order",
    ),
    Assumption(
        "exact-filters",
        "Filters compare whole values, in the same case; FuzzyMatching looks for the text in identifier, provider, version.",
        _LISTS,
        "ListPipelineRuns with part of a Name returns the run",
    ),
    Assumption(
        "page-sizes",
        "A page holds 10 pipelines, or 20 outputs, unless the request says how many.",
        ("ListPipelines", "ListPipelineRunNodeOutputs"),
        "ListPipelines without PageSize returns more than 10",
    ),
    Assumption(
        "batch-lists",
        "With Nodes the list PipelineRuns is empty; with PipelineRuns the lists Nodes and Outputs are.",
        _BATCH,
        "the reply to Nodes and PipelineRuns together holds runs",
    ),
    Assumption(
        "batch-order",
        "The reply holds each thing once, in the order asked for; what does not exist, is in another workspace or is"
        " somebody else's private run is left out.",
        _BATCH,
        "an id given twice comes back twice",
    ),
    Assumption(
        "deleted-runs",
        "A deleted run is not found any more, but ListPipelineRunsStatus still returns it, with IsDeleted true.",
        (*_BATCH, *_OF_A_RUN, "DeletePipelineRun"),
        "ListPipelineRuns returns a run that ListPipelineRunsStatus calls deleted",
    ),
    Assumption(
        "workspace-details",
        "Verbose, ModuleList and ResourceGroupId change nothing. With Option GetResourceLimits there are no Workspaces.",
        ("ListWorkspaces",),
        "ListWorkspaces with Verbose returns more fields than without",
    ),
    # Runs
    Assumption(
        "visibility",
        "A private run of another user does not exist, for every operation. No user is an administrator of a workspace."
        " A share token (TokenId) opens nothing. A public run can be changed by every user.",
        refuted_by="GetPipelineRun of another user's private run is refused in another way than one that does not exist",
    ),
    Assumption(
        "duration",
        "Duration is 0 until a run has finished.",
        _OF_A_RUN,
        "a Running run has another Duration",
    ),
    Assumption(
        "started-and-finished",
        "A run or node has started when it is first Running, Succeeded or Failed; it has finished when it is Succeeded,"
        " Failed or Terminated. Until then the times are null.",
        (*_BATCH, *_OF_A_RUN, *_NODE_TYPES),
        "a Running run has FinishedAt",
    ),
    Assumption(
        "manifest-types",
        "ManifestType changes nothing: Manifest is the text that was submitted.",
        ("GetPipelineRun",),
        "GetPipelineRun returns different manifests for Raw and Frozen",
    ),
    Assumption(
        "unknown-workspaces",
        "Runs and pipelines may be created in a workspace that ListWorkspaces does not list.",
        ("CreatePipelineRun", "CreatePipeline"),
    ),
    Assumption("run-uri", "PipelineRunUri leads to cn-hangzhou.", _OF_A_RUN, "it has another form"),
    Assumption(
        "run-names", "A run without a name is called as its pipeline.", _CREATES, "the name of such a run differs"
    ),
    Assumption(
        "states",
        "Only an Initialized run can be started, only one that has not ended terminated, only a Failed or Terminated one"
        " run again.",
        _RUN_CHANGES,
    ),
    Assumption(
        "terminating",
        "A terminated run is Terminating for two seconds; one that was not started is Terminated at once.",
        ("TerminatePipelineRun",),
    ),
    Assumption(
        "node-failures",
        "Each node runs for 10 seconds and succeeds, but for the names in Behaviour.fails, which fail once, and for a"
        " container whose command ends in `exit 1`, another number but 0, or `false`, which always fails. A condition"
        " (when) is true, and nothing is repeated (withItems). When a node fails, those that do not depend on it go on.",
        (*_CREATES, "StartPipelineRun", "RerunPipelineRun"),
    ),
    Assumption("leaf-pipeline", "A pipeline that consists of no others has a root node with one node in it.", _CREATES),
    # Nodes
    Assumption(
        "status-depth",
        "The statuses are those of the node itself and of Depth - 1 levels in it; the default is 2.",
        ("ListPipelineRunNodeStatus",),
        "ListPipelineRunNodeStatus of a root node does not hold the node itself",
    ),
    Assumption(
        "physical-nodes",
        "Each node that holds no others has one physical node. The other nodes are the same for both types.",
        _NODE_TYPES,
        "GetPipelineRunNode with Type Physical returns the same ids as without",
    ),
    Assumption(
        "progress",
        "Progress is how many of the nodes in a node have ended, of how many.",
        ("GetPipelineRunNode",),
        "Progress of a node with two nodes in it does not end in /2",
    ),
    Assumption(
        "outputs",
        "A node puts out, when it succeeds, the artifacts that its manifest names.",
        ("ListPipelineRunNodeOutputs", *_BATCH),
    ),
    Assumption(
        "output-names",
        "Name selects the outputs of the nodes of that name, and the outputs of that name.",
        ("ListPipelineRunNodeOutputs",),
        "ListPipelineRunNodeOutputs with the name of an output does not return it",
    ),
    # Logs
    Assumption(
        "log-offset",
        "Offset counts lines. The Chinese page calls it a page number: Behaviour.log_offset. A page has 100 lines.",
        _LOGS,
        "with Offset 1 the first line is that of Offset 0 and PageSize plus one",
    ),
    Assumption(
        "log-times",
        "FromTimeInSeconds and ToTimeInSeconds both belong to the range.",
        _LOGS,
        "with both the same, a line of that second is not returned",
    ),
    Assumption(
        "log-keyword",
        "Keyword selects the lines that contain it, in the same case.",
        _LOGS,
        "a line is returned that does not contain it",
    ),
    Assumption("log-lines", "A node writes a line when it starts and ends, and three in between.", _LOGS),
    # Pipelines
    Assumption(
        "pipeline-keys",
        "Provider, identifier and version are in the manifest, and no two pipelines have the same ones.",
        _PIPELINES,
        "ListPipelines returns two pipelines with the same ones",
    ),
)
"""All of them."""
