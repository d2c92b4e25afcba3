"""`cnncalc verify --train`: what is said of losses that are no numbers, and of rates that are none."""

import json

import pytest

SMALL = "INPUT[4x4x1] -> CONV3-2 -> FC-3"
BELOW = "INPUT[4x4x1] -> CONV3-2 -> LOG -> FC-3"


def refuse(name):
    raise ValueError(f"{name} is no JSON")


def test_a_rate_that_is_too_large(cli):
    out = cli("verify", SMALL, "--train", 4, "--rate", 1e30)[1]
    assert "The loss diverged: from step 2 on it is not finite, after 0.659887" in out
    assert "fell" not in out


def test_numbers_outside_a_logarithm(cli):
    status, out, _ = cli("verify", BELOW, "--train", 2, "--backward")
    assert status == 1
    assert "whole network: the loss or its gradients are not finite, so nothing is proved" in out
    assert "The loss is not finite from the first step on: a layer leaves the numbers, such as a logarithm of one below 0." in out


def test_json_has_no_nan(cli):
    found = json.loads(cli("verify", BELOW, "--train", 2, "--backward", "--format", "json")[1], parse_constant=refuse)
    assert found["losses"] == [None, None]
    assert found["network"]["by_backward"] is None
    assert not found["passed"]


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "x", ",", "0.1,0.01", "0.1,0.01@1", "0.1@2", "0.1,0.01@3,0.001@2"])
def test_a_rate_is_a_number_and_later_ones_have_steps(cli, value):
    status, _, err = cli("verify", SMALL, "--train", 2, f"--rate={value}")
    assert status == 2
    assert err.endswith(f"Error: a learning rate is a number above 0, with later ones such as 0.1,0.01@30, not '{value}'\n")


@pytest.mark.parametrize("value", ["nan", "inf"])
@pytest.mark.parametrize("option", ["decay", "bias-rate", "bias-decay"])
def test_a_decay_is_a_number(cli, option, value):
    status, _, err = cli("verify", SMALL, "--train", 2, f"--{option}", value)
    assert status == 2
    assert err.endswith(f"Error: --{option} is a finite number, not {value}\n")


def test_more_memory_than_available(cli):
    """The prediction of the training step is held against the memory before anything is drawn."""
    status, _, err = cli("verify", "vgg16", "--train", 1, "--batch", 100_000)
    assert status == 2
    assert "error[CNN423]: a training step needs 6.70 TiB" in err
