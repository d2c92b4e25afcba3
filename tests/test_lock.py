"""The locked versions in requirements-dev.lock: one for each dependency, on each Python and system, within its bounds."""

import itertools
import re
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support import ROOT

LOCK = ROOT / "requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DEPENDENCIES = [Requirement(text) for text in itertools.chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())]
PINS = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
PYTHONS = ["3.11", "3.12", "3.13"]
SYSTEMS = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}


def versions(name, python, system):
    """Return the locked versions of a package for a Python on a system."""
    place = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_system": SYSTEMS[system],
        "platform_python_implementation": "CPython",
    }
    pins = [Requirement(line) for line in PINS]
    return [
        next(iter(pin.specifier)).version
        for pin in pins
        if canonicalize_name(pin.name) == canonicalize_name(name) and (pin.marker is None or pin.marker.evaluate(place))
    ]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_lock_has_one_version_of_each_dependency_within_its_bounds(python, system):
    for dependency in DEPENDENCIES:
        found = versions(dependency.name, python, system)
        assert len(found) == 1, f"{dependency.name}: {found}; renew the lock with `bash .ci/lock`"
        assert dependency.specifier.contains(found[0]), f"{found[0]} is outside {dependency}; renew the lock with `bash .ci/lock`"


def test_the_lock_covers_the_pythons_that_the_project_names():
    named = [
        match[1] for text in PROJECT["classifiers"] if (match := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", text))
    ]
    assert named == PYTHONS


@pytest.mark.parametrize("line", PINS)
def test_a_line_of_the_lock_is_a_package_with_an_exact_version(line):
    """No index, address, path or extra, so that pip takes the file as constraints on any machine."""
    assert re.fullmatch(r"[a-z0-9-]+==\d+(\.\d+)*( ; [^@:/]+)?", line)


def test_the_lock_has_no_framework():
    """Torch is large, and only some tests and benchmarks use it, as an oracle, where it is installed."""
    assert not versions("torch", "3.11", "linux")


def test_the_line_of_the_readme_uses_the_lock():
    assert "pip install -q -c requirements-dev.lock -e '.[dev]' && " in (ROOT / "README.md").read_text(encoding="utf-8")
