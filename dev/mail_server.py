"""A private Dovecot on loopback: IMAP, POP3 and LMTP with a mailbox for every address that is asked for."""

import grp
import os
import pwd
import re
import shutil
import subprocess

from dev import ports, python_env, state
from dev.instance import MAIL_PASSWORD
from dev.processes import Background
from dev.steps import Problem, run
from dev.waiting import wait_until

# Debian's user for mail; Dovecot serves no mail that belongs to root.
MAIL_USER = "mail"
# Where TLS listens, and with which certificate: one that is fine, one that has expired, one nobody signed.
CERTIFICATES = {"127.0.0.1": "good", "127.0.0.2": "expired", "127.0.0.3": "self-signed"}

# How many mails fit below the folder Archive in the end-to-end tests.
ARCHIVE_ROOM = 3

COMMON = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/stderr
protocols = imap pop3 lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
ssl = yes
auth_mechanisms = plain login
# Whoever was refused waits for some seconds otherwise, each time for more, and with him all others on this machine.
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    {address} = 127.0.0.1 127.0.0.2 127.0.0.3
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
service lmtp {{
  user = {user}
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
"""

VERSION_2_3 = """
disable_plaintext_auth = no
mail_location = maildir:~/mail
auth_username_format = %Lu
ssl_cert = <{folder}/tls/good.pem
ssl_key = <{folder}/tls/good.pem
{local}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/users/%Lu allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""
LOCAL_2_3 = """local {address} {{
  ssl_cert = <{folder}/tls/{name}.pem
  ssl_key = <{folder}/tls/{name}.pem
}}
"""

TESTS_2_3 = """
auth_mechanisms = plain login xoauth2
namespace archive {{
  prefix = Archive/
  separator = /
  location = maildir:~/archive
}}
mail_plugins = quota
protocol imap {{
  mail_plugins = quota imap_quota
}}
plugin {{
  quota = maildir:Archive:ns=Archive/
  quota_rule = *:messages={room}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf.ext
}}
"""
OAUTH_2_3 = """
introspection_mode = post
introspection_url = http://127.0.0.1:{oauth}/introspect
username_attribute = username
"""

VERSION_2_4 = """
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = ~/mail
auth_username_format = %{{user | lower}}
ssl_server_cert_file = {folder}/tls/good.pem
ssl_server_key_file = {folder}/tls/good.pem
{local}
passdb static {{
  password = {password}
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {folder}/users/%{{user | lower}}
  }}
  static_allow_all_users = yes
}}
namespace inbox {{
  inbox = yes
}}
"""
LOCAL_2_4 = """local {address} {{
  ssl_server_cert_file = {folder}/tls/{name}.pem
  ssl_server_key_file = {folder}/tls/{name}.pem
}}
"""


def owner():
    """Return the user that runs Dovecot and owns the mails, or None for ourselves."""
    return state.service_user(MAIL_USER)


def process(instance):
    """Return the background process of the mail server of ``instance``."""
    return Background(f"{instance.name}-dovecot")


def folder(instance):
    """Return the folder with configuration, certificates and mails."""
    return instance.folder / "mail"


def authority(instance):
    """Return the file with the certificate of the authority that signed the good and the expired one."""
    return folder(instance) / "tls/authority.pem"


def version():
    """Return Dovecot's version, as in (2, 3)."""
    text = subprocess.run([_dovecot(), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"(\d+)\.(\d+)", text)
    if not found:
        raise Problem("Dovecot does not say its version: install dovecot-imapd again.")
    return int(found[1]), int(found[2])


def _dovecot():
    return shutil.which("dovecot") or "/usr/sbin/dovecot"


def start(instance):
    """Start the mail server of ``instance`` and wait until it answers.

    :raises Problem: it ended or does not answer
    """
    server = process(instance)
    if server.pid() is not None:
        return
    base = folder(instance)
    state.give(base, owner())
    _make_certificates(base / "tls")
    config = base / "dovecot.conf"
    config.write_text(configuration(instance, version()))
    config.chmod(0o644)
    if "oauth" in instance.ports:
        extra = base / "oauth2.conf.ext"
        extra.write_text(OAUTH_2_3.format(**instance.ports))
        extra.chmod(0o644)
    server.start([_dovecot(), "-F", "-c", config], user=owner(), cwd="/")

    def ready():
        if server.pid() is None:
            raise Problem(f"Dovecot ended while it started (see {server.log}): {server.last_line()}")
        return all(ports.answers(instance.ports[name]) for name in ("imap", "imaps", "pop3", "lmtp"))

    try:
        wait_until(ready, 20, "Dovecot's answer", interval=0.05)
    except TimeoutError as error:
        raise Problem(f"Dovecot does not answer (see {server.log}): {server.last_line()}") from error


def configuration(instance, dovecot_version):
    """Return Dovecot's configuration; its language changed with version 2.4."""
    user = pwd.getpwnam(owner()) if owner() else pwd.getpwuid(os.getuid())
    new = dovecot_version >= (2, 4)
    values = {
        **instance.ports,
        "folder": folder(instance),
        "user": user.pw_name,
        "group": grp.getgrgid(user.pw_gid).gr_name,
        "password": MAIL_PASSWORD,
        "address": "listen" if new else "address",
    }
    block = LOCAL_2_4 if new else LOCAL_2_3
    local = "".join(
        block.format(address=address, name=name, folder=values["folder"])
        for address, name in CERTIFICATES.items()
        if name != "good"
    )
    head = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" if new else ""
    parts = [COMMON, VERSION_2_4 if new else VERSION_2_3]
    if instance.name == "test" and has_extras(dovecot_version):
        parts.append(TESTS_2_3)
    return head + "".join(parts).format(**values, local=local, room=ARCHIVE_ROOM)


def has_extras(dovecot_version):
    """Tell whether the end-to-end tests find a folder Archive with its quota, and sign-in by token."""
    return dovecot_version < (2, 4)


def _make_certificates(target):
    if (target / "authority.pem").exists():
        return
    state.give(target, owner())
    run(
        [python_env.python(), "-m", "dev.certificates", target],
        "The certificates of the mail server cannot be made.",
        log=state.log("setup"),
        cwd=state.REPO,
    )
    if owner():
        for path in target.iterdir():
            shutil.chown(path, owner())
