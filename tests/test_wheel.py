"""What setup.py builds installs with pip and loads from there, without an addons path."""

import json
import os
import shutil
import subprocess
import zipfile

import pytest

from dev import addons, odoo_server, postgres, python_env, state, templates
from dev.lint.tools import files

DATABASE = "helpdesk_wheel"
REPORT = """
import json, sys
from odoo.tools import file_path
modules = env["ir.module.module"].search([("name", "=like", "helpdesk%"), ("state", "=", "installed")])
print(json.dumps({
    "version": {m.name: m.latest_version for m in modules},
    "module": {m.name: sys.modules["odoo.addons." + m.name].__file__ for m in modules},
    "icon": {m.name: file_path(m.name + "/static/description/icon.png") for m in modules},
    "page": {m.name: m.description_html for m in modules},
}))
"""


def run(*command, **options):
    """Run a command and return what it prints; its errors are part of a failure."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{words}:\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the source distribution; nothing is written into the repository."""
    source, result = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in files():
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(state.REPO / name, target)
    run(python_env.python(), "-m", "build", "--no-isolation", "--outdir", result, source)
    return next(result.glob("*.whl"))


@pytest.fixture(scope="module")
def fresh_python(tmp_path_factory, wheel):
    """The Python of a new environment with the wheel; Odoo and the dependencies come from the development one."""
    folder = tmp_path_factory.mktemp("environment")
    run(python_env.python(), "-m", "venv", "--without-pip", folder)
    packages = next(folder.glob("lib/python3.*/site-packages"))
    line = f"import site; site.addsitedir({str(python_env.site_packages())!r})\n"
    (packages / "development.pth").write_text(line)
    python = folder / "bin/python"
    # Without an index pip must find every dependency installed: one with a wrong name fails here.
    run(python_env.python(), "-m", "pip", "--python", python, "install", "--no-index", wheel)
    return python


@pytest.fixture
def database():
    """A database with what the addons depend on."""
    postgres.start()
    templates.clone(templates.with_dependencies(), DATABASE)
    yield DATABASE
    postgres.drop(DATABASE)
    templates.drop_files(DATABASE)


def test_the_wheel_installs_and_loads(fresh_python, database, tmp_path):
    def odoo(tool, *words, **options):
        common = ("-c", os.devnull, "-d", database, "--data-dir", odoo_server.data_folder(), "--no-http")
        environment = {**os.environ, **odoo_server.environment()}
        command = (fresh_python, "-m", "odoo", tool, *common, "--log-level=error", *words)
        return run(*command, cwd=tmp_path, env=environment, **options)

    odoo("server", "-i", ",".join(addons.ADDONS), "--stop-after-init")
    report = json.loads(odoo("shell", input=REPORT).splitlines()[-1])
    assert report["version"] == {name: addons.manifest(name)["version"] for name in addons.ADDONS}
    home = f"{fresh_python.parent.parent}/"
    for name in addons.ADDONS:
        assert report["module"][name].startswith(home), report["module"]
        assert report["icon"][name].startswith(home), report["icon"]
        assert f'src="/{name}/static/description/' in report["page"][name], report["page"][name]


def test_the_wheel_holds_every_file_of_the_addons(wheel):
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if name.startswith("odoo/")}
    assert shipped == {f"odoo/addons/{name}" for name in files() if name.partition("/")[0] in addons.ADDONS}
