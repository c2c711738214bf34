"""A chart as DrawingML parts: the chart itself, its place on the sheet's drawing, their types and relations.

Elements and their order are ECMA-376 part 1, 21.2 (charts) and 20.5 (spreadsheet drawings). Each series holds
the values of its cells as a cache, so a reader that does not calculate draws it too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from cellwright.formula import precedents
from cellwright.patch.bodies import plain_text
from cellwright.patch.book_file import BookFile
from cellwright.patch.parts import XML_HEAD
from cellwright.patch.spans import escape
from cellwright.reference import Cell, SheetCell
from cellwright.workbook.model import Chart, ChartSeries, Snapshot, Value

_CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.drawing+xml"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_C = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_WIDTH, _HEIGHT = 8, 15  # columns and rows that a chart covers
_LEGEND = {"right": "r", "left": "l", "top": "t", "bottom": "b"}
_X_AXIS, _Y_AXIS = 111111111, 222222222
_MAX_CACHED = 20_000


def add_chart(book: BookFile, sheet: str, chart: Chart, snapshot: Snapshot) -> None:
    """Put a chart on a sheet; `snapshot` has the values that it caches."""
    book.settle()
    parts = book.parts
    folder = posixpath.dirname(book.main)
    chart_part = parts.free_name(posixpath.join(folder, "charts/chart{}.xml"))
    parts.add(chart_part, _chart_space(chart, sheet, snapshot), _CHART_TYPE)
    sheet_part = book.sheet_part(sheet)
    drawing = next(iter(parts.related(sheet_part, "drawing")), None)
    if drawing is None:
        drawing = parts.free_name(posixpath.join(folder, "drawings/drawing{}.xml"))
        empty = f'<xdr:wsDr xmlns:xdr="{_XDR}" xmlns:a="{_A}"></xdr:wsDr>'
        parts.add(drawing, XML_HEAD + empty.encode(), _DRAWING_TYPE)
        relation = parts.relate(sheet_part, "drawing", drawing)
        book.sheet(sheet).add_drawing(relation, _R.encode())
        book.settle()
    relation = parts.relate(drawing, "chart", chart_part)
    document = parts.document(drawing)
    number = 1 + sum(element.local == "cNvPr" for element in document.root.walk())
    document.append(document.root, _anchor(chart, relation, number))
    parts.write(drawing, document.result())


def _anchor(chart: Chart, relation: str, number: int) -> bytes:
    row, column = chart.anchor
    ends = "".join(
        f"<xdr:{name}><xdr:col>{x}</xdr:col><xdr:colOff>0</xdr:colOff>"
        f"<xdr:row>{y}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{name}>"
        for name, x, y in (("from", column, row), ("to", column + _WIDTH, row + _HEIGHT))
    )
    return (
        f'<xdr:twoCellAnchor xmlns:xdr="{_XDR}" xmlns:a="{_A}">{ends}<xdr:graphicFrame macro="">'
        f'<xdr:nvGraphicFramePr><xdr:cNvPr id="{number + 1}" name="Chart {number}"/>'
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>"
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>'
        f'<a:graphic><a:graphicData uri="{_C}"><c:chart xmlns:c="{_C}" xmlns:r="{_R}" r:id="{relation}"/>'
        "</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>"
    ).encode()


def _chart_space(chart: Chart, sheet: str, snapshot: Snapshot) -> bytes:
    plot = _plot(chart, sheet, snapshot)
    title = _title(chart.title) if chart.title else ""
    legend = ""
    place = chart.legend or ("right" if len(chart.series) > 1 or chart.type == "pie" else "none")
    if place != "none":
        legend = f'<c:legend><c:legendPos val="{_LEGEND[place]}"/><c:overlay val="0"/></c:legend>'
    text = (
        f'<c:chartSpace xmlns:c="{_C}" xmlns:a="{_A}" xmlns:r="{_R}"><c:roundedCorners val="0"/><c:chart>'
        f'{title}<c:autoTitleDeleted val="{0 if chart.title else 1}"/>'
        f"<c:plotArea><c:layout/>{plot}</c:plotArea>{legend}"
        '<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>'
    )
    return XML_HEAD + text.encode()


def _plot(chart: Chart, sheet: str, snapshot: Snapshot) -> str:
    series = "".join(_series(chart, one, number, sheet, snapshot) for number, one in enumerate(chart.series))
    labels = _labels(chart.data_labels)
    axes = f'<c:axId val="{_X_AXIS}"/><c:axId val="{_Y_AXIS}"/>'
    grouping = {"none": "standard", "stacked": "stacked", "percent": "percentStacked"}[chart.stacking]
    match chart.type:
        case "column" | "bar":
            direction = "col" if chart.type == "column" else "bar"
            bars = "clustered" if chart.stacking == "none" else grouping
            overlap = "" if chart.stacking == "none" else '<c:overlap val="100"/>'
            body = (
                f'<c:barChart><c:barDir val="{direction}"/><c:grouping val="{bars}"/>'
                f'<c:varyColors val="0"/>{series}{labels}<c:gapWidth val="150"/>{overlap}{axes}</c:barChart>'
            )
            return body + _axes(chart)
        case "line":
            return (
                f'<c:lineChart><c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}{labels}'
                f'<c:marker val="1"/>{axes}</c:lineChart>' + _axes(chart)
            )
        case "area":
            return (
                f'<c:areaChart><c:grouping val="{grouping}"/><c:varyColors val="0"/>{series}{labels}{axes}'
                "</c:areaChart>" + _axes(chart)
            )
        case "scatter":
            style = "smoothMarker" if chart.is_smooth else "lineMarker"
            return (
                f'<c:scatterChart><c:scatterStyle val="{style}"/><c:varyColors val="0"/>{series}{labels}'
                f"{axes}</c:scatterChart>" + _axes(chart)
            )
        case "pie":
            return (
                f'<c:pieChart><c:varyColors val="1"/>{series}{labels}<c:firstSliceAng val="0"/></c:pieChart>'
            )


def _series(chart: Chart, series: ChartSeries, number: int, sheet: str, snapshot: Snapshot) -> str:
    name = ""
    if series.name is not None and series.name.startswith("="):
        cache = _text_cache(_values(series.name, sheet, snapshot))
        name = f"<c:tx><c:strRef><c:f>{_formula(series.name)}</c:f>{cache}</c:strRef></c:tx>"
    elif series.name is not None:
        name = f"<c:tx><c:v>{_text(series.name)}</c:v></c:tx>"
    look = marker = ""
    if chart.type == "scatter" and not chart.is_smooth:
        look = '<c:spPr><a:ln w="19050"><a:noFill/></a:ln></c:spPr>'
    if chart.type in ("line", "scatter"):
        symbol = chart.markers or ("none" if chart.type == "line" else None)
        marker = f'<c:marker><c:symbol val="{symbol}"/></c:marker>' if symbol else ""
    trend = ""
    if chart.trendline and chart.type not in ("pie", "area"):
        trend = (
            f'<c:trendline><c:trendlineType val="{chart.trendline}"/><c:dispRSqr val="0"/>'
            '<c:dispEq val="0"/></c:trendline>'
        )
    negative = '<c:invertIfNegative val="0"/>' if chart.type in ("bar", "column") else ""
    x, y = ("xVal", "yVal") if chart.type == "scatter" else ("cat", "val")
    categories = _data(x, series.categories, sheet, snapshot) if series.categories else ""
    smooth = f'<c:smooth val="{int(chart.is_smooth)}"/>' if chart.type in ("line", "scatter") else ""
    return (
        f'<c:ser><c:idx val="{number}"/><c:order val="{number}"/>{name}{look}{negative}{marker}{trend}'
        f"{categories}{_data(y, series.values, sheet, snapshot)}{smooth}</c:ser>"
    )


def _data(local: str, reference: str, sheet: str, snapshot: Snapshot) -> str:
    values = _values(reference, sheet, snapshot)
    if local in ("val", "yVal") or all(
        isinstance(value, float | None) and not isinstance(value, bool) for value in values
    ):
        points = "".join(
            f'<c:pt idx="{place}"><c:v>{value!r}</c:v></c:pt>'
            for place, value in enumerate(values)
            if isinstance(value, float) and not isinstance(value, bool)
        )
        cache = (
            f'<c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="{len(values)}"/>{points}'
            "</c:numCache>"
        )
        return f"<c:{local}><c:numRef><c:f>{_formula(reference)}</c:f>{cache}</c:numRef></c:{local}>"
    cache = _text_cache(values)
    return f"<c:{local}><c:strRef><c:f>{_formula(reference)}</c:f>{cache}</c:strRef></c:{local}>"


def _text_cache(values: Sequence[Value]) -> str:
    points = "".join(
        f'<c:pt idx="{place}"><c:v>{_text(_shown(value))}</c:v></c:pt>'
        for place, value in enumerate(values)
        if value is not None
    )
    return f'<c:strCache><c:ptCount val="{len(values)}"/>{points}</c:strCache>'


def _values(reference: str, sheet: str, snapshot: Snapshot) -> list[Value]:
    values: list[Value] = []
    for bound in precedents(reference, SheetCell(sheet, Cell(0, 0)), snapshot):
        if bound.range is not None:
            held = snapshot.sheet(bound.sheet or sheet)
            for cell in bound.range.cells():
                values.append(held.value(cell))
                if len(values) >= _MAX_CACHED:
                    return values
    return values


def _axes(chart: Chart) -> str:
    is_bar, is_scatter = chart.type == "bar", chart.type == "scatter"
    first = "valAx" if is_scatter else "catAx"
    x_place, y_place = ("l", "b") if is_bar else ("b", "l")
    x_title = _title(chart.x_title) if chart.x_title else ""
    y_title = _title(chart.y_title) if chart.y_title else ""
    scaling = '<c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/>'
    ticks = '<c:majorTickMark val="out"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/>'
    between = "midCat" if is_scatter else "between"
    rest = (
        f'<c:crossBetween val="{between}"/>'
        if is_scatter
        else '<c:auto val="1"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="0"/>'
    )
    return (
        f'<c:{first}><c:axId val="{_X_AXIS}"/>{scaling}<c:axPos val="{x_place}"/>{x_title}'
        f'<c:numFmt formatCode="General" sourceLinked="1"/>{ticks}<c:crossAx val="{_Y_AXIS}"/>'
        f'<c:crosses val="autoZero"/>{rest}</c:{first}>'
        f'<c:valAx><c:axId val="{_Y_AXIS}"/>{scaling}<c:axPos val="{y_place}"/><c:majorGridlines/>{y_title}'
        f'<c:numFmt formatCode="General" sourceLinked="1"/>{ticks}<c:crossAx val="{_X_AXIS}"/>'
        f'<c:crosses val="autoZero"/><c:crossBetween val="{between}"/></c:valAx>'
    )


def _labels(shown: bool) -> str:
    if not shown:
        return ""
    return (
        '<c:dLbls><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/>'
        '<c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>'
    )


def _title(text: str) -> str:
    return (
        "<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:r>"
        f"<a:t>{_text(text)}</a:t></a:r></a:p></c:rich></c:tx>"
        '<c:overlay val="0"/></c:title>'
    )


def _formula(reference: str) -> str:
    return _text(reference.removeprefix("="))


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _text(text: str) -> str:
    return escape(plain_text(text)).decode()
