"""The codes of all errors in patterns."""

from __future__ import annotations

from cnncalc.text.diagnostic import Code

_LANGUAGE = "docs/language.md"

SYNTAX = Code(
    "CNN101",
    "the pattern cannot be read",
    "The pattern breaks a rule of the grammar: a step is missing, a sign is out of place, or a character has no meaning.",
    "Guessing at a pattern would give figures for a network that nobody wrote.",
    "INPUT -> CONV3-64 -> -> FC-10",
    "Correct the pattern at the caret; the message says what was expected there.",
    _LANGUAGE,
)
UNCLOSED = Code(
    "CNN102",
    "a bracket is never closed",
    "An opening bracket `[`, `(` or `{` has no partner, or the wrong one.",
    "The end of the group decides what is repeated.",
    "INPUT -> [CONV3-64 -> RELU*2 -> FC-10",
    "Close the bracket that the caret points at.",
    _LANGUAGE,
)
UNKNOWN_KIND = Code(
    "CNN103",
    "unknown layer kind or block",
    "The name of a step is neither a layer kind nor a block of this spec.",
    "An unknown layer cannot be counted, and it is never counted as 0.",
    "INPUT -> CONVV3-64 -> FC-10",
    "Use the name in the hint, or define a block of that name. `cnncalc explain kinds` lists all kinds.",
    _LANGUAGE,
)
UNKNOWN_VARIABLE = Code(
    "CNN104",
    "unknown variable",
    "A count or a value uses a name that has no value here.",
    "Variables come from the spec's UPPERCASE keys, from the bindings of a list, and from the parameters of the block.",
    "INPUT -> [CONV3-8]*N -> FC-10                 without `N: 2`",
    "Give it a value: `N: 2` in the spec.",
    _LANGUAGE,
)
BAD_COUNT = Code(
    "CNN105",
    "an impossible count",
    "A repetition needs an integer of at least 0, or a list of bindings; and a network has at most 200,000 layers.",
    "Specs are untrusted input: a count of a billion must not freeze the tool.",
    "INPUT -> [CONV3-8]*1000000000 -> FC-10",
    "Use a smaller count.",
    _LANGUAGE,
)
TOO_DEEP = Code(
    "CNN106",
    "brackets or blocks nested too deeply",
    "Groups, branches and blocks may be nested 60 levels deep.",
    "Specs are untrusted input: 200,000 brackets must not crash the tool. Endless recursion of a block ends here too.",
    "blocks: {A: A}",
    "Flatten the pattern, or end the recursion with a count that reaches 0.",
    _LANGUAGE,
)
UNKNOWN_OPTION = Code(
    "CNN107",
    "unknown option",
    "The layer kind has no hyperparameter of this name.",
    "Otherwise a typing mistake in an option would silently leave the default in place.",
    "INPUT[8x8x3] -> CONV3-8(pading=0)",
    "Use the name in the hint; `cnncalc explain CONV` lists all options.",
    _LANGUAGE,
)
BAD_OPTION = Code(
    "CNN108",
    "a bad or missing option value",
    "A hyperparameter has the wrong type, is out of bounds, or is missing and has no default.",
    "Hyperparameters have hard bounds: a stride of 0 never moves, half a filter does not exist.",
    "INPUT[8x8x3] -> CONV3-8/0",
    "Give a value within the bounds in the message.",
    _LANGUAGE,
)
MERGE = Code(
    "CNN109",
    "branches without a merge",
    "`}` must be followed directly by a merge, such as ADD, CONCAT or MUL, which joins the branches. No merge is "
    "needed for a single branch beside "
    "others that end in OUTPUT.",
    "A layer has one input volume, not two side by side.",
    "INPUT[8x8x4] -> { CONV3-4 | } -> RELU",
    "Write `{ a | b } -> ADD` (or CONCAT, or MUL), then go on.",
    _LANGUAGE,
)
UNKNOWN_STEP = Code(
    "CNN110",
    "no step of this name so far",
    "A merge, `from` or `share` names a step that does not exist, or a later one.",
    "A layer can only use the results of earlier layers. Names are local to a block and an iteration; from outside, write the "
    "path, as in `stage1/skip`.",
    "INPUT[8x8x4] -> CONV3-4 -> ADD(skip)",
    "Name the step with `skip=CONV3-4` before it is used.",
    _LANGUAGE,
)
ARGUMENTS = Code(
    "CNN111",
    "wrong number of arguments",
    "A block is called with more or fewer arguments than it has parameters.",
    "Parameters have no defaults: each needs a value.",
    "blocks: {B(C, S): CONV3-C/S}                  and the call B(64)",
    "Give one value for each parameter.",
    _LANGUAGE,
)
EXPRESSION = Code(
    "CNN112",
    "an expression without an exact value",
    "`/` must divide exactly, and values stay below 10^18.",
    "Half a filter does not exist; a rounded count would be a silent guess.",
    "INPUT[8x8x3] -> CONV3-(7/2)",
    "Use numbers that divide.",
    _LANGUAGE,
)
DUPLICATE_NAME = Code(
    "CNN113",
    "a name used twice",
    "Two steps of one chain have the same name, or a step has the name of a layer kind.",
    "A reference to the name would be ambiguous.",
    "INPUT[8x8x4] -> a=CONV3-4 -> a=CONV3-4 -> ADD(a)",
    "Give each step a different name.",
    _LANGUAGE,
)
NO_INPUT = Code(
    "CNN114",
    "the size of the input is missing",
    "A network needs the size of its input: without it no volume can be computed.",
    "No size is usual enough to be a default.",
    "CONV3-64 -> FC-10",
    "Write `input: 224x224x3` in the spec, `INPUT[224x224x3] -> …` in an inline pattern, or --input 224x224x3.",
    _LANGUAGE,
)
UNUSED = Code(
    "CNN115",
    "an unused variable or block",
    "The spec defines a variable or a block that its pattern never uses.",
    "Often a typing mistake: the pattern uses a different name.",
    "N: 2                                          and a pattern without N",
    "Remove it, or use it.",
    _LANGUAGE,
)
EMPTY = Code(
    "CNN116",
    "the network has no layers",
    "The pattern is empty: all its groups were left out, or nothing was written.",
    "There is nothing to compute.",
    "[CONV3-8]*0",
    "Write at least one step.",
    _LANGUAGE,
)
BINDING = Code(
    "CNN117",
    "an invalid binding",
    "A binding sets UPPERCASE variables, defaults of layer kinds, and switches of optional groups; this entry is none of them, or "
    "a list where a number is needed.",
    "Otherwise a typing mistake in a binding would go unnoticed.",
    "M: [{N: 2, CONVV: {filters: 64}}]",
    "Use a variable, a layer kind with a mapping, or the name of an optional group with true or false.",
    _LANGUAGE,
)
SHARED = Code(
    "CNN118",
    "weights that cannot be shared",
    "`share` names a layer of another kind, or with weights of other sizes, with `transpose=true` once transposed; or a layer sets "
    "an initial value of weights that are those of another one, or whether these are learned.",
    "Shared weights are one array; it fits only layers of one kind and one size.",
    "INPUT[8x8x3] -> a=CONV3-8 -> CONV3-8(share=a)      3 and 8 channels",
    "Share between layers with equal input depths, kernels and filters.",
    _LANGUAGE,
)
