"""The key that result bundles are signed with, and those that are trusted: Ed25519, in PEM files.

The key of this machine's user is made when it is first needed. `LAB_KEY` names another file.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lab.errors import InputError, LabError
from lab.oserrors import why
from lab.text import Text, say

FOLDER = "socket-lab"  # in the user's configuration folder
FILE = "signing.pem"
OF_OTHERS = stat.S_IRWXG | stat.S_IRWXO
SEEDS = b"socket-lab: seeds of submissions"  # tells this use of the key from any other
SHORT = 16  # digits of a key's id that people are shown


def place() -> Path:
    """The file of the private key: `LAB_KEY`, else in the user's configuration folder as XDG has it."""
    if named := os.environ.get("LAB_KEY"):
        return Path(named).absolute()
    configured = Path(os.environ.get("XDG_CONFIG_HOME") or "")
    # the XDG base directory specification: a path that is not absolute is to be ignored
    base = configured if configured.is_absolute() else Path.home() / ".config"
    return base / FOLDER / FILE


def public_place(private: Path) -> Path:
    """The file of the public key, beside the private one."""
    return private.with_suffix(".pub.pem")


def signing_key(file: Path | None = None) -> Ed25519PrivateKey:
    """The private key of `file`, or of `place()`; made, with the public one beside it, where there is none yet.

    Raises `LabError` where it can be neither read nor made, and `InputError` where the file is none, or is open to
    other users of the machine.
    """
    file = file or place()
    if not file.exists():
        _make(file)
    key = _private(file)
    _publish(key.public_key(), public_place(file))
    return key


def seed_secret(key: Ed25519PrivateKey) -> bytes:
    """What makes seeds that only who has `key` can work out; of it, nothing of the key can be."""
    raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    return hmac.digest(raw, SEEDS, "sha256")


def own_public_key() -> Ed25519PublicKey:
    """The public key beside `place()`. Raises `InputError` where nothing was signed here yet."""
    file = public_place(place())
    if not file.exists():
        raise InputError(
            say("this machine has no key of its own: {file}", "本机没有自己的密钥：{file}", file=file),
            say("name the public key with --key", "请用 --key 指明公钥"),
        )
    return public_key(file)


def public_key(file: Path) -> Ed25519PublicKey:
    """The public key of a PEM file. Raises `InputError` where it holds none."""
    try:
        key = serialization.load_pem_public_key(_content(file))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(_no_key(file, say("public key", "公钥"))) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(_no_key(file, say("public key", "公钥")))
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """SHA-256, in hex, of the key as DER: which key it is, and no secret."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(serialization.Encoding.DER, form)).hexdigest()


def _make(file: Path) -> None:
    """Make the key of `file`. Of several that make it at once one is the first, and all use that one's."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-") as whole:  # 0600 from the start
            whole.write(pem)
            whole.flush()
            os.fsync(whole.fileno())
            with suppress(FileExistsError):
                os.link(whole.name, file)  # unlike a rename, never in the place of another
    except OSError as error:
        raise LabError(_unmade(file, error)) from error


def _publish(key: Ed25519PublicKey, file: Path) -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_bytes(serialization.Encoding.PEM, form)
    try:
        if file.exists() and file.read_bytes() == pem:
            return
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}-", delete=False) as whole:
            whole.write(pem)
            os.fchmod(whole.fileno(), 0o644)
        Path(whole.name).replace(file)
    except OSError as error:
        raise LabError(_unmade(file, error)) from error


def _private(file: Path) -> Ed25519PrivateKey:
    content = _content(file)
    if file.stat().st_mode & OF_OTHERS:
        raise InputError(
            say(
                "the key {file} is open to other users of this machine",
                "密钥 {file} 对本机其他用户开放",
                file=file,
            ),
            say("`chmod 600 {file}`", "`chmod 600 {file}`", file=file),
        )
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it wants a password
        raise InputError(_no_key(file, say("private key", "私钥"))) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(_no_key(file, say("private key", "私钥")))
    return key


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            say("the key {file} cannot be read: {why}", "无法读取密钥 {file}：{why}", file=file, why=why(error))
        ) from error


def _no_key(file: Path, kind: Text) -> Text:
    return say(
        "{file} holds no Ed25519 {kind} in PEM (without a password)",
        "{file} 中没有 PEM 格式（无密码）的 Ed25519 {kind}",
        file=file,
        kind=kind,
    )


def _unmade(file: Path, error: OSError) -> Text:
    return say("the key {file} cannot be made: {why}", "无法生成密钥 {file}：{why}", file=file, why=why(error))
