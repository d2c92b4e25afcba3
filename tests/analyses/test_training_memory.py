"""Training memory compared with PyTorch's allocations, and its laws."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed, setup

import cnncalc
from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training, with_optimizer
from cnncalc.request.optimizers import OPTIMIZERS
from cnncalc.request.training import Training

SCALARS = 2 * 4  # the loss, and the initial gradient

# Measured on PyTorch 2.13 (eager, CPU, float32, torchvision's networks, 224x224), by storage: the bytes kept for
# backward, the peak of a whole step with sgd, momentum and adam, and the peak of inference (in which 8 bytes of targets for each image
# were held as well).
MEASURED = [
    ("alexnet_owt", 1, 3_103_140, 491_642_864, 736_046_224, 1_222_618_984, 246_339_752),
    ("alexnet_owt", 32, 99_300_356, 603_324_232, 847_727_592, 1_241_284_704, 306_367_904),
    ("resnet18", 1, 21_620_132, 111_305_872, 158_063_920, 234_431_168, 53_821_256),
    ("resnet18", 32, 690_653_700, 779_413_992, 826_172_040, 872_930_336, 271_585_344),
    ("resnet50", 1, 85_523_876, 268_053_912, 370_282_040, 511_956_308, 113_479_760),
    ("resnet50", 32, 2_730_177_028, 2_885_509_872, 2_987_738_000, 3_089_966_772, 455_680_328),
    ("densenet121", 1, 130_097_828, 172_947_128, 204_862_552, 236_779_432, 42_888_304),
    ("densenet121", 32, 4_152_758_020, 4_221_090_832, 4_253_006_256, 4_284_923_136, 372_645_224),
    ("mobilenet_v2", 1, 77_744_036, 100_254_352, 114_273_840, 128_293_960, 25_195_080),
    ("mobilenet_v2", 32, 2_483_579_140, 2_537_978_856, 2_551_998_344, 2_566_018_464, 367_395_648),
    # torchvision's VGG has an average pool from 7x7 to 7x7 that keeps its input, 100,352 bytes per image; the paper's has none
    ("vgg16", 1, 72_732_580 - 141_312, 1_169_566_704, 1_722_996_880, 2_767_753_128, 579_722_408),
    ("vgg16", 32, 2_327_442_436 - 32 * 141_312, 3_433_515_336, 3_986_945_512, 4_540_375_816, 1_394_781_600),
]
DTYPES = ("float16", "float32", "float64")


@pytest.mark.parametrize(("name", "batch", "kept", "sgd", "momentum", "adam", "inference"), MEASURED)
def test_measured(name, batch, kept, sgd, momentum, adam, inference):
    reports = [cnncalc.analyze(name, batch=batch, optimizer=each) for each in ("sgd", "momentum", "adam")]
    assert [report.training_peak for report in reports] == [sgd, momentum, adam]
    assert reports[0].training.activations(batch) == kept
    assert reports[0].eager_peak == inference - 8 * batch
    assert reports[0].inference_peak <= reports[0].eager_peak


def test_the_pool_that_vgg_has_in_torchvision():
    plain = cnncalc.analyze("vgg16").training.kept_per_image
    assert 72_732_580 - plain - 4 == 141_312  # 100,352 for the pool's input, and the rest as it is no longer in place
    assert cnncalc.analyze("vgg16").training.kept_fixed == 4


# Measured on PyTorch 2.13 by the storages of the tensors that autograd saves: CONV3-16 -> BN -> this -> CONV3-16 -> GAP -> FC-10
# on 16x16x8, a batch of 2. `tests/analyses/test_kept_in_torch.py` measures them again where PyTorch is installed.
BETWEEN = {
    "RELU": 65_876,
    "RELU(overwrite=false)": 65_876,
    "RELU6": 98_644,
    "RELU6(overwrite=true)": 98_644,
    "LEAKYRELU": 98_644,
    "LEAKYRELU(overwrite=true)": 65_876,
    "ELU": 98_644,
    "ELU(overwrite=true)": 65_876,
    "SELU": 98_644,
    "SELU(overwrite=true)": 65_876,
    "SIGMOID": 65_876,
    "TANH(overwrite=true)": 65_876,
    "SILU(overwrite=true)": 98_644,
    "HSWISH(overwrite=true)": 98_644,
    "HSIGMOID(overwrite=true)": 98_644,
    "MISH(overwrite=true)": 98_644,
    "GELU(overwrite=true)": 98_644,  # its own kernel in place, torch._C._nn.gelu_
    "PRELU(overwrite=true)": 98_644,  # no kernel in place: as without
    "SOFTMAX(overwrite=true)": 65_876,
    "IN": 98_900,
    "IN(affine=true)": 99_028,
    "DROPOUT(0.3)": 74_068,
    "DROPOUT(0.3, overwrite=true)": 98_644,
    "DROPOUT(0.3, channels=true)": 66_004,
    "DROPOUT(0.3, overwrite=true, channels=true)": 66_004,
    "DROPOUT(0)": 65_876,
}


@pytest.mark.parametrize("text", BETWEEN)
def test_kept_between_two_convolutions(text):
    found = analyzed(f"INPUT[16x16x8] -> CONV3-16(bias=false) -> BN -> {text} -> CONV3-16 -> GAP -> FC-10")
    assert found.training.activations(2) == BETWEEN[text]


def test_the_mask_of_channels_has_the_dtype_of_the_network():
    one, two = (
        analyzed("INPUT[8x8x4] -> CONV1-6 -> DROPOUT(channels=true) -> FC-3", dtype=each) for each in ("float32", "float16")
    )
    plain = [analyzed("INPUT[8x8x4] -> CONV1-6 -> IDENTITY -> FC-3", dtype=each) for each in ("float32", "float16")]
    assert one.training.kept_per_image - plain[0].training.kept_per_image == 4 * 6
    assert two.training.kept_per_image - plain[1].training.kept_per_image == 2 * 6


def test_what_cannot_be_overwritten_keeps_what_it_keeps_anyway():
    """Another layer reads the input of ELU: its output has a volume of its own, and its input is kept."""
    plain, told = (analyzed(f"INPUT[8x8x4] -> CONV3-4 -> {{ {each} | }} -> ADD -> FC-3") for each in ("ELU", "ELU(overwrite=true)"))
    assert plain.training == told.training


def test_the_notes_on_three_volumes():
    """Three 3x3 layers with 64 filters over 224x224: about 10 million activations, 72MB with gradients (truly 73.5 MiB)."""
    report = analyzed("INPUT[224x224x3] -> [CONV3-64]*3")
    volumes = report.totals.values - report.image.values
    assert volumes == 9_633_792
    assert volumes * 2 * 4 == 73.5 * 2**20
    assert report.memory.with_gradients - 2 * report.memory.images == 73.5 * 2**20


@pytest.mark.parametrize("text", NETWORKS)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_nothing_leaks(text, optimizer):
    """Live after the backward pass: parameters, buffers, gradients, state, images, targets, results, and initial gradients."""
    report = analyzed(text)
    for mode in (
        Training(optimizer=optimizer),
        Training(optimizer=optimizer, norm_training=False),
        setup(dtype="float16", optimizer=optimizer),
    ):
        step = training(report.network, mode)
        results = {report.network.graph.outputs[i].at for i in range(len(report.network.graph.outputs))}
        held = sum(report.rows[at].counts.values for at in results) * mode.size
        losses = 4 * (len(report.network.graph.outputs) + 1)
        assert step.left == (step.parameters + step.buffers + step.gradients + step.state + losses, step.batch_per_image + held)


@pytest.mark.parametrize("text", NETWORKS)
def test_the_peak_is_convex_in_the_batch(text):
    step = analyzed(text).training
    peaks = [step.peak(batch).at(batch) for batch in range(1, 60)]
    steps = [after - before for before, after in itertools.pairwise(peaks)]
    assert steps == sorted(steps)
    assert steps[0] > 0


@given(chains(), st.sampled_from(DTYPES), st.sampled_from(sorted(OPTIMIZERS)), st.integers(1, 70))
def test_laws_of_random_networks(text, dtype, optimizer, batch):
    report = analyzed(text)
    mode = setup(dtype=dtype, optimizer=optimizer)
    step = training(report.network, mode)
    result = report.result.values * mode.size
    assert step.left == (step.parameters + step.buffers + step.gradients + step.state + 8, step.batch_per_image + result)
    sizes = step.sizes(batch)
    assert min(sizes) >= step.parameters
    assert step.peak(batch).at(batch) == max(sizes)
    assert step.peak(batch + 1).at(batch + 1) >= max(sizes)
    assert with_optimizer(training(report.network, setup(dtype=dtype)), trainable(report.network), mode) == step


def test_optimizers_by_their_bytes_per_parameter():
    """State: momentum 4 bytes, adam 8 and a counter for each tensor, amsgrad 12; a step of sgd allocates nothing."""
    report = analyzed("INPUT[8x8x3] -> CONV3-4 -> FC-10")
    params, tensors = report.totals.params, 4
    states = {name: training(report.network, Training(optimizer=name)).state for name in OPTIMIZERS}
    assert {name: states[name] for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "lion")} == {
        "sgd": 0, "momentum": 4 * params, "nesterov": 4 * params, "adagrad": 4 * params, "rmsprop": 4 * params, "lion": 4 * params,
    }  # fmt: skip
    assert states["rmsprop_centered"] == 12 * params
    assert states["adam"] == states["adamw"] == 8 * params + 4 * tensors
    assert states["amsgrad"] == 12 * params + 4 * tensors


def test_weight_decay_costs_sgd_a_copy_in_its_step():
    with_, without = (
        cnncalc.analyze("vgg16", optimizer="momentum", weight_decay=decay).training.fixed[-1] for decay in (True, False)
    )
    assert with_ - without == 4 * 138_357_544


def test_freezing():
    """Frozen layers have no gradient and no state; before the first trainable layer there is no backward pass at all."""
    usual, frozen = (
        cnncalc.analyze("vgg16"),
        cnncalc.analyze("vgg16", freeze=[f"conv{stage}_{at}" for stage in (1, 2) for at in (1, 2)]),
    )
    numbers = sum(row.counts.params for row in usual.rows if row.name in {"conv1_1", "conv1_2", "conv2_1", "conv2_2"})
    assert usual.training.gradients - frozen.training.gradients == 4 * numbers
    assert usual.training.state - frozen.training.state == 4 * numbers
    assert frozen.training.parameters == usual.training.parameters
    kept = {frozen.rows[at].name for at in frozen.training.kept}
    assert not {name for name in kept if name.startswith(("conv1", "conv2_1", "pool1"))}
    backward = {
        frozen.rows[at].name for at, phase in zip(frozen.training.nodes, frozen.training.phases, strict=True) if phase == "backward"
    }
    assert "conv3_1" in backward
    assert not {name for name in backward if name.startswith(("conv1", "conv2", "relu1", "relu2", "pool1", "pool2"))}


def test_a_block_is_frozen_by_its_path():
    report = cnncalc.analyze("resnet18", freeze=["conv2_x1"])
    numbers = sum(row.counts.params for row in report.rows if row.name.startswith("conv2_x1/"))
    assert numbers
    assert cnncalc.analyze("resnet18").training.gradients - report.training.gradients == 4 * numbers


def test_freezing_a_name_that_nothing_has():
    with pytest.raises(ValueError, match=r"freeze: no layer or block is named 'conv1_9'; did you mean `conv1_1` or `conv1_2`\?"):
        cnncalc.analyze("vgg16", freeze=["conv1_9"])


def test_eval_mode_keeps_no_masks_and_no_statistics():
    text = "INPUT[8x8x4] -> CONV3-4 -> BN -> DROPOUT -> FC-3"
    report = analyzed(text)
    training_, eval_ = (training(report.network, setup(norm=norm)) for norm in ("training", "eval"))
    assert training_.kept_fixed - eval_.kept_fixed == 8 * 4  # mean and deviation of four channels
    assert training_.kept_per_image - eval_.kept_per_image >= 8 * 8 * 4  # the mask of dropout


def test_half_precision_halves_all_but_indices_statistics_and_the_loss():
    report = analyzed("INPUT[8x8x4] -> CONV3-4 -> POOL2 -> FC-3")
    single, half = (training(report.network, setup(dtype=dtype)) for dtype in ("float32", "float16"))
    assert half.parameters * 2 == single.parameters
    indices, logs = 8 * 4 * 4 * 4, 4 * 3
    assert 2 * (half.kept_per_image - indices - logs) == single.kept_per_image - indices - logs


# Measured on PyTorch 2.14 (CPU) over all storages, with a dispatch mode that adds up what lives after each operator: torch.autocast
# around the forward pass and the loss, the peak with sgd and with two micro-batches; batch 8, the chain of FC 32.
RESIDUAL = "{ CONV3-8(bias=false) -> BN -> RELU -> DWCONV3 | } -> ADD"
AUTOCAST = [
    ("INPUT[16x16x3] -> CONV3-8 -> BN -> RELU -> POOL2 -> CONV3-16 -> BN -> RELU -> GAP -> FC-10", (), 219_384, 225_144),
    ("INPUT[1x1x256] -> [FC-256 -> RELU(overwrite=false)]*2 -> FC-256", (), 1_758_984, 2_218_760),
    ("INPUT[16x16x3] -> CONV3-8 -> SOFTMAX -> CONV3-8 -> GAP -> FC-10", (), 142_120, 145_336),
    ("INPUT[16x16x3] -> CONV3-8 -> GN(2) -> RELU -> CONV3-8 -> GAP -> FC-10", (), 175_080, 178_360),
    (f"INPUT[16x16x3] -> CONV3-8 -> {RESIDUAL} -> GAP -> FC-10", (), 240_048, 243_312),
    ("INPUT[16x16x3] -> { CONV3-8 | CONV1-4 } -> CONCAT -> CONV3-8 -> FC-10", (), 352_752, 429_204),
    ("INPUT[16x16x3] -> CONV3-8 -> a=CONV3-8 -> CONV3-8(share=a) -> GAP -> FC-10", (), 174_872, 178_104),
    ("INPUT[16x16x3] -> a=CONV3-8 -> CONV3-8 -> c=CONV3-8 -> CONV3-8 -> GAP -> FC-10", ("a", "c"), 201_896, 206_568),
]

# Layers that are not in 16 bits throughout, within a network, and networks that begin with another layer than a product: as above.
WITHIN = "INPUT[16x16x3] -> CONV3-8 -> {} -> CONV3-8 -> GAP -> FC-10"
MIXED = [
    ("LAYERSCALE", 305_992, 306_920, 160_888),
    ("AFFINE(scale=false)", 173_240, 176_864, 160_888),
    ("RELU -> SCALE(2)", 174_872, 178_104, 126_920),
    ("LRN", 633_640, 634_536, 274_376),
    ("PRELU", 174_952, 178_184, 95_368),
    ("PAD(1, mode=reflect)", 273_560, 277_152, 209_864),
    ("PAD(1, mode=replicate)", 273_560, 277_152, 209_864),
    ("UPSAMPLE2", 437_016, 440_248, 291_928),
    ("TABLE", 181_400, 193_184, 169_048),
    ("RMSNORM(scale=false)", 437_032, 437_928, 266_184),
    ("LN", 191_320, 194_616, 110_600),
    ("IN(affine=true)", 175_704, 179_000, 95_384),
    ("GN(2)", 175_064, 178_360, 95_384),
    ("{ LAYERSCALE | } -> ADD", 338_760, 339_688, 192_488),
    ("{ CONV3-8 -> LAYERSCALE | } -> ADD", 375_016, 378_280, 195_992),
    ("{ LAYERSCALE | } -> MUL", 371_528, 372_456, 192_488),
    ("{ LAYERSCALE | CONV1-4 } -> CONCAT", 374_120, 375_048, 275_776),
    ("LAYERSCALE -> RELU", 305_992, 306_920, 192_488),
    ("CONV3-8(standardize=true)", 178_424, 183_992, 99_960),
    ("ABS -> SOFTPLUS -> GELU", 240_408, 243_640, 126_920),
    ("{ | GAP -> FC-8 -> SIGMOID } -> MUL", 175_688, 179_064, 95_752),
    ("INPUT[16x16x3] -> BN -> CONV3-8 -> GAP -> FC-10", 96_056, 97_336, 95_968),
    ("INPUT[16x16x3] -> RELU(overwrite=false) -> CONV3-8 -> GAP -> FC-10", 95_976, 97_232, 95_912),
    ("INPUT[16x16x3] -> POOL2 -> CONV3-8 -> GAP -> FC-10", 44_328, 45_584, 44_264),
    ("INPUT[16x16x3] -> { CONV3-8 -> BN | CONV1-8 } -> ADD -> RELU -> GAP -> FC-10", 182_880, 183_968, 124_912),
    ("INPUT[16x16x3] -> CONV3-8 -> LAYERSCALE -> GAP", 300_696, 301_624, 124_256),
    ("INPUT[16x16x3] -> CONV3-8 -> DECONV2-8/2 -> MEAN(space) -> FC-10", 237_848, 239_800, 191_704),
    ("INPUT[16x16x3] -> CONV3-8 -> LAYERSCALE -> FC-10", 464_520, 465_448, 247_356),
    (
        "INPUT[16x16x3] -> CONV3-8 -> BN -> RELU(overwrite=true) -> POOL2 -> CONV3-16 -> BN -> RELU(overwrite=true) -> GAP -> FC-10",
        219_384,
        225_144,
        105_400,
    ),
]


@pytest.mark.parametrize("text, wanted, several, inference", MIXED)
def test_mixed_precision_measured(text, wanted, several, inference):
    text = text if text.startswith("INPUT") else WITHIN.format(text)
    options = {"batch": 8, "optimizer": "sgd", "autocast": "bfloat16"}
    assert [analyzed(text, accumulate=each, **options).training_peak for each in (1, 2)] == [wanted, several]


@pytest.mark.parametrize("text, freeze, wanted, several", AUTOCAST)
def test_autocast_measured(text, freeze, wanted, several):
    batch = 32 if "1x1x256" in text else 8
    options = {"batch": batch, "optimizer": "sgd", "autocast": "bfloat16", "freeze": freeze}
    peaks = [analyzed(text, accumulate=each, **options).training_peak for each in (1, 2)]
    assert peaks == [wanted, several]


# Whole networks of torchvision under torch.autocast on the CPU (PyTorch 2.13), with sgd, momentum and adam. Statistics of batch norms
# had 16 bits there; in PyTorch 2.14 they have 32.
NETWORKS_IN_16_BITS = [
    ("densenet121", 8, 585_005_568, 616_920_992, 648_837_872, 2 * 83_648),
    ("densenet121", 32, 2_187_419_152, 2_219_334_576, 2_251_251_456, 2 * 83_648),
    ("mobilenet_v2", 8, 343_946_968, 357_966_456, 371_986_576, 4 * 17_056),
    ("resnet50", 32, 1_589_941_104, 1_692_169_232, 1_794_398_004, 4 * 26_560),
    ("vgg16", 32, 2_670_265_544 - 32 * 50_176, 3_223_695_720 - 32 * 50_176, 3_777_126_024 - 32 * 50_176, 0),
]


@pytest.mark.parametrize("name, batch, sgd, momentum, adam, statistics", NETWORKS_IN_16_BITS)
def test_autocast_of_whole_networks(name, batch, sgd, momentum, adam, statistics):
    peaks = [
        cnncalc.analyze(name, batch=batch, optimizer=each, autocast="bfloat16").training_peak
        for each in ("sgd", "momentum", "adam")
    ]
    assert [peak - statistics for peak in peaks] == [sgd, momentum, adam]


@given(chains(), st.integers(1, 3), st.sampled_from(["sgd", "adam"]), st.sampled_from(["", "root"]))
def test_nothing_leaks_under_autocast(text, accumulate, optimizer, checkpoint):
    report = analyzed(text)
    step = report.at(autocast="bfloat16", accumulate=accumulate, optimizer=optimizer, checkpoint=checkpoint).training
    held = step.parameters + step.buffers + step.gradients + step.state
    assert step.left == (held + 2 * 4, step.batch_per_image + 2 * report.result.values)


VOLUME = 16 * 16 * 8 * 2  # bytes of a volume of 16 bits
ON_CUDA = {  # bytes kept on CUDA beyond those of the CPU's list, by the operator lists of PyTorch 2.14
    "RELU": 0,
    "SOFTMAX": 2 * VOLUME,  # its output in float32, and the copy of 16 bits that the next convolution reads
    "LN": VOLUME,  # a float32 copy of its input
    "UPSAMPLE2": 0,  # only its output is larger, and the next convolution keeps a copy
    "RMSNORM": 0,  # on the CPU it computes with float32 as well
}


@pytest.mark.parametrize("layer", ON_CUDA)
def test_autocast_on_cuda(layer):
    text = WITHIN.format(layer)
    cpu, cuda = (analyzed(text, autocast="bfloat16", autocast_on=each).training for each in ("cpu", "cuda"))
    assert cuda.kept_per_image - cpu.kept_per_image == ON_CUDA[layer]


def test_autocast_keeps_parameters_and_adds_copies_of_them():
    report = cnncalc.analyze("vgg16", autocast="bfloat16")
    usual = cnncalc.analyze("vgg16")
    assert (report.training.parameters, report.training.gradients, report.training.state) == (
        usual.training.parameters, usual.training.gradients, usual.training.state,
    )  # fmt: skip
    assert report.training.fixed[0] == usual.training.fixed[0]  # none before its first use
    last = report.training.phases.index("loss")
    assert report.training.fixed[last] - usual.training.fixed[last] == 2 * usual.totals.params
    assert report.training.kept_per_image < 0.6 * usual.training.kept_per_image


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "adm"}, "optimizer is one of .*, not 'adm'; did you mean `adam`?"),
        ({"autocast": "fp16"}, "autocast is one of float16, bfloat16, not 'fp16'"),
        (
            {"autocast": "bfloat16", "dtype": "float16"},
            "autocast keeps float32 parameters and cannot be combined with dtype float16",
        ),
        ({"norm": "evil"}, "norm is one of training, eval, not 'evil'"),
        ({"checkpoint": "0"}, "checkpoint is auto, root or a number of segments, not '0'"),
        ({"schedule": "bst"}, "schedule is one of spec, best, not 'bst'"),
        ({"augmented": -1}, r"augmented is a number of copies from 0 to 10\^18, not -1"),
        ({"batch": 0}, r"batch is an integer from 1 to 10\^18, not 0"),
        ({"batch": 1.5}, r"batch is an integer from 1 to 10\^18, not 1.5"),
    ],
)
def test_bad_options(given, message):
    with pytest.raises(ValueError, match=message):
        cnncalc.analyze("lenet5", **given)


def test_numbers_beyond_64_bits_stay_exact():
    report = analyzed("INPUT[1000000000x1000000000x1] -> CONV1-1 -> RELU", batch=10**9)
    assert report.inference_peak == 4 * 2 + 2 * 4 * 10**27
    assert report.training_peak % 10 == report.to_dict()["memory"]["training"]["peak"] % 10
    assert report.training_peak > 2**63


def test_shared_weights_have_one_gradient_and_a_second_one_in_passing():
    """The backward pass reaches the sharing layer first: its gradient is kept, and the owner's is added to it."""
    report = analyzed("INPUT[8x8x4] -> a=CONV3-4(bias=false) -> b=CONV3-4(share=a, bias=false)")
    step, gradient = report.training, 144 * 4
    held = step.parameters + step.state
    backward = {moment.node: moment.fixed for moment in step.moments if moment.phase == "backward"}
    assert backward[2] - held == gradient + SCALARS
    assert backward[1] - held == 2 * gradient + SCALARS
    assert step.left[0] == held + step.gradients + SCALARS
    assert step.gradients == gradient


@pytest.mark.parametrize("text, wanted", [("CONV1-2 -> FC-3", 4), ("CONV1-2 -> { | GAP -> OUTPUT } -> FC-3", 8)])
def test_each_loss_keeps_the_number_that_divides_it(text, wanted):
    """A float32 number for each output, whatever the batch."""
    assert training(analyzed(f"INPUT[4x4x2] -> {text}").network, setup()).kept_fixed == wanted


@pytest.mark.parametrize("accumulate, wanted", [(1, 1_677_576), (2, 2_039_048), (5, 2_039_048)])
def test_accumulated_gradients_measured(accumulate, wanted):
    """Measured on PyTorch 2.14 (CPU) over all storages, with a dispatch mode: three FC-256, a batch of 32, sgd, second micro-batch."""
    text = "INPUT[1x1x256] -> [FC-256 -> RELU(overwrite=false)]*2 -> FC-256"
    assert analyzed(text, batch=32, optimizer="sgd", accumulate=accumulate).training_peak == wanted


def test_sums_of_shared_gradients():
    """Beside the sum lives the gradient of the sharing layer, until the owner's is added and both join the sum."""
    report = analyzed("INPUT[8x8x4] -> a=CONV3-4(bias=false) -> b=CONV3-4(share=a, bias=false)", accumulate=2)
    step, gradient = report.training, 144 * 4
    held = step.parameters + step.state + gradient
    backward = {moment.node: moment.fixed for moment in step.moments if moment.phase == "backward"}
    assert backward[2] - held == gradient + SCALARS
    assert backward[1] - held == 2 * gradient + SCALARS
    assert step.left[0] == held + SCALARS


@given(chains(), st.integers(1, 40))
def test_accumulated_gradients_cost_at_most_all_gradients_and_leave_the_same(text, batch):
    one, several = (analyzed(text, accumulate=each).training for each in (1, 3))
    assert one.left == several.left
    assert 0 <= several.peak(batch).at(batch) - one.peak(batch).at(batch) <= one.gradients
    assert (one.kept_fixed, one.kept_per_image) == (several.kept_fixed, several.kept_per_image)


# The peak of a step with SGD of timm's vision transformers, by storage, measured with PyTorch 2.14 (a CPU, fused attention): one or two
# blocks, 64 tokens and one for the class, depth 64, 4 heads, and MLPs of 4, 32 and 128 units; and the layer of the peak.
TRANSFORMERS = [
    (4, 1, 2, 1, 629_512, "block1/attention1"),
    (4, 2, 2, 1, 973_976, "block2/attention1"),
    (4, 1, 8, 1, 2_037_800, "ln1"),
    (4, 1, 2, 2, 753_000, "ln1"),
    (4, 2, 8, 2, 3_412_568, "ln1"),
    (32, 1, 2, 1, 659_848, "ln1"),
    (32, 2, 32, 1, 13_147_480, "ln1"),
    (128, 1, 2, 1, 841_208, "block1/conv2"),
    (128, 2, 8, 1, 4_394_456, "block2/conv2"),
]


TRANSFORMER = """
input: 64x64x3
pattern: CONV8-64/8(padding=0) -> RESHAPE(tokens) -> TOKEN -> TABLE -> [BLOCK]*{1} -> LN -> CROP(size=1, offset=0) -> FC-10
blocks:
  BLOCK: "{{ LN -> ATTENTION(4) | }} -> ADD -> {{ LN -> CONV1-{0} -> GELU -> CONV1-64 | }} -> ADD"
"""


def transformer(units, blocks, **settings):
    return analyzed(TRANSFORMER.format(units, blocks), optimizer="sgd", **settings)


@pytest.mark.parametrize("units, blocks, batch, accumulate, peak, where", TRANSFORMERS)
def test_measured_transformers(units, blocks, batch, accumulate, peak, where):
    report = transformer(units, blocks, accumulate=accumulate)
    found = report.training.peak(batch)
    assert (found.at(batch), report.rows[found.node].name) == (peak, where)


def test_the_phases_of_attention():
    """The same networks: bytes behind the projection, the products, the stack of q, k and v, and their projection."""
    report = transformer(32, 2)
    moments = [
        each.at(2)
        for each in report.training.moments
        if each.phase == "backward" and report.rows[each.node].name == "block2/attention1"
    ]
    assert moments == [946_600, 1_046_440, 977_800, 961_160]
