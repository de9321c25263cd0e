"""A judging run from its job to verdicts, against a real server; no model is loaded."""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from evaluated_runs import PaperRuns
from pretend_judge import PretendJudge, pretend_judge

from workbench.compare.judges import compare_judges
from workbench.data.pairwise import client
from workbench.domain import samples
from workbench.domain.events import Failed, Metrics, Warned
from workbench.domain.records import Job
from workbench.jobs.judgements import judging_cost, plan_judgement
from workbench.storage.keyring_access import read_key
from workbench.storage.preferences import change_preferences, preferences_file
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder
from workbench.training.worker import Terminations, work_through

SECRET = "sk-not-for-anyones-eyes"
N = 6
SHORT, LONG = [" short"] * N, [" quite long"] * N


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendJudge]:
    monkeypatch.setenv("WORKBENCH_ANSWERS", str(tmp_path / "answers"))
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.setattr(client, "_FIRST_WAIT_S", 0.01)
    with pretend_judge() as made:
        declare(made)
        yield made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    runs = PaperRuns(Project.create(tmp_path / "p"), N)
    runs.start(**{samples.RESPONSE: SHORT})
    better = {samples.RESPONSE: [*LONG[:4], *SHORT[:2]]}  # two are the start model's own words
    runs.arm("dpo", {10: [0.0] * N, 20: [1.0] * N}, others={10: {samples.RESPONSE: LONG}, 20: better})
    return runs.project


def declare(judge: PretendJudge, **changes: object) -> None:
    change_preferences(lambda old: old.with_endpoint("local", judge.endpoint(**changes)))


def planned(project: Project, **changes: object) -> Job:
    job = plan_judgement(project, project.job("dpo-s0"), "llm:local", **changes)
    project.add_job(job)
    return job


def work(project: Project, job: Job) -> tuple[int, RunFolder]:
    run = project.run(job.id)
    return work_through(run.folder, Terminations()), run


def test_each_checkpoint_is_judged_in_both_orders_against_the_start_model(project, judge):
    status, run = work(project, planned(project))
    assert status == 0
    rows = pq.read_table(run.folder / "verdicts" / "checkpoint-10.parquet").to_pylist()
    assert [(row["order"], row["verdict"]) for row in rows] == [("policy first", "A"), ("rival first", "B")] * N
    assert {row["opponent"] for row in rows} == {"eval-reference-s0"}
    said = {event.step: event.values for event in run.events()[0] if isinstance(event, Metrics)}
    assert said[10]["judge/win_rate"] == 1.0
    assert said[20]["judge/win_rate"] == (4 + 2 * 0.5) / 6
    assert said[20]["judge/swap_consistency"] == 1.0


def test_equal_answers_are_a_tie_that_nobody_is_asked_about(project, judge):
    work(project, planned(project, last_only=True))
    assert len(judge.bodies) == 2 * 4


def test_a_second_run_over_the_same_answers_asks_nothing(project, judge):
    work(project, planned(project, last_only=True))
    judge.bodies.clear()
    _, run = work(project, planned(project, max_prompts=4))
    assert len(judge.bodies) == 0  # the earlier checkpoint gave those four the same answers
    assert pq.read_table(run.folder / "verdicts" / "checkpoint-20.parquet")["cached"].to_pylist() == [True] * 8


def test_who_asks_for_less_than_is_judged_gets_the_run_that_is_there(project, judge):
    everything = planned(project)
    assert planned(project, last_only=True, max_prompts=3) == everything


def test_replies_that_say_something_else_are_counted_and_left_out(project, judge):
    judge.rule = lambda _prompt, first, _second: "A" if first == LONG[0] else "I would rather not say."
    _, run = work(project, planned(project))
    said = [event for event in run.events()[0] if isinstance(event, Metrics)]
    assert said[0].values["judge/unparsed"] == 0.5
    assert "judge/win_rate" not in said[0].values
    warned = [event for event in run.events()[0] if isinstance(event, Warned)]
    assert [event.code for event in warned] == ["unparsed", "unparsed"]
    assert warned[0].message == (
        "6 of 12 replies on checkpoint 10 were neither A, B nor tie and are left out, as 'I would rather not say.'."
    )


def test_a_question_that_is_refused_counts_as_unclear_and_the_run_goes_on(project, judge):
    declare(judge, max_concurrent=1)
    rule = judge.rule

    def refuse_next(prompt: str, first: str, second: str) -> str:
        if len(judge.bodies) == 3:
            judge.failures = [(400, {}, b'{"error": {"message": "too long"}}')]
        return rule(prompt, first, second)

    judge.rule = refuse_next
    status, run = work(project, planned(project, last_only=True))
    assert status == 0
    assert any("as '(refused: too long)'" in event.message for event in run.events()[0] if isinstance(event, Warned))
    rows = pq.read_table(run.folder / "verdicts" / "checkpoint-20.parquet").to_pylist()
    assert [row["verdict"] for row in rows].count("unparsed") == 1


def test_a_wrong_key_ends_the_run_with_a_sentence_and_a_right_one_resumes_it(project, judge, monkeypatch):
    judge.key = SECRET
    declare(judge, key="JUDGE_KEY")
    monkeypatch.setenv("JUDGE_KEY", "sk-wrong-one")
    job = planned(project)
    status, run = work(project, job)
    assert status == 1
    failed = run.events()[0][-1]
    assert isinstance(failed, Failed)
    assert failed.code == "endpoint_refused"
    assert "refused the key `JUDGE_KEY`" in failed.message
    monkeypatch.setenv("JUDGE_KEY", SECRET)
    assert work(project, job)[0] == 0


def test_the_key_is_in_no_file_and_no_log(project, judge, monkeypatch, tmp_path):
    judge.key = SECRET
    declare(judge, key="JUDGE_KEY")
    for key in ("sk-wrong-one", SECRET):
        monkeypatch.setenv("JUDGE_KEY", key)
        assert read_key("JUDGE_KEY") == key
        work(project, planned(project))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert preferences_file() in written
    for path in written:
        assert SECRET.encode() not in path.read_bytes(), path
        assert b"sk-wrong-one" not in path.read_bytes(), path


def test_a_key_that_is_nowhere_is_said_before_anything_is_asked(project, judge):
    declare(judge, key="JUDGE_KEY")
    status, run = work(project, planned(project))
    assert status == 1
    assert run.outcome().code == "not_found"
    assert "JUDGE_KEY" in run.outcome().message
    assert judge.bodies == []


def test_what_was_answered_before_a_stop_is_not_asked_again(project, judge):
    job = planned(project)
    run = project.run(job.id)
    judge.slow_s = 0.05
    declare(judge, max_concurrent=1)
    rule = judge.rule

    def stopping(prompt: str, first: str, second: str) -> str:
        if len(judge.bodies) == 4:
            run.request_stop()
        return rule(prompt, first, second)

    judge.rule = stopping
    assert work(project, job)[0] == 0
    assert run.outcome().state == "stopped"
    asked = len(judge.bodies)
    assert asked < 2 * N
    run.clear_requests()
    judge.slow_s = 0.0
    assert work(project, job)[0] == 0
    assert len(judge.bodies) <= 2 * N + 1  # the second checkpoint asks nothing new; one question was cut off


def test_the_pace_may_change_but_what_decides_a_verdict_stays(project, judge):
    job = planned(project, last_only=True)
    declare(judge, model="another", requests_per_minute=30_000.0)
    work(project, job)
    assert {body["model"] for body in judge.bodies} == {"rule"}


def test_two_servers_that_call_their_model_alike_share_no_reply(project, judge):
    work(project, planned(project, last_only=True))
    with pretend_judge() as other:
        other.rule = lambda *_texts: "A"
        declare(other)
        job = planned(project, last_only=True)
        assert work(project, job)[0] == 0
    assert len(other.bodies) == 2 * 4
    assert compare_judges(project).judges[-1].first_position == 1.0
    assert {one.judge for one in compare_judges(project).judges} >= {
        "llm:local",
        f"llm:local (rule, at 127.0.0.1:{judge.port})",
    }


def test_an_endpoint_that_moved_asks_nothing_for_a_run_that_was_planned_elsewhere(project, judge):
    job = planned(project, last_only=True)
    declare(judge, url="http://localhost:9/v1")
    status, run = work(project, job)
    assert status == 1
    assert "which is at http://localhost:9/v1 now" in run.outcome().message
    assert judge.bodies == []


def test_replies_that_were_kept_without_an_address_are_said_to_be_asked_again(project, judge, tmp_path):
    job = planned(project, last_only=True)
    work(project, job)
    (kept,) = (tmp_path / "answers").glob("*.jsonl")
    kept.rename(kept.with_name(f"{sha256(job.recipe.question.model_dump_json().encode()).hexdigest()[:16]}.jsonl"))
    shutil.rmtree(project.run_folder(job.id) / "verdicts")
    _, run = work(project, job)
    (told,) = [event.message for event in run.events()[0] if isinstance(event, Warned)]
    assert told == (
        "An earlier version kept 8 of these replies by `rule` without the address that they came from, so they are asked "
        f"again at 127.0.0.1:{judge.port}."
    )
    assert len(judge.bodies) == 2 * 2 * 4


def test_judging_is_estimated_from_what_was_sampled(project, judge):
    declare(judge, price_in=2.0, price_out=10.0, requests_per_minute=60.0)
    cost = judging_cost(project, planned(project, last_only=True), {})
    assert cost.n_questions == 2 * N
    letters = len("{mark}|{prompt}|{a}|{b}") + sum(len(f"Prompt {i}") for i in range(N)) / N + 2 * (4 * 11 + 2 * 6) / 6
    assert cost.tokens_in == pytest.approx(2 * N * letters / 4)
    assert cost.dollars == pytest.approx((cost.tokens_in * 2 + cost.tokens_out * 10) / 1e6)
    assert cost.seconds == 12
