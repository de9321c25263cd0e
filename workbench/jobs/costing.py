"""What an experiment will cost on this computer: its planned runs against the finished ones of the project."""

from collections.abc import Mapping, Sequence

from workbench.domain.costs import PlanCost, RunCost, Spread, memory, money
from workbench.domain.events import Finished, Progress, Started
from workbench.domain.recipes import JudgeRecipe
from workbench.domain.records import Job
from workbench.jobs.distributed import n_slots
from workbench.jobs.estimates import Measured, Place, estimate, makespan
from workbench.jobs.judgements import JudgingCost, judging_cost
from workbench.jobs.machine import Machine, Slot, describe_machine, find_slots, usable_cores
from workbench.jobs.queue import read_queue
from workbench.jobs.sizing import Sizing
from workbench.storage.project import Project
from workbench.storage.runlog import RunFolder

_MOST_MEASURED = 60  # the newest; older ones say nothing more
_HEAD = 4096  # bytes of a log that hold its first line


def cost_runs(project: Project, jobs: Sequence[Job], done: Mapping[str, float]) -> dict[str, RunCost]:
    """Returns what each run will take, by id; runs whose models' sizes cannot be known are left out.

    Args:
        project: whose finished runs are the measure.
        jobs: the runs of the plan.
        done: the share that is done already, by id; finished runs have 1 and cost nothing.
    """
    there = project.jobs()
    everything = {job.id: job for job in (*there, *jobs)}
    sizing = Sizing(project, everything)
    known = _measured(project, there, sizing)
    slots, capacity = find_slots(), read_queue(project).capacity("cpu")
    costs = {}
    for job in jobs:
        share = 1.0 - done.get(job.id, 0.0)
        if share > 0 and isinstance(job.recipe, JudgeRecipe):
            costs[job.id] = _judging(judging_cost(project, job, everything))
        work = sizing.workload(job) if share > 0 else None
        if work is None:
            continue
        cost = estimate(job.method, sizing.n_parameters(job), work, _place(job.device, slots, capacity), known)
        seconds = cost.seconds.times(share).at_most(_limit(job))
        costs[job.id] = cost.model_copy(update={"seconds": seconds})
    return costs


def cost_plan(project: Project, jobs: Sequence[Job], costs: Mapping[str, RunCost], n_done: int) -> PlanCost:
    """Returns what the runs take together, with as many at once as the devices take, and what will not fit.

    Args:
        project: whose queue says how many runs a device takes.
        jobs: the runs of the plan.
        costs: of those that can be estimated.
        n_done: of the runs, those that are finished.
    """
    if not jobs:
        return PlanCost()
    slots = find_slots()
    suitable = [slot for slot in slots if slot.suits(jobs[0].device, slots)]
    queue = read_queue(project)
    at_once = sum(queue.capacity(slot.name) for slot in suitable)
    needed = [(job, costs[job.id]) for job in jobs if job.id in costs]
    widths = {job.id: n_slots(job, suitable[0].kind if suitable else "cpu") for job, _ in needed}
    totals = [
        makespan([(job.id, job.needs, cost) for job, cost in _column(needed, name)], at_once, widths)
        for name in ("low", "expected", "high")
    ]
    largest = max((cost.memory_mib.expected for _, cost in needed), default=None)
    return PlanCost(
        seconds=Spread(low=totals[0], expected=totals[1], high=totals[2]) if needed else None,
        memory_mib=largest,
        at_once=max(1, at_once),
        device=suitable[0].kind if suitable else jobs[0].device,
        n_ahead=len(set(queue.run_ids) - {job.id for job in jobs}),
        n_unknown=len(jobs) - n_done - len(needed),
        dollars=sum(cost.dollars for _, cost in needed),
        warnings=tuple(_warnings(describe_machine(), suitable, [cost for _, cost in needed], at_once)),
    )


def _judging(expected: JudgingCost) -> RunCost:
    """Returns what asking an endpoint takes: its requests a minute say how fast it may be asked, not how fast it is."""
    return RunCost(
        seconds=Spread.around(expected.seconds, 0.1, 3.0),  # much of it may be known already
        memory_mib=Spread(low=200.0, expected=300.0, high=400.0),
        basis="modelled",
        why=f"At most {expected.n_questions} questions of about {expected.tokens_a_question:.0f} tokens: "
        f"{money(expected.dollars)} at the endpoint's prices; what is known already is not asked again.",
        dollars=expected.dollars,
    )


def _column(needed: Sequence[tuple[Job, RunCost]], name: str) -> list[tuple[Job, float]]:
    return [(job, float(getattr(cost.seconds, name))) for job, cost in needed]


def _measured(project: Project, jobs: Sequence[Job], sizing: Sizing) -> list[Measured]:
    found = []
    for job in reversed(jobs):
        run = project.run(job.id)
        outcome = run.outcome()
        work = sizing.workload(job) if outcome is not None and outcome.state == "finished" else None
        measured = None if work is None else _times(run)
        if work is not None and measured is not None:
            kind, seconds, memory_mib = measured
            found.append(Measured(job.method, kind, sizing.n_parameters(job), work, seconds, memory_mib))
        if len(found) >= _MOST_MEASURED:
            break
    return found


def _times(run: RunFolder) -> tuple[str, float, float] | None:
    """Returns device, seconds and memory of a run that went through in one go; None for one that was interrupted."""
    first, _ = run.events(most=_HEAD)
    last = run.last_events()
    began = next((event for event in first if isinstance(event, Started)), None)
    ended = next((event for event in reversed(last) if isinstance(event, Finished)), None)
    memories = [event.memory_mib for event in last if isinstance(event, Progress) and event.memory_mib]
    if began is None or ended is None or not memories or ended.at <= began.at or run.count_starts() > 1:
        return None
    return began.device.partition(":")[0], ended.at - began.at, max(memories)


def _place(device: str, slots: tuple[Slot, ...], on_cpu: int) -> Place:
    suitable = [slot for slot in slots if slot.suits(device, slots)]
    if not suitable or suitable[0].kind != "cpu":
        return Place(suitable[0].kind if suitable else device.partition(":")[0], 1)
    return Place("cpu", max(1, usable_cores() // on_cpu))


def _limit(job: Job) -> float | None:
    # Loading and validation cost no budget.
    return None if job.budget.seconds is None else job.budget.seconds * 1.1 + 30


def _warnings(machine: Machine, slots: Sequence[Slot], costs: Sequence[RunCost], at_once: int) -> list[str]:
    if not costs or not slots:
        return []
    largest = max(costs, key=lambda cost: cost.memory_mib.expected).memory_mib
    room = _room(machine, slots)
    needed = largest.expected * (max(1, at_once) if slots[0].kind == "cpu" else 1)
    if room <= 0 or needed <= room:
        return []
    runs = f"{at_once} runs at once need" if needed > largest.expected else "The largest run needs"
    hint = "Lower the batch size or the longest sequence, accumulate gradients, or train adapters (LoRA rank)."
    return [f"{runs} about {memory(needed)}; {slots[0].kind} has {memory(room)}. {hint}"]


def _room(machine: Machine, slots: Sequence[Slot]) -> float:
    indices = {int(slot.name.partition(":")[2]) for slot in slots if slot.kind == "cuda"}
    cards = [gpu.memory_mib for gpu in machine.gpus if gpu.index in indices and gpu.memory_mib]
    return min(cards) if cards else machine.memory_mib
