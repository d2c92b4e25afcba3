"""The census of timm's networks, where torch and timm are installed: figures equal to PyTorch's, to the byte."""

import sys

import pytest
from support import ROOT

pytest.importorskip("torch")
pytest.importorskip("timm")
sys.path.insert(0, str(ROOT))

from benchmarks.census.compare import compare
from benchmarks.census.names import NAMES


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_a_network_of_timm_has_pytorchs_figures(name):
    """Parameters, buffers, MACs, and the bytes kept for the backward pass at batch 2."""
    assert compare(name) == ""


def test_the_census_is_varied():
    assert len(NAMES) == len(set(NAMES)) >= 30
