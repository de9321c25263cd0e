"""Judges by command: declared, asked, compared, and people in the terminal."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from evaluated_runs import PaperRuns
from pretend_judge import TEMPLATE, PretendJudge, pretend_judge
from typer.testing import CliRunner

from workbench.cli import app
from workbench.domain import samples
from workbench.domain.errors import WorkbenchError
from workbench.jobs import launch
from workbench.storage.project import Project
from workbench.training.worker import Terminations, work_through

N = 4


class Result(NamedTuple):
    """What a command printed, and its exit status."""

    exit_code: int
    output: str


@pytest.fixture(autouse=True)
def own_config(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("WORKBENCH_ANSWERS", str(tmp_path / "answers"))
    monkeypatch.setattr(launch, "wake_runner", lambda _project: False)


@pytest.fixture
def workbench():
    """Runs a command in this process; the words of an error are its output."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, WorkbenchError):
            return Result(1, str(result.exception))
        assert result.exit_code == 0, result.output
        return Result(0, result.stdout)

    return run


@pytest.fixture
def project(tmp_path) -> Project:
    runs = PaperRuns(Project.create(tmp_path / "p"), N)
    runs.start([0.0] * N, **{samples.RESPONSE: [" short"] * N})
    runs.arm("dpo", {10: [1.0] * N}, others={10: {samples.RESPONSE: [" quite long"] * N}})
    return runs.project


@pytest.fixture
def judge(workbench) -> Iterator[PretendJudge]:
    with pretend_judge() as made:
        url = f"http://127.0.0.1:{made.port}/v1"
        workbench("endpoints", "jury", "--url", url, "--model", "rule", "--template", TEMPLATE, "--price-in", "100")
        yield made


def test_a_judge_is_declared_and_listed(workbench, judge):
    result = workbench("endpoints")
    assert "llm:jury" in result.output
    found = json.loads(workbench("endpoints", "jury", "--json").output)["endpoints"]["jury"]
    assert found["price_in"] == 100
    assert found["has_key"] is True  # it needs none


def test_what_a_model_does_not_take_is_left_out_of_its_questions(workbench, judge):
    workbench("endpoints", "jury", "--max-tokens", "", "--temperature", "", "--extra", '{"reasoning_effort": "low"}')
    workbench("endpoints", "jury", "--test")
    (body,) = judge.bodies
    assert body.keys() == {"model", "messages", "stream", "reasoning_effort"}


def test_a_flag_that_is_no_number_is_refused_in_words(workbench, judge):
    assert (
        "`max_tokens` is 'many'; expected a whole number"
        in workbench("endpoints", "jury", "--max-tokens", "many").output
    )


def test_the_list_says_where_a_key_is(workbench, judge, monkeypatch):
    workbench("endpoints", "jury", "--key", "JURY_KEY")
    assert "JURY_KEY (nowhere)" in workbench("endpoints").output
    monkeypatch.setenv("JURY_KEY", "sk-1234")
    assert "JURY_KEY (in the environment)" in workbench("endpoints").output


def test_a_trial_says_how_the_reply_was_read(workbench, judge):
    judge.rule = lambda *_: "Well, A."
    assert "read as unparsed" in workbench("endpoints", "jury", "--test").output


def test_a_judge_without_an_address_is_refused(workbench):
    result = workbench("endpoints", "jury", "--model", "m")
    assert result.exit_code == 1
    assert "`url` is missing" in result.output


def test_a_plan_says_how_much_and_asks_nobody(workbench, judge, project):
    result = workbench("judge", str(project.folder), "--plan")
    assert f"At most {2 * N} questions" in result.output
    assert "$ 0.0" in result.output
    assert judge.bodies == []


def test_what_a_judge_said_stands_beside_the_others_and_win_rates_can_go_by_it(workbench, judge, project):
    result = workbench("judge", str(project.folder), "--by", "llm:jury", "--detach", "--json")
    for run in json.loads(result.output)["runs"]:
        assert work_through(project.run(run["id"]).folder, Terminations()) == 0
    table = json.loads(workbench("judges", str(project.folder), "--json").output)
    found = {one["judge"]: one for one in table["judges"]}
    assert found["llm:jury"]["rates"]["dpo"]["mean"] == 1.0
    assert found["llm:jury"]["swap_consistency"] == 1.0
    assert "by llm:jury" in workbench("compare", str(project.folder), "--judge", "llm:jury").output


def test_people_judge_blind_in_the_terminal(workbench, project, monkeypatch):
    keys = iter(["1", "u", "2", "0", "?", "s", "q"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(keys))
    result = workbench("label", str(project.folder), "--rater", "ann")
    assert "3 judged, 1 left" in result.output
    table = json.loads(workbench("judges", str(project.folder), "--json").output)
    assert table["people"]["n_labels"] == 2
    assert table["people"]["raters"] == ["ann"]
    assert "People: 2 judgements by ann, 1 skipped" in workbench("judges", str(project.folder)).output
