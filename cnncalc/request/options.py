"""The options of a request, each declared once, for the command line, Python, and `expect: at:`.

An option is declared by the annotation of its key in `Given`: its type for the type checker, and an `Option` with the form of
its value, its check, its default and its documentation.
"""

# no `from __future__ import annotations` here: the annotations of `Given` are the table, and `OPTIONS` reads them
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict, cast

from cnncalc.maths.window import ROUNDINGS
from cnncalc.named_tuple import NamedTuple
from cnncalc.request.dtypes import BYTES
from cnncalc.request.optimizers import OPTIMIZERS
from cnncalc.request.sizes import sizes

if TYPE_CHECKING:
    from cnncalc.graph.build import InputSize
    from cnncalc.maths.volume import Volume
    from cnncalc.request.devices import Device

MOST = 10**18  # of a batch or of copies
AUTOCASTS = ("float16", "bfloat16")
LISTS = ("cpu", "cuda")
NORMS = ("training", "eval")
SCHEDULES = ("spec", "best")
SPLITS = ("batch", "filters")
CHECKPOINTS = ("auto", "root")


class Option(NamedTuple):
    """An option of a request."""

    group: Literal["network", "training", "memory"]
    form: Literal["word", "integer", "flag", "names"]
    """The form of its value: one word or size, an integer, true or false, or repeatable names."""
    read: Callable[[object], object]
    """Returns the checked value. Raises ValueError for a bad one."""
    default: object
    metavar: str
    doc: str
    at: bool = True
    """Whether `expect: at:` accepts it: the option changes the run, not the network."""


_ELSEWHERE = {
    "fp16": "float16",
    "f16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "fp32": "float32",
    "f32": "float32",
    "float": "float32",
    "single": "float32",
    "fp64": "float64",
    "f64": "float64",
    "double": "float64",
    "int": "int8",
    "i8": "int8",
    "uint8": "int8",
    "sgdm": "momentum",
    "train": "training",
    "gpu": "cuda",
}
"""Words of other tools, and ours."""


def check_word(what: str, value: object, words: Collection[str]) -> str:
    """Return the word; ValueError if it is not one of `words`."""
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, str) and (same := [each for each in words if each.casefold() == value.casefold()]):
        return same[0]
    from cnncalc.text.suggest import did_you_mean  # only needed for errors

    meant = _ELSEWHERE.get(str(value).casefold(), "")
    hint = "".join(f"; {each}" for each in did_you_mean(meant if meant in words else str(value), words))
    message = f"{what} is one of {', '.join(words)}, not {value!r}{hint}"
    raise ValueError(message)


def _word(what: str, words: Collection[str], *, optional: bool = False) -> Callable[[object], str | None]:
    return lambda value: None if optional and value is None else check_word(what, value, words)


def _integer(what: str, least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
            message = f"{what} from {least} to 10^18, not {value!r}"
            raise ValueError(message)
        return value

    return read


def _flag(what: str) -> Callable[[object], bool]:
    def read(value: object) -> bool:
        if value is True or value is False:
            return value
        message = f"{what} is true or false, not {value!r}"
        raise ValueError(message)

    return read


def _checkpoint(way: object) -> str:
    text = "" if way is None else str(way)
    if text in {"", *CHECKPOINTS} or (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= 1):
        return text
    message = f"checkpoint is auto, root or a number of segments, not {way!r}"
    raise ValueError(message)


def _words(what: str) -> Callable[[object], tuple[str, ...]]:
    """Return a reader of one name or several."""

    def read(value: object) -> tuple[str, ...]:
        if isinstance(value, str):
            return (value,)
        found = tuple(cast("Iterable[object]", value)) if isinstance(value, Iterable) else (value,)
        words = tuple(word for word in found if isinstance(word, str))
        if len(words) < len(found):
            message = f"{what} is a name or several, not {value!r}"
            raise ValueError(message)
        return words

    return read


def _names(what: str) -> Callable[[object], tuple[str, ...]]:
    """Return a reader of names, given one by one or joined by commas."""
    words = _words(what)
    return lambda value: tuple(name.strip() for word in words(value) for name in word.split(",") if name.strip())


def _device(name: object) -> "Device | None":
    if name is None:
        return None
    from cnncalc.request.devices import Device, device  # rarely needed

    return name if isinstance(name, Device) else device(str(name))


class Given(TypedDict, total=False):
    """The options of a request, as given by a caller."""

    input: Annotated[
        "str | int | Volume | Sequence[int | str | InputSize] | Mapping[str, str | int | Volume | Sequence[int]] | None",
        Option(
            "network",
            "names",
            sizes,
            (),
            "SIZE",
            "Another input size: 384x384x3, or 384x384 for the depth of the spec; of a named input: left=96x96x3.",
            at=False,
        ),
    ]
    batch: Annotated[int, Option("network", "integer", _integer("batch is an integer", 1), 1, "N", "Images at a time.")]
    dtype: Annotated[
        str, Option("network", "word", _word("dtype", BYTES), "float32", "TYPE", "float16, bfloat16, float32, float64 or int8.")
    ]
    rounding: Annotated[
        str | None,
        Option(
            "network",
            "word",
            _word("rounding", ROUNDINGS, optional=True),
            None,
            "RULE",
            "strict, floor, ceil or ceil_caffe; a layer's own rounding stays.",
            at=False,
        ),
    ]
    outputs: Annotated[
        Sequence[str],
        Option("network", "names", _names("outputs"), (), "NAME", "An auxiliary output to keep; others are left out.", at=False),
    ]
    optimizer: Annotated[
        str, Option("training", "word", _word("optimizer", OPTIMIZERS), "momentum", "NAME", "sgd, momentum, adam, …")
    ]
    autocast: Annotated[
        str | None,
        Option(
            "training",
            "word",
            _word("autocast", AUTOCASTS, optional=True),
            None,
            "TYPE",
            "Activations in float16 or bfloat16, parameters in float32.",
        ),
    ]
    autocast_on: Annotated[
        str,
        Option("training", "word", _word("autocast_on", LISTS), "cpu", "DEVICE", "Whose operators autocast runs: cpu or cuda."),
    ]
    weight_decay: Annotated[
        bool,
        Option(
            "training", "flag", _flag("weight_decay"), False, "", "Weight decay, which costs sgd and momentum a transient copy."
        ),
    ]
    freeze: Annotated[
        Sequence[str],
        Option("training", "names", _words("freeze"), (), "NAME", "A layer or block whose parameters are not trained."),
    ]
    norm: Annotated[
        str,
        Option("training", "word", _word("norm", NORMS), "training", "MODE", "Batch norm and dropout: training or eval."),
    ]
    accumulate: Annotated[
        int,
        Option(
            "training",
            "integer",
            _integer("accumulate is a number of micro-batches", 1),
            1,
            "N",
            "Add up the gradients of N micro-batches, of --batch images each.",
        ),
    ]
    checkpoint: Annotated[
        str | int | None,
        Option("training", "word", _checkpoint, None, "WAY", "Gradient checkpointing: auto, root, or a number of segments."),
    ]
    augmented: Annotated[
        int,
        Option(
            "memory",
            "integer",
            _integer("augmented is a number of copies", 0),
            0,
            "N",
            "Augmented copies of each image in memory.",
        ),
    ]
    schedule: Annotated[
        str, Option("memory", "word", _word("schedule", SCHEDULES), "spec", "ORDER", "Order of inference: spec or best.")
    ]
    device: Annotated[
        "str | Device | None",
        Option("memory", "word", _device, None, "NAME", "Does it fit? A size such as 12GiB, or a name such as RTX 4090."),
    ]
    devices: Annotated[
        int,
        Option(
            "memory", "integer", _integer("devices is a number of devices", 1), 1, "N", "Devices that share the work of training."
        ),
    ]
    split: Annotated[
        str,
        Option(
            "memory",
            "word",
            _word("split", SPLITS),
            "batch",
            "WAY",
            "How --devices share it: batch (parts of the images) or filters (parts of each layer).",
        ),
    ]
    timeline: Annotated[
        bool, Option("memory", "flag", _flag("timeline"), False, "", "Draw the memory over a training step.", at=False)
    ]


OPTIONS: dict[str, Option] = {name: hint.__metadata__[0] for name, hint in Given.__annotations__.items()}
"""Every option by name, in the order of the help."""
