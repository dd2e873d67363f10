"""Renders executed notebooks as pages of the guide: docs/notebooks/NAME.md with pictures beside it.

Arguments are the executed notebooks, as `just notebook` writes them. Pictures are PNGs of at most 32 colours.
"""

import base64
import io
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
from PIL import Image

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = REPOSITORY / "docs" / "notebooks"

# Longer outputs end here; the notebook itself prints them whole.
LINES = 40


class Table(HTMLParser):
    """The cells of the first table, row by row; a header cell of several columns is repeated in each."""

    def __init__(self, html):
        super().__init__()
        self.header, self.body = [], []
        self.rows, self.cell, self.span = None, None, 1
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        if tag == "thead":
            self.rows = self.header
        elif tag == "tbody":
            self.rows = self.body
        elif tag == "tr" and self.rows is not None:
            self.rows.append([])
        elif tag in ("th", "td") and self.rows:
            self.cell, self.span = "", int(dict(attributes).get("colspan", 1))

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag in ("th", "td") and self.cell is not None:
            self.rows[-1].extend([" ".join(self.cell.split()).replace("|", "\\|")] * self.span)
            self.cell = None

    def markdown(self):
        """Header rows become one: GitHub's tables have a single one."""
        names = [" ".join(filter(None, column)) for column in zip(*self.header)]
        rows = [names, ["---"] * len(names), *self.body]
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def fenced(language, text):
    return f"```{language}\n{text.rstrip()}\n```"


def shortened(text):
    """Without the folder of this machine, and no longer than LINES."""
    lines = text.replace(f"{REPOSITORY}/", "").rstrip().splitlines()
    return "\n".join(lines[:LINES] + ["…"] * (len(lines) > LINES))


def moved(markdown):
    """The links of notebooks/ as they read from docs/notebooks/."""

    def target(link):
        if "://" in link[1] or link[1].startswith("#"):
            return link[0]
        return f"]({os.path.relpath(REPOSITORY / 'notebooks' / link[1], PAGES)})"

    return re.sub(r"\]\(([^)]+)\)", target, markdown)


def picture(png, path):
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB")
    image.quantize(32, dither=Image.Dither.NONE).save(path, optimize=True)


def output(it, name, number, alternative):
    """The Markdown of an output."""
    if it.output_type == "stream":
        return fenced("text", shortened(it.text))
    if it.output_type == "error":
        sys.exit(f"{name}: a cell has failed: {it.ename}: {it.evalue}")
    if "image/png" in it.data:
        file = f"{name}-{number}.png"
        picture(it.data["image/png"], PAGES / file)
        return f"![{alternative}]({file})"
    if "text/html" in it.data:
        return Table(it.data["text/html"]).markdown()
    return fenced("text", shortened(it.data["text/plain"]))


def page(path):
    name = path.stem
    note = f"[`notebooks/{name}.ipynb`](../../notebooks/{name}.ipynb) with what it printed for runs of a few seconds on one machine."
    parts, heading, pictures = [], name, 0
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "markdown":
            heading = cell.source.splitlines()[0].lstrip("# ")
            parts.append(moved(cell.source))
            if len(parts) == 1:
                parts.append(note)
            continue
        parts.append(fenced("python", cell.source))
        for it in cell.outputs:
            pictures += "image/png" in it.get("data", {})
            parts.append(output(it, name, pictures, heading))
    (PAGES / f"{name}.md").write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.png"):
        old.unlink()
    for executed in sys.argv[1:]:
        page(Path(executed))
