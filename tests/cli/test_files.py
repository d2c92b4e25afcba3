"""Files that commands read and write: nothing is destroyed, and nothing hangs."""

import os
import re
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support import environment, run

from cnncalc.workspace.files import replace, replace_all

NET = "input: 6x6x1\npattern: CONV3-2 -> FC-3\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)
    np.savez("w.npz", **arrays())
    return tmp_path


def arrays(kind="f4", value=0):
    shapes = {"conv1/weight": (3, 3, 1, 2), "conv1/bias": (2,), "fc2/weight": (72, 3), "fc2/bias": (3,)}
    return {name: np.full(shape, value, kind) for name, shape in shapes.items()}


TWICE = [
    ("convert net.yaml --fc-to-conv --weights w.npz -o same --weights-out same", "are one file"),
    ("convert net.yaml --fc-to-conv --weights w.npz -o zz.npz", "are one file"),
    ("convert net.yaml --fc-to-conv --weights w.npz -o w.npz --weights-out o.npz", "overwrite w.npz"),
    ("convert net.yaml --fc-to-conv --weights w.npz -o o.yaml --weights-out net.yaml", "overwrite net.yaml"),
    ("convert net.yaml --fc-to-conv --weights w.npz -o o.yaml --weights-out link.npz", "overwrite w.npz"),
    ("verify net.yaml --weights w.npz --save w.npz", "overwrite w.npz"),
    ("verify net.yaml --array a.npy --save ./a.npy", "overwrite a.npy"),
    ("verify net.yaml --save net.yaml", "overwrite net.yaml"),
    ("convert net.yaml --to layers -o ", "needs the name of a file"),
]


@pytest.mark.parametrize("line, said", TWICE)
def test_no_file_is_written_that_is_read_or_written_too(line, said, here, cli):
    np.save("a.npy", np.zeros((6, 6, 1)))
    (here / "link.npz").symlink_to("w.npz")
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    words = line.split(" ")
    status, _, err = cli(*words)
    assert status == 2
    assert said in err
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_a_pair_is_written_whole_or_not_at_all(here, cli):
    (here / "folder").mkdir()
    status, _, err = cli("convert", "net.yaml", "--fc-to-conv", "--weights", "w.npz", "-o", "folder", "--weights-out", "o.npz")
    assert (status, (here / "o.npz").exists()) == (2, False)
    assert "folder cannot be written: it is a folder" in err
    assert "cannot be written" in cli("convert", "net.yaml", "--to", "layers", "-o", "no/x.yaml")[2]


def test_a_fifo_stays_one(here, cli):
    os.mkfifo("pipe")
    assert cli("convert", "net.yaml", "--to", "layers", "-o", "pipe")[::2] == (
        2,
        "error[CNN001]: pipe cannot be written: nobody reads it\n = help: cnncalc explain CNN001\n",
    )
    got = []
    reader = threading.Thread(target=lambda: got.append((here / "pipe").read_bytes()))
    reader.start()
    deadline = time.monotonic() + 20
    while cli("verify", "net.yaml", "--save", "pipe")[0]:
        assert time.monotonic() < deadline
    reader.join(20)
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    assert got[0].startswith(b"PK")


def test_a_device_stays_one(here, cli):
    assert cli("convert", "net.yaml", "--to", "layers", "-o", "/dev/null")[0] == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    status, _, err = cli("convert", "net.yaml", "--to", "layers", "-o", "/dev/full")
    assert (status, "/dev/full cannot be written: no space left on device" in err) == (2, True)


def test_a_file_loses_the_right_to_run_as_its_owner(here):
    (here / "old").touch()
    (here / "old").chmod(0o6755)
    replace("old", lambda file: file.write(b"new"))
    assert stat.S_IMODE(Path("old").stat().st_mode) == 0o755


def test_nothing_is_renamed_before_all_is_written(here):
    def fail(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(Exception, match="no space left"):
        replace_all([("a", lambda file: file.write(b"a")), ("b", fail)])
    assert sorted(path.name for path in here.iterdir()) == ["net.yaml", "w.npz"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file(number, here):
    code = (
        "import os, signal; from cnncalc.workspace.files import replace\n"
        f"replace('out', lambda file: os.kill(os.getpid(), {int(number)}))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), cwd=here, check=False, timeout=60)
    assert done.returncode == -number
    assert sorted(path.name for path in here.iterdir()) == ["net.yaml", "w.npz"]


def test_results_are_saved_before_they_are_printed(here):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        words = [sys.executable, "-m", "cnncalc", "verify", "net.yaml", "--save", "s.npz"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, env=environment(), cwd=here, check=False, timeout=60)
    assert done.returncode == 2
    assert list(np.load("s.npz")) == ["fc2"]


def test_a_full_stderr_loses_notes_only(here):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        for words, status in ((["convert", "lenet5", "--to", "layers", "-o", "x.yaml"], 0), (["analyze", "nothing"], 2)):
            command = [sys.executable, "-m", "cnncalc", *words]
            done = subprocess.run(
                command, stderr=full, stdout=subprocess.PIPE, env=environment(), cwd=here, check=False, timeout=60
            )
            assert done.returncode == status
    assert (here / "x.yaml").stat().st_size


def test_a_fifo_in_a_folder_is_no_spec(here):
    os.mkfifo("pipe.yaml")
    assert "1 spec" in run("validate", ".", cwd=here, timeout=30).stdout


def test_a_base_that_is_a_link_out_of_the_folder(here, cli):
    (here / "inner").mkdir()
    (here / "inner" / "x.yaml").write_text("base: evil\n")
    (here / "inner" / "evil.yaml").symlink_to(here / "net.yaml")
    status, _, err = cli("analyze", "inner/x.yaml")
    assert (status, "`evil` is a link to a file outside the folder of the spec" in err) == (2, True)
    (here / "inner" / "near.yaml").write_text(NET)
    (here / "inner" / "evil.yaml").unlink()
    (here / "inner" / "evil.yaml").symlink_to("near.yaml")
    assert cli("analyze", "inner/x.yaml")[0] == 0


def test_a_long_chain_of_bases(here, cli):
    for at in range(13):
        (here / f"b{at}.yaml").write_text(f"base: b{at + 1}\n" if at < 12 else NET)
    assert "bases of bases are more than 10 deep" in cli("analyze", "b0.yaml")[2]
    assert cli("analyze", "b3.yaml")[0] == 0
    (here / "b12.yaml").write_text("base: b12\n")
    assert "`b12` builds on this spec itself" in cli("analyze", "b12.yaml")[2]


# arrays


def claiming(size):
    """Return the beginning of an array whose header claims to be this long."""
    return b"\x93NUMPY\x02\x00" + size.to_bytes(4, "little")


def test_a_header_that_claims_gigabytes(here, cli):
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conv1/weight.npy", claiming(2**26) + b" " * 2**26)
    with open("bomb.npy", "wb") as file:  # noqa: PTH123
        file.write(claiming(3 * 2**30))
        file.truncate(3 * 2**30 + 12)
    started = time.process_time()
    for words in (["--weights", "bomb.npz"], ["--array", "bomb.npy"]):
        status, _, err = cli("verify", "net.yaml", *words)
        assert (status, "EOF: reading array header" in err) == (2, True)
    assert time.process_time() - started < 5


def test_the_memory_of_all_images_of_a_file_is_checked_before_they_are_read(here, cli, monkeypatch):
    monkeypatch.setattr("cnncalc.forward.machine.available", lambda: 2**30)
    np.save("many.npy", np.zeros((2500, 1, 1, 1), np.int8))
    status, _, err = cli("verify", "INPUT[1x1x1] -> UPSAMPLE1000", "--array", "many.npy")
    assert status == 2
    assert re.match(r"error\[CNN423\]: the forward pass needs 9\.\d+ GiB, and 1\.00 GiB are available", err)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--threads", "100000"], "at most 1,024 threads, not 100,000"),
        (["--batch", "1000000000000000000", "--force"], "error[CNN423]: the forward pass needs"),
    ],
)
def test_more_than_any_machine_has(words, said, here, cli):
    status, _, err = cli("verify", "net.yaml", *words)
    assert (status, said in err) == (2, True)


def test_what_the_system_refuses_is_no_bug_of_ours(here, cli, monkeypatch):
    def fail(*_arguments, **_options):
        raise MemoryError

    monkeypatch.setattr("cnncalc.tasks.verify.arrays", fail)
    status, _, err = cli("verify", "net.yaml")
    assert (status, err.startswith("error[CNN426]: the system has no more memory for this command\n")) == (2, True)


def test_too_little_address_space(here):
    code = f"ulimit -v 700000; exec {sys.executable} -m cnncalc verify vgg16"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, env=environment(), check=False, timeout=60)
    assert done.returncode == 2
    assert re.search(r"error\[CNN42[36]\]", done.stderr)
    assert "Traceback" not in done.stderr


def test_numbers_that_overflow(here, cli):
    np.savez("large.npz", **arrays("f8", 1e300))
    np.save("large.npy", np.full((6, 6, 1), 1e300))
    status, out, err = cli("verify", "net.yaml", "--weights", "large.npz")
    assert (status, out) == (2, "")
    assert "error[CNN422]: the weights hold values beyond the largest float32\n" in err
    status, _, err = cli("verify", "net.yaml", "--array", "large.npy")
    assert "large.npy holds values beyond the largest float32" in err
    assert "hint: --dtype float64 holds them" in err
    assert cli("verify", "net.yaml", "--array", "large.npy", "--dtype", "float64")[0] == 0
    np.save("nan.npy", np.full((6, 6, 1), np.nan))
    assert "nan.npy holds NaN or infinite values" in cli("verify", "net.yaml", "--array", "nan.npy")[2]


@pytest.mark.parametrize("option", ["--weights", "--array", "--image"])
@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_arrays_and_pictures_are_read_from_regular_files_only(here, cli, option, path):
    """A pipe without a writer would block for ever, and the end of /dev/zero never comes."""
    os.mkfifo("pipe")
    status, _, err = cli("verify", "net.yaml", option, path)
    assert status == 2
    assert "it is no regular file" in err
