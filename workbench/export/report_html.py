"""A report as one HTML file that needs nothing else: no network, no scripts, safe against what a model may write."""

from functools import singledispatch

from workbench.compare.side_by_side import Question
from workbench.domain.experiments import shown_name
from workbench.export import markup
from workbench.export.document import Answers, Bullets, Cell, Charts, Code, Document, Part, Section, Table, Value, Words
from workbench.export.inline_svg import inline_charts
from workbench.export.markup import Content, Markup, join, tag
from workbench.export.report_style import CSS
from workbench.export.report_tables import scores
from workbench.export.theme import LIGHT

# Nothing may be loaded and nothing may run, whatever a response holds. Styles are the page's own and the charts'.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def as_html(document: Document) -> str:
    """Returns the page."""
    header = tag(
        "header",
        tag("p", document.project, class_="eyebrow"),
        tag("h1", document.title),
        tag("p", document.question, class_="question"),
    )
    body = join(header, *map(_section, document.sections), tag("footer", document.footer))
    head = join(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", document.title),
        tag("style", Markup(CSS)),
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>{body}</main></body></html>\n'


def _section(section: Section) -> Markup:
    attributes = {"class_": "warnings"} if section.is_warning else {}
    return tag("section", tag("h2", section.title), *map(_part, section.parts), **attributes)


@singledispatch
def _part(part: Part) -> Markup:
    raise TypeError(f"a report has no {type(part).__name__}")


@_part.register
def _(part: Words) -> Markup:
    return tag("p", part.text, class_=part.kind)


@_part.register
def _(part: Bullets) -> Markup:
    return tag("ul", *(tag("li", item) for item in part.items))


@_part.register
def _(part: Table) -> Markup:
    attributes = {"class_": "words"} if part.is_words else {}
    return markup.table(part.head, ([_cell(value) for value in row] for row in part.rows), **attributes)


@_part.register
def _(part: Code) -> Markup:
    title = tag("p", tag("b", part.title)) if part.title else None
    return join(title, tag("pre", part.text))


@_part.register
def _(part: Charts) -> Markup:
    return inline_charts(part.panels)


@_part.register
def _(part: Answers) -> Markup:
    return join(*map(_question, part.questions))


def _cell(value: Value) -> Content:
    if not isinstance(value, Cell):
        return value
    shown = join(value.text, tag("small", value.small) if value.small else None)
    return tag("b", shown) if value.strong else shown


def _question(question: Question) -> Markup:
    answers = []
    for answer in question.answers:
        dot = tag("i", "", class_="dot", style=f"background:{LIGHT.colour(answer.index)}")
        who = tag("p", dot, tag("b", shown_name(answer.arm)), " ", tag("span", scores(answer), class_="muted"))
        answers.append(tag("div", who, tag("p", answer.response, class_="text"), class_="answer"))
    return tag("article", tag("p", question.prompt, class_="text prompt"), tag("div", *answers, class_="row"))
