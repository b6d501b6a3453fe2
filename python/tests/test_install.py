"""The package as it is installed from a clone, without any index."""

import os
import shutil
import subprocess
import sys

PACKAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def test_pip_installs_it_from_a_clone_without_a_network(tmp_path):
    clone, target = tmp_path / "python", tmp_path / "installed"
    shutil.copytree(PACKAGE, clone, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--no-build-isolation", "--quiet", "--target", str(target), str(clone)]
    run = subprocess.run(command, env={**os.environ, "PIP_NO_CACHE_DIR": "1"}, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    sources = {name for name in os.listdir(os.path.join(PACKAGE, "keywright")) if name.endswith(".py")}
    assert sources | {"py.typed"} <= set(os.listdir(target / "keywright"))
    program = "import keywright, keywright.wsgi, keywright.asgi, keywright.flask, keywright.fastapi, keywright.django; print(keywright.__file__)"
    run = subprocess.run([sys.executable, "-B", "-c", program], env={**os.environ, "PYTHONPATH": str(target)}, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(target / "keywright" / "__init__.py")
