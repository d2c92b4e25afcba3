"""Every layer kind runs, in 1-D, 2-D and 3-D, with every option, on arrays whose axes are reversed: (time,) height, width."""

import ast
from pathlib import Path

import numpy as np
import oracles
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support import ROOT, layer, volume

from cnncalc.forward.weights import drawn
from cnncalc.forward.weights import stored as stored_by
from cnncalc.graph.graph import Graph, Network, Node, Origin, Output, Typed
from cnncalc.kernels.after import everything
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.program import do
from cnncalc.layers import kinds
from cnncalc.layers.base import How, Misfit

NAMES = sorted(name for name in kinds.names() - kinds.SYNONYMS.keys() if kinds.find(name).modelled)
CASES = [(example.inputs, example.label) for name in NAMES for example in kinds.find(name).examples if name != "INPUT"] + [
    # one axis
    ("9x4", "CONV3-6/2"),
    ("9x4", "CONV(kernel=4, filters=6, groups=2, dilation=2, padding=3:1, bias=false)"),
    ("9x4", "CONV3-6(mode=convolution)"),
    ("9x4", "DWCONV3(multiplier=2, mode=convolution)"),
    ("9x4", "DECONV3-6/2(output_padding=1)"),
    ("9x4", "LOCAL3-6(padding=0)"),
    ("9x4", "POOL3/2(padding=1)"),
    ("9x4", "AVGPOOL(out=4)"),
    ("9x4", "L2POOL3/3"),
    ("9x4", "FC-5"),
    ("9x4", "FC-5(bias=false)"),
    ("9x4", "GAP"),
    ("9x4", "GMP"),
    ("9x4", "BN"),
    ("9x4", "LN(volume)"),
    ("9x4", "GN(2)"),
    ("9x4", "IN"),
    ("9x4", "LRN"),
    ("9x4", "LRN(kernel=4, mode=within)"),
    ("9x4", "LCN(4)"),
    ("9x4", "DIVN(2)"),
    ("9x4", "FLATTEN"),
    ("9x4", "RESHAPE(6x6)"),
    ("9x4", "PAD(1:2)"),
    ("9x4", "CROP(1:2)"),
    ("9x4", "CROP(size=4)"),
    ("9x4", "UPSAMPLE3"),
    ("9x4", "UPSAMPLE(size=11, mode=bilinear)"),
    ("9x4", "SHUFFLE(2)"),
    ("9x4", "SLICE(start=1, depth=2)"),
    ("9x4 9x4", "ADD"),
    ("9x4 1x4", "MUL"),
    ("9x4 9x2", "CONCAT"),
    # two axes, each with its own options
    ("9x7x4", "CONV(kernel=3x2, filters=6, stride=2x1, padding=1:0x2:1, dilation=1x2, rounding=floor)"),
    ("9x7x4", "CONV(kernel=3x2, filters=6, padding=valid, mode=convolution)"),
    ("9x7x4", "DECONV(kernel=3x2, filters=6, stride=2x3, padding=1x0, groups=2, output_padding=1x2)"),
    ("9x7x4", "LOCAL(kernel=3x2, filters=6, stride=2x1, groups=2, bias=false, padding=1x0)"),
    ("9x7x4", "POOL(kernel=3x2, stride=2x3, padding=1x1, rounding=ceil)"),
    ("9x7x4", "POOL(kernel=3x2, stride=2x3, rounding=ceil_caffe)"),
    ("9x7x4", "POOL(kernel=2x3, stride=1x2, dilation=2x1)"),
    ("9x7x4", "AVGPOOL(kernel=3x2, stride=3x2, rounding=ceil, count_padding=false)"),
    ("9x7x4", "AVGPOOL(out=4x2)"),
    ("9x7x4", "BN(running=false)"),
    ("9x7x4", "BN(affine=false, eps=0.1)"),
    ("9x7x4", "LN(affine=false)"),
    ("9x7x4", "GN(4, affine=false)"),
    ("9x7x4", "LRN(kernel=3x2, mode=within)"),
    ("9x7x4", "LCN(kernel=3x2)"),
    ("9x7x4", "DIVN(kernel=3x2, sigma=0)"),
    ("9x7x4", "PAD(1:0x2:3, mode=reflect)"),
    ("9x7x4", "PAD(1:0x2:3, mode=replicate)"),
    ("9x7x4", "CROP(1:0x2:1)"),
    ("9x7x4", "CROP(size=4x3)"),
    ("9x7x4", "UPSAMPLE(scale=2x3)"),
    ("9x7x4", "UPSAMPLE(size=10x9)"),
    ("9x7x4", "UPSAMPLE(scale=2x3, mode=bilinear, align_corners=true)"),
    ("9x7x4", "GELU(tanh)"),
    ("9x7x4", "ELU(0.5)"),
    ("9x7x4", "DROPOUT(overwrite=true)"),
    ("9x7x4 1x1x4 9x7x4", "MUL"),
    ("9x7x4 9x7x4 9x7x4", "ADD"),
    ("9x7x4", "CONCAT(least=1)"),
    # three axes: width x height x time
    ("5x6x7x4", "CONV(kernel=3x2x1, filters=6, stride=1x2x3, padding=1x0x1, rounding=floor)"),
    ("5x6x7x4", "DWCONV(kernel=3x2x1, padding=0)"),
    ("5x6x7x4", "DECONV(kernel=3x2x1, filters=6, stride=1x2x3)"),
    ("5x6x7x4", "LOCAL(kernel=3x2x1, filters=2, padding=0)"),
    ("5x6x7x4", "POOL(kernel=1x2x3, stride=2x2x2, rounding=floor)"),
    ("5x6x7x4", "AVGPOOL(out=1x2x3)"),
    ("5x6x7x4", "L2POOL(kernel=1x2x3, rounding=floor)"),
    ("5x6x7x4", "FC-5"),
    ("5x6x7x4", "GAP"),
    ("5x6x7x4", "LN(volume)"),
    ("5x6x7x4", "LRN(kernel=1x2x3, mode=within)"),
    ("5x6x7x4", "LCN(3)"),
    ("5x6x7x4", "DIVN(kernel=1x2x3)"),
    ("5x6x7x4", "PAD(0x1x2)"),
    ("5x6x7x4", "CROP(0x1x2)"),
    ("5x6x7x4", "UPSAMPLE(scale=1x2x3)"),
    ("5x6x7x4", "UPSAMPLE(size=6x8x9, mode=bilinear)"),
    ("5x6x7x4", "FLATTEN"),
    ("5x6x7x4", "RESHAPE(7x6x5x4)"),
    ("5x6x7x4", "SOFTMAX"),
]
LARGEST = 4_000_000  # numbers in the arrays of a case


def shape(text, batch=2):
    found = volume(text)
    return (batch, *reversed(found.size), found.depth)


def graph_of(text, *inputs):
    """Return a graph of a single layer, with any inputs."""
    made = layer(text)
    volumes = tuple(map(volume, inputs))
    typed = Typed(made, volumes, made.infer(volumes))
    node = Node("it", made, tuple(range(len(volumes))), Origin("IT"), "", -1)
    return Network(Graph([node], (Output(0, ""),), {}), [typed])


def arrays_of(network, dtype="float64"):
    return drawn(network, 0, dtype).get(0, {})


def inputs_of(text, dtype=np.float64, *, positive=False):
    rng = np.random.default_rng(0)
    found = tuple(rng.standard_normal(shape(each)).astype(dtype) for each in text.split())
    return tuple(map(np.abs, found)) if positive else found


def small(case):
    network = graph_of(case[1], *case[0].split())
    numbers = [each.tensor.numbers.value for each in stored_by(network)]
    return sum(numbers) + volume(case[0].split()[0]).values < LARGEST


RUNNING = [pytest.param(*case, id=f"{case[1]} of {case[0]}") for case in CASES if small(case)]


@pytest.mark.parametrize("inputs, text", RUNNING)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_runs_with_the_inferred_shape(inputs, text, dtype):
    network = graph_of(text, *inputs.split())
    typed, given = network.typed[0], inputs_of(inputs, dtype, positive=text.startswith(("LOG", "SQRT", "POW")))
    kept = [each.copy() for each in given]
    y = typed.layer.forward(given, arrays_of(network, dtype.__name__), How())
    assert y.shape == (2, *reversed(typed.output.size), typed.output.depth)
    assert y.dtype == dtype
    assert np.isfinite(y).all()
    assert all((a == b).all() for a, b in zip(given, kept, strict=True)), "it changed an input that it may not change"


@pytest.mark.parametrize("inputs, text", [*RUNNING, ("4x4x4", "SHUFFLE(4)"), ("4x4x4", "SHUFFLE(1)")])
def test_what_is_new_is_no_view(inputs, text):
    """The next layer may overwrite it, while others still read the input."""
    network = graph_of(text, *inputs.split())
    typed, given = network.typed[0], inputs_of(inputs)
    y = typed.layer.forward(given, arrays_of(network), How())
    if typed.layer.keeps(typed.inputs, typed.output, training=False).storage == "new":
        assert not any(np.shares_memory(y, x) for x in given)


@pytest.mark.parametrize("inputs, text", RUNNING)
def test_overwriting_an_input_changes_nothing(inputs, text):
    network = graph_of(text, *inputs.split())
    made, arrays, given = network.typed[0].layer, arrays_of(network), inputs_of(inputs)
    y = made.forward(given, arrays, How()).copy()
    np.testing.assert_allclose(made.forward(given, arrays, How(spare=(True,) * len(given))), y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("inputs, text", RUNNING)
def test_images_do_not_see_each_other(inputs, text):
    if "running=false" in text:
        pytest.skip("a batch norm without running statistics takes those of the batch")
    network = graph_of(text, *inputs.split())
    made, arrays, given = network.typed[0].layer, arrays_of(network), inputs_of(inputs)
    second = tuple(each[1:] for each in given)
    np.testing.assert_allclose(made.forward(given, arrays, How())[1:], made.forward(second, arrays, How()), rtol=1e-9, atol=1e-12)


def test_every_kind_is_run():
    assert {layer(text).name() for _, text in CASES} | {"INPUT"} == set(NAMES)


@pytest.mark.parametrize("algorithm", ["direct", "winograd"])
@pytest.mark.parametrize(
    "text", ["CONV3-32", "CONV3-32/2", "CONV3-32(groups=2)", "DWCONV3(multiplier=2)", "CONV3-32(mode=convolution)"]
)
def test_algorithms_agree(text, algorithm):
    network = graph_of(text, "31x29x32")
    made, arrays, given = network.typed[0].layer, arrays_of(network), inputs_of("31x29x32")
    y = made.forward(given, arrays, How())
    np.testing.assert_allclose(made.forward(given, arrays, How(algorithm=algorithm)), y, atol=1e-11)


@pytest.mark.parametrize("text", ["RELU", "RELU6", "BN", "BN(affine=false)"])
def test_a_step_does_what_the_layer_does(text):
    network = graph_of(text, "5x4x6")
    made, arrays, (x,) = network.typed[0].layer, arrays_of(network), inputs_of("5x4x6")
    wanted = made.forward((x,), arrays, How())
    do(made.as_step(arrays, ())(everything(x)))
    np.testing.assert_array_equal(x, wanted)


def test_an_addition_as_a_step_wants_volumes_of_one_shape():
    network = graph_of("ADD", "5x4x6", "5x4x6")
    x, other = inputs_of("5x4x6 5x4x6")
    wanted = x + other
    step = network.typed[0].layer.as_step({}, (other,))
    with pytest.raises(MisfitError, match=r"volumes of shapes \(2, 4, 5, 6\), \(2, 4, 5, 1\)"):
        network.typed[0].layer.as_step({}, (other[..., :1],))(everything(x))
    do(step(everything(x)))
    np.testing.assert_array_equal(x, wanted)
    assert network.typed[0].layer.as_step({}, (other[:, 1:],)) is None, "tiles of it would be copies of all of it"


def test_a_norm_by_the_statistics_of_its_batch_stands_alone():
    network = graph_of("BN(running=false)", "5x4x6")
    assert network.typed[0].layer.as_step(arrays_of(network), ()) is None
    y = network.typed[0].layer.forward(inputs_of("5x4x6"), {}, How())
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-12)


# the order of the axes: an option for the width must not move the height


@st.composite
def windows(draw):
    rank = draw(st.integers(1, 3))
    each = lambda low, high: [draw(st.integers(low, high)) for _ in range(rank)]  # noqa: E731
    sides = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(rank)]
    return each(4, 7), each(1, 3), each(1, 3), each(1, 2), sides


def written(values):
    return "x".join(map(str, values))


def options(kernel, stride, dilation, sides):
    """Return the options of a window as a pattern writes them: width first."""
    padding = "x".join(f"{before}:{after}" for before, after in sides)
    return f"kernel={written(kernel)}, stride={written(stride)}, dilation={written(dilation)}, padding={padding}, rounding=floor"


def arguments(stride, dilation, sides):
    return {"stride": stride[::-1], "padding": sides[::-1], "dilation": dilation[::-1]}


@given(windows(), st.sampled_from([1, 2]), st.booleans())
def test_convolution_by_the_definition(case, groups, flipped):
    size, kernel, stride, dilation, sides = case
    mode = "convolution" if flipped else "correlation"
    text = f"CONV({options(kernel, stride, dilation, sides)}, filters=4, groups={groups}, mode={mode})"
    network, x = inferred_or_none(text, size)
    arrays = arrays_of(network)
    y = network.typed[0].layer.forward((x,), arrays, How())
    w = arrays["weight"]
    assert w.shape == (*kernel[::-1], 2 // groups, 4)
    w = np.flip(w, axis=tuple(range(len(kernel)))) if flipped else w
    wanted = oracles.conv(x, w, arrays["bias"], groups=groups, **arguments(stride, dilation, sides))
    np.testing.assert_allclose(y, wanted, atol=1e-12)
    assert y.shape[1:] == (*reversed(network.typed[0].output.size), 4)


@given(windows(), st.sampled_from([1, 2]))
def test_local_by_the_definition(case, groups):
    size, kernel, stride, dilation, sides = case
    network, x = inferred_or_none(f"LOCAL({options(kernel, stride, dilation, sides)}, filters=4, groups={groups})", size)
    arrays = arrays_of(network)
    y = network.typed[0].layer.forward((x,), arrays, How())
    wanted = oracles.local(x, arrays["weight"], arrays["bias"], groups=groups, **arguments(stride, dilation, sides))
    np.testing.assert_allclose(y, wanted, atol=1e-12)


@given(windows(), st.data())
def test_transposed_convolution_by_the_definition(case, data):
    size, kernel, stride, dilation, sides = case
    extra = [data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(stride, dilation, strict=True)]
    window = options(kernel, stride, dilation, sides).replace(", rounding=floor", "")
    network, x = inferred_or_none(f"DECONV({window}, filters=4, groups=2, output_padding={written(extra)})", size)
    arrays = arrays_of(network)
    y = network.typed[0].layer.forward((x,), arrays, How())
    wanted = oracles.transposed(
        x, arrays["weight"], arrays["bias"], groups=2, extra=extra[::-1], **arguments(stride, dilation, sides)
    )
    np.testing.assert_allclose(y, wanted, atol=1e-12)
    assert y.shape[1:] == (*reversed(network.typed[0].output.size), 4)


POOLS = {
    "POOL": lambda pixels, _: max(pixels),
    "AVGPOOL": lambda pixels, places: sum(pixels) / places,
    "L2POOL": lambda pixels, _: sum(value * value for value in pixels) ** 0.5,
}


@given(windows(), st.sampled_from(sorted(POOLS)), st.sampled_from(["floor", "ceil", "ceil_caffe"]))
def test_pools_by_the_definition(case, kind, rounding):
    size, kernel, stride, dilation, sides = case
    sides = [(min(before, k // 2), min(after, k // 2)) for (before, after), k in zip(sides, kernel, strict=True)]
    text = f"{kind}({options(kernel, stride, dilation, sides).replace('floor', rounding)})"
    network, x = inferred_or_none(text, size)
    y = network.typed[0].layer.forward((x,), {}, How())
    sizes = tuple(reversed(network.typed[0].output.size))
    assert y.shape[1:-1] == sizes
    assume(rounding != "ceil_caffe")  # whose last window may hold no pixel at all
    move = arguments(stride, dilation, sides)
    assume(all((n - 1) * s < w + p[0] for n, s, w, p in zip(sizes, move["stride"], x.shape[1:-1], move["padding"], strict=True)))
    np.testing.assert_allclose(y, oracles.pool(x, kernel[::-1], sizes=sizes, summary=counting(POOLS[kind]), **move), atol=1e-12)


def counting(summary):
    """Return a summary that excludes windows without a pixel."""
    return lambda pixels, places: summary(pixels, places) if pixels else assume(False)


def inferred_or_none(text, size):
    """Return the graph of a layer and its input; the example is dropped where the layer does not fit."""
    try:
        network = graph_of(text, f"{written(size)}x2")
    except Misfit:
        assume(False)
    return network, np.random.default_rng(0).standard_normal((2, *size[::-1], 2))


def test_the_kernels_import_numpy_and_nothing_of_ours():
    for path in (ROOT / "cnncalc" / "forward" / "kernels").glob("*.py"):
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("cnncalc"):
                assert node.module.startswith("cnncalc.kernels"), path
