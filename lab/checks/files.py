"""The kind that looks at a file of a host at an observation."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from lab.checks.content import encoded, spaced, visible
from lab.checks.facts import RunFacts
from lab.checks.host import unobserved
from lab.checks.parameters import Count, Observed
from lab.checks.wording import BYTES
from lab.ends import Zh
from lab.errors import InputError
from lab.oserrors import why
from lab.record import FileFacts, HostState
from lab.results import Finding
from lab.text import Text, join, same, say
from lab.values import Encoding, HostName, Model, ScenarioFile, Wrong


class HostFile(Model):
    """A file of a host at the same observation."""

    host: Annotated[HostName, Field(description="the host"), Zh("主机")]
    path: Annotated[str, Field(min_length=1, description="its path there"), Zh("在该主机上的路径")]


class FileParams(Observed):
    """A file of a host exists or not, with a size and a content if given."""

    zh: ClassVar[str] = "主机上的文件存在或不存在；可以限定大小与内容。"
    example: ClassVar[str] = '{host: alice, path: "[接收]notes.txt", same_as: notes.txt}'

    path: Annotated[
        str, Field(min_length=1, description="its path, as the observation names it"), Zh("路径，与观察步骤中所写一致")
    ]
    exists: Annotated[bool, Field(description="false: there must be no such file"), Zh("false：不得有这个文件")] = True
    size: Annotated[Count | None, Field(description="its size in bytes"), Zh("字节数")] = None
    text: Annotated[str | None, Field(description="its whole content"), Zh("全部内容")] = None
    encoding: Annotated[
        Encoding | None,
        Field(description="of `text`; the scenario's if left out"),
        Zh("`text` 的编码；省略时用场景的编码"),
    ] = None
    same_as: Annotated[
        ScenarioFile | HostFile | None,
        Field(description="a file with the same bytes: of the scenario's folder, or of a host at the same observation"),
        Zh("内容相同的文件：场景文件夹中的，或同一观察点时某台主机上的"),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> FileParams:
        if self.text is not None and self.same_as is not None:
            raise Wrong(say("give `text` or `same_as`, not both", "`text` 与 `same_as` 只能给出一个"))
        if self.encoding is not None and self.text is None:
            raise Wrong(
                say(
                    "`encoding` is that of `text`, which is not there",
                    "`encoding` 说的是 `text` 的编码，而这里没有 `text`",
                )
            )
        if not self.exists and (self.size, self.text, self.same_as) != (None, None, None):
            raise Wrong(say("a file that must not exist has no size and no content", "不得存在的文件没有大小和内容"))
        return self

    @property
    def asserts_absence(self) -> bool:
        """That a file does not exist also holds if nothing happened."""
        return not self.exists

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Host and path of every file that the observation must keep."""
        own = (self.host, self.path)
        return (own, (self.same_as.host, self.same_as.path)) if isinstance(self.same_as, HostFile) else (own,)


@dataclass(frozen=True, slots=True)
class Original:
    """What a file must hold; of a long one only the beginning of its `content` may be known."""

    name: str | None
    size: int
    sha256: str
    content: bytes


def file(run: RunFacts, params: FileParams) -> Finding:
    """Look for the file among those that the observation kept, and compare it."""
    state = run.state(params.host, params.at)
    if state is None:
        return unobserved(params)
    facts = _kept(state, params.at, params.host, params.path)
    what = same(f"{params.host}:{params.path}")
    if not params.exists or facts.kind == "missing":
        return _existence(what, facts, exists=params.exists)
    wanted = _original(run, params)
    if isinstance(wanted, Finding):
        return wanted
    same_bytes = wanted is None or (wanted.size, wanted.sha256) == (facts.size, facts.sha256)
    ok = facts.kind == "file" and same_bytes and params.size in (None, facts.size)
    held = say("{what} with {n}", "{what}，{n}", what=what, n=BYTES.of(facts.size))
    return Finding(
        ok,
        expected=_expected_file(what, params, wanted),
        actual=held if ok else _other_file(what, facts, wanted),
    )


def _kept(state: HostState, at: str, host: str, path: str) -> FileFacts:
    """The file among those that the observation kept. Raises `InputError` where it did not look for it."""
    facts = next((f for f in state.files if f.path == path), None)
    if facts is None:
        raise InputError(
            say(
                "the observation `{at}` did not keep the file {path} of {host}",
                "观察点 `{at}` 没有保存 {host} 的文件 {path}",
                at=at,
                path=path,
                host=host,
            )
        )
    return facts


def _existence(what: Text, facts: FileFacts, *, exists: bool) -> Finding:
    there = facts.kind != "missing"
    absent = say("no file {what}", "没有文件 {what}", what=what)
    present = say("{what} exists ({n})", "存在 {what}（{n}）", what=what, n=BYTES.of(facts.size))
    wanted = say("the file {what}", "有文件 {what}", what=what)
    return Finding(there == exists, expected=wanted if exists else absent, actual=present if there else absent)


def _original(run: RunFacts, params: FileParams) -> Original | Finding | None:
    """What the file must hold, if anything; a finding where another host has no such file to compare it with."""
    if params.text is not None:
        return _original_of(None, encoded(params.text, params.encoding or run.record.encoding))
    if isinstance(params.same_as, HostFile):
        return _on_host(run, params.same_as, params.at)
    if params.same_as is None:
        return None
    try:
        return _original_of(params.same_as, (run.folder / params.same_as).read_bytes())
    except OSError as error:
        raise InputError(
            say(
                "the scenario's file {name} cannot be read: {why}",
                "无法读取场景文件 {name}：{why}",
                name=params.same_as,
                why=why(error),
            )
        ) from error


def _original_of(name: str | None, content: bytes) -> Original:
    return Original(name, len(content), hashlib.sha256(content).hexdigest(), content)


def _on_host(run: RunFacts, file: HostFile, at: str) -> Original | Finding:
    state = run.state(file.host, at)
    if state is None:
        return unobserved(Observed(host=file.host, at=at))
    facts = _kept(state, at, file.host, file.path)
    name = f"{file.host}:{file.path}"
    if facts.kind != "file" or facts.sha256 is None:
        wanted = say("a file {name} to compare with", "有可供比较的文件 {name}", name=name)
        return Finding(ok=False, expected=wanted, actual=say("no file {name}", "没有文件 {name}", name=name))
    return Original(name, facts.size, facts.sha256, base64.b64decode(facts.content or ""))


def _expected_file(what: Text, params: FileParams, wanted: Original | None) -> Text:
    parts: list[Text] = []
    if params.size is not None:
        parts.append(BYTES.of(params.size))
    if params.text is not None:
        parts.append(say("the content `{text}`", "内容为 `{text}`", text=visible(params.text)))
    if wanted is not None and wanted.name is not None:
        parts.append(say("the bytes of {name} ({n})", "与 {name} 相同的 {n} 字节", name=wanted.name, n=wanted.size))
    if not parts:
        return say("the file {what}", "有文件 {what}", what=what)
    both = join(say(" and ", "、"), parts)
    return say("the file {what} with {parts}", "文件 {what}，{parts}", what=what, parts=both)


def _other_file(what: Text, facts: FileFacts, wanted: Original | None) -> Text:
    if facts.kind != "file":
        return say("{what} is no regular file ({kind})", "{what} 不是普通文件（{kind}）", what=what, kind=facts.kind)
    size = say("{what} has {n}", "{what} 有 {n}", what=what, n=BYTES.of(facts.size))
    if facts.sha256 is None:
        return size + say(" and cannot be read (mode {mode})", "，但无法读取（权限 {mode}）", mode=facts.mode)
    if wanted is None:
        return size
    held = base64.b64decode(facts.content or "")
    known = min(len(held), len(wanted.content))
    place = next((i for i in range(known) if held[i] != wanted.content[i]), None)
    if place is not None:
        return size + say(
            " and differs at byte {place}: {held}, not {wanted}",
            "，第 {place} 字节起不同：{held}，而不是 {wanted}",
            place=place,
            held=spaced(held[place : place + 8]),
            wanted=spaced(wanted.content[place : place + 8]),
        )
    if facts.size != wanted.size:
        return size + say(", of {n}", "，应为 {n} 字节", n=wanted.size)
    return size + say(" and differs after the first {n}", "，在前 {n} 字节之后不同", n=known)
