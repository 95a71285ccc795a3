"""Hooks of MkDocs: add the generated pages to the site."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tooling.site.bars import bars
from tooling.site.operations_page import page


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the reference of the operations, and the picture of the performance page."""
    files.append(File.generated(config, "operations.md", content=page()))
    figures = Path(config.docs_dir, "maintainers", "performance.json").read_text(encoding="utf-8")
    files.append(File.generated(config, "maintainers/performance.svg", content=bars(figures)))
    return files


def on_post_page(output: str, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG001 - MkDocs names them
    """Return the page as it is; the site must be readable without a network.

    Raises:
        PluginError: it loads something from elsewhere.
    """
    if found := loaded_from_elsewhere(output):
        raise PluginError(f"{page.file.src_uri} loads {found[0]}: a page must need no network")
    return output


def loaded_from_elsewhere(html: str) -> list[str]:
    """Return the URLs of scripts, styles, fonts and pictures that a page loads from other hosts."""
    return re.findall(r"""<(?:script|img|link|iframe)\b[^>]*?\b(?:src|href)=["']?((?:https?:)?//[^"'\s>]+)""", html)
