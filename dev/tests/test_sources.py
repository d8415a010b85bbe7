"""Where Odoo, the addons and the servers come from."""

import ast
from pathlib import Path

import pytest

from dev import addons, debian, mail_server, odoo_source, postgres, state
from dev.instance import PREFERRED, Instance
from dev.steps import Problem


@pytest.fixture
def chosen(monkeypatch):
    """Choose ODOO_SRC."""

    def choose(path):
        monkeypatch.setenv("ODOO_SRC", str(path))
        odoo_source.source.cache_clear()

    yield choose
    odoo_source.source.cache_clear()


def checkout(path, version):
    (path / "odoo").mkdir()
    (path / "odoo/release.py").write_text(f"version_info = ({version}, 0, FINAL, 0, '')\n")


def test_checkout_of_odoo(tmp_path, chosen):
    checkout(tmp_path, 19)
    (tmp_path / "addons/web").mkdir(parents=True)
    (tmp_path / "addons/web/__manifest__.py").touch()
    chosen(tmp_path)
    assert odoo_source.source() == tmp_path
    assert odoo_source.addons_paths() == [tmp_path / "addons"]


def test_checkout_of_another_version(tmp_path, chosen):
    checkout(tmp_path, 18)
    chosen(tmp_path)
    with pytest.raises(Problem, match="is not a checkout of Odoo 19"):
        odoo_source.source()


def test_mirror_is_the_machines_own(monkeypatch):
    targets = (
        "http://mirror.example/debian-security/ bookworm-security bookworm-security main\n"
        "http://other.example/debian/ bookworm bookworm contrib\n"
        "http://mirror.example/debian/ stable bookworm main\n"
    )
    monkeypatch.setattr(odoo_source, "_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(odoo_source.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(odoo_source, "_targets", lambda: targets)
    assert odoo_source.own_mirror() == ("http://mirror.example/debian/", "bookworm")


def test_system_without_debians_archive(monkeypatch):
    monkeypatch.setattr(odoo_source, "_release", lambda: {"ID": "fedora"})
    with pytest.raises(Problem, match="no Debian archive among its apt sources; set ODOO_SRC="):
        odoo_source.own_mirror()


@pytest.mark.parametrize("name", ["PGHOST", "PGSERVICE"])
def test_users_own_database_server(monkeypatch, name):
    monkeypatch.setenv(name, "db.example")
    assert not postgres.is_own()
    assert postgres.environment() == {}


def test_packages_without_root_and_sudo(monkeypatch):
    monkeypatch.setattr(state, "is_root", lambda: False)
    monkeypatch.setattr(debian.shutil, "which", lambda name: None)
    with pytest.raises(Problem, match="as root once, or install sudo"):
        debian.become_root()


def test_dependencies_are_those_of_others():
    found = addons.dependencies()
    assert {"contract", "mail", "partner_firstname"} <= set(found)
    assert not set(addons.ADDONS) & set(found)


def test_hash_follows_what_is_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(state, "REPO", tmp_path)
    monkeypatch.setattr(addons, "ADDONS", ("one",))
    (tmp_path / "one/models").mkdir(parents=True)
    (tmp_path / "one/tests").mkdir()
    (tmp_path / "one/models/a.py").write_text("a = 1")
    before = addons.installed_hash()
    (tmp_path / "one/tests/test_a.py").write_text("")
    (tmp_path / "one/models/a.pyc").write_text("")
    assert addons.installed_hash() == before
    (tmp_path / "one/models/a.py").write_text("a = 2")
    changed = addons.installed_hash()
    assert changed != before
    (tmp_path / "one/models/a.py").rename(tmp_path / "one/models/b.py")
    assert addons.installed_hash() not in (before, changed)


@pytest.mark.parametrize("version", [(2, 3), (2, 4), (3, 0)])
def test_mail_server_configuration_speaks_its_versions_language(folder, version):
    text = mail_server.configuration(Instance("test", "db", dict(PREFERRED)), version)
    assert ("dovecot_config_version" in text) == (version >= (2, 4))
    assert ("disable_plaintext_auth" in text) == (version < (2, 4))
    assert text.count("{") == text.count("}")
    assert "port = 10143" in text


def test_requirements_are_those_of_the_manifests():
    root = Path(__file__).parents[2]
    wanted = set()
    for manifest in root.glob("helpdesk_*/__manifest__.py"):
        needs = ast.literal_eval(manifest.read_text()).get("external_dependencies", {})
        wanted.update(needs.get("python", []))
    lines = (root / "requirements.txt").read_text().splitlines()
    assert lines[1:] == sorted(wanted)
