"""A syntax tree to its sequence of layers: repeats, bindings, optional steps, blocks, branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cnncalc.maths.volume import written
from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern import codes
from cnncalc.pattern.frames import Bindings, Frame, LayerUse, evaluate, integer, unknown_variable
from cnncalc.pattern.syntax import (
    Block,
    Branches,
    Call,
    Group,
    LayerAtom,
    Name,
    Output,
    Reference,
    Step,
    Value,
    named_steps,
    value_text,
)
from cnncalc.pattern.usage import used_names
from cnncalc.text.diagnostic import Diagnostic, Findings, SpecError
from cnncalc.text.suggest import did_you_mean, many

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from cnncalc.pattern.frames import Evaluated
    from cnncalc.pattern.vocabulary import Vocabulary
    from cnncalc.text.diagnostic import Code
    from cnncalc.text.source import Span

MOST_LAYERS = 200_000  # about 4 s and 300 MiB in `analyze`; the deepest published networks have some thousands
MOST_READ = 1_000_000  # volumes read through `new*`, in total: quadratic if each layer reads all earlier ones
MOST_FRAMES = 200_000  # calls and iterations with different values, each measured separately
DEEPEST = 60  # blocks within blocks
A_SHARE, AN_OUTPUT, A_SIZE = -1, -2, -3  # the use of a pending reference that is not an input


class BlockPath:
    """The blocks around a layer, outermost first; the path is empty at the top."""

    __slots__ = ("counters", "name", "parent")

    def __init__(self, parent: BlockPath | None = None, name: str = "") -> None:
        self.parent = parent
        self.name = name
        """The whole path with its closing slash: `stage1/down1/`; empty at the top."""
        self.counters: dict[str, int] = {}

    def next(self, word: str) -> int:
        """Return the number of occurrences of a word so far, this one included."""
        count = self.counters[word] = self.counters.get(word, 0) + 1
        return count


class Placed:
    """A layer in its place: its use, the earlier layers it reads, its name, and its path of blocks, `stage1/down1/`."""

    __slots__ = ("inputs", "kind", "like", "name", "path", "share", "tied", "use")

    def __init__(self, use: LayerUse, inputs: tuple[int, ...], name: str, path: str, share: int = -1, like: int = -1) -> None:
        self.use = use
        self.kind = use.kind
        """The kind; empty if it could not be read."""
        self.inputs = inputs
        self.name = name
        """The name in the spec; empty for most layers."""
        self.path = path
        self.share = share
        """The index of the layer with the shared weights, or -1."""
        self.like = like
        """The index of the layer whose size it takes, or -1."""
        self.tied = -1
        """The index of the layer whose weight it takes transposed, or -1."""


class Ended(NamedTuple):
    """An output: the layer it shows, and its name."""

    at: int
    name: str


class Pending(NamedTuple):
    """A reference to a name missing from the pattern, possibly a name that `graph/names.py` generates.

    `at` is the index of a layer, and `slot` the index of the input, or A_SHARE; with AN_OUTPUT, `at` is the index of an output.
    """

    at: int
    slot: int
    path: str
    prefix: str
    span: Span


class Expansion(NamedTuple):
    """The result of expanding a pattern."""

    placed: list[Placed]
    outputs: list[Ended]
    pending: list[Pending]
    named: dict[str, int]
    """The layers with the results of named steps, by path."""
    plain: bool
    """Whether the pattern is one chain, without blocks and branches."""


class Scope:
    """Names of steps for references; local to a block and to an iteration."""

    __slots__ = ("names", "parent")

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.names: dict[str, int] = {}

    def find(self, name: str) -> int | None:
        """Return the layer of a name in this scope or an outer one."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


class _Place(NamedTuple):
    """The current place of the expansion."""

    frame: Frame
    scope: Scope
    path: BlockPath
    depth: int


def expand(
    steps: Sequence[Step], root: Frame, blocks: Mapping[str, Block], vocabulary: Vocabulary, findings: Findings
) -> Expansion:
    """Return the layers of a pattern, INPUT first. Errors go to `findings`; the rest of the pattern is expanded."""
    expander = _Expander(blocks, vocabulary, findings, root)
    return expander.run(steps)


class _FullError(Exception):
    """The network has too many layers, which has been reported."""


class _Expander:
    def __init__(self, blocks: Mapping[str, Block], vocabulary: Vocabulary, findings: Findings, root: Frame) -> None:
        self.blocks = blocks
        self.vocabulary = vocabulary
        self.findings = findings
        self.root = root
        self.placed: list[Placed] = []
        self.outputs: list[Ended] = []
        self.by_path: dict[str, int] = {}
        self.paths: set[str] = set()
        self.name_numbers: dict[str, int] = {}
        self.path_numbers: dict[str, int] = {}
        """The last numbers that made names of steps and of blocks unique."""
        self.pending: list[Pending] = []
        self.every: dict[str, list[int]] = {}
        self.starred: dict[str, Reference] = {}
        self.budget = 2 * MOST_LAYERS
        self.frames = MOST_FRAMES
        self.read = MOST_READ
        self.plain = True
        self.own_inputs = False
        """Whether a branch that begins with an INPUT of its own has just been opened."""
        self.naming: dict[int, bool] = {}
        self.sizes: dict[tuple[int, Frame], int] = {}

    def run(self, steps: Sequence[Step]) -> Expansion:
        place = _Place(self.root, Scope(), BlockPath(), 0)
        try:
            self.measure(steps, place)
            current = self.chain(steps, place, ())
        except _FullError:  # there is nothing to compute, and a million layers would take time
            return Expansion([], [], [], {}, self.plain)
        for name, reference in self.starred.items():
            if name not in self.every:
                self.findings.error(
                    codes.UNKNOWN_STEP, f"no step is named `{reference.path[:-1]}`", reference.span, label="not known here"
                )
        if current:
            self.outputs.append(Ended(current[0], ""))
        return Expansion(self.placed, self.outputs, self.pending, self.by_path, self.plain)

    def chain(self, steps: Sequence[Step], place: _Place, current: tuple[int, ...]) -> tuple[int, ...]:
        """Expand one step after another; `current` holds the inputs of the next one."""
        for step in steps:
            if step.count is None and not step.optional:
                current = self.once(step, place, current, step.name, "")
            elif step.optional:
                if self.included(step, place.frame):
                    current = self.once(step, place, current, step.name, "")
            else:
                current = self.repeated(step, place, current)
        return current

    def repeated(self, step: Step, place: _Place, current: tuple[int, ...]) -> tuple[int, ...]:
        """Expand `step*count`; the count is a number or a list of bindings."""
        assert step.count is not None  # noqa: S101  the caller has checked
        frames = self.iterations(step.count, place.frame)
        if frames is None:
            inside = place._replace(scope=Scope(place.scope))
            current = self.unread(step.span, place, self.once(step, inside, current, "", ""))  # reports the other errors inside
            if step.name:
                self.register(step.name, step, place, current[0])
            return current
        if not self.size(step, place.frame, place.depth):
            return current  # a million iterations without a layer would take time
        self.spend(step.span, len(frames))
        scope = Scope(place.scope) if self.has_names(step) else place.scope
        inside = _Place(place.frame, scope, place.path, place.depth)
        word, path = "", place.path
        for at, frame in enumerate(frames, 1):
            if scope is not place.scope:
                scope.names.clear()  # the names of the iteration before
            if step.name:
                word = f"{step.name}{at}"
                path = self.inner(place.path, word) if isinstance(step.atom, Group) else path
            if frame is not inside.frame or path is not inside.path:
                inside = _Place(frame, scope, path, place.depth)
            current = self.once(step, inside, current, "", word)
        if step.name and current:
            self.register(step.name, step, place, current[0])
        return current

    def measure(self, steps: Sequence[Step], place: _Place) -> None:
        """Refuse a network that is too large, before any expansion, at the innermost step that is too large."""
        for step in steps:
            if self.size(step, place.frame, place.depth) > MOST_LAYERS:
                if isinstance(step.atom, Group) and step.count is None:
                    self.measure(step.atom.steps, place)
                span = step.count.span if step.count is not None else step.span
                self.full(f"{_large(self.size(step, place.frame, place.depth))} layers are more than {MOST_LAYERS:,}", span)

    def size(self, step: Step, frame: Frame, depth: int) -> int:
        """Return the number of layers of a step; equal steps under equal variables are counted once."""
        key = (id(step), frame)
        if key not in self.sizes:
            self.sizes[key] = 1  # the depth limit ends the measurement of a recursive block
            if step.count is not None:
                frames = self.iterations(step.count, frame) or ()
                each = {inner: self.atom_size(step, inner, depth) for inner in set(frames)}
                self.sizes[key] = sum(each[inner] for inner in frames)
            else:
                self.sizes[key] = self.atom_size(step, frame, depth) if not step.optional or self.included(step, frame) else 0
        return self.sizes[key]

    def atom_size(self, step: Step, frame: Frame, depth: int) -> int:
        """Return the number of layers in one iteration of a step."""
        atom = step.atom
        if isinstance(atom, Group):
            return sum(self.size(inner, frame, depth) for inner in atom.steps)
        if isinstance(atom, Branches):
            return sum(self.size(inner, frame, depth) for chain in atom.chains for inner in chain)
        if not isinstance(atom, Call):
            return 1
        block = self.blocks[atom.name]
        self.check_depth(atom, depth)
        if not block.known or len(atom.arguments) != len(block.parameters):
            return 1  # the expansion reports the error
        inside = self.frame_of(atom, block, frame)
        return 1 if inside is None else sum(self.size(inner, inside, depth + 1) for inner in block.steps)

    def iterations(self, count: Value, frame: Frame) -> Sequence[Frame] | None:
        """Return the frame of each iteration; None if the count is invalid, which is reported."""
        try:
            if isinstance(count, Name):
                found = frame.lookup(count.name)
                if isinstance(found, Bindings):
                    self.spend_frames(sum(id(binding) not in frame.bound for binding in found.entries), count.span)
                    return [frame.bind(binding) for binding in found.entries]
            times = integer(count, frame)
        except SpecError as error:
            self.report(error)
            return None
        if times < 0:
            self.findings.error(codes.BAD_COUNT, f"a count must be at least 0, not {times}", count.span, label=f"= {times}")
            return None
        if times > MOST_LAYERS:
            self.full(f"{times:,} repetitions make more than {MOST_LAYERS:,} layers", count.span)
        return [frame] * times

    def included(self, step: Step, frame: Frame) -> bool:
        """Return whether an optional step is included: it is unless a binding switches it off by its name or kind."""
        name = step.name
        if not name and isinstance(step.atom, LayerAtom):
            name = step.atom.kind
        if not name and isinstance(step.atom, Call):
            name = step.atom.name
        return frame.switch(name) is not False if name else True

    def once(self, step: Step, place: _Place, current: tuple[int, ...], name: str, alias: str) -> tuple[int, ...]:
        """Expand the atom of a step. References can use `name`; `alias` only appears in the layer's name."""
        atom = step.atom
        if isinstance(atom, LayerAtom):
            return self.layer(atom, step, place, current, name, alias)
        if isinstance(atom, Group):
            current = self.chain(atom.steps, place, current)
        elif isinstance(atom, Branches):
            current = self.branches(atom, place, current)
        elif isinstance(atom, Call):
            current = self.call(atom, place, current, name or alias)
        else:
            return self.output(atom, place, current)
        if name and current:
            self.register(name, step, place, current[0])
        return current

    def layer(self, atom: LayerAtom, step: Step, place: _Place, current: tuple[int, ...], name: str, alias: str) -> tuple[int, ...]:
        """Place one layer."""
        uses = place.frame.uses
        use = uses.get(atom)
        if use is None:
            use = uses[atom] = self.use(atom, place.frame)
        inputs = current
        if atom.kind == "INPUT":
            inputs = self.check_input(atom, use, current)
            name = self.input_name(atom, use, place.frame, name)
        elif atom.sources is not None:
            if not self.placed:
                self.start(atom.span)
            inputs = self.references(atom.sources, place, 0)
            if len(inputs) > 1 and not self.vocabulary.merges(atom.kind):
                self.too_many(atom, len(inputs))
                use.broken = True
        elif not current:
            inputs = self.start(atom.span)
        if atom.options and self.vocabulary.merges(atom.kind):
            joined = self.joined(atom, place.frame)
            if joined and atom.sources is None and len(joined) == self.vocabulary.most(atom.kind):
                inputs = ()  # the names are all that it reads
            inputs += self.references(joined, place, len(inputs))
        if atom.sources and not inputs and atom.kind != "INPUT":
            inputs = self.none_so_far(atom.sources[0], place)
            use.broken = True
        share = self.named(use.share, use, place, A_SHARE) if use.share else -1  # before its own name: it cannot refer to itself
        like = self.named(use.like, use, place, A_SIZE) if use.like else -1
        index = len(self.placed)
        called = self.register(name, step, place, index) if name else alias
        if index >= MOST_LAYERS:
            self.full(f"the network has more than {MOST_LAYERS:,} layers", use.span)
        self.placed.append(Placed(use, inputs, called, place.path.name, share, like))
        return (index,)

    def named(self, source: tuple[str, Span], use: LayerUse, place: _Place, slot: int) -> int:
        """Return the step of `share` or `like` for the next layer; -1 until all layers are placed."""
        reference = Reference(*source)
        found = self.references([reference], place, slot)
        use.broken |= not found
        return (found or self.none_so_far(reference, place))[0]

    def joined(self, atom: LayerAtom, frame: Frame) -> list[Reference]:
        """Return the steps that a merge names; a variable is the value of its first option, if it has one."""
        values = (argument.value for argument in atom.options if not argument.key)
        names = [value for value in values if isinstance(value, Name)]
        if self.vocabulary.short(atom.kind).first:
            names = [value for value in names if frame.lookup(value.name) is None]
        return [Reference(value.name, value.span) for value in names]

    def unread(self, span: Span, place: _Place, current: tuple[int, ...]) -> tuple[int, ...]:
        """Place an unknown layer where an error has been reported, to avoid errors that follow from it."""
        atom = LayerAtom("", span)
        return self.layer(atom, Step(atom, span), place, current, "", "")

    def too_many(self, atom: LayerAtom, inputs: int) -> None:
        """Refuse several inputs of a layer that takes one."""
        self.findings.error(
            codes.MERGE,
            f"{atom.kind} reads one volume, not {inputs}",
            atom.sources[1].span if atom.sources else atom.span,
            label="one too many",
            hints=("join them first: merges, such as ADD, CONCAT and MUL, read several",),
        )

    def start(self, span: Span | None) -> tuple[int, ...]:
        """Return the input; place it if the pattern has no INPUT."""
        if self.placed:
            self.findings.error(
                codes.SYNTAX, "nothing leads to this step: OUTPUT ended the chain before it", span, label="what does it read?"
            )
        else:
            self.placed.append(Placed(LayerUse("INPUT", None), (), "", ""))
        return (0,)

    def check_input(self, atom: LayerAtom, use: LayerUse, current: tuple[int, ...]) -> tuple[int, ...]:
        """Return no inputs, as INPUT reads none; refuse an INPUT with a `from`, or that other steps lead to."""
        alone = not self.placed or self.own_inputs or atom.sources == []
        self.own_inputs = False
        if atom.sources:
            self.findings.error(
                codes.MERGE,
                f"INPUT reads no volume, not {len(atom.sources)}",
                atom.sources[0].span,
                label="no step leads to an input",
                hints=("leave out `from`",),
            )
            use.broken = True
        elif not alone:
            first = "left=INPUT[64x64x3]" if current else "INPUT"
            self.findings.error(
                codes.SYNTAX,
                "INPUT is only allowed at the start of the pattern or of a branch",
                atom.span,
                label="other steps lead to it" if current else "not here",
                hints=(f"let each input begin a branch: `{{ {first} | right=INPUT[32x32x1] }} -> CONCAT`",) if current else (),
            )
            use.broken = True
        return ()

    def input_name(self, atom: LayerAtom, use: LayerUse, frame: Frame, name: str) -> str:
        """Return the name of an input: the name of its step, or the one in parentheses, `INPUT(left)`."""
        for argument in atom.options:
            value = argument.value
            if not argument.key and isinstance(value, Name) and _is_word(value, frame):
                if name and name != value.name:
                    self.findings.error(
                        codes.BAD_OPTION, f"this input is called `{name}` and `{value.name}`", value.span, label="the second name"
                    )
                    use.broken = True
                return value.name
        return name

    def begins(self, steps: Sequence[Step], depth: int = 0) -> bool:
        """Return whether a chain begins with an INPUT of its own and does not read the steps before it."""
        if not steps or steps[0].optional or steps[0].count is not None or depth > DEEPEST:
            return False
        atom = steps[0].atom
        if isinstance(atom, LayerAtom):
            return atom.kind == "INPUT"
        if isinstance(atom, Group):
            return self.begins(atom.steps, depth)
        if isinstance(atom, Branches):
            return all(self.begins(chain, depth) for chain in atom.chains)
        return isinstance(atom, Call) and self.begins(self.blocks[atom.name].steps, depth + 1)

    def branches(self, atom: Branches, place: _Place, current: tuple[int, ...]) -> tuple[int, ...]:
        """Expand chains side by side; return the ends of the chains without an output of their own."""
        self.plain = False
        own = [self.begins(chain) for chain in atom.chains]
        if all(own) and current and not self.own_inputs:
            self.findings.error(
                codes.SYNTAX,
                "every branch begins with an INPUT: nothing reads the steps before the branches",
                atom.span,
                hints=("an empty branch passes them on: `{ | right=INPUT[32x32x1] } -> CONCAT`",),
            )
        start = current if all(own) else current or self.start(atom.span)
        ends: tuple[int, ...] = ()
        for chain, alone in zip(atom.chains, own, strict=True):
            self.own_inputs = alone
            ends += self.chain(chain, place, () if alone else start)
        self.own_inputs = False
        return ends

    def call(self, atom: Call, place: _Place, current: tuple[int, ...], name: str) -> tuple[int, ...]:
        """Expand a block with its arguments."""
        self.plain = False
        block = self.blocks[atom.name]
        self.check_depth(atom, place.depth)
        if not block.known:
            return self.unread(atom.span, place, current)
        if len(atom.arguments) != len(block.parameters):
            self.findings.error(
                codes.ARGUMENTS,
                f"`{atom.name}` takes {many(len(block.parameters), 'argument')}, not {len(atom.arguments)}",
                atom.span,
                label=f"{atom.name}({', '.join(block.parameters)})",
                notes=(f"it is defined in line {block.span.line}",),
                hints=_header(block, len(atom.arguments)),
            )
            return self.unread(atom.span, place, current)
        self.spend(atom.span)
        frame = self.frame_of(atom, block, place.frame)
        if frame is None:
            return self.unread(atom.span, place, current)
        word = name or f"{atom.name.lower()}{place.path.next(atom.name.lower())}"
        path = self.inner(place.path, word)
        start = current if self.begins(block.steps) else current or self.start(atom.span)
        return self.chain(block.steps, _Place(frame, Scope(), path, place.depth + 1), start)

    def frame_of(self, atom: Call, block: Block, caller: Frame) -> Frame | None:
        """Return the frame of a block's body: its parameters, the spec's variables, the defaults of its caller."""
        try:
            arguments = tuple(evaluate(value, caller) for value in atom.arguments)
        except SpecError as error:
            self.report(error)
            return None
        key = (atom.name, tuple((type(argument), argument) for argument in arguments))  # keeps True apart from 1
        if key not in caller.calls:
            self.spend_frames(1, atom.span)
            caller.calls[key] = Frame(dict(zip(block.parameters, arguments, strict=True)), {}, {}, self.root, caller)
        return caller.calls[key]

    def output(self, atom: Output, place: _Place, current: tuple[int, ...]) -> tuple[int, ...]:
        """End a branch in an output of its own."""
        shown = before = current or self.start(atom.span)
        if atom.source is not None:
            shown = self.references([atom.source], place, AN_OUTPUT, len(self.outputs)) or self.none_so_far(atom.source, place)
        self.outputs.append(Ended(shown[0], atom.name))
        return before if atom.goes_on else ()

    # options

    def use(self, atom: LayerAtom, frame: Frame) -> LayerUse:
        """Return the options in force: the step's own, then the innermost binding's, outer ones', the spec's."""
        use = LayerUse(atom.kind, atom.span)
        use.broken = not atom.kind
        for key, value, key_span in () if use.broken else self.own(atom, use, frame):
            self.give(use, key, key_span, value, frame, frame, atom)
        use.own = tuple(use.given)
        chosen = self.sizes_given(use)
        if use.transpose is not None and use.share is None:
            self.findings.error(
                codes.BAD_OPTION,
                f"{use.kind} transpose has no meaning without `share`",
                use.transpose,
                label="transposes the weight of the step that `share` names",
                hints=(f"name the {self.vocabulary.transposes(use.kind).upper()}: share=…, transpose=true",),
            )
            use.broken = True
        for option, setting, where in frame.settings(atom.kind):
            if option in chosen:
                continue  # the step gives its size in another way
            if option not in use.given and setting.unread:
                use.broken = True
            elif option not in use.given:
                self.give(use, option, setting.key_span, setting.value, where, frame)
        return use

    def own(self, atom: LayerAtom, use: LayerUse, frame: Frame) -> list[tuple[str, Value, Span]]:
        """Return the step's own settings: short forms and options."""
        short = self.vocabulary.short(atom.kind)
        forms = ((short.size, atom.size), (short.filters, atom.filters), (short.stride, atom.stride))
        found = [(key, value, value.span) for key, value in forms if value is not None]
        bare = [name for name in (short.second, short.first) if name]
        joined = [each.span for each in self.joined(atom, frame)] if self.vocabulary.merges(atom.kind) else []
        for argument in atom.options:
            if argument.key:
                found.append((argument.key, argument.value, argument.key_span))
            elif atom.kind == "INPUT" and isinstance(argument.value, Name) and _is_word(argument.value, frame):
                continue  # its name
            elif not self.vocabulary.merges(atom.kind) or argument.value.span not in joined:
                if not bare:
                    self.unnamed(use, argument.value)
                    continue
                found.append((bare.pop(), argument.value, argument.value.span))
        return found

    def sizes_given(self, use: LayerUse) -> Sequence[str]:
        """Return the options that give a size if the step gives its own; refuse a size that is given twice."""
        ways = () if use.broken else self.vocabulary.sized(use.kind)
        given = [option for option in ways if option in use.given]
        first = f"like={use.like[0]}" if use.like is not None else given.pop(0) if given else ""
        for option in given:
            value, where = use.given[option]
            source = f"`{use.like[0]}`" if use.like is not None else f"{first} {written(use.given[first][0])}"
            self.findings.error(
                codes.BAD_OPTION,
                f"{use.kind} takes its size from {source} and from {option} {written(value)}",
                where,
                label=f"`{first}` gives the size",
                hints=("remove either",),
            )
            use.broken = True
        return ways if first else ()

    def unnamed(self, use: LayerUse, value: Value) -> None:
        options = self.vocabulary.options(use.kind)
        names = ", ".join(f"{option}=…" for option in options)
        hints: tuple[str, ...] = (f"name it: {names}" if options else f"{use.kind} takes no options",)
        if use.kind == "INPUT":
            from cnncalc.pattern.traps import input_size  # only needed for errors

            hints = input_size(value.span.text.text, value.span.start) or hints
        self.findings.error(codes.UNKNOWN_OPTION, f"a value without a name is not an option of {use.kind}", value.span, hints=hints)
        use.broken = True

    def give(
        self, use: LayerUse, key: str, key_span: Span, value: Value, where: Frame, frame: Frame, atom: LayerAtom | None = None
    ) -> None:
        """Set one option of a use; a bad option is reported and marks the use as broken. `atom` is the step whose own it is."""
        if key == "share":
            use.share = (value_text(value), value.span)
            return
        if key == "like" and self.vocabulary.sized(use.kind):
            use.like = (value_text(value), value.span)
            return
        try:
            if key == "transpose" and atom is not None and self.vocabulary.transposes(use.kind):
                use.transpose = value.span if self.switch(evaluate(value, where), use.kind, value.span) else None
                return
            option = self.vocabulary.option(use.kind, key)
            if option is None:
                raise unknown_option(use.kind, key, key_span, self.vocabulary, self.foreign(atom, key, value))
            if atom is not None and option in use.given:
                self.findings.error(codes.BAD_OPTION, f"{use.kind} {option} is given twice", key_span, label="the second time")
                use.broken = True
                return
            use.given[option] = (self.value(use.kind, option, value, where, frame), value.span)
        except SpecError as error:
            self.report(error)
            use.broken = True

    def value(self, kind: str, option: str, value: Value, where: Frame, frame: Frame) -> Evaluated:
        """Return the value of an option; SpecError if it has none, with the word that capitals may mean: `padding=SAME`."""
        if isinstance(value, Name) and value.name.isupper() and where.lookup(value.name) is frame.lookup(value.name) is None:
            word = self.vocabulary.word(kind, option, value.name)
            hints = (f"write `{option}={word}`: capitals are variables",) if word else ()
            raise unknown_variable(value.name, value.span, where, hints)
        return evaluate(value, where, frame)

    def switch(self, value: Evaluated, kind: str, span: Span) -> bool:
        """Return the value of `transpose`; SpecError unless it is true or false."""
        words = {"true": True, "false": False}
        if isinstance(value, bool):
            return value
        if not isinstance(value, str) or value not in words:
            raise SpecError(
                [Diagnostic(codes.BAD_OPTION, "error", f"{kind} transpose must be true or false, not {written(value)}", span)]
            )
        return words[value]

    def foreign(self, atom: LayerAtom | None, key: str, value: Value) -> tuple[str, ...]:
        """Return hints for an option that another framework has: the whole step of a pattern, or the option as YAML writes it."""
        from cnncalc.pattern.foreign import one_option_hint, option_hints, written_step
        from cnncalc.pattern.parser import is_pattern

        if atom is None or "(" not in atom.span.words():
            return one_option_hint(atom.kind, key, value_text(value), self.vocabulary) if atom is not None else ()
        return option_hints(written_step(atom), key, self.vocabulary, lambda text: is_pattern(text, self.vocabulary))

    # names

    def register(self, name: str, step: Step, place: _Place, index: int) -> str:
        """Register a layer under the name of its step; return the name, numbered if an earlier iteration has it."""
        if name in place.scope.names:
            self.findings.error(
                codes.DUPLICATE_NAME,
                f"the name `{name}` is used twice",
                step.name_span or step.span,
                label="the second time",
                hints=(f"call it `{name}2`",),
            )
        place.scope.names[name] = index
        prefix = place.path.name
        whole = prefix + name
        earlier = self.every.get(whole)
        if earlier is None:
            self.every[whole] = [index]
        else:
            earlier.append(index)
        chosen = self.unused(whole, self.by_path, self.name_numbers)
        self.by_path[chosen] = index
        return chosen[len(prefix) :]

    def inner(self, path: BlockPath, word: str) -> BlockPath:
        """Return the path of a block or an iteration, numbered if an earlier one has the name."""
        name = self.unused(path.name + word, self.paths, self.path_numbers)
        self.paths.add(name)
        return BlockPath(path, f"{name}/")

    def unused(self, whole: str, taken: Container[str], numbers: dict[str, int]) -> str:
        """Return a name with its path; if it is taken, with the first free number from 2 on.

        Names stay taken, so the search for the next free number goes on where the last one ended, by `numbers`.
        """
        if whole not in taken:
            return whole
        number = numbers.get(whole, 1) + 1
        while (found := f"{whole}_{number}") in taken:
            number += 1
        numbers[whole] = number
        return found

    def references(self, references: Sequence[Reference], place: _Place, slot: int, at: int | None = None) -> tuple[int, ...]:
        """Return the referenced layers; -1 for a name that is only known once all layers are placed."""
        found: tuple[int, ...] = ()
        for path, span in references:
            if path.endswith("*"):
                name = place.path.name + path[:-1]
                self.starred.setdefault(name, Reference(path, span))
                every = self.every.get(name, ())
                self.read -= len(every)
                if self.read < 0:
                    self.full(f"`{path}` and similar references read more than {MOST_READ:,} volumes", span)
                found += tuple(every)
                continue
            index = place.scope.find(path)
            if index is None:
                index = self.by_path.get(place.path.name + path, self.by_path.get(path))
            if index is None:
                where = len(self.placed) if at is None else at
                self.pending.append(Pending(where, slot + len(found) if slot >= 0 else slot, path, place.path.name, span))
                index = -1
            found += (index,)
        return found

    def none_so_far(self, reference: Reference, place: _Place) -> tuple[int, ...]:
        """Report a star without steps where one is needed; return the input in its place."""
        name = reference.path[:-1]
        self.starred.pop(place.path.name + name, None)
        self.findings.error(codes.UNKNOWN_STEP, f"no step is named `{name}` so far", reference.span, label="not known here")
        return (0,)

    def has_names(self, step: Step) -> bool:
        """Return whether steps inside have names: each iteration then needs a scope of its own."""
        if id(step) not in self.naming:
            self.naming[id(step)] = isinstance(step.atom, Group) and any(inner.name for inner in named_steps(step.atom.steps))
        return self.naming[id(step)]

    # limits

    def spend(self, span: Span | None, times: int = 1) -> None:
        self.budget -= times
        if self.budget < 0:
            self.full(f"the pattern repeats more than {2 * MOST_LAYERS:,} times", span)

    def spend_frames(self, count: int, span: Span | None) -> None:
        self.frames -= count
        if self.frames < 0:
            self.full(f"blocks are called and groups repeated with more than {MOST_FRAMES:,} different values", span)

    def check_depth(self, atom: Call, depth: int) -> None:
        if depth >= DEEPEST:
            self.full(
                f"the block `{atom.name}` is nested more than {DEEPEST} blocks deep; does it call itself without end?",
                atom.span,
                codes.TOO_DEEP,
            )

    def full(self, message: str, span: Span | None, code: Code = codes.BAD_COUNT) -> NoReturn:
        self.findings.error(code, message, span)
        raise _FullError

    def report(self, error: SpecError) -> None:
        for diagnostic in error.diagnostics:
            self.findings.add(diagnostic)


def _header(block: Block, count: int) -> tuple[str, ...]:
    """Return a hint for a call with more arguments than the block has parameters: the head that takes them."""
    more = count - len(block.parameters)
    if more < 1:
        return ()
    used = used_names(block.steps, (), {}, {})
    letters = [*(each for each in sorted(used) if len(each) == 1), *"CSNKABDEFGHIJLM"]
    free = [each for each in dict.fromkeys(letters) if each not in block.parameters]
    head = ", ".join([*block.parameters, *free[:more]])
    return (f"the head of the block names its parameters: `{block.name}({head}): …`",) if len(free) >= more else ()


def _is_word(value: Name, frame: Frame) -> bool:
    """Return whether a name is not a variable."""
    return not value.name.isupper() and frame.lookup(value.name) is None


def _large(count: int) -> str:
    """Return a count with commas, or its power of ten."""
    return f"{count:,}" if count < 10**15 else f"over 10^{len(str(count)) - 1}"


def unknown_option(kind: str, key: str, span: Span, vocabulary: Vocabulary, foreign: tuple[str, ...] = ()) -> SpecError:
    """Return the error for an option that the kind does not have; `foreign` are the hints if another framework has it."""
    options = vocabulary.options(kind)
    hints = (
        foreign
        or did_you_mean(key, options)
        or ((f"{kind} takes {', '.join(options)}",) if options else (f"{kind} takes no options",))
    )
    return SpecError(
        [Diagnostic(codes.UNKNOWN_OPTION, "error", f"{kind} has no option `{key}`", span, label="not known", hints=hints)]
    )
