"""A comparison as one HTML file that needs nothing else: no network, no scripts, safe against what a model may write."""

from pathlib import Path

from workbench import __version__
from workbench.compare.comparison import Comparison
from workbench.compare.side_by_side import side_by_side
from workbench.export import report_setup, report_tables
from workbench.export.inline_svg import inline_charts
from workbench.export.markup import Content, Markup, bullets, join, tag
from workbench.export.report_style import CSS
from workbench.export.run_again import how_to_run_again
from workbench.export.theme import LIGHT
from workbench.storage.files import write_bytes
from workbench.storage.project import Project

# Nothing may be loaded and nothing may run, whatever a response holds. Styles are the page's own and the charts'.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write_report(comparison: Comparison, project: Project, path: Path) -> None:
    """Writes the report; the same comparison of the same project gives the same file to the byte.

    Args:
        comparison: what is reported.
        project: where its runs are, for set-up, samples and environment.
        path: the HTML file.

    Raises:
        DiskFull: there is no room for the file.
    """
    write_bytes(path, report_html(comparison, project).encode())


def report_html(comparison: Comparison, project: Project) -> str:
    """Returns the report as HTML; see `write_report`."""
    setup = report_setup.read_setup(comparison, project)
    sections = [
        tag("header", tag("p", project.name, class_="eyebrow"), tag("h1", _title(comparison)),
            tag("p", report_setup.question(setup, comparison), class_="question")),
        _section("Verdict", *(tag("p", sentence, class_="verdict") for sentence in comparison.findings)),
        _section("Read this first", bullets(comparison.warnings), class_="warnings"),
        _section("Results", report_tables.results(comparison)),
        _section("Charts", inline_charts(comparison.panels), *_captions(comparison)),
        _section("Every two arms", report_tables.head_to_head(comparison)),
        _section("At the best checkpoint", report_tables.best(comparison)),
        _section("Same prompt, side by side", *_samples(comparison, project)),
        _section("Set-up", report_setup.facts(setup)),
        _section("Settings", report_setup.settings_table(setup)),
        _section("Runs", report_setup.runs_table(setup)),
        _section("Environment", report_setup.environment(setup)),
        _section("Run it again", how_to_run_again(setup)),
        tag("footer", f"Written by Preference Workbench {__version__}."),
    ]  # fmt: skip
    return _page(_title(comparison), join(*sections))


def _page(title: str, body: Markup) -> str:
    head = join(
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", title),
        tag("style", Markup(CSS)),
    )
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>{body}</main></body></html>\n'


def _title(comparison: Comparison) -> str:
    names = [arm.name for arm in comparison.arms if arm.method != "reference"]
    return " against ".join(names) if len(names) == 2 else ", ".join(names) or "The start model"


def _section(title: str, *content: Content, **attributes: str) -> Markup | None:
    known = [part for part in content if part]
    return tag("section", tag("h2", title), *known, **attributes) if known else None


def _captions(comparison: Comparison) -> list[Markup]:
    return [
        tag("p", tag("b", f"{panel.title}. "), panel.caption, class_="caption")
        for panel in comparison.panels
        if panel.caption
    ]


def _samples(comparison: Comparison, project: Project) -> list[Content]:
    questions = side_by_side(project, comparison)
    if not questions:
        return []
    cards: list[Content] = [
        tag("p", "Spread evenly over the test prompts, from each arm's last checkpoint under its first seed. Nobody chose "
            "them.", class_="caption")
    ]  # fmt: skip
    for question in questions:
        answers = [
            tag("div", tag("p", tag("i", "", class_="dot", style=f"background:{LIGHT.colour(answer.index)}"),
                           tag("b", answer.arm), " ", tag("span", report_tables.scores(answer), class_="muted")),
                tag("p", answer.response, class_="text"), class_="answer")
            for answer in question.answers
        ]  # fmt: skip
        cards.append(
            tag("article", tag("p", question.prompt, class_="text prompt"), tag("div", *answers, class_="row"))
        )
    return cards
