import pytest
from evaluated_runs import PaperRuns

from workbench.storage.project import Project


@pytest.fixture
def runs(tmp_path) -> PaperRuns:
    """A project without runs, and the pen to write some."""
    return PaperRuns(Project.create(tmp_path / "project", "stories"), n_prompts=8)
