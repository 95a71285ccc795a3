"""Whatever shape a reply has, its generated model decodes leniently, type-checks, and gives back what came."""

import copy
import importlib
import json
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import msgspec.inspect
import pytest

from paiflow import _yaml
from tooling import generation
from tooling.errors import GenerationError

ZOO = _yaml.load_file(Path(__file__).with_name("data") / "zoo.yaml")

AWKWARD_TEXTS = (
    *("taken", "value", "get", "self", "cls", "str", "decoding", "fields", "wire", "src_dict", "as_sent", "_as_sent"),
    *(
        "from_dict",
        "from_list",
        "from_json",
        "to_dict",
        "additional_keys",
        "any",
        "Any",
        "class",
        "größe",
        "1st",
        'it\'s "quoted"\\',
    ),
)
SENT = {
    "Text": "t",
    "Uuid": "473469C7-****-****-****-A3DC0DE3C83E",
    "Const": "fixed",
    "Digits": "007",
    "Flag": False,
    "Whole": 3,
    "Number": 1.5,
    "NumberOrNull": 2.5,
    "Moment": "2021-01-21T17:12:35.232Z",
    "Day": "2021-01-21",
    "DayOrEmpty": "2021-01-22",
    "Color": "red",
    "OpenColor": "dark green",
    "Anything": {"a": [None, 1]},
    "Json": '{"a": 1}',
    "Animal": {
        "Name": "n",
        "Notes": "[1]",
        "Mother": {"Name": "m", "Young": [{"Name": "n"}]},
        "Keeper": {"Favourite": {}, "Animals": [{"Name": "x"}]},
    },
    "Keeper": {"Animals": [{"Keeper": {}}]},
    "Texts": ["a", ""],
    "ManyDigits": ["7", "8"],
    "Flags": [True, False],
    "Numbers": [1.5, 2],
    "Moments": ["2021-01-21T17:12:35Z"],
    "Days": ["2021-01-21", "2021-01-22"],
    "Colors": ["red"],
    "OpenColors": ["red", "blue"],
    "Things": [1, "a", {"b": [None]}],
    "Animals": [{"Name": "a"}, {}],
    "Matrix": [[1, 2], [3, None]],
    "Herds": [[{"Name": "a"}, {"New": 1}], [], {"Name": "b"}],
    "FlagOrText": True,
    "MomentOrWhole": "2021-01-21T17:12:35Z",
    "ColorOrFlag": "red",
    "TextOrTexts": ["a", "b"],
    "AnimalOrText": {"Name": "a", "New": 1},
    "AnimalOrAnimals": [{"Name": "a"}],
    "AnimalsOrWhole": [{"Name": "a"}, {}],
    "Mixed": [True, {"Name": "a"}, "2021-01-21T17:12:35Z"],
    "Pet": {"Name": "p", "Notes": "[1]", "Born": "2021-01-21T17:12:35Z", "Owner": "o"},
    "Plain": {
        "Text": "t",
        "Digits": 7,
        "Flag": False,
        "Whole": 3,
        "Number": 1.5,
        "Began": "2021-01-21T17:12:35Z",
        "Ended": "2021-01-21T17:12:35.232Z",
        "Color": "red",
        "Anything": {"a": 1},
    },
    "Awkward": {
        **dict.fromkeys(AWKWARD_TEXTS, "x"),
        "list": ["x"],
        "date": "2021-01-21",
        "datetime": "2021-01-21T17:12:35Z",
        "models": {"Name": "x"},
        "additional_properties": {"a": 1},
        "color": "red",
        "Color": "red",
    },
}

SCRIPT = """
from datetime import date, datetime
from typing import Any, assert_type

from {package}.models import Animal, Color, Zoo

zoo = Zoo.from_dict({{}})
assert_type(zoo.text, str | None)
assert_type(zoo.uuid, str | None)
assert_type(zoo.digits, str | None)
assert_type(zoo.number, float | None)
assert_type(zoo.moment, datetime | None)
assert_type(zoo.day, date | None)
assert_type(zoo.color, Color | str | None)
assert_type(zoo.animal, Animal | None)
assert_type(zoo.texts, list[str])
assert_type(zoo.numbers, list[float])
assert_type(zoo.days, list[date])
assert_type(zoo.open_colors, list[Color | str])
assert_type(zoo.things, list[Any])
assert_type(zoo.matrix, list[Any])
assert_type(zoo.herds, list[Animal | list[Animal]])
assert_type(zoo.flag_or_text, bool | str | None)
assert_type(zoo.moment_or_whole, int | datetime | None)
assert_type(zoo.color_or_flag, bool | Color | str | None)
assert_type(zoo.text_or_texts, str | list[str] | None)
assert_type(zoo.animal_or_animals, Animal | list[Animal] | None)
assert_type(zoo.mixed, list[bool | datetime | Animal])
assert_type(zoo.animals, list[Animal])
Zoo(text="t", texts=["a"], animals=[Animal(name="n")])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the zoo's package in it."""
    folder = tmp_path_factory.mktemp("zoo")
    generation.generate(ZOO, folder / "zoo_api")
    return folder


@pytest.fixture(scope="module")
def zoo(folder):
    """The zoo's models."""
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("zoo_api.models")
    finally:
        sys.path.remove(str(folder))


def described(**properties):
    """The zoo's description with a Zoo of these properties."""
    description = copy.deepcopy(ZOO)
    description["components"]["schemas"]["Zoo"]["properties"] = properties
    del description["components"]["schemas"]["Awkward"]
    return description


def test_the_generated_code_is_strictly_typed(folder):
    (folder / "script.py").write_text(SCRIPT.format(package="zoo_api"), encoding="utf-8")
    for what in (["-p", "zoo_api"], ["script.py"]):
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", *what]
        finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

        assert finished.returncode == 0, finished.stdout


def test_all_is_given_back(zoo):
    before = copy.deepcopy(SENT)
    decoded = zoo.Zoo.from_dict(SENT)

    assert decoded.to_dict() == before
    assert before == SENT
    assert set(SENT) == set(ZOO["components"]["schemas"]["Zoo"]["properties"])
    assert set(SENT["Awkward"]) == set(ZOO["components"]["schemas"]["Awkward"]["properties"])


def test_all_decodes_into_its_types(zoo):
    decoded = zoo.Zoo.from_dict(SENT)

    assert decoded.moment == datetime(2021, 1, 21, 17, 12, 35, 232000, tzinfo=UTC)
    assert decoded.day == date(2021, 1, 21)
    assert decoded.color is zoo.Color.RED
    assert decoded.days == [date(2021, 1, 21), date(2021, 1, 22)]
    assert decoded.open_colors == [zoo.Color.RED, "blue"]
    assert decoded.colors[0] is zoo.Color.RED
    assert decoded.moments[0].tzinfo is UTC
    assert decoded.json_json() == {"a": 1}
    assert decoded.animal.notes_json() == [1]
    assert decoded.animal.mother.young[0].name == "n"
    assert decoded.animal.keeper.animals[0].name == "x"
    assert decoded.awkward.to_dict_ == decoded.awkward.from_dict_ == decoded.awkward.taken == "x"
    assert decoded.awkward.additional_properties_["a"] == 1
    assert decoded.awkward.date == date(2021, 1, 21)


def test_all_can_be_copied_and_pickled(zoo):
    decoded = zoo.Zoo.from_dict(SENT)

    for twin in (copy.copy(decoded), copy.deepcopy(decoded), pickle.loads(pickle.dumps(decoded))):
        assert decoded == twin
        assert twin.to_dict() == SENT
    dated = zoo.Dated.from_dict({"Born": "2021-01-21T17:12:35Z"})  # has no slots, as the second base of Pet
    assert copy.copy(dated) == pickle.loads(pickle.dumps(dated)) == dated


@pytest.mark.parametrize(
    "odd", [None, "", "blue", "2021-01-21T17:12:35+01:00", 0, 7, 2**70, 1.0, -0.0, True, [], [1], {}]
)
def test_an_odd_value_reads_alike_in_an_object_with_all_fields_and_alone(zoo, odd):
    for name, attribute in zoo.Plain._FIELDS.items():
        sent = {**SENT["Plain"], name: odd}
        whole, alone = zoo.Plain.from_dict(sent), zoo.Plain.from_dict({name: odd})

        assert getattr(whole, attribute) == getattr(alone, attribute)
        assert whole.additional_properties == alone.additional_properties
        assert json.dumps(whole.to_dict()) == json.dumps({**SENT["Plain"], name: alone.to_dict()[name]})


@pytest.mark.parametrize("name", SENT)
@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_are_nothing_and_given_back(zoo, name, nothing):
    decoded = zoo.Zoo.from_dict({name: nothing})

    assert decoded.to_dict() == {name: nothing}
    assert decoded.additional_properties == {}


@pytest.mark.parametrize("name", sorted(set(SENT) - {"Anything", "Digits"}))
@pytest.mark.parametrize("value", [5, 2.5, True, "text", [], ["x"], {}, {"a": 1}])
def test_a_value_of_any_kind_is_given_back_or_refused_for_its_container_only(zoo, name, value):
    try:
        decoded = zoo.Zoo.from_dict({name: value})
    except TypeError:
        assert isinstance(value, list | dict)
        assert isinstance(SENT[name], list | dict)
    else:
        assert decoded.to_dict() == {name: value}


VALUES = [
    *(5, 5.0, 2.5, 10**30, True, None, "", "text", "2021-01-21", "20210121T17:12Z", [], [None], ["x"], {}, {"a": 1}),
    {"Keeper": {"Animals": [None, {"Name": "x"}, 5]}},
]


def ways(zoo, monkeypatch):
    """The ways from bytes to a Zoo: with each parser; and as an object in another, which msgspec makes a struct."""
    decoding = importlib.import_module("zoo_api.decoding")
    holder = msgspec.json.Decoder(list[decoding._decoder(zoo.Zoo).type])

    def by(parser, content):
        monkeypatch.setattr(decoding, "_fast_parser", lambda: parser)
        return zoo.Zoo.from_json(content)

    def inside(content):
        try:
            structs = holder.decode(b"[%b]" % content)
        except msgspec.ValidationError:
            return by(msgspec, content)
        return zoo.Zoo.from_list(structs)[0]

    return {
        "json": lambda content: by(None, content),
        "msgspec": lambda content: by(msgspec, content),
        "inside": inside,
    }


@pytest.mark.parametrize("way", ["json", "msgspec", "inside"])
@pytest.mark.parametrize("name", SENT)
def test_bytes_decode_as_values_do(zoo, name, way, monkeypatch):
    decode = ways(zoo, monkeypatch)[way]
    for value in [*VALUES, SENT[name]]:
        for wire in ({name: value}, {**SENT, name: value}):
            content = json.dumps(wire).encode()
            try:
                expected = zoo.Zoo.from_dict(wire)
            except TypeError:
                with pytest.raises(TypeError):
                    decode(content)
                continue
            reply = decode(content)

            assert expected == reply
            assert repr(expected) == repr(reply)
            assert json.dumps(expected.to_dict()) == json.dumps(reply.to_dict())


def test_all_that_is_usual_is_parsed_into_structs(zoo, monkeypatch):
    decoding = importlib.import_module("zoo_api.decoding")
    monkeypatch.setattr(decoding, "read_json", lambda content: None)

    assert zoo.Zoo.from_json(json.dumps(SENT).encode()).to_dict() == SENT
    struct = decoding._decoder(zoo.Zoo).type
    kinds = {field.name: field.type for field in msgspec.inspect.type_info(struct).fields}
    kind = msgspec.inspect
    assert isinstance(kinds["animal"], kind.StructType)
    assert isinstance(kinds["animals"].item_type, kind.StructType)
    assert [kind.AnyType] * 3 == [type(kinds[name]) for name in ("awkward", "texts", "mixed")]


@pytest.mark.parametrize("sent", [[], [[]], {}, "", 0, None])
def test_anything_is_given_back_also_if_it_is_empty(zoo, sent):
    reply = zoo.Zoo.from_dict({"Anything": sent, "New": 1})

    assert sent == reply.anything
    assert reply.to_dict() == {"Anything": sent, "New": 1}
    assert zoo.Zoo.from_dict({"Anything": sent}).to_dict() == {"Anything": sent}


def test_an_empty_list_wins_over_what_was_sent_where_anything_may_be(zoo):
    reply = zoo.Zoo.from_dict({"Anything": 5, "Texts": ["a"]})
    reply.anything, reply.texts = [], []

    assert reply.to_dict() == {"Anything": []}
    assert zoo.Zoo(anything=[]).to_dict() == {"Anything": []}
    reply.anything = None
    assert reply.to_dict() == {}
    emptied = zoo.Zoo.from_dict({"Anything": [], "New": 1})
    emptied.anything = None
    assert emptied.to_dict() == {"New": 1}


@pytest.mark.parametrize(
    ("name", "field", "sent", "decoded", "strange"),
    [
        ("Texts", "texts", ["a", None, 5, "", ["x"]], ["a", ""], True),
        ("Texts", "texts", [None], [], False),
        ("Texts", "texts", [5], [], True),
        ("ManyDigits", "many_digits", ["a", 7, 2.0, None], ["a", "7", "2"], False),
        ("ManyDigits", "many_digits", [True], [], True),
        ("Flags", "flags", [True, 1, None], [True], True),
        ("Numbers", "numbers", [1, 2.5, 10**30, True], [1, 2.5, 10**30], True),
        ("Days", "days", ["2021-01-21", "soon", None], [date(2021, 1, 21)], True),
        ("Colors", "colors", ["red", 5, "blue"], ["red", "blue"], True),
        ("Things", "things", [1, None, [None]], [1, [None]], False),
    ],
)
def test_items_that_cannot_be_held_are_skipped_and_given_back(zoo, name, field, sent, decoded, strange):
    reply = zoo.Zoo.from_dict({name: sent})

    assert getattr(reply, field) == decoded
    assert reply.to_dict() == {name: sent}
    assert reply.additional_properties == ({name: sent} if strange else {})


@pytest.mark.parametrize(
    ("name", "field", "sent", "decoded"),
    [
        ("FlagOrText", "flag_or_text", False, False),
        ("FlagOrText", "flag_or_text", "false", "false"),
        ("FlagOrText", "flag_or_text", 5, None),
        ("MomentOrWhole", "moment_or_whole", 5, 5),
        ("MomentOrWhole", "moment_or_whole", "2021-01-21T17:12Z", datetime(2021, 1, 21, 17, 12, tzinfo=UTC)),
        ("MomentOrWhole", "moment_or_whole", "soon", None),
        ("ColorOrFlag", "color_or_flag", True, True),
        ("ColorOrFlag", "color_or_flag", "blue", "blue"),
        ("TextOrTexts", "text_or_texts", "a", "a"),
        ("TextOrTexts", "text_or_texts", ["a", 5], ["a"]),
        ("TextOrTexts", "text_or_texts", 5, None),
        ("AnimalOrText", "animal_or_text", "a", "a"),
        ("AnimalsOrWhole", "animals_or_whole", 3, 3),
        ("Mixed", "mixed", [False, None, 5], [False]),
    ],
)
def test_a_value_that_may_be_of_several_kinds_reads_as_what_it_is(zoo, name, field, sent, decoded):
    reply = zoo.Zoo.from_dict({name: sent})

    assert getattr(reply, field) == decoded
    assert type(getattr(reply, field)) is type(decoded)
    given = reply.to_dict()[name]
    assert given == sent or zoo.Zoo.from_dict({name: given}) == reply


@pytest.mark.parametrize(
    "sent", [[{"Name": "b"}, [None, {"Name": "a"}]], [[{}, 5]], [{}, None, [{"Mother": {"New": 1}}]], [5]]
)
def test_lists_in_a_list_are_given_back(zoo, sent):
    before = copy.deepcopy(sent)
    reply = zoo.Zoo.from_dict({"Herds": sent})

    assert reply.to_dict() == {"Herds": before}


def test_models_in_a_union_are_models(zoo):
    reply = zoo.Zoo.from_dict(SENT)

    assert reply.animal_or_text.name == "a"
    assert reply.animal_or_text.additional_properties == {"New": 1}
    assert [animal.name for animal in reply.animals_or_whole] == ["a", None]
    assert [animal.name for animal in reply.herds[0]] == ["a", None]
    assert reply.herds[2].name == "b"
    assert reply.mixed[1].name == "a"
    assert reply.mixed[2].tzinfo is UTC
    assert zoo.Zoo.from_dict({"AnimalOrAnimals": {"Name": "b"}}).animal_or_animals.name == "b"


@pytest.mark.parametrize(
    "wire",
    [{"TextOrTexts": {}}, {"AnimalOrText": []}, {"AnimalsOrWhole": {}}, {"Mixed": [[]]}, {"AnimalsOrWhole": [[]]}],
)
def test_a_container_that_a_union_does_not_allow_is_refused(zoo, wire):
    with pytest.raises(TypeError, match=r"Zoo\.\w+: (a list|an object) is due, not"):
        zoo.Zoo.from_dict(wire)


@pytest.mark.parametrize(("sent", "decoded"), [(3, 3), (10**30, 10**30), (2.5, 2.5), (True, None), ("3", None)])
def test_a_number_takes_whole_ones_too(zoo, sent, decoded):
    reply = zoo.Zoo.from_dict({"Number": sent})

    assert reply.number == decoded
    assert type(reply.to_dict()["Number"]) is type(sent)


def test_times_in_a_list_are_given_back_as_the_same_instants(zoo):
    reply = zoo.Zoo.from_dict({"Moments": ["2021-01-22T01:12:35.1234567+08:00", None, "soon"]})

    assert reply.moments == [datetime(2021, 1, 21, 17, 12, 35, 123456, tzinfo=UTC)]
    assert reply.to_dict() == {"Moments": ["2021-01-21T17:12:35.1234567Z", None, "soon"]}


def test_a_date_that_is_spelt_differently_is_given_back_as_it_came(zoo):
    reply = zoo.Zoo.from_dict({"Day": "20210121"})

    assert reply.day == date(2021, 1, 21)
    assert reply.to_dict() == {"Day": "20210121"}


def test_every_model_that_a_response_leads_to_is_there_and_no_other(zoo):
    models = {name: getattr(zoo, name) for name in zoo.__all__ if name != "Color"}

    assert [] == [name for name, model in models.items() if not hasattr(model, "additional_keys")]
    assert "ReplaceAnimalResponse404" in models
    assert "Order" not in models


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"enum": [1, 2]}, "an enum of numbers"),
        ({"const": 5}, "a value of this kind (const)"),
        ({"type": "string", "format": "binary"}, "a value of this kind (file)"),
        (
            {"oneOf": [{"$ref": "#/components/schemas/Animal"}, {"$ref": "#/components/schemas/Keeper"}]},
            "a value that may be any of Animal, Keeper",
        ),
        (
            {"anyOf": [{"type": "array", "items": {"type": kind}} for kind in ("integer", "boolean")]},
            "a value that may be any of list[bool], list[int]",
        ),
    ],
)
def test_what_cannot_be_read_leniently_is_one_line_that_names_schema_and_property(tmp_path, schema, reason):
    with pytest.raises(GenerationError) as raised:
        generation.generate(described(Odd=schema), tmp_path / "zoo_api")

    assert f"Zoo.Odd: {reason} is not supported in a reply" == str(raised.value)


def test_a_reply_that_is_no_object_is_refused(tmp_path):
    description = copy.deepcopy(ZOO)
    content = description["paths"]["/animals"]["put"]["responses"]["200"]["content"]["application/json"]
    content["schema"] = {"type": "array", "items": {"$ref": "#/components/schemas/Animal"}}

    with pytest.raises(
        GenerationError, match=r"^replace_animal: response 200: a reply that is no object is not supported$"
    ):
        generation.generate(description, tmp_path / "zoo_api")


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("to_dict", "to_dict_"), "Zoo: to_dict, to_dict_: more than one of them would be to_dict_ in Python"),
        (
            ("a-b", "a b"),
            "Unable to process schema /components/schemas/Zoo: Properties … and … have the same python_name",
        ),
    ],
)
def test_names_that_are_the_same_in_python_are_told(tmp_path, names, reason):
    with pytest.raises(GenerationError) as raised:
        generation.generate(described(**{name: {"type": "string"} for name in names}), tmp_path / "zoo_api")

    assert reason in str(raised.value)


def test_a_parsing_method_and_a_field_of_its_name_are_told(tmp_path):
    description = described(
        Value={"type": "string", "contentMediaType": "application/json"}, ValueJson={"type": "string"}
    )

    with pytest.raises(
        GenerationError, match=r"^Zoo: Value, ValueJson: more than one of them would be value_json in Python$"
    ):
        generation.generate(description, tmp_path / "zoo_api")


def test_a_template_that_fails_is_one_line(tmp_path, monkeypatch):
    templates = tmp_path / "templates"
    templates.mkdir()
    for path in generation.TEMPLATES.iterdir():
        (templates / path.name).write_bytes(path.read_bytes())
    (templates / "reply_model.py.jinja").write_text("{{ model.nothing.of_it }}\n", encoding="utf-8")
    monkeypatch.setattr(generation, "TEMPLATES", templates)

    with pytest.raises(GenerationError, match=r"^a template failed: UndefinedError: .*nothing"):
        generation.generate(ZOO, tmp_path / "zoo_api")


@pytest.mark.parametrize("name", ["Odd", "value", "examples", "properties"])
@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("#/components/schemas/Nodule", "names nothing in the description"),
        ("#/components/nothing/at/all", "names nothing in the description"),
        ("other.yaml#/Nodule", "leads out of the description: bundle it first"),
    ],
)
def test_a_reference_that_names_nothing_is_told_with_its_place(tmp_path, name, reference, reason):
    with pytest.raises(GenerationError) as raised:
        generation.generate(described(**{name: {"items": {"$ref": reference}}}), tmp_path / "zoo_api")

    place = f"#/components/schemas/Zoo/properties/{name}/items"
    assert f"{place}: $ref {reference} {reason}" == str(raised.value)
