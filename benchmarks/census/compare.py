"""One network of timm: its spec, analysed, against PyTorch."""

from __future__ import annotations

import tempfile
from pathlib import Path

import timm
import torch

import cnncalc
from benchmarks.census.figures import BATCH, figures
from benchmarks.census.translate import Translator, UnknownOperatorError


def compare(name: str, folder: Path | None = None) -> str:
    """Return what is wrong with a network, or nothing. The spec is saved in the folder, if there is one."""
    with torch.device("meta"):
        module = timm.create_model(name).eval()
    channels, height, width = module.default_cfg["input_size"]
    try:
        layers = Translator(module, (channels, height, width)).run()
    except UnknownOperatorError as error:
        return f"no layer for {error}"
    with tempfile.TemporaryDirectory() as temporary:
        path = (folder or Path(temporary)) / f"{name}.yaml"
        path.write_text(layers.text(name, f"{width}x{height}x{channels}"), encoding="utf-8")
        try:
            found = cnncalc.analyze(path, batch=BATCH).to_dict()
        except cnncalc.SpecError as error:
            return f"the spec is not valid: {error.diagnostics[0].message}"
    wanted = figures(module, (channels, height, width))
    ours = {key: found["totals"][key] for key in ("params", "buffers", "macs")}
    ours["kept"] = found["memory"]["training"]["activations"]
    return "; ".join(
        f"{key} {ours[key]:,}, PyTorch {wanted[key]:,} ({ours[key] - wanted[key]:+,})" for key in wanted if ours[key] != wanted[key]
    )
