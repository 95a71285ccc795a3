"""What has changed since a release must be said by the version and by a line in CHANGELOG.md.

Most compare with a file, which is quick: version and changelog are those of the last release all the same.
"""

import pytest
from changes.edits import edited

from paiflow import _yaml

RUN = "/components/schemas/PipelineRun"
FIELD_REMOVED = {"set": {f"{RUN}/properties/Former": {"type": "string"}}}
FIELD_ADDED = {"remove": [f"{RUN}/properties/Name"]}
MADE_OPTIONAL = {"set": {f"{RUN}/required": ["Name"]}}


def test_nothing_is_due_where_nothing_has_changed(project):
    status, out, err = project.run()

    assert (0, "") == (status, err)
    assert "needs: nothing" in out


def test_words_alone_need_no_release(project):
    status, report = project.json("--base", project.formerly({"set": {f"{RUN}/description": "A run."}}))

    assert (0, "none") == (status, report["needs"])
    assert [("PipelineRun", "invisible", "invisible")] == [
        (change["place"], change["wire"], change["client"]) for change in report["changes"]
    ]


@pytest.mark.parametrize(
    ("version", "line", "missing"),
    [
        ("0.1.0", "", ["pyproject.toml says 0.1.0", "CHANGELOG.md has no new line"]),
        ("0.1.1", "### Removed\n\n- Names.", ["pyproject.toml says 0.1.1"]),
        ("0.2.0", "", ["CHANGELOG.md has no new line"]),
        ("0.2.0", "### Added\n\n- Names.", ["CHANGELOG.md has no new line"]),
        ("0.2.0", "### Removed\n\n- Names.", []),
        ("0.2.0", "### Changed\n\n* Names\n  are gone.", []),
        ("1.0.0", "### Removed\n\n- Names.", []),
        ("0.2.0rc1", "### Removed\n\n- Names.", []),
    ],
)
def test_what_breaks_needs_a_minor_version_and_a_line(project, version, line, missing):
    project.replace("pyproject.toml", "0.1.0", version)
    project.replace("CHANGELOG.md", "## [Unreleased]", f"## [Unreleased]\n\n{line}")

    status, report = project.json("--base", project.formerly(FIELD_REMOVED))
    assert (1 if missing else 0) == status
    assert ("minor", "0.1.0", "0.2.0") == (report["needs"], report["base_version"], report["due_version"])
    assert report["covered"] is not bool(missing)
    assert len(missing) == len(report["missing"])
    assert all(found.startswith(start) for start, found in zip(missing, report["missing"], strict=True))


def test_from_version_1_what_breaks_needs_a_major_version(project):
    project.replace("pyproject.toml", "0.1.0", "1.4.2")
    project.commit()
    project.git("tag", "v1.4.2")

    report = project.json("--base", project.formerly(FIELD_REMOVED))[1]
    assert ("major", "2.0.0") == (report["needs"], report["due_version"])


def test_what_is_added_needs_a_minor_version(project):
    report = project.json("--base", project.formerly(FIELD_ADDED))[1]

    assert ("minor", "0.2.0") == (report["needs"], report["due_version"])


def test_what_users_do_not_see_needs_a_patch_where_the_wire_changes(project):
    status, report = project.json("--base", project.formerly(MADE_OPTIONAL))

    assert (1, "patch", "0.1.1") == (status, report["needs"], report["due_version"])
    assert ("breaking", "invisible") == (report["wire"], report["client"])
    assert ["pyproject.toml says 0.1.0: raise it"] == report["missing"]


def test_of_what_users_do_not_see_no_line_tells_them(project):
    project.replace("pyproject.toml", "0.1.0", "0.1.1")

    assert (0, "") == project.run("--base", project.formerly(MADE_OPTIONAL))[::2]


def test_a_line_that_the_release_had_is_not_a_new_one(project):
    project.replace("pyproject.toml", "0.1.0", "0.2.0")
    project.replace("CHANGELOG.md", "## [Unreleased]", "## [Unreleased]\n\n### Changed\n\n- All.")

    assert 1 == project.run("--base", project.formerly(FIELD_REMOVED))[0]


def test_a_line_under_the_section_of_the_new_version_will_do(project):
    project.replace("pyproject.toml", "0.1.0", "0.2.0")
    project.replace("CHANGELOG.md", "## [0.1.0]", "## [0.2.0] - 2026-11-20\n\n### Removed\n\n- Names.\n\n## [0.1.0]")

    assert 0 == project.run("--base", project.formerly(FIELD_REMOVED))[0]


def test_a_line_under_an_older_section_will_not_do(project):
    project.replace("pyproject.toml", "0.1.0", "0.2.0")
    project.replace("CHANGELOG.md", "- All.", "- All.\n\n### Removed\n\n- Names.")

    assert 1 == project.run("--base", project.formerly(FIELD_REMOVED))[0]


def test_the_report_is_for_people(project):
    project.removes("Name")
    status, out, _ = project.run()
    lines = out.splitlines()

    assert 1 == status
    assert lines[0].endswith("→ the working tree: description and Python API")
    assert "wire       client     side       place: what (why)" in lines
    assert any(line.startswith("breaking   breaking   reply      PipelineRun.Name: removed (") for line in lines)
    assert lines[-1].startswith(
        "needs: minor (0.1.0 -> 0.2.0); pyproject.toml says 0.1.0: raise it; CHANGELOG.md has no"
    )


# Two files of somebody's.


@pytest.mark.parametrize(
    ("version", "edit", "status", "needs"),
    [
        ("1.2.3", {}, 0, "none"),
        ("1.2.3", {"remove": ["/paths/~1orphans"]}, 1, "major"),
        ("2.0.0", {"remove": ["/paths/~1orphans"]}, 0, "major"),
        ("1.3.0", {"set": {"/components/schemas/Thing/properties/New": {}}}, 0, "minor"),
        ("1.2.4", {"set": {"/components/schemas/Thing/properties/New": {}}}, 1, "minor"),
        ("2021-02-02", {"set": {"/components/schemas/Thing/properties/New": {}}}, 0, "minor"),
        ("2021-02-02", {"remove": ["/paths/~1orphans"]}, 1, "major"),
    ],
)
def test_two_files_are_judged_by_their_own_versions(bare_project, sample, version, edit, status, needs):
    document = _yaml.load_file(sample)
    bare_project.write(
        "new.yaml", _yaml.dump(edited(document, edit) | {"info": {"title": "Things", "version": version}})
    )

    found, report = bare_project.json("--base", sample, "--new", bare_project.root / "new.yaml")
    assert (status, needs) == (found, report["needs"])
    assert ["description"] == report["compared"]
