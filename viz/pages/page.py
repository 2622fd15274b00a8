"""A page put together from its parts. Read next: ``graph.html``."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from tensorgraph.viz.palette import THEMES, Theme

_SCRIPTS = ("model", "rows", "layout", "view", "camera", "panel", "main")


def graph_page(title: str, data: dict[str, Any], theme: str | None = None) -> str:
    """Return the page that shows a graph, ``data``, in a theme, as one HTML text.

    Nothing in the data can become HTML or a script: it lies in the page as JSON without a "<", the
    scripts write it as text, and the page's own policy allows no script but the one it came with.
    """
    style = _colors(theme) + _part("graph.css")
    parts = "\n".join(_part(f"{name}.js") for name in _SCRIPTS)
    script = f"(() => {{\n'use strict';\n{parts}}})();"  # no name of it becomes global
    return Template(_part("graph.html")).substitute(
        title=escape(title),
        scheme=_SCHEMES[theme],
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    )


def _part(name: str) -> str:
    return (files("tensorgraph.viz.pages") / name).read_text(encoding="utf-8")


def _colors(theme: str | None) -> str:
    """Return a theme as CSS variables; without one, light, and dark on screens that are dark.

    Paper is light, whatever the screen is.
    """
    if theme in ("light", "print"):
        return f":root {{ {_variables(THEMES[theme])} }}\n"
    light, dark = (_variables(THEMES[name]) for name in ("light", "dark"))
    screen = "screen" if theme else "screen and (prefers-color-scheme: dark)"
    return f":root {{ {light} }}\n@media {screen} {{ :root {{ {dark} }} }}\n"


_SCHEMES = {None: "light dark", "light": "light", "print": "light", "dark": "dark"}
"""The colours of scroll bars and fields, which the browser draws."""


def _variables(theme: Theme) -> str:
    kinds = ("operation", "variable", "parameter", "output", "failed")
    others = (
        "gradient",
        "highlight",
        "added",
        "removed",
        "changed",
        "after",
        "shade",
        "negative",
        "zero",
        "positive",
    )
    plain = ("paper", "ink", "faint_ink", "rule", "panel", *kinds, *others)
    colors = {name.replace("_", "-"): getattr(theme, name) for name in plain}
    tints = {f"{kind}-tint": theme.tint(colors[kind]) for kind in (*kinds, "gradient")}
    return " ".join(f"--{name}: {color};" for name, color in (colors | tints).items())


def _hash(text: str) -> str:
    """Return the hash by which a Content-Security-Policy knows ``text``."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
