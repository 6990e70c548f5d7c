"""The optimum along an axis: panes by quantity, lines through their middles, and words for what is not there."""

from __future__ import annotations

import math

import pytest
from planted_trend import VALUES, planted_trend

from studies.figures.trend import axis_of, trend_figure, trend_info
from studies.figures.trend_table import trend_table
from studies.language.parameters import PAPER


def test_there_is_a_pane_for_each_quantity_with_its_line_and_laws() -> None:
    info = trend_info([planted_trend(), planted_trend("cross_entropy", power=0.0)], PAPER)
    assert [pane.title for pane in info.panes] == ["η", "1/(1−α)", "η/(1−α)"]
    assert info.sentences == ("golden along batch.", "cross_entropy along batch.")
    rate = info.panes[2].series[0]
    assert rate.line == pytest.approx((math.exp(-2.0) / 4, math.exp(-2.0) * 4))
    assert rate.laws[0] == ("linear scaling", pytest.approx(rate.line))
    assert rate.laws[1][1] == pytest.approx((math.exp(-2.0) / 2, math.exp(-2.0) * 2))
    assert info.panes[1].series[0].laws == ()
    low, high = info.panes[2].range
    assert all(low < (o.low or 0.0) < (o.high or 0.0) < high for o in rate.optima)


def test_the_figure_is_on_logarithms_with_the_axis_below_all_panes() -> None:
    figure = trend_figure(trend_info([planted_trend(), planted_trend("sse")], PAPER))
    layout = figure.layout
    assert {layout.xaxis.type, layout.yaxis.type, layout.yaxis2.type, layout.yaxis3.type} == {"log"}
    assert (layout.xaxis.anchor, layout.xaxis.title.text) == ("y3", "batch_size")
    assert layout.xaxis.ticktext == ("16", "64", "256")
    domains = [layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1.0 and domains[2][0] == pytest.approx(0.0, abs=1e-9)
    assert domains[0][0] > domains[1][1] > domains[1][0] > domains[2][1]
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert named == ["linear scaling", "square-root scaling", "golden loss", "squared error"]
    assert all(len(layout[name].ticktext) >= 3 for name in ("yaxis", "yaxis2", "yaxis3"))


def test_a_study_without_a_slope_still_shows_its_optima() -> None:
    info = trend_info([planted_trend(count=2)], PAPER)
    assert (info.empty, info.panes[0].series[0].line, info.panes[0].series[0].laws) == ("", (), ())
    assert len(trend_figure(info).data) == 3
    for nothing in (trend_info([], PAPER), trend_info([planted_trend(count=0)], PAPER)):
        assert nothing.empty
        assert nothing.empty[:10] in trend_figure(nothing).layout.annotations[0].text


def test_one_axis_is_drawn_that_of_the_sweep() -> None:
    both = [planted_trend(), planted_trend(axis="epochs", count=2)]
    assert [axis_of(both, name) for name in ("batch-16", "epochs-512", "else", None)] == ["batch", "epochs", None, None]
    assert trend_info(both, PAPER, "epochs").values == VALUES[:2]
    assert trend_info(both, PAPER).values == VALUES


def test_the_table_has_a_row_for_each_quantity() -> None:
    (table, short) = trend_table([planted_trend(), planted_trend(count=2)], PAPER)
    eta, memory, rate = table.rows
    assert (eta.quantity, memory.quantity, rate.quantity) == ("η", "1/(1−α)", "η/(1−α)")
    assert rate.power == "1.0"
    assert rate.laws == ("linear scaling 1: inside", "square-root scaling 0.5: outside")
    assert memory.laws == ("–",)
    assert table.left_out == ("batch-512",)
    assert short.rows == ()
