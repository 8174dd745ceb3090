import base64
import hashlib
from pathlib import Path

import pytest
from facts import find, run
from pydantic import ValidationError

from lab.errors import InputError
from lab.record import END, FileFacts, HostState


def kept(path: str, content: bytes) -> FileFacts:
    return FileFacts(
        path=path,
        kind="file",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=base64.b64encode(content).decode(),
    )


SERVER = HostState(
    time=0,
    files=(
        kept("notes.txt", b"hello\n"),
        kept("gbk.txt", "数据".encode("gbk")),
        kept("long.bin", b"x" * 8).model_copy(update={"size": 5_000_000, "sha256": "5a"}),
        kept("secret.txt", b"").model_copy(update={"size": 6, "mode": "600", "sha256": None, "content": None}),
        FileFacts(path="none.txt", kind="missing"),
        FileFacts(path="dir", kind="directory"),
    ),
)
ALICE = HostState(
    time=0,
    files=(
        kept("same", b"hello\n"),
        kept("other", b"hellO\n"),
        kept("long.bin", b"x" * 8).model_copy(update={"size": 5_000_000, "sha256": "a5"}),
        kept("longer.bin", b"x" * 8).model_copy(update={"size": 6_000_000, "sha256": "a6"}),
        FileFacts(path="none.txt", kind="missing"),
        FileFacts(path="dir", kind="directory"),
    ),
)


def at(params: str, folder: Path = Path()):
    return find(run(observations={END: {"server": SERVER, "alice": ALICE}}, folder=folder), "file", params)


class TestFile:
    def test_exists(self):
        finding = at("{host: server, path: notes.txt}")
        assert finding.ok
        assert finding.actual.en == "server:notes.txt with 6 bytes"
        finding = at("{host: server, path: none.txt}")
        assert not finding.ok
        assert finding.actual.en == "no file server:none.txt"
        assert finding.actual.zh == "没有文件 server:none.txt"
        assert not at("{host: server, path: dir}").ok

    def test_does_not_exist(self):
        assert at("{host: server, path: none.txt, exists: false}").ok
        finding = at("{host: server, path: notes.txt, exists: false}")
        assert not finding.ok
        assert finding.actual.en == "server:notes.txt exists (6 bytes)"

    def test_size(self):
        assert at("{host: server, path: notes.txt, size: 6}").ok
        assert at("{host: server, path: notes.txt, size: 1}").expected.en == "the file server:notes.txt with 1 byte"
        finding = at("{host: server, path: notes.txt, size: 7}")
        assert not finding.ok
        assert finding.expected.en == "the file server:notes.txt with 7 bytes"
        assert finding.actual.en == "server:notes.txt has 6 bytes"

    def test_text(self):
        assert at('{host: server, path: notes.txt, text: "hello\\n"}').ok
        finding = at('{host: server, path: notes.txt, text: "help!\\n"}')
        assert not finding.ok
        assert finding.actual.en == ("server:notes.txt has 6 bytes and differs at byte 3: 6c 6f 0a, not 70 21 0a")
        assert not at('{host: server, path: notes.txt, text: "hello\\n", size: 5}').ok

    def test_a_file_that_was_cut(self):
        finding = at('{host: server, path: notes.txt, text: "hello\\nworld"}')
        assert finding.actual.en == "server:notes.txt has 6 bytes, of 11"

    def test_a_file_that_cannot_be_read(self):
        finding = at("{host: server, path: secret.txt, text: secret}")
        assert not finding.ok
        assert finding.actual.en == "server:secret.txt has 6 bytes and cannot be read (mode 600)"
        assert at("{host: server, path: secret.txt, size: 6}").ok

    def test_encoding(self):
        assert at("{host: server, path: gbk.txt, text: 数据, encoding: gbk}").ok
        assert not at("{host: server, path: gbk.txt, text: 数据}").ok

    def test_same_as_a_file_of_the_scenario(self, tmp_path: Path):
        (tmp_path / "original").write_bytes(b"hello\n")
        (tmp_path / "other").write_bytes(b"hellO\n")
        assert at("{host: server, path: notes.txt, same_as: original}", tmp_path).ok
        finding = at("{host: server, path: notes.txt, same_as: other}", tmp_path)
        assert not finding.ok
        assert finding.expected.en == "the file server:notes.txt with the bytes of other (6)"
        with pytest.raises(InputError, match="the scenario's file lost cannot be read"):
            at("{host: server, path: notes.txt, same_as: lost}", tmp_path)

    def test_a_file_that_nobody_looked_for(self):
        with pytest.raises(InputError, match="did not keep the file x of server"):
            at("{host: server, path: x}")

    @pytest.mark.parametrize(
        "more", ["text: a, same_as: b", "encoding: gbk", "exists: false, size: 1", "exists: false, text: a"]
    )
    def test_refused_parameters(self, more: str):
        with pytest.raises(ValidationError):
            at(f"{{host: server, path: notes.txt, {more}}}")


class TestSameAsAFileOfAHost:
    def test_the_bytes_are_compared(self):
        finding = at("{host: server, path: notes.txt, same_as: {host: alice, path: same}}")
        assert finding.ok
        assert finding.expected.en == "the file server:notes.txt with the bytes of alice:same (6)"
        finding = at("{host: server, path: notes.txt, same_as: {host: alice, path: other}}")
        assert not finding.ok
        assert finding.actual.en == "server:notes.txt has 6 bytes and differs at byte 4: 6f 0a, not 4f 0a"

    def test_of_long_files_size_and_digest_tell(self):
        finding = at("{host: server, path: long.bin, same_as: {host: alice, path: longer.bin}}")
        assert finding.actual.en == "server:long.bin has 5000000 bytes, of 6000000"
        finding = at("{host: server, path: long.bin, same_as: {host: alice, path: long.bin}}")
        assert not finding.ok
        assert finding.actual.en == "server:long.bin has 5000000 bytes and differs after the first 8"
        assert finding.actual.zh == "server:long.bin 有 5000000 字节，在前 8 字节之后不同"
        assert at("{host: server, path: long.bin, same_as: {host: server, path: long.bin}}").ok

    @pytest.mark.parametrize("path", ["none.txt", "dir"])
    def test_without_the_other_file_it_fails(self, path: str):
        finding = at(f"{{host: server, path: notes.txt, same_as: {{host: alice, path: {path}}}}}")
        assert not finding.ok
        assert finding.expected.en == f"a file alice:{path} to compare with"
        assert finding.actual.zh == f"没有文件 alice:{path}"

    def test_without_the_file_itself_it_fails(self):
        finding = at("{host: server, path: none.txt, same_as: {host: alice, path: none.txt}}")
        assert not finding.ok
        assert finding.actual.en == "no file server:none.txt"

    def test_a_host_or_a_file_that_nobody_looked_at_is_the_scenario_s_fault(self):
        with pytest.raises(InputError, match="`end` does not observe bob"):
            at("{host: server, path: notes.txt, same_as: {host: bob, path: same}}")
        with pytest.raises(InputError, match="did not keep the file x of alice"):
            at("{host: server, path: notes.txt, same_as: {host: alice, path: x}}")

    def test_both_are_looked_at_in_the_same_observation(self):
        facts = run(observations={END: {"server": SERVER}, "middle": {"server": SERVER, "alice": ALICE}})
        assert find(facts, "file", "{host: server, path: notes.txt, at: middle, same_as: {host: alice, path: same}}").ok

    def test_a_run_that_ended_before_fails(self):
        finding = at("{host: server, path: notes.txt, at: later, same_as: {host: alice, path: same}}")
        assert finding.actual.en == "the run ended before that"
