"""Stands in for the models' process: replays what two real models once said, and misbehaves where the prompt asks for it.

`python pretend_playground.py`; questions and events are those of `workbench.domain.playground`.
"""

import sys
from pathlib import Path

from workbench.domain.playground import (
    Began,
    Cancelled,
    Failed,
    PlaygroundEvent,
    Question,
    Troubled,
    event_from_line,
    event_to_line,
    request_from_line,
)

COMMAND = [sys.executable, str(Path(__file__))]
_RECORDED = Path(__file__).with_name("playground_answers.jsonl")


def replayed(question: Question) -> list[PlaygroundEvent]:
    """Returns what the recorded models said, under the names that were asked."""
    text = _RECORDED.read_text(encoding="utf-8")
    for kind, asked in (("MODEL", question.models), ("JUDGE", question.judges)):
        for place, each in enumerate(asked):
            text = text.replace(f'"{kind}-{place}"', f'"{each.name}"')
    lines = [line for line in text.splitlines() if '"MODEL-' not in line and '"JUDGE-' not in line]
    events = [event_from_line(line.encode()) for line in lines]
    return [event.model_copy(update={"number": question.number}) for event in events]


def half_of(question: Question, event: PlaygroundEvent) -> PlaygroundEvent:
    """Returns an event, or in place of what the first model and the first judge said, that they cannot be used."""
    about = [each.name for each in (*question.models[:1], *question.judges[:1])]
    said = [getattr(event, name, None) for name in ("judge", "model")]
    found = next((name for name in said if name in about), None)
    return event if found is None else Troubled(number=event.number, about=found, message=f"{found} is broken.")


def die_if_asked(question: Question) -> None:
    """Ends the process before a word was said, or in the middle of one."""
    if "die" in question.prompt[-1].content:
        sys.exit("RuntimeError: the graphics card fell out")
    if "tear" in question.prompt[-1].content:
        sys.stdout.buffer.write(event_to_line(replayed(question)[0])[:-9])
        sys.exit("RuntimeError: torn")


def main() -> None:
    """Answers until standard input is closed."""
    waiting: Question | None = None
    for line in sys.stdin.buffer:
        request = request_from_line(line)
        if waiting is not None:
            say([Cancelled(number=waiting.number)])
            waiting = None
        if not isinstance(request, Question):
            continue
        die_if_asked(request)
        if "chatter" in request.prompt[-1].content:
            sys.stdout.buffer.write(b"a library says hello\n")
        if "fail" in request.prompt[-1].content:
            say([Failed(number=request.number, code="out_of_memory", message="No memory.", hint="Ask fewer.")])
        elif "half" in request.prompt[-1].content:
            say([half_of(request, event) for event in replayed(request)])
        elif "wait" in request.prompt[-1].content:
            say([*replayed(request)[:3], Began(number=request.number, phase="waiting")])
            waiting = request
        else:
            say(replayed(request))


def say(events: list[PlaygroundEvent]) -> None:
    """Writes events at once."""
    sys.stdout.buffer.write(b"".join(map(event_to_line, events)))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
