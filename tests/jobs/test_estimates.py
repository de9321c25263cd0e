from dataclasses import replace

import pytest

from workbench.jobs.estimates import Measured, Place, estimate, makespan, seconds_at_stated_rates
from workbench.jobs.workload import Workload

CPU = Place("cpu", 2)
WORK = Workload(operations=4e12, passes=0, layers=4, memory_mib=1_000, weights_mib=0)


def measured(method="dpo", n_parameters=10_000_000, seconds=300.0, kind="cpu") -> Measured:
    return Measured(method, kind, n_parameters, WORK, seconds, memory_mib=2_000)


def test_stated_rates_are_twenty_billion_operations_a_second_and_core():
    assert seconds_at_stated_rates(WORK, 10_000_000, CPU) == pytest.approx(100)
    assert seconds_at_stated_rates(WORK, 100_000, CPU) == pytest.approx(200), "small models keep to one core"
    passes = Workload(operations=0, passes=10, layers=10, memory_mib=0, weights_mib=0)
    assert seconds_at_stated_rates(passes, 1, CPU) == pytest.approx(10 * (0.001 + 10 * 0.0003))


def test_processes_on_a_cpu_share_its_cores_and_memory_and_on_gpus_each_has_its_own():
    half = replace(WORK, operations=2e12, processes=2)
    assert seconds_at_stated_rates(half, 10_000_000, CPU) == pytest.approx(100), "a core each in place of two for one"
    assert seconds_at_stated_rates(half, 100_000, CPU) == pytest.approx(100), "small models keep to one core each"
    assert seconds_at_stated_rates(half, 100_000, Place("cpu", 1)) == pytest.approx(200), "they take turns"
    gpus = Place("cuda", 1)
    assert seconds_at_stated_rates(half, 1, gpus) == pytest.approx(seconds_at_stated_rates(WORK, 1, gpus) / 2)
    assert estimate("dpo", 10_000_000, half, CPU, []).memory_mib.expected == 2 * (1_000 + 540)
    assert estimate("dpo", 10_000_000, half, gpus, []).memory_mib.expected == 1_000 + 600


def test_a_run_on_two_gpus_waits_until_both_are_free():
    costs = [("dpo", [], 4.0), ("large", [], 10.0), ("ppo", [], 6.0)]
    assert makespan(costs, 2, {"large": 2}) == 16, "dpo beside ppo, then large on both"
    assert makespan(costs, 1, {"large": 2}) == 20


def test_with_nothing_measured_the_range_is_wide_and_says_so():
    cost = estimate("dpo", 10_000_000, WORK, CPU, [])
    assert cost.basis == "modelled"
    assert (cost.seconds.low, cost.seconds.expected, cost.seconds.high) == pytest.approx((39, 106, 306))


def test_runs_like_it_correct_the_figure():
    cost = estimate("dpo", 12_000_000, WORK, CPU, [measured(seconds=300), measured(seconds=400), measured(seconds=320)])
    assert cost.basis == "measured"
    assert cost.seconds.expected == pytest.approx(320 + 6)
    assert cost.seconds.low == pytest.approx(300 * 0.85 + 6)
    assert cost.seconds.high == pytest.approx(400 * 1.25 + 6)
    assert cost.memory_mib.expected == pytest.approx(2_000)
    assert "3 finished runs of dpo" in cost.why


def test_a_model_of_another_size_or_another_method_is_scaled_from():
    assert estimate("dpo", 100_000_000, WORK, CPU, [measured()]).basis == "scaled"
    other = estimate("ppo", 10_000_000, WORK, CPU, [measured()])
    assert other.basis == "scaled"
    assert "No ppo has run here" in other.why


def test_what_ran_on_another_kind_of_device_says_nothing():
    assert estimate("dpo", 10_000_000, WORK, CPU, [measured(kind="cuda")]).basis == "modelled"


def test_runs_go_side_by_side_as_far_as_their_needs_and_the_devices_allow():
    costs = [("reward", [], 10.0), ("ppo", ["reward"], 5.0), ("dpo", [], 4.0), ("dpo-eval", ["dpo", "reward"], 1.0)]
    assert makespan(costs, 1) == 20
    assert makespan(costs, 2) == 15, "dpo beside reward; its evaluation waits for reward, then goes beside ppo"
    assert makespan([("ppo", ["finished before"], 5.0)], 2) == 5
    assert makespan([], 2) == 0


def test_of_a_single_run_nobody_knows_how_much_runs_differ():
    cost = estimate("dpo", 10_000_000, WORK, CPU, [measured(seconds=100)])
    assert (cost.seconds.low, cost.seconds.high) == pytest.approx((70 + 6, 160 + 6))
