"""A streaming replica of the private cluster, on this machine: read-only pages can be served by it."""

import shutil

from dev import postgres, state
from dev.steps import run
from dev.waiting import wait_until


class Replica:
    """Made anew each time, and removed when it is stopped."""

    def __init__(self):
        self.folder = state.folder() / "replica"
        self.data = self.folder / "data"
        self.socket = self.folder / "socket"
        self.owner = state.service_user("postgres")

    @property
    def options(self):
        """The options with which Odoo uses it for what only reads."""
        return ["--db_replica_host", str(self.socket), "--db_replica_port", postgres.PORT]

    def start(self):
        """Copy the cluster and follow it.

        :raises Problem: that failed
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder, self.socket):
            state.give(folder, self.owner)
        server = postgres.environment()
        connection = ["-h", server["PGHOST"], "-p", server["PGPORT"], "-U", server["PGUSER"]]
        # Not written to the disk at once: a power cut costs nothing that is not made anew.
        copy = ["pg_basebackup", "-D", self.data, *connection, "-X", "stream", "-R", "-c", "fast", "--no-sync"]
        self._run(copy, "PostgreSQL cannot be copied.")
        # What the copied settings say of the socket is the other server's.
        settings = f"-c unix_socket_directories='{self.socket}' -c shared_buffers=64MB"
        words = ["-D", self.data, "-l", self.folder / "server.log", "-o", settings, "-w", "-t", "60", "start"]
        self._run(["pg_ctl", *words], "The replica does not start.")

    def stop(self):
        """End it and remove its files."""
        if (self.data / "postmaster.pid").exists():
            self._run(["pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"], "The replica does not stop.")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, words, problem):
        program, *options = words
        command = [postgres.binaries() / program, *options]
        run(command, problem, log=state.log("replica"), cwd="/", user=self.owner)

    def query(self, sql, database="postgres"):
        """Run ``sql`` on the replica and return the rows as lists of strings."""
        return postgres.query(sql, database, {**postgres.environment(), "PGHOST": str(self.socket)})

    def catch_up(self):
        """Wait until it has all that the cluster has now."""
        # Not what is on the disk: a commit returns a moment before it is.
        ((position,),) = postgres.query("SELECT pg_current_wal_insert_lsn()")
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        wait_until(lambda: self.query(reached) == [["t"]], 30, "the replica", interval=0.05)

    def pause(self):
        """Have it stay as it is now, while the cluster goes on."""
        self.catch_up()
        self.query("SELECT pg_wal_replay_pause()")
        paused = "SELECT pg_get_wal_replay_pause_state()"
        wait_until(lambda: self.query(paused) == [["paused"]], 30, "the replica's pause", interval=0.05)

    def resume(self):
        """Have it follow again, and wait until it has all."""
        self.query("SELECT pg_wal_replay_resume()")
        self.catch_up()
