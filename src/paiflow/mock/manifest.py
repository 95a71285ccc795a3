"""Read a pipeline's manifest, in YAML or JSON: its metadata and its steps.

Names are taken in camelCase, as people write them, and in PascalCase, as replies hold them.

Source: "Pipeline manifest", https://www.alibabacloud.com/help/en/pai/developer-reference/pipeline-manifest.
"""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

import attrs

from paiflow import _yaml
from paiflow.manifests.fields import of, parts

__all__ = ["Manifest", "ManifestError", "Step", "of", "parsed", "parts", "read_manifest"]

_DEEPEST = 20


class ManifestError(ValueError):
    """A text that is no manifest; says why."""


@attrs.frozen
class Step:
    """One pipeline in another.

    Args:
        name: of the node that runs it.
        metadata: what names the pipeline: identifier, provider, version, displayName.
        spec: the rest.
        dependencies: the names of the steps that have to end before it.
        steps: those in it, each after those that it depends on.
    """

    name: str
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any]
    dependencies: Sequence[str] = ()
    steps: Sequence["Step"] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """Provider, identifier and version of its pipeline."""
        return _key(self.metadata)

    def all(self) -> Iterator["Step"]:
        """Yield the steps in it, of all levels."""
        for step in self.steps:
            yield step
            yield from step.all()


@attrs.frozen
class Manifest:
    """A manifest that has been read.

    Args:
        api_version: such as core/v1.
        root: the pipeline.
    """

    api_version: str
    root: Step

    @property
    def key(self) -> tuple[str, str, str]:
        """Provider, identifier and version, which identify a pipeline."""
        return self.root.key


def read_manifest(text: str) -> Manifest:
    """Return the manifest in a text.

    Raises:
        ManifestError: it is none.
    """
    document = parsed(text, "the manifest")
    root = _step(_mapping(document, "the manifest"), "the manifest", 1)
    return Manifest(str(of(document, "apiVersion") or "core/v1"), root)


def parsed(text: str, name: str) -> Any:
    """Return the value of a text in YAML or JSON; `name` is what an error calls it.

    Raises:
        ManifestError: it is neither.
    """
    try:
        return _yaml.load(text, name)
    except _yaml.YamlError as error:
        raise ManifestError(str(error)) from None


def _step(node: Mapping[str, Any], place: str, level: int) -> Step:
    if level > _DEEPEST:
        raise ManifestError(f"pipelines are nested more than {_DEEPEST} levels deep")
    metadata = _mapping(of(node, "metadata"), f"{place}: metadata")
    spec = _mapping(of(node, "spec") or {}, f"{place}: spec")
    identifier = of(metadata, "identifier")
    name = of(metadata, "name") or identifier
    if not isinstance(name, str) or not isinstance(identifier or name, str):
        raise ManifestError(f"{place}: metadata: identifier is missing")
    children = [
        _step(_mapping(child, f"{place}: pipelines[{index}]"), f"{place}: pipelines[{index}]", level + 1)
        for index, child in enumerate(_list(of(spec, "pipelines"), f"{place}: pipelines"))
    ]
    dependencies = _list(of(spec, "dependencies"), f"{place}: dependencies")
    return Step(name, metadata, spec, tuple(map(str, dependencies)), _ordered(children, place))


def _ordered(steps: Sequence[Step], place: str) -> Sequence[Step]:
    """Return steps, each after those that it depends on, by name or, assumed, by identifier."""
    by_name = {str(of(step.metadata, "identifier")): step.name for step in steps} | {
        step.name: step.name for step in steps
    }
    if len({step.name for step in steps}) != len(steps):
        raise ManifestError(f"{place}: two pipelines have the same name")
    for step in steps:
        if unknown := [name for name in step.dependencies if name not in by_name]:
            raise ManifestError(f"{place}: {step.name} depends on {unknown[0]}, which is not there")
    needed = {step.name: [by_name[name] for name in step.dependencies] for step in steps}
    try:
        order = tuple(TopologicalSorter(needed).static_order())
    except CycleError:
        raise ManifestError(f"{place}: the dependencies are a circle") from None
    position = {name: index for index, name in enumerate(order)}
    return tuple(
        attrs.evolve(step, dependencies=tuple(needed[step.name]))
        for step in sorted(steps, key=lambda step: position[step.name])
    )


def _key(metadata: Mapping[str, Any]) -> tuple[str, str, str]:
    provider, identifier, version = (str(of(metadata, name) or "") for name in ("provider", "identifier", "version"))
    return provider, identifier, version


def _mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ManifestError(f"{place} is not a mapping")
    return value


def _list(value: Any, place: str) -> Sequence[Any]:
    if value is not None and not isinstance(value, list):
        raise ManifestError(f"{place} is not a list")
    return value or ()
