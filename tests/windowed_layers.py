"""Layers with a window on small integers, given or random: what the tests of single output numbers run on."""

from hypothesis import strategies as st
from support import layer

from cnncalc.arithmetic.small import integers
from cnncalc.arithmetic.window import Stage, notes_axes
from cnncalc.graph.graph import applied
from cnncalc.layers.base import How
from cnncalc.maths.volume import Volume


def staged(made, size, seed=0):
    """Return a layer on small integers, in float64."""
    typed = applied(made, size)
    x = integers((1, *reversed(size.size), size.depth), (-4, 9), seed, "x")
    weights = {tensor.name: integers(tensor.shape, (-3, 3), seed, tensor.name) for tensor in typed.tensors}
    v = made.forward((x,), weights, How("direct"))
    return Stage(made, (size,), typed.output, notes_axes(x[0]), notes_axes(v[0]), made.used(weights))


@st.composite
def layers(draw):
    """Return a random layer with a window, on a size that it fits."""
    rank = draw(st.integers(1, 3))
    side = st.integers(1, 6 if rank < 3 else 4)
    size = Volume(tuple(draw(side) for _ in range(rank)), draw(st.sampled_from([1, 2, 4])))
    each = st.lists(st.integers(1, 3), min_size=rank, max_size=rank).map(lambda values: "x".join(map(str, values)))
    sides = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=rank, max_size=rank)
    kind = draw(st.sampled_from(["CONV", "DWCONV", "LOCAL", "DECONV", "POOL", "AVGPOOL", "L2POOL"]))
    options = {"kernel": draw(each), "stride": draw(each), "dilation": draw(each)}
    options["padding"] = draw(
        sides.map(lambda pairs: "x".join(f"{a}:{b}" for a, b in pairs)) | st.sampled_from(["same_upper", "same_lower"])
    )
    if kind != "DECONV":
        options["rounding"] = draw(st.sampled_from(["floor", "ceil", "ceil_caffe"]))
    if kind in {"CONV", "LOCAL", "DECONV"}:
        options["groups"] = draw(st.sampled_from([each for each in (1, 2) if size.depth % each == 0]))
        options["filters"] = 2 * draw(st.integers(1, 2))
    if kind in {"CONV", "DWCONV"}:
        options["mode"] = draw(st.sampled_from(["correlation", "convolution"]))
    if kind in {"CONV", "DWCONV", "LOCAL", "DECONV"}:
        options["bias"] = draw(st.sampled_from(["true", "false"]))
    if kind == "AVGPOOL":
        options["count_padding"] = draw(st.sampled_from(["true", "false"]))
    return layer(f"{kind}({', '.join(f'{name}={value}' for name, value in options.items())})"), size
