"""A step in the words of PyTorch, Keras, ONNX or Caffe, rewritten as a step of a pattern. Loaded only after an error."""

from __future__ import annotations

import functools
import re
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.named_tuple import NamedTuple
from cnncalc.pattern.foreign_names import ACTIVATIONS, ELEMENTWISE, FOLLOWS, LAYERS, OPTIONS
from cnncalc.pattern.syntax import short_text, value_text
from cnncalc.text.suggest import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnncalc.pattern.syntax import LayerAtom
    from cnncalc.pattern.vocabulary import Vocabulary

_SIZED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*?)(\d+(?:x\d+)*)\Z")
_NUMBER = r"-?\d+(?:\.\d+)?"
_PADS = {"same_upper": "same_upper", "same_lower": "same_lower", "notset": "", "valid": "valid", "same": "same"}
_OTHER_ORDER = frozenset(("kernel", "stride", "padding", "dilation", "out", "output_padding", "scale", "crop"))


class Call(NamedTuple):
    """A step as it was written, in texts: `name`, the short forms, values without a name, and options."""

    name: str
    size: str = ""
    filters: str = ""
    stride: str = ""
    values: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()


def written_call(name: str, filters: str = "", stride: str = "", inside: str = "") -> Call:
    """Return the call with options as a text, `3, kernel_size=(3, 5)`."""
    values: list[str] = []
    options: list[tuple[str, str]] = []
    depth, start = 0, 0
    for at, sign in enumerate(f"{inside},"):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth <= 0:
            key, equals, value = inside[start:at].partition("=")
            start = at + 1
            if equals and key.strip().isidentifier():
                options.append((key.strip(), value.strip()))
            elif key.strip():
                values.append((key + equals + value).strip())
    return Call(name, "", filters, stride, tuple(values), tuple(options))


def written_step(atom: LayerAtom) -> Call:
    """Return the call of a layer as it was read."""
    size, filters, stride = (short_text(form) if form is not None else "" for form in (atom.size, atom.filters, atom.stride))
    values = tuple(value_text(argument.value) for argument in atom.options if not argument.key)
    options = tuple((argument.key, value_text(argument.value)) for argument in atom.options if argument.key)
    return Call(atom.kind, size, filters, stride, values, options)


class Rewritten(NamedTuple):
    """A step in our words: the kind, its options, the steps behind it, and what was left out."""

    kind: str
    options: dict[str, str]
    joined: tuple[str, ...] = ()
    """Named steps that a merge joins."""
    after: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    """Options that the layer before decides."""
    idle: tuple[str, ...] = ()
    """Options that change no figure."""
    lost: tuple[str, ...] = ()
    """Options without a counterpart."""
    split: bool = False
    """Whether an activation or a second convolution became a step of its own."""


class _Row(NamedTuple):
    target: str
    fixed: tuple[tuple[str, str], ...]
    parameters: tuple[str, ...]
    needed: int


@functools.cache
def _rows() -> dict[str, _Row | str]:
    """Return the rows of the table by name, as written and folded; a text is an answer without a step."""
    found: dict[str, _Row | str] = {}
    folded: dict[str, _Row | str] = {}
    for line in LAYERS.strip().splitlines():
        names, _, right = line.partition(" = ")
        row: _Row | str = right[1:-1]
        if not right.startswith("["):
            target, _, parameters = right.partition(":")
            kind, *fixed = target.split()
            words = parameters.split()
            pairs = tuple((name, value) for name, _, value in (each.partition("=") for each in fixed))
            row = _Row(kind, pairs, tuple(word.rstrip("!") for word in words), sum(word.endswith("!") for word in words))
        for name in names.split():
            found[name] = row
            folded.setdefault(_folded(name), row)
    return {**folded, **found}


def _folded(name: str) -> str:
    return name.replace("_", "").casefold()


def _row(name: str, vocabulary: Vocabulary) -> tuple[_Row | str, str] | None:
    """Return the row of a name, or one for a kind of ours in other letters; and the size that stands behind the name."""
    match = _SIZED.match(name)
    for word, size in ((name, ""), *([(match[1], match[2])] if match else [])):
        row = _rows().get(word) or _rows().get(_folded(word))
        if row is not None and (isinstance(row, str) or row.target[0] == "?" or vocabulary.split(row.target)):
            return row, size
        if (split := vocabulary.split(word.upper())) and not split[1]:
            return _Row(split[0], (), (), 0), size
    return None


def hints(call: Call, vocabulary: Vocabulary, reads: Callable[[str], bool]) -> tuple[str, ...]:
    """Return a hint with the step as patterns write it; nothing where no row leads to a kind that exists.

    `reads` returns whether a text is a pattern: only such a text is given.
    """
    return _hints(call, vocabulary, lambda step, _: pattern_text(step, vocabulary), reads)


def layer_hints(call: Call, vocabulary: Vocabulary, reads: Callable[[str], bool]) -> tuple[str, ...]:
    """Return a hint with the step as an entry of `layers`: as a mapping where it was one, else as a pattern."""

    def text(step: Rewritten, call: Call) -> str:
        kept = [pair for pair in call.options if pair[0] in {"name", "from", "share"}]
        if step.after or not (call.options or kept):
            return f"- {pattern_text(step, vocabulary)}"
        options = ", ".join(f"{name}: {value}" for name, value in [*kept, *step.options.items()])
        return f"- {step.kind.lower()}: {{{options}}}" if options else f"- {step.kind.lower()}"

    return _hints(call, vocabulary, text, lambda text: text.endswith("}") or reads(text[2:]))


def default_hints(call: Call, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint with the options as defaults of a kind, `CONV: {filters: 16}`."""

    def text(step: Rewritten, _: Call) -> str:
        options = ", ".join(f"{name}: {value}" for name, value in step.options.items() if (name, value) != ("padding", "0"))
        return f"{step.kind}: {{{options}}}" if options else step.kind

    return _hints(call, vocabulary, text, lambda _: True)


def option_hints(call: Call, key: str, vocabulary: Vocabulary, reads: Callable[[str], bool]) -> tuple[str, ...]:
    """Return a hint for an option of a kind of ours that another framework calls so: the whole step, as patterns write it."""
    return hints(call, vocabulary, reads) if key == "activation" or key in OPTIONS else ()


def one_option_hint(kind: str, key: str, value: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Return a hint for such an option in YAML, `kernel: 3`."""
    if key == "activation":
        step = _activation(plain(value), vocabulary)
        return (f"an activation is a step of its own: write `{step}` after the {kind}",) if step else ()
    if key not in OPTIONS:
        return ()
    if name := _option(kind, key, vocabulary):
        return (f"write `{name}: {_value(name, plain(value), ours=False)}`",)
    return (f"leave it out: {key} {'follows from the layer before it' if key in FOLLOWS else 'changes no figure'}",)


def _hints(
    call: Call, vocabulary: Vocabulary, written: Callable[[Rewritten, Call], str], reads: Callable[[str], bool]
) -> tuple[str, ...]:
    found = _row(call.name, vocabulary)
    if found is not None and isinstance(found[0], str):
        return (found[0],)
    for each in (call, Call(call.name)):  # at least the kind, where the options cannot be read
        step = rewritten(each, vocabulary)
        if step is not None and reads(text := written(step, each)):
            return (_hint(text, step),)
    return ()


def steps_of(name: str, vocabulary: Vocabulary) -> str:
    """Return the steps that the name of a layer elsewhere leads to, `DWCONV -> CONV1`; empty for an unknown name."""
    step = rewritten(Call(name), vocabulary)
    return "" if step is None else pattern_text(step, vocabulary)


def answer(name: str) -> str:
    """Return what is said of a layer elsewhere for which no layer here stands; empty for any other name."""
    row = _rows().get(name) or _rows().get(_folded(name))
    return row if isinstance(row, str) else ""


def _hint(text: str, step: Rewritten) -> str:
    """Return `write …`, with what was left out and why."""
    said = [f"write `{text}`"]
    if step.split:
        said.append("each is a step of its own")
    if step.follows:
        verb = "follows" if len(step.follows) == 1 else "follow"
        said.append(f"{listed(step.follows)} {verb} from the layer before it")
    if step.idle:
        said.append(f"{listed(step.idle)} {'changes' if len(step.idle) == 1 else 'change'} no figure")
    if step.lost:
        verb = "has" if len(step.lost) == 1 else "have"
        said.append(f"{listed(step.lost)} {verb} no counterpart")
    return "; ".join(said)


def rewritten(call: Call, vocabulary: Vocabulary) -> Rewritten | None:
    """Return the step in our words, or None for a name that leads nowhere."""
    found = _row(call.name, vocabulary)
    row, size = found or ("", "")
    if isinstance(row, str):
        return None
    call = call._replace(size=call.size or size)
    fixed = {name: value for name, value in row.fixed if vocabulary.split(row.target) and vocabulary.option(row.target, name)}
    given = {**fixed, **_given(call, row, vocabulary)}
    if row.target[0] == "?":
        return _CHOICES[row.target[1:]](call, given, vocabulary)
    return _step(row.target, call, given, vocabulary, foreign=bool(row.parameters))


def _given(call: Call, row: _Row, vocabulary: Vocabulary) -> dict[str, str]:
    """Return the options of a call by the names of the framework; values without a name take those of the row."""
    names = list(row.parameters)
    named = sum(name in dict(call.options) for name in names[: row.needed])
    if len(call.values) + named < row.needed and names[:1] and names[0].startswith("in_"):
        names.pop(0)  # a call needs them all, so this one leaves out what follows from the layer before
    if not names and row.target[0] != "?" and not vocabulary.merges(row.target):
        names = [vocabulary.short(row.target).first or "value"]
    return {**dict(zip(names, call.values, strict=False)), **dict(call.options)}


def _step(kind: str, call: Call, given: dict[str, str], vocabulary: Vocabulary, *, foreign: bool) -> Rewritten | None:
    """Return the step of a kind with the options of a call."""
    if not vocabulary.split(kind):
        return None
    merges = vocabulary.merges(kind)
    short = vocabulary.short(kind)
    options: dict[str, str] = {}
    forms = ((short.size, call.size), (short.filters, call.filters), (short.stride, call.stride))
    options.update({name: value for name, value in forms if name and value})
    if call.size and not short.size and short.filters and not call.filters:
        options[short.filters] = call.size  # DENSE10
    follows: list[str] = []
    idle: list[str] = []
    lost: list[str] = []
    after: tuple[str, ...] = ()
    for key, text in given.items():
        value = plain(text)
        if key == "activation":
            if (step := _activation(value, vocabulary)) is None:
                lost.append(key)
            elif step:
                after = (step,)
            continue
        if key in {"from", "share"} or (key == "name" and not merges):
            options.update({key: value} if key == "share" else {})
            continue
        if key == "ceil_mode":
            options.update({"rounding": "ceil"} if value == "true" else {})
            continue
        name = _option(kind, key, vocabulary)
        if name:
            if (read := _value(name, value, ours=name == key)) != "":
                options.setdefault(name, read)
        elif key in FOLLOWS:
            follows.append(key)
        elif key not in OPTIONS or OPTIONS[key]:
            lost.append(key)
        else:
            idle.append(key)
    if foreign:
        _as_elsewhere(kind, options, call, given, vocabulary)
    if options.get("padding") == ("same" if _pads_same(kind) else "0"):
        del options["padding"]
    joined = tuple(_references(call.values)) if merges else ()
    return Rewritten(kind, options, joined, after, tuple(follows), tuple(idle), tuple(lost), split=bool(after))


def _pads_same(kind: str) -> bool:
    """Return whether a kind pads as many pixels as keep the size, if nothing is said."""
    return kind in {"CONV", "DWCONV", "LOCAL"}


def _as_elsewhere(kind: str, options: dict[str, str], call: Call, given: dict[str, str], vocabulary: Vocabulary) -> None:
    """Set what the other frameworks do if nothing is said: no padding, and rounding down; and the `same` of Keras."""
    if "kernel" in options and not call.size and _pads_same(kind):
        options.setdefault("padding", "same" if options["kernel"] == "1" else "0")
    if options.get("stride", "1") in {"1", options.get("kernel"), call.stride} or not vocabulary.option(kind, "rounding"):
        return
    if "strides" in given and options.get("padding") == "same":
        options["padding"] = "same_upper"
    else:
        options.setdefault("rounding", "floor")


def _references(values: Sequence[str]) -> list[str]:
    return [name for value in values for name in re.findall(r"[A-Za-z_][\w/]*", value)]


def _option(kind: str, key: str, vocabulary: Vocabulary) -> str:
    """Return our name of an option: the first that the kind has."""
    names = [key, *OPTIONS.get(key, "").split()]
    return next((ours for name in names if (ours := vocabulary.option(kind, name))), "")


def _activation(value: str, vocabulary: Vocabulary) -> str | None:
    """Return the step of an activation by its name elsewhere; empty for none, None for an unknown one."""
    word = value.rpartition(".")[2]
    if word.casefold() in ACTIVATIONS:
        word = ACTIVATIONS[word.casefold()]
        return word if not word or vocabulary.split(word) else None
    step = rewritten(Call(word.partition("(")[0]), vocabulary)
    return step.kind if step else None


def plain(text: str) -> str:
    """Return a value without quotes, in our spelling of true, false and none."""
    text = text.strip().strip("'\"")
    return {"True": "true", "False": "false", "None": ""}.get(text, text)


def _value(name: str, text: str, *, ours: bool) -> str:
    """Return the value of an option of ours: `(3, 5)`, height first, is `5x3` here."""
    if name == "padding" and text.casefold() in _PADS:
        return _PADS[text.casefold()]
    numbers = re.findall(_NUMBER, text)
    if not re.fullmatch(r"[\[(\s]*[-\d.,\s\[\]()]+", text) or not text.startswith(("(", "[")):
        return text
    if name in {"padding", "crop"}:
        return _sides(text, numbers)
    if name in _OTHER_ORDER and not ours:
        numbers = numbers[::-1]
    return _joined(numbers)


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(set(parts)) == 1 else "x".join(parts)


def _sides(text: str, numbers: Sequence[str]) -> str:
    """Return paddings: `(1, 2)` and `((top, bottom), (left, right))` have the height first, `(left, right, top, bottom)` not."""
    if text.count("(") + text.count("[") > 1:
        pairs = [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers) - 1, 2)][::-1]
    elif len(numbers) == 4:
        pairs = [(numbers[0], numbers[1]), (numbers[2], numbers[3])]
    else:
        return _joined(numbers[::-1])
    return _joined([before if before == after else f"{before}:{after}" for before, after in pairs])


def pattern_text(step: Rewritten, vocabulary: Vocabulary) -> str:
    """Return the steps as a pattern, with the short forms."""
    short = vocabulary.short(step.kind)
    rest = dict(step.options)
    text = step.kind
    for name, sign in ((short.size, ""), (short.filters, "-"), (short.stride, "/")):
        if name in rest and re.fullmatch(r"\d+(x\d+)*|[A-Z][A-Z0-9_]*|\(.*\)" if sign else r"\d+(x\d+)*", rest[name]):
            text += sign + rest.pop(name)
    shape = rest.pop("shape", "") if step.kind == "INPUT" else ""
    first = [rest.pop(short.first)] if short.first in rest else []
    inside = ", ".join([*step.joined, *first, *(f"{name}={value}" for name, value in rest.items())])
    text += f"[{shape}]" if shape else f"({inside})" if inside else ""
    return " -> ".join([text, *step.after])


# Targets that the options choose.


def _separable(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return a depthwise convolution and one of 1x1: a separable convolution is both."""
    filters = plain(call.filters or given.pop("filters", "") or given.pop("out_channels", ""))
    bias = given.get("use_bias", given.get("bias", ""))
    activation = given.pop("activation", "")
    step = _step("DWCONV", call._replace(filters=""), given, vocabulary, foreign=True)
    if step is None:
        return None
    last = "CONV1" + (f"-{filters}" if filters else "") + ("(bias=false)" if plain(bias) == "false" else "")
    last_steps = (last, *([name] if (name := _activation(plain(activation), vocabulary) if activation else "") else []))
    options = {name: value for name, value in step.options.items() if name != "bias"} | ({"bias": "false"} if bias else {})
    return step._replace(options=options, after=last_steps, split=True)


def _adaptive(whole: str, windows: str) -> Callable[[Call, dict[str, str], Vocabulary], Rewritten | None]:
    """Return the choice between one value for all positions and an output size."""

    def choose(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
        out = _value("out", plain(call.size or given.get("output_size", given.get("out", "1"))), ours=False)
        if out in {"1", ""}:
            return Rewritten(whole, {})
        if not vocabulary.option(windows, "out"):
            return None
        return Rewritten(windows, {"out": out})

    return choose


def _pooling(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return Caffe's pooling by its method."""
    mean = plain(given.pop("pool", "MAX")).upper() in {"AVE", "1"}
    if plain(given.pop("global_pooling", "false")) == "true":
        return Rewritten("GAP" if mean else "GMP", {})
    return _step("AVGPOOL" if mean else "POOL", call, given, vocabulary, foreign=False)


def _elementwise(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return Caffe's merge by its operation."""
    kind = ELEMENTWISE.get(plain(given.pop("operation", "sum")).casefold(), "ADD")
    return _step(kind, call, given, vocabulary, foreign=False)


def _applied(_call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return the activation of Keras's layer `Activation`."""
    step = _activation(plain(given.get("activation", "")), vocabulary)
    return Rewritten(step, {}) if step else None


def _rescaling(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return the constant factor, with a quotient as a decimal number."""
    factor = plain(given.get("factor", given.get("scale", "")))
    if match := re.fullmatch(r"(\d+)\.?\s*/\s*(\d+)(?:\.0*)?", factor):
        given = {**given, "factor": f"{float(Fraction(int(match[1]), int(match[2]) or 1)):.6g}"}
    return _step("SCALE", call, given, vocabulary, foreign=False)


def _attention(call: Call, given: dict[str, str], vocabulary: Vocabulary) -> Rewritten | None:
    """Return the attention of Keras, which gives the depth of one head."""
    heads, depth = plain(given.get("num_heads", "")), plain(given.pop("key_dim", ""))
    if heads.isdecimal() and depth.isdecimal():
        given = {**given, "units": str(int(heads) * int(depth))}
    return _step("ATTENTION", call, given, vocabulary, foreign=False)


def _input(call: Call, given: dict[str, str], _vocabulary: Vocabulary) -> Rewritten | None:
    """Return an input with its size; a batch of None goes."""
    values = " ".join([given.get("shape", given.get("input_shape", "")), *call.values[1:]])
    return Rewritten("INPUT", {"shape": "x".join(re.findall(r"\d+", values))} if re.search(r"\d", values) else {})


_CHOICES: dict[str, Callable[[Call, dict[str, str], Vocabulary], Rewritten | None]] = {
    "separable": _separable,
    "adaptive_mean": _adaptive("GAP", "AVGPOOL"),
    "adaptive_maximum": _adaptive("GMP", "POOL"),
    "pooling": _pooling,
    "elementwise": _elementwise,
    "activation": _applied,
    "rescaling": _rescaling,
    "input": _input,
    "attention": _attention,
}
