"""What `cnncalc demo` shows, as sheets: windows, matrices, and parts of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.arithmetic import codes
from cnncalc.arithmetic.matrices import is_linear, shares_windows
from cnncalc.arithmetic.window import padded_input, whole_kernel, window
from cnncalc.reports import demo_matrices, demo_volume, demo_window
from cnncalc.reports.demo_volume import Named
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    from cnncalc.arithmetic.window import Stage, Window
    from cnncalc.reports.sheet import Room, Sheet

MATRICES = {"im2col": demo_matrices.im2col_sheet, "sparse": demo_matrices.sparse_sheet}


def window_sheet(stage: Stage, place: tuple[int, ...], name: str, room: Room) -> Sheet:
    """Return the picture of one window."""
    return demo_window.sheet(stage, _window(stage, place), name, room)


def matrix_sheet(matrix: str, stage: Stage, place: tuple[int, ...], name: str, room: Room) -> Sheet:
    """Return the layer as a product of matrices, the part of one window marked. Raises SpecError where it is none."""
    found = _window(stage, place)
    fits = shares_windows(stage) if matrix == "im2col" else is_linear(stage)
    if not fits:
        raise SpecError([_no_matrix(stage, found, matrix, name)])
    return MATRICES[matrix](stage, found, name, room)


def volume_sheet(part: str, stage: Stage, name: str, room: Room) -> Sheet:
    """Return a part of the input X, the output V, a filter W0 or the biases b. Raises BadPartError for any other text."""
    known = ["X", "V"]
    first = stage.neuron((0,) * len(stage.output.sides)) if stage.weights else None
    if first is not None and first.taps and not first.front:
        known += [f"W0 to W{stage.output.depth - 1}" if stage.output.depth > 1 else "W0"]
    if first is not None and first.bias is not None:
        known.append("b")
    return demo_volume.sheet(part, lambda word: _array(word, stage), known, name, room)


def _window(stage: Stage, place: tuple[int, ...]) -> Window:
    found = window(stage, place)
    assert found is not None  # noqa: S101  `tasks/demo.py` refuses layers without a window
    return found


def _no_matrix(stage: Stage, found: Window, matrix: str, name: str) -> Diagnostic:
    """Return the reason why a layer is no product of matrices."""
    neuron, label = found.neuron, stage.layer.full_label()
    if neuron.function in {"root", "response"} and matrix == "sparse":
        reason, hint = "it computes squares, and is no linear function", ""
    elif neuron.front:
        reason, hint = (
            "its weights are not shared: each position has a W_row of its own",
            "`--matrix sparse` shows all of them in one matrix",
        )
    elif neuron.function == "response":
        reason, hint = "each number is divided by a power of its neighbours", ""
    else:
        reason, hint = "its windows differ from one position to the next", "`--matrix sparse` shows it as one matrix"
    if hint and not is_linear(stage):
        hint = ""
    hints = (hint,) if hint else ("without --matrix the demo shows the window itself",)
    return Diagnostic(codes.NO_MATRIX, "error", f"{name} ({label}) has no {matrix} matrix: {reason}", hints=hints)


def _array(word: str, stage: Stage) -> Named | None:
    """Return the array of a name: X with its padding, V, W0 and further filters, b."""
    first = stage.neuron((0,) * len(stage.output.sides))
    if word == "X":
        return _input(stage)
    if word == "V":
        return Named("the output", stage.v)
    if first is None or not first.taps or not stage.weights:
        return None
    if word == "b" and first.bias is not None:
        return Named("the biases", stage.weights["bias"])
    if not word.startswith("W") or not word[1:].isdecimal() or len(word) > 9 or first.front:
        return None
    k = int(word[1:])
    neuron = stage.neuron((*(0 for _ in stage.output.size), k)) if k < stage.output.depth else None
    return Named(f"filter {k}", whole_kernel(stage, neuron)) if neuron is not None else None


def _input(stage: Stage) -> Named:
    """Return the input, with the padding of the first window where that counts."""
    padded = padded_input(stage)
    if padded is stage.x:
        return Named("the input", padded)
    return Named(f"the input with {'its border of zeros' if padded.flat[0] == 0 else 'a border that never wins'}", padded)
