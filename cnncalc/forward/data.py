"""The input of a forward pass: a random batch, an image, or an array from a file. Files are untrusted: pickles are refused."""

from __future__ import annotations

import warnings
import zlib
from typing import TYPE_CHECKING

import numpy as np

from cnncalc.forward import codes
from cnncalc.forward.typed_arrays import images, images_typed
from cnncalc.forward.typed_values import is_typed, typed, values
from cnncalc.kernels.npy import check_file, header
from cnncalc.named_tuple import NamedTuple
from cnncalc.text.diagnostic import Diagnostic, SpecError

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

    from cnncalc.forward.losses import Classes
    from cnncalc.graph.graph import Network
    from cnncalc.kernels.arrays import Array
    from cnncalc.maths.volume import Volume
    from cnncalc.text.source import Excerpt

MARGIN = (8, 7)
"""Images are resized to 8/7 of the input (256 for 224) before the centre crop, as in the usual evaluation of networks."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Mean and deviation of ImageNet's red, green and blue values between 0 and 1.

Source: torchvision, "Models and pre-trained weights".
"""
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # Pillow's names of grey, colour, and colour with transparency


def shape_of(volume: Volume, batch: int) -> tuple[int, ...]:
    """Return the shape of a batch: N x (time x) height x width x depth."""
    return (batch, *reversed(volume.size), volume.depth)


def random_batch(volume: Volume, batch: int, seed: int, dtype: str, stream_name: str = "input") -> Array:
    """Return normally distributed values of mean 0 and variance 1, like those of a standardized image."""
    stream = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(stream_name.encode()),))
    numbers = np.random.Generator(np.random.SFC64(stream)).standard_normal(shape_of(volume, batch), dtype=np.float32)
    return numbers.astype(dtype, copy=False)


def random_classes(network: Network, batch: int, seed: int) -> list[Classes]:
    """Return a class for each position of each output: N x positions."""
    rng = np.random.default_rng([seed, zlib.crc32(b"classes")])
    volumes = [network.typed[output.at].output for output in network.outputs]
    return [rng.integers(0, volume.depth, (batch, volume.values // volume.depth)) for volume in volumes]


class Place(NamedTuple):
    """Where an array comes from, and what it is for, in the words of a message."""

    option: str
    takes: str


ARRAY = Place("--array", "the network takes")
GRADIENT = Place("--gradient", "the output is")


def read_array(path: str | Excerpt, volume: Volume, dtype: str, most: int | None = None, place: Place = ARRAY) -> Array:
    """Return the array of an .npy file: N x (time x) height x width x depth, or one image without N; or typed values.

    The values of a spec are an excerpt of it. Shape and type are checked before the numbers are read, of the first `most` images.
    Raises SpecError.
    """
    if not isinstance(path, str):
        return images(values(path), volume, dtype)[:most]
    if is_typed(path):
        return images(typed(path, place.option), volume, dtype)[:most]
    array = _mapped(path, place)
    single, wanted = shape_of(volume, 1)[1:], f"N x {' x '.join(map(str, shape_of(volume, 1)[1:]))}"
    if array.shape != single and (array.shape[1:] != single or not array.shape[0]):
        hint = _turned(array.shape, single)
        raise _unusable(path, f"its shape is {array.shape}, {place.takes} {wanted}", hint)
    if array.dtype.kind not in "fiu":
        raise _unusable(path, f"it holds {array.dtype}, not numbers")
    array = array.reshape((-1, *single))[:most]
    with np.errstate(over="ignore"):  # infinity is refused below
        numbers = np.array(array, dtype=dtype)
    if not np.isfinite(numbers).all():
        large = np.isfinite(array).all()
        what = f"values beyond the largest {dtype}" if large else "NaN or infinite values"
        hints = ("--dtype float64 holds them",) if large and dtype != "float64" else ()
        raise SpecError([Diagnostic(codes.NOT_NUMBERS, "error", f"{path} holds {what}", hints=hints)])
    return numbers


def images_in(path: str | Excerpt, volume: Volume, place: Place = ARRAY) -> int:
    """Return the number of images in an .npy file, from its header, or in typed values; 1 for what `read_array` refuses."""
    if not isinstance(path, str):
        return images_typed(values(path), volume)
    if is_typed(path):
        return images_typed(typed(path, place.option), volume)
    shape = _mapped(path, place).shape
    return max(1, shape[0]) if len(shape) == volume.rank + 2 else 1


def _mapped(path: str, place: Place) -> npt.NDArray[np.generic]:
    """Return the array of an .npy file, whose numbers are not read yet. Raises SpecError."""
    array: npt.NDArray[np.generic] | np.lib.npyio.NpzFile
    try:
        check_file(path)
        with open(path, "rb") as file:  # noqa: PTH123
            if file.read(2) == b"\x93N":  # others are archives, or no arrays
                file.seek(0)
                header(file)
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise _unusable(path, _reason(error)) from None
    if not isinstance(array, np.ndarray):
        array.close()
        raise _unusable(path, f"it is an .npz file of several arrays; {place.option} takes one .npy file")
    return array


def _turned(shape: tuple[int, ...], single: tuple[int, ...]) -> str:
    """Return the hint for an array with the depth first; empty for other arrays."""
    if shape[-len(single) :] == (single[-1], *single[:-1]):
        return f"the depth is first; np.moveaxis(array, {-len(single)}, -1) puts it last"
    return ""


def read_image(path: str, volume: Volume, dtype: str) -> Array:
    """Return an image as 1 x height x width x depth: resized, centre-cropped, standardized (docs/verify.md).

    Raises SpecError for an unreadable image, without Pillow, and for networks whose input is not an image.
    """
    if volume.rank != 2 or volume.depth not in MODES:
        raise _unusable(path, f"the network takes {volume.text}, which is not an image of 1, 3 or 4 channels")
    pixels = np.asarray(middle(_decoded(path, volume), volume), dtype=np.float32).copy()
    pixels /= 255
    if volume.depth == len(MEAN):
        pixels -= np.array(MEAN, dtype=np.float32)
        pixels /= np.array(DEVIATION, dtype=np.float32)
    return pixels.reshape(shape_of(volume, 1)).astype(dtype, copy=False)


def _decoded(path: str, volume: Volume) -> Image:
    """Return the whole picture, with the number of channels of the network's input."""
    try:
        from PIL import Image as Pillow  # an extra
    except ModuleNotFoundError:
        hint = "pip install pillow, or give the pixels with --array"
        raise _unusable(path, "reading images needs Pillow, which is not installed", hint) from None
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Pillow only warns of decompression bombs
        try:
            check_file(path)
            with Pillow.open(path) as image:
                return image.convert(MODES[volume.depth])
        except Exception as error:  # noqa: BLE001  decoders raise any exception for a hostile file
            raise _unusable(path, _reason(error)) from None


def middle(image: Image, volume: Volume) -> Image:
    """Return the centre crop of an image, after resizing it to cover 8/7 of the input with its proportions kept."""
    from PIL import Image as Pillow  # an extra

    wide, narrow = MARGIN
    scale = max(-(-side * wide // narrow) / have for side, have in zip(volume.size, image.size, strict=True))
    width, height = (max(side, round(have * scale)) for side, have in zip(volume.size, image.size, strict=True))
    left, top = (width - volume.size[0]) // 2, (height - volume.size[1]) // 2
    resized = image.resize((width, height), Pillow.Resampling.BILINEAR)
    return resized.crop((left, top, left + volume.size[0], top + volume.size[1]))


def _reason(error: BaseException) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return " ".join(str(reason).split())[:200]


def _unusable(path: str, reason: str, hint: str = "") -> SpecError:
    return SpecError([Diagnostic(codes.DATA, "error", f"{path} cannot be used: {reason}", hints=(hint,) if hint else ())])
