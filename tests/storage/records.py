"""Small records that the tests of storage and jobs share."""

from workbench.domain.pairs import DatasetKind
from workbench.domain.recipes import DpoRecipe
from workbench.domain.records import DatasetRecord, Inputs, Job, Splits


def splits(train: int = 8, validation: int = 1, test: int = 1) -> Splits:
    counts = {"train": train, "validation": validation, "test": test}
    return Splits.model_validate({"seed": 0, "fractions": {"train": 0.8}, "counts": counts, "checksum": "c"})


def dataset(
    name: str, kind: DatasetKind = DatasetKind.PREFERENCE, content: str = "abc", **counts: int
) -> DatasetRecord:
    return DatasetRecord(
        name=name,
        kind=kind,
        source="pairs.jsonl",
        source_sha256="0",
        reader="trl",
        n_rows=10,
        n_prompts=10,
        splits=splits(**counts),
        content_sha256=content,
    )


def job(run_id: str, name: str = "dpo", needs: tuple[str, ...] = (), steps: int = 5, device: str = "auto") -> Job:
    return Job(
        id=run_id,
        name=name,
        method="dpo",
        recipe=DpoRecipe(max_steps=steps),
        inputs=Inputs(model="org/model"),
        needs=needs,
        device=device,
        content_hash=f"hash of {run_id}",
    )
