"""Parameters, buffers, MACs and the bytes kept for backward of single layers in a small network: figures measured with PyTorch."""

import pytest
from support import analyzed

HEAD, TAIL = "INPUT[16x16x8] -> CONV3-16(bias=false) -> BN -> ", " -> CONV3-16 -> GAP -> FC-10"
MEASURED = {  # with PyTorch 2.13, batch 2: params, buffers, MACs, bytes kept
    "GRN": (3706, 33, 884896, 131676),
    "RMSNORM": (3690, 33, 884896, 133460),
    "LN(shift=false)": (3690, 33, 884896, 102740),
    "GELU(approximate=sigmoid)": (3674, 33, 884896, 131412),
    "RELU -> SCALE(0.5)": (3674, 33, 884896, 98644),
    "RELU -> SCALE(1, shift=3)": (3674, 33, 884896, 98644),
    "AFFINE(shift=false, shared=true)": (3675, 33, 884896, 98644),
    "LAYERSCALE(shared=true)": (3675, 33, 884896, 98644),
    "AFFINE(scale=false)": (3690, 33, 884896, 65876),
    "AFFINE": (3706, 33, 884896, 98644),
    "{ | GAP -> CONV1-16 } -> ADD": (3946, 33, 885152, 66004),
    "{ | CONV7-1 -> SIGMOID } -> MUL": (4459, 33, 1085600, 100692),
    "{ RELU | CONV3-16 } -> SUB": (5994, 33, 1474720, 131412),
    "{ | CONV3-16 } -> MAXIMUM": (5994, 33, 1474720, 131412),
    "{ | CONV3-16 } -> MINIMUM": (5994, 33, 1474720, 131412),
    "{ | CONV3-16 } -> DIV": (5994, 33, 1474720, 131412),
    "{ | MEAN(width) -> CONV1-16 -> SIGMOID } -> MUL": (3946, 33, 888992, 102740),
    "{ | { MEAN(depth) | MAX(depth) } -> CONCAT -> CONV7-1 -> SIGMOID } -> MUL": (3773, 33, 909984, 106836),
}


@pytest.mark.parametrize("text", MEASURED)
def test_measured(text):
    report = analyzed(f"{HEAD}{text}{TAIL}", batch=2)
    totals = report.totals
    assert (totals.params, totals.buffers, totals.macs, report.training.activations(2)) == MEASURED[text]
