"""Samples on the way: the same prompts every time, and no trace in training's random state."""

from typing import Any

import torch

from workbench.domain.events import Sample
from workbench.domain.pairs import Row, plain
from workbench.training.models import load_policy
from workbench.training.samples import Sampler

Runs = Any


def test_samples_are_said_and_leave_random_state_and_mode_alone(runs: Runs) -> None:
    data = runs.add_data(9)
    folder = runs.add("dpo", data)
    policy, tokenizer = load_policy(runs.stories, torch.device("cpu"))
    policy.train()
    sampler = Sampler(runs.open(folder), policy, tokenizer, data)
    before = torch.random.get_rng_state()
    sampler.say(3)
    sampler.say(4)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert policy.training
    said = [event for event in runs.events(folder) if isinstance(event, Sample)]
    assert [event.step for event in said] == [3, 3, 3, 4, 4, 4]
    assert [event.prompt for event in said[:3]] == [row.prompt[0].content for row in runs.story_pairs(3)]
    assert [event.response for event in said[:3]] == [event.response for event in said[3:]]
    assert all(event.response for event in said)


def test_a_prompt_as_long_as_the_models_context_leaves_room(runs: Runs) -> None:
    data = runs.add_data([Row(plain("One day " * 300), plain(" a"), plain(" b"))])
    folder = runs.add("dpo", data)
    policy, tokenizer = load_policy(runs.stories, torch.device("cpu"))
    Sampler(runs.open(folder), policy, tokenizer, data).say(1)
    assert len(runs.events(folder)) == 1
