"""A report as Markdown with its charts as pictures beside it; what a model wrote stays text here too."""

import re
from functools import singledispatchmethod

from workbench.compare.side_by_side import Question
from workbench.domain.experiments import shown_name
from workbench.domain.figures import FigureStyle
from workbench.export.document import Answers, Bullets, Cell, Charts, Code, Document, Part, Section, Table, Value, Words
from workbench.export.figures import render
from workbench.export.report_tables import scores

# Characters that begin anything in Markdown, and those that begin HTML, which most readers of Markdown obey.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!$&])")
_LINE_START = re.compile(r"^(\s*)([-+=](?=[-\s=]|$)|\d+[.)](?=\s|$))", re.MULTILINE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_TICKS = re.compile("`+")
_STYLE = FigureStyle(width=170)


def as_markdown(document: Document, folder: str, suffix: str = ".svg") -> tuple[str, dict[str, bytes]]:
    """Returns the text, and the charts that it shows by their names in a folder beside it.

    Args:
        document: the report.
        folder: what the folder of the charts is called.
        suffix: of the charts, .svg or .png.
    """
    writer = _Writer(folder, suffix)
    head = [f"# {plain(document.title)}", f"*{plain(document.project)}*", plain(document.question)]
    blocks = [*head, *(writer.section(section) for section in document.sections), "---", plain(document.footer)]
    return "\n\n".join(blocks) + "\n", writer.charts


def plain(text: str) -> str:
    """Returns a text that Markdown shows as it is, on as many lines as it has."""
    text = _SPECIAL.sub(r"\\\1", _printable(text))
    return _LINE_START.sub(lambda found: f"{found[1]}\\{found[2]}" if not found[2][0].isdigit()
                           else f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", text)  # fmt: skip


def fenced(text: str) -> str:
    """Returns a text as a block that nothing in it can end."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{_printable(text)}\n{fence}"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


class _Writer:
    """Writes the parts of one report, and draws its charts."""

    def __init__(self, folder: str, suffix: str) -> None:
        self._folder, self._suffix = folder, suffix
        self.charts: dict[str, bytes] = {}

    def section(self, section: Section) -> str:
        return "\n\n".join([f"## {plain(section.title)}", *map(self.part, section.parts)])

    @singledispatchmethod
    def part(self, part: Part) -> str:
        raise TypeError(f"a report has no {type(part).__name__}")

    @part.register
    def _(self, part: Words) -> str:
        text = plain(part.text)
        return f"**{text}**" if part.kind == "verdict" else f"<sub>{text}</sub>" if part.kind == "caption" else text

    @part.register
    def _(self, part: Bullets) -> str:
        return "\n".join(f"- {_in_one_line(item)}" for item in part.items)

    @part.register
    def _(self, part: Table) -> str:
        aligned = ":--" if part.is_words else "--:"
        lines = [part.head, (":--", *(aligned for _ in part.head[1:]))]
        shown = [[_in_one_line(title) for title in part.head], *([_cell(value) for value in row] for row in part.rows)]
        shown.insert(1, list(lines[1]))
        return "\n".join(f"| {' | '.join(cells)} |" for cells in shown)

    @part.register
    def _(self, part: Code) -> str:
        title = f"**{plain(part.title)}**\n\n" if part.title else ""
        return title + fenced(part.text)

    @part.register
    def _(self, part: Charts) -> str:
        written = []
        for panel in part.panels:
            name = f"{re.sub(r'[^a-z0-9]+', '-', panel.title.lower()).strip('-') or 'chart'}{self._suffix}"
            while name in self.charts:
                name = f"more-{name}"
            self.charts[name] = render([panel], self._suffix, _STYLE)
            picture = f"![{plain(panel.title)}]({self._folder.replace(' ', '%20')}/{name})"
            written.append(f"{picture}\n\n**{plain(panel.title)}.** {plain(panel.caption)}")
        return "\n\n".join(written)

    @part.register
    def _(self, part: Answers) -> str:
        return "\n\n".join(map(_question, part.questions))


def _in_one_line(text: str) -> str:
    return plain(" ".join(text.split()))


def _cell(value: Value) -> str:
    if not isinstance(value, Cell):
        return _in_one_line(str(value))
    text = _in_one_line(value.text)
    shown = f"**{text}**" if value.strong else text
    return f"{shown} ({_in_one_line(value.small)})" if value.small else shown


def _question(question: Question) -> str:
    blocks = [f"### {_in_one_line(question.prompt)}" if len(question.prompt) <= 200 else fenced(question.prompt)]
    for answer in question.answers:
        blocks += [f"**{plain(shown_name(answer.arm))}**, {plain(scores(answer))}", fenced(answer.response)]
    return "\n\n".join(blocks)
