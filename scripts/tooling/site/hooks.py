"""Hooks of MkDocs: add the generated pages to the site."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tooling.site.operations_page import page


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the reference of the operations."""
    files.append(File.generated(config, "operations.md", content=page()))
    return files
