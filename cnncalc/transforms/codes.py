"""The codes of what cannot be converted."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_NOTES = 'CS231n course notes, "Converting FC layers to CONV layers"'

NOTHING = Code(
    "CNN411",
    "nothing to convert",
    "The network has no layer of the kind that the conversion replaces.",
    "The result would be the same network under another name.",
    "cnncalc convert all_cnn_c --fc-to-conv         the network ends in a global pool",
    "Leave the option out; a network without FC layers slides over larger images as it is.",
    _NOTES,
)
NOT_CONVERTED = Code(
    "CNN412",
    "a layer that cannot be converted",
    "The layer has no equal of the other kind, or its equal would be larger than the stated limit.",
    "A conversion keeps the function of the network; where it cannot, it says so instead of making another network.",
    "cnncalc convert vgg16 --conv-to-fc conv1_1     a matrix of 483,385,147,392 numbers",
    "Choose another layer, or a smaller input; the message says what stands in the way.",
    _NOTES,
)
WEIGHTS = Code(
    "CNN413",
    "weights that do not match the network",
    "The arrays of the .npz file are not those of the network: some are missing, unknown, or have other shapes.",
    "Weights that were put in by position or padded would make another network.",
    "cnncalc convert vgg16 --fc-to-conv --weights vgg19.npz --weights-out out.npz",
    "Arrays are named `<layer>/weight` and `<layer>/bias`, with the axes of docs/counting.md: height, width, depth, filters.",
)
SLIDING = Code(
    "CNN414",
    "the network cannot slide over this image",
    "The image is smaller than the one that the network was made for, so that not one crop fits.",
    "A converted FC layer is a window of the size of its input volume; it needs at least that volume.",
    "cnncalc convert vgg16 --fc-to-conv --input 192x192x3",
    "Use an image of at least the network's own input.",
    _NOTES,
)
