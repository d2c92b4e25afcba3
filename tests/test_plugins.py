"""What another package adds is found, used and checked; where nothing is added, nothing is looked for."""

import json

import pytest
from plugins import install, install_example, with_packages
from support import ROOT, python

PATTERN = "INPUT[8x8x3] -> CONV3-13 -> RELU -> SPACE2DEPTH2 -> FC-10"
STACK = "stack 1\ninput 8 8 3\nconv 3 13\nrelu\ns2d 2\nfc 10\n"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """Install the package of tests/plugin; return a function that runs cnncalc where it is."""
    folder = install_example(tmp_path_factory.mktemp("site"))
    (folder / "net.stack").write_text(STACK, encoding="utf-8")

    def run(*arguments, status=0, **more):
        done = with_packages(folder, *arguments, cwd=folder, **more)
        assert done.returncode == status, done.stderr
        return done.stdout if status == 0 else done.stderr

    run.folder = folder
    return run


def totals(text):
    return json.loads(text)["totals"]


class TestLayer:
    def test_in_a_pattern(self, example):
        found = json.loads(example("analyze", PATTERN, "--format", "json"))
        assert found["layers"][3] | {"output": [4, 4, 52], "kind": "space2depth", "label": "SPACE2DEPTH2"} == found["layers"][3]
        assert found["layers"][3]["receptive_field"]["size"] == [4, 4]

    def test_it_runs(self, example):
        assert "All 5 shapes and 8,694 parameters are as inferred." in example("verify", PATTERN)

    @pytest.mark.parametrize(
        "text",
        [
            "input: 8x8x3\nSPACE2DEPTH: {block: 4}\npattern: INPUT -> SPACE2DEPTH -> FC-10\n",
            "input: 8x8x3\nlayers:\n  - space2depth\n  - SPACE2DEPTH2\n  - fc: 10\n",
            "input: 8x8x3\nlayers:\n  - space2depth: {block: 4}\n  - fc: 10\n",
            "input: 8x8x3\npattern: INPUT -> RUN -> FC-10\nblocks: {RUN: SPACE2DEPTH4}\n",
        ],
    )
    def test_in_a_spec(self, example, text):
        assert totals(example("analyze", "-", "--format", "json", input=text))["params"] == 2 * 2 * 48 * 10 + 10

    def test_a_block_of_its_name_goes_first(self, example):
        text = "input: 8x8x3\npattern: INPUT -> SPACE2DEPTH -> FC-10\nblocks: {SPACE2DEPTH: POOL2}\n"
        assert totals(example("analyze", "-", "--format", "json", input=text))["params"] == 4 * 4 * 3 * 10 + 10

    def test_it_is_explained(self, example):
        assert example("explain", "space2depth").startswith("SPACE2DEPTH: blocks of pixels become channels\n")
        assert "SPACE2DEPTH  blocks of pixels become channels\n" in example("explain", "kinds")

    def test_it_is_proposed(self, example):
        assert "did you mean `SPACE2DEPTH`?" in example("analyze", "INPUT[8x8x3] -> SPACE2DEPHT2", status=2)

    def test_its_misfits_are_drawn_and_explained(self, example):
        told = example("analyze", "INPUT[7x7x3] -> SPACE2DEPTH2", status=2)
        assert told.startswith("error[EXA2]: SPACE2DEPTH block 2 does not fit its input 7x7x3\n --> <pattern>:1:28\n")
        assert example("explain", "exa2").startswith("EXA2: blocks that do not fit\n")

    def test_written_out(self, example):
        assert "  - space2depth\n" in example("convert", PATTERN, "--to", "layers")


class TestRule:
    def test_in_lint(self, example):
        assert "note[EXA1]: conv1: a depth of 13, which is no multiple of 8\n" in example("lint", PATTERN)

    def test_ignored(self, example):
        assert "EXA1" not in example("lint", PATTERN, "--ignore", "exa1")
        text = f"pattern: {PATTERN}\nignore: [EXA1, EXA9]\n"
        told = example("lint", "-", input=text)
        assert "[EXA1]" not in told
        assert "`EXA9` under `ignore` is not a code" in told

    def test_not_in_validate(self, example):
        assert "1 note of advice" in with_packages(example.folder, "validate", PATTERN).stderr  # CNN314 alone

    def test_explained(self, example):
        assert example("explain", "EXA1").startswith("EXA1: a depth that is no multiple of 8\n")
        assert "\nEXA1  a depth that is no multiple of 8\n" in example("explain", "codes")


class TestAnalysis:
    SPEC = "input: 8x8x3\npattern: CONV3-4 -> RELU -> POOL2 -> FC-10\nexpect:\n"

    def test_expected(self, example):
        held = f"{self.SPEC}  pointwise_layers: 1\n  pointwise_share.max: 0.2\n"
        assert example("validate", "-", input=held) == "1 spec: 1 valid\n"
        broken = f"{self.SPEC}  pointwise_share.max: 0.1\n"
        told = with_packages(example.folder, "validate", "-", input=broken, cwd=example.folder)
        assert "pointwise_share is 0.2, above the budget of 0.1" in told.stdout
        assert told.returncode == 1

    def test_limited(self, example):
        done = with_packages(example.folder, "compare", "vgg11", "vgg13", "--fail-on", "pointwise_share>+1%", cwd=example.folder)
        assert "pointwise_share of B" in done.stdout
        assert done.returncode == 1

    def test_explained(self, example):
        assert "pointwise_share" in example("explain", "figures")

    def test_from_python(self, example):
        code = "import cnncalc; from cnncalc_example.pointwise import share; print(cnncalc.analyze('vgg16').of(share))"
        assert python("-c", code, cwd=example.folder, env={"PYTHONPATH": f"{example.folder}:{ROOT}"}).stdout == "15/37\n"


class TestFormat:
    def test_read_by_ending_and_by_content(self, example):
        wanted = json.loads(example("analyze", PATTERN, "--format", "json"))
        by_ending = json.loads(example("analyze", "net.stack", "--format", "json"))
        by_content = json.loads(example("analyze", "-", "--format", "json", input=STACK))
        assert {**by_ending, "name": ""} == {**by_content, "name": ""} == {**wanted, "name": ""}
        assert (by_ending["name"], by_content["name"]) == ("net", "stdin")

    def test_everything_behind_works(self, example):
        assert example("validate", "net.stack") == "1 spec: 1 valid\n"
        assert "conv1         CONV3-13" in example("rf", "net.stack")
        assert "  filters = 13         the layer itself · net.stack:3:1\n" in example("why", "net.stack", "conv1")
        assert "\n --> net.stack:3:1\n" in example("lint", "net.stack")
        assert "A to B: the layers are the same." in example("compare", "net.stack", PATTERN)
        assert "Largest batch" in example("fit", "net.stack", "--memory", "1GiB")

    def test_overridden(self, example):
        found = json.loads(example("analyze", "net.stack", "--input", "16x16x3", "--format", "json"))
        assert (found["input"], found["layers"][4]["inputs"]) == ([16, 16, 3], ["space2depth1"])
        assert found["totals"]["params"] == 364 + 8 * 8 * 52 * 10 + 10
        odd = STACK.replace("s2d", "pool").replace("8 8", "9 9")
        assert "CNN201" in example("analyze", "-", status=2, input=odd)
        assert "pool1" in example("analyze", "-", "--rounding", "floor", input=odd)
        assert "no output is named `aux`" in example("analyze", "net.stack", "--outputs", "aux", status=2)

    def test_rewritten(self, example):
        done = with_packages(example.folder, "convert", "net.stack", "--fc-to-conv", cwd=example.folder)
        assert "  - conv: {name: fc2, kernel: 4, filters: 10, padding: 0}\n" in done.stdout
        assert "written in the `layers` form: the file is in another format\n" in done.stderr

    def test_written(self, example):
        assert example("convert", PATTERN, "--to", "stack") == STACK
        assert "a stack cannot say conv1" in example("convert", "resnet18", "--to", "stack", status=2)
        assert "did you mean `stack`?" in example("convert", PATTERN, "--to", "stak", status=2)

    def test_what_is_wrong_with_a_file(self, example):
        told = example("analyze", "-", status=2, input="stack 1\ninput 8 8 3\ncnv 3\npool 3\n")
        assert told.startswith("error[EXA3]: `cnv 3` is no layer of a stack\n --> <stdin>:3:1\n")
        assert "\n\nerror[CNN201]: POOL stride 3 does not fit its input\n --> <stdin>:4:1\n" in told


def test_renderer(example):
    assert example("analyze", PATTERN, "--format", "outline").splitlines()[4] == "- space2depth1: SPACE2DEPTH2, 4x4x52"
    assert "'notes', 'outline'; did you mean `outline`?" in example("analyze", PATTERN, "--format", "outlin", status=2)
    assert "outline" not in example("analyze", "--help")


def test_device(example):
    assert "device      Example Board, 64.0 KiB: inference fits" in example("analyze", PATTERN, "--device", "example-board")
    assert "did you mean `Example Board`?" in example("analyze", PATTERN, "--device", "Exampel Board", status=2)


# what is broken

BROKEN = {  # group, name, object, module, arguments, and what is said
    "no module": (
        "layers",
        "WARP",
        "nowhere:Warp",
        "",
        ("analyze", "INPUT[8x8x3] -> WARP"),
        "ModuleNotFoundError: No module named 'nowhere'",
    ),
    "no object": (
        "layers",
        "WARP",
        "mod:Warp",
        "",
        ("analyze", "INPUT[8x8x3] -> WARP"),
        "AttributeError: module 'mod' has no attribute 'Warp'",
    ),
    "an import that fails": ("layers", "WARP", "mod:Warp", "1/0", ("explain", "WARP"), "ZeroDivisionError: division by zero"),
    "an import that exits": ("layers", "WARP", "mod:Warp", "exit(3)", ("explain", "WARP"), "SystemExit: 3"),
    "no syntax": ("layers", "WARP", "mod:Warp", "class", ("explain", "WARP"), "SyntaxError: invalid syntax (mod.py, line 1)"),
    "no layer": ("layers", "WARP", "mod:Warp", "Warp = 3", ("explain", "WARP"), "it is no subclass of cnncalc.layers.base.Layer"),
    "a layer without facts": (
        "layers",
        "WARP",
        "mod:Warp",
        "from cnncalc.layers.base import Layer\nclass Warp(Layer):\n    kind = 'warp'\n    def windows(self, inputs): ...",
        ("explain", "WARP"),
        "the class does not state backward, forward, infer, keeps, label, weights, work, summary, options, examples",
    ),
    "a layer of another kind": (
        "layers",
        "WARP",
        "cnncalc.layers.relu:Relu",
        "",
        ("explain", "WARP"),
        "its `kind` is 'relu', not 'warp'",
    ),
    "a layer that infers nothing": (
        "layers",
        "WARP",
        "mod:Warp",
        "from cnncalc.layers.relu import Relu\nclass Warp(Relu):\n    kind = 'warp'\n    def infer(self, inputs): ...",
        ("analyze", "INPUT[8x8x3] -> WARP -> FC-1"),
        "`infer` returns NoneType, not a cnncalc.maths.volume.Volume",
    ),
    "a layer that infers sides": (
        "layers",
        "WARP",
        "mod:Warp",
        "from cnncalc.layers.relu import Relu\nclass Warp(Relu):\n    kind = 'warp'\n    def infer(self, inputs): return (8, 8), 3",
        ("validate", "INPUT[8x8x3] -> WARP -> FC-1"),
        "`infer` returns tuple, not a cnncalc.maths.volume.Volume",
    ),
    "a kind in small letters": (
        "layers",
        "warp",
        "cnncalc.layers.relu:Relu",
        "",
        ("explain", "kinds"),
        "the name of a layer kind has capitals, digits and _ only",
    ),
    "no rule": ("rules", "mine", "mod", "", ("lint", "lenet5"), "a rule states ADVICE, SEVERITY, VALID, INVALID and advise"),
    "a rule with a code of ours": (
        "rules",
        "mine",
        "cnncalc.rules.pool_padding",
        "",
        ("lint", "lenet5"),
        "its code is 'CNN307'; it takes capitals and a number, and CNN is for the codes of cnncalc",
    ),
    "an analysis without figures": (
        "analyses",
        "mine",
        "mod",
        "FIGURES = [1]",
        ("compare", "INPUT[8x8x3] -> FC-1", "INPUT[8x8x3] -> FC-2", "--fail-on", "mine>1"),
        "it is no module with FIGURES, a tuple of Figure",
    ),
    "an analysis with a figure of ours": (
        "analyses",
        "mine",
        "mod",
        "from cnncalc.analyses.counts import FIGURES",
        ("compare", "INPUT[8x8x3] -> FC-1", "INPUT[8x8x3] -> FC-2", "--fail-on", "mine>1"),
        "there is already a figure layers",
    ),
    "no renderer": (
        "reports",
        "mine",
        "mod",
        "",
        ("analyze", "lenet5", "--format", "mine"),
        "it is no module with `render(analysis) -> str`",
    ),
    "a renderer of nothing": (
        "reports",
        "mine",
        "mod",
        "def render(report): ...",
        ("analyze", "lenet5", "--format", "mine"),
        "`render` returns NoneType, not a text",
    ),
    "no device": (
        "devices",
        "mine",
        "mod:it",
        "it = 3",
        ("analyze", "lenet5", "--device", "mine"),
        "it is no cnncalc.request.devices.Device",
    ),
    "a device without memory": (
        "devices",
        "mine",
        "mod:it",
        "from cnncalc.request.devices import Device\nit = Device('mine', 0)",
        ("analyze", "lenet5", "--device", "mine"),
        "a device has some memory, in bytes",
    ),
    "no format": (
        "formats",
        "mine",
        "mod",
        "",
        ("analyze", "net.mine"),
        "a format has ENDINGS, `recognizes` and `read`, or `write`",
    ),
    "a format without a reader": (
        "formats",
        "mine",
        "mod",
        "ENDINGS = '.mine',",
        ("analyze", "net.mine"),
        "a format that reads has ENDINGS, `recognizes` and `read`",
    ),
    "endings without a point": (
        "formats",
        "mine",
        "mod",
        "ENDINGS = 'mine',",
        ("analyze", "net.mine"),
        "ENDINGS is a tuple such as ('.onnx',), in small letters",
    ),
    "a reader of nothing": (
        "formats",
        "mine",
        "mod",
        "ENDINGS = '.mine',\ndef recognizes(data, name): ...\ndef read(data, name, findings): ...",
        ("analyze", "net.mine"),
        "`read` returns NoneType, not a cnncalc.graph.graph.Graph",
    ),
    "a writer of nothing": (
        "formats",
        "mine",
        "mod",
        "def write(network): ...",
        ("convert", "lenet5", "--to", "mine"),
        "`write` returns NoneType, not text or bytes",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_said(case, tmp_path):
    group, name, points_at, module, arguments, reason = BROKEN[case]
    install(tmp_path, "half-done", {f"cnncalc.{group}": {name: points_at}}, "0.3", mod=module)
    (tmp_path / "net.mine").write_text("what it is", encoding="utf-8")
    done = with_packages(tmp_path, *arguments, cwd=tmp_path)
    what = {
        "layers": "layer kind",
        "rules": "rule",
        "reports": "report format",
        "devices": "device",
        "formats": "format",
        "analyses": "analysis",
    }[group]
    assert done.stderr.removeprefix(f"using the shipped spec lenet5 ({ROOT}/specs/lenet5.yaml)\n") == (
        f"cnncalc: the {what} {name} of the package half-done 0.3 cannot be used ({points_at}): {reason}\n"
        "  Please report it to the author of the package. CNNCALC_DEBUG=1 shows the traceback.\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


FAILING = "def render(report):\n    return report.rows[10**6]\n"


def test_what_fails_while_it_runs_is_no_bug_of_ours(tmp_path):
    install(tmp_path, "half-done", {"cnncalc.reports": {"mine": "mod"}}, mod=FAILING)
    done = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> FC-1", "--format", "mine")
    assert done.stderr.startswith(
        "cnncalc: the report format mine of the package half-done 1.0 failed: IndexError: tuple index out of"
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "Traceback" in run_with_debug(tmp_path)


def run_with_debug(folder):
    environment = {"PYTHONPATH": f"{ROOT}:{folder}", "CNNCALC_DEBUG": "1"}
    return python("-m", "cnncalc", "analyze", "INPUT[8x8x3] -> FC-1", "--format", "mine", env=environment).stderr


def test_a_module_of_several_extensions_is_named_itself(tmp_path):
    """Which of them was running is not known: none of their names is said."""
    entries = {"cnncalc.reports": {"mine": "mod", "other": "mod"}, "cnncalc.layers": {"WARP": "mod:Warp"}}
    install(tmp_path, "half-done", entries, mod=FAILING)
    done = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> FC-1", "--format", "mine")
    assert done.stderr.startswith("cnncalc: the module mod of the package half-done 1.0 failed: IndexError: tuple index out of")
    assert (done.returncode, done.stdout) == (2, "")


def test_the_innermost_extension_is_blamed(tmp_path):
    entries = {"cnncalc.reports": {"mine": "mod"}, "cnncalc.devices": {"board": "inner:it"}}
    install(
        tmp_path,
        "half-done",
        entries,
        mod="import inner\ndef render(report): return inner.fail()",
        inner="def fail(): return 1 / 0",
    )
    done = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> FC-1", "--format", "mine")
    assert done.stderr.startswith("cnncalc: the device board of the package half-done 1.0 failed: ZeroDivisionError: division")


RULE = """
from cnncalc.text.diagnostic import Code
ADVICE = Code("HALF1", "", "", "", "", "")
SEVERITY = "note"
VALID = INVALID = ()
def advise(design): return iter(())
"""


def test_two_rules_of_one_code(tmp_path):
    install(tmp_path, "half-done", {"cnncalc.rules": {"one": "mod", "two": "mod"}}, mod=RULE)
    done = with_packages(tmp_path, "lint", "INPUT[8x8x3] -> FC-1")
    assert "the rule two of the package half-done 1.0 cannot be used (mod): another rule has its code HALF1\n" in done.stderr
    assert done.returncode == 2


def test_what_two_packages_add(tmp_path):
    for name in ("one", "other"):
        install(tmp_path, name, {"cnncalc.layers": {"WARP": "mod:Warp"}})
    done = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> WARP")
    assert "the layer kind WARP is added more than once, by one 1.0 and other 1.0: uninstall one, or rename it\n" in done.stderr
    assert done.returncode == 2


WARP = "from cnncalc.layers.relu import Relu\nclass Warp(Relu):\n    kind = 'warp'\n"
OURS = {"CONV": "mod:Warp", "WARP": "mod:Warp"}


def test_ours_go_first(tmp_path):
    """A kind of ours stays what it is; the package that would replace it is told so where it is used."""
    install(tmp_path, "half-done", {"cnncalc.layers": OURS}, mod=WARP)
    used = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> CONV3-4 -> WARP")
    assert "the layer kind CONV of the package half-done 1.0 cannot be used (mod:Warp): cnncalc itself has this name" in used.stderr
    assert used.returncode == 2
    unused = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> CONV3-4")
    assert (unused.returncode, "112" in unused.stdout, unused.stderr) == (0, True, "")
    mistyped = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> CONVV3-4")
    assert "did you mean `CONV`?" in mistyped.stderr


def test_what_is_broken_does_not_disturb_what_is_not(tmp_path):
    entries = {
        f"cnncalc.{group}": {"MINE": "nowhere"} for group in ("layers", "rules", "formats", "reports", "devices", "analyses")
    }
    install(tmp_path, "half-done", entries)
    (tmp_path / "spec.txt").write_text("pattern: INPUT[8x8x3] -> FC-1\n", encoding="utf-8")
    for arguments in (("analyze", "vgg16"), ("validate", "lenet5"), ("analyze", "INPUT[8x8x3] -> FC-1", "--device", "H100")):
        assert with_packages(tmp_path, *arguments).returncode == 0
    done = with_packages(tmp_path, "analyze", "-", input="pattern: INPUT[8x8x3] -> FC-1\n")
    assert done.returncode == 0
    assert "did you mean `RELU`?" in with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> RELUU").stderr


# what is looked for, and when


@pytest.mark.parametrize(
    "arguments",
    [
        ("analyze", "vgg16"),
        ("analyze", "resnet50", "--format", "csv"),
        ("analyze", "INPUT[8x8x3] -> CONV3-4", "--device", "H100"),
        ("validate", "resnet50"),
        ("explain", "CONV"),
        ("explain", "CNN201"),
        ("convert", "lenet5", "--to", "layers"),
    ],
    ids=" ".join,
)
def test_nothing_is_looked_for_without_need(arguments):
    code = f"import sys\nsys.argv = ['cnncalc', *{arguments!r}]\nfrom cnncalc.cli.main import run\nassert run() == 0\n"
    done = python("-c", f"{code}assert not {{'importlib.metadata', 'cnncalc.extensions'}} & set(sys.modules)")
    assert done.returncode == 0, done.stderr


def test_groups_are_read_once(monkeypatch):
    import importlib.metadata

    from cnncalc import extensions

    asked = []
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: asked.append(group) or [])
    monkeypatch.setattr(extensions, "_mentioned", lambda group: True)
    extensions.found.cache_clear()
    assert [
        extensions.found(extensions.LAYERS),
        extensions.find(extensions.LAYERS, "WARP", ()),
        extensions.found(extensions.RULES),
    ] == [(), None, ()]
    assert asked == [extensions.LAYERS, extensions.RULES]
    extensions.found.cache_clear()


def test_entry_points_that_cannot_be_read(tmp_path):
    install(tmp_path, "half-done", {})
    (tmp_path / "half_done-1.0.dist-info" / "entry_points.txt").write_bytes(b"[cnncalc.layers]\n\xff")
    done = with_packages(tmp_path, "analyze", "INPUT[8x8x3] -> WARP")
    assert done.stderr.startswith("cnncalc: the entry points of the installed packages cannot be read: ")
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [("lint", "lenet5"), ("analyze", "INPUT[8x8x3] -> RELUU")])
def test_no_metadata_is_read_where_no_package_mentions_cnncalc(arguments, tmp_path):
    code = f"import sys\nsys.argv = ['cnncalc', *{arguments!r}]\nfrom cnncalc.cli.main import run\nrun()\n"
    done = python("-c", f"{code}assert 'importlib.metadata' not in sys.modules")
    assert done.returncode == 0, done.stderr
    install(tmp_path, "other", {"cnncalc.rules": {"x": "nowhere"}, "cnncalc.layers": {"X": "nowhere"}})
    seen = python("-c", f"{code}assert 'importlib.metadata' in sys.modules", env={"PYTHONPATH": f"{tmp_path}:{ROOT}"})
    assert "AssertionError" not in seen.stderr
