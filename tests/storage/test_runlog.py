import subprocess
import sys
import threading
from pathlib import Path

import pytest

from workbench.domain.events import Heartbeat, Metrics, Progress, Sample, Started, event_to_line
from workbench.domain.records import Outcome, ProcessMark
from workbench.storage.runlog import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def progress(step: int) -> Progress:
    return Progress(at=1.0, phase="training", step=step, total=9)


def test_events_come_back_in_order_and_only_once(run: RunFolder) -> None:
    run.append(progress(1))
    run.append(progress(2))
    first, offset = run.events()
    run.append(progress(3))
    later, _ = run.events(offset)
    assert first == [progress(1), progress(2)]
    assert later == [progress(3)]


def test_a_run_that_has_said_nothing_has_no_events(run: RunFolder) -> None:
    assert run.events() == ([], 0)
    assert run.last_events() == []


def test_a_line_that_is_being_written_is_read_when_it_is_complete(run: RunFolder) -> None:
    line = event_to_line(progress(2))
    run.append(progress(1))
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(line[:10])
    events, offset = run.events()
    assert events == [progress(1)]
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(line[10:])
    assert run.events(offset)[0] == [progress(2)]


def test_a_torn_line_costs_itself_and_no_other(run: RunFolder) -> None:
    run.append(progress(1))
    with (run.folder / "events.jsonl").open("ab") as log:
        log.write(event_to_line(progress(2))[:10])
    run.append(progress(3))
    assert run.events()[0] == [progress(1), progress(3)]


def test_an_event_of_a_newer_version_is_passed_over(run: RunFolder) -> None:
    (run.folder / "events.jsonl").write_bytes(b'{"kind": "hologram", "at": 1}\n' + event_to_line(progress(1)))
    assert run.events()[0] == [progress(1)]


def test_the_last_events_are_read_without_the_rest(run: RunFolder) -> None:
    for step in range(200):
        run.append(progress(step))
    length = len(event_to_line(progress(199)))
    assert run.last_events(n_bytes=3 * length + 5) == [progress(197), progress(198), progress(199)]
    assert len(run.last_events(n_bytes=10**6)) == 200


def test_starts_are_counted_wherever_they_stand_and_a_text_about_one_is_none(run: RunFolder) -> None:
    assert run.count_starts() == 0
    about = {"pid": 1, "device": "cpu", "device_name": "a CPU", "precision": "fp32", "versions": {}}
    run.append(Started(**about))
    run.append(Sample(step=1, prompt=event_to_line(Started(**about)).decode(), response=""))
    run.append(Started(**about, resumed_from=1))
    for step in range(300):
        run.append(progress(step))
    assert run.count_starts() == 2


def test_threads_of_a_worker_do_not_mix_their_lines(run: RunFolder) -> None:
    long = Metrics(at=1.0, step=1, seconds=1.0, values={f"metric/{i}": float(i) for i in range(300)})
    threads = [threading.Thread(target=lambda: [run.append(long) for _ in range(20)]) for _ in range(3)]
    threads.append(threading.Thread(target=lambda: [run.append(Heartbeat()) for _ in range(60)]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events, _ = run.events()
    assert len(events) == 120
    assert events.count(long) == 60


def test_another_process_sees_an_event_at_once(run: RunFolder) -> None:
    run.append(progress(4))
    script = "import sys; from pathlib import Path; from workbench.storage.runlog import RunFolder; "
    script += "print(RunFolder(Path(sys.argv[1])).events()[0][0].step)"
    done = subprocess.run([sys.executable, "-c", script, run.folder], capture_output=True, text=True, check=True)
    assert done.stdout == "4\n"


def test_stop_outweighs_pause_until_both_are_taken_back(run: RunFolder) -> None:
    assert run.stop_requested() is None
    run.request_pause()
    assert run.stop_requested() == "pause"
    run.request_stop()
    assert run.stop_requested() == "stop"
    run.clear_requests()
    assert run.stop_requested() is None


def test_outcome_and_process_are_kept_until_cleared(run: RunFolder) -> None:
    outcome, mark = Outcome(state="paused", step=3), ProcessMark(pid=1, started=2.0, device="cpu", host="h")
    run.write_outcome(outcome)
    run.write_process(mark)
    assert (run.outcome(), run.process()) == (outcome, mark)
    run.clear_outcome()
    run.clear_process()
    assert (run.outcome(), run.process()) == (None, None)


def test_the_end_of_the_log_is_its_last_lines(run: RunFolder) -> None:
    assert run.log_tail() == ""
    (run.folder / "worker.log").write_bytes(b"one\ntwo \xff\nthree\n")
    assert run.log_tail(2) == "two \ufffd\nthree"


def test_an_outcome_or_process_that_goes_while_it_is_looked_for_is_none(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "exists", lambda _path: True)  # it was there, a moment ago
    assert run.outcome() is None
    assert run.process() is None
