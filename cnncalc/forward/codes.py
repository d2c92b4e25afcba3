"""The codes of what a forward pass cannot use."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_PAGE = "docs/verify.md"

DATA = Code(
    "CNN421",
    "data that the network cannot take",
    "The image or array cannot be read, or has another size, depth or kind of numbers than the network's input.",
    "A forward pass over other data would prove the shapes of another network.",
    "cnncalc verify vgg16 --array crops.npy     where crops.npy is 3x224x224, the depth first",
    "Arrays are N x height x width x depth, floating point or integers; images are resized and cropped by themselves.",
    _PAGE,
)
NOT_NUMBERS = Code(
    "CNN422",
    "values that are no numbers",
    "An array holds NaN or infinite values.",
    "One NaN spreads over everything that sees it: nothing could be said about the results.",
    "cnncalc verify vgg16 --weights diverged.npz",
    "Look for the layer that the message names; a training that diverged leaves such weights.",
    _PAGE,
)
MEMORY = Code(
    "CNN423",
    "more memory than there is",
    "Weights and live volumes, as predicted, need more memory than is available on this machine.",
    "The system would begin to swap, or end the run halfway.",
    "cnncalc verify vgg16 --batch 4096",
    "Take a smaller --batch or --input; --force runs all the same.",
    _PAGE,
)
SLIDING = Code(
    "CNN424",
    "a network that does not slide",
    "The network sees its whole image at once, or the image has room for one crop only.",
    "Sliding compares the places of one pass over a large image with crops of it: there has to be more than one.",
    "cnncalc verify resnet50 --sliding     which ends in a global pool",
    "Give a larger image with --input, such as 384x384x3 for a network that was made for 224x224x3.",
    'CS231n course notes, "Converting FC layers to CONV layers"',
)
