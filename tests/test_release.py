"""A release is made of a clean tree, whose tag, version and CHANGELOG agree."""

import subprocess

import pytest

from tooling.release import ReleaseError, check_tree


@pytest.fixture
def clone(tmp_path):
    """A repository with a CHANGELOG, all committed."""
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [1.2.4] - unreleased\n\n## [1.2.3] - 2026-11-28\n", encoding="utf-8"
    )
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("ref", ["", "refs/heads/main", "refs/tags/v1.2.3"])
def test_a_clean_tree_is_released(clone, ref):
    check_tree(clone, "1.2.3", ref)


@pytest.mark.parametrize(
    ("version", "ref", "words"),
    [
        ("1.2.3", "refs/tags/v1.3.0", "the tag is v1.3.0, but pyproject.toml has version 1.2.3"),
        ("1.3.0", "refs/tags/v1.3.0", r"CHANGELOG.md has no released section \[1.3.0\]"),
        ("1.2.4", "refs/tags/v1.2.4", r"CHANGELOG.md has no released section \[1.2.4\]"),
    ],
)
def test_tag_version_and_changelog_agree(clone, version, ref, words):
    with pytest.raises(ReleaseError, match=words):
        check_tree(clone, version, ref)


def test_a_changed_file_is_named(clone):
    (clone / "new.py").write_text("", encoding="utf-8")
    (clone / "CHANGELOG.md").write_text("", encoding="utf-8")

    with pytest.raises(ReleaseError, match=r"the tree is not clean: commit or remove CHANGELOG.md and 1 more"):
        check_tree(clone, "1.2.3")
