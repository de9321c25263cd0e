import numpy as np

from workbench.compare.logs import mean_metric, read_log
from workbench.domain.events import CheckpointSaved, Heartbeat, Metrics, Progress, Started, Warned
from workbench.storage.runlog import EVENTS, RunFolder


def started(resumed_from: int | None = None) -> Started:
    return Started(pid=1, device="cpu", device_name="a CPU", precision="fp32", versions={"torch": "2.13"},
                   resumed_from=resumed_from)  # fmt: skip


def log_of(folder, *events):
    run = RunFolder(folder)
    for event in events:
        run.append(event)
    return folder


def test_metrics_become_arrays_with_nan_where_a_line_is_silent(tmp_path):
    log = read_log(log_of(
        tmp_path,
        started(),
        Metrics(step=1, tokens=10, seconds=0.5, values={"loss": 2.0}),
        Heartbeat(),
        Metrics(step=2, tokens=20, seconds=1.0, values={"loss": 1.0, "margin": 0.25}),
        Progress(phase="training", step=2, total=9),
    ))  # fmt: skip
    assert log.steps.tolist() == [1, 2]
    assert log.values["loss"].tolist() == [2.0, 1.0]
    np.testing.assert_array_equal(log.values["margin"], [np.nan, 0.25])
    np.testing.assert_array_equal(log.spent, [[np.nan, 10, 0.5], [np.nan, 20, 1.0]])
    assert (log.device, log.versions) == ("a CPU", {"torch": "2.13"})


def test_steps_done_again_after_a_crash_count_once(tmp_path):
    log = read_log(log_of(
        tmp_path,
        started(),
        *(Metrics(step=step, seconds=step, values={"loss": 1.0}) for step in (1, 2, 3)),
        CheckpointSaved(step=1, folder="checkpoints/checkpoint-1", episodes=8, seconds=1),
        CheckpointSaved(step=3, folder="checkpoints/checkpoint-3", episodes=24, seconds=3),
        started(resumed_from=1),
        *(Metrics(step=step, seconds=step, values={"loss": 5.0}) for step in (2, 3, 4)),
    ))  # fmt: skip
    assert log.steps.tolist() == [1, 2, 3, 4]
    assert log.values["loss"].tolist() == [1, 5, 5, 5]
    assert list(log.saved) == [1]
    assert log.saved[1].episodes == 8


def test_a_torn_line_loses_only_itself(tmp_path):
    log_of(tmp_path, started(), Metrics(step=1, seconds=1, values={"loss": 1.0}))
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b'{"at":1.0,"kind":"metrics","step":2,"val')
    assert read_log(tmp_path).steps.tolist() == [1]


def test_only_the_metrics_asked_for_are_kept_and_none_are_decoded_for_an_empty_list(tmp_path):
    log_of(
        tmp_path, Metrics(step=1, seconds=1, values={"loss": 1.0, "margin": 2.0}), Warned(code="cut", message="Cut.")
    )
    assert list(read_log(tmp_path, names=["margin"]).values) == ["margin"]
    assert len(read_log(tmp_path, names=()).steps) == 0
    assert read_log(tmp_path, names=()).warned == ("Cut.",)


def test_a_run_that_has_not_begun_has_an_empty_log(tmp_path):
    log = read_log(tmp_path)
    assert len(log.steps) == 0
    assert log.spent.shape == (0, 3)
    assert log.saved == {}


def test_the_few_metrics_asked_for_have_the_values_that_reading_all_gives(tmp_path):
    log_of(
        tmp_path,
        Metrics(step=1, episodes=8, seconds=0.5, values={"objective/kl": -1.25e-3, "loss": 1.0}),
        Metrics(step=2, tokens=20, seconds=1.5, values={"loss": 2.0, "objective/kl": 4.0}),
    )
    every, some = read_log(tmp_path), read_log(tmp_path, names=["objective/kl"])
    assert some.values["objective/kl"].tolist() == every.values["objective/kl"].tolist() == [-1.25e-3, 4.0]
    np.testing.assert_array_equal(some.spent, every.spent)
    np.testing.assert_array_equal(some.spent, [[8, np.nan, 0.5], [np.nan, 20, 1.5]])


def test_a_line_that_is_torn_within_a_number_is_not_believed(tmp_path):
    log_of(tmp_path, Metrics(step=1, seconds=1, values={"loss": 1.0}))
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(
            b'{"at":1.0,"kind":"metrics","step":2,"episodes":null,"tokens":null,"seconds":2.0,"values":{"loss":12'
        )
    assert read_log(tmp_path, names=["loss"]).values["loss"].tolist() == [1.0]


def test_a_log_that_has_grown_is_read_again(tmp_path):
    log_of(tmp_path, Metrics(step=1, seconds=1, values={"loss": 1.0}))
    assert len(read_log(tmp_path, names=["loss"]).steps) == 1
    log_of(tmp_path, Metrics(step=2, seconds=2, values={"loss": 1.0}))
    assert len(read_log(tmp_path, names=["loss"]).steps) == 2


def test_the_mean_of_a_long_log_is_taken_from_parts_of_it(tmp_path):
    line = '{{"at":1.0,"kind":"metrics","step":{0},"episodes":null,"tokens":null,"seconds":1.0,"values":{{"length":{0}.0}}}}\n'
    (tmp_path / EVENTS).write_text("".join(line.format(step) for step in range(10_000)))
    assert abs(mean_metric(tmp_path, "length") - 5_000) < 100
    assert np.isnan(mean_metric(tmp_path, "other"))
    assert np.isnan(mean_metric(tmp_path / "absent", "length"))
