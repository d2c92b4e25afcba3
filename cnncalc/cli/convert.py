"""`cnncalc convert`: a spec rewritten: FC layers as convolutions, pools as convolutions, or every layer written out."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from cnncalc.cli.arguments import Named, asked, check_paths, located, requested

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO, Unpack

    from cnncalc.request.options import Given
    from cnncalc.tasks.convert import Converted, ConvertOptions


def _own_forms() -> list[str]:
    """Return the forms that cnncalc itself writes."""
    from cnncalc.formats.find import writers  # few conversions write another form

    return ["layers", *writers()]


def _added_forms() -> Sequence[str]:
    from cnncalc.formats.find import added_writers  # for a name unknown to cnncalc

    return added_writers()


FORM = Named(lambda name: name in _own_forms(), _own_forms, _added_forms)


@click.command("convert", short_help="Rewrite a spec: fc to conv, pools to conv, explicit layers.")
@click.argument("spec")
@click.option("--fc-to-conv", is_flag=True, help="Every FC becomes the CONV of the same function: the network slides.")
@click.option("--pool-to-conv", is_flag=True, help="Every pool becomes a CONV and a RELU: the all-convolutional net.")
@click.option("--conv-to-fc", metavar="LAYER", default="", help="One CONV becomes the FC of the same function, for small layers.")
@click.option("--to", "form", type=FORM, help="Write every layer out: in the `layers` form, or in another format.")
@requested(input={"help": "Another input size: 384x384x3. FC layers are converted at the spec's own size."})
@click.option("-o", "--output", metavar="FILE", help="Where to write the spec; stdout unless given.")
@click.option(
    "--weights",
    metavar="FILE.npz|NAME=VALUES",
    multiple=True,
    help='Arrays to convert as well, `<layer>/weight`, from a file or typed, conv1="1 2 3".',
)
@click.option("--weights-out", metavar="FILE.npz", help="Where to write the arrays; beside -o unless given.")
def command(
    spec: str,
    fc_to_conv: bool,  # noqa: FBT001  click passes flags so
    pool_to_conv: bool,  # noqa: FBT001
    conv_to_fc: str,
    form: str | None,
    output: str | None,
    weights: tuple[str, ...],
    weights_out: str | None,
    **given: Unpack[Given],
) -> int:
    """Rewrite SPEC as another spec, and say what changed.

    Example: cnncalc convert vgg16 --fc-to-conv --input 384x384x3 -o sliding.yaml
    """
    from cnncalc.cli.output import note, remind
    from cnncalc.tasks.convert import ConvertOptions, convert
    from cnncalc.text.diagnostic import Findings

    if not (fc_to_conv or pool_to_conv or conv_to_fc or form):
        raise click.UsageError("say what to convert: --fc-to-conv, --pool-to-conv, --conv-to-fc LAYER or --to layers")
    files, typed = _split(weights)
    arrays_to = _weights_path(output, files, typed, weights_out, form)
    written = arrays_to or None
    check_paths({"-o": output, "the file of the converted arrays": written}, {f"--weights {path}": path for path in files})
    check_paths({"the file of the converted arrays": written}, {"SPEC": spec})  # -o may replace the spec itself
    size = asked(**given).input
    folder = os.path.dirname(output) or "." if output else ""  # noqa: PTH120
    options = ConvertOptions(fc_to_conv, pool_to_conv, conv_to_fc, form or "", size, folder, () if arrays_to else typed)
    found = located(spec)
    result = convert(found, options, findings := Findings())
    told = _write(result, output, weights, arrays_to)
    for line in (*_notes(options, result), *told, *([f"wrote {output}"] if output else [])):
        note(line)
    remind(findings, spec)
    return 0


def _write(result: Converted, output: str | None, weights: tuple[str, ...], arrays_to: str) -> tuple[str, ...]:
    """Write the spec to its file or to stdout, and the arrays: all of them or nothing. Return the notes on the arrays."""
    content = result.text
    data = content.encode() if isinstance(content, str) else content
    files: list[tuple[str, Callable[[BinaryIO], object]]] = []
    told: tuple[str, ...] = ()
    if arrays_to:
        save, told = _arrays(weights, arrays_to, result)
        files.append((arrays_to, save))
    if output:
        files.append((output, lambda file: file.write(data)))
    if files:
        from cnncalc.workspace.files import replace_all

        replace_all(files)
    if not output and isinstance(content, str):
        from cnncalc.cli.output import say_file

        say_file(content.removesuffix("\n"))
    elif not output:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
    return told


def _split(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files and the typed arrays of `--weights`."""
    if not words:
        return (), ()
    from cnncalc.forward.given_weights import is_file  # numpy, where there are arrays

    files = tuple(word for word in words if is_file(word))
    return files, tuple(word for word in words if word not in files)


def _weights_path(
    output: str | None, files: tuple[str, ...], typed: tuple[str, ...], weights_out: str | None, form: str | None
) -> str:
    """Return the path of the converted arrays; empty where there are none, or where the written spec carries them."""
    if weights_out and not (files or typed):
        raise click.UsageError("--weights-out needs --weights")
    if files and not weights_out and not output:
        raise click.UsageError("--weights needs --weights-out, or -o to write them beside it")
    if typed and form not in {None, "layers"} and not weights_out:
        raise click.UsageError(f"--weights: a file in the form {form} carries no typed arrays; --weights-out writes them")
    if weights_out or not files:
        return weights_out or ""
    return os.path.splitext(output or "")[0] + ".npz"  # noqa: PTH122


def _arrays(words: tuple[str, ...], path: str, result: Converted) -> tuple[Callable[[BinaryIO], object], tuple[str, ...]]:
    """Convert the arrays; return the function that writes them, and the notes."""
    from cnncalc.forward import given_weights
    from cnncalc.transforms import weights as arrays  # numpy, where there are arrays

    own = result.own
    said = given_weights.given(own, words)
    typed = given_weights.arrays(own, said, "float32")
    wanted = [each._replace(optional=each.optional or each.name in typed) for each in arrays.stored(own, result.needed)]
    before = {**arrays.load(said.file, wanted), **typed} if said.file else arrays.complete(typed, wanted)
    after = before
    for stage in result.stages:
        after = arrays.converted(after, stage.before, stage.changes)
    changed = arrays.summary(before, after)
    notes = (f"arrays: {changed}" if changed else "arrays: unchanged", f"wrote {path}")
    return lambda file: arrays.save(file, after), notes


def _notes(options: ConvertOptions, result: Converted) -> list[str]:
    """Return the changes layer by layer, and their consequences."""
    from cnncalc.cli import _conversion as words

    lines = [line for stage in result.stages for line in words.changes(stage.before, stage.changes)]
    if options.fc_to_conv:
        lines += words.sliding(result)
    if result.reason:
        lines.append(f"written in the `layers` form: {result.reason}")
    if result.dropped:
        lines.append(f"left out of `expect` because it no longer holds: {'; '.join(result.dropped)}")
    return lines
