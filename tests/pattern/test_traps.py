"""Usual slips of the pen in a pattern: the hint is what was meant, and works when it is pasted."""

import pytest
from support import analyzed, diagnostics, told

SLIPS = [  # the pattern; the mended one; what the hint says behind its text in backticks
    ("INPUT[32,32,3] -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT[32, 32, 3] -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT[(32,32,3)] -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT[32 x 32 x 3] -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT[32X32X3] -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT 32x32x3 -> RELU", "INPUT[32x32x3]", ""),
    ("INPUT[8x8x3] -> CONV-3-16", "CONV3-16", ": the size stands directly behind the kind"),
    ("INPUT[8x8x3] -> CONV-3x1-16", "CONV3x1-16", ": the size stands directly behind the kind"),
    ("INPUT[8x8x3] -> [CONV3-16 -> RELU]x3 -> FC-10", "[CONV3-16 -> RELU]*3", ""),
    ("INPUT[8x8x3] -> [CONV3-16 -> RELU] x 2", "[CONV3-16 -> RELU]*2", ""),
    ("INPUT[8x8x3] -> 3*[CONV3-16 -> RELU]", "[CONV3-16 -> RELU]*3", ": the count stands behind"),
    ("INPUT[8x8x3] -> 2*CONV3-16(bias=false) -> RELU", "CONV3-16(bias=false)*2", ": the count stands behind"),
    ("INPUT[8x8x3] -> CONV3-16 RELU", "CONV3-16 -> RELU", ": `->` joins the steps"),
    ("INPUT[8x8x3] -> CONV3-16(padding=0) POOL2 -> FC-3", "CONV3-16(padding=0) -> POOL2", ": `->` joins the steps"),
    ("INPUT[8x8x3] -> [CONV3-16] [RELU]*2", "[CONV3-16] -> [RELU]", ": `->` joins the steps"),
    ("INPUT[8x8x3] -> CONV3-16,padding=1 -> RELU", "CONV3-16(padding=1)", ""),
    ("INPUT[9x9x3] -> CONV3-16/2(bias=false), padding=1, groups=1", "CONV3-16/2(bias=false, padding=1, groups=1)", ""),
    ("INPUT[8x8x3] -> CONV3-16, bias=false -> RELU", "CONV3-16(bias=false)", ""),
    ("INPUT[8x8x3] -> CONV(kernel=(3,5), filters=3)", "3x5", ": width first"),
    ("INPUT[8x8x3] -> POOL(kernel=(2, 2))", "2", ": width first"),
]


@pytest.mark.parametrize("text, mended, behind", SLIPS)
def test_a_slip_is_mended(text, mended, behind):
    (found,) = diagnostics(text)
    assert found.code.number == "CNN101"
    assert found.hints == (f"write `{mended}`{behind}",)
    start = "" if mended.startswith("INPUT") else "INPUT[9x9x3] -> "
    step = mended if any(sign.isupper() for sign in mended) else f"CONV(kernel={mended}, filters=3)"
    assert analyzed(start + step, rounding="floor")


CAPITALS = [  # a step, the mended one, which does what the other framework does by that word
    ("CONV3-8/2(padding=SAME)", "padding=same_upper"),
    ("CONV3-8/2(P=SAME)", "padding=same_upper"),
    ("CONV3-8/2(padding=SAME_LOWER)", "padding=same_lower"),
    ("POOL3/2(padding=VALID)", "padding=valid"),
    ("POOL3/2(rounding=FLOOR)", "rounding=floor"),
    ("CONV3-8(bias=FALSE)", "bias=false"),
    ("UPSAMPLE(2, mode=BILINEAR)", "mode=bilinear"),
    ("GELU(TANH)", "approximate=tanh"),
]


@pytest.mark.parametrize("step, option", CAPITALS)
def test_a_word_in_capitals(step, option):
    (found,) = diagnostics(f"INPUT[9x9x3] -> {step}")
    assert (found.code.number, found.hints) == ("CNN104", (f"write `{option}`: capitals are variables",))
    key, capitals = option.partition("=")[0], found.span.words()
    mended = step.replace(f"P={capitals}", option).replace(f"{key}={capitals}", option).replace(f"({capitals}", f"({option}")
    assert analyzed(f"INPUT[9x9x3] -> {mended}").rows[1].output


@pytest.mark.parametrize("step", ["CONV3-8(padding=N)", "CONV3-N", "CONV3-8(bias=SAME)", "CONV3-(SAME*2)"])
def test_capitals_that_are_no_word(step):
    (found,) = diagnostics(f"INPUT[9x9x3] -> {step}")
    assert found.hints[0].startswith("give it a value")


def test_sizes_in_parentheses():
    assert {each.hints for each in diagnostics("INPUT(32, 32, 3) -> RELU")} == {("write `INPUT[32x32x3]`",)}


@pytest.mark.parametrize("text", ["CONV3-16,RELU,x=POOL2", "CONV3-8, stride=RELU -> ADD(stride)"])
def test_steps_joined_by_commas_keep_their_names(text):
    assert analyzed(f"INPUT[8x8x8] -> {text}")


@pytest.mark.parametrize("text", ["INPUT[8x8x3] -> 3", "INPUT[8x8x3] -> RELU *", "INPUT[8x8x3] -> CONV3-16 16", "] INPUT", "3*"])
def test_no_hint_where_nothing_is_known(text):
    assert diagnostics(text)[-1].hints == ()


WHOLE = """\
error[CNN101]: the options of a layer stand in parentheses
 --> <pattern>:1:28
  |
1 | INPUT[9x9x3] -> CONV3-16/2,padding=1 -> RELU
  |                            ^^^^^^^ an option
  |
  = hint: write `CONV3-16/2(padding=1)`"""


def test_whole_message():
    assert told("INPUT[9x9x3] -> CONV3-16/2,padding=1 -> RELU") == WHOLE
