"""A map as a picture (SVG 1.1): legible at the width of a phone, operable by keyboard, with a text alternative."""

from collections.abc import Iterator, Sequence
from html import escape
from textwrap import wrap
from typing import Final

from app.kit.text.characters import sentence_case
from app.search.cross_table import Axis, CrossTable

LABELS: Final = 116
"""Width of the labels of rows; with seven columns beside them a phone shows the whole at nearly its own size."""
HEAD: Final = 124
SLOPE: Final = -65
"""Of the labels of columns, in degrees."""
OVERHANG: Final = 36
"""Width to the right of the last column, into which its label leans."""
CELL: Final = 34
LEGEND_LINE: Final = 20
MARGIN: Final = 4
FONT: Final = 12
LINE: Final = 14
ROW_TEXT: Final = 17
"""Characters in a line of a row's label, of which there are two."""
COLUMN_TEXT: Final = 18
SHADES: Final = (
    ("#e3edf6", "#111111"),
    ("#bcd4e8", "#111111"),
    ("#8db6d8", "#111111"),
    ("#2f6ea3", "#ffffff"),
    ("#1b4a75", "#ffffff"),
)
"""Of a cell and the number in it, from few entries to the most."""
PARTS: Final = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"),
    *("#f0e442", "#332288", "#88ccee", "#aa4499", "#999933", "#661100"),
)


def map_svg(table: CrossTable, description: str, urls: Sequence[Sequence[str]]) -> Iterator[str]:
    """`urls` has the address of each cell."""
    legend = len(table.divisions.values) if table.divisions is not None else 0
    width = MARGIN + LABELS + CELL * len(table.columns.values) + OVERHANG
    height = HEAD + CELL * len(table.rows.values) + LEGEND_LINE * legend + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="{FONT}" role="group" aria-labelledby="title summary">'
    )
    yield f'<title id="title">{_text(table.rows.field.label)} and {_text(table.columns.field.label)}</title>'
    yield f'<desc id="summary">{_text(summarise(table, description))}</desc>'
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    yield from _column_labels(table.columns)
    most = table.most
    for row in range(len(table.rows.values)):
        top = HEAD + CELL * row
        yield from _row_label(table.rows, row, top)
        for column, url in enumerate(urls[row]):
            yield from _cell(table, row, column, url, top, most)
    yield from _legend(table.divisions, HEAD + CELL * len(table.rows.values))
    yield "</svg>"


def summarise(table: CrossTable, description: str) -> str:
    """What the picture shows, in words: how much there is, where most of it is, and how much is missing."""
    cells = sum(map(len, table.counts))
    summary = f"{sentence_case(description)}: {table.count} in all. {table.gaps} of {cells} cells are empty."
    places = [(count, row, column) for row, counts in enumerate(table.counts) for column, count in enumerate(counts)]
    count, row, column = max(places, key=lambda each: each[0], default=(0, 0, 0))
    if not count:
        return summary
    return f"{summary} Most are in {_place(table, row, column)}: {count}."


def _place(table: CrossTable, row: int, column: int) -> str:
    return f"{table.rows.values[row].label}, {table.columns.values[column].label}"


def _column_labels(axis: Axis) -> Iterator[str]:
    for place, value in enumerate(axis.values):
        x, y = MARGIN + LABELS + CELL * place + CELL // 2, HEAD - 6
        yield (
            f'<text transform="translate({x} {y}) rotate({SLOPE})" fill="#111111"><title>{_text(value.label)}</title>'
            f"{_text(_short(value.label, COLUMN_TEXT))}</text>"
        )


def _row_label(axis: Axis, row: int, top: int) -> Iterator[str]:
    value = axis.values[row]
    indent = 8 if value.parent is not None else 0
    lines = wrap(value.label, ROW_TEXT - indent // 4) or [value.label]
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: ROW_TEXT - 3]}…"]
    start = top + CELL // 2 + FONT // 3 - (LINE // 2) * (len(lines) - 1)
    yield f'<text x="{MARGIN + indent}" y="{start}" fill="#111111"><title>{_text(value.label)}</title>'
    for number, line in enumerate(lines):
        yield f'<tspan x="{MARGIN + indent}" y="{start + LINE * number}">{_text(line)}</tspan>'
    yield "</text>"


def _cell(table: CrossTable, row: int, column: int, url: str, top: int, most: int) -> Iterator[str]:
    count, left = table.counts[row][column], MARGIN + LABELS + CELL * column
    description = cell_description(table, row, column)
    yield f'<a href="{_text(url)}" target="_top" aria-label="{_text(description)}"><title>{_text(description)}</title>'
    box = f'x="{left + 1}" y="{top + 1}" width="{CELL - 2}" height="{CELL - 2}" rx="3"'
    if not count:
        yield f'<rect {box} fill="#ffffff" stroke="#767676" stroke-dasharray="3 3"/>'
    else:
        fill, ink = SHADES[shade(count, most)]
        yield f'<rect {box} fill="{fill}"/>'
        x, y = left + CELL // 2, top + CELL // 2 + FONT // 3
        yield f'<text x="{x}" y="{y}" text-anchor="middle" fill="{ink}">{count}</text>'
        yield from _bar(table, row, column, left, top)
    yield "</a>"


def cell_description(table: CrossTable, row: int, column: int) -> str:
    """As `Trust, Needs: 3 (Article 2, Video 1)`."""
    count = table.counts[row][column]
    return f"{_place(table, row, column)}: {count or 'nothing yet'}{_describe_parts(table, row, column)}"


def shade(count: int, most: int) -> int:
    """Scaled by the square root, so that small counts remain distinguishable."""
    return min(int((count / most) ** 0.5 * len(SHADES)), len(SHADES) - 1)


def _bar(table: CrossTable, row: int, column: int, left: int, top: int) -> Iterator[str]:
    """The parts of a cell side by side; an entry that is in two of them counts in both."""
    parts = table.parts[row][column] if table.parts else ()
    whole, start = sum(parts), 0.0
    for place, part in enumerate(parts):
        if part:
            width = (CELL - 6) * part / whole
            x, y = left + 3 + start, top + CELL - 8
            yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="5" fill="{PARTS[place]}" stroke="#ffffff"/>'
            start += width


def _describe_parts(table: CrossTable, row: int, column: int) -> str:
    if table.divisions is None or not table.counts[row][column]:
        return ""
    counted = zip(table.divisions.values, table.parts[row][column], strict=True)
    told = ", ".join(f"{value.label} {part}" for value, part in counted if part)
    return f" ({told})" if told else ""


def _legend(axis: Axis | None, top: int) -> Iterator[str]:
    for place, value in enumerate(axis.values if axis is not None else ()):
        y = top + LEGEND_LINE * place + MARGIN
        yield f'<rect x="{MARGIN}" y="{y + 3}" width="12" height="12" fill="{PARTS[place]}" stroke="#767676"/>'
        yield f'<text x="{MARGIN + 18}" y="{y + 13}" fill="#111111">{_text(value.label)}</text>'


def _short(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: most - 1].rstrip()}…"


def _text(text: str) -> str:
    return escape(text)
