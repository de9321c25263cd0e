"""A comparison as a report: the question, the verdict and all that it rests on, section by section.

`report_html` writes it as one page that needs nothing else, `report_markdown` as text with pictures beside it.
"""

from pathlib import Path

from workbench import __version__
from workbench.compare.comparison import Comparison
from workbench.compare.side_by_side import side_by_side
from workbench.domain.errors import BadInput
from workbench.export import report_evidence, report_judges, report_setup, report_tables
from workbench.export.document import Answers, Charts, Document, Section, Words, bullets, section
from workbench.export.report_html import as_html
from workbench.export.report_markdown import as_markdown
from workbench.export.run_again import how_to_run_again
from workbench.storage.files import write_bytes
from workbench.storage.project import Project

_HTML, _MARKDOWN = (".html", ".htm"), (".md", ".markdown")
REPORT_SUFFIXES = (*_HTML, *_MARKDOWN)
_MOST_NAMED, _NAMED = 5, 3  # arms in a title; of more than five the first three
_SAMPLES = (
    "Spread evenly over the test prompts, from each arm's last checkpoint under its first seed. Nobody chose them."
)


def write_report(comparison: Comparison, project: Project, path: Path) -> list[Path]:
    """Writes the report; the same comparison of the same project gives the same files to the byte.

    Args:
        comparison: what is reported.
        project: where its runs are, for set-up, samples and environment.
        path: ends in .html, or in .md; then its charts lie beside it, in a folder that is called after it.

    Returns:
        What was written, the report first.

    Raises:
        BadInput: another ending.
        DiskFull: there is no room for a file.
    """
    document = report_of(comparison, project)
    if path.suffix in _HTML:
        write_bytes(path, as_html(document).encode())
        return [path]
    if path.suffix not in _MARKDOWN:
        raise BadInput(f"{path} ends in {path.suffix or 'nothing'!r}; expected .html or .md.", "Rename --out.")
    folder = path.with_name(f"{path.stem}-charts")
    text, charts = as_markdown(document, folder.name)
    folder.mkdir(exist_ok=True)
    for name, drawing in charts.items():
        write_bytes(folder / name, drawing)
    write_bytes(path, text.encode())
    return [path, *(folder / name for name in charts)]


def report_of(comparison: Comparison, project: Project) -> Document:
    """Returns the report; each section is one function over what the comparison holds, and is left out where that is nothing."""
    setup = report_setup.read_setup(comparison, project)
    sections = (
        _verdict(comparison),
        section("Read this first", bullets(comparison.warnings), is_warning=True),
        section("Results", *report_tables.results(comparison)),
        section("Charts", Charts(comparison.panels) if comparison.panels else None),
        section("Every two arms", *report_tables.head_to_head(comparison)),
        section("Claims", *report_evidence.claims(comparison)),
        section("Ranking", *report_evidence.ranking(comparison)),
        section("By every judge", *report_judges.judges(comparison, project)),
        section("At the best checkpoint", *report_tables.best(comparison)),
        section("Over-optimisation", *report_evidence.optimisation(comparison)),
        section("At a common level", *report_evidence.matched(comparison)),
        section("Every seed", *report_evidence.seeds(comparison)),
        section("What it cost", *report_evidence.costs(comparison)),
        section("Were the arms treated alike", *report_evidence.fairness(comparison)),
        _samples(comparison, project),
        section("Set-up", report_setup.facts(setup)),
        section("Recipes", *report_setup.settings_table(setup)),
        section("Runs", report_setup.runs_table(setup)),
        section("Environment", report_setup.environment(setup)),
        section("What the verdict rests on", *report_evidence.support(comparison)),
        section("Run it again", *how_to_run_again(setup)),
    )
    return Document(
        title=_title(comparison),
        project=project.name,
        question=report_setup.question(setup, comparison),
        sections=tuple(found for found in sections if found is not None),
        footer=f"Written by Preference Workbench {__version__}.",
    )


def _title(comparison: Comparison) -> str:
    names = [arm.name for arm in comparison.arms if arm.method != "reference"]
    if len(names) > _MOST_NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} other arms"
    return " against ".join(names) if len(names) == 2 else ", ".join(names) or "The start model"


def _verdict(comparison: Comparison) -> Section | None:
    return section("Verdict", *(Words(sentence, "verdict") for sentence in comparison.findings))


def _samples(comparison: Comparison, project: Project) -> Section | None:
    questions = tuple(side_by_side(project, comparison))
    if not questions:
        return None
    return section("Same prompt, side by side", Words(_SAMPLES, "caption"), Answers(questions))
