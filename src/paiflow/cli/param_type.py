"""What click converts an option's text with: generic in its newer releases, and here in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from click import ParamType
else:
    import click

    class ParamType(click.ParamType):
        """As click's, but `ParamType[int]` can be written with any release."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


__all__ = ["ParamType"]
