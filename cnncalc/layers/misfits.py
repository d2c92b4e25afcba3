"""The codes of the misfits that layers raise."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

STRIDE = Code(
    "CNN201",
    "the stride does not fit",
    "(W - F + 2P)/S + 1 is not an integer along some axis: the windows do not cover the input evenly.",
    "Frameworks differ here: most silently drop the last pixels, Caffe's pooling adds a window that hangs over "
    "the edge. The later shapes differ too, and with them the parameters of the fully-connected layers.",
    "INPUT[10x10x3] -> CONV3-8/2(padding=0)        (10 - 3 + 2*0)/2 + 1 = 4.5",
    "Take one of the strides, kernels, paddings or input sizes that the hint computes, or say how to round: `rounding: floor` "
    "(PyTorch, ONNX), `ceil` (PyTorch's ceil_mode) or `ceil_caffe`, in the spec, in the layer, or with --rounding.",
    'CS231n course notes, "Constraints on strides"',
)
TOO_SMALL = Code(
    "CNN202",
    "the window is larger than the input",
    "The kernel, spread by its dilation, is larger than the padded input: not a single window fits.",
    "No framework can run such a layer, whatever the rounding.",
    "INPUT[5x5x3] -> CONV7-8(padding=0)            (5 - 7 + 2*0)/1 + 1 = -1",
    "Use a smaller kernel or dilation, more padding, or a larger input; often there is one pool too many before it.",
    'CS231n course notes, "Spatial arrangement"',
)
GROUPS = Code(
    "CNN203",
    "groups do not divide the depth",
    "`groups` splits the input depth and the filters into equal parts; it has to divide both.",
    "A filter of a grouped convolution sees depth/groups channels; this number has to be whole.",
    "INPUT[8x8x6] -> CONV3-8(groups=4)             6/4 = 1.5 channels",
    "Take one of the divisors that the hint lists.",
    "Krizhevsky et al. 2012 (the two towers of AlexNet); Xie et al. 2016, arXiv:1611.05431",
)
POOL_PADDING = Code(
    "CNN204",
    "too much padding for a pool",
    "The padding of a pooling layer is more than half its kernel: a window could lie entirely in the padding.",
    "The maximum over no pixels at all is undefined; frameworks refuse it.",
    "INPUT[8x8x4] -> POOL2(padding=2)",
    "Use at most half the kernel as padding, or a PAD layer before the pool.",
    "PyTorch, pool2d_shape_check",
)
AXES = Code(
    "CNN205",
    "a value per axis, but not for each axis",
    "A hyperparameter has a value for each axis, such as 3x5, but the input has another number of spatial axes.",
    "No rule assigns a missing value to an axis.",
    "INPUT[16000x1] -> CONV(kernel=3x5, filters=8)",
    "Give one value for all axes, or one per axis: width x height (x time); the depth is not among them.",
)
SHAPES = Code(
    "CNN206",
    "volumes that do not meet",
    "A merge joins volumes whose sizes do not match. ADD, SUB, MUL, DIV, MAXIMUM and MINIMUM need equal sizes along each axis, or "
    "size 1, which is spread over the others; CONCAT needs equal width and height.",
    "Joining values of different places has no meaning; frameworks refuse it too.",
    "INPUT[8x8x4] -> { CONV3-4/2(padding=1, rounding=floor) | } -> ADD",
    "Bring the branches to one size: the stride of one branch, its padding, or a 1x1 convolution on the other.",
)
MERGE_INPUTS = Code(
    "CNN207",
    "a merge with too few inputs",
    "A merge, such as ADD, MUL and CONCAT, joins at least two volumes; this one has one.",
    "A merge of one volume is a typing mistake: a branch or a name is missing.",
    "INPUT[8x8x4] -> CONV3-4 -> ADD",
    "Put branches before it, `{ a | b } -> ADD`, or name a step to join: `skip=CONV3-4 -> RELU -> ADD(skip)`.",
)
ARGUMENT = Code(
    "CNN208",
    "a value that the input does not allow",
    "A hyperparameter has a valid value, but one that is impossible for the input volume of the layer.",
    "The layer would have nothing to work on, or need more than its input holds.",
    "INPUT[8x8x4] -> RESHAPE(4x4x4)                256 values into 64",
    "Stay within the bound that the message gives with its numbers.",
)
OUTPUT_PADDING = Code(
    "CNN209",
    "output_padding is too large",
    "`output_padding` of a DECONV has to be smaller than its stride or its dilation.",
    "It only selects one of the sizes that the same convolution maps to one size; more would add rows that no input reaches.",
    "INPUT[8x8x4] -> DECONV3-4/2(output_padding=2)",
    "Use a value below the stride.",
    "PyTorch, ConvTranspose2d",
)
NOT_MODELLED = Code(
    "CNN507",
    "a network that cannot run",
    "The network has an operator that is not modelled (OPAQUE): its sizes are given, its function is not.",
    "A forward pass would need the values that the operator returns.",
    'cnncalc verify "INPUT[8x8x3] -> OPAQUE(4x4x10) -> FC-2"',
    "Replace the operator with layers that compute it, or leave the command out: `analyze` needs the sizes only.",
)
HEADS = Code(
    "CNN220",
    "heads that do not divide the depth",
    "The heads of an attention split the depth of its queries into equal parts; heads of keys and values serve equally many heads.",
    "The depth of a head has to be an integer.",
    "INPUT[196x64] -> ATTENTION(7)                 64/7 is no integer",
    "Take one of the divisors that the hint lists, or give `units` that the heads divide.",
    "Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2",
)
MATRICES = Code(
    "CNN221",
    "matrices that do not fit",
    "MATMUL takes each volume as a matrix of positions x depth. The first has to have as many columns as the second has rows.",
    "A product of matrices pairs the columns of the first with the rows of the second.",
    "INPUT[196x64] -> a=CONV1-64 -> MATMUL(a)      196x64 and 196x64: 64 columns meet 196 rows",
    "Transpose one of them, `transpose_b=true`, or bring the depths together with a CONV1.",
)
