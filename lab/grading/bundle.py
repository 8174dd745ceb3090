"""The result bundle of one submission: what its grading came to, signed.

A DSSE envelope (https://github.com/secure-systems-lab/dsse) in JSON, whose payload is the `Graded`: it says what was
graded (the digest of the submission and of each file), by what (the lab's version, the images' digests, the seed,
the digest of the exercise), what it was told from (the digest of the capture), and the verdicts and points.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lab.damage import damage
from lab.errors import InputError
from lab.graded import FORMAT, Graded
from lab.grading.keys import SHORT, key_id
from lab.text import Text, say

PAYLOAD_TYPE = "application/vnd.socket-lab.graded+json"
MOST_BYTES = 16 << 20
"""A bundle is far smaller: names, hashes, and a few lines of output."""


class NotGenuine(InputError):
    """A bundle that nobody who is trusted has signed as it is."""

    exit_code = 1


class _Signature(BaseModel):
    model_config = ConfigDict(frozen=True)

    sig: str
    keyid: str = ""


class _Envelope(BaseModel):
    """The envelope; what it holds besides is not signed, and as the specification says not looked at."""

    model_config = ConfigDict(frozen=True)

    payload: str
    payload_type: str = Field(alias="payloadType")
    signatures: tuple[_Signature, ...]


def sign(graded: Graded, key: Ed25519PrivateKey) -> bytes:
    """The bundle of `graded`, signed with `key`."""
    body = graded.model_dump_json().encode()
    signature = {"keyid": key_id(key.public_key()), "sig": _base64(key.sign(pae(PAYLOAD_TYPE, body)))}
    envelope = {"payload": _base64(body), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    return json.dumps(envelope, indent=1).encode() + b"\n"


def verify(bundle: bytes, trusted: Iterable[Ed25519PublicKey]) -> tuple[Graded, Ed25519PublicKey]:
    """What the bundle says, and which of the `trusted` keys signed it.

    Raises `NotGenuine` where none has, and `InputError` where it is damaged, no bundle, or a newer lab's.
    """
    try:
        envelope = _Envelope.model_validate_json(bundle)
        body = _bytes(envelope.payload)
        signatures = [(signature.keyid, _bytes(signature.sig)) for signature in envelope.signatures]
    except ValidationError as error:
        raise InputError(_damaged(damage(error))) from error
    except ValueError as error:
        raise InputError(_damaged(say("a part that is no base64", "有一部分不是 base64"))) from error
    signer = _signer(pae(envelope.payload_type, body), signatures, list(trusted))
    if envelope.payload_type != PAYLOAD_TYPE:
        raise InputError(say("it is signed, and no bundle of the lab", "有签名，但不是实验室的结果包"))
    return _graded(body), signer


def pae(payload_type: str, body: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding, in which neither part can pass for one of the other."""
    kind = payload_type.encode("utf-8", "surrogatepass")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)


def _signer(signed: bytes, signatures: list[tuple[str, bytes]], trusted: list[Ed25519PublicKey]) -> Ed25519PublicKey:
    """The trusted key that made one of the signatures; what a signature says of its key decides nothing."""
    for _, signature in signatures:
        for key in trusted:
            try:
                key.verify(signature, signed)
            except InvalidSignature:
                continue
            return key
    if not signatures:
        raise NotGenuine(say("it is not signed", "没有签名"))
    if {keyid for keyid, _ in signatures} & {key_id(key) for key in trusted}:
        raise NotGenuine(
            say(
                "it was changed after it was signed: the signature does not fit",
                "签名之后被改动过：签名与内容不符",
            )
        )
    raise NotGenuine(
        say(
            "it is signed with a key that is not trusted ({key})",
            "签名所用的密钥不受信任（{key}）",
            key=_named(signatures[0][0]),
        ),
        say("name the public key of who signed it with --key", "请用 --key 指明签名者的公钥"),
    )


def _graded(body: bytes) -> Graded:
    try:
        if _Format.model_validate_json(body).format > FORMAT:
            raise InputError(say("a newer lab wrote it", "由更新版本的实验室写成"))
        return Graded.model_validate_json(body)
    except ValidationError as error:
        raise InputError(_damaged(damage(error))) from error


class _Format(BaseModel):
    """The part of a `Graded` that a newer lab writes as this one does."""

    format: int


def _named(keyid: str) -> str | Text:
    return keyid[:SHORT] or say("which one, it does not say", "未注明是哪一个")


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    """What `text` is the base64 of, in either alphabet. Raises `ValueError`."""
    try:
        return base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _damaged(how: Text) -> Text:
    return say("it is damaged, or no bundle: {how}", "已损坏，或不是结果包：{how}", how=how)
