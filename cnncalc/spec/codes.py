"""The codes of everything that can be wrong with a spec file."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_LANGUAGE = "docs/language.md"

UNREADABLE = Code(
    "CNN001",
    "the file cannot be read",
    "There is no such file, it is a folder, it may not be read, or it is too large.",
    "Nothing can be said about a network that cannot be read.",
    "cnncalc analyze vgg61.yaml",
    "Check the name; `cnncalc list` shows the specs that come along.",
)
ENCODING = Code(
    "CNN002",
    "the file is not text",
    "The file is not UTF-8 (or UTF-16 with its mark), or holds control characters.",
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
    'Mend it at the caret; quote patterns that start with a bracket: pattern: "[CONV3-8 -> RELU]*2 -> FC-10".',
    "YAML 1.1",
)
FORBIDDEN = Code(
    "CNN004",
    "YAML that specs do not use",
    "The file uses tags, several documents, merge keys, or aliases that contain themselves.",
    "Specs are untrusted input: such constructs can run code or grow without end, and no network needs them.",
    "name: !!python/object:os.system x",
    "Write the value out.",
)
TOO_MUCH = Code(
    "CNN005",
    "the file is too large or too deeply nested",
    "A spec may have 16 MiB, 100 levels of nesting, and 1,000,000 values once its aliases are followed.",
    "Specs are untrusted input: 200,000 brackets or a bomb of aliases must not crash the tool.",
    "a: [[[[[[[[[[[[[[[[[[ ...",
    "Write repetition with counts, `[CONV -> RELU]*100`, instead of writing it out.",
)
DUPLICATE_KEY = Code(
    "CNN006",
    "a key stands twice",
    "A mapping has the same key twice.",
    "YAML readers keep the last one and drop the first in silence.",
    "N: 2\nN: 3",
    "Remove one of the two.",
)
UNKNOWN_KEY = Code(
    "CNN007",
    "unknown key",
    "The spec has a key that means nothing, and that is no UPPERCASE variable either.",
    "A typing mistake in a key would otherwise be lost in silence.",
    "inptu: 224x224x3",
    "Take the name that the hint proposes.",
    _LANGUAGE,
)
WRONG_TYPE = Code(
    "CNN008",
    "a value of the wrong type",
    "A key has a value of another type than it takes.",
    "Guessing what was meant would give figures for another network.",
    "input: big",
    "Write a value as the message says.",
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
    "`base` names a spec that is not in the same folder nor among the shipped ones, that is broken, or that builds on this one.",
    "A spec may only build on specs of its own folder and on shipped ones: specs are untrusted input.",
    "base: ../../secret",
    "Name a spec of the same folder, without its ending: `base: resnet50`.",
    _LANGUAGE,
)
EXPECTATION = Code(
    "CNN011",
    "an expectation does not hold",
    "A figure under `expect` differs from the one that was worked out.",
    "Either the spec or the expectation is wrong; in CI this is what `validate` is for.",
    "expect: {params: 138357545}",
    "Compare both figures with the source; `cnncalc analyze` shows every layer.",
    _LANGUAGE,
)
BAD_EXPECTATION = Code(
    "CNN012",
    "an expectation that cannot be checked",
    "A key under `expect` names no figure, or its value has no meaning for that figure.",
    "An expectation that is skipped in silence would look as if it held.",
    "expect: {param.max: 140M}",
    "Take the name that the hint proposes; sizes need a unit, as in 600 MiB.",
    _LANGUAGE,
)
