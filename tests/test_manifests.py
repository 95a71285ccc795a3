"""What is certainly wrong with a manifest is reported with its place; what may be right is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import paiflow
from paiflow import _yaml

DOCUMENTED = sorted((Path(__file__).parent / "data" / "manifests").glob("*.yaml"))
SAMPLE = (
    '{"ApiVersion":"core/v1","Metadata":{"NodeId":"node-n06d","Provider":"155","Name":"flow-j94y","Version":"v1",'
    '"Identifier":"9fe11111","Namespace":null,"DisplayName":"name","NodeType":"Dag"},"Spec":{}}'
)
# Line 4 is the first of what is under test.
HEAD = "apiVersion: core/v1\nmetadata: {identifier: flow, provider: me, version: v1}\nspec:\n"
LOAD = "  - {metadata: {name: load, identifier: source}}\n"
FLOW = f"  inputs: {{parameters: [{{name: rate}}], artifacts: [{{name: table}}]}}\n  pipelines:\n{LOAD}"


def node(name, spec):
    return f"  - metadata: {{name: {name}}}\n    spec:\n      {spec}\n"


def taken(source, name="data", kind="artifacts"):
    return node("train", f'arguments: {{{kind}: [{{name: {name}, from: "{source}"}}]}}')


def told(text):
    return [str(one) for one in paiflow.check_manifest(text)]


@pytest.mark.parametrize("text", [*(one.read_text(encoding="utf-8") for one in DOCUMENTED), SAMPLE])
def test_nothing_is_wrong_with_documented_manifests_in_any_way_of_writing_them(text):
    value = _yaml.load(text)

    for written in (
        text,
        text.replace("\n", "\r\n"),
        f"\ufeff{text}",
        json.dumps(value),
        json.dumps(value, indent="\t"),
    ):
        assert [] == told(written)


@pytest.mark.parametrize(
    "body",
    [
        FLOW + taken("{{inputs.artifacts.table}}"),
        FLOW + taken("{{ inputs.parameters.rate }}", kind="parameters"),
        FLOW + taken("{{pipelines.load.outputs.artifacts.unknown}}"),
        FLOW + taken("{{pipelines.source.outputs.artifacts.by-identifier}}"),
        FLOW + taken("{{inputs.artifacts.table[0]}}") + node("b", "dependencies: [source, train]"),
        FLOW + node("loop", "withParam: '\"{{pipelines.load.outputs.result}}\"'\n      when: '{{item}} == {{item.x}}'"),
        FLOW + node("loop", "inputs: {parameters: [{name: own}]}\n      when: '{{inputs.parameters.own}} == 1'"),
        FLOW + node("inner", "inputs: {parameters: [{name: own}, {name: b, from: '{{inputs.parameters.own}}'}]}"),
        FLOW + node("inner", "container: {args: ['{{inputs.foo}} {{pipelines}} {{ x']}"),
        "  unknown: {field: [1]}\n  pipelines: []\n  inputs: {}\n  dependencies:\n",
        "  inputs: {parameters: [{name: a, value: '', from: '{{inputs.parameters.of-another}}'}]}\n",
        "  inputs: {parameters: [{name: a}], artifacts: [{name: a}]}\n  outputs: {artifacts: [{name: a}]}\n",
        # The same pipeline twice, under names of which one is its identifier.
        (
            "  pipelines:\n  - {metadata: {name: s, identifier: s}}\n"
            "  - {metadata: {name: s2, identifier: s}, spec: {dependencies: [s]}}\n"
        ),
        "  名前: 値\n  inputs: {parameters: [{name: 学习率}]}\n  pipelines:\n"
        + taken("{{inputs.parameters.学习率}}", kind="parameters"),
    ],
)
def test_what_may_be_right_passes(body):
    assert [] == told(HEAD + body)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1:1: the manifest is empty"]),
        ("- a", ["1:1: the manifest is not a mapping"]),
        ("a: 1\na: 2", ["2:1: duplicate key 'a'"]),
        ("a: &x 1\nb: *y", ["2:4: alias *y has no finished anchor before it"]),
        ("a:\n\tb: 1", ["2:1: while scanning for the next token found character '\\t' that cannot start any token"]),
        ("a: 1\n---\nb: 2", ["2:1: a second document; one is expected"]),
        ("a: \0", ["1:4: character U+0000 is not allowed"]),
        ("spec: {}", ["1:1: apiVersion is missing: write apiVersion: core/v1", "1:1: metadata is missing"]),
        (
            "apiVersion: 1\nmetadata: {identifier: [a], version: v1}\nspec: []",
            [
                "1:1: apiVersion is 1; it has to be core/v1",
                "2:1: metadata: provider is missing",
                "2:12: metadata: identifier is not a text",
                "3:1: spec is not a mapping",
            ],
        ),
        ('{\n\t"apiVersion": "core/v1",\n\t"Metadata": 3\n}', ["3:2: metadata is not a mapping"]),
    ],
)
def test_what_is_no_manifest_is_reported(text, problems):
    assert problems == told(text)


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ("  pipelines: {}\n", ["4:3: pipelines is not a list"]),
        ("  inputs: []\n", ["4:3: inputs is not a mapping"]),
        ("  inputs: {parameters: {a: 1}}\n", ["4:12: inputs: parameters is not a list"]),
        ("  inputs: {parameters: [a, {type: Int}]}\n",
         ["4:25: inputs: one of parameters is not a mapping", "4:28: inputs: one of parameters has no name"]),
        ("  outputs:\n    artifacts:\n    - name: a\n    - name: a\n",
         ['7:7: outputs: two of artifacts have the name "a"']),
        ("  pipelines:\n" + LOAD + LOAD, ['6:5: two nodes have the name "load"']),
        ("  pipelines:\n  - spec: {}\n  - 1\n",
         ["5:5: the node has no name: its metadata needs a name or an identifier", "6:5: a node is not a mapping"]),
        (FLOW + node("b", "dependencies: [lod]"),
         ['9:22: node "b" depends on "lod", but there is no node "lod"; nodes are: load, b; did you mean load?']),
        (FLOW + node("b", "dependencies: load"), ["9:7: dependencies is not a list"]),
        (FLOW + taken("{{pipelines.prepare.outputs.artifacts.data}}"),
         [('9:44: node "train": "data" comes from "{{pipelines.prepare.outputs.artifacts.data}}", but there is no node '
          '"prepare"; nodes are: load, train')]),
        (FLOW + taken("{{inputs.parameters.rat}}", "rate", "parameters"),
         [('9:45: node "train": "rate" comes from "{{inputs.parameters.rat}}", but there is no input "rat"; '
          "inputs.parameters are: rate; did you mean rate?")]),
        (FLOW + taken("{{inputs.artifacts.rate}}"),
         [('9:44: node "train": "data" comes from "{{inputs.artifacts.rate}}", but there is no input "rate"; '
          "inputs.artifacts are: table")]),
        (FLOW + taken("{{inputs.rate}}"),
         [('9:44: node "train": "data" comes from "{{inputs.rate}}", but a reference is {{inputs.parameters.NAME}} or '
          "{{pipelines.NODE.outputs.artifacts.NAME}}")]),
        (FLOW + taken("{{inputs.artifacts.table"),
         ['9:44: node "train": "data": the reference "{{inputs.artifacts.table" is not closed by }}']),
        (FLOW + node("split", "outputs: {artifacts: [{name: left}]}") + taken("{{pipelines.split.outputs.artifacts.x}}"),
         [('12:44: node "train": "data" comes from "{{pipelines.split.outputs.artifacts.x}}", but there is no output "x"; '
          'outputs.artifacts of "split" are: left')]),
        (FLOW + node("loop", "withParam: '{{pipelines.gen.outputs.result}}'"),
         [('9:7: node "loop": withParam comes from "{{pipelines.gen.outputs.result}}", but there is no node "gen"; nodes '
          "are: load, loop")]),
        ("  outputs: {artifacts: [{name: a, from: '{{pipelines.x.outputs.artifacts.y}}'}]}\n",
         [('4:35: the pipeline: "a" comes from "{{pipelines.x.outputs.artifacts.y}}", but there is no node "x"; nodes are: '
          "none")]),
        ("  container: {args: [--rate, '{{inputs.parameters.rate}}']}\n",
         ['4:30: "{{inputs.parameters.rate}}" leads nowhere: there is no input "rate"; inputs.parameters are: none']),
        ("  outputs: {artifacts: [{name: a, value: {table: '{{inputs.parameters.t}}'}}]}\n",
         ['4:43: "{{inputs.parameters.t}}" leads nowhere: there is no input "t"; inputs.parameters are: none']),
        ("  arguments: {parameters: [{name: a, value: 0, from: '{{inputs.parameters.b}}'}]}\n",
         ['4:48: arguments: "a" has both value and from; one of them has to go']),
        ("  pipelines:\n" + node("a", "dependencies: [b]") + node("b", "dependencies: [a]"),
         ["5:5: the nodes depend on each other in a circle: a > b > a"]),
        ("  pipelines:\n" + taken("{{pipelines.train.outputs.artifacts.x}}"), ['5:5: node "train" depends on itself']),
        (FLOW + node("inner", "pipelines:\n      - metadata: {name: deep}\n        spec: {dependencies: [load]}"),
         ['11:31: node "deep" depends on "load", but there is no node "load"; nodes are: deep']),
    ],
)  # fmt: skip
def test_what_is_certainly_wrong_is_reported_with_its_place(body, problems):
    assert problems == told(HEAD + body)


def test_a_circle_may_go_by_references_and_both_ways_of_writing_are_read():
    """By a dependency one way, by a reference the other; the same in the PascalCase of replies."""
    body = "  pipelines:\n" + taken("{{pipelines.b.outputs.artifacts.x}}") + node("b", "dependencies: [train]")
    pascal = HEAD + body
    for word in ("apiVersion", "metadata", "identifier", "provider", "version:", "spec", "pipelines:", "name:", "from:",
                 "arguments", "artifacts:", "dependencies"):  # fmt: skip
        pascal = pascal.replace(f"{word}", word[0].upper() + word[1:])

    assert ["the nodes depend on each other in a circle: train > b > train"] == [
        one.message for one in paiflow.check_manifest(HEAD + body)
    ]
    assert told(HEAD + body) == told(pascal)


def test_a_name_that_is_also_an_identifier_means_the_node_of_that_name():
    nodes = (
        "  - {metadata: {name: s, identifier: s}, spec: {dependencies: [s2]}}\n"
        "  - {metadata: {name: s2, identifier: s}, spec: {dependencies: [s]}}\n"
    )

    assert ["5:5: the nodes depend on each other in a circle: s > s2 > s"] == told(f"{HEAD}  pipelines:\n{nodes}")


def test_json_with_tabs_has_places_without_libyaml_too(monkeypatch):
    monkeypatch.setattr("yaml.__with_libyaml__", False)

    assert ["1:1: apiVersion is missing: write apiVersion: core/v1", "2:2: metadata is not a mapping"] == told(
        '{\n\t"metadata":\t3\n}'
    )


def test_a_problem_names_the_path_to_it():
    (problem,) = paiflow.check_manifest(HEAD + FLOW + taken("{{inputs.artifacts.x}}"))

    assert "spec.pipelines[1].spec.arguments.artifacts[0].from" == problem.path


LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nests too deeply"),
        ("- " * 100_000, "nests too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nests too deeply"),
        ('{"a":' * 400 + "1" + "}" * 400, "nests too deeply"),
        (LAUGHS, "more than 200000 values"),
    ],
    ids=["lists", "blocks", "json", "json that Python reads", "laughs"],
)
def test_hostile_text_is_refused_in_one_line_and_soon(text, reason):
    (problem,) = told(text)

    assert reason in problem
    assert problem.isprintable()


def test_many_circles_and_many_names_take_no_long_time():
    nodes = "".join(node(f"n{index}", f"dependencies: [n{index ^ 1}, m{index}]") for index in range(1000))
    found = told(f"{HEAD}  pipelines:\n{nodes}")

    assert 1000 + 10 == len(found)


def test_without_pyyaml_one_line_names_the_extra():
    code = """
import sys
sys.modules["yaml"] = None
import paiflow
try:
    paiflow.check_manifest("")
except paiflow.ConfigurationError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "check_manifest needs an extra: pip install 'paiflow-client[cli]'\n" == done.stdout
