"""Hostile and unlucky archives (attacks 25 to 27): nothing of them reaches the disk, and memory stays bounded."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.limits import MIB
from lab.submissions.archives import read_archive
from lab.submissions.taking import MOST_BYTES, MOST_ENTRIES, MOST_FILES, MOST_REFUSED

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}
IRREGULAR = (stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK)
CODE = b"print('hello')\n"


@pytest.fixture(autouse=True)
def nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Archives are read three folders deep, and nothing may appear in any of them."""
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    before = sorted(tmp_path.rglob("*"))
    yield
    assert sorted(tmp_path.rglob("*")) == before


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*members: tuple[str | tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = info.size or len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def of_mode(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = mode << 16
    return info


def of_type(name: str, kind: bytes, linkname: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, linkname
    return info


def why(content: bytes, name: str = "hw.zip") -> dict[str, str]:
    return {refused.name: str(refused.why) for refused in read_archive(content, name)[1]}


@pytest.mark.parametrize("kind", ["zip", *PACKERS])
def test_the_files_of_an_archive(kind: str) -> None:
    members = (("server.py", CODE), ("src/data.txt", b"1"), ("src/empty", b""))
    content = zipped(*members) if kind == "zip" else PACKERS[kind](tarred(*members))
    assert read_archive(content, "hw") == ({"server.py": CODE, "src/data.txt": b"1", "src/empty": b""}, ())


@pytest.mark.parametrize(
    "name",
    [
        "../server.py",
        "a/../../server.py",
        "/etc/cron.d/x",
        "C:\\x.py",
        "c:x.py",
        "..\\..\\x.py",
        "\\x.py",
        "//host/x.py",
    ],
)
def test_no_path_leads_out(name: str) -> None:
    for content in (zipped((name, CODE), ("server.py", CODE)), tarred((name, CODE), ("server.py", CODE))):
        files, refused = read_archive(content, "hw")
        assert files == {"server.py": CODE}
        assert len(refused) == 1
        assert str(refused[0].why) in {"its path is absolute", "its path leads out of the submission"}


@pytest.mark.parametrize(
    "name", ["a\nb.py", "a\x1b[31m.py", "a\u202egnp.py", "a\u200b.py", "a" * 256, "é" * 128, "a/" * 600 + "x"]
)
def test_names_that_cannot_be_shown_or_are_too_long(name: str) -> None:
    for content in (zipped((name, CODE), ("server.py", CODE)), tarred((name, CODE), ("server.py", CODE))):
        files, refused = read_archive(content, "hw")
        assert files == {"server.py": CODE}
        assert len(refused) == 1
        assert refused[0].name.isprintable()
        assert len(refused[0].name) <= 80


def test_a_name_with_a_nul() -> None:
    content = zipped(("aXserver.py", CODE)).replace(b"aXserver.py", b"a\0server.py")
    assert why(content) == {"a\\x00server.py": "its name has characters that cannot be shown"}


@pytest.mark.parametrize("flagged", [False, True])
def test_a_name_that_is_no_utf_8_does_not_take_the_others_with_it(flagged: bool) -> None:
    plain = zipped(("ab.py", CODE), ("作业/server.py", CODE))  # the second name is flagged as UTF-8
    content = plain.replace(b"ab.py", b"\xff\xfe.py")
    if flagged:
        at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"\xff\xfe.py"))
        content = content[: at + 9] + b"\x08" + content[at + 10 :]
    files, refused = read_archive(content, "hw")
    assert files == {"作业/server.py": CODE}
    assert [each.name for each in refused] == ["\\udcff\\udcfe.py"]
    raw = tarfile.TarInfo("\udcff.py")
    files, refused = read_archive(tarred((raw, CODE), ("server.py", CODE), form=tarfile.GNU_FORMAT), "hw")
    assert files == {"server.py": CODE}
    assert [each.name for each in refused] == ["\\udcff.py"]


def test_a_name_as_chinese_windows_writes_it() -> None:
    content = zipped(("abcd.py", CODE)).replace(b"abcd.py", "作业".encode("gbk") + b".py")
    assert read_archive(content, "hw") == ({"作业.py": CODE}, ())


def test_backslashes_of_windows_archivers_part_folders() -> None:
    content = zipped(("srcXserver.py", CODE)).replace(b"srcXserver.py", b"src\\server.py")
    assert read_archive(content, "hw") == ({"src/server.py": CODE}, ())


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(0o120777, "it is a link"), *((kind | 0o644, "it is no regular file") for kind in IRREGULAR)],
)
def test_what_is_no_file_in_a_zip(mode: int, reason: str) -> None:
    content = zipped((of_mode("server.py", mode), b"/etc/passwd"), ("client.py", CODE))
    assert why(content) == {"server.py": reason}
    assert read_archive(content, "hw")[0] == {"client.py": CODE}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "it is a link"),
        (tarfile.LNKTYPE, "it is a link"),
        (tarfile.FIFOTYPE, "it is no regular file"),
        (tarfile.CHRTYPE, "it is no regular file"),
        (tarfile.BLKTYPE, "it is no regular file"),
    ],
)
def test_what_is_no_file_in_a_tar(kind: bytes, reason: str) -> None:
    content = tarred((of_type("server.py", kind, "../../etc/passwd"), b""), ("client.py", CODE))
    assert why(content) == {"server.py": reason}
    assert read_archive(content, "hw")[0] == {"client.py": CODE}


def test_a_file_behind_a_link_of_its_folder_is_a_file_of_that_name() -> None:
    content = tarred((of_type("out", tarfile.SYMTYPE, "/tmp"), b""), ("out/server.py", CODE))
    assert read_archive(content, "hw")[0] == {"out/server.py": CODE}
    assert why(content) == {"out": "it is a link"}


@pytest.mark.parametrize(
    "other",
    ["server.py", "Server.py", "./server.py", "a/../server.py", "ſerver.py", "ｓerver.py"],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_of_two_of_one_name_none_is_taken_unless_they_are_the_same(other: str) -> None:
    for pack in (zipped, tarred):
        files, refused = read_archive(pack(("server.py", CODE), (other, b"print('other')\n"), ("x.py", b"")), "hw")
        if ".." in other:
            assert files == {"server.py": CODE, "x.py": b""}
            continue
        assert files == {"x.py": b""}
        assert {each.name for each in refused} == {"server.py", other.removeprefix("./")}
        assert read_archive(pack(("server.py", CODE), (other, CODE)), "hw") == ({"server.py": CODE}, ())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_third_of_one_name_is_not_taken_either() -> None:
    assert read_archive(zipped(("a.py", b"1"), ("a.py", b"2"), ("a.py", b"3"), ("A.py", b"1")), "hw")[0] == {}


def test_what_is_encrypted_or_packed_oddly() -> None:
    content = bytearray(zipped(("server.py", CODE), ("client.py", CODE)))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert why(bytes(content)) == {"server.py": "it is encrypted"}
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        packed = zipped(("server.py", CODE), compression=compression)
        assert why(packed) == {"server.py": "it is compressed in a way that zip files seldom are"}


def test_what_tools_leave_is_left_out_and_an_empty_folder_is_told() -> None:
    names = ["__MACOSX/._server.py", ".DS_Store", "src/._x", "__pycache__/x.pyc", ".git/config", "venv/bin/python"]
    content = zipped(*((name, CODE) for name in names), ("server.py", CODE), ("src/", b""), ("build/", b""))
    assert read_archive(content, "hw")[0] == {"server.py": CODE}
    assert why(content) == {"src": "it is an empty folder", "build": "it is an empty folder"}
    assert why(zipped(("src/", b""), ("src/server.py", CODE))) == {}


# Bombs


def read_within(content: bytes, most: int) -> tuple[dict[str, bytes], dict[str, str]]:
    """What is read of an archive; no more than `most` bytes of memory are taken for it at any time."""
    tracemalloc.start()
    try:
        files, refused = read_archive(content, "bomb")
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()
    return files, {each.name: str(each.why) for each in refused}


def test_a_member_that_inflates_to_much_more_than_it_says() -> None:
    content = bytearray(zipped(("server.py", b"\0" * (8 * MIB))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature) + offset
        content[at : at + 4] = struct.pack("<I", 1000)
    files, refused = read_within(bytes(content), 4 * MIB)
    assert files == {}
    assert refused == {"server.py": "the archive is damaged"}


def test_members_of_zeros() -> None:
    zeros = b"\0" * (MOST_BYTES // 4)
    content = zipped(*((f"{n}.bin", zeros) for n in range(40)))
    files, refused = read_within(content, MIB)
    assert files == {}
    assert set(refused.values()) == {"it inflates to too much: the rest is left out"}


def test_members_that_overlap() -> None:
    """Every entry of the directory leads to the same data (Fifield's bomb): 5000 times 3 MiB."""
    one = zipped(("server.py", b"\0" * (3 * MIB)))
    at, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entries = b"".join(one[at:end] for _ in range(5000))
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 5000, 5000, len(entries), at, 0)
    files, _ = read_within(one[:at] + entries + tail, 80 * MIB)
    assert sum(map(len, files.values())) <= MOST_BYTES


def test_more_than_may_be_taken() -> None:
    noise = os.urandom(MOST_BYTES // 4)
    content = zipped(("small.py", CODE), *((f"{n}.bin", noise) for n in range(6)), compression=zipfile.ZIP_STORED)
    files, refused = read_within(content, 3 * MOST_BYTES + len(content))
    assert list(files) == ["small.py", "0.bin", "1.bin", "2.bin"]
    assert set(refused) == {"3.bin", "4.bin", "5.bin"}
    assert refused["3.bin"].startswith("there is too much of it")


def test_one_file_that_is_too_large_does_not_take_the_others_with_it() -> None:
    noise = os.urandom(MIB) * 33
    for content in (
        zipped(("a.bin", noise), ("b.py", CODE), compression=zipfile.ZIP_STORED),
        tarred(("a.bin", noise), ("b.py", CODE)),
    ):
        files, refused = read_within(content, len(content) + 4 * MIB)
        assert files == {"b.py": CODE}
        assert refused == {"a.bin": "it has more than 32 MiB"}


def test_many_members() -> None:
    content = zipped(*((f"{n}.py", b"") for n in range(MOST_FILES + MOST_REFUSED + 50)))
    files, refused = read_within(content, 16 * MIB)
    assert len(files) == MOST_FILES
    assert len(refused) == MOST_REFUSED


def test_a_directory_of_very_many_members_is_not_even_read() -> None:
    entry = zipped(("x", b""))
    entry = entry[entry.index(b"PK\x01\x02") : entry.index(b"PK\x05\x06")]
    number = MOST_ENTRIES + 1
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, number * len(entry), 0, 0)
    files, refused = read_within(b"PK\x03\x04" + entry * number + tail, MIB)
    assert files == {}
    assert list(refused) == ["bomb"]
    assert refused["bomb"].startswith("the archive has more than")


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz"])
def test_a_compressed_tar_is_inflated_to_a_bound(kind: str) -> None:
    info = tarfile.TarInfo("zeros")
    info.size = 512 * MIB
    plain = tarred(("server.py", CODE))[:1024] + info.tobuf() + b"\0" * (64 * MIB)
    files, refused = read_within(PACKERS[kind](plain), 24 * MIB)
    assert files == {"server.py": CODE}
    assert refused["bomb"] == "it inflates to too much: the rest is left out"


def test_a_stream_of_streams() -> None:
    """Ten thousand gzip members of a mebibyte each, one after the other."""
    piece = gzip.compress(b"\0" * MIB)
    files, refused = read_within(gzip.compress(tarred(("server.py", CODE))[:1024]) + piece * 300, 24 * MIB)
    assert files == {"server.py": CODE}
    assert set(refused) <= {"bomb"}


def test_a_tar_that_claims_more_than_it_has() -> None:
    info = tarfile.TarInfo("huge")
    info.size = 1 << 62
    content = tarred(("server.py", CODE))[:1024] + info.tobuf(tarfile.GNU_FORMAT)
    files, refused = read_within(content, MIB)
    assert files == {"server.py": CODE}
    assert set(refused) <= {"huge", "bomb"}


def test_a_sparse_member() -> None:
    info = tarfile.TarInfo("server.py")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    assert set(why(tarred((info, b"")))) <= {"server.py", "hw.zip"}
    assert read_archive(tarred((info, b"")), "hw")[0] == {}


def test_a_header_that_is_a_bomb_itself() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 512 * MIB
    files, refused = read_within(gzip.compress(header.tobuf() + b"\0" * (64 * MIB)), 40 * MIB)
    assert files == {}
    assert list(refused) == ["bomb"]


def test_headers_upon_headers() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 0
    assert read_within(header.tobuf() * 5000, 64 * MIB)[0] == {}


def test_an_xz_stream_that_wants_gibibytes_of_memory() -> None:
    content = lzma.compress(tarred(("server.py", CODE)), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}])
    assert read_archive(content, "hw")[0] == {}
    assert why(content, "hw.tar.xz") == {"hw.tar.xz": "the archive is damaged"}


# Damage


@pytest.mark.parametrize("content", [b"", b"Rar!\x1a\x07\x00", b"7z\xbc\xaf\x27\x1c", b"hello" * 200])
def test_what_is_no_archive(content: bytes) -> None:
    assert why(content, "hw.rar") == {"hw.rar": "it is no zip or tar archive, whatever its name says"}


WHOLE = [zipped(("server.py", CODE * 50), ("a/b.py", CODE))] + [
    pack(tarred(("server.py", CODE * 50), ("a/b.py", CODE))) for pack in PACKERS.values()
]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(WHOLE),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    st.floats(0, 1),
)
def test_whatever_is_damaged_is_told_and_raises_nothing(
    content: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    changed = bytearray(content)
    for place, value in changes:
        changed[int(place * len(changed))] = value
    files, refused = read_archive(bytes(changed[: int(kept * len(changed)) + 1]), "hw")
    for name in files:
        assert name.isprintable()
        assert not name.startswith("/")
        assert ".." not in name.split("/")
    for each in refused:
        assert each.name.isprintable()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_name_is_taken_in_a_sound_spelling_or_refused(name: str) -> None:
    for content in (zipped((name.replace("\0", "?"), CODE)), tarred((name.replace("\0", "?"), CODE))):
        files, refused = read_archive(content, "hw")
        assert len(files) <= 1
        for taken in files:
            assert taken.isprintable() or "\u3000" in taken or "\xa0" in taken or not taken.isascii()
            assert not taken.startswith(("/", "\\"))
            assert not {"..", ".", ""} & set(taken.split("/"))
            assert len(taken.encode()) <= 1024
        assert all(len(each.name) <= 80 for each in refused)
