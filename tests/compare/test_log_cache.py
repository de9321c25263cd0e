import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.compare import log_cache
from workbench.compare.log_cache import keep_all, kept_columns
from workbench.compare.logs import read_log
from workbench.compare.run_use import RunUse, read_use
from workbench.storage.project import Project
from workbench.storage.runlog import EVENTS

NAMES = ("loss", "objective/kl", "rewards/margins")


def line(kind, **values):
    return json.dumps({"at": values.pop("at", 1.0), "kind": kind, **values}, separators=(",", ":")).encode() + b"\n"


def measured(step, **values):
    return line("metrics", step=step, tokens=10 * step, seconds=step / 2, values=values or {"loss": 1.0 / step})


numbers = st.one_of(st.none(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False))
lines = st.one_of(
    st.builds(
        lambda step, values: measured(step, **values),
        st.integers(1, 40),
        st.dictionaries(st.sampled_from(NAMES), numbers, min_size=1),
    ),
    st.builds(lambda step: line("checkpoint_saved", step=step, folder="f", seconds=1.0), st.integers(1, 40)),
    st.builds(lambda step: line("started", device_name="a GPU", resumed_from=step), st.integers(0, 40)),
    st.builds(lambda words: line("warned", code="c", message=words), st.sampled_from(["Cut.", "Slow."])),
    st.builds(lambda at: line("heartbeat", at=at), st.integers(1, 99)),
    st.builds(lambda most: line("progress", step=1, memory_mib=most), st.integers(1, 9)),
    st.just(b'{"at":1.0,"kind":"metrics","step":3,"val\n'),  # torn by a crash, and gone on with
    st.just(line("metrics", step="four", seconds=1.0, values={"loss": 1.0})),
)


def assert_same(one, other):
    np.testing.assert_array_equal(one.steps, other.steps)
    np.testing.assert_array_equal(one.spent, other.spent)
    assert list(one.values) == list(other.values)
    for name, column in one.values.items():
        np.testing.assert_array_equal(column, other.values[name])
    assert (one.saved, one.warned, one.device, one.n_devices) == (
        other.saved,
        other.warned,
        other.device,
        other.n_devices,
    )


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.setattr(log_cache, "WORTH", 0)  # also a short log is kept
    return tmp_path / "logs" / "run.columns"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    content=st.lists(lines, max_size=25).map(b"".join),
    cuts=st.lists(st.floats(0, 1), max_size=5).map(sorted),
    names=st.sampled_from([None, (), ("loss",), ("objective/kl", "rewards/margins")]),
    later=st.sampled_from([None, (), ("loss",)]),
)
def test_what_is_kept_says_what_the_log_says_however_its_writing_was_split(tmp_path, kept, content, cuts, names, later):
    kept.unlink(missing_ok=True)
    (tmp_path / EVENTS).unlink(missing_ok=True)
    for cut in (*cuts, 1.0):
        with (tmp_path / EVENTS).open("ab") as log:
            log.write(content[log.tell() : max(log.tell(), round(cut * len(content)))])
        for wanted in (names, later):
            assert_same(read_log(tmp_path, wanted, kept=kept), read_log(tmp_path, wanted))
        assert_same_use(read_use(tmp_path, kept), read_use(tmp_path))
    assert_same_use(read_use(tmp_path), use_by_hand(content))


def use_by_hand(content: bytes) -> RunUse:
    """Reads line by line what a run took."""
    parts, saved, memory = [], [], np.nan
    for each in content.splitlines():
        try:
            said = json.loads(each)
        except ValueError:
            continue
        if said["kind"] == "started":
            parts.append((said["at"], said["at"]))
        elif said["kind"] == "checkpoint_saved":
            saved.append((said["step"], said["at"]))
        elif said["kind"] == "progress":
            memory = np.fmax(memory, said["memory_mib"])
        parts[-1:] = [(begin, said["at"]) for begin, _ in parts[-1:]]
    parts = [(begin, end) for begin, end in parts if end >= begin]
    return RunUse(tuple(parts), tuple(saved), float(memory), n_devices=(1,) * len(parts))


def assert_same_use(one: RunUse, other: RunUse) -> None:
    assert (one.parts, one.saved, one.n_devices) == (other.parts, other.saved, other.n_devices)
    np.testing.assert_equal(one.memory_mib, other.memory_mib)


def test_a_log_is_parsed_once_and_then_only_what_was_added(tmp_path, kept, monkeypatch):
    (tmp_path / EVENTS).write_bytes(b"".join(measured(step) for step in range(1, 50)))
    assert len(read_log(tmp_path, kept=kept).steps) == 49
    with (tmp_path / EVENTS).open("ab") as log:
        log.write(measured(50))
    parsed = []
    monkeypatch.setattr("workbench.compare.log_table.from_json", lambda text: parsed.append(text) or json.loads(text))
    assert len(read_log(tmp_path, kept=kept).steps) == 50
    assert [len(json.loads(text)) for text in parsed] == [1]
    read_log(tmp_path, kept=kept)
    assert len(parsed) == 1


@pytest.mark.parametrize("other", [
    pytest.param(measured(1, loss=9.0), id="shrank"),
    pytest.param(b"".join(measured(step, loss=9.0) for step in range(1, 90)), id="replaced by a longer one"),
])  # fmt: skip
def test_a_log_that_shrank_or_was_replaced_is_read_anew(tmp_path, kept, other):
    (tmp_path / EVENTS).write_bytes(b"".join(measured(step) for step in range(1, 50)))
    read_log(tmp_path, kept=kept)
    (tmp_path / EVENTS).write_bytes(other)
    assert set(read_log(tmp_path, kept=kept).values["loss"]) == {9.0}


def test_a_log_changed_in_its_middle_is_read_anew(tmp_path, kept):
    path = tmp_path / EVENTS
    path.write_bytes(b"".join(measured(step, loss=1.5) for step in range(1, 400)))
    read_log(tmp_path, kept=kept)
    before, content = path.stat(), path.read_bytes()
    middle = content.index(b'"loss":1.5', len(content) // 2)
    path.write_bytes(content[:middle] + b'"loss":7.5' + content[middle + 10 :])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert read_log(tmp_path, kept=kept).values["loss"].max() == 7.5


@pytest.mark.parametrize("harm", [
    pytest.param(lambda content: content[:-9], id="torn"),
    pytest.param(lambda content: content[:-9] + b"\0" * 9, id="zeros after a power failure"),
    pytest.param(lambda _content: b"", id="empty"),
    pytest.param(lambda content: content.replace(b'"format": 2', b'"format": 1'), id="of another version"),
    pytest.param(lambda _content: b"\xff\xfe\n", id="no text"),
])  # fmt: skip
def test_what_is_kept_and_damaged_is_made_anew(tmp_path, kept, harm):
    (tmp_path / EVENTS).write_bytes(b"".join(measured(step) for step in range(1, 50)))
    read_log(tmp_path, kept=kept)
    whole = kept.read_bytes()
    kept.write_bytes(harm(whole))
    assert_same(read_log(tmp_path, kept=kept), read_log(tmp_path))
    assert kept.read_bytes() == whole


def test_looking_for_checkpoints_alone_keeps_the_columns_that_are_there(tmp_path, kept):
    (tmp_path / EVENTS).write_bytes(b"".join(measured(step) for step in range(1, 50)))
    read_log(tmp_path, kept=kept)
    with (tmp_path / EVENTS).open("ab") as log:
        log.write(measured(50) + line("checkpoint_saved", step=50, folder="f", seconds=1.0))
    assert list(read_log(tmp_path, (), kept=kept).saved) == [50]
    assert b"loss" in kept.read_bytes()


def test_a_project_that_may_only_be_read_is_read_without_keeping(tmp_path, kept):
    (tmp_path / EVENTS).write_bytes(measured(1))
    kept.parent.write_text("a file where the folder should be")
    assert read_log(tmp_path, kept=kept).steps.tolist() == [1]


def test_columns_are_kept_where_nothing_is_copied_from(tmp_path):
    project = Project.create(tmp_path / "p")
    assert kept_columns(project, "ppo-s0").parent.parent == project.state_folder()


def test_all_long_logs_are_kept_ahead_and_what_is_left_of_deleted_runs_goes(runs, monkeypatch):
    long, short = runs.arm("long", {}), runs.arm("short", {})
    with (runs.project.run_folder(long.id) / EVENTS).open("ab") as log:
        log.writelines(measured(step) for step in range(1, 2_000))
    left = kept_columns(runs.project, "deleted")
    left.parent.mkdir()
    left.write_bytes(b"")
    keep_all(runs.project)
    kept = kept_columns(runs.project, long.id)
    assert list(left.parent.iterdir()) == [kept]
    assert not kept_columns(runs.project, short.id).exists()
    parsed = []
    monkeypatch.setattr("workbench.compare.log_table.from_json", lambda text: parsed.append(text) or json.loads(text))
    keep_all(runs.project)
    assert len(read_log(runs.project.run_folder(long.id), ["loss"], kept=kept).steps) == 1_999
    assert parsed == []


def test_keeping_ahead_ends_between_two_pieces_and_leaves_nothing_half_done(runs):
    long = runs.arm("long", {})
    with (runs.project.run_folder(long.id) / EVENTS).open("ab") as log:
        log.writelines(measured(step) for step in range(1, 5_000))

    class GivenUp(Exception):
        pass

    pieces = []

    def between():
        pieces.append(1)
        if len(pieces) == 3:
            raise GivenUp

    with pytest.raises(GivenUp):
        keep_all(runs.project, between)
    assert not runs.project.cache_folder("logs").exists()
