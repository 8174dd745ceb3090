"""What the text of a Python program says of its sockets, threads and encodings, by `ast`; nothing of it is run."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

LARGEST = 1 << 18  # bytes of a file that is read; what students write is a hundredth of it
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
LOOPS = (ast.While, ast.For, ast.AsyncFor)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a method or a function, and the loops around it in its own function, the innermost first."""

    name: str
    node: ast.Call
    loops: tuple[ast.AST, ...]
    used: bool
    """Whether anything is done with what it returns."""
    function: str | None = None
    """The function that it is in."""

    @property
    def line(self) -> int:
        """Where it is."""
        return self.node.lineno

    @property
    def owner(self) -> str | None:
        """The name of whose method it is."""
        function = self.node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            return function.value.id
        return None


@dataclass(slots=True)
class Source:
    """A program's text, taken apart."""

    tree: ast.Module
    calls: list[Call] = field(default_factory=list)
    constants: dict[str, tuple[object, int]] = field(default_factory=dict)
    """The names that only ever stand for one constant, with the line that says so."""

    def named(self, *names: str) -> list[Call]:
        """The calls of these names."""
        return [call for call in self.calls if call.name in names]

    def mentions(self, name: str) -> bool:
        """Whether a name or an attribute `name` is anywhere in it."""
        return any(
            (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)
            for node in ast.walk(self.tree)
        )

    def value(self, node: ast.AST) -> tuple[object, int]:
        """The constant that `node` is or stands for, and the line that says so; `(None, 0)` where it is none."""
        if isinstance(node, ast.Constant):
            return node.value, node.lineno
        if isinstance(node, ast.Name):
            return self.constants.get(node.id, (None, 0))
        return None, 0

    def address(self, call: Call) -> tuple[tuple[object, int], tuple[object, int]]:
        """Host and port of a bind() or connect(), each as `value` tells it."""
        for argument in reversed(call.node.args):
            if isinstance(argument, ast.Tuple) and len(argument.elts) > 1:
                return self.value(argument.elts[0]), self.value(argument.elts[1])
            constant, line = self.value(argument)
            if isinstance(constant, tuple) and len(constant) > 1:
                return (constant[0], line), (constant[1], line)
        return (None, 0), (None, 0)

    def once(self, call: Call) -> bool:
        """Whether `call` is made once a connection: in no loop but one that accepts, nor its function called in one."""
        around = [*call.loops[:1], *(c.loops[0] for c in self.calls if c.name == call.function and c.loops)]
        return all(_accepts(loop) for loop in around)

    def looped(self, call: Call) -> bool:
        """Whether `call`, or the function that it is in, is in a loop."""
        return bool(call.loops) or any(c.loops for c in self.calls if c.name == call.function)

    def accepted(self) -> dict[str, int]:
        """The names of sockets that accept() gave, also as functions take them over, with the line of that accept()."""
        names: dict[str, int] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _name(node.value) == "accept":
                for target in node.targets:
                    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
                    if isinstance(first, ast.Name):
                        names[first.id] = node.lineno
        functions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        for call in self.calls:
            for function, place, argument in _handed_over(call.node):
                parameters = functions[function].args.args if function in functions else []
                if isinstance(argument, ast.Name) and argument.id in names and place < len(parameters):
                    names.setdefault(parameters[place].arg, names[argument.id])
        return names

    def closed(self) -> set[str]:
        """The names on which close() or detach() is called, and those of `with`."""
        found = {call.owner for call in self.named("close", "detach") if call.owner}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.With):
                for item in node.items:
                    expression = item.context_expr
                    inner = expression.args if isinstance(expression, ast.Call) else [expression]
                    found.update(part.id for part in inner if isinstance(part, ast.Name))
        return found

    def attributes_set(self) -> list[tuple[str, int, object]]:
        """Name, line and value of each `something.name = constant`."""
        return [
            (target.attr, node.lineno, self.value(node.value)[0])
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute)
        ]


def read(content: bytes) -> Source | None:
    """The text of a Python program; None where it is none, or not to be understood."""
    if len(content) > LARGEST:
        return None
    try:
        tree = ast.parse(content)
        source = Source(tree, list(_calls(tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    source.constants.update(_constants(tree))
    return source


def _constants(tree: ast.Module) -> dict[str, tuple[object, int]]:
    """The names to which nothing but one constant is assigned, anywhere."""
    found: dict[str, tuple[object, int]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, (_constant(node.value), node.lineno))
    stores = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return {
        name: (value, line)
        for name, (value, line) in found.items()
        if value is not None and stores[name] == 1 and name not in arguments
    }


def _constant(node: ast.expr) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(part.value if isinstance(part, ast.Constant) else None for part in node.elts)
    return None


def _name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _calls(tree: ast.Module) -> Iterator[Call]:
    """Every call in the order of the text; without recursion, since a program's text may nest as deep as it likes."""
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...], bool, str | None]] = [(tree, (), True, None)]
    while waiting:
        node, loops, used, function = waiting.pop()
        if isinstance(node, ast.Call):
            yield Call(_name(node), node, loops, used, function)
        if isinstance(node, Function):
            loops, function = (), getattr(node, "name", None)
        elif isinstance(node, LOOPS):
            loops = (node, *loops)
        used = not isinstance(node, ast.Expr)
        waiting += [(child, loops, used, function) for child in reversed(list(ast.iter_child_nodes(node)))]


def _accepts(loop: ast.AST) -> bool:
    return any(isinstance(node, ast.Call) and _name(node) == "accept" for node in ast.walk(loop))


def _handed_over(call: ast.Call) -> Iterator[tuple[str, int, ast.expr]]:
    """`(function, place, argument)` of a call, also of one that a Thread makes with `target` and `args`."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    target, arguments = keywords.get("target"), keywords.get("args")
    if isinstance(target, ast.Name) and isinstance(arguments, ast.Tuple):
        yield from ((target.id, place, argument) for place, argument in enumerate(arguments.elts))
    elif isinstance(call.func, ast.Name):
        yield from ((call.func.id, place, argument) for place, argument in enumerate(call.args))
