"""A server on this machine that speaks Microsoft's sign-in and Graph v1.0."""

import datetime
import ipaddress
import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

TENANT = "11111111-2222-3333-4444-555555555555"
SECRET = "right-one~of.the.app"


def make_certificate(key):
    """Return a self-signed certificate of this machine in PEM.

    :param key: private key of `cryptography`
    """
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - datetime.timedelta(days=1),
        not_valid_after=now + datetime.timedelta(days=2),
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([address]), False)
    certificate = builder.sign(key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def write_key(key):
    """Return a private key in PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def make_rsa_key():
    """Return a private key as an app signs in with."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Directory:
    """Users and groups of a tenant, and the errors that a test asks for.

    `users`, `groups` and `photos` (bytes by user) are what is there; `change` makes a
    change that the next delta query tells. `failures` maps the beginning of a path to
    (status, headers, body), each used once. With `endless`, each page names a next one.
    """

    def __init__(self):
        self.users = {}
        self.groups = {}
        self.photos = {}
        self.changes = []
        self.failures = {}
        self.sign_in_error = None
        self.page = 2
        self.endless = False
        self.requests = []
        self.assertions = []
        self._folder = tempfile.TemporaryDirectory()
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = make_certificate(key)
        self.ca_file = str(Path(self._folder.name) / "ca.pem")
        Path(self.ca_file).write_text(certificate)
        both = Path(self._folder.name) / "server.pem"
        both.write_text(write_key(key) + certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        handler = type("Handler", (_Handler,), {"directory": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        """End the server and remove its files."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()

    def add(self, key, mail, **more):
        """Add a user, which the next delta query tells.

        :return: the user as Graph describes it
        """
        user = {
            "id": key,
            "accountEnabled": True,
            "displayName": key.title(),
            "givenName": key.title(),
            "surname": "Entra",
            "mail": mail,
            "userPrincipalName": f"{key}@tenant.example",
            "businessPhones": [],
            **more,
        }
        self.users[key] = user
        self.changes.append(user)
        return user

    def change(self, key, **values):
        """Change a user; the delta query tells its id and these properties."""
        self.users[key].update(values)
        self.changes.append({"id": key, **values})

    def remove(self, key):
        """Delete a user."""
        del self.users[key]
        self.changes.append({"id": key, "@removed": {"reason": "changed"}})

    # -- answers -----------------------------------------------------------------

    def sign_in(self, tenant, form):
        """Return status and JSON of the token endpoint."""
        if form.get("client_assertion"):
            self.assertions.append(form["client_assertion"][0])
        elif form.get("client_secret") != [SECRET]:
            return 401, _refusal(
                "invalid_client", "AADSTS7000215: Invalid client secret"
            )
        if self.sign_in_error:
            return 401, _refusal("invalid_client", self.sign_in_error)
        return 200, {"token_type": "Bearer", "expires_in": 3599, "access_token": "good"}

    def answer(self, path, query):
        """Return status and JSON of a request to Graph."""
        if path == "/users/delta":
            return self._delta(query)
        if path == "/users":
            chosen = query.get("$filter", [""])[0]
            found = [
                u for u in self.users.values() if not chosen or f"'{u['id']}'" in chosen
            ]
            return 200, {"value": found[: int(query.get("$top", [100])[0])]}
        if path == "/groups":
            return 200, {
                "value": [{"id": g, "displayName": g.title()} for g in self.groups]
            }
        if path.endswith("/photo/$value"):
            photo = self.photos.get(path.split("/")[2])
            if photo is None:
                return 404, _error("ImageNotFound", "no photo")
            return 200, photo
        group = path.split("/")[2]
        if group not in self.groups:
            return 404, _error("Request_ResourceNotFound", "no such group")
        members = [self.users[key] for key in self.groups[group]]
        return 200, self._page(members, query, f"{path}?")

    def _delta(self, query):
        if "$deltatoken" in query:
            items = self.changes[int(query["$deltatoken"][0]) :]
        else:
            items = list(self.users.values())
        since = query.get("$deltatoken", ["0"])[0]
        prefix = f"$deltatoken={since}&" if "$deltatoken" in query else ""
        answer = self._page(items, query, f"/users/delta?{prefix}")
        if "@odata.nextLink" not in answer:
            link = f"{self.url}/v1.0/users/delta?$deltatoken={len(self.changes)}"
            answer["@odata.deltaLink"] = link
        return 200, answer

    def _page(self, items, query, path):
        start = int(query.get("$skiptoken", ["0"])[0])
        answer = {"value": items[start : start + self.page]}
        if start + self.page < len(items) or self.endless:
            link = f"{self.url}/v1.0{path}$skiptoken={start + self.page}"
            answer["@odata.nextLink"] = link
        return answer


def _refusal(error, text):
    return {"error": error, "error_description": text}


def _error(code, message):
    return {"error": {"code": code, "message": message}}


class _Handler(BaseHTTPRequestHandler):
    directory = None

    def log_message(self, *_arguments):
        """Tests need no log of their requests."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        form = parse_qs(self.rfile.read(length).decode())
        tenant = self.path.split("/")[1]
        self._send(*self.directory.sign_in(tenant, form))

    def do_GET(self):
        parts = urlsplit(self.path)
        self.directory.requests.append(self.path)
        if parts.path.endswith("/.well-known/openid-configuration"):
            self._configuration(parts.path.split("/")[1])
            return
        if self.headers.get("Authorization") != "Bearer good":
            self._send(401, _error("InvalidAuthenticationToken", "no token"))
            return
        path = parts.path.removeprefix("/v1.0")
        for beginning in list(self.directory.failures):
            if path.startswith(beginning):
                status, headers, body = self.directory.failures.pop(beginning)
                self._send(status, body, headers)
                return
        self._send(*self.directory.answer(path, parse_qs(parts.query)))

    def _configuration(self, tenant):
        base = f"{self.directory.url}/{tenant}"
        if tenant != TENANT:
            self._send(400, _refusal("invalid_tenant", "AADSTS90002: not found"))
            return
        self._send(
            200,
            {
                "issuer": f"{base}/v2.0",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            },
        )

    def _send(self, status, body, headers=None):
        is_photo = isinstance(body, bytes)
        content = body if is_photo else json.dumps(body).encode()
        self.send_response(status)
        kind = "image/jpeg" if is_photo else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
