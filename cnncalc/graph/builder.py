"""A network without a text: layers by kind and options, for readers of other formats."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, SupportsIndex, cast

from cnncalc.graph.graph import Graph, Node, Origin, Output, blocks
from cnncalc.graph.maker import Maker
from cnncalc.graph.names import Called, names
from cnncalc.graph.vocabulary import Kinds
from cnncalc.layers import kinds
from cnncalc.maths.volume import Dims, Sides, Volume, Words, written
from cnncalc.pattern import codes
from cnncalc.text.escape import controlled
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnncalc.layers.base import Layer
    from cnncalc.layers.options import Given
    from cnncalc.text.diagnostic import Code, Findings
    from cnncalc.text.source import Span


class Builder:
    """Collects layers, each after its inputs, and makes their graph.

    Errors of the caller, such as an index that does not exist yet, are ValueErrors; errors of the source, such as options that
    no layer takes, are diagnostics with the origin. Names and the texts of origins come from foreign files: `?` replaces their
    control characters.
    """

    def __init__(self) -> None:
        self._added: list[_Added] = []
        self._outputs: list[Output] = []

    def add(
        self,
        kind: str,
        options: Mapping[str, Given | Sequence[int]] | None = None,
        inputs: Sequence[int] = (),
        name: str = "",
        origin: Origin | None = None,
        share: int = -1,
        like: int = -1,
        *,
        transpose: bool = False,
    ) -> int:
        """Add a layer and return its index.

        `kind` is written as in patterns (`CONV`), `options` have their full names, `inputs` are indices of earlier layers.
        A list or a tuple of integers is a value per axis, as `Dims`.
        Without a `name` one is generated, as in a pattern. `share` is the index of the layer with the shared weights;
        with `transpose` its weight is taken transposed (FC of an FC, DECONV of a CONV), and the bias is the layer's own.
        `like` is the index of the layer whose size RESIZE or CROP takes.
        """
        _check_text("the kind of a layer", kind)
        _check_text("the name of a layer", name)
        called = name or kind
        before = len(self._added)
        reads = tuple(_index(each, before, called) for each in _listed(inputs, called))
        shared = -1 if share == -1 else _index(share, before, called)
        alike = -1 if like == -1 else _index(like, before, called)
        if transpose and shared < 0:
            message = f"{called} transposes the weight of the layer that `share` names, and it names none"
            raise ValueError(message)
        added = _Added(kind, _given(options, called), reads, controlled(name), origin, shared)
        added.like = alike
        if shared >= 0:
            _tie(added, self._added[shared], shared, transpose=transpose)
        self._added.append(added)
        return before

    def output(self, index: int, name: str = "") -> None:
        """Mark a layer as a result of the network. Without a mark, the last layer is the result."""
        _check_text("the name of an output", name)
        if not _is_index(index, len(self._added)):
            message = f"layer {index!r} cannot be an output: there are {len(self._added)}"
            raise ValueError(message)
        output = Output(operator.index(index), controlled(name))
        if output in self._outputs:
            message = f"layer {index} is already an output {f'named {output.name}' if name else 'without a name'}"
            raise ValueError(message)
        self._outputs.append(output)

    def build(self, findings: Findings) -> Graph:
        """Return the graph. Errors go to `findings`; a node has no layer if it could not be made."""
        if not self._added:
            findings.error(codes.EMPTY, "the network has no layers")
        maker = Maker(findings)
        called = names([each.called for each in self._added], plain=self._plain())
        nodes = [
            Node(name, _made(each, maker), each.inputs, each.origin, blocks(name), each.share, each.like, each.tied)
            for name, each in zip(called, self._added, strict=True)
        ]
        outputs = tuple(self._outputs) or tuple(Output(index, "") for index in range(len(nodes))[-1:])
        given = {node.name: index for index, node in enumerate(nodes) if self._added[index].called.name}
        return Graph(nodes, outputs, given)

    def _plain(self) -> bool:
        """Return whether the layers are one chain."""
        return all(each.inputs == ((index - 1,) if index else ()) for index, each in enumerate(self._added))


def _check_text(what: str, text: object) -> None:
    """Raise ValueError for a kind or a name that is not a text."""
    if not isinstance(text, str):
        message = f"{what} is a text, not {text!r}"
        raise ValueError(message)  # noqa: TRY004  every error of the caller is one


def _is_index(index: object, count: int) -> bool:
    """Return whether a value is the index of one of the first `count` layers."""
    return isinstance(index, SupportsIndex) and 0 <= operator.index(index) < count


def _index(index: int, before: int, called: str) -> int:
    """Return the index of an earlier layer; ValueError if there is none."""
    if not _is_index(index, before):
        message = f"{called} reads layer {index!r}, and there are {before} before it"
        raise ValueError(message)
    return operator.index(index)


def _listed(inputs: Sequence[int], called: str) -> Sequence[int]:
    """Return the inputs; ValueError for one number or a text in place of a list."""
    if isinstance(inputs, Sequence) and not isinstance(inputs, str | bytes):
        return inputs
    message = f"{called} reads a list of layers, such as [0], not {inputs!r}"
    raise ValueError(message)


def _given(options: Mapping[str, Given | Sequence[int]] | None, called: str) -> dict[str, Given]:
    """Return the values of options, lists as `Dims`; ValueError for other types."""
    if options is None:
        return {}
    if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
        message = f"{called} takes a mapping of options by name, not {options!r}"
        raise ValueError(message)
    return {name: _value(name, value, called) for name, value in options.items()}


def _value(name: str, value: object, called: str) -> Given:
    """Return the value of an option; ValueError if its type is none of `Given`."""
    if isinstance(value, int | float | str) or (isinstance(value, Dims | Sides | Words | Volume) and _is_hashable(value)):
        return value
    if isinstance(value, SupportsIndex):  # an integer of numpy
        return operator.index(value)
    if isinstance(value, list | tuple):
        items = cast("Sequence[object]", value)
        whole = [operator.index(each) for each in items if isinstance(each, SupportsIndex)]
        if whole and len(whole) == len(items):
            return Dims(tuple(whole))
        words = [each for each in items if isinstance(each, str) and each.isidentifier()]
        if words and len(words) == len(items):
            return Words(tuple(words))
    message = f"{called} {name} is a number, a text, or a list of integers or words, not {value!r}"
    raise ValueError(message)


def _is_hashable(value: Dims | Sides | Words | Volume) -> bool:
    """Return whether no part of a value is a list, which a key of equal layers cannot hold."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


class _Added:
    """A layer as added."""

    __slots__ = ("called", "inputs", "like", "options", "origin", "share", "tied")

    def __init__(
        self, kind: str, options: dict[str, Given], inputs: tuple[int, ...], name: str, origin: Origin | None, share: int
    ) -> None:
        self.called = Called(kind if kind in kinds.names() or kind in kinds.added() else "", name)
        self.options = options
        self.inputs = inputs
        self.origin = _origin(kind, options, origin)
        self.share = share
        self.like = -1
        self.tied = -1


def _tie(added: _Added, owner: _Added, at: int, *, transpose: bool) -> None:
    """Give a layer the weight of its owner transposed, or what the owner itself takes from another layer."""
    if not transpose:
        added.tied = owner.tied
        return
    if owner.tied >= 0:
        message = f"{added.called.name or added.called.kind} cannot transpose a weight that layer {at} takes transposed itself"
        raise ValueError(message)
    added.tied, added.share = (owner.share if owner.share >= 0 else at), -1


def _origin(kind: str, options: dict[str, Given], given: Origin | None) -> Origin:
    """Return the origin of a layer, with its kind and options as named here, not as in its source."""
    kind = controlled(kind)
    said: dict[str, tuple[Given, Span | None]] = {name: (value, None) for name, value in options.items()}
    if given is None:
        return Origin(kind, options=said)
    return Origin(kind, given.span, {**said, **given.options}, given.share, controlled(given.text))


def _made(added: _Added, maker: Maker) -> Layer | None:
    """Return the layer; None, with an error, if its kind, its options or the number of its inputs is wrong."""
    found = list(_problems(added))
    for code, message, option, hints in found:
        maker.findings.error(code, message, added.origin.place(option), notes=added.origin.notes, hints=hints)
    if found:
        return None
    given = dict(added.options)
    if added.tied >= 0:
        given.setdefault(kinds.find(added.called.kind).shorthand.filters, 1)  # follows from the other layer's input, in `infer`
    return maker.make(added.called.kind, given, added.origin)


def _meant(kind: str) -> tuple[str, ...]:
    """Return a hint for an unknown kind: ours for a name of another framework, or the nearest name."""
    from cnncalc.pattern.foreign import steps_of  # only needed for errors

    found = steps_of(kind, Kinds())
    return (f"here it is `{found}`",) if found else did_you_mean(kind, kinds.names() | kinds.added())


def _option_meant(kind: str, name: str, value: Given) -> tuple[str, ...]:
    """Return a hint for an option that another framework calls so."""
    from cnncalc.pattern.foreign import one_option_hint  # only needed for errors

    return one_option_hint(kind, name, written(value), Kinds())


def _problems(added: _Added) -> Iterator[tuple[Code, str, str, tuple[str, ...]]]:
    """Yield code, message, option and hints of each error."""
    kind = added.called.kind
    if not kind:
        said = added.origin.kind
        yield codes.UNKNOWN_KIND, f"there is no layer kind `{said}`", "", _meant(said)
        return
    layer = kinds.find(kind)
    known = [option.name for option in layer.options]
    for name in added.options:
        if name not in known:
            hints = _option_meant(kind, name, added.options[name]) or did_you_mean(name, known)
            hints = hints or ((f"{kind} takes {', '.join(known)}",) if known else (f"{kind} takes no options",))
            yield codes.UNKNOWN_OPTION, f"{kind} has no option `{name}`", name, hints
    reads = len(added.inputs)
    most = 0 if kind == "INPUT" else reads if layer.merges else 1
    if reads != most or (layer.merges and not reads):
        wanted = "no volume" if kind == "INPUT" else "one volume or more" if layer.merges else "one volume"
        yield codes.MERGE, f"{kind} reads {wanted}, not {reads}", "", ()
