"""The documentation site: pages that follow from the description and from the code."""
