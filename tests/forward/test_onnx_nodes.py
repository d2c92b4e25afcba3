"""The ONNX standard's own node tests for every operator that has a kernel here.

A test is taken when its graph is one node of such an operator.  Each excluded one is in EXCLUDED with
its reason; an excluded test that passes, or is unknown to the installed `onnx`, fails.
"""

import warnings
from fractions import Fraction
from math import floor

import numpy as np
import pytest

from cnncalc.kernels import activation, functions, merge, norm, norm_local, norm_rms, pool_whole, reduce, resize, shape
from cnncalc.kernels.conv import conv
from cnncalc.kernels.conv_transposed import transposed_conv
from cnncalc.kernels.dense import dense
from cnncalc.kernels.errors import MisfitError
from cnncalc.kernels.pool import average_pool, l2_pool, max_pool

onnx = pytest.importorskip("onnx")
loader = pytest.importorskip("onnx.backend.test.loader")


class Several(list):
    """The outputs of a node with several."""


class Unsupported(Exception):  # noqa: N818 - not an error
    """The node needs an operation without a kernel here."""


def last(x):
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


def first(y):
    return np.moveaxis(y, -1, 1)


def pairs(pads):
    return list(zip(pads[: len(pads) // 2], pads[len(pads) // 2 :], strict=True))


def window(a, sizes, kernel):
    """Return stride, padding and dilation of a sliding node; `sizes`: of its input."""
    rank = len(sizes)
    stride = tuple(a.get("strides", (1,) * rank))
    dilation = tuple(a.get("dilations", (1,) * rank))
    auto = a.get("auto_pad", b"NOTSET").decode()
    padding = pairs(a.get("pads", (0,) * 2 * rank))
    if auto.startswith("SAME"):
        padding = []
        for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
            total = max(0, (-(-n // s) - 1) * s + d * (k - 1) + 1 - n)
            small = total // 2
            padding.append((small, total - small) if auto == "SAME_UPPER" else (total - small, small))
    return {"stride": stride, "padding": padding, "dilation": dilation}


def node_conv(a, x, w, b=None):
    weights = np.ascontiguousarray(np.moveaxis(w, (0, 1), (-1, -2)))
    options = window(a, x.shape[2:], w.shape[2:])
    return [first(conv(last(x), weights, b, groups=a.get("group", 1), algorithm=name, **options)) for name in ("blocked", "direct")]


def node_conv_transpose(a, x, w, b=None):
    rank = x.ndim - 2
    options = window({k: v for k, v in a.items() if k != "auto_pad"}, x.shape[2:], w.shape[2:])
    extra = tuple(a.get("output_padding", (0,) * rank))
    auto = a.get("auto_pad", b"NOTSET").decode()
    wanted = a.get("output_shape")
    if wanted is None and auto.startswith("SAME"):
        wanted = [n * s for n, s in zip(x.shape[2:], options["stride"], strict=True)]
    if wanted is not None:
        options["padding"] = []
        for n, s, d, k, e, size in zip(
            x.shape[2:], options["stride"], options["dilation"], w.shape[2:], extra, wanted, strict=True
        ):
            total = s * (n - 1) + e + (k - 1) * d + 1 - size
            half = total // 2
            options["padding"].append((half, total - half) if auto == "SAME_UPPER" else (total - half, half))
    if any(min(p) < 0 for p in options["padding"]):
        missing = tuple(-sum(p) for p in options["padding"])
        extra, options["padding"] = tuple(map(sum, zip(extra, missing, strict=True))), [(0, 0)] * rank
    weights = np.ascontiguousarray(np.moveaxis(w, (0, 1), (-2, -1)))
    return [first(transposed_conv(last(x), weights, b, groups=a.get("group", 1), output_padding=extra, **options))]


def rounding(a):
    return "ceil" if a.get("ceil_mode") else "floor"


def node_max_pool(a, x):
    if a["outputs"] > 1 or not np.issubdtype(x.dtype, np.floating):
        raise Unsupported
    options = window(a, x.shape[2:], a["kernel_shape"])
    return [first(max_pool(last(x), tuple(a["kernel_shape"]), rounding=rounding(a), **options))]


def node_average_pool(a, x):
    options = window(a, x.shape[2:], a["kernel_shape"])
    count = bool(a.get("count_include_pad", 0))
    return [first(average_pool(last(x), tuple(a["kernel_shape"]), rounding=rounding(a), count_padding=count, **options))]


def node_lp_pool(a, x):
    if a.get("p", 2) != 2:
        raise Unsupported
    options = window(a, x.shape[2:], a["kernel_shape"])
    return [first(l2_pool(last(x), tuple(a["kernel_shape"]), rounding=rounding(a), **options))]


def node_gemm(a, x, w, b=None):
    x = (x.T if a.get("transA") else x) * np.float32(a.get("alpha", 1))
    y = dense(x, np.ascontiguousarray(w.T) if a.get("transB") else w)
    return [y if b is None else merge.add([y, np.atleast_2d(b) * np.float32(a.get("beta", 1))])]


def node_mat_mul(_, x, w):
    if x.ndim != 2 or w.ndim != 2:
        raise Unsupported
    return [dense(x, w)]


def activate(kernel, **names):
    def node(a, x):
        return [kernel(x, **{mine: a[theirs] for mine, theirs in names.items() if theirs in a})]

    return node


def node_hard_sigmoid(a, x):
    return [activation.hsigmoid(x, alpha=a.get("alpha", 0.2), beta=a.get("beta", 0.5))]


def node_swish(a, x):
    if a.get("alpha", 1) != 1:
        raise Unsupported
    return [activation.silu(x)]


def node_gelu(a, x):
    return [activation.gelu(x, approximate=a.get("approximate", b"none") == b"tanh")]


def node_clip(_, x, low=None, high=None):
    if not np.issubdtype(x.dtype, np.floating):
        raise Unsupported
    return [functions.clip(x, low, high)]


def node_pow(_, x, exponent):
    """The kernel has one exponent: exponents that differ are taken one at a time."""
    if not np.issubdtype(x.dtype, np.floating):
        raise Unsupported
    y, exponents = np.empty_like(x), np.broadcast_to(exponent, x.shape)
    for one in set(exponent.reshape(-1).tolist()):
        y[exponents == one] = functions.power(x[exponents == one], one)
    return [y]


def node_mean(_, *volumes):
    """An ADD and a SCALE."""
    return [activation.scaled(merge.add(volumes), 1 / len(volumes), 0)]


def node_elu(a, x):
    return [activation.elu(x, alpha=a.get("alpha", 1.0))]


def node_selu(a, x):
    return [activation.scaled_elu(x, alpha=a.get("alpha", 1.6732632), scale=a.get("gamma", 1.050701))]


def node_softmax(a, x):
    axis = a.get("axis", -1)
    return [np.moveaxis(activation.softmax(np.moveaxis(x, axis, -1)), -1, axis)]


def node_prelu(_, x, slope):
    if slope.shape == x.shape[-1:] or slope.size == 1:
        return [activation.prelu(x, slope.reshape(-1))]
    raise Unsupported


def node_batch_norm(a, x, gamma, beta, mean, variance):
    if a.get("training_mode"):
        raise Unsupported
    return [first(norm.batch_norm(last(x), mean, variance, gamma, beta, epsilon=a.get("epsilon", 1e-5)))]


def node_layer_norm(a, x, gamma, beta=None):
    axis = a.get("axis", -1) % x.ndim
    epsilon = a.get("epsilon", 1e-5)
    if axis == x.ndim - 1:
        return [norm.layer_norm(x, gamma, beta, epsilon=epsilon)]
    if axis == 0:
        betas = None if beta is None else beta
        return [norm.layer_norm(x[None], gamma, betas, whole=True, epsilon=epsilon)[0]]
    parts = x.reshape(-1, *x.shape[axis:])
    return [norm.layer_norm(parts, gamma, beta, whole=True, epsilon=epsilon).reshape(x.shape)]


def node_rms_norm(a, x, scale):
    axis = a.get("axis", -1) % x.ndim
    parts = x.reshape(-1, *x.shape[axis:])
    return [norm_rms.rms_norm(parts, scale, whole=True, epsilon=a.get("epsilon", 1e-5)).reshape(x.shape)]


def node_group_norm(a, x, gamma, beta):
    return [first(norm.group_norm(last(x), a["num_groups"], gamma, beta, epsilon=a.get("epsilon", 1e-5)))]


def node_instance_norm(a, x, gamma, beta):
    return [first(norm.instance_norm(last(x), gamma, beta, epsilon=a.get("epsilon", 1e-5)))]


def node_lrn(a, x):
    return [first(norm_local.lrn(last(x), a["size"], alpha=a.get("alpha", 1e-4), beta=a.get("beta", 0.75), k=a.get("bias", 1.0)))]


def node_flatten(a, x):
    axis = a.get("axis", 1)
    axis += x.ndim if axis < 0 else 0
    if axis == 0:
        return [shape.flatten(x[None])]
    return [shape.flatten(x.reshape(-1, *x.shape[axis:]))]


def node_reshape(a, x, sizes):
    wanted = [int(v) if v or a.get("allowzero") else x.shape[i] for i, v in enumerate(sizes)]
    if -1 in wanted:
        wanted[wanted.index(-1)] = x.size // -int(np.prod(wanted))
    return [shape.reshape(x[None], wanted)[0]]


def node_depth_to_space(a, x):
    return [first(shape.depth_to_space(last(x), (a["blocksize"],) * 2, a.get("mode", b"DCR").decode().lower()))]


def node_space_to_depth(a, x):
    return [first(shape.space_to_depth(last(x), (a["blocksize"],) * 2, a.get("mode", b"DCR").decode().lower()))]


def node_pad(a, x, pads, value=None, axes=None):
    axes = range(x.ndim) if axes is None else [int(v) % x.ndim for v in axes]
    sides = [(0, 0)] * x.ndim
    for axis, pair in zip(axes, pairs([int(v) for v in pads]), strict=True):
        sides[axis] = pair
    filler = 0.0 if value is None or value.size == 0 else float(value.reshape(()))
    x = shape.crop(x[None, ..., None], [(max(0, -low), max(0, -high)) for low, high in sides])
    grown = [(max(0, low), max(0, high)) for low, high in sides]
    return [shape.pad(x, grown, mode=a.get("mode", b"constant").decode(), value=filler)[0, ..., 0]]


def node_resize(a, x, roi=None, scales=None, sizes=None):
    mode = a.get("mode", b"nearest").decode()
    how = a.get("coordinate_transformation_mode", b"half_pixel").decode()
    if x.ndim < 3 or "keep_aspect_ratio_policy" in a or a.get("exclude_outside"):
        raise Unsupported
    wanted, steps = resized(x.shape, a.get("axes", range(x.ndim)), scales, sizes)
    if mode == "nearest":
        whole = all(v % n == 0 for n, v in zip(x.shape, wanted, strict=True))
        floors = (how, a.get("nearest_mode", b"").decode()) == ("asymmetric", "floor")
        # Where each pixel is repeated a whole number of times, half pixels and floors agree.
        if not floors and not (whole and how == "half_pixel" and "nearest_mode" not in a):
            raise Unsupported
        return [first(resize.upsample_nearest(last(x), wanted[2:], steps=steps[2:]))]
    if how not in ("half_pixel", "align_corners"):
        raise Unsupported
    options = {"align_corners": how == "align_corners", "steps": steps[2:]}
    if a.get("antialias"):
        return [first(resize.smooth(last(x), wanted[2:], cubic=mode == "cubic", **options))]
    kernel = resize.upsample_cubic if mode == "cubic" else resize.upsample_linear
    return [first(kernel(last(x), wanted[2:], **options))]


def resized(given, axes, scales, sizes):
    """Return the sizes that a Resize node requests, and the distances of neighbouring outputs in input pixels."""
    wanted, steps = list(given), [(1, 1)] * len(given)
    asked = sizes if sizes is not None and sizes.size else scales
    for axis, value in zip(axes, asked, strict=True):
        factor = Fraction(float(value)).limit_denominator(1000)
        wanted[axis] = int(value) if asked is sizes else floor(given[axis] * factor)
        steps[axis] = (given[axis], wanted[axis]) if asked is sizes else (factor.denominator, factor.numerator)
    if tuple(wanted[:2]) != tuple(given[:2]):
        raise Unsupported
    return tuple(wanted), tuple(steps)


def node_upsample(a, x, scales):
    return node_resize({"coordinate_transformation_mode": b"asymmetric", "nearest_mode": b"floor"}, x, None, scales)


def node_concat(a, *volumes):
    if a["axis"] not in (volumes[0].ndim - 1, -1):
        return [np.moveaxis(merge.concat([np.moveaxis(v, a["axis"], -1) for v in volumes]), -1, a["axis"])]
    return [merge.concat(volumes)]


def joined(kernel):
    return lambda _, *volumes: [kernel(volumes)]


def reduced(kernel, **options):
    def node(a, x, axes=None):
        chosen = a.get("axes", range(x.ndim) if axes is None or not axes.size else axes.tolist())
        if axes is not None and not axes.size and a.get("noop_with_empty_axes"):
            return [x]
        along = tuple(int(axis) % x.ndim for axis in chosen)
        if not np.issubdtype(x.dtype, np.floating) or 0 in x.shape:
            raise Unsupported
        y = kernel(x[None], tuple(axis + 1 for axis in along), **options)[0]
        return [y if a.get("keepdims", 1) else np.squeeze(y, along)]

    return node


def node_slice(_, x, starts, ends, axes=None, steps=None):
    axes = np.arange(len(starts)) if axes is None else axes
    if steps is not None and set(steps.tolist()) != {1}:
        raise Unsupported
    for start, stop, axis in zip(starts.tolist(), ends.tolist(), axes.tolist(), strict=True):
        begin, end, _ = slice(start, stop).indices(x.shape[axis])
        x = np.moveaxis(shape.slice_depth(np.moveaxis(x, axis, -1), begin, end), -1, axis)
    return [x]


def node_split(a, x, sizes=None):
    axis = a.get("axis", 0)
    line = np.moveaxis(x, axis, -1)
    count = a["outputs"]
    each = -(-line.shape[-1] // count)
    sizes = sizes.tolist() if sizes is not None else [min(each, line.shape[-1] - i * each) for i in range(count)]
    ends = np.cumsum(sizes).tolist()
    return Several(np.moveaxis(shape.slice_depth(line, e - n, e), -1, axis) for e, n in zip(ends, sizes, strict=True))


def node_center_crop_pad(a, x, sizes):
    axes = [int(v) % x.ndim for v in a.get("axes", range(x.ndim))]
    cut, grow = [(0, 0)] * x.ndim, [(0, 0)] * x.ndim
    for axis, size in zip(axes, sizes.tolist(), strict=True):
        change = x.shape[axis] - size
        half = (abs(change) // 2, abs(change) - abs(change) // 2)
        (cut if change > 0 else grow)[axis] = half
    return [shape.pad(shape.crop(x[None, ..., None], cut), grow)[0, ..., 0]]


NODES = {
    "Abs": activate(functions.absolute),
    "Add": joined(merge.add),
    "AveragePool": node_average_pool,
    "BatchNormalization": node_batch_norm,
    "Celu": activate(functions.celu, alpha="alpha"),
    "CenterCropPad": node_center_crop_pad,
    "Clip": node_clip,
    "Concat": node_concat,
    "Conv": node_conv,
    "ConvTranspose": node_conv_transpose,
    "DepthToSpace": node_depth_to_space,
    "Div": joined(merge.div),
    "Elu": node_elu,
    "Exp": activate(functions.exp),
    "Flatten": node_flatten,
    "Gelu": node_gelu,
    "Gemm": node_gemm,
    "GlobalAveragePool": lambda _, x: [first(pool_whole.global_average_pool(last(x)))],
    "GlobalMaxPool": lambda _, x: [first(pool_whole.global_max_pool(last(x)))],
    "GroupNormalization": node_group_norm,
    "HardSigmoid": node_hard_sigmoid,
    "HardSwish": activate(activation.hswish),
    "InstanceNormalization": node_instance_norm,
    "LRN": node_lrn,
    "LayerNormalization": node_layer_norm,
    "LeakyRelu": activate(activation.leaky_relu, slope="alpha"),
    "Log": activate(functions.log),
    "LpPool": node_lp_pool,
    "MatMul": node_mat_mul,
    "Max": joined(merge.maximum),
    "MaxPool": node_max_pool,
    "Mean": node_mean,
    "Min": joined(merge.minimum),
    "Mish": activate(activation.mish),
    "Mul": joined(merge.mul),
    "Neg": activate(functions.neg),
    "PRelu": node_prelu,
    "Pad": node_pad,
    "Pow": node_pow,
    "RMSNormalization": node_rms_norm,
    "ReduceL1": reduced(reduce.norm, p=1),
    "ReduceL2": reduced(reduce.norm),
    "ReduceMax": reduced(reduce.largest),
    "ReduceMean": reduced(reduce.mean),
    "ReduceSum": reduced(reduce.total),
    "Relu": activate(activation.relu),
    "Reshape": node_reshape,
    "Resize": node_resize,
    "Selu": node_selu,
    "Sigmoid": activate(activation.sigmoid),
    "Slice": node_slice,
    "Softmax": node_softmax,
    "Softplus": activate(functions.softplus),
    "SpaceToDepth": node_space_to_depth,
    "Split": node_split,
    "Sqrt": activate(functions.sqrt),
    "Sub": joined(merge.sub),
    "Sum": joined(merge.add),
    "Swish": node_swish,
    "Tanh": activate(activation.tanh),
    "Upsample": node_upsample,
}

EXCLUDED: dict[str, str] = {
    "test_batchnorm_epsilon_training_mode": "a batch norm here has its statistics given",
    "test_batchnorm_example_training_mode": "a batch norm here has its statistics given",
    **{
        f"test_{name}": "whole numbers: the kernels are for float32 and float64"
        for name in (
            *(f"clip_default_int8_{bound}" for bound in ("inbounds", "max", "min")),
            *(f"pow_types_{types}" for types in ("int32_float32", "int32_int32", "int64_float32", "int64_int64")),
        )
    },
    **{
        f"test_div_{dtype}": "whole numbers: the kernels are for float32 and float64"
        for dtype in ("int8", "int16", "int32_trunc", "uint8", "uint16", "uint32", "uint64")
    },
    **{
        f"test_reduce_{name}": "empty volumes are refused"
        for name in (
            "l1_empty_set",
            "l2_empty_set",
            "max_empty_set",
            "max_empty_set_bool",
            "sum_empty_set",
            "sum_empty_set_non_reduced_axis_zero",
        )
    },
    "test_reduce_max_bool_inputs": "whole numbers: the kernels are for float32 and float64",
    "test_lppool_1d_default": "another norm than p = 2",
    "test_lppool_2d_default": "another norm than p = 2",
    "test_lppool_2d_pads": "another norm than p = 2",
    "test_lppool_2d_same_lower": "another norm than p = 2",
    "test_lppool_3d_default": "another norm than p = 2",
    "test_matmul_1d_1d": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_matmul_1d_3d": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_matmul_3d": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_matmul_4d": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_matmul_4d_1d": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_matmul_bcast": "a product of stacks or of plain vectors: a fully connected layer has one matrix for N rows",
    "test_maxpool_2d_uint8": "whole numbers: the kernels are for float32 and float64",
    "test_maxpool_with_argmax_2d_precomputed_strides": "asks for the places of the maxima too",
    "test_maxpool_with_argmax_2d_precomputed_pads": "asks for the places of the maxima too",
    "test_prelu_example": "a slope per value: a PReLU here has one per channel, or one",
    "test_reshape_allowzero_reordered": "empty volumes are refused",
    "test_slice_start_out_of_bounds": "empty volumes are refused",
    "test_split_zero_size_splits_opset13": "empty volumes are refused",
    "test_split_zero_size_splits_opset18": "empty volumes are refused",
    "test_slice_neg_steps": "slices by steps: a slice here is a range of channels",
    "test_resize_downsample_scales_cubic_A_n0p5_exclude_outside": "weights of pixels outside are dropped: here the edge repeats, as in PyTorch",
    "test_resize_downsample_scales_cubic_align_corners": "corners aligned by a size that is not whole: PyTorch aligns those of the whole size",
    "test_resize_downsample_scales_cubic_antialias": "another filter for antialias than that of PyTorch and Pillow",
    "test_resize_downsample_sizes_cubic_antialias": "another filter for antialias than that of PyTorch and Pillow",
    "test_resize_upsample_scales_cubic_A_n0p5_exclude_outside": "weights of pixels outside are dropped: here the edge repeats, as in PyTorch",
    "test_resize_upsample_scales_cubic_asymmetric": "another convention of where pixels lie than the two that PyTorch has",
    "test_resize_downsample_scales_linear_antialias": "another filter for antialias than that of PyTorch and Pillow",
    "test_resize_downsample_sizes_linear_antialias": "another filter for antialias than that of PyTorch and Pillow",
    "test_resize_downsample_sizes_nearest_not_larger": "a policy for the aspect ratio",
    "test_resize_downsample_sizes_nearest_not_smaller": "a policy for the aspect ratio",
    "test_resize_upsample_sizes_nearest_not_larger": "a policy for the aspect ratio",
    "test_resize_upsample_sizes_nearest_not_smaller": "a policy for the aspect ratio",
    "test_resize_tf_crop_and_resize": "resizes a part of the map",
    "test_resize_tf_crop_and_resize_axes_2_3": "resizes a part of the map",
    "test_resize_tf_crop_and_resize_axes_3_2": "resizes a part of the map",
    "test_resize_tf_crop_and_resize_extrapolation_value": "resizes a part of the map",
    "test_resize_downsample_scales_linear_align_corners": "corners aligned by a size that is not whole: PyTorch aligns those of the whole size",
    "test_resize_downsample_scales_linear_half_pixel_symmetric": "a scale whose result is rounded to a size: positions by the scale differ from positions by the sizes",
    "test_resize_downsample_scales_nearest": "a scale whose result is rounded to a size: positions by the scale differ from positions by the sizes",
    "test_resize_downsample_sizes_linear_pytorch_half_pixel": "another convention of where pixels lie than the two that PyTorch has",
    "test_resize_upsample_scales_linear_half_pixel_symmetric": "another convention of where pixels lie than the two that PyTorch has",
    "test_resize_downsample_sizes_nearest": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest_axes_2_3": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest_axes_3_2": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest_ceil_half_pixel": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest_floor_align_corners": "another convention of which pixel is nearest than floor(i * in / out)",
    "test_resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric": "another convention of which pixel is nearest than floor(i * in / out)",
}


def taken(case):
    nodes = case.model.graph.node
    return len(nodes) == 1 and nodes[0].op_type in NODES and nodes[0].domain == ""


def standard_tests():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # making its examples, onnx overflows casts
        return loader.load_model_tests(kind="node")


CASES = {case.name: case for case in standard_tests() if taken(case)}


def run(case):
    node = case.model.graph.node[0]
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    attributes["outputs"] = len(node.output)
    for inputs, outputs in case.data_sets:
        given = dict(zip((i.name for i in case.model.graph.input), inputs, strict=True))
        arguments = [given[name] if name else None for name in node.input]
        results = NODES[node.op_type](attributes, *arguments)
        # Else each result is the one output, by another algorithm.
        wanted = outputs if isinstance(results, Several) else [outputs[0]] * len(results)
        for result, output in zip(results, wanted, strict=True):
            np.testing.assert_allclose(result, output, rtol=case.rtol, atol=case.atol)
            assert result.dtype == output.dtype


@pytest.mark.parametrize("name", sorted(CASES))
def test_node(name):
    if name in EXCLUDED:
        with pytest.raises((Unsupported, MisfitError, AssertionError, TypeError)):
            run(CASES[name])
        pytest.skip(EXCLUDED[name])
    run(CASES[name])


def test_every_exclusion_is_a_test_of_the_standard():
    assert sorted(set(EXCLUDED) - set(CASES)) == []
