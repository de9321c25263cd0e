import re

from evaluated_runs import PaperRuns

from workbench.compare import compare_runs
from workbench.export.report import report_of, write_report
from workbench.export.report_html import as_html
from workbench.export.report_markdown import as_markdown, fenced, plain
from workbench.storage.project import Project

HOSTILE = "# <script>alert(1)</script> ![x](http://evil/x.png) [a](javascript:x) ```\n- *bold* | 1. `code`\x00"


def test_the_markdown_says_what_the_page_says(comparison, project):
    document = report_of(comparison, project)
    text, charts = as_markdown(document, "charts")
    page = as_html(document)
    for section in document.sections:
        assert f"## {section.title}" in text
        assert f"<h2>{section.title}</h2>" in page
    assert sorted(charts) == ["kl-to-the-start-model.svg", "reward.svg", "win-rate.svg"]


def test_every_chart_that_is_named_lies_beside_the_text(comparison, project, tmp_path):
    written = write_report(comparison, project, tmp_path / "my report.md")
    text = written[0].read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)]+\.svg)\)", text)
    assert len(named) == 3
    assert all((tmp_path / name.replace("%20", " ")).read_bytes().startswith(b"<?xml") for name in named)
    assert set(written[1:]) == {tmp_path / name.replace("%20", " ") for name in named}


def test_the_rows_of_a_table_have_as_many_cells_as_its_head(comparison, project):
    text, _ = as_markdown(report_of(comparison, project), "charts")
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
        assert len(counts) == 1


def test_what_a_model_wrote_is_shown_and_never_obeyed(tmp_path):
    runs = PaperRuns(Project.create(tmp_path / "p", "stories"), n_prompts=8)
    runs.start([0.0] * 8, response=[HOSTILE] * 8, prompt=[HOSTILE] * 8)
    text, _ = as_markdown(report_of(compare_runs(runs.project), runs.project), "charts")
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert not re.search(r"(?<!\\)<script", outside)
    assert not re.search(r"(?<!\\)!\[x(?<!\\)\]", outside)


def test_a_fence_is_longer_than_any_in_the_text():
    assert fenced("a ```` b").startswith("`````text\n")


def test_signs_that_markdown_reads_are_escaped():
    assert plain("*a* <b> [c](d)") == r"\*a\* \<b\> \[c\](d)"
    assert plain("1. a\n- b") == "1\\. a\n\\- b"
