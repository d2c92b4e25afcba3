"""The error codes of forward passes."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_PAGE = "docs/verify.md"

DATA = Code(
    "CNN421",
    "data that does not fit the network's input",
    "The image or array cannot be read, or its size, depth or number type differs from the network's input.",
    "A forward pass over other data would prove the shapes of another network.",
    "cnncalc verify vgg16 --array crops.npy     where crops.npy is 3x224x224, the depth first",
    "Arrays are N x height x width x depth, floating point or integers; images are resized and cropped automatically.",
    _PAGE,
)
NOT_NUMBERS = Code(
    "CNN422",
    "values that are not finite numbers",
    "An array holds NaN or infinite values.",
    "One NaN spreads to every neuron that sees it: the results would mean nothing.",
    "cnncalc verify vgg16 --weights diverged.npz",
    "Look for the layer that the message names; diverged training leaves such weights.",
    _PAGE,
)
MEMORY = Code(
    "CNN423",
    "more memory than available",
    "Weights and live volumes need more memory, by prediction, than is available on this machine.",
    "The system would start to swap, or kill the run halfway.",
    "cnncalc verify vgg16 --batch 4096",
    "Take a smaller --batch or --input; --force runs anyway.",
    _PAGE,
)
SLIDING = Code(
    "CNN424",
    "a network that does not slide",
    "The network sees its whole image at once, or the image has room for one crop only.",
    "Sliding compares the places of one pass over a large image with crops of the image: it needs more than one crop.",
    "cnncalc verify resnet50 --sliding     which ends in a global pool",
    "Give a larger image with --input, such as 384x384x3 for a network made for 224x224x3.",
    'CS231n course notes, "Converting FC layers to CONV layers"',
)
TYPED = Code(
    "CNN450",
    "a typed value that is no number",
    "A word among typed values is no number, fraction or range, or a bracket is not closed.",
    "A value that is skipped would move all the others.",
    'cnncalc verify "INPUT[3x1] -> RELU" --array "1 two 3"',
    "Numbers are divided by blanks or commas, rows by `;`, slices by `|`, images and filters by `||`.",
    _PAGE,
)
RAGGED = Code(
    "CNN451",
    "typed values that do not make a rectangle",
    "The rows, or the slices, of typed values differ in length.",
    "It is open which number belongs to which place.",
    'cnncalc verify "INPUT[3x2x1] -> RELU" --array "1 2 3; 4 5"',
    "Give every row as many numbers, and every slice as many rows.",
    _PAGE,
)
UNFIT = Code(
    "CNN452",
    "typed values of another count or shape",
    "The number of typed values, or their rows and slices, differ from the array that they are for.",
    "A flat list could be read by rows or by columns; only one of them is meant.",
    'cnncalc verify "INPUT[2x2x1] -> RELU" --array "1 2 3 4"',
    "Type rows (y) of columns (x), as on paper; `reshape(1:4, (2, 2))` fills them column by column.",
    _PAGE,
)
UNNAMED = Code(
    "CNN453",
    "typed weights for no array",
    "Typed weights name no layer or array of the network, or name none where several layers have weights.",
    "Weights in another layer would give another network.",
    'cnncalc verify "INPUT[8x1] -> CONV3-1 -> CONV3-1" --weights conv3="1 2 3"',
    "Name the layer, `conv1=…`, or the array, `conv1/bias=…`; `cnncalc analyze` shows the names.",
    _PAGE,
)
SELECTION = Code(
    "CNN454",
    "an index that a volume does not have",
    "The indices of `--print` are too many, too few, or beyond the volume.",
    "There is no such value.",
    'cnncalc verify lenet5 --print "c1[28,0,:]"     where c1 is 28 wide: x goes from 0 to 27',
    "Axes are x, y, (time,) depth, and the image of a batch if it is named; indices are from 0, and 0:5 ends before 5.",
    _PAGE,
)
NOTHING_LEARNED = Code(
    "CNN428",
    "a network that learns nothing",
    "No layer has parameters that are trained: there are none, or all of them are frozen.",
    "A backward pass without a gradient proves nothing.",
    'cnncalc verify "INPUT[8x8x3] -> POOL" --backward',
    "Take a network with a CONV or FC layer, or freeze less.",
    _PAGE,
)
