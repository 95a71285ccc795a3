"""What MkDocs calls while it builds the site: adds the pages that nobody writes by hand."""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from tooling.site.operations_page import page


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the reference of the operations."""
    files.append(File.generated(config, "operations.md", content=page()))
    return files
