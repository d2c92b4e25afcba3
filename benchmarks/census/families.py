"""The share of timm's networks that can be said: one member of each family through the translation and the inference of shapes.

    python -m benchmarks.census.families                              all families
    python -m benchmarks.census.families --without-products           leaves out the sources that are transformers throughout
    python -m benchmarks.census.families resnet dla:                  families whose names contain one of these
    python -m benchmarks.census.families --results said.jsonl         a line for each family; families in the file are not run again
    python -m benchmarks.census.families --results said.jsonl --again the families of the file that could not be said

A family is a source file and a name without its digits and its words for a size; its member counts for all of it. Networks with
products of two volumes or attention are counted apart.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import timm
import torch

import cnncalc
from benchmarks.census.translate import Translator, UnknownOperatorError

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZES = re.compile(
    r"(nano|atto|femto|pico|micro|tiny|mini|small|medium|base|large|xlarge|huge|giant|gigantic|xxs|xs|xl|xxl|\d+(px|gf|mf|m|k|d|w|x|s|t)?)"
)
PRODUCTS = ("matmul", "bmm", "einsum", "scaled_dot_product_attention", "baddbmm")
TRANSFORMERS = frozenset(
    """beit cait coat convit crossvit csatv2 davit deepseek_vit deit eva gcvit gemma4_vit hiera hieradet_sam2 levit mvitv2
    naflexvit nest pit pvt_v2 qwen3_vit swin_transformer swin_transformer_v2 swin_transformer_v2_cr tiny_vit tnt twins
    vision_transformer
    vision_transformer_hybrid vision_transformer_relpos vision_transformer_sam visformer volo xcit""".split()  # noqa: SIM905
)


class Verdict(NamedTuple):
    """What one family comes to. `product` is whether it multiplies two volumes; `problem` is empty where it can be said."""

    family: str
    name: str
    models: int
    product: bool
    problem: str


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


def known(results: Path | None) -> dict[str, Verdict]:
    """Return the verdicts of a file, the last one of each family."""
    if results is None or not results.exists():
        return {}
    lines = [Verdict(**json.loads(line)) for line in results.read_text(encoding="utf-8").splitlines()]
    return {each.family: each for each in lines}


def report(verdicts: Iterable[Verdict]) -> None:
    """Print the shares, by families and by models."""
    found = list(verdicts)
    for product, title in ((False, "without products of two volumes"), (True, "with them")):
        these = [each for each in found if each.product == product]
        said = [each for each in these if not each.problem]
        print(
            f"{title}: {len(said)} of {len(these)} families, {sum(each.models for each in said)} of "
            f"{sum(each.models for each in these)} networks can be said"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of the names of families, such as `resnet` or `dla:`")
    parser.add_argument("--without-products", action="store_true", help="leave out sources that are transformers throughout")
    parser.add_argument("--results", type=Path, help="a file that gets a line for each family")
    parser.add_argument("--again", action="store_true", help="run the families of the file that could not be said")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    done = known(asked.results)
    for family, names in families().items():
        if family in done and not (asked.again and done[family].problem):
            continue
        if asked.words and not any(word in family for word in asked.words):
            continue
        if asked.again and family not in done:
            continue
        if asked.without_products and family.split(":")[0] in TRANSFORMERS:
            continue
        name = smallest(names) if len(names) < 9 else names[0]
        found = Verdict(family, name, len(names), *verdict(name))
        done[family] = found
        print(f"{name} ({len(names)}): {found.problem or 'said'}", flush=True)
        if asked.results is not None:
            with asked.results.open("a", encoding="utf-8") as file:
                file.write(json.dumps(found._asdict()) + "\n")
    report(done.values())
    return 0


if __name__ == "__main__":
    sys.exit(main())
