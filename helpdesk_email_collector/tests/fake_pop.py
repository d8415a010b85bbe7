"""A small POP3 server (RFC 1939) in this process, whose connection can be cut."""

from .fake_imap import FakeImap


class FakePop(FakeImap):
    """One maildrop; a context manager, with the options of `FakeImap`.

    :param bool uidl: know the command UIDL
    :param bool top: know the command TOP
    """

    def __init__(self, *mails, uidl=True, top=True, **options):
        super().__init__(*mails, **options)
        self.drop = {f"id-{uid}": raw for uid, raw in self.folders["INBOX"].items()}
        self.uidl, self.top = uidl, top

    def _talk(self, connection):
        keys, deleted = list(self.drop), []
        stream = connection.makefile("rwb")
        stream.write(b"+OK ready\r\n")
        stream.flush()
        while line := stream.readline():
            command = line.decode().strip()
            self.commands.append(command)
            cut = len(self.commands) == self.cut
            if cut and self.before:
                return
            name, _space, argument = command.partition(" ")
            if name == "QUIT":
                for key in deleted:
                    del self.drop[key]
            answer = self._answer_pop(name, argument, keys, deleted)
            if cut:
                return
            stream.write(answer)
            stream.flush()
            if name == "QUIT":
                return

    def _answer_pop(self, name, argument, keys, deleted):
        sizes = [len(self.drop.get(key, b"")) for key in keys]
        numbers = range(1, len(keys) + 1)
        if name == "PASS" and argument != self.password:
            return b"-ERR [AUTH] no\r\n"
        if name == "STAT":
            return b"+OK %d %d\r\n" % (len(keys), sum(sizes))
        if name == "LIST":
            return self._lines(f"{n} {sizes[n - 1]}" for n in numbers)
        if name == "UIDL":
            if not self.uidl:
                return b"-ERR unknown\r\n"
            return self._lines(f"{n} {keys[n - 1]}" for n in numbers)
        if name == "RETR":
            raw = self.drop[keys[int(argument) - 1]].replace(b"\r\n.", b"\r\n..")
            return b"+OK\r\n" + raw + b".\r\n"
        if name == "TOP":
            if not self.top:
                return b"-ERR unknown\r\n"
            head = self.drop[keys[int(argument.split()[0]) - 1]].split(b"\r\n\r\n")[0]
            return b"+OK\r\n" + head + b"\r\n\r\n.\r\n"
        if name == "DELE":
            deleted.append(keys[int(argument) - 1])
        return b"+OK\r\n"

    @staticmethod
    def _lines(lines):
        return "\r\n".join(["+OK", *lines, ".", ""]).encode()
