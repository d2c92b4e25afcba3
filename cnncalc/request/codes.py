"""The error codes of requests that a machine cannot meet."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

OUT_OF_MEMORY = Code(
    "CNN426",
    "the memory ran out",
    "The system refused to give the process more memory.",
    "Without it the command cannot finish; nothing was written.",
    "ulimit -v 700000; cnncalc verify vgg16",
    "Take a smaller --batch or --input, or a machine with more memory.",
)
