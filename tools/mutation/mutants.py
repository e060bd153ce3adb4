"""What is mutated: every small change of a module, as mutmut's operators make them, and four for control."""

from dataclasses import dataclass, field

UNMUTATED_CALLS = ("len", "isinstance", "cast", "TypeVar")
AT_IMPORT = "(at import)"


@dataclass
class Mutant:
    """One change of one module."""

    module: str
    function: str
    first: int
    last: int
    before: str
    after: str
    source: str
    outcome: str = ""
    wanted: str = ""
    tests: list[str] = field(default_factory=list)

    def __str__(self):
        return f"{self.module}:{self.first} {self.function}: {self.before}  ->  {self.after}  [{self.outcome}]"


def mutants_of(path, root):
    """All mutants of a module, in the order of its lines."""
    return Mutations(path, root).found()


class Mutations:
    """The mutants of one module."""

    def __init__(self, path, root):
        import libcst as cst
        from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, ParentNodeProvider, PositionProvider

        self.cst, self.name = cst, path.relative_to(root).as_posix()
        self.source = path.read_text(encoding="utf-8")
        self.bytes = self.source.encode()
        wrapper = MetadataWrapper(cst.parse_module(self.source))
        self.module = wrapper.module
        self.parents, self.positions = wrapper.resolve(ParentNodeProvider), wrapper.resolve(PositionProvider)
        self.spans = wrapper.resolve(ByteSpanPositionProvider)

    def found(self):
        nodes, mutants = [self.module], []
        while nodes:
            node = nodes.pop()
            if self.is_mutable(node):
                mutants += [self.mutant(node, changed) for changed in self.changes(node)]
                nodes += reversed(node.children)
        return mutants

    def changes(self, node):
        """The text of the module for each change of a node."""
        from mutmut.mutation.mutators import mutation_operators, operator_arg_removal

        for kind, operator in mutation_operators:
            if not isinstance(node, kind) or (
                operator is operator_arg_removal and name_of(node.func) in UNMUTATED_CALLS
            ):
                continue
            changes = list(operator(node))
            # Of the three changes of a string, two only change its case.
            for change in changes[:1] if isinstance(node, self.cst.SimpleString) else changes:
                if operator is operator_arg_removal and strictness(change) != strictness(node):
                    continue
                changed = self.text_with(node, change)
                if changed != self.source and is_python(changed):
                    yield changed

    def text_with(self, node, change):
        start, end = self.spans[node].start, self.spans[node].start + self.spans[node].length
        if self.bytes[start:end].decode() != self.module.code_for_node(node):
            return self.module.deep_replace(node, change).code
        return self.bytes[:start].decode() + self.module.code_for_node(change) + self.bytes[end:].decode()

    def is_mutable(self, node):
        cst = self.cst
        if isinstance(node, cst.SimpleString):
            is_docstring = isinstance(self.parents[node], cst.Expr)
            return not is_docstring and not (
                " " in node.value and any(isinstance(p, cst.Raise) for p in self.above(node))
            )
        if isinstance(node, cst.Arg):
            return name_of(node.keyword) != "strict"
        if isinstance(node, cst.Call):
            return name_of(node.func) != "cast"
        if isinstance(node, cst.Assign):
            return name_of(node.targets[0].target) != "__all__"
        if isinstance(node, cst.If):
            return name_of(node.test) != "TYPE_CHECKING"
        return not isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom)

    def above(self, node):
        while (node := self.parents.get(node)) is not None:
            yield node

    def mutant(self, node, changed):
        chain = [node, *self.above(node)]
        definitions = [p for p in chain[1:] if isinstance(p, self.cst.FunctionDef | self.cst.ClassDef)]
        functions = [p for p in definitions if isinstance(p, self.cst.FunctionDef)]
        name = ".".join(p.name.value for p in reversed(definitions))
        if not functions or functions[-1].body not in chain:
            name = f"{name} {AT_IMPORT}".strip()
        statement = next((p for p in chain if isinstance(p, self.cst.BaseStatement)), node)
        simple = isinstance(statement, self.cst.SimpleStatementLine)
        return Mutant(
            self.name,
            name,
            self.positions[statement].start.line,
            self.positions[statement if simple else node].end.line,
            *first_difference(self.source, changed),
            changed,
        )


def name_of(node):
    """The name that a node is, or None."""
    return node.value if type(node).__name__ == "Name" else None


def strictness(call):
    """What `strict` a call has. Where lengths are the same by construction, no test can detect it."""
    return [name_of(arg.value) for arg in call.args if name_of(arg.keyword) == "strict"]


def is_python(text):
    """Whether it can be compiled."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def first_difference(source, changed):
    """The lines that differ, as one line each."""
    old, new = source.splitlines(), changed.splitlines()
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return tuple(" ".join(line.strip() for line in lines[start : len(lines) - end]) for lines in (old, new))


def controls(root):
    """A mutation that every test of choices sees, one at import, and two changes that none can see."""
    path = root / "decision" / "base.py"
    source = path.read_text(encoding="utf-8")
    changes = (
        ("Rule._do", "int(rows[0])", "int(rows[-1]) + 1", "killed"),
        (AT_IMPORT, "needs_scale = True", "needs_scale = None", "killed"),
        ("Rule._do", "rows.size else None", "rows.size > 0 else None", "survived"),
        (AT_IMPORT, '    score_name = "score"', '    score_name = "sco" "re"', "survived"),
    )
    found = []
    for function, before, after, wanted in changes:
        line = source[: source.index(before)].count("\n") + 1
        changed = source.replace(before, after, 1)
        found.append(Mutant("decision/base.py", function, line, line, before, after, changed, wanted=wanted))
    return found


def module_name(path):
    """The name under which a file of the repository is imported."""
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return name if name.startswith("moo_inference") else f"moo_inference.{name}"
