"""Requests: what each option takes, and what it refuses."""

import copy
import pickle

import pytest
from support import analyzed

import cnncalc
from cnncalc.request.options import OPTIONS, Given
from cnncalc.request.request import Request, request

NET = "INPUT[8x8x3] -> CONV3-4 -> RELU -> CONV3-4 -> FC-2"


def test_every_option_is_declared_once():
    assert tuple(OPTIONS) == tuple(Given.__annotations__)
    assert set(OPTIONS) == set(Request._fields)
    assert all(option.doc.endswith((".", "…")) for option in OPTIONS.values())


def test_the_defaults_are_those_of_the_table():
    assert request() == Request() == request(**{name: option.default for name, option in OPTIONS.items()})


@pytest.mark.parametrize("freeze", ["conv1", ("conv1",), ["conv1"], {"conv1"}, {"conv1": 1}, (each for each in ["conv1"])])
def test_names_are_given_in_any_collection(freeze):
    assert request(freeze=freeze).freeze == ("conv1",)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"freeze": 3}, "freeze is a name or several, not 3"),
        ({"freeze": None}, "freeze is a name or several, not None"),
        ({"freeze": ["conv1", 2]}, "freeze is a name or several, not ['conv1', 2]"),
        ({"outputs": 3}, "outputs is a name or several, not 3"),
        ({"batch": 0}, "batch is an integer from 1 to 10^18, not 0"),
        ({"batch": True}, "batch is an integer from 1 to 10^18, not True"),
        ({"augmented": -1}, "augmented is a number of copies from 0 to 10^18, not -1"),
        ({"weight_decay": "no"}, "weight_decay is true or false, not 'no'"),
        ({"checkpoint": 0}, "checkpoint is auto, root or a number of segments, not 0"),
        ({"optimizer": "adm"}, "did you mean `adam`?"),
        ({"autocast": "float16", "dtype": "float16"}, "autocast"),
    ],
)
def test_bad_options(given, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message follows
        request(**given)
    assert message in str(caught.value)


def test_an_unknown_option_is_a_type_error():
    with pytest.raises(TypeError, match="there is no option 'bacth'; did you mean `batch`"):
        cnncalc.analyze(NET, bacth=3)


def test_an_analysis_does_not_change():
    report = analyzed(NET)
    with pytest.raises(AttributeError, match=r"batch cannot be set.*\.at\(batch=32\)"):
        report.batch = 32
    assert isinstance(report.rows, tuple)
    assert isinstance(report.counts.rows, tuple)
    assert report.at(batch=32).memory.forward == 32 * report.memory.forward
    assert report.batch == 1


def test_a_copy_is_the_analysis_itself_and_a_pickle_computes_the_same():
    report = analyzed(NET, batch=3, optimizer="adam")
    assert copy.copy(report) is copy.deepcopy(report) is report
    again = pickle.loads(pickle.dumps(report))  # noqa: S301  our own bytes
    assert (type(again), again.request) == (type(report), report.request)
    assert again.to_dict() == report.to_dict()


def test_another_input_is_another_network():
    with pytest.raises(ValueError, match="input, rounding and outputs"):
        analyzed(NET).at(input="9x9x3")
    with pytest.raises(ValueError, match="no layer or block is named 'nope'"):
        analyzed(NET).at(freeze="nope")
