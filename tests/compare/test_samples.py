import numpy as np
import pytest
from evaluated_runs import keys, write_samples

from workbench.compare.samples import mean_by_group, read_samples, read_texts, sample_files, stack
from workbench.domain.errors import BadInput


def test_samples_come_back_as_arrays_with_nan_where_nothing_was_measured(tmp_path):
    path = tmp_path / "checkpoint-50.parquet"
    write_samples(path, [0.5, None, float("nan")], stop_reason=["eos", "length", "stop_string"])
    samples = read_samples(path, 50)
    assert samples.keys.tolist() == keys(3)
    assert samples.column("gold").tolist()[0] == 0.5
    assert samples.n_missing("gold") == 2
    assert samples.ended.tolist() == [True, False, True]
    assert np.isnan(samples.column("proxy")).all()  # a column the file does not have


def test_further_judges_are_read_by_their_column(tmp_path):
    path = tmp_path / "checkpoint-0.parquet"
    write_samples(path, [1.0, 2.0], **{"score:length": [3, 4]})
    assert read_samples(path, 0).column("score:length").tolist() == [3.0, 4.0]


def test_texts_are_read_only_when_asked_for(tmp_path):
    path = tmp_path / "checkpoint-0.parquet"
    write_samples(path, [1.0])
    assert read_texts(path) == (["Prompt 0"], [" response 0"])


def test_several_responses_to_one_prompt_are_numbered_and_averaged(tmp_path):
    path = tmp_path / "checkpoint-0.parquet"
    write_samples(path, [1.0, 2.0, 3.0, None], prompt_key=["b", "a", "b", "a"])
    samples = read_samples(path, 0)
    assert samples.turn.tolist() == [0, 0, 1, 1]
    names, means = samples.by_prompt(samples.column("gold"))
    assert names.tolist() == ["a", "b"]
    assert means.tolist() == [2.0, 2.0]


def test_a_key_without_any_known_value_has_no_mean():
    means = mean_by_group(np.array([0, 1]), 2, np.array([np.nan, 1.0]))
    assert np.isnan(means[0])
    assert means[1] == 1


def test_seeds_are_aligned_by_prompt():
    names, table = stack([(np.array(["a", "c"]), np.array([1.0, 3.0])), (np.array(["b", "c"]), np.array([20.0, 30.0]))])
    assert names.tolist() == ["a", "b", "c"]
    np.testing.assert_array_equal(table, [[1, np.nan, 3], [np.nan, 20, 30]])


def test_checkpoints_are_listed_by_step_and_unfinished_files_passed_over(tmp_path):
    for name in ("checkpoint-100", "checkpoint-20", ".checkpoint-5.parquet.tmp", "checkpoint-x"):
        (tmp_path / "samples").mkdir(exist_ok=True)
        (tmp_path / "samples" / f"{name}.parquet").touch()
    assert [step for step, _ in sample_files(tmp_path)] == [20, 100]


def test_a_file_that_is_no_parquet_is_named(tmp_path):
    path = tmp_path / "checkpoint-1.parquet"
    path.write_text("not parquet")
    with pytest.raises(BadInput, match=r"checkpoint-1\.parquet is not a Parquet file"):
        read_samples(path, 1)
