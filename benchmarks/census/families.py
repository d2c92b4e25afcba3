"""The share of timm's networks that can be said: one member of each family through the translation and the inference of shapes.

    python -m benchmarks.census.families

A family is a source file and a name without its digits and its words for a size; its member counts for all of it. Networks with
products of two volumes or attention are counted apart.
"""

from __future__ import annotations

import logging
import re
import sys
import tempfile
import warnings
from collections import Counter, defaultdict
from pathlib import Path

import timm
import torch

import cnncalc
from benchmarks.census.translate import Translator, UnknownOperatorError

SIZES = re.compile(
    r"(nano|atto|femto|pico|micro|tiny|mini|small|medium|base|large|xlarge|huge|giant|gigantic|xxs|xs|xl|xxl|\d+(px|gf|mf|m|k|d|w|x|s|t)?)"
)
PRODUCTS = ("matmul", "bmm", "einsum", "scaled_dot_product_attention", "baddbmm")


def families() -> dict[str, list[str]]:
    """Return the names of each family."""
    found = defaultdict(list)
    for name in timm.list_models():
        source = getattr(timm.models._registry._model_to_module, "get", lambda _: "")(name)  # noqa: SLF001
        found[f"{source}:{'_'.join(SIZES.sub('', word) for word in name.split('_'))}"].append(name)
    return found


def smallest(names: list[str]) -> str:
    """Return the member with the fewest parameters."""
    return min(names, key=lambda name: sum(each.numel() for each in _module(name).parameters()))


def _module(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return timm.create_model(name).eval()


def verdict(name: str) -> tuple[bool, str]:
    """Return whether a network multiplies two volumes, and what keeps it from being said; empty for nothing."""
    module = _module(name)
    channels, height, width = module.default_cfg["input_size"]
    try:
        translator = Translator(module, (channels, height, width))
    except Exception as error:  # noqa: BLE001  torch.export raises what it likes
        return True, f"export: {type(error).__name__}"
    product = any(word in str(node.target) for node in translator.program.graph.nodes for word in PRODUCTS)
    try:
        text = translator.run().text(name, f"{width}x{height}x{channels}")
    except UnknownOperatorError as error:
        return product, str(error)
    except Exception as error:  # noqa: BLE001  a gap of the translation
        return product, f"{type(error).__name__}: {error}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.yaml"
        path.write_text(text, encoding="utf-8")
        errors = [each.message for each in cnncalc.validate(path) if each.severity == "error"]
    return product, errors[0] if errors else ""


def main() -> int:
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    said: Counter[bool] = Counter()
    total: Counter[bool] = Counter()
    for names in families().values():
        name = smallest(names) if len(names) < 9 else names[0]
        product, problem = verdict(name)
        total[product] += len(names)
        said[product] += 0 if problem else len(names)
        print(f"{name} ({len(names)}): {problem or 'said'}", flush=True)
    print(f"without products of two volumes: {said[False]} of {total[False]} networks can be said")
    print(f"with them: {said[True]} of {total[True]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
