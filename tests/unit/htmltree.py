"""Pages as the tests read them, and a text that must do nothing in any of them."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"meta", "input", "link", "br", "img", "hr"})
HOSTILE = (
    '<script>alert(1)</script><img src=x onerror=alert(2)>" onmouseover="x \'{{ 7*7 }} {% raw %} ]]>--><!-- '
    "\x1b[2J\x1b]8;;http://evil\x07\u202e\x00\ud800\r\n</pre></main>=1+1 &lt;b&gt;"
)


class Tree(HTMLParser):
    """Elements with their attributes, and the text by the language that it is marked with."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[tuple[str | None, str]] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if any(tag in ("style", "script") for tag, _ in self.open):
            return
        languages = [attrs["lang"] for tag, attrs in self.open if "lang" in attrs and tag != "html"]
        self.said.append((languages[-1] if languages else None, data))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def text(self, language: str | None = None) -> str:
        return "".join(data for marked, data in self.said if language is None or marked in (None, language))
