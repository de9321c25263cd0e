import pytest
from pydantic import ValidationError

from workbench.domain.events import (
    CheckpointSaved,
    Event,
    Failed,
    Finished,
    Heartbeat,
    Metrics,
    Started,
    current_events,
    event_from_line,
    event_to_line,
)


def started(resumed_from: int | None = None) -> Started:
    return Started(pid=1, device="cpu", device_name="a CPU", precision="fp32", versions={}, resumed_from=resumed_from)


def metrics(step: int) -> Metrics:
    return Metrics(step=step, seconds=step / 2, values={"loss": 0.5})


def test_an_event_is_one_line_and_read_back_as_what_it_was():
    event = Failed(code="nan_loss", message="two\nlines", at=1.0)
    line = event_to_line(event)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert event_from_line(line) == event


def test_what_is_not_known_is_not_written():
    assert event_to_line(Metrics(step=1, seconds=0.5, values={}, at=1.0)) == (
        b'{"at":1.0,"kind":"metrics","step":1,"seconds":0.5,"values":{}}\n'
    )


@pytest.mark.parametrize("line", [b'{"kind":"metrics","step":', b'{"kind":"unheard of"}', b"[]", b""])
def test_a_torn_or_foreign_line_is_refused(line):
    with pytest.raises(ValidationError):
        event_from_line(line)


def test_steps_that_are_done_again_after_a_resume_count_as_they_were_done_last():
    saved = CheckpointSaved(step=2, folder="checkpoints/checkpoint-2", seconds=1.0)
    again = [metrics(3), metrics(4)]
    events: list[Event] = [
        started(),
        metrics(1),
        metrics(2),
        saved,
        metrics(3),
        Failed(code="x", message="y"),
        started(2),
    ]
    assert current_events([*events, *again]) == [events[0], events[1], events[2], saved, events[6], *again]


def test_a_run_that_went_on_has_not_ended_where_it_paused():
    paused, beat = Finished(outcome="paused", step=2), Heartbeat()
    kept = current_events([started(), beat, paused, started(2)])
    assert [event.kind for event in kept] == ["started", "heartbeat", "started"]
