from pathlib import Path

import pytest

from workbench import api
from workbench.domain.errors import NotFound
from workbench.domain.row_filters import RowFilter
from workbench.storage.project import Project

ROW = '{"prompt": "p%d", "chosen": "a%d", "rejected": "b"}\n'


def test_a_dataset_of_the_project_is_searched(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(ROW % (i, i) for i in range(20)))
    api.import_dataset(project, source, "mine")
    rows = api.browse_dataset(project, "mine")
    assert list(rows.find(RowFilter(text="a7")).rows) == [7]
    assert rows.lines([7])[0].chosen == "a7"
    rows.close()


def test_a_dataset_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no dataset `mine`"):
        api.browse_dataset(Project.create(tmp_path / "project"), "mine")
