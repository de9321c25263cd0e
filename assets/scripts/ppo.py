from pathlib import Path

from workbench import api

# SETTINGS


def main():
    project = api.open_project(PROJECT)
    # Trains with the very settings above, from the same model, reward model, prompts and seed, and compares with the run.
    replay = api.replay_run(project, RUN, on_progress=lambda phase, step, total: print(f"{phase}: {step}/{total}"))
    print(replay.sentence)


if __name__ == "__main__":
    main()
