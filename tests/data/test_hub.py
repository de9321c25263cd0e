import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.data.detection import detect
from workbench.data.hub import fetch, is_hub_id
from workbench.data.importing import import_file
from workbench.domain.errors import BadInput, NotFound, Offline


@pytest.mark.parametrize("source", ["trl-lib/ultrafeedback_binarized", "hub:a/b", "owner/name:data/train.jsonl"])
def test_owner_and_name_are_a_hub_id(source: str):
    assert is_hub_id(source)


@pytest.mark.parametrize("source", ["pairs.jsonl", "data/pairs.jsonl", "a/b/c", "/tmp/x", "data/pairs.jsonl.gz"])
def test_paths_to_files_are_none(source: str):
    assert not is_hub_id(source)


def test_a_folder_that_is_here_is_no_hub_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert not is_hub_id("data/pairs")


def test_a_hub_that_cannot_be_reached_is_said_within_seconds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    began = time.monotonic()
    with pytest.raises(Offline, match="trl-lib/nothing: there is no such file here, and the Hugging Face hub"):
        fetch("trl-lib/nothing")
    assert time.monotonic() - began < 15


def test_an_environment_that_says_offline_is_believed_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(Offline, match="HF_HUB_OFFLINE is set"):
        fetch("trl-lib/nothing")


def test_what_is_no_hub_id_is_refused():
    with pytest.raises(BadInput, match="is no hub id"):
        fetch("nothing")


_FILES = {
    "owner/one": ["README.md", "data/test.jsonl", "data/train.jsonl"],
    "owner/many": ["train-0.parquet", "train-1.parquet"],
    "owner/none": ["README.md"],
}
_CONTENT = b'{"prompt": "p", "chosen": "a", "rejected": "b"}\n'


class _Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download needs: a dataset's list of files, and the files."""

    def do_HEAD(self) -> None:
        self._answer(b"" if "/resolve/" in self.path else None, len(_CONTENT))

    def do_GET(self) -> None:
        repository = self.path.removeprefix("/api/datasets/").split("?")[0]
        if "/resolve/" in self.path:
            self._answer(_CONTENT, len(_CONTENT))
        elif repository in _FILES:
            listing = {"id": repository, "siblings": [{"rfilename": name} for name in _FILES[repository]]}
            body = json.dumps(listing).encode()
            self._answer(body, len(body))
        else:
            self._answer(None, 0)

    def _answer(self, body: bytes | None, length: int) -> None:
        self.send_response(404 if body is None else 200)
        if body is None:
            self.send_header("X-Error-Code", "RepoNotFound")
            length = 0
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", '"0123456789abcdef"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("hub")
def test_the_file_of_the_train_split_is_fetched():
    path = fetch("owner/one")
    assert (path.name, path.read_bytes()) == ("train.jsonl", _CONTENT)


@pytest.mark.usefixtures("hub")
def test_a_file_may_be_named():
    assert fetch("owner/one:data/test.jsonl").name == "test.jsonl"


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("source", "error", "sentence"),
    [
        ("owner/many", BadInput, "holds 2 files and one was expected.*owner/many:train-0.parquet"),
        ("owner/none", BadInput, "holds no file that can be imported"),
        ("owner/one:train.csv", NotFound, "no file train.csv there. It has data/test.jsonl, data/train.jsonl"),
        ("owner/nobody", NotFound, "the hub has no such dataset"),
    ],
)
def test_what_the_hub_does_not_have_is_said(source: str, error: type[Exception], sentence: str):
    with pytest.raises(error, match=sentence):
        fetch(source)


@pytest.mark.usefixtures("hub")
def test_a_hub_id_is_recognised_and_imported_like_a_file(tmp_path: Path):
    assert detect("owner/one").reader == "trl"
    record, _, _ = import_file("owner/one", tmp_path / "datasets" / "one", "one")
    assert (record.source, record.n_rows) == ("owner/one", 1)
