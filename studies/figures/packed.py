"""Figures as JSON that is light to send: no spaces, and letters such as η as themselves, not as escapes."""

from __future__ import annotations

import json

import plotly.graph_objects as go
from plotly.utils import PlotlyJSONEncoder


def figure_json(figure: go.Figure) -> str:
    """A figure for `Plotly.react`; what is not a number is null. Not for a script element, where `<` would matter."""
    return json.dumps(figure.to_plotly_json(), cls=PlotlyJSONEncoder, ensure_ascii=False, separators=(",", ":"))
