"""Submissions that cannot lie in a repository: archives that lie, names that are no text, files that are no files."""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
EXERCISE = HERE / "exercise"
SOLUTION = (EXERCISE / "solution" / "server.py").read_text(encoding="utf-8")
HOST_FILE = Path("/tmp/lab-attack-26")  # what a member of an archive would write, were it unpacked
HOST_SECRET = Path("/tmp/lab-attack-23"), "only the host knows this"  # where a link out of a host leads
OLD = (1980, 1, 1, 0, 0, 0)

Make = Callable[[Path, str], Path]
"""(the folder of the class, the student's name) -> the path that was handed in."""


def text(student: str, program: str = SOLUTION) -> bytes:
    """A program, each student's another one to the byte."""
    return f"{program}\n# {student!a}\n".encode()


def file(content: Callable[[str], bytes]) -> Make:
    """A folder with a server.py that `content` makes for the student."""

    def make(there: Path, student: str) -> Path:
        folder = there / student
        folder.mkdir()
        (folder / "server.py").write_bytes(content(student))
        return folder

    return make


def empty(_: str) -> bytes:
    return b""


def crlf(student: str) -> bytes:
    return text(student).replace(b"\n", b"\r\n")


def bom(student: str) -> bytes:
    return b"\xef\xbb\xbf" + text(student)


def gbk(student: str) -> bytes:
    return "# -*- coding: gbk -*-\n# 回声服务端：收到一行，发回一行\n".encode("gbk") + text(student)


def gbk_undeclared(student: str) -> bytes:
    return "# 回声服务端：收到一行，发回一行\n".encode("gbk") + text(student)


def surrogates(student: str) -> bytes:
    return text(student) + "word = '\ud800'\n".encode("utf-8", "surrogatepass")


def null(student: str) -> bytes:
    return text(student) + b"word = '\0'\n"


def folder_for_file(there: Path, student: str) -> Path:
    """server.py is a folder; the program lies in it under another name."""
    (there / student / "server.py").mkdir(parents=True)
    (there / student / "server.py" / "main.py").write_bytes(text(student))
    return there / student


def missing(there: Path, student: str) -> Path:
    """Something else was handed in."""
    (there / student).mkdir()
    (there / student / "homework.docx").write_bytes(b"PK\3\4 not a program")
    return there / student


# Files that are no files


def link(target: str) -> Make:
    """server.py is a link."""

    def make(there: Path, student: str) -> Path:
        (there / student).mkdir()
        (there / student / "server.py").symlink_to(target)
        return there / student

    return make


def fifo(there: Path, student: str) -> Path:
    (there / student).mkdir()
    os.mkfifo(there / student / "server.py")
    return there / student


def unix_socket(there: Path, student: str) -> Path:
    (there / student).mkdir()
    descriptor = os.open(there / student, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{descriptor}/server.py")
    os.close(descriptor)
    return there / student


def device(there: Path, student: str) -> Path:
    """/dev/zero by another name; a link to it for who may not make devices."""
    (there / student).mkdir()
    try:
        os.mknod(there / student / "server.py", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        (there / student / "server.py").symlink_to("/dev/zero")
    return there / student


def huge(there: Path, student: str) -> Path:
    """A tebibyte with nothing in it."""
    (there / student).mkdir()
    with (there / student / "server.py").open("wb") as opened:
        opened.truncate(1 << 40)
    return there / student


def deep(there: Path, student: str) -> Path:
    """server.py under 400 folders, with a folder that holds itself."""
    folder = there / student
    for _ in range(400):
        folder /= "d"
    folder.mkdir(parents=True)
    (folder / "server.py").write_bytes(text(student))
    (there / student / "d" / "self").symlink_to(there / student)
    return there / student


# Archives


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> Make:
    """A zip file with these members; `{}` in a member's bytes stands for the student's name."""

    def make(there: Path, student: str) -> Path:
        path = there / f"{student}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members:
                archive.writestr(name, content.replace(b"{}", student.encode()))
        return path

    return make


def member(name: str, mode: int) -> zipfile.ZipInfo:
    """A member of a zip file with a Unix mode, such as a link's."""
    made = zipfile.ZipInfo(name, OLD)
    made.create_system = 3
    made.external_attr = mode << 16
    return made


SERVER = SOLUTION.encode() + b"\n# {}\n"
LINK = stat.S_IFLNK | 0o777


def zip_bomb(there: Path, student: str) -> Path:
    """Half a gibibyte of zeros."""
    path = there / f"{student}.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("server.py", "w") as out,
    ):
        for _ in range(512):
            out.write(bytes(1 << 20))
    return path


def zip_that_lies(there: Path, student: str) -> Path:
    """A member that says it has 100 bytes and has 256 MiB."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    path = there / f"{student}.zip"
    path.write_bytes(_archive([(b"server.py", 0)], packed, says=100))
    return path


def zip_that_overlaps(there: Path, student: str) -> Path:
    """5000 names for the same megabyte."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(1 << 20)) + packer.flush()
    names = [(b"server.py", 0), *((b"%d.py" % number, 0) for number in range(5000))]
    path = there / f"{student}.zip"
    path.write_bytes(_archive(names, packed, says=1 << 20))
    return path


def zip_of_many(there: Path, student: str) -> Path:
    """A server.py that is right, and 30000 empty files."""
    path = there / f"{student}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("server.py", text(student))
        for number in range(30000):
            archive.writestr(f"d/{number}", b"")
    return path


def _archive(names: list[tuple[bytes, int]], packed: bytes, says: int) -> bytes:
    """A zip file by hand: one piece of data, and names that all point at it."""
    checksum = zlib.crc32(bytes(says))
    sizes = struct.pack("<LLL", checksum, len(packed), says)
    first = names[0][0]
    data = b"PK\3\4" + struct.pack("<5H", 20, 0, 8, 0, 33) + sizes + struct.pack("<2H", len(first), 0) + first + packed
    directory = b"".join(
        b"PK\1\2"
        + struct.pack("<6H", 20, 20, 0, 8, 0, 33)
        + sizes
        + struct.pack("<5HLL", len(name), 0, 0, 0, 0, 0, place)
        + name
        for name, place in names
    )
    end = b"PK\5\6" + struct.pack("<4HLLH", 0, 0, len(names), len(names), len(directory), len(data), 0)
    return data + directory + end


def tar_bomb(there: Path, student: str) -> Path:
    """Half a gibibyte of zeros, as .tar.gz."""
    path = there / f"{student}.tar.gz"
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    header = tarfile.TarInfo("server.py")
    header.size = 512 << 20
    with path.open("wb") as out:
        out.write(packer.compress(header.tobuf()))
        for _ in range(512):
            out.write(packer.compress(bytes(1 << 20)))
        out.write(packer.compress(bytes(1024)) + packer.flush())
    return path


def zip_in_zip(there: Path, student: str) -> Path:
    """A zip file in a zip file in a zip file, ten deep and ten wide."""
    inner = b""
    for depth in range(10):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}.zip" if depth else f"{number}.py", inner or bytes(1 << 20))
        inner = held.getvalue()
    path = there / f"{student}.zip"
    path.write_bytes(inner)
    return path


def not_a_zip(there: Path, student: str) -> Path:
    path = there / f"{student}.zip"
    path.write_bytes(b"PK\3\4" + os.urandom(8).hex().encode() * 50)
    return path


def tar_links(there: Path, student: str) -> Path:
    """Links in every form: to the host's files, through a folder, hard, and a device; no server.py of its own."""
    path = there / f"{student}.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, kind, target in (
            ("server.py", tarfile.SYMTYPE, "/etc/passwd"),
            ("out", tarfile.SYMTYPE, "/tmp"),
            ("hard.py", tarfile.LNKTYPE, "/etc/shadow"),
            ("again.py", tarfile.LNKTYPE, "server.py"),
            ("pipe.py", tarfile.FIFOTYPE, ""),
            ("zero.py", tarfile.CHRTYPE, ""),
        ):
            made = tarfile.TarInfo(name)
            made.type, made.linkname, made.devmajor, made.devminor = kind, target, 1, 5
            archive.addfile(made)
        through = tarfile.TarInfo("out/lab-attack-26")
        archive.addfile(through, io.BytesIO(b""))
    return path


def tar_slip(there: Path, student: str) -> Path:
    """A server.py that is right, and members that lead out of the folder."""
    path = there / f"{student}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in (
            "../../../../../../../../tmp/lab-attack-26",
            str(HOST_FILE),
            "..",
            "a/../../server.py",
            "server.py",
        ):
            content = text(student) if name == "server.py" else b"slipped"
            made = tarfile.TarInfo(name)
            made.size = len(content)
            archive.addfile(made, io.BytesIO(content))
    return path


def zip_duplicate(there: Path, student: str) -> Path:
    """Two members called server.py: one is right, the other is what a reader of the first would not see."""
    path = there / f"{student}.zip"
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("server.py", text(student))
        archive.writestr("server.pz", b"print('ESCAPED the second of two')\n")
    path.write_bytes(raw.getvalue().replace(b"server.pz", b"server.py"))
    return path


# Names


def hostile_names(there: Path, student: str) -> Path:
    """A server.py that is right among names that are none."""
    (there / student).mkdir()
    folder = os.fsencode(there / student)
    for name in (
        b"new\nline.py",
        b"\xe2\x80\xaeyp.revres",
        b"n" * 251 + b".txt",
        b"\xff\xfe\xc3\x28.py",
        b"\x1b[31mred\x1b[0m",
        b"\x1b]0;owned\x07.txt",
        b"<img src=x onerror=alert(1)>.py",
        b"=1+1.py",
        b"-rf",
        b"con",
        b" ",
        b"...",
        b"server.py ",
        b"\\..\\..\\x",
    ):
        with open(folder + b"/" + name, "wb") as opened:  # noqa: PTH123 - names that no Path holds
            opened.write(b"# nothing\n")
    with open(folder + b"/server.py", "wb") as opened:  # noqa: PTH123
        opened.write(text(student))
    return there / student


def twins(there: Path, student: str) -> Path:
    """Two names that are one to some machines, with different programs."""
    (there / student).mkdir()
    (there / student / "server.py").write_bytes(text(student))
    (there / student / "Server.py").write_bytes(b"print('ESCAPED the other of two')\n")
    return there / student


def hostile_members(there: Path, student: str) -> Path:
    """The same in a zip file, with what a file system would not take."""
    path = there / f"{student}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("server.py", text(student))
        for name in (
            "new\nline.py",
            "\u202eyp.revres",
            "n" * 4000,
            "\x1b]0;owned\x07",
            "c:\\windows\\x",
            "a//b",
            "./.",
            "x/",
        ):
            archive.writestr(zipfile.ZipInfo(name, OLD), b"")
    path.write_bytes(path.read_bytes().replace(b"c:\\windows", b"\xff\xfe\0\xc3\x28wind\n"))
    return path
