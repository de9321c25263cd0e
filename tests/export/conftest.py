import pytest
from evaluated_runs import PaperRuns, realistic

from workbench.compare import Comparison, compare_runs
from workbench.export.document import Document, Part, section
from workbench.export.report_html import as_html
from workbench.storage.project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """A project with PPO and two DPO arms over two seeds."""
    return realistic(tmp_path_factory.mktemp("realistic") / "p", seeds=(0, 1), n_prompts=30, steps=3)


@pytest.fixture(scope="module")
def comparison(project) -> Comparison:
    """What is shown of it."""
    return compare_runs(project)


@pytest.fixture
def runs(tmp_path) -> PaperRuns:
    """A project without runs, and the pen to write some."""
    return PaperRuns(Project.create(tmp_path / "project", "stories"), n_prompts=8)


def html_of(*parts: Part | None) -> str:
    """Returns a page of these parts alone; nothing where there are none."""
    found = section("Parts", *parts)
    return as_html(Document("Title", "project", "Question?", (found,))) if found else ""
