"""The base is what is named, else the last release; where there is none, one line says what to do, and the exit is 3."""

import subprocess

import pytest

from paiflow import _yaml


def no_base(outcome):
    """What is told, of a run that found no base."""
    status, out, err = outcome
    assert (3, "") == (status, out)
    assert 1 == err.count("\n")
    return err


def test_without_a_tag_the_base_is_the_commit_that_wrote_the_newest_section(project):
    project.replace("CHANGELOG.md", "## [0.1.0]", "## [0.2.0]\n\n- More.\n\n## [0.1.0]")
    project.replace("pyproject.toml", "0.1.0", "0.2.0")
    project.commit("Release 0.2.0")
    project.replace("CHANGELOG.md", "- More.", "- More, and better.")
    project.commit("Mend a word")
    release = subprocess.run(
        ["git", "rev-parse", "HEAD~1"], cwd=project.root, capture_output=True, text=True, check=True
    ).stdout

    status, report = project.json()
    assert 0 == status
    assert f"release 0.2.0 ({release[:9]})" == report["old"]
    assert "0.2.0" == report["base_version"]


def test_a_release_that_head_wrote_itself_is_a_base_all_the_same(project):
    status, out, _ = project.run()

    assert 0 == status
    assert out.startswith("release 0.1.0 (")
    assert "no changes" in out


def test_the_newest_tag_that_head_comes_from_wins(project):
    project.git("tag", "v0.9.0")
    project.commit()
    project.git("tag", "v0.10.0")
    project.git("tag", "v0.11.0-rc1")
    project.git("tag", "vendor-1.0.0")
    project.commit()
    project.git("checkout", "--quiet", "-b", "elsewhere")
    project.commit()
    project.git("tag", "v2.0.0")
    project.git("checkout", "--quiet", "main")

    assert project.json()[1]["old"].startswith("v0.10.0 (")


def test_without_a_release_there_is_no_base(project):
    project.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")
    project.commit()

    assert "no tag vX.Y.Z, and no section of a release in CHANGELOG.md" in no_base(project.run())
    assert "--base" in no_base(project.run())


def test_a_section_that_is_marked_unreleased_is_no_release(project):
    project.replace("CHANGELOG.md", "## [0.1.0]", "## [0.2.0] - unreleased\n\n## [0.1.0]")
    project.commit()

    assert project.json()[1]["old"].startswith("release 0.1.0 (")


def test_a_section_that_is_not_committed_is_no_release_yet(project):
    project.replace("CHANGELOG.md", "## [0.1.0]", "## [0.2.0]\n\n## [0.1.0]")

    assert project.json()[1]["old"].startswith("release 0.1.0 (")


def test_without_a_repository_there_is_no_base(bare_project):
    assert "no git repository" in no_base(bare_project.run())
    assert "neither a file nor a revision" in no_base(bare_project.run("--base", "HEAD"))


def test_the_repository_around_a_project_is_not_its_own(bare_project):
    subprocess.run(["git", "init", "--quiet", bare_project.root.parent], check=True)
    subprocess.run(
        ["git", "commit", "--quiet", "--allow-empty", "-m", "Outside"], cwd=bare_project.root.parent, check=True
    )

    assert "no git repository" in no_base(bare_project.run())


@pytest.mark.parametrize("name", ["nowhere", "--help-me", "HEAD~9", ""])
def test_a_name_that_nothing_has_is_no_base(project, name):
    assert "neither a file nor a revision" in no_base(project.run(f"--base={name}"))


def test_a_revision_without_a_description_is_no_base(project):
    project.git("rm", "-r", "--quiet", "--cached", "generated")
    project.git("commit", "--quiet", "-m", "Nothing generated")

    assert "HEAD has no generated/paiflow_api/openapi.yaml" in no_base(project.run("--base", "HEAD"))


def test_in_a_shallow_clone_the_oldest_commit_is_not_taken_for_the_release(project):
    project.commit("Another")
    shallow = project.root.parent / "shallow"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", project.root.as_uri(), shallow], check=True, capture_output=True
    )
    project.git("fetch", "--quiet", "--update-shallow", "--depth", "1", shallow.as_uri(), "main")
    (project.root / ".git/shallow").write_bytes((shallow / ".git/shallow").read_bytes())

    hint = "this clone is shallow: run git fetch --tags --unshallow"
    assert f"[0.1.0] into CHANGELOG.md is not here: {hint}" in no_base(project.run())
    assert hint in no_base(project.run("--base", "HEAD~1"))
    assert "no base: '' is neither" in no_base(project.run("--base", ""))


def test_a_file_is_a_base_and_only_descriptions_are_compared(project):
    project.write("old.yaml", (project.root / "generated/paiflow_api/openapi.yaml").read_text(encoding="utf-8"))
    project.removes("Name")

    status, report = project.json("--base", project.root / "old.yaml")
    assert 1 == status
    assert ["description"] == report["compared"]
    assert ["PipelineRun.Name"] == [change["place"] for change in report["changes"]]
    assert "0.1.0" == report["base_version"]


def test_a_file_as_base_needs_no_repository(bare_project):
    file = bare_project.root / "generated/paiflow_api/openapi.yaml"

    assert (0, []) == (bare_project.run("--base", file)[0], bare_project.told("--base", file))


def test_a_base_as_json_will_do(project):
    document = _yaml.load_file(project.root / "generated/paiflow_api/openapi.yaml")
    project.write("old.json", __import__("json").dumps(document))

    assert [] == project.told("--base", project.root / "old.json")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "old.yaml:1"),
        ("[]", "no OpenAPI description"),
        ("swagger: '2.0'", "no OpenAPI description"),
        ("openapi: 3.0.3", "OpenAPI 3.0.3"),
        ("openapi: 3.1.0", "not OpenAPI 3.1"),
        ("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: 'b.yaml'}}", "leads out of the description"),
        ("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {get: {requestBody: {$ref: '#/x'}, responses: {default: {description: d}}}}}",
         "names nothing"),
        ("openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths: {/a: {$ref: '#/paths/~1a'}}", "leads back to itself"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_compared_is_a_usage_error(project, text, reason):
    project.write("old.yaml", text)
    status, out, err = project.run("--base", project.root / "old.yaml")

    assert (2, "") == (status, out)
    assert reason in err
    assert 1 == err.count("\n")
    assert "old.yaml" in err


def test_an_overlay_that_does_not_apply_is_a_usage_error(project):
    project.overlay({"target": "$.nothing", "remove": True})
    status, out, err = project.run()

    assert (2, "") == (status, out)
    assert "900-test.yaml" in err


def test_options_that_there_are_not_are_a_usage_error(project):
    assert 2 == project.run("--bse", "HEAD")[0]
    assert 2 == project.run("--base")[0]
    assert 2 == project.run("--new", "nowhere.yaml")[0]
