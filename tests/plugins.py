"""Installed packages for the tests, made by hand.

A folder `NAME-VERSION.dist-info` with METADATA and entry_points.txt, beside the modules and on the path, is an installed distribution:
it is all that an installer leaves of one for `importlib.metadata`. So no test needs an installer, a build backend, or a network.
"""

import tomllib

from support import ROOT, run

EXAMPLE = ROOT / "tests" / "plugin"


def install(folder, name, entries, version="1.0", **modules):
    """Install a package into a folder: `entries` maps groups to names and objects, `modules` are texts of modules."""
    about = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    lines = [f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in found.items()) for group, found in entries.items()]
    (about / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return folder


def install_example(folder):
    """Install the package of tests/plugin: what its pyproject.toml declares, and a copy of its modules."""
    import shutil

    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    install(folder, project["name"], project["entry-points"], project["version"])
    shutil.copytree(EXAMPLE / "cnncalc_example", folder / "cnncalc_example", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def with_packages(folder, *arguments, **more):
    """Run cnncalc where the packages of a folder are installed."""
    return run(*arguments, env={"PYTHONPATH": f"{ROOT}:{folder}"}, **more)
