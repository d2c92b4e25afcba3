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
