"""A format: chains of layers, one a line, such as `conv 3 16`, below a line `stack 1`."""

from cnncalc.graph.builder import Builder
from cnncalc.graph.graph import Origin
from cnncalc.maths.volume import Volume
from cnncalc.text.diagnostic import Code, Diagnostic, SpecError
from cnncalc.text.source import Source, Span

HEAD = "stack 1"
ENDINGS = (".stack",)
ROWS = {  # read both ways: the word of the format, the kind, and the options that its numbers are
    "conv": ("CONV", ("kernel", "filters")),
    "pool": ("POOL", ("kernel",)),
    "relu": ("RELU", ()),
    "fc": ("FC", ("units",)),
    "s2d": ("SPACE2DEPTH", ("block",)),
}
WORDS = {kind: (word, names) for word, (kind, names) in ROWS.items()}
UNKNOWN = Code(
    "EXA3",
    "a line that is no layer of a stack",
    "A line of a stack is a word and its numbers.",
    "A line that is skipped in silence would give another network.",
    "conv 3",
    f"Write one of {', '.join(ROWS)} with its numbers.",
)
UNSAID = Code(
    "EXA4",
    "a network that no stack can say",
    "A stack is a chain of a few kinds of layers.",
    "A file that leaves something out would be another network.",
    "cnncalc convert resnet18 --to stack",
    "Write another format.",
)


def recognizes(data, name):
    """Return whether the first line says so."""
    return data.startswith(HEAD.encode())


def read(data, name, findings):
    """Return the graph."""
    source = Source(name, data.decode())
    builder = Builder()
    below, at = (), len(HEAD) + 1
    for line in source.text[at:].splitlines():
        span = Span(source, at, at + len(line))
        at += len(line) + 1
        made = layer(line)
        if made is None:
            findings.error(UNKNOWN, f"`{line}` is no layer of a stack", span)
        else:
            below = (builder.add(*made, below, origin=Origin(made[0], span)),)
    return builder.build(findings)


def layer(line):
    """Return kind and options of a line; None where it is none."""
    word, *texts = line.split() or [""]
    numbers = [int(text) for text in texts if text.isdigit()]
    if word == "input" and len(numbers) == len(texts) > 1:
        return "INPUT", {"shape": Volume(tuple(numbers[:-1]), numbers[-1])}
    kind, names = ROWS.get(word, ("", ()))
    return (kind, dict(zip(names, numbers, strict=True))) if kind and len(numbers) == len(texts) == len(names) else None


def write(network):
    """Return the lines."""
    lines = [HEAD, "input " + " ".join(map(str, network.image.sides))]
    lines += [line(at, node) for at, node in enumerate(network.nodes) if at]
    return "\n".join(lines) + "\n"


def line(at, node):
    """Return the line of a layer; SpecError where a stack cannot say it."""
    layer = node.layer
    word, names = WORDS.get(layer.name(), ("", ()))
    options = {name: layer.value(name) for name in names}
    numbers = {name: value[0] if isinstance(value, tuple) else value for name, value in options.items()}
    same = word and type(layer).make(numbers).given() == layer.given()
    if node.inputs != (at - 1,) or not same:
        raise SpecError([Diagnostic(UNSAID, "error", f"a stack cannot say {node.name}, {layer.text()}")])
    return " ".join([word, *map(str, numbers.values())])
