"""The error codes of conversions."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_NOTES = 'CS231n course notes, "Converting FC layers to CONV layers"'

NOTHING = Code(
    "CNN411",
    "nothing to convert",
    "The network has no layer of the kind that the conversion replaces.",
    "The result would be the same network.",
    "cnncalc convert all_cnn_c --fc-to-conv         the network ends in a global pool",
    "Leave out the option; a network without FC layers slides over larger images unchanged.",
    _NOTES,
)
NOT_CONVERTED = Code(
    "CNN412",
    "a layer that cannot be converted",
    "The layer has no equivalent of the other kind, or the equivalent would exceed the limit in the message.",
    "A conversion keeps the function of the network; where this is impossible, it fails instead of changing the function.",
    "cnncalc convert vgg16 --conv-to-fc conv1_1     a matrix of 483,385,147,392 numbers",
    "Choose another layer, or a smaller input; the message gives the reason.",
    _NOTES,
)
WEIGHTS = Code(
    "CNN413",
    "weights that do not match the network",
    "The arrays of the .npz file do not match the network: some are missing, unknown, or have other shapes.",
    "Weights assigned by position, or padded, would give another network.",
    "cnncalc convert vgg16 --fc-to-conv --weights vgg19.npz --weights-out out.npz",
    "Name arrays `<layer>/weight` and `<layer>/bias`, with the axes of docs/counting.md: height, width, depth, filters.",
)
SLIDING = Code(
    "CNN414",
    "the network cannot slide over this image",
    "The image is smaller than the network's own, too small for a single crop; or a layer would hold other weights over it.",
    "A converted FC layer is a window of the size of its input volume, and needs at least that volume. A norm or softmax over a "
    "flattened volume keeps its FLATTEN, whose column grows with the image.",
    "cnncalc convert vgg16 --fc-to-conv --input 192x192x3",
    "Use an image of at least the network's own input.",
    _NOTES,
)
