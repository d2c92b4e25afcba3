"""The definition of a layer: hyperparameters and facts. Analyses derive everything from the facts and never name a kind.

A layer carries no positions. A layer that does not fit its input raises a `Misfit` with the name of the field at fault;
`graph/infer.py` has the position of that field and makes the diagnostic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Literal

from cnncalc.layers.options import REQUIRED, BadValueError, Given, Option
from cnncalc.maths.count import ZERO, Count
from cnncalc.maths.volume import written
from cnncalc.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from typing import Self

    from cnncalc.kernels import after, arrays
    from cnncalc.kernels.conv import Algorithm
    from cnncalc.maths.neuron import Neuron
    from cnncalc.maths.volume import Volume
    from cnncalc.maths.window import Window
    from cnncalc.text.diagnostic import Code

    Array = arrays.Array
    Chance = arrays.Chance
    Arrays = Sequence[Array]
    Named = Mapping[str, Array]
    Saved = Mapping[str, arrays.Saved]
    Step = after.After

NOTHING: Named = MappingProxyType({})
Role = Literal["weight", "bias", "buffer"]
Rule = Literal["lower", "float32", "input", "widest", "promote", "inside", "upcast"]
"""What autocast does with a layer's numbers.

- `lower`: its inputs and weights are copied to 16 bits;
- `float32`: its inputs are copied to float32;
- `input`: it reads its inputs as they are, and computes with the widest type among them;
- `widest`: it copies the others to that type;
- `promote`: only its output is float32, by its parameters;
- `inside`: what it computes on the way is float32 too;
- `upcast`: it computes with float32 copies of its inputs, and its output has the type of the input.
"""
PARAMETERS, MACS, OPERATIONS, MEMORY, FIELD = "parameters", "MACs", "other work", "kept memory", "receptive field"
FACTS = (PARAMETERS, MACS, OPERATIONS, MEMORY, FIELD)
"""The facts that a layer may leave out (`Layer.unknown`), in the words of messages."""
COUNTER_BYTES = 8  # an int64 for every dtype of the network


class Tensor(NamedTuple):
    """A named array that a layer stores. `shape` has the axes of the forward pass (see docs/counting.md)."""

    name: str
    role: Role
    numbers: Count
    shape: tuple[int, ...]
    fixed_bytes: int = 0
    """Bytes per number if independent of the dtype of the network, else 0."""
    input: int = 0
    """Index of the input it is applied to, for a layer of several inputs."""


class Work(NamedTuple):
    """The arithmetic of one forward pass over one image."""

    macs: Count = ZERO
    """Multiply-accumulates of convolutions and matrix products."""
    operations: Count = ZERO
    """Every other arithmetic operation: + - * / max, compare, square root, exp, log, power, each as one."""
    matmul: Count = ZERO
    """The multiply-accumulates among `macs` that are of products of two volumes, without weights."""


def float_bytes(parameter_size: int) -> int:
    """Return the bytes of a statistic that no narrow type holds: those of float32, or of wider parameters."""
    return max(4, parameter_size)


class Phase(NamedTuple):
    """A part of the backward step of a layer that consists of several operations: what lives at its peak.

    Values and bytes are per image. The gradients of `tensors` are made in this phase, and live from then on.
    """

    values: int
    """Values that the step allocates and frees again."""
    freed_values: int = 0
    """Those of `Keeps.values` that are free by then."""
    freed_floats: int = 0
    """Those of `Keeps.image_floats` that are free by then."""
    tensors: tuple[str, ...] = ()
    """Names of the weights and biases whose gradients are made."""
    first: bool = False
    """Whether the gradient of the output is still read."""
    last: bool = False
    """Whether the gradients of the inputs are made."""


class Keeps(NamedTuple):
    """Memory facts of a layer: arrays kept for its backward pass, storage of its output, and flow of its gradients.

    Values are numbers of the network's dtype, per image; bytes count arrays of a fixed type.
    Source: measured on PyTorch 2.13, eager, storage by storage (docs/memory.md).
    """

    storage: Literal["new", "in place", "view"]
    """`in place` overwrites its input if nothing else needs the input; a `view` is part of its input's storage."""
    inputs: bool = False
    output: bool = False
    values: int = 0
    """Further values kept."""
    image_bytes: int = 0
    """Further bytes kept for each image: indices, masks, statistics."""
    statistics: int = 0
    """Statistics of a norm kept once for the whole batch; numbers of the parameters' type."""
    copies: int = 0
    """Numbers of the parameters that the layer rewrites in each pass, and keeps once for the whole batch."""
    image_statistics: int = 0
    """Statistics of a norm kept for each image; numbers of the parameters' type."""
    image_floats: int = 0
    """Statistics kept for each image as numbers of float32, or of float64 where the parameters are: `float_bytes`."""
    work_bytes: int = 0
    """Bytes per image that a forward pass without backward allocates and frees again."""
    gradient: Literal["fresh", "same", "views", "products", "signed"] = "fresh"
    """`fresh`: a new gradient for each input; `same`: the output's gradient, passed on; `views`: a part of the output's
    gradient for each input; `products`: a gradient of the output's size for each input, then reduced to the input's size;
    `signed`: `same` for the first input, `products` for the others."""
    gradient_values: int = 0
    """Further values per image that the backward step allocates, and frees at its end."""
    phases: tuple[Phase, ...] = ()
    """The backward step, part by part, where not all of it lives at once; `gradient_values` and `_bytes` then have no effect."""
    otherwise: Keeps | None = None
    """The facts where an output that would be `in place` gets a volume of its own; None: the same."""
    only: tuple[int, ...] | None = None
    """The places of the kept inputs, if not all of them are kept."""
    gradient_bytes: int = 0
    """Further bytes per image that the backward step allocates for arrays of a fixed type, and frees at its end."""

    def kept(self, inputs: Sequence[int]) -> Sequence[int]:
        """Return those of a layer's inputs that are kept."""
        if not self.inputs:
            return ()
        return inputs if self.only is None else [inputs[at] for at in self.only]

    def without_scratch(self) -> Keeps:
        """Return the facts without what lives within one step of the layer only."""
        return self._replace(work_bytes=0, gradient_values=0, gradient_bytes=0, phases=())


class Autocast(NamedTuple):
    """How autocast runs a layer, by the operator lists of the CPU and of CUDA.

    Source: PyTorch 2.14, measured on the CPU; for CUDA its lists in aten/src/ATen/autocast_mode.h.
    """

    cpu: Rule = "input"
    cuda: Rule = "input"


class Wanted(NamedTuple):
    """The gradients that a backward step computes."""

    inputs: tuple[bool, ...]
    weights: bool = True
    """Whether those of the learned arrays are among them."""


class How(NamedTuple):
    """Settings of a forward pass: the algorithm, and measures to save memory and time."""

    algorithm: Algorithm = "auto"
    """The algorithm for convolutions (docs/verify.md)."""
    spare: tuple[bool, ...] = ()
    """For each input, whether it is unused afterwards and may be overwritten."""
    after: Sequence[Step] = ()
    """Steps that rewrite each tile of the output in place while it is in the cache; only for layers with `takes_steps`."""
    chance: Chance | None = None
    """The random numbers of a pass in training mode (`Layer.train`); None: evaluation mode, running statistics and no dropout."""
    wanted: Wanted | None = None
    """The gradients that will be computed: `Layer.train` saves what `Layer.keeps_for` states for them; None: all."""

    @property
    def learns(self) -> bool:
        """Return whether gradients of the learned arrays will be computed."""
        return self.wanted is None or self.wanted.weights

    def gradients(self, inputs: Arrays) -> tuple[bool, ...]:
        """Return for each input whether its gradient will be computed."""
        return (True,) * len(inputs) if self.wanted is None else self.wanted.inputs

    def out(self, inputs: Arrays) -> Array | None:
        """Return an input that the output can overwrite: a spare one of the largest size, or None."""
        largest = max(each.size for each in inputs)
        return next((each for each, spare in zip(inputs, self.spare, strict=False) if spare and each.size == largest), None)


class Passed(NamedTuple):
    """A forward pass of a training step."""

    output: Array
    saved: Saved = NOTHING
    """The arrays that it makes for the backward pass: masks, indices, statistics, copies. `Keeps` states their bytes."""


class Kept(NamedTuple):
    """What a backward step may read, besides the weights. An array that is not kept is hollow: only its shape can be read."""

    inputs: Arrays
    output: Array
    saved: Saved
    overwritten: bool = False
    """Whether the output lies in the memory of the input."""


class Gradients(NamedTuple):
    """The gradients of a layer's inputs and of its learned arrays; None and absent where none is wanted."""

    inputs: Sequence[Array | None]
    weights: Named = NOTHING


class Values(NamedTuple):
    """A forward pass with numbers that can be checked by hand, independent of the layer's own code.

    A text lists the numbers of one array: spaces between the columns, `;` between rows, `/` between frames, `|` between channels,
    and `||` between the filters of a kernel. The weights of an FC neuron are one row. `&` separates inputs.
    """

    inputs: str
    """`1 2; 3 4 | 5 6; 7 8`: a volume of 2x2x2."""
    output: str
    weights: Mapping[str, str] | None = None
    """The arrays by the names of the layer's tensors, without counters."""


class Example(NamedTuple):
    """A small case with known figures: it documents the layer and tests it.

    Every figure is from a source or computed by hand. Every kind has an example with `values` and one with `keeps`; examples
    with `values` use every option. An example with `values` need not state the figures.
    """

    inputs: str
    """`32x32x3`; a space separates inputs."""
    label: str
    """The layer as written in a pattern."""
    output: str
    weights: int = 0
    biases: int = 0
    macs: int = 0
    source: str = ""
    operations: int = 0
    """Arithmetic other than `macs`; see `Work`."""
    values: Values | None = None
    keeps: Keeps | None = None
    """Memory facts in training; None: stated in another example."""
    evaluation: Keeps | None = None
    """Memory facts in evaluation mode, if different."""
    window: str = ""
    """The window of a neuron, size/stride: `3/2`, `3x1`, `transposed 4/2`, `irregular 3` (at most), `whole`; empty: own pixel."""


class Shorthand(NamedTuple):
    """The options set by the short forms of a pattern: `KINDsize-filters/stride(first, second)`."""

    size: str = ""
    filters: str = ""
    stride: str = ""
    first: str = ""
    second: str = ""


class Repair(NamedTuple):
    """A change with which a layer fits its input: of one of its options, or of the size of the input."""

    what: str
    """The name of the option; `input` for the size of the input."""
    shown: str
    changes: Mapping[str, object]
    """Options of the layer; empty for the size of the input."""


class Misfit(Exception):  # noqa: N818  the field's own word, as used in the diagnostics
    """A layer does not fit its input: `field` is the name of the hyperparameter at fault, or empty.

    `repairs` computes the changes with which the layer fits, and `hints` may be computed as well; only a diagnostic needs them.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        field: str = "",
        label: str = "",
        notes: tuple[str, ...] = (),
        hints: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
        repairs: Callable[[], Sequence[Repair]] | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.field = field
        self.label = label
        self.notes = notes
        self.repairs = repairs
        self._hints = hints
        super().__init__(message)

    @property
    def hints(self) -> tuple[str, ...]:
        """Return the ways out, seen from the layer alone."""
        return self._hints() if callable(self._hints) else self._hints


class BadOption(NamedTuple):
    """A missing hyperparameter, or one with a bad value."""

    field: str
    problem: str
    hint: str = ""
    missing: bool = False
    idle: bool = False
    """Whether the value is good, and another option leaves it without effect."""


class Idle(NamedTuple):
    """An option that has an effect only where another one has a certain value."""

    option: str
    """Its value may be false even so: nothing is learned or stored, which is true."""
    other: str
    needed: object
    """The value of the other option; None: it must not be given."""


class BadOptionsError(Exception):
    """A layer cannot be made; `problems` holds every reason."""

    def __init__(self, problems: tuple[BadOption, ...]) -> None:
        self.problems = problems
        super().__init__(problems)


def attribute(option: str) -> str:
    """Return the attribute of a layer that holds an option: its name, with `_` where a method has it."""
    return "value_" if option == "value" else option


LOWER = Autocast("lower", "lower")
PROMOTED = Autocast("promote", "promote")
ON_CUDA_FLOAT32 = Autocast(cuda="float32")


class Layer(ABC):
    """A layer with its hyperparameters as attributes. Subclasses are final and state every fact."""

    kind: ClassVar[str]
    """Lower case; the name of the file and of the kind."""
    summary: ClassVar[str]
    """One line for `cnncalc explain`."""
    options: ClassVar[tuple[Option, ...]]
    examples: ClassVar[tuple[Example, ...]]
    idle: ClassVar[tuple[Idle, ...]] = ()
    """Options without a meaning beside others; the ones that depend on the input are refused by `infer`."""
    shorthand: ClassVar[Shorthand] = Shorthand()
    numbered: ClassVar[Literal["", "conv", "pool", "fc"]] = ""
    """Its numbering by papers in a plain chain: within a stage (conv), at the end of one (pool), after all (fc), or none."""
    short_name: ClassVar[str] = ""
    """Its name within names of layers, if not the kind: `drop6`, `norm1` (Caffe's model zoo)."""
    merges: ClassVar[bool] = False
    """Whether it takes several inputs."""
    told: ClassVar[tuple[str, ...]] = ()
    """The options that `label` shows; `marks` shows the others."""
    sized: ClassVar[tuple[str, ...]] = ()
    """Options in whose place `like` can name a step: the layer then takes its `size`. Empty for kinds without `like`."""
    transposes: ClassVar[str] = ""
    """The kind whose weight it can take, transposed, by `share=a, transpose=true`."""
    tied = False
    """Whether its weight is that of another layer, transposed; `weights` then states its own arrays alone."""
    most: ClassVar[int] = 0
    """The most inputs of a kind that takes several, if it has a bound; so many named steps are all of them."""
    in_place: ClassVar[bool] = False
    """Whether its output shares the memory of its input."""
    works_in_place: ClassVar[bool] = False
    """Whether inference overwrites its input where nothing else needs that, even if training does not."""
    centers: ClassVar[bool] = False
    """Whether it subtracts the mean of each channel, which cancels any number added to a channel before."""
    pointwise: ClassVar[bool] = False
    """Whether it applies one function to each value, independent of its place."""
    linear: ClassVar[bool] = False
    """Whether a pointwise layer only scales and shifts its values: two layers around it stay one linear function."""
    modulates: ClassVar[bool] = False
    """Whether whatever a value takes from beyond its own place only scales or shifts it: the statistics of a norm over all
    positions, the spread input of a product (a gate)."""
    distributes: ClassVar[bool] = False
    """Whether it turns scores into shares with sum one, the probabilities of classes."""
    holds_weights: ClassVar[bool] = False
    """Whether backward holds its weights even where no gradient of its input is needed, as PyTorch's convolutions do."""
    precision: ClassVar[Autocast] = Autocast()
    """How autocast runs it, if not as it finds its inputs (`autocast`)."""
    takes_steps: ClassVar[bool] = False
    """Whether its forward pass can run the following layers tile by tile (`as_step`)."""
    modelled: ClassVar[bool] = True
    """Whether `forward` computes the output; False for an operator of which only the sizes are given."""

    def __init__(self, values: Mapping[str, object]) -> None:
        for option in self.options:
            setattr(self, attribute(option.name), values[option.name])

    @classmethod
    def make(cls, given: Mapping[str, Given]) -> Self:
        """Return the layer with these hyperparameters; raise BadOptionsError."""
        values: dict[str, object] = {}
        problems: list[BadOption] = []
        for option in cls.options:
            try:
                values[option.name] = option.read(given[option.name]) if option.name in given else option.default
            except BadValueError as error:
                problems.append(BadOption(option.name, f"{cls.name()} {option.name} {error.problem}", error.hint))
            else:
                if values[option.name] is REQUIRED:
                    problems.append(
                        BadOption(
                            option.name, f"{cls.name()} needs `{option.name}`: {option.doc}", cls.missing_hint(option), missing=True
                        )
                    )
        problems = problems or list(cls._without_effect(given, values))
        if problems:
            raise BadOptionsError(tuple(problems))
        return cls(values)

    @classmethod
    def _without_effect(cls, given: Mapping[str, Given], values: Mapping[str, object]) -> Iterator[BadOption]:
        """Yield the given options that another one leaves without effect, each once."""
        seen: set[str] = set()
        for option, other, needed in cls.idle:
            value = values[other]
            if option in seen or option not in given or values[option] is False or value == needed:
                continue
            seen.add(option)
            reason = f"{option} {written(values[option])} has no meaning with {other} {written(value)}"
            yield BadOption(option, f"{cls.name()} {reason}", f"remove {option} or {other}", idle=True)

    @classmethod
    def missing_hint(cls, option: Option) -> str:
        """Return a hint on how to give a missing option."""
        short = f"`{cls.name()}{'3' if cls.shorthand.size else ''}-64`, or " if option.name == cls.shorthand.filters else ""
        return f"{short}`{cls.name()}: {{{option.name}: 64}}` sets it for all" if short else f"`{cls.name()}({option.name}=…)`"

    @classmethod
    def name(cls) -> str:
        """Return the kind as written in patterns."""
        return cls.kind.upper()

    def given(self) -> dict[str, object]:
        """Return the hyperparameters that differ from their defaults."""
        return {option.name: value for option in self.options if (value := getattr(self, attribute(option.name))) != option.default}

    def value(self, name: str) -> object:
        """Return a hyperparameter, or None if the kind has none of that name."""
        return getattr(self, attribute(name)) if any(option.name == name for option in self.options) else None

    def replaced(self, **changes: object) -> Self:
        """Return the same layer with other hyperparameters."""
        return type(self)({option.name: getattr(self, attribute(option.name)) for option in self.options} | changes)

    def tied_to(self, owner: Layer, inputs: tuple[Volume, ...], own: Collection[str]) -> Self:
        """Return the layer with the weight of `owner`, which reads `inputs`, transposed; `own` are the options of its step."""
        made = self.replaced(**{name: value for name, value in self.mirrored(owner, inputs).items() if name not in own})
        made.tied = True
        return made

    def mirrored(self, owner: Layer, inputs: tuple[Volume, ...]) -> Mapping[str, object]:
        """Return the options that follow from the layer whose weight it takes transposed, for kinds with `transposes`."""
        raise NotImplementedError

    @classmethod
    def rounds(cls) -> bool:
        """Return whether the layer has a rule for strides that do not fit."""
        return any(option.name == "rounding" for option in cls.options)

    def text(self) -> str:
        """Return the layer written out in full as in a pattern: `CONV(kernel=3, filters=64)`."""
        inside = ", ".join(f"{name}={written(value)}" for name, value in self.given().items())
        return f"{self.name()}({inside})" if inside else self.name()

    @abstractmethod
    def infer(self, inputs: tuple[Volume, ...]) -> Volume:
        """Return the output volume; raise Misfit if the layer does not fit."""

    @abstractmethod
    def windows(self, inputs: tuple[Volume, ...]) -> tuple[Window | None, ...]:
        """Return the window of one neuron on each input; None if each neuron sees only the pixel at its own place."""

    @abstractmethod
    def weights(self, inputs: tuple[Volume, ...]) -> tuple[Tensor, ...]:
        """Return the stored arrays, learned or not."""

    @abstractmethod
    def work(self, inputs: tuple[Volume, ...], output: Volume) -> Work:
        """Return the arithmetic of one image."""

    @abstractmethod
    def keeps(self, inputs: tuple[Volume, ...], output: Volume, *, training: bool) -> Keeps:
        """Return the needs of backward; not `training` means evaluation mode: running statistics, no dropout."""

    def keeps_for(self, fact: Keeps, inputs: tuple[Volume, ...], gradients: Sequence[bool], *, learns: bool) -> Keeps:
        """Return what is kept where only some gradients are computed: those of some inputs, and of the weights if it `learns`.

        `fact` is what `keeps` returns. The same by default, as where one function computes all gradients.
        """
        return fact

    @abstractmethod
    def forward(self, inputs: Arrays, weights: Named, how: How) -> Array:
        """Return the output: N x (time x) height x width x depth, from inputs of that form and the arrays of `weights`.

        All sizes are read from the arrays: a forward pass based on the inferred volumes could not prove them.
        Raises MisfitError if the arrays do not fit.
        """

    def train(self, inputs: Arrays, weights: Named, how: How) -> Passed:
        """Return the output of a forward pass in a training step, and what it makes for the backward pass.

        An input that is spare is overwritten by the output; others stay as they are. What only gradients that are not wanted need
        (`How.wanted`) is not saved. The same as `forward` by default.
        """
        return Passed(self.forward(inputs, weights, how))

    @abstractmethod
    def backward(self, kept: Kept, gradient: Array, weights: Named, wanted: Wanted) -> Gradients:
        """Return the gradients of the inputs and the learned arrays, from that of the output, which has the output's shape.

        `gradient` stays as it is. A gradient of an input is a new array of the input's shape, the output's gradient itself, a view
        of it, or a product of the output's shape that the caller reduces: as the `gradient` of `keeps` says.
        """

    @abstractmethod
    def label(self) -> str:
        """Return the short name of the VGG paper's tables, such as `CONV3-64`."""

    def notes_label(self) -> str:
        """Return the name used in the tables of the course notes."""
        return self.label()

    def autocast(self, inputs: tuple[Volume, ...]) -> Autocast:
        """Return how autocast runs the layer."""
        return self.precision

    def usual(self, option: Option) -> bool:
        """Return whether an option has its default, or a value that means the same."""
        return bool(getattr(self, attribute(option.name)) == option.default)

    def marks(self, apart: Collection[str] = ()) -> tuple[str, ...]:
        """Return the unusual options that `label` does not show, in short form: `("p0", "d2")`.

        `apart` are the names of options that tell this layer from others with the same marks.
        """
        return tuple(
            option.mark(getattr(self, attribute(option.name)))
            for option in self.options
            if (option.labelled == "always" or (option.labelled == "apart" and option.name in apart))
            and option.name not in self.told
            and not self.usual(option)
        )

    def full_label(self, apart: Collection[str] = ()) -> str:
        """Return the label with its marks: `CONV3-64 p0 d2`."""
        return " ".join((self.label(), *self.marks(apart)))

    def unknown(self) -> tuple[str, ...]:
        """Return those of `FACTS` that nobody stated: what the layer gives for them is a lower bound. None by default."""
        return ()

    def rewrites_kernel(self) -> bool:
        """Return whether each pass computes with another kernel than the stored one, made from it."""
        return False

    def neuron(self, inputs: tuple[Volume, ...], place: tuple[int, ...]) -> Neuron | None:
        """Return what one output number is made of: the one at `place` (width, height, time, and depth last).

        None by default: the number is computed from those at its own place, or nothing of its making is stated.
        """
        return None

    def used(self, weights: Named) -> Named:
        """Return the arrays that a pass computes with: the stored ones by default (see `rewrites_kernel`)."""
        return weights

    def as_step(self, weights: Named, others: Arrays) -> Step | None:
        """Return the layer as a step on a tile in place, to be fused with the layer before it; None: it cannot be fused.

        `others` are its inputs other than the tile.
        """
        return None
