"""Hold a report against the `expect` of its spec."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, cast

from cnncalc.analyses.fit import Question, largest
from cnncalc.maths.volume import dims_text
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.options import OPTIONS
from cnncalc.spec import codes
from cnncalc.spec.document import Mapped, Scalar, Sequenced, problem
from cnncalc.spec.values import positive
from cnncalc.text.diagnostic import Findings, SpecError
from cnncalc.text.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnncalc.analyses.analysis import Analysis
    from cnncalc.request.options import Given
    from cnncalc.spec.document import Node
    from cnncalc.spec.spec import Expectation

COUNTS = (
    "params",
    "weights",
    "biases",
    "values",
    "buffers",
    "macs",
    "flops",
    "layers",
    "backward_macs",
    "gradient_values",
    "gradient_params",
)
SETTINGS = tuple(name for name, option in OPTIONS.items() if option.at)
"""What `at` may name."""
OTHERS = ("output", "shapes", "receptive_field")
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZES = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_FIGURE = re.compile(r"(\d{1,18})(?:\.(\d{1,9}))?\s*([A-Za-z]*)\Z")


class Amount(NamedTuple):
    """A figure as it was written: number x unit / 10^decimals."""

    text: str
    number: int
    decimals: int
    unit: int

    def equals(self, value: int) -> bool:
        """Tell whether the value, rounded half up to the digits that were written, is this one."""
        if self.unit == 1 and not self.decimals:
            return value == self.number
        scaled = 2 * value * 10**self.decimals
        return bool((scaled + self.unit) // (2 * self.unit) == self.number)

    def below(self, value: int) -> bool:
        """Tell whether this is less than the value."""
        return bool(self.number * self.unit < value * 10**self.decimals)

    def above(self, value: int) -> bool:
        """Tell whether this is more than the value."""
        return bool(self.number * self.unit > value * 10**self.decimals)

    def difference(self, value: int) -> int:
        """Return how much larger the value is, rounded to an integer."""
        return value - self.number * self.unit // int(10**self.decimals)


def expectations(report: Analysis) -> Findings:
    """Return a diagnostic for each expectation of the spec that does not hold or cannot be checked."""
    return check_expectations(report, report.expectations)


def check_expectations(report: Analysis, expected: Iterable[Expectation]) -> Findings:
    """Return a diagnostic for each of these expectations that does not hold or cannot be checked."""
    findings = Findings()
    for expectation in expected:
        try:
            _check(expectation, report, findings)
        except SpecError as error:
            for diagnostic in error.diagnostics:
                findings.add(diagnostic)
    return findings


def _check(expectation: Expectation, report: Analysis, findings: Findings) -> None:
    key, node = expectation
    figure, bound = _split(key.text)
    if key.text == "output":
        _same_volume("output", node, report.result.sides, findings)
    elif key.text == "shapes":
        _shapes(node, report, findings)
    elif figure == "receptive_field":
        _field(node, bound, report, findings)
    elif figure in COUNTS:
        _compare(
            key.text, bound, _amount(node, key.text, _UNITS), _count(figure, report), f"{_count(figure, report):,}", findings, node
        )
    elif figure in SIZES:
        amount, value = _settled(node, key.text, SIZES[figure], _SIZES, report)
        _compare(key.text, bound, amount, value, f"{value:,} bytes", findings, node)
    elif figure in NUMBERS:
        amount, value = _settled(node, key.text, NUMBERS[figure], _UNITS, report)
        _compare(key.text, bound, amount, value, f"{value:,}", findings, node)
    else:
        bounded = [name + suffix for name in (*COUNTS, *SIZES, *NUMBERS, "receptive_field") for suffix in ("", ".max", ".min")]
        hints = did_you_mean(key.text, (*bounded, *OTHERS)) or (f"figures are {', '.join((*COUNTS, *OTHERS))}, memory.…",)
        raise problem(
            codes.BAD_EXPECTATION, f"`{key.text}` names no figure that can be expected", key.span, label="not known", hints=hints
        )


def _split(key: str) -> tuple[str, str]:
    for bound in ("max", "min"):
        if key.endswith(f".{bound}"):
            return key[:-4], bound
    return key, ""


def _count(figure: str, report: Analysis) -> int:
    if figure == "layers":
        return len(report.rows)
    if figure in {"backward_macs", "gradient_values", "gradient_params"}:
        return int(getattr(report.backward, figure.removeprefix("backward_")))
    return int(getattr(report.totals, figure))


def _settled(
    node: Node, key: str, figure: Callable[[Analysis], int], units: dict[str, int], report: Analysis
) -> tuple[Amount, int]:
    """Return the expected and the true figure, under the settings that the expectation names."""
    value = node
    if isinstance(node, Mapped):
        value, report = _at(node, key, report)
    try:
        return _amount(value, key, units), figure(report)
    except ValueError as error:
        raise problem(codes.BAD_EXPECTATION, f"`{key}`: {error}", node.span) from None


def _at(node: Mapped, key: str, report: Analysis) -> tuple[Node, Analysis]:
    """Read `{at: {batch: 32, optimizer: adam}, value: 12 GiB}`; return the value, and the report under those settings."""
    for name, _ in node:
        if name.text not in {"at", "value"}:
            raise problem(
                codes.BAD_EXPECTATION,
                f"`{key}` takes `at` and `value`, not `{name.text}`",
                name.span,
                hints=did_you_mean(name.text, ("at", "value")),
            )
    value, at = node.get("value"), node.get("at")
    if value is None:
        raise problem(codes.BAD_EXPECTATION, f"`{key}` has no `value`", node.span)
    if at is not None and not isinstance(at, Mapped):
        raise problem(codes.BAD_EXPECTATION, f"`at` is a mapping such as {{batch: 32, optimizer: adam}}, not {at.what}", at.span)
    return value, report if at is None else _under(at, key, report)


def _under(at: Mapped, key: str, report: Analysis) -> Analysis:
    """Return the report under some settings. Training is that of the settings alone; the rest is the report's own."""
    given: dict[str, object] = {}
    for name, setting in at:
        if name.text not in SETTINGS:
            raise problem(
                codes.BAD_EXPECTATION,
                f"`{key}` cannot be worked out at `{name.text}`",
                name.span,
                hints=did_you_mean(name.text, SETTINGS) or (f"`at` takes {', '.join(SETTINGS)}",),
            )
        given[name.text] = _setting(name.text, setting)
    fresh = {name: option.default for name, option in OPTIONS.items() if option.group == "training"}
    try:
        return report.at(**cast("Given", {**fresh, **given}))
    except ValueError as error:
        raise problem(codes.BAD_EXPECTATION, str(error), at.span) from None


def _setting(name: str, node: Node) -> object:
    """Return the value of an option as its form says: an integer, a word, true or false, or names."""
    form = OPTIONS[name].form
    if form == "integer":
        return positive(node, name)
    if form == "names" and isinstance(node, Sequenced):
        return tuple(item.text for item in node.items if isinstance(item, Scalar))
    if not isinstance(node, Scalar) or node.is_null:
        raise problem(
            codes.BAD_EXPECTATION, f"`{name}` is a word, not {'nothing' if isinstance(node, Scalar) else node.what}", node.span
        )
    if form != "flag":
        return node.text
    if node.text not in {"true", "false"}:
        raise problem(codes.BAD_EXPECTATION, f"`{name}` is true or false, not `{node.text}`", node.span)
    return node.text == "true"


def _inference(report: Analysis) -> int:
    return report.inference_peak


def _training(report: Analysis) -> int:
    return report.training_peak


SIZES: dict[str, Callable[[Analysis], int]] = {
    "memory.forward": lambda report: report.memory.forward,
    "memory.forward_and_gradients": lambda report: report.memory.with_gradients,
    "memory.parameters": lambda report: report.memory.parameters,
    "memory.buffers": lambda report: report.memory.buffers,
    "memory.parameters_training": lambda report: report.memory.parameters_training,
    "memory.images": lambda report: report.memory.images,
    "memory.miscellaneous.images": lambda report: report.miscellaneous.images,
    "memory.miscellaneous.augmented": lambda report: report.miscellaneous.augmented,
    "memory.miscellaneous.im2col": lambda report: report.miscellaneous.im2col,
    "memory.inference": _inference,
    "memory.inference.peak": _inference,
    "memory.inference.activations_peak": lambda report: report.inference.peak * report.batch,
    "memory.inference.eager_peak": lambda report: report.eager_peak,
    "memory.inference.naive": lambda report: report.memory.parameters + report.memory.buffers + report.memory.forward,
    "memory.training": _training,
    "memory.training.peak": _training,
    "memory.training.parameters": lambda report: report.training.parameters,
    "memory.training.buffers": lambda report: report.training.buffers,
    "memory.training.gradients": lambda report: report.training.gradients,
    "memory.training.optimizer_state": lambda report: report.training.state,
    "memory.training.activations": lambda report: report.training.activations(report.batch),
    "memory.training.batch": lambda report: report.training.batch_per_image * report.batch,
    "memory.training.textbook": lambda report: report.memory.textbook,
}
"""The figures in bytes, by their place in the JSON; inference and training themselves mean their peaks."""


def _extra_macs(report: Analysis) -> int:
    return report.checkpoints[1].extra_macs if report.setup.checkpoint else 0


def _largest(group: str) -> Callable[[Analysis], int]:
    """Return a function that works out the largest batch of a group on the device of a report."""

    def found(report: Analysis) -> int:
        if report.request.device is None:
            message = "the largest batch is that of a device: `at: {device: 12GiB}` says which"
            raise ValueError(message)
        return largest(Question(report.network, report.counts, report.setup, report.request.device), group)

    return found


NUMBERS: dict[str, Callable[[Analysis], int]] = {
    "memory.training.checkpointing.extra_macs": _extra_macs,
    "largest_batch.inference": _largest("inference"),
    "largest_batch.training": _largest("training"),
}
"""The other figures that depend on settings: work that checkpoints cost, and the largest batch that fits a device."""


def _amount(node: Node, key: str, units: dict[str, int]) -> Amount:
    """Read `138357544`, `15.47G` or `600 MiB`."""
    if isinstance(node, Scalar):
        found = _FIGURE.match(node.text.strip())
        if found and found[3] in units:
            decimals = found[2] or ""
            return Amount(node.text.strip(), int(found[1] + decimals), len(decimals), units[found[3]])
    shown = f"`{node.text}`" if isinstance(node, Scalar) else node.what
    usual = "a size such as 600 MiB, or bytes" if units is _SIZES else "an integer, or digits with K, M, G or T (powers of 1000)"
    hints = _unit_hint(node, units)
    raise problem(codes.BAD_EXPECTATION, f"`{key}` is {usual}, not {shown}", node.span, hints=hints)


def _unit_hint(node: Node, units: dict[str, int]) -> tuple[str, ...]:
    if isinstance(node, Scalar) and units is _SIZES and (found := re.search(r"([KMGT])B\s*\Z", node.text)):
        return (f"write {found[1]}iB for powers of 1024; {found[1]}B is read as 1000s by some and as 1024s by others",)
    if isinstance(node, Scalar) and "," in node.text:
        return (f"write `{node.text.replace(',', '')}`",)
    return ()


def _compare(key: str, bound: str, amount: Amount, value: int, shown: str, findings: Findings, node: Node) -> None:
    if bound == "max" and amount.below(value):
        findings.error(
            codes.EXPECTATION,
            f"{key[:-4]} is {shown}, above the budget of {amount.text} by {amount.difference(value):,}",
            node.span,
            label=f"found {value:,}",
        )
    elif bound == "min" and amount.above(value):
        findings.error(
            codes.EXPECTATION,
            f"{key[:-4]} is {shown}, below the least of {amount.text} by {max(1, -amount.difference(value)):,}",
            node.span,
            label=f"found {value:,}",
        )
    elif not bound and not amount.equals(value):
        difference = amount.difference(value)
        findings.error(
            codes.EXPECTATION,
            f"{key} is {shown}, not {amount.text} as expected: {abs(difference):,} {'more' if difference > 0 else 'less'}",
            node.span,
            label=f"found {value:,}",
            notes=(f"rounded to the digits that are expected, it is {_rounded(amount, value)}",)
            if amount.unit > 1 or amount.decimals
            else (),
        )


def _rounded(amount: Amount, value: int) -> str:
    """Return the value with as many digits as the expectation has."""
    scaled = (2 * value * 10**amount.decimals + amount.unit) // (2 * amount.unit)
    whole, part = divmod(scaled, 10**amount.decimals)
    unit = amount.text.lstrip("0123456789.")
    return f"{whole}.{part:0{amount.decimals}d}{unit}" if amount.decimals else f"{whole}{unit}"


def _sides(node: Node, key: str) -> tuple[int, ...]:
    if isinstance(node, Scalar) and re.fullmatch(r"\d{1,18}(?:x\d{1,18})*", node.text):
        return tuple(int(side) for side in node.text.split("x"))
    shown = f"`{node.text}`" if isinstance(node, Scalar) else node.what
    raise problem(codes.BAD_EXPECTATION, f"`{key}` is a volume such as 7x7x512, not {shown}", node.span)


def _same_volume(what: str, node: Node, found: tuple[int, ...], findings: Findings) -> None:
    wanted = _sides(node, what)
    if wanted != found:
        axes = [*{1: ("length",), 2: ("width", "height"), 3: ("width", "height", "time")}[len(found) - 1], "depth"]
        differ = [f"{axis} {have - want:+,}" for axis, want, have in zip(axes, wanted, found, strict=False) if want != have]
        notes = (f"found minus expected: {', '.join(differ)}",) if len(wanted) == len(found) else ()
        findings.error(
            codes.EXPECTATION,
            f"{what} is {dims_text(found)}, not {dims_text(wanted)} as expected",
            node.span,
            label=f"found {dims_text(found)}",
            notes=notes,
        )


def _shapes(node: Node, report: Analysis, findings: Findings) -> None:
    if not isinstance(node, Mapped):
        raise problem(
            codes.BAD_EXPECTATION,
            "`shapes` is a mapping of layer names to volumes",
            node.span,
            hints=("`shapes: {pool5: 7x7x512}`",),
        )
    graph = report.network.graph
    rows = {name: report.rows[at] for name, at in graph.named.items()} | {row.name: row for row in report.rows}
    for name, volume in node:
        if name.text not in rows:
            hints = did_you_mean(name.text, rows) or ("`cnncalc analyze` shows the names",)
            findings.error(codes.BAD_EXPECTATION, f"no layer is named `{name.text}`", name.span, label="not known", hints=hints)
        else:
            _same_volume(name.text, volume, rows[name.text].output.sides, findings)


def _field(node: Node, bound: str, report: Analysis, findings: Findings) -> None:
    """Check the receptive field of the last layer that does not see the whole image: `212` or `212x212`, or a bound.

    Of several inputs the first is meant.
    """
    partial = [row for row in report.rows if not row.field.whole and not row.field.source]
    last = partial[-1]
    found = tuple(-int(-field.size // 1) for field in last.field.axes)
    wanted = _sides(node, "receptive_field")
    if len(wanted) == 1:
        wanted *= len(found)
    relation = {"": "not {} as expected", "max": "above the most of {}", "min": "below the least of {}"}[bound]
    fits = {"": operator.eq, "max": operator.le, "min": operator.ge}[bound]
    if len(wanted) != len(found) or not all(map(fits, found, wanted)):
        findings.error(
            codes.EXPECTATION,
            f"receptive_field is {dims_text(found)}, {relation.format(dims_text(wanted))}",
            node.span,
            label=f"found {dims_text(found)}",
            notes=(f"it is that of {last.name}, the last layer that does not see the whole image",),
        )
