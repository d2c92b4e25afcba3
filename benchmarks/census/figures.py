"""PyTorch's own figures of a module: parameters, buffers, MACs, and the bytes kept for the backward pass at batch 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH = 2


def still(module: torch.nn.Module) -> torch.nn.Module:
    """Switch dropout and stochastic depth off: their masks differ between devices."""
    for each in module.modules():
        for key in ("p", "drop_prob", "drop_rate"):
            if isinstance(getattr(each, key, None), float):
                setattr(each, key, 0.0)
    return module


def figures(module: torch.nn.Module, size: Sequence[int]) -> dict[str, int]:
    """Return the figures of a module on the meta device, for an image of channels x height x width."""
    return {
        "params": sum(each.numel() for each in module.parameters()),
        "buffers": sum(each.numel() for each in module.buffers()),
        "macs": _macs(module.eval(), size),
        "kept": _kept(still(module).train(), size),
    }


def _macs(module: torch.nn.Module, size: Sequence[int]) -> int:
    """Return the multiply-accumulates of one image, half of what FlopCounterMode counts."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.empty(1, *size, device="meta"))
    return sum(counter.get_flop_counts().get("Global", {}).values()) // 2


def _kept(module: torch.nn.Module, size: Sequence[int]) -> int:
    """Return the bytes of the storages saved for the backward pass with cross entropy, each once.

    Parameters, buffers, the images and the targets are the caller's and do not count.
    """
    images = torch.empty(BATCH, *size, device="meta")
    targets = torch.empty(BATCH, dtype=torch.long, device="meta")
    own = {each.untyped_storage()._cdata for each in [*module.parameters(), *module.buffers(), images, targets]}  # noqa: SLF001
    saved: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:  # noqa: SLF001
            saved[storage._cdata] = storage  # noqa: SLF001  held, so that no other storage gets its address
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda each: each):
        torch.nn.functional.cross_entropy(module(images), targets)
    return sum(each.nbytes() for each in saved.values())
