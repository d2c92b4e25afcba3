"""The codes of all errors in spec files."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_LANGUAGE = "docs/language.md"

UNREADABLE = Code(
    "CNN001",
    "the file cannot be read",
    "The file does not exist, is a folder, is not readable, or is too large.",
    "A network cannot be analysed without its spec.",
    "cnncalc analyze vgg61.yaml",
    "Check the name; `cnncalc list` shows the shipped specs.",
)
ENCODING = Code(
    "CNN002",
    "the file is not text",
    "The file is not UTF-8 (or UTF-16 with a byte order mark), or contains control characters.",
    "A spec is a text file; a binary one was probably named by mistake.",
    "cnncalc analyze photo.jpg",
    "Save it as UTF-8.",
)
YAML = Code(
    "CNN003",
    "the YAML cannot be read",
    "The file breaks a rule of YAML: an indentation, a bracket or a quote is wrong, or is missing.",
    "YAML reads an unquoted `[` as a list.",
    "pattern: [CONV3-8 -> RELU]*2 -> FC-10",
    'Correct it at the caret; quote patterns that start with a bracket: pattern: "[CONV3-8 -> RELU]*2 -> FC-10".',
    "YAML 1.1",
)
FORBIDDEN = Code(
    "CNN004",
    "YAML that specs do not allow",
    "The file uses tags, several documents, merge keys, or aliases that contain themselves.",
    "Specs are untrusted input: such constructs can run code or grow without end, and no network needs them.",
    "name: !!python/object:os.system x",
    "Write the value out.",
)
TOO_MUCH = Code(
    "CNN005",
    "the file is too large or too deeply nested",
    "A spec may have 16 MiB, 100 levels of nesting, and 1,000,000 values with its aliases expanded.",
    "Specs are untrusted input: 200,000 brackets or a bomb of aliases must not crash the tool.",
    "a: [[[[[[[[[[[[[[[[[[ ...",
    "Write repetitions as counts, `[CONV -> RELU]*100`.",
)
DUPLICATE_KEY = Code(
    "CNN006",
    "a duplicate key",
    "A mapping has the same key twice.",
    "YAML readers silently drop the first one and keep the last.",
    "N: 2\nN: 3",
    "Remove one of the two.",
)
UNKNOWN_KEY = Code(
    "CNN007",
    "unknown key",
    "The spec has a key that is neither a known key nor an UPPERCASE variable.",
    "Otherwise a typing mistake in a key would go unnoticed.",
    "inptu: 224x224x3",
    "Use the name in the hint.",
    _LANGUAGE,
)
WRONG_TYPE = Code(
    "CNN008",
    "a value of the wrong type",
    "The value of a key does not have the type of the key.",
    "Guessing the meaning would give figures for another network.",
    "input: big",
    "Write a value of the type in the message.",
    _LANGUAGE,
)
MISSING = Code(
    "CNN009",
    "something is missing",
    "A spec needs exactly one of `pattern` and `layers`.",
    "Without them there is no network.",
    "name: empty",
    "Write `pattern: INPUT -> FC-10`.",
    _LANGUAGE,
)
BASE = Code(
    "CNN010",
    "the base cannot be used",
    "`base` names a spec that is neither in the same folder nor shipped, is broken, or builds on this one.",
    "A spec may only build on specs of its own folder and on shipped ones: specs are untrusted input.",
    "base: ../../secret",
    "Name a spec of the same folder, without its ending: `base: resnet50`.",
    _LANGUAGE,
)
EXPECTATION = Code(
    "CNN011",
    "an expectation is not met",
    "A figure under `expect` differs from the computed one.",
    "Either the spec or the expectation is wrong; `validate` checks this in CI.",
    "expect: {params: 138357545}",
    "Compare both figures with the source; `cnncalc analyze` shows every layer.",
    _LANGUAGE,
)
BAD_EXPECTATION = Code(
    "CNN012",
    "an expectation that cannot be checked",
    "A key under `expect` names no figure, or its value does not fit the figure.",
    "An expectation that is silently skipped would look as if it were met.",
    "expect: {param.max: 140M}",
    "Use the name in the hint; sizes need a unit, as in 600 MiB.",
    _LANGUAGE,
)
UNSURE = Code(
    "CNN506",
    "an expectation that cannot be confirmed",
    "The figure is only a bound, because a layer is not modelled and does not state all its facts (OPAQUE).",
    "A budget that a lower bound keeps may be broken by what is not counted.",
    "expect: {params.max: 140M}                    with OPAQUE(4x4x10) in the pattern",
    "State what the layer has, as in `OPAQUE(4x4x10, params=400)`, or leave the expectation out.",
    _LANGUAGE,
)
