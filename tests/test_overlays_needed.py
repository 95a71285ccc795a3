"""Each action of each overlay is needed: without it something is different that matters.

One of these, looked for in this order:
    reference   a reference leads nowhere
    judgement   a value that a parameter, body, reply or header accepts is refused, or the reverse
    code        the generated operations, methods or models are others
    lint        a documented example does not hold, or a component is left over
"""

import dataclasses
import functools
from pathlib import Path

import pytest
from described import effective_description
from judgements import Judge
from openapi_python_client.config import Config, ConfigFile, MetaType

from paiflow import _yaml, overlays
from tooling import generation, lint
from tooling.errors import GenerationError
from tooling.lint import rules
from tooling.operations import operations
from tooling.preparing import prepared
from tooling.reply_models import reply_models

BASE = _yaml.load_file(generation.DESCRIPTION)
EFFECTIVE = effective_description()
CONFIG = Config.from_sources(
    ConfigFile(project_name_override="paiflow_api", package_name_override="paiflow_api", post_hooks=[]),
    MetaType.NONE,
    document_source=generation.DESCRIPTION,
    file_encoding="utf-8",
    overwrite=False,
    output_path=Path("paiflow_api"),
)


def actions():
    """Each action of each overlay, as an overlay of its own, by its name."""
    for path in generation.overlay_files():
        overlay = _yaml.load_file(path)
        for number, action in enumerate(overlay["actions"], 1):
            yield f"{path.name}-{number}", overlays.parse({**overlay, "actions": [action]})


ACTIONS = dict(actions())


@functools.cache
def before(number):
    """The base with the first actions applied, this many."""
    return overlays.apply(before(number - 1), list(ACTIONS.values())[number - 1]) if number else BASE


def without(name):
    """The effective description without one action. Lenient, because a later action may have built on it."""
    number = list(ACTIONS).index(name)
    return overlays.apply(before(number), *list(ACTIONS.values())[number + 1 :], lenient=True)


def code(description):
    """What the generated code is made of."""
    description = prepared(description)
    data = generation.parse(description, CONFIG)
    replies = reply_models(data)
    return replies, [dataclasses.asdict(one) for one in operations(description, data, replies)]


CODE = code(EFFECTIVE)


JUDGE = Judge(EFFECTIVE)


def difference(description):
    """Why a description is not as good as the effective one, with the way in which that was found; None if it is."""
    for fault in rules.reference_faults(description):
        return f"reference: {fault}"
    if judged := JUDGE.first_difference(description):
        return f"judgement: {judged}"
    try:
        if code(description) != CODE:
            return "code: other operations or models"
    except GenerationError as error:
        return f"code: {error}"
    faults = (
        *rules.error_faults(description),
        *rules.unused_components(description),
        *lint.example_faults(description),
    )
    return next((f"lint: {fault}" for fault in faults), None)


def test_with_all_actions_nothing_differs():
    assert difference(before(len(ACTIONS))) is None


@pytest.mark.parametrize("name", ACTIONS)
def test_every_action_is_needed(name):
    assert difference(without(name)), f"{name}: without it nothing differs"
