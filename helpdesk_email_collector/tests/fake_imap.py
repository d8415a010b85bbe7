"""A small IMAP server (RFC 3501) in this process, whose connection can be cut."""

import base64
import re
import socket
import ssl
import tempfile
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def self_signed_context():
    """Return a TLS context of a certificate that nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.demo.example")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(path)
    return context


class FakeImap:
    """One account with the folders INBOX and Done; a context manager.

    :param bytes mails: what lies in the INBOX
    :param int cut: hang up at this command, counted from 1
    :param bool before: hang up before the command takes effect, else before its answer
    :param tls: True for TLS from the first byte, "starttls" to offer it
    :param bool uid_last: answer FETCH with the UID behind the body, as some servers do
    """

    password = "pass word"

    def __init__(
        self, *mails, cut=0, before=True, tls=False, uid_last=False, capabilities=""
    ):
        self.folders = {"INBOX": dict(enumerate(mails, start=1)), "Done": {}}
        self.flags = {uid: set() for uid in self.folders["INBOX"]}
        self.came = {}  # uid -> when, in UTC
        self.commands, self.said, self.tokens = [], [], set()
        self.cut, self.before = cut, before
        self.uid_last, self.capabilities = uid_last, capabilities
        self.context = self_signed_context() if tls else None
        self.starttls = tls == "starttls"

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            with connection:
                try:
                    if self.context and not self.starttls:
                        connection = self.context.wrap_socket(
                            connection, server_side=True
                        )
                    self._talk(connection)
                except OSError:
                    connection.close()
                self.stream = None  # it would keep the connection open

    def _talk(self, connection):
        stream = self.stream = connection.makefile("rwb")
        stream.write(b"* OK ready\r\n")
        stream.flush()
        while line := stream.readline():
            tag, _space, command = line.decode("latin-1").strip().partition(" ")
            if not command:
                return  # somebody speaks TLS to us
            self.commands.append(command)
            cut = len(self.commands) == self.cut
            if cut and self.before:
                return
            answer = self._answer(command)
            if cut:
                return
            for part in answer[:-1]:
                stream.write(part)
            stream.write(f"{tag} {answer[-1]} it is\r\n".encode())
            stream.flush()
            if command.upper() == "LOGOUT":
                return
            if command.upper() == "STARTTLS" and self.starttls:
                connection = self.context.wrap_socket(connection, server_side=True)
                stream = self.stream = connection.makefile("rwb")

    def _answer(self, command):
        """Return what the server says: bytes, and at last the status as text."""
        words = command.split(" ", 2)
        name = "_".join(words[:2] if words[0] == "UID" else words[:1]).lower()
        arguments = command.split(" ", 2 if words[0] == "UID" else 1)[-1]
        return getattr(self, f"_do_{name}", self._unknown)(arguments)

    def _unknown(self, _arguments):
        return ["BAD unknown command"]

    def _do_capability(self, _arguments):
        offer = "STARTTLS " if self.starttls else ""
        text = f"* CAPABILITY IMAP4rev1 {offer}{self.capabilities}\r\n"
        return [text.encode(), "OK"]

    def _do_starttls(self, _arguments):
        return ["OK" if self.starttls else "BAD"]

    def _do_login(self, arguments):
        right = arguments.endswith(f'"{self.password}"')
        return ["OK" if right else "NO [AUTHENTICATIONFAILED] no"]

    def _do_authenticate(self, _arguments):
        """Take a token (XOAUTH2) that is one of `tokens`, for any user."""
        self.stream.write(b"+ \r\n")
        self.stream.flush()
        self.said.append(base64.b64decode(self.stream.readline()).decode())
        right = any(f"auth=Bearer {token}\1" in self.said[-1] for token in self.tokens)
        return ["OK" if right else "NO [AUTHENTICATIONFAILED] no"]

    def _do_list(self, _arguments):
        return [f'* LIST () "/" {name}\r\n'.encode() for name in self.folders] + ["OK"]

    def _do_status(self, arguments):
        known = arguments.split('"')[1] in self.folders
        return ["OK" if known else "NO no such folder"]

    def _do_select(self, arguments):
        if arguments.strip('"') not in self.folders:
            return ["NO no such folder"]
        count = len(self.folders["INBOX"])
        return [
            f"* {count} EXISTS\r\n* OK [UIDVALIDITY 77] x\r\n".encode(),
            "OK [READ-WRITE]",
        ]

    def _do_uid_search(self, arguments):
        _before, _since, day = arguments.partition("SINCE ")
        since = day and datetime.strptime(day, "%d-%b-%Y").date()
        unread = [
            str(uid)
            for uid in self.folders["INBOX"]
            if not self.flags[uid] & {"\\Seen", "\\Deleted"}
            and not (since and uid in self.came and self.came[uid].date() < since)
        ]
        return [f"* SEARCH {' '.join(unread)}\r\n".encode(), "OK"]

    def _do_uid_fetch(self, arguments):
        uids, what = arguments.split(" ", 1)
        answer = []
        for number, uid in enumerate(self._uids(uids), start=1):
            raw = self.folders["INBOX"][uid]
            if "INTERNALDATE" in what:
                came = self.came.get(uid, datetime(2026, 11, 28))
                date = f'INTERNALDATE "{came:%d-%b-%Y %H:%M:%S} +0000"'
                answer.append(f"* {number} FETCH (UID {uid} {date})\r\n".encode())
                continue
            if "PEEK" not in what:
                size = f"* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)})\r\n"
                answer.append(size.encode())
                continue
            first, last = ("", f" UID {uid}") if self.uid_last else (f"UID {uid} ", "")
            answer.append(
                f"* {number} FETCH ({first}BODY[] {{{len(raw)}}}\r\n".encode()
                + raw
                + f"{last})\r\n".encode()
            )
        return [*answer, "OK"]

    def _do_uid_store(self, arguments):
        uids, _action, flags = arguments.split(" ", 2)
        for uid in self._uids(uids):
            self.flags[uid].update(re.findall(r"\\\w+", flags))
        return ["OK"]

    def _do_uid_copy(self, arguments):
        uids, folder = arguments.split(" ", 1)
        if folder.strip('"') not in self.folders:
            return ["NO [TRYCREATE] no such folder"]
        for uid in self._uids(uids):
            self.folders[folder.strip('"')][uid] = self.folders["INBOX"][uid]
        return ["OK"]

    def _do_uid_move(self, arguments):
        answer = self._do_uid_copy(arguments)
        for uid in self._uids(arguments.split(" ")[0]) if answer == ["OK"] else ():
            del self.folders["INBOX"][uid]
        return answer

    def _do_uid_expunge(self, arguments):
        for uid in self._uids(arguments):
            if "\\Deleted" in self.flags[uid]:
                del self.folders["INBOX"][uid]
        return ["OK"]

    def _do_logout(self, _arguments):
        return [b"* BYE\r\n", "OK"]

    def _uids(self, text):
        """Return the UIDs of a set such as 1:3,7 that are in the INBOX."""
        uids = set()
        for part in text.split(","):
            first, _colon, last = part.partition(":")
            uids.update(range(int(first), int(last or first) + 1))
        return sorted(uids & set(self.folders["INBOX"]))
