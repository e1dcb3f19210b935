"""Builds a self-contained HTML page: styles, scripts, pictures and data inside; only our own scripts may run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

# A script in a page ends at the first "</script", whatever language it is in; U+2028 and U+2029 end a line in some.
IN_A_SCRIPT = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})


def render(template: str, scripts: Sequence[str], data: Mapping[str, Any], **words: Any) -> bytes:
    """The page of `template` with `scripts` (files beside it, run as one) and `data` that they read as JSON.

    A policy in the page lets run what has the scripts' own hash and what they load from the page itself, so that
    nothing else would, had a name ever got past the escaping.
    """
    code = "\n".join(_source(name) for name in ("page.js", *scripts))
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    text = (
        _environment()
        .get_template(template)
        .render(code=Markup(code), script_hash=digest, style=Markup(_source("page.css")), data=_json(data), **words)
    )
    return text.encode()


def plotly() -> str:
    """Plotly's script, compressed: 4.8 MB of text that a browser unpacks faster than it would read it."""
    return _plotly()


def address(content: bytes, kind: str) -> str:
    """`content` as a data: URL of the media type `kind`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@cache
def _plotly() -> str:
    source = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    return base64.b64encode(gzip.compress(source, mtime=0)).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str) -> str:
    return resources.files("analysis").joinpath("templates", name).read_text(encoding="utf-8")


def _json(data: Mapping[str, Any]) -> Markup:
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.translate(IN_A_SCRIPT))
