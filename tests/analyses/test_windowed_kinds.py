"""Params, buffers, MACs and bytes kept for backward at batch 2 of windowed kinds and their options, measured with PyTorch 2.13."""

import pytest
from support import analyzed

HEAD, TAIL = "INPUT[16x16x8] -> CONV3-16(bias=false) -> BN -> ", " -> CONV3-16 -> GAP -> FC-10"
MEASURED = [
    # timm's StdConv2d and ScaledStdConv2d: 4*(numel + 2K, + K with a gain) bytes once, whatever the batch
    ("CONV3-16(standardize=true)", 5994, 33, 1_474_720, 107_988),
    ("CONV3-16(standardize=true, gain=true)", 6010, 33, 1_474_720, 108_052),
    # timm's BlurPool2d: the kernel is a buffer
    ("UPSAMPLE(size=8x8, mode=bilinear)", 3674, 33, 442_528, 41_300),
    ("UPSAMPLE(scale=2, mode=bicubic)", 3674, 33, 2_654_368, 164_180),
    ("PAD(1, mode=circular) -> CONV3-16(padding=0)", 5994, 33, 1_474_720, 107_348),
    ("POOL(out=7x7)", 3674, 33, 407_968, 84_692),
    ("PAD(1, mode=reflect) -> DWCONV3/2(padding=0, bias=false, learned=false)", 3674, 177, 451_744, 115_540),
]


@pytest.mark.parametrize("text, params, buffers, macs, kept", MEASURED, ids=[text for text, *_ in MEASURED])
def test_measured(text, params, buffers, macs, kept):
    report = analyzed(HEAD + text + TAIL, batch=2, rounding="floor")
    totals = report.totals
    assert (totals.params, totals.buffers, totals.macs) == (params, buffers, macs)
    assert report.training.activations(2) == kept


@pytest.mark.parametrize("gain", ["", ", gain=true"])
def test_a_standardized_kernel_is_kept_once_for_every_batch(gain):
    plain, new = (analyzed(f"{HEAD}CONV3-16{options}{TAIL}").training for options in ("", f"(standardize=true{gain})"))
    more = 4 * (2304 + 2 * 16 + 16 * bool(gain))
    assert [new.activations(batch) - plain.activations(batch) for batch in (1, 2, 64)] == [more] * 3


@pytest.mark.parametrize("kind", ["CONV3-8", "DWCONV3", "DECONV3-8"])
def test_what_is_not_learned_has_no_gradient_and_no_state(kind):
    learned, stored = (analyzed(f"INPUT[8x8x8] -> CONV1-8 -> {kind}({option})") for option in ("learned=true", "learned=false"))
    numbers = learned.rows[-1].counts.params
    assert (stored.rows[-1].counts.params, stored.rows[-1].counts.buffers) == (0, numbers)
    assert stored.totals.macs == learned.totals.macs
    assert stored.training.activations(2) == learned.training.activations(2)
    assert stored.training_peak < learned.training_peak
