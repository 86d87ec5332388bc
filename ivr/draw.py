"""A flow as a drawing: Mermaid for documents that render it, SVG for everything else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from ivr.nodes import FlowFile, NodeFile

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 172, 46, 26, 64, 20
_SHAPES: Mapping[str, tuple[str, str]] = {
    "menu": ("{{", "}}"),
    "branch": ("{", "}"),
    "hours": ("{", "}"),
    "queue": ("([", "])"),
    "outside": ("([", "])"),
    "goodbye": ("([", "])"),
    "digits": ("[/", "/]"),
    "message": ("[/", "/]"),
    "look-up": ("[(", ")]"),
}
_FILLS: Mapping[str, str] = {
    "menu": "#fff3cd", "digits": "#fff3cd", "rate": "#fff3cd", "branch": "#e7e0f5", "hours": "#e7e0f5",
    "queue": "#d4edda", "outside": "#d4edda", "callback": "#d4edda", "message": "#d4edda", "goodbye": "#e2e3e5",
    "look-up": "#d6eaf8",
}  # fmt: skip


def mermaid(file: FlowFile) -> str:
    """A flowchart; what a key or an answer leads to stands on the arrow."""
    names = {name: f"n{number}" for number, name in enumerate(file.nodes)}
    lines = ["flowchart TD", f"    begin([call]) --> {names[file.start]}"]
    for name, node in file.nodes.items():
        left, right = _SHAPES.get(node.kind, ("[", "]"))
        lines.append(f'    {names[name]}{left}"{name}<br/>{caption(node)}"{right}')
    for name, target, label in arrows(file):
        lines.append(f"    {names[name]} -- {_quoted(label)} --> {names[target]}" if label else
                     f"    {names[name]} --> {names[target]}")  # fmt: skip
    return "\n".join(lines) + "\n"


def _quoted(label: str) -> str:
    return f'"{label}"'


def caption(node: NodeFile) -> str:
    """One line about a node, under its name."""
    match node.kind:
        case "queue" | "callback":
            return f"{node.kind}: {getattr(node, 'queue', None) or 'of the hotline'}"
        case "outside":
            return f"outside: {getattr(node, 'number', '')}"
        case "branch":
            of = getattr(node, "of", None)
            return f"{node.kind}: {getattr(node, 'on', '')}{f' {of}' if of else ''}"
        case "message":
            return f"message: {getattr(node, 'topic', '')}"
        case "look-up":
            return f"look-up: {getattr(node, 'look_up', '')}"
    return node.kind


def arrows(file: FlowFile) -> Iterator[tuple[str, str, str]]:
    """Node, the node it leads to, and by what; keys to one node share an arrow. 0, * and # lead from everywhere."""
    for name, node in file.nodes.items():
        labels: dict[str, list[str]] = {}
        for place, target in node.links():
            labels.setdefault(target, []).append(_label(node, place))
        yield from ((name, target, ", ".join(filter(None, words))) for target, words in labels.items())


def _label(node: NodeFile, place: tuple[str | int, ...]) -> str:
    if place[0] == "rows":
        row = node.rows[int(place[1])]  # type: ignore[union-attr]
        return f"{row.days} {row.start:%H:%M}-{row.end:%H:%M}"
    return {"then": "", "otherwise": "otherwise"}.get(str(place[0]), str(place[-1]))


# --- SVG -----------------------------------------------------------------------------------------
def svg(file: FlowFile) -> str:
    """A drawing in rows: each node one row below the first that leads to it."""
    rows = _rows(file)
    places = {
        name: (MARGIN + column * (WIDTH + GAP_X), MARGIN + row * (HEIGHT + GAP_Y))
        for row, names in enumerate(rows)
        for column, name in enumerate(names)
    }
    width = 2 * MARGIN + max(map(len, rows)) * (WIDTH + GAP_X) - GAP_X
    height = 2 * MARGIN + len(rows) * (HEIGHT + GAP_Y) - GAP_Y
    drawn = [*_arrows_drawn(file, places), *(_box(name, file.nodes[name], *place) for name, place in places.items())]
    return "\n".join([_HEAD.format(width=width, height=height), *drawn, "</svg>\n"])


_HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" \
font-family="sans-serif" font-size="12">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">\
<path d="M0,0 L8,4 L0,8 z" fill="#555"/></marker></defs>
<rect width="100%" height="100%" fill="#ffffff"/>"""


def _rows(file: FlowFile) -> list[list[str]]:
    rows: list[list[str]] = [[file.start]]
    seen = {file.start}
    while rows[-1]:
        below = [target for name in rows[-1] for _, target in file.nodes[name].links()]
        rows.append([name for name in dict.fromkeys(below) if name not in seen])
        seen.update(rows[-1])
    rows[-1] = [name for name in file.nodes if name not in seen]  # the person whom only key 0 reaches
    return [row for row in rows if row]


def _box(name: str, node: NodeFile, x: int, y: int) -> str:
    fill, middle = _FILLS.get(node.kind, "#ffffff"), x + WIDTH // 2
    return (
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6" fill="{fill}" stroke="#555"/>'
        f'<text x="{middle}" y="{y + 19}" text-anchor="middle" font-weight="bold">{escape(name)}</text>'
        f'<text x="{middle}" y="{y + 36}" text-anchor="middle" fill="#333">{escape(caption(node))}</text>'
    )


def _arrows_drawn(file: FlowFile, places: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    for name, target, label in arrows(file):
        (x1, y1), (x2, y2) = places[name], places[target]
        begin = (x1 + WIDTH // 2, y1 + HEIGHT)
        end = (x2 + WIDTH // 2, y2 if y2 > y1 else y2 + HEIGHT)
        bend = GAP_Y if y2 > y1 else GAP_Y // 2
        up = end[1] - (bend if y2 > y1 else -bend)
        yield (
            f'<path d="M{begin[0]},{begin[1]} C{begin[0]},{begin[1] + bend} {end[0]},{up} {end[0]},{end[1]}" '
            f'fill="none" stroke="#888" marker-end="url(#tip)"/>'
        )
        if label:
            at = (begin[0] + (end[0] - begin[0]) // 4, begin[1] + 14 + (end[1] - begin[1]) // 8)
            yield f'<text x="{at[0]}" y="{at[1]}" fill="#a33" text-anchor="middle">{escape(label)}</text>'
