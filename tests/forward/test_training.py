"""Training steps on real arrays: live bytes against the predicted timeline, losses, and the steps of optimizers."""

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_cases import NETWORKS, chains
from support import analyzed

from cnncalc.analyses.trainable import trainable
from cnncalc.analyses.training_memory import training
from cnncalc.forward import proof, weights
from cnncalc.forward.data import random_batch, random_classes
from cnncalc.forward.live import Live
from cnncalc.forward.losses import LOSSES
from cnncalc.forward.training import Plan, Trainer
from cnncalc.forward.updates import UPDATES, Step
from cnncalc.pipeline import report
from cnncalc.request.optimizers import OPTIMIZERS, optimizer_memory
from cnncalc.request.request import request
from cnncalc.workspace.find import find

WEAVES = {
    "INPUT[8x8x4] -> a=CONV3-4 -> b=RMSNORM -> {RMSNORM(volume) | } -> ADD -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-4 -> b=CONV3-4(standardize=true) -> RELU -> CONV3-4(standardize=true, share=b) -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-4 -> b=BN -> RELU -> CONV3-4(share=a) -> BN(share=b) -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-6 -> b=CONV3-6 -> DECONV(share=a, transpose=true, bias=false) -> CONV3-6(share=a) -> FC-3": ("b",),
    "INPUT[8x4] -> a=FC-6 -> b=AFFINE -> RELU -> FC(share=a, transpose=true, bias=false) -> FC-3": ("b",),
    "INPUT[8x8x4] -> a=CONV3-4 -> {b=GAP | c=CONV1-1} -> SUB -> FC-3": ("a", "c"),
    "INPUT[16x8] -> a=CONV1-8 -> {b=CONV1-8 | c=CONV1-8} -> MATMUL(transpose_b=true) -> SOFTMAX -> FC-3": ("a", "b", "c"),
    "INPUT[8x8x4x2] -> a=CONV3-4 -> b=LN -> GELU -> {CONV3-4 | | c=CONV1-4} -> MAXIMUM -> DECONV2-4/2 -> FC-3": ("a", "b", "c"),
    "INPUT[16x8] -> a=LN -> {b=ATTENTION(heads=4) | } -> ADD -> MEAN(space) -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-4 -> {MEAN(depth) | MAX(depth)} -> CONCAT -> b=CONV3-1 -> SIGMOID -> MUL(a) -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-4 -> b=BN -> {SLICE(0, depth=2) | SLICE(1, depth=2)} -> CONCAT -> FC-3": ("a", "b"),
    "INPUT[8x8x4] -> a=CONV3-4 -> {b=FC-3 -> OUTPUT | FC-5 -> OUTPUT | c=CONV1-2} -> GAP": ("a", "b", "c"),
    "INPUT[8x8x4] -> RELU -> a=CONV3-4 -> b=PRELU -> {PRELU | LAYERSCALE} -> ADD -> STOCHDEPTH(0.5) -> FC-3": ("a", "b"),
    "inputs: {x: 8x8x4, y: 1x1x4}\npattern: '{INPUT(x) -> a=CONV3-4 | INPUT(y)} -> MUL -> b=CONV3-4 -> RELU -> FC-3'": ("a", "b"),
    "inputs: {x: 8x8x4, y: 8x8x4}\npattern: '{INPUT(x) -> a=CONV3-4 | INPUT(y) -> b=RMSNORM} -> ADD -> FC-3'": ("a", "b"),
    **{
        f"INPUT[8x8x4] -> a=CONV3-4 -> {{b=CONV3-1 | c=GAP | d=CONV1-4}} -> {kind} -> FC-3": ("a", "b", "c", "d")
        for kind in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
    },
}
"""Networks of shared, spread and joined volumes, and the layers that may be frozen."""
SMALL = "INPUT[8x8x3] -> CONV3-4 -> RELU -> POOL2 -> FC-5"


def plan_of(told, loss="softmax", rate=0.01, decay=None):
    decay = (0.0005 if told.setup.weight_decay else 0.0) if decay is None else decay
    return Plan(told.setup, LOSSES[loss], rate, decay, 0)


def taught(text, steps=1, loss="softmax", rate=0.01, dtype="float32", **options):
    """Return the report of a text, its last training steps, and the predicted bytes without scratch."""
    told = analyzed(text, dtype=dtype, **options)
    network, plan = told.network, plan_of(told, loss, rate)
    learns = trainable(network, plan.setup.frozen)
    trainer = Trainer(network, weights.drawn(network, 0, dtype), learns, plan)
    images = [random_batch(volume, told.batch, at, dtype) for at, volume in enumerate(told.inputs.values())]
    classes = random_classes(network, told.batch, 0)
    found = [trainer.step(images, classes) for _ in range(steps)]
    return told, found, training(network, plan.setup, (), learns, scratch=False).sizes(told.batch)


class TestLive:
    def test_counts_memory_until_it_is_freed(self):
        live = Live()
        first, second = np.zeros(10), np.zeros((3, 4), np.float32)
        live.track(first, second, first)
        assert live.bytes == 80 + 48
        del first
        assert live.bytes == 48

    def test_a_view_holds_the_whole(self):
        live = Live()
        array = np.zeros((4, 4))
        part = array[:1]
        live.track(array, part)
        del array
        assert live.bytes == 128
        del part
        assert live.bytes == 0


class TestMemory:
    @pytest.mark.parametrize("network", NETWORKS)
    @pytest.mark.parametrize("batch", [1, 3])
    def test_every_moment_is_as_predicted(self, network, batch):
        _, steps, predicted = taught(network, steps=2, batch=batch)
        for step in steps:
            assert [moment.bytes for moment in step.moments] == predicted

    @pytest.mark.parametrize("optimizer", sorted(UPDATES))
    @pytest.mark.parametrize("weight_decay", [False, True])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_the_step_of_each_optimizer(self, optimizer, weight_decay, dtype):
        _, (step,), predicted = taught(SMALL, optimizer=optimizer, weight_decay=weight_decay, dtype=dtype)
        assert [moment.bytes for moment in step.moments] == predicted

    @pytest.mark.parametrize("dtype, size, logarithm", [("float32", 4, 4), ("float64", 8, 8), ("bfloat16", 2, 4)])
    def test_attention_keeps_the_logarithm_of_each_sum_in_float32_at_least(self, dtype, size, logarithm):
        """As PyTorch 2.14 does on a CPU: of 16 positions and 2 heads; and q, k, v, the heads and the scores before the loss."""
        text = "INPUT[16x8] -> LN -> ATTENTION(2)"
        kept = training(analyzed(text, dtype=dtype).network, analyzed(text, dtype=dtype).setup).kept_per_image
        fused = training(analyzed(text.replace("2)", "2, fused=false)"), dtype=dtype).network, analyzed(text, dtype=dtype).setup)
        assert kept - fused.kept_per_image == 2 * 16 * logarithm - 2 * 16 * 16 * size

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_attention_is_as_predicted(self, dtype):
        _, (step,), predicted = taught("INPUT[16x8] -> LN -> ATTENTION(2) -> GAP -> FC-3", dtype=dtype, batch=2)
        assert [moment.bytes for moment in step.moments] == predicted

    @pytest.mark.parametrize("loss", sorted(LOSSES))
    def test_both_losses(self, loss):
        _, (step,), predicted = taught(NETWORKS[-1], loss=loss, batch=2)
        assert [moment.bytes for moment in step.moments] == predicted

    @pytest.mark.parametrize("options", [{"norm": "eval"}, {"freeze": ("conv1",)}, {"freeze": ("conv2_1", "bn1")}])
    def test_frozen_layers_and_evaluation_mode(self, options):
        text = "INPUT[8x8x4] -> conv1=CONV3-4 -> bn1=BN -> RELU -> DROPOUT -> conv2_1=CONV3-4 -> RELU -> GAP -> FC-3"
        _, (step,), predicted = taught(text, batch=2, **options)
        assert [moment.bytes for moment in step.moments] == predicted

    @given(text=chains(), batch=st.integers(1, 3))
    @settings(max_examples=40, deadline=None)
    def test_of_random_networks(self, text, batch):
        _, (step,), predicted = taught(text, batch=batch)
        assert [moment.bytes for moment in step.moments] == predicted

    @given(text=st.sampled_from(sorted(WEAVES)), data=st.data())
    @settings(max_examples=80, deadline=None)
    def test_whatever_is_frozen(self, text, data):
        frozen = tuple(sorted(data.draw(st.sets(st.sampled_from(WEAVES[text])), label="frozen")))
        batch, norm = (
            data.draw(st.sampled_from([1, 3]), label="batch"),
            data.draw(st.sampled_from(["training", "eval"]), label="norm"),
        )
        _, (step,), predicted = taught(text, batch=batch, norm=norm, freeze=frozen)
        assert [moment.bytes for moment in step.moments] == predicted

    def test_nothing_is_left_behind(self):
        told = analyzed(SMALL)
        network, plan = told.network, plan_of(told)
        trainer = Trainer(network, weights.drawn(network, 0, "float32"), trainable(network), plan)
        before = trainer.live.bytes
        trainer.step([random_batch(told.network.image, 1, 0, "float32")], random_classes(network, 1, 0))
        gc.collect()
        assert trainer.live.bytes == before


class TestGradients:
    @pytest.mark.parametrize("network", NETWORKS)
    def test_of_whole_networks(self, network):
        told = analyzed(network)
        images = [random_batch(volume, 2, at, "float32") for at, volume in enumerate(told.inputs.values())]
        learns = trainable(told.network)
        found = proof.whole(told.network, weights.drawn(told.network, 0, "float32"), learns, plan_of(told), images)
        assert found.error < 1e-3

    @given(text=chains())
    @settings(max_examples=20, deadline=None)
    def test_of_random_networks(self, text):
        told = analyzed(text)
        images = [random_batch(told.network.image, 2, 0, "float32")]
        learns = trainable(told.network)
        found = proof.whole(told.network, weights.drawn(told.network, 0, "float32"), learns, plan_of(told), images)
        assert found.error < proof.NETWORK_TOLERANCE

    @pytest.mark.parametrize("text", sorted(WEAVES))
    def test_of_joined_volumes(self, text):
        told = analyzed(text)
        images = [random_batch(volume, 2, at, "float32") for at, volume in enumerate(told.inputs.values())]
        found = proof.whole(told.network, weights.drawn(told.network, 0, "float32"), trainable(told.network), plan_of(told), images)
        assert found.error < 1e-3

    @pytest.mark.parametrize(
        "text",
        [
            "INPUT[8x8x4] -> a=CONV3-4 -> RELU -> CONV3-4(share=a) -> RELU -> FC-3",
            "INPUT[8x4] -> a=FC-6 -> RELU -> FC(share=a, transpose=true, bias=false) -> FC-3",
        ],
    )
    def test_of_shared_and_tied_weights(self, text):
        told = analyzed(text)
        images = [random_batch(told.network.image, 2, 0, "float32")]
        found = proof.whole(told.network, weights.drawn(told.network, 0, "float32"), trainable(told.network), plan_of(told), images)
        assert found.error < 1e-4


class TestLosses:
    """Scores of a cat image, by CS231n, lecture 3: 3.2 for the cat, 5.1 for a car, -1.7 for a frog."""

    SCORES, CAT = np.array([[[3.2, 5.1, -1.7]]]), np.array([[0]])

    @pytest.mark.parametrize("name, wanted", [("svm", 2.9), ("softmax", 2.04)])
    def test_of_the_lecture(self, name, wanted):
        loss = LOSSES[name]
        assert loss.value(loss.keep(self.SCORES, self.CAT), self.CAT).item() == pytest.approx(wanted, abs=0.005)

    @pytest.mark.parametrize("name", sorted(LOSSES))
    def test_gradient(self, name):
        loss, rng = LOSSES[name], np.random.default_rng(0)
        scores, classes = rng.standard_normal((3, 2, 5)), rng.integers(0, 5, (3, 2))

        def mean(scores):
            return loss.value(loss.keep(scores, classes), classes).mean()

        kept = loss.keep(scores, classes)
        found = loss.outer(kept, loss.inner(kept, classes))
        for place in np.ndindex(scores.shape):
            moved = np.zeros_like(scores)
            moved[place] = 1e-6
            assert found[place] == pytest.approx((mean(scores + moved) - mean(scores - moved)) / 2e-6, abs=1e-8)

    def test_softmax_starts_at_the_logarithm_of_the_classes(self):
        loss = LOSSES["softmax"]
        scores, classes = np.zeros((1, 1, 1000)), np.array([[7]])
        assert loss.value(loss.keep(scores, classes), classes).item() == pytest.approx(np.log(1000))


class TestTraining:
    @pytest.mark.parametrize("optimizer", sorted(UPDATES))
    def test_the_loss_falls(self, optimizer):
        _, steps, _ = taught(SMALL, steps=10, optimizer=optimizer, rate=min(UPDATES[optimizer].rate, 1e-3), batch=4)
        assert steps[-1].loss < steps[0].loss

    def test_weight_decay_shrinks_the_weights(self):
        """Without a gradient from the data, a step of SGD multiplies each weight by 1 - rate * decay."""
        told = analyzed("INPUT[2x2x1] -> FC-2", optimizer="sgd", weight_decay=True)
        network, drawn = told.network, weights.drawn(told.network, 0, "float64")
        trainer = Trainer(network, drawn, trainable(network), plan_of(told, rate=0.1, decay=0.5))
        before = trainer.weights[1]["weight"].copy()
        trainer.step([np.zeros((1, 2, 2, 1))], [np.array([[0]])])
        np.testing.assert_allclose(trainer.weights[1]["weight"], before * (1 - 0.1 * 0.5))

    def test_biases_have_a_rate_and_a_decay_of_their_own(self):
        """Caffe's lr_mult 2 and decay_mult 0: without a gradient from the data, weights shrink and biases do not."""
        told = analyzed("INPUT[2x2x1] -> FC-2", optimizer="sgd", weight_decay=True)
        network, drawn = told.network, weights.drawn(told.network, 0, "float64")
        plan = plan_of(told, rate=0.1, decay=0.5)._replace(bias_rate=2.0, bias_decay=0.0)
        trainer = Trainer(network, drawn, trainable(network), plan)
        before = {name: array.copy() for name, array in trainer.weights[1].items()}
        trainer.step([np.zeros((1, 2, 2, 1))], [np.array([[0]])])
        np.testing.assert_allclose(trainer.weights[1]["weight"], before["weight"] * (1 - 0.1 * 0.5))
        scores = np.exp(before["bias"]) / np.exp(before["bias"]).sum()
        np.testing.assert_allclose(trainer.weights[1]["bias"], before["bias"] - 0.2 * (scores - [1, 0]))

    def test_a_rate_may_change_at_a_step(self):
        plan = plan_of(analyzed(SMALL), rate=0.1)._replace(later=((3, 0.01), (5, 0.001)))
        assert [plan.rate_at(step) for step in range(1, 7)] == [0.1, 0.1, 0.01, 0.01, 0.001, 0.001]

    def test_dropout_has_other_numbers_in_each_step(self):
        _, steps, _ = taught("INPUT[8x8x3] -> CONV3-8 -> DROPOUT -> FC-5", steps=3, rate=1e-12)
        assert len({step.loss for step in steps}) == 3


class TestInit:
    NETWORK = "INPUT[16x16x3] -> CONV3-64 -> BN -> PRELU -> FC-100"

    @pytest.mark.parametrize("text, deviations", [("gaussian=0.01", (0.01, 0.01)), ("he", ((2 / 27) ** 0.5, (2 / 16384) ** 0.5))])
    def test_deviations(self, text, deviations):
        found = weights.drawn(analyzed(self.NETWORK).network, 0, "float64", weights.Init.read(text))
        assert (found[1]["weight"].std(), found[4]["weight"].std()) == pytest.approx(deviations, rel=0.05)

    def test_the_other_arrays(self):
        found = weights.drawn(analyzed(self.NETWORK).network, 0, "float64", weights.Init.read("constant=0.5"))
        assert {(at, name): np.unique(array).tolist() for at, arrays in found.items() for name, array in arrays.items()} == {
            (1, "weight"): [0.5],
            (1, "bias"): [0],
            (2, "scale"): [1],
            (2, "shift"): [0],
            (2, "mean"): [0],
            (2, "variance"): [1],
            (2, "steps"): [0],
            (3, "slope"): [0.25],
            (4, "weight"): [0.5],
            (4, "bias"): [0],
        }

    @pytest.mark.parametrize("text", ["", "gauss", "gaussian", "gaussian=0", "gaussian=nan", "constant=x", "he=1"])
    def test_bad_ones(self, text):
        with pytest.raises(ValueError, match=r"init is gaussian=0\.01, he or constant=0"):
            weights.Init.read(text)


def test_every_optimizer_but_the_one_of_8_bits_can_step():
    assert OPTIMIZERS.keys() - UPDATES.keys() == {"adam8bit"}


@pytest.mark.parametrize("name", sorted(UPDATES))
@pytest.mark.parametrize("weight_decay", [False, True])
def test_state_and_transient_copies_are_as_counted(name, weight_decay):
    shapes = [(3, 3, 4, 8), (8,), (32, 10), (5,)]
    parameters = [np.ones(shape, np.float32) for shape in shapes]
    gradients = [np.full(shape, 0.5, np.float32) for shape in shapes]
    state = [UPDATES[name].state(each) for each in parameters]
    held = []
    step = Step(parameters, gradients, state, 1, [0.1] * 4, [0.01 if weight_decay else 0.0] * 4, held.extend)
    UPDATES[name].step(step)
    counted = optimizer_memory(OPTIMIZERS[name], shapes, 4, weight_decay=weight_decay)
    assert sum(array.nbytes for arrays in state for array in arrays) == counted.state
    assert sum(array.nbytes for array in held) == counted.transient


class TestSteps:
    """Two steps of each optimizer against PyTorch's."""

    @pytest.mark.parametrize("weight_decay", [0.0, 0.05])
    @pytest.mark.parametrize(
        "name, make",
        [
            ("sgd", lambda optim, p, wd: optim.SGD(p, lr=0.1, weight_decay=wd)),
            ("momentum", lambda optim, p, wd: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=wd)),
            ("nesterov", lambda optim, p, wd: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=wd)),
            ("adagrad", lambda optim, p, wd: optim.Adagrad(p, lr=0.1, eps=1e-8, weight_decay=wd)),
            ("adadelta", lambda optim, p, wd: optim.Adadelta(p, lr=0.1, weight_decay=wd)),
            ("rmsprop", lambda optim, p, wd: optim.RMSprop(p, lr=0.1, weight_decay=wd)),
            (
                "rmsprop_centered",
                lambda optim, p, wd: optim.RMSprop(p, lr=0.1, centered=True, momentum=0.9, weight_decay=wd),
            ),
            ("adam", lambda optim, p, wd: optim.Adam(p, lr=0.1, weight_decay=wd)),
            ("adamw", lambda optim, p, wd: optim.AdamW(p, lr=0.1, weight_decay=wd)),
            ("amsgrad", lambda optim, p, wd: optim.Adam(p, lr=0.1, amsgrad=True, weight_decay=wd)),
            ("adafactor", lambda optim, p, wd: optim.Adafactor(p, lr=0.1, weight_decay=wd)),
        ],
    )
    def test_are_pytorchs(self, name, make, weight_decay):
        torch = pytest.importorskip("torch")
        rng = np.random.default_rng(0)
        shapes = [(3, 2, 4, 5), (6,), (7, 3)]
        own = [rng.standard_normal(shape) for shape in shapes]
        order = [(3, 2, 0, 1), (0,), (1, 0)]  # filters, depth, height, width
        twins = [torch.nn.Parameter(torch.tensor(each.transpose(axes))) for each, axes in zip(own, order, strict=True)]
        other = make(torch.optim, twins, weight_decay)
        state = [UPDATES[name].state(each) for each in own]
        for count in (1, 2, 3):
            gradients = [rng.standard_normal(shape) for shape in shapes]
            for twin, gradient, axes in zip(twins, gradients, order, strict=True):
                twin.grad = torch.tensor(np.ascontiguousarray(gradient.transpose(axes)))
            other.step()
            UPDATES[name].step(Step(own, gradients, state, count, [0.1] * 3, [weight_decay] * 3, lambda _: None))
            for mine, twin, axes in zip(own, twins, order, strict=True):
                np.testing.assert_allclose(mine.transpose(axes), twin.detach().numpy(), rtol=1e-6)


TEN = {
    "lenet5": {},
    "cifar10": {},
    "all_cnn_c": {},
    "squeezenet1_1": {},
    "resnet18": {"input": "64x64"},
    "mobilenet_v2": {"input": "64x64"},
    "densenet121": {"input": "64x64"},
    "efficientnet_b0": {"input": "64x64"},
    "convnextv2_atto": {"input": "64x64"},
    "shufflenet_v2_x1_0": {"input": "64x64"},
}


@pytest.mark.parametrize("name", TEN)
def test_shipped_networks(name):
    """Every moment of a step is as predicted; with the scratch of PyTorch's operators, the peak is within 1 % of the measured one."""
    told = report(find(name), request(batch=2, **TEN[name]))
    learns = trainable(told.network)
    trainer = Trainer(told.network, weights.drawn(told.network, 0, "float32"), learns, plan_of(told, rate=1e-4))
    images = [random_batch(volume, 2, at, "float32") for at, volume in enumerate(told.inputs.values())]
    step = trainer.step(images, random_classes(told.network, 2, 0))
    assert [moment.bytes for moment in step.moments] == training(told.network, told.setup, (), learns, scratch=False).sizes(2)
    assert training(told.network, told.setup, (), learns).peak(2).at(2) == pytest.approx(
        max(moment.bytes for moment in step.moments), rel=0.01
    )
