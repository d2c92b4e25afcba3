"""The error codes of `cnncalc demo`."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_PAGE = "docs/demo.md"

NO_WINDOW = Code(
    "CNN440",
    "no window to show",
    "The layer computes each number from the one at the same place, or from a whole volume in several steps.",
    "The demo shows a window, its products and their sum; this layer has none of them.",
    'cnncalc demo "INPUT[4x4x1] -> RELU" relu1',
    "Name a layer with a window: convolutions, pools, fully-connected and local layers, LRN. --show prints those of any layer.",
    _PAGE,
)
NO_TERMINAL = Code(
    "CNN441",
    "no terminal to play on",
    "The frames of --play are stepped through with keys, and stdin or stdout is no terminal.",
    "In a pipe nobody presses a key, and the frames would overwrite each other.",
    "cnncalc demo lenet5 --play > frames.txt",
    "--all prints every window one after another; --at prints one.",
    _PAGE,
)
SMALL_TERMINAL = Code(
    "CNN442",
    "a terminal too small for the picture",
    "The picture of a window has more lines or columns than the terminal.",
    "Half a picture would scroll away with every key.",
    "cnncalc demo vgg16 conv3_1 --play     in a terminal of 40x12",
    "Enlarge the terminal or take a smaller font; without --play the picture is printed below the prompt, however long it is.",
    _PAGE,
)
TOO_MANY = Code(
    "CNN443",
    "too many windows",
    "The layer has more windows than --all prints.",
    "Millions of pictures help nobody, and would fill the disk.",
    "cnncalc demo vgg16 --all",
    "Take a smaller --input, name a neuron with --at, or step through with --play.",
    _PAGE,
)
NOT_RUN = Code(
    "CNN445",
    "a layer that does not run",
    "The forward pass of a layer failed on the numbers that reach it.",
    "The demo shows numbers that a pass has computed.",
    "cnncalc demo broken.yaml",
    "`cnncalc verify` runs every layer, and says which ones fail.",
    _PAGE,
)
NO_MATRIX = Code(
    "CNN444",
    "no matrix to show",
    "The layer is no product of matrices: its windows differ, its weights are not shared, or its function is not linear.",
    "X_col holds one column for each position, and one W_row for all of them; a sparse matrix is one linear function.",
    'cnncalc demo "INPUT[8x8x5] -> LRN" --matrix sparse',
    "Show the window itself, or the other matrix.",
    'CS231n course notes, "Implementation as Matrix Multiplication"',
)
