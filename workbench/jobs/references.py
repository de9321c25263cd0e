"""What a person named, resolved once at planning: models, datasets and judges, each with the hash of its content."""

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from workbench.data.judge_names import ENSEMBLE_PREFIX, REWARD_PREFIX, check_judge, ensemble_members
from workbench.domain.errors import BadInput, Offline
from workbench.domain.pairs import DatasetKind
from workbench.domain.records import DataInput, DatasetRecord, SplitName
from workbench.jobs.hub_commits import pinned
from workbench.storage.hashes import Hasher
from workbench.storage.model_folders import check_folder
from workbench.storage.project import Project
from workbench.storage.sources import RUN_PREFIX, parse_hub_name, parse_run_name, resolve_model, run_of


class Reference(NamedTuple):
    """Something that a run reads.

    Attributes:
        name: as the job stores it.
        hash: names its content.
        needs: the runs that make it.
    """

    name: str
    hash: str
    needs: tuple[str, ...] = ()


@dataclass
class References:
    """Resolves names.

    Attributes:
        project: runs and datasets are looked up here.
        base: the experiment file's folder, which relative paths start from.
        hasher: computes the hashes.
        trust_remote_code: the person lets models run code of their own.
    """

    project: Project
    base: Path
    hasher: Hasher
    trust_remote_code: bool = False

    def model(self, name: str, *, needs_weights: bool = True) -> Reference:
        """Resolves a model: a run of the project, a folder, or a hub id.

        Folders are stored relative to the project where they lie inside it, so that it can be moved; else absolute.

        Raises:
            NotFound: there is no such run or folder.
            Offline: no such folder, and the hub, which might know the name, cannot be reached or does not.
            ModelRefused: the folder is incomplete or not safe to load; said now, before anything is queued.
        """
        if (run_id := run_of(name)) is not None:
            job = self.project.job(run_id)
            step = parse_run_name(name)[1]
            return Reference(name, f"{job.content_hash}@{step or 'last'}", (run_id,))
        source = resolve_model(name, self.base)
        if isinstance(source, str):
            commit = pinned(source)
            if commit == source and parse_hub_name(source)[1] is None:
                raise Offline(self._nowhere(name), "Connect to the internet, or give a model folder.")
            return Reference(commit, f"hub:{commit}")
        check_folder(source, self.trust_remote_code, needs_weights)
        return Reference(self._stored(source), self.hasher.model_folder(source))

    def _nowhere(self, name: str) -> str:
        wanted = Path(self.base, Path(name).expanduser())
        folders = [path.name for path in wanted.parent.iterdir() if path.is_dir()] if wanted.parent.is_dir() else []
        near = difflib.get_close_matches(wanted.name, folders, n=1)
        meant = f" Did you mean {Path(name).with_name(near[0])}?" if near else ""
        return f"`{name}` is no folder in {self.base}, and no model of that name was found on the hub or in its cache.{meant}"

    def dataset(self, name: str, kinds: set[DatasetKind], purpose: str) -> DatasetRecord:
        """Returns a dataset of one of the given kinds.

        Raises:
            NotFound: the project has none of that name.
            BadInput: it holds something else.
        """
        record = self.project.dataset(name)
        if record.kind not in kinds:
            wanted = " or ".join(sorted(kinds))
            raise BadInput(f"The dataset `{name}` holds {record.kind} rows; {purpose} needs {wanted}.", "Name another.")
        return record

    def judge(self, name: str) -> Reference:
        """Resolves a judge. Those of this program and of installed packages are named, files are hashed.

        Nothing of a judge is run here, but a misspelt one is found now and not when all training is done. Files are stored as
        models are: relative to the project where they lie inside it.

        Raises:
            NotFound: the judge's name, module, file, function, folder or run is not there.
            BadInput: the judge's file is not Python.
        """
        if name.startswith(REWARD_PREFIX):
            return self._reward_judge(name.removeprefix(REWARD_PREFIX))
        if name.startswith(ENSEMBLE_PREFIX):
            found = [self._reward_judge(member) for member in ensemble_members(name)]
            return Reference(
                ENSEMBLE_PREFIX + "+".join(member.name.removeprefix(REWARD_PREFIX) for member in found),
                ENSEMBLE_PREFIX + "+".join(member.hash for member in found),
                tuple(dict.fromkeys(need for member in found for need in member.needs)),
            )
        check_judge(name, self.base)
        path, _, function = name.rpartition(":")
        if not path.endswith(".py"):
            return Reference(name, name)
        file = self.base / Path(path).expanduser()
        return Reference(f"{self._stored(file)}:{function}", f"{self.hasher.file(file)}:{function}")

    def _reward_judge(self, source: str) -> Reference:
        is_run = (self.project.run_folder(source) if "/" not in source else self.base).joinpath("job.json").exists()
        found = self.model(f"{RUN_PREFIX}{source}" if is_run else source)
        name = found.name.removeprefix(RUN_PREFIX)
        return Reference(f"{REWARD_PREFIX}{name}", f"{REWARD_PREFIX}{found.hash}", found.needs)

    def _stored(self, path: Path) -> str:
        absolute = path.resolve()
        home = self.project.folder.resolve()
        return f"./{absolute.relative_to(home)}" if absolute.is_relative_to(home) else str(absolute)


def rows(record: DatasetRecord, split: SplitName) -> DataInput:
    """Returns a split of a dataset as a run reads it.

    Raises:
        BadInput: the split is empty.
    """
    if not record.splits.counts.get(split, 0):
        raise BadInput(
            f"The {split} split of the dataset `{record.name}` is empty.", "Import it with other split fractions."
        )
    return DataInput(name=record.name, sha256=record.content_sha256, split=split)


def rows_if_any(record: DatasetRecord, split: SplitName) -> DataInput | None:
    """Returns a split of a dataset as a run reads it; None where it is empty."""
    return rows(record, split) if record.splits.counts.get(split, 0) else None
