import json
import sys
from pathlib import Path

from workbench import api
from workbench.domain.events import Metrics
from workbench.domain.experiments import Budget
from workbench.domain.recipes import PpoRecipe
from workbench.domain.records import DataInput, Inputs, Job
from workbench.training import worker

# SETTINGS

HERE = Path(__file__).resolve().parent


def main():
    # 1. A project beside this file, with the prompts that the run read. One that was begun is gone on with.
    if (HERE / "project").is_dir():
        project = api.open_project(HERE / "project")
    else:
        project = api.create_project(HERE / "project")
        api.import_dataset(project, HERE / "data.jsonl", "prompts", format="prompts")

    # 2. The run: policy and value model from MODEL, KL to REFERENCE, scores by REWARDS and what RECIPE names beside them.
    prompts = DataInput(name="prompts", sha256=project.dataset("prompts").content_sha256, split="test")  # holds them all
    inputs = Inputs(model=MODEL, reference=REFERENCE, reward=next(iter(REWARDS), None), more_rewards=REWARDS[1:], data=prompts)
    project.add_job(Job(id="ppo", name="PPO", method="ppo", seed=SEED, recipe=PpoRecipe(**RECIPE), inputs=inputs,
                        budget=Budget(**BUDGET), device=DEVICE, trust_remote_code=TRUST_REMOTE_CODE))

    # 3. Train: workbench/training/ppo.py reads from top to bottom.
    print(f"Training; `workbench follow {project.folder} ppo` shows how far it is.", flush=True)
    run = project.run("ppo")
    if worker.main([str(run.folder)]):
        outcome = run.outcome()
        sys.exit(f"{outcome.message} {outcome.hint}" if outcome else "Another process trains this run.")

    # 4. Keep model and log.
    api.export_model(project, "ppo", OUT)
    log = [{"step": event.step, **event.values} for event in run.events()[0] if isinstance(event, Metrics)]
    (OUT / "log.json").write_text(json.dumps(log, indent=1))


if __name__ == "__main__":
    main()
