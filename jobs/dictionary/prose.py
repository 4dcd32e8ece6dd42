"""Pages written in Markdown, as HTML of the dictionary: links lead to its own pages, wide tables become cards on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from jobs.errors import UsageError

#: Pages of docs/ that the dictionary has under another name, by how docs/metrics/ refers to them.
ELSEWHERE = {"../README.md#metrics": "index.html#metrics", "../purposes.md": "index.html#purposes"}


def html(markdown: str, page: str) -> Markup:
    """The text as HTML; raw HTML in it is shown, not obeyed. UsageError names `page` if a link of it leads nowhere."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(markdown)
    for token in tokens:
        for inline in token.children or ():
            if inline.type == "link_open":
                inline.attrSet("href", _target(str(inline.attrGet("href")), page))
    _label_cells(tokens)
    return Markup("").join(_block(parser, block) for block in _blocks(tokens))


def metric_href(slug: str) -> str:
    """The page of a metric, named as its file in docs/metrics/."""
    return f"metric.{slug}.html"


def _blocks(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Tokens from one fenced block to the next, each of these by itself."""
    start = 0
    for place, token in enumerate(tokens):
        if token.type == "fence":
            yield from ([*tokens[start:place]], [token])
            start = place + 1
    yield [*tokens[start:]]


def _block(parser: MarkdownIt, tokens: Sequence[Token]) -> Markup:
    """HTML of a part of a page; a fenced block tells what it is of, as its first line says: `json mart.reach_daily`."""
    if len(tokens) != 1 or tokens[0].type != "fence":
        return Markup(parser.renderer.render(tokens, parser.options, {}))
    _, _, subject = tokens[0].info.partition(" ")
    told = "raw logs" if subject == "beacons" else subject.replace(" ", " · ")
    caption = Markup("<figcaption>{}</figcaption>").format(told) if told else ""
    return Markup("<figure>{}<pre><code>{}</code></pre></figure>").format(caption, tokens[0].content.rstrip("\n"))


def _target(href: str, page: str) -> str:
    if href in ELSEWHERE:
        return ELSEWHERE[href]
    path, _, anchor = href.partition("#")
    if "/" in path or not path.endswith(".md"):
        raise UsageError(
            f"{page} links {href}, which the dictionary has no page for. Name it in jobs/dictionary/prose.py."
        )
    return metric_href(path.removesuffix(".md")) + (f"#{anchor}" if anchor else "")


def _label_cells(tokens: Sequence[Token]) -> None:
    """Each cell is told the head of its column, which the style shows beside it where there is no room for a table."""
    heads: list[str] = []
    column = 0
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "table_open":
            heads = []
            token.attrSet("class", "cards")
        elif token.type == "th_open":
            heads.append(after.content if after else "")
        elif token.type == "tr_open":
            column = 0
        elif token.type == "td_open":
            token.attrSet("data-label", heads[column])
            column += 1
