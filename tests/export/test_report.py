import re
from html.parser import HTMLParser

import pytest
from evaluated_runs import BASE

from workbench.compare import compare_runs
from workbench.domain.errors import BadInput
from workbench.domain.experiments import Experiment
from workbench.export.report import report_of, write_report
from workbench.export.report_html import as_html

HOSTILE = '</p></section><script>alert(1)</script><img src=x onerror=alert(2)><a href="javascript:x">\u202e "quoted" & more\x00'
VOID = {"meta"}


def report_html(comparison, project) -> str:
    return as_html(report_of(comparison, project))


class Page(HTMLParser):
    """Collects a page's elements and text, and fails where they are not nested properly."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def html(comparison, project) -> str:
    return report_html(comparison, project)


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_the_report_answers_its_question_first(page, comparison):
    for sentence in comparison.findings:
        assert sentence in page.text
    assert "which of PPO, DPO β=0.1, DPO β=0.03 gives better responses, by the gold judge vader" in page.text
    assert page.text.index(comparison.findings[0]) < page.text.index("Results") < page.text.index("Set-up")


def test_every_arm_has_its_figures_samples_settings_and_runs(page, comparison):
    for arm in comparison.arms:
        assert page.text.count(arm.name) >= 3
    assert "KL coefficient" in page.text
    assert "ppo-s1" in page.text
    assert "2.13.0" in page.text  # torch, as the runs said


def test_the_charts_are_drawn_inside_for_light_and_dark_pages(page):
    charts = [attributes["class"] for name, attributes in page.elements if "chart" in (attributes.get("class") or "")]
    assert charts == ["charts", *["chart light", "chart dark"] * 3]
    assert [name for name, _ in page.elements].count("svg") == 6


def test_ids_are_unique_and_references_lead_somewhere(html):
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) | set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_nothing_is_loaded_and_nothing_can_run(page):
    policies = [attrs["content"] for _, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    assert not {"script", "link", "iframe", "object", "img", "form"} & {name for name, _ in page.elements}
    for _, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert (attributes.get("href") or attributes.get("xlink:href") or "#").startswith("#")


def test_what_a_model_or_an_author_writes_is_shown_and_never_obeyed(runs):
    runs.start([0.0] * 8, response=[HOSTILE] * 8, prompt=[HOSTILE] * 8)
    runs.arm(HOSTILE[:40], {100: [1.0] * 8}, others={100: {"response": [HOSTILE] * 8}})
    found = Page(report_html(compare_runs(runs.project), runs.project))
    assert "script" not in {name for name, _ in found.elements}
    assert HOSTILE.replace("\x00", "\N{REPLACEMENT CHARACTER}") in found.text


def test_the_experiment_file_is_there_to_run_it_again(runs):
    experiment = Experiment.parse(
        {"name": "stories", "model": BASE, "dataset": "pairs", "arms": [{"name": "dpo", "method": "dpo", "beta": 0.3}]},
        where="test",
    )
    with runs.project.edit() as edit:
        edit.change(experiments={"stories": experiment})
    runs.start()
    runs.arm("dpo", {100: [1.0] * 8})
    text = Page(report_html(compare_runs(runs.project), runs.project)).text
    assert "workbench run again stories.yaml" in text
    assert "beta: 0.3" in text


def test_a_start_model_alone_can_be_reported(runs):
    runs.start()
    assert "Only the start model was evaluated" in Page(report_html(compare_runs(runs.project), runs.project)).text


def test_the_same_project_gives_the_same_file(html, project, tmp_path):
    write_report(compare_runs(project), project, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def test_another_ending_is_refused(comparison, project, tmp_path):
    with pytest.raises(BadInput, match=r"expected \.html or \.md"):
        write_report(comparison, project, tmp_path / "report.docx")


def test_a_report_of_many_arms_names_the_first_and_counts_the_rest(runs):
    runs.start([0.0] * 8)
    for i in range(14):
        runs.arm(f"arm {i}", {10: [1.0] * i + [-1.0] * (8 - i) if i < 8 else [1.0] * 8})
    found = report_of(compare_runs(runs.project), runs.project)
    parts = {section.title: section.parts for section in found.sections}
    assert found.title == "arm 0, arm 1, arm 2 and 11 other arms"
    assert "which of 14 arms" in found.question
    assert "Of 15 arms a table of every two would have 225 cells" in parts["Every two arms"][0].text
    claims, caption = parts["Claims"]
    assert len(claims.rows) == 60
    assert "45 more are in" in caption.text
    rests_on, rest = parts["What the verdict rests on"]
    assert len(rests_on.items) == 40
    assert "more figures" in rest.text


def test_the_summary_has_the_rate_with_length_held_equal_beside_the_raw_one(comparison, project):
    (results, *_) = (section for section in report_of(comparison, project).sections if section.title == "Results")
    head, rows = results.parts[0].head, results.parts[0].rows
    at = head.index("length held equal")
    assert head[at - 1] == "win rate"
    for arm, row in zip(comparison.arms, rows, strict=True):
        cell = comparison.cell(arm.name, "reference")
        controlled = cell.length_controlled if cell is not None else None
        assert arm.length_controlled == controlled
        assert (row[at] == "–") == (controlled is None)
