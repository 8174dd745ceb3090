from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.errors import InputError, LabError
from lab.graded import FORMAT, Graded, GradedCheck, GradedFile
from lab.grading import bundle, keys, verifying
from lab.grading.bundle import NotGenuine, sign
from lab.pcapng import Writer
from lab.record import Words
from lab.report.statements import statements_screen
from lab.results import Verdict
from lab.submissions import Student, Submission
from lab.text import LANGUAGES

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
TRUSTED = [KEY.public_key()]
TITLE = Words(en="Several clients", zh="多个客户端")


def graded(**other: object) -> Graded:
    check = GradedCheck(
        id="at-once", kind="tcp.overlap", verdict=Verdict.FAILED, points=2, earned=0, expected=TITLE, actual=TITLE
    )
    facts: dict[str, object] = {
        "exercise": "tcp-multiclient",
        "title": TITLE,
        "student": "Ada 李",
        "submission": "ab" * 32,
        "files": (GradedFile(name="server.py", size=3, sha256="cd" * 32),),
        "verdict": Verdict.FAILED,
        "score": 8,
        "max": 10,
        "checks": (check,),
        "seed": 17,
        "lab": "0.1.0",
        "images": {"host": "sha256:12"},
        "definition": "ef" * 32,
        "started": 1_760_000_000_000_000_000,
        "seconds": 2.5,
    }
    return Graded.model_validate(facts | other)


def verify(signed: bytes, trusted: list[Ed25519PublicKey]) -> Graded:
    return bundle.verify(signed, trusted)[0]


def changed(signed: bytes, **other: object) -> bytes:
    """A bundle whose payload says something else, and all the rest as it was signed."""
    envelope = json.loads(signed)
    payload = json.loads(base64.b64decode(envelope["payload"])) | other
    envelope["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    return json.dumps(envelope).encode()


def envelope_of(payload_type: str, body: bytes) -> bytes:
    signature = base64.b64encode(KEY.sign(bundle.pae(payload_type, body))).decode()
    payload = base64.b64encode(body).decode()
    return json.dumps({"payload": payload, "payloadType": payload_type, "signatures": [{"sig": signature}]}).encode()


def test_the_encoding_is_that_of_the_specification():
    assert bundle.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert bundle.pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_what_was_signed_comes_back():
    assert verify(sign(graded(), KEY), TRUSTED) == graded()


def test_the_envelope_has_the_fields_of_the_specification():
    envelope = json.loads(sign(graded(), KEY))
    assert envelope.keys() == {"payload", "payloadType", "signatures"}
    assert envelope["payloadType"] == "application/vnd.socket-lab.graded+json"
    assert json.loads(base64.b64decode(envelope["payload"]))["score"] == 8
    (signature,) = envelope["signatures"]
    assert signature["keyid"] == keys.key_id(TRUSTED[0])
    body = base64.b64decode(envelope["payload"])
    TRUSTED[0].verify(base64.b64decode(signature["sig"]), bundle.pae(envelope["payloadType"], body))


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(words, words, st.floats(0, 1e6), st.integers(0), st.sampled_from(Verdict))
def test_any_grading_comes_back(student: str, end: str, score: float, seed: int, verdict: Verdict):
    given_ = graded(student=student, score=score, seed=seed, verdict=verdict, problem=Words(en=end, zh=end))
    assert verify(sign(given_, KEY), TRUSTED) == given_


@settings(max_examples=400)
@given(st.data())
def test_no_changed_byte_changes_what_is_believed(data: st.DataObject):
    signed = bytearray(sign(graded(), KEY))
    place = data.draw(st.integers(0, len(signed) - 1))
    signed[place] = data.draw(st.integers(0, 255))
    try:
        believed = verify(bytes(signed), TRUSTED)
    except InputError:
        return
    assert believed == graded()


@given(st.binary(max_size=200) | st.text().map(str.encode) | st.just(b"[" * 10_000))
def test_anything_else_is_refused_in_plain_words(content: bytes):
    with pytest.raises(InputError):
        verify(content, TRUSTED)


@given(st.integers(0))
def test_a_bundle_that_was_cut_is_damaged(length: int):
    signed = sign(graded(), KEY)
    with pytest.raises(InputError, match="damaged"):
        verify(signed[: length % (len(signed) - 2)], TRUSTED)


@pytest.mark.parametrize("other", [{"score": 10}, {"student": "Bob"}, {"capture": "0" * 64}, {"seed": 0}, {"runs": 2}])
def test_a_changed_payload_is_caught(other: dict[str, object]):
    with pytest.raises(NotGenuine, match="changed after it was signed"):
        verify(changed(sign(graded(), KEY), **other), TRUSTED)


def test_what_is_not_signed_is_caught():
    envelope = json.loads(sign(graded(), KEY)) | {"signatures": []}
    with pytest.raises(NotGenuine, match="not signed"):
        verify(json.dumps(envelope).encode(), TRUSTED)


def test_another_key_is_not_trusted():
    with pytest.raises(NotGenuine, match=keys.key_id(OTHER.public_key())[:16]) as caught:
        verify(sign(graded(), OTHER), TRUSTED)
    assert caught.value.exit_code == 1
    with pytest.raises(NotGenuine):
        verify(sign(graded(), KEY), [])


def test_the_id_of_a_key_decides_nothing():
    pretending = json.loads(sign(graded(), OTHER))
    pretending["signatures"][0]["keyid"] = keys.key_id(TRUSTED[0])
    with pytest.raises(NotGenuine, match="does not fit"):
        verify(json.dumps(pretending).encode(), TRUSTED)
    without = json.loads(sign(graded(), KEY))
    del without["signatures"][0]["keyid"]
    assert verify(json.dumps(without).encode(), TRUSTED) == graded()


def test_one_trusted_signature_of_several_is_enough():
    both = json.loads(sign(graded(), OTHER))
    both["signatures"] += json.loads(sign(graded(), KEY))["signatures"]
    assert verify(json.dumps(both | {"unknown": 1}).encode(), [OTHER.public_key(), *TRUSTED]) == graded()
    assert verify(json.dumps(both).encode(), TRUSTED) == graded()


def test_the_other_alphabet_of_base64_is_read_too():
    signed = sign(graded(title=Words(en="???>>>", zh="～～～")), KEY)
    assert b"+" in signed or b"/" in signed
    envelope = json.loads(signed)
    envelope["payload"] = envelope["payload"].replace("+", "-").replace("/", "_")
    envelope["signatures"][0]["sig"] = envelope["signatures"][0]["sig"].replace("+", "-").replace("/", "_")
    assert verify(json.dumps(envelope).encode(), TRUSTED).title.en == "???>>>"


def test_a_newer_format_says_so():
    body = json.dumps({"format": FORMAT + 1, "marks": "A"}).encode()
    with pytest.raises(InputError, match="newer lab"):
        verify(envelope_of(bundle.PAYLOAD_TYPE, body), TRUSTED)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"format": 1}', b"[]", b"\xff"])
def test_a_signed_payload_that_is_no_grading_is_damaged(body: bytes):
    with pytest.raises(InputError, match="damaged"):
        verify(envelope_of(bundle.PAYLOAD_TYPE, body), TRUSTED)


def test_something_else_that_was_signed_is_no_bundle():
    with pytest.raises(InputError, match="no bundle of the lab"):
        verify(envelope_of("application/vnd.in-toto+json", graded().model_dump_json().encode()), TRUSTED)


# Keys


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("LAB_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "socket-lab"


def test_a_key_is_made_once_and_for_its_user_alone(configured: Path):
    made = keys.signing_key()
    assert stat.S_IMODE((configured / "signing.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(configured.stat().st_mode) == 0o700
    assert sorted(file.name for file in configured.iterdir()) == ["signing.pem", "signing.pub.pem"]
    again = keys.signing_key()
    assert again.private_bytes_raw() == made.private_bytes_raw()
    assert keys.own_public_key() == made.public_key()


def test_a_public_key_that_was_lost_or_changed_is_written_again(configured: Path):
    made = keys.signing_key().public_key()
    for break_ in (Path.unlink, lambda file: file.write_text("x")):
        break_(configured / "signing.pub.pem")
        keys.signing_key()
        assert keys.own_public_key() == made


def test_many_that_begin_at_once_have_one_key(configured: Path):
    together = threading.Barrier(8)
    made: list[bytes] = []

    def begin() -> None:
        together.wait()
        made.append(keys.signing_key().private_bytes_raw())

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert set(made) == {keys.signing_key().private_bytes_raw()}


def test_the_environment_may_name_another_key(tmp_path: Path, configured: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_KEY", str(tmp_path / "course.key"))
    keys.signing_key()
    assert (tmp_path / "course.key").exists()
    assert (tmp_path / "course.pub.pem").exists()
    assert not configured.exists()


def test_a_relative_configuration_folder_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LAB_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", "config")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert keys.place() == tmp_path / ".config" / "socket-lab" / "signing.pem"


def test_a_key_that_others_may_read_is_refused(configured: Path):
    keys.signing_key()
    (configured / "signing.pem").chmod(0o640)
    with pytest.raises(InputError, match="open to other users"):
        keys.signing_key()


def pem(key: object, encryption: object) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n",
        generate_private_key(SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, keys.serialization.NoEncryption()
        ),
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "damaged", "elliptic", "password", "public"],
)
def test_what_is_no_private_key_is_refused(configured: Path, content: bytes):
    configured.mkdir(parents=True)
    (configured / "signing.pem").write_bytes(content)
    (configured / "signing.pem").chmod(0o600)
    with pytest.raises(InputError, match="no Ed25519 private key"):
        keys.signing_key()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, keys.serialization.NoEncryption()),
        generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "private", "elliptic"],
)
def test_what_is_no_public_key_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(InputError, match="no Ed25519 public key"):
        keys.public_key(tmp_path / "key.pem")


def test_without_a_key_nothing_is_trusted_and_none_is_made(configured: Path):
    with pytest.raises(InputError, match="no key of its own"):
        keys.own_public_key()
    assert not configured.exists()


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/self").is_dir(), reason="needs a folder that takes no file")
def test_a_key_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LAB_KEY", "/proc/self/signing.pem")
    with pytest.raises(LabError, match="cannot be made"):
        keys.signing_key()


# What `lab verify` compares


class Results:
    """An output folder with one bundle and its capture."""

    def __init__(self, folder: Path) -> None:
        self.capture = folder / "captures" / "ada.pcapng"
        self.file = folder / "bundles" / "ada.json"
        for place in (self.capture, self.file):
            place.parent.mkdir(parents=True)
        with self.capture.open("wb") as out:
            Writer(out, "lab", "").interface("lan", 65535)
        (folder / "server.py").write_bytes(b"pass")
        submission = Submission(Student("Ada", "ada"), {"server.py": b"pass"}).sha256
        capture = hashlib.sha256(self.capture.read_bytes()).hexdigest()
        self.graded = graded(capture=capture, submission=submission)
        self.file.write_bytes(sign(self.graded, KEY))

    def examine(self, capture: Path | None = None, submission: Path | None = None) -> dict[str, str]:
        found = verifying.examine(self.file, TRUSTED, capture, submission)
        return {statement.name.en: str(statement.verdict) for statement in found.statements if statement.verdict}


@pytest.fixture
def results(tmp_path: Path) -> Iterator[Results]:
    return Results(tmp_path)


def test_everything_fits(results: Results, tmp_path: Path):
    assert results.examine(submission=tmp_path / "server.py") == dict.fromkeys(
        ["signature", "capture", "submission"], "passed"
    )


def test_another_capture_is_caught(results: Results):
    results.capture.write_bytes(results.capture.read_bytes() + b"\0" * 4)
    examined = verifying.examine(results.file, TRUSTED)
    (problem,) = examined.differing
    assert "not the one that was graded" in problem.en
    assert examined.statements[-1].verdict is Verdict.FAILED
    assert "it is damaged" in examined.statements[-1].found.en


def test_a_submission_that_was_taken_whole(results: Results, tmp_path: Path):
    for name in ("ada", "eve"):
        (tmp_path / "homework" / name).mkdir(parents=True)
        (tmp_path / "homework" / name / "server.py").write_text(name)
    whole = Submission(Student("homework", "homework"), {f"{n}/server.py": n.encode() for n in ("ada", "eve")})
    results.file.write_bytes(sign(results.graded.model_copy(update={"submission": whole.sha256}), KEY))
    assert results.examine(submission=tmp_path / "homework")["submission"] == "passed"


def test_another_submission_is_caught(results: Results, tmp_path: Path):
    (tmp_path / "server.py").write_bytes(b"pass\n")
    assert results.examine(submission=tmp_path / "server.py")["submission"] == "failed"
    with pytest.raises(InputError):
        results.examine(submission=tmp_path / "none.py")


def test_a_capture_that_is_not_there_is_not_compared_unless_it_was_named(results: Results, tmp_path: Path):
    results.capture.unlink()
    assert results.examine()["capture"] == "skipped"
    with pytest.raises(InputError, match="cannot be read"):
        results.examine(capture=tmp_path / "none.pcapng")


def test_of_what_did_not_run_there_is_no_capture(results: Results):
    results.file.write_bytes(sign(graded(), KEY))
    assert results.examine()["capture"] == "skipped"
    assert results.examine(capture=results.capture)["capture"] == "failed"


def test_a_fault_names_the_file(results: Results, tmp_path: Path):
    results.file.write_bytes(changed(results.file.read_bytes(), score=10))
    with pytest.raises(NotGenuine) as caught:
        results.examine()
    assert str(results.file) in caught.value.what.en
    with pytest.raises(InputError, match="cannot be read"):
        verifying.examine(tmp_path, TRUSTED)


def documented(file: Path, language: str = "en", **compared: Path) -> dict[str, object]:
    """What `lab verify --json` says of one bundle."""
    try:
        found = verifying.examine(file, TRUSTED, **compared)
    except InputError as error:
        found = verifying.Refused(file, error)
    (document,) = verifying.document([found], language)["bundles"]  # type: ignore[arg-type]
    return document


def test_the_document_of_what_fits(results: Results, tmp_path: Path):
    assert documented(results.file, submission=tmp_path / "server.py") == {
        "bundle": str(results.file),
        "signature": "ok",
        "key": keys.key_id(KEY.public_key()),
        "exercise": "tcp-multiclient",
        "student": results.graded.student,
        "verdict": results.graded.verdict,
        "score": results.graded.score,
        "max": results.graded.max,
        "capture": "ok",
        "submission": "ok",
        "problems": [],
    }


def test_the_document_of_what_was_changed(results: Results, tmp_path: Path):
    results.capture.write_bytes(b"another")
    (tmp_path / "server.py").write_bytes(b"another")
    found = documented(results.file, "zh", submission=tmp_path / "server.py")
    assert (found["signature"], found["capture"], found["submission"]) == ("ok", "changed", "changed")
    assert ["不是评分时的" in str(problem) for problem in found["problems"]] == [True, True]  # type: ignore[attr-defined]
    results.capture.unlink()
    found = documented(results.file)
    assert (found["capture"], found["submission"], found["problems"]) == ("absent", None, [])


def test_the_document_of_what_nobody_signed(results: Results, tmp_path: Path):
    fine = set(documented(results.file))
    results.file.write_bytes(sign(results.graded, OTHER))
    found = documented(results.file)
    assert set(found) == fine
    assert (found["signature"], found["key"], found["score"], found["capture"]) == ("wrong", None, None, None)
    assert "not trusted" in found["problems"][0]  # type: ignore[index]
    assert "--key" in found["problems"][0]  # type: ignore[index]
    (tmp_path / "none").write_text("{}")
    assert documented(tmp_path / "none")["signature"] is None


def test_the_document_has_no_score_for_an_error_of_the_lab(results: Results):
    results.file.write_bytes(sign(results.graded.model_copy(update={"verdict": Verdict.ERROR, "score": 0}), KEY))
    found = documented(results.file)
    assert (found["verdict"], found["score"]) == ("error", None)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screen_lets_no_escape_through(results: Results, language: str):
    results.file.write_bytes(sign(graded(student="\x1b[31mAda\n\u202e"), KEY))
    examined = verifying.examine(results.file, TRUSTED)
    screen = statements_screen(str(results.file), examined.statements, language)  # type: ignore[arg-type]
    text = screen.text(100)
    assert "\\x1b[31mAda" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "tcp-multiclient" in text
    assert "8" in text
    assert "at-once" in text


def test_public_keys_are_told_apart():
    assert isinstance(TRUSTED[0], Ed25519PublicKey)
    assert keys.key_id(KEY.public_key()) != keys.key_id(OTHER.public_key())
