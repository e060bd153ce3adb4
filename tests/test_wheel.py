"""The sdist, and the wheel that is built from it and installed outside the checkout, work."""

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile

from conftest import ROOT


def test_the_wheel_runs_in_a_fresh_environment(tmp_path):
    # `build` makes the wheel from the sdist, so what the sdist lacks is missing below.
    subprocess.run([sys.executable, "-m", "build", "-o", tmp_path / "dist", ROOT], check=True, capture_output=True)
    [sdist] = (tmp_path / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "problems/scaling.py", "decision/knee_point.py"} <= packed
    [wheel] = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "moo_inference/problems/scaling.py" in names
    assert "moo_inference/decision/knee_point.py" in names
    assert "moo_inference/catalog/paper.yaml" in names
    assert "moo_inference/py.typed" in names
    assert {name.split("/")[0] for name in names if not name.split("/")[0].endswith(".dist-info")} == {"moo_inference"}
    venv.create(tmp_path / "env", with_pip=True, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True)
    # The dependencies are those of this environment; a path file adds them without this checkout's own install.
    [site] = (tmp_path / "env").glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    command = tmp_path / "env" / "bin" / "moo-inference"
    done = subprocess.run([command, "solve"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "Essay feedback" in done.stdout
    where = subprocess.run(
        [python, "-c", "import moo_inference.problems as p; print(p.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(site) in where.stdout
