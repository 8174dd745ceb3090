"""What is at a path of this host, whatever a program puts there, and while it does.

A path is opened for nothing but to look (O_PATH), without following a link at its end: that waits for nobody and
wakes no device. Only what then is a regular file is read, by that very descriptor, so nothing can be put in its place.
"""

import base64
import os
import stat

import student

CONTENT = 1 << 16  # bytes that are told; to tell where a file begins to differ
BLOCK = 1 << 20
MOST = 1 << 30  # bytes that are read for the digest: a file without blocks may be of any size


def at(path):
    """The facts of a path, as the student may see them; a relative one is of the working folder."""
    with student.acting():
        try:
            descriptor = os.open(os.path.join(student.HOME, path), os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        except (OSError, ValueError):
            return {"path": path, "kind": "missing"}
        try:
            return {"path": path} | facts(descriptor)
        finally:
            os.close(descriptor)


def facts(descriptor):
    """Kind, size and mode; of a regular file that may be read its digest and its beginning too."""
    told = os.fstat(descriptor)
    if stat.S_ISLNK(told.st_mode):
        return {"kind": "symlink"}
    mode = f"{stat.S_IMODE(told.st_mode):o}"
    if stat.S_ISDIR(told.st_mode):
        return {"kind": "directory", "mode": mode}
    if not stat.S_ISREG(told.st_mode):
        return {"kind": "other", "mode": mode}
    known = {"kind": "file", "size": told.st_size, "mode": mode}
    try:
        file = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return known
    try:
        return known | content(file)
    except OSError:
        return known
    finally:
        os.close(file)


def content(file):
    """The size, the digest and the beginning of what can be read; without the digest if there is no end to it."""
    import hashlib  # noqa: PLC0415 - takes milliseconds, of every host that is asked about no file

    digest, size, beginning = hashlib.sha256(), 0, b""
    while block := os.read(file, BLOCK):
        digest.update(block)
        size += len(block)
        beginning += block[: CONTENT - len(beginning)]
        if size > MOST:
            return {}
    return {"size": size, "sha256": digest.hexdigest(), "content": base64.b64encode(beginning).decode()}
