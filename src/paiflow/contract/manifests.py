"""The manifests of the pipelines that the suite creates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

PROVIDER = "contract"

Identity = tuple[str, str, str]


@dataclass(frozen=True)
class Step:
    """A node to be.

    Args:
        name: of the node.
        after: the names of the steps that have to end before it.
        steps: those in it.
        outputs: name and type of what it puts out.
        uses: the pipeline that it is one of; its own if none.
        command: of its container; none if empty.
    """

    name: str
    after: Sequence[str] = ()
    steps: Sequence[Step] = ()
    outputs: Sequence[tuple[str, str]] = ()
    uses: Identity | None = None
    command: Sequence[str] = ()

    def written(self) -> dict[str, Any]:
        """Return the step as a manifest has it."""
        provider, identifier, version = self.uses or (PROVIDER, self.name, "v1")
        artifacts = [
            {"name": name, "metadata": {"type": {kind: {}}}, "value": {"location": f"/{name}"}}
            for name, kind in self.outputs
        ]
        container = {"container": {"image": "alpine", "command": list(self.command)}} if self.command else {}
        return {
            "metadata": {"provider": provider, "identifier": identifier, "version": version, "name": self.name},
            "spec": {
                **container,
                "dependencies": list(self.after),
                "outputs": {"artifacts": artifacts},
                "pipelines": [step.written() for step in self.steps],
            },
        }

    def leaves(self) -> Iterator[Step]:
        """Yield the steps that hold no others."""
        if not self.steps:
            yield self
        for step in self.steps:
            yield from step.leaves()


@dataclass(frozen=True)
class Manifest:
    """A manifest.

    Args:
        identifier: of the pipeline.
        steps: of the pipeline.
        version: of the pipeline.
    """

    identifier: str
    steps: Sequence[Step] = ()
    version: str = "v1"

    @property
    def identity(self) -> Identity:
        """Provider, identifier and version, which name one pipeline."""
        return PROVIDER, self.identifier, self.version

    @property
    def uses(self) -> frozenset[Identity]:
        """The pipelines that it uses."""
        return frozenset(step.uses for one in self.steps for step in one.leaves() if step.uses)

    @property
    def text(self) -> str:
        """The manifest as JSON, which is YAML too."""
        written = Step(self.identifier, steps=self.steps, uses=self.identity).written()
        return json.dumps({"apiVersion": "core/v1", **written}, ensure_ascii=False)

    @property
    def yaml(self) -> str:
        """The manifest as people write it, in lines."""
        return json.dumps(json.loads(self.text), ensure_ascii=False, indent=2) + "\n"


BAD = {
    "of nothing": " ",
    "of text": "nothing",
    "a list": "- a\n- b\n",
    "not YAML": "metadata: [",
    "without metadata": '{"apiVersion": "core/v1", "spec": {}}',
    "that depends on nothing that is there": Manifest("contract-bad", [Step("a", after=["b"])]).text,
    "that depends on itself": Manifest("contract-bad", [Step("a", after=["b"]), Step("b", after=["a"])]).text,
}
"""Texts that are no manifests, by what is wrong with them."""
