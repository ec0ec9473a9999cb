"""A real Slurm of one node on this machine, for as long as a block or a command lasts; needs root and Debian's packages.

    apt-get install -y --no-install-recommends slurm-wlm slurm-wlm-basic-plugins munge
    python tests/cluster/slurm.py snakemake --profile slurm

It has partitions `cpu` and `gpu` and a stand-in for one GPU, an a100 by name: that shows where jobs are placed, and never runs
anything on a GPU. There is no accounting. An existing slurm.conf is never touched. The daemons are children of a keeper, a
process of its own that cancels the jobs and ends the daemons by their process numbers as soon as the process that asked for
them is done or dead. Should the keeper itself be killed outright, the kernel ends the daemons (`setpriv --pdeathsig`).
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SYSTEM = Path("/etc/slurm")  # where Slurm looks, and the only place its jobs look
PREFIX = "langgeom-slurm-"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol", "setpriv")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

KEEP = "--keep"  # the argument with which this file is the keeper of a cluster

CONF = """\
ClusterName=langgeom
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerParameters=sched_interval=1,batch_sched_delay=1
DefMemPerCPU=500
MinJobAge=3600
KillWait=2
ReturnToService=2
MpiDefault=none
GresTypes=gpu
# More than there may be: tests are small, and their jobs ask as for real ones.
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=16 RealMemory=64000 Gres=gpu:a100:1 Features=a100
PartitionName=cpu Nodes={host} Default=YES
PartitionName=gpu Nodes={host}
"""


class Missing(Exception):
    """Why there can be no Slurm on this machine."""


def find() -> None:
    """Make sure that a cluster can be started here.

    Raises:
        Missing: what it lacks.
    """
    lacking = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if lacking:
        raise Missing(
            f"no {', '.join(lacking)} on this machine; on Debian: apt-get install -y --no-install-recommends "
            "slurm-wlm slurm-wlm-basic-plugins munge"
        )
    if os.geteuid() != 0:
        raise Missing("starting a Slurm of one's own needs root")
    conf = SYSTEM / "slurm.conf"
    if os.path.lexists(conf) and not _ours(conf):
        raise Missing(f"{conf} exists, and a Slurm that is in use is not to be disturbed")


def _ours(conf: Path) -> bool:
    return conf.is_symlink() and Path(os.readlink(conf)).parent.name.startswith(PREFIX)


@contextlib.contextmanager
def cluster() -> Iterator[Path]:
    """Start a cluster, yield its folder (logs, process numbers), and leave nothing of it behind.

    Raises:
        Missing: it cannot be started here.
        RuntimeError: it did not come up, with the ends of its logs.
    """
    find()
    SYSTEM.mkdir(exist_ok=True)
    # The keeper ends the cluster when its input ends: when this block does, or this process, whatever ends it.
    keeper = subprocess.Popen(
        [sys.executable, __file__, KEEP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert keeper.stdin is not None and keeper.stdout is not None
    try:
        said = keeper.stdout.readline().strip()
        if not Path(said).is_dir():
            raise RuntimeError(f"{said}\n{keeper.stdout.read()}")
        yield Path(said)
    finally:
        keeper.stdin.close()
        keeper.wait()


def keep() -> None:
    """Start the daemons, print the cluster's folder, and end them when standard input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        lock = os.open(SYSTEM, os.O_RDONLY)
        stack.callback(os.close, lock)
        _wait(lambda: _locked(lock), 600, lambda: "another test's Slurm is running on this machine")
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))  # a socket's path has to be short
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # munged wants its socket to be in reach of all
        _write(folder)
        conf = SYSTEM / "slurm.conf"
        if _ours(conf):  # left by a keeper that was killed outright: it holds no lock
            conf.unlink()
        conf.symlink_to(folder / "slurm.conf")
        stack.callback(conf.unlink)
        munge = folder / "munge"
        _daemon(stack, folder, "munged", "--foreground", f"--key-file={munge}/key", f"--socket={munge}/socket",
                f"--pid-file={folder}/munged.pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")  # fmt: skip
        _wait((munge / "socket").exists, 60, lambda: _logs(folder))
        for name in ("slurmctld", "slurmd"):
            _daemon(stack, folder, name, "-D", "-c", "-f", str(folder / "slurm.conf"))
        stack.callback(_clear)
        _wait(lambda: ask("sinfo", "--noheader", "--format=%T", check=False).split() == ["idle"], 60, lambda: _logs(folder))
        print(folder, flush=True)
        sys.stdin.read()


def ask(*command: str, check: bool = True) -> str:
    """Return what one of Slurm's commands prints; none may take longer than 10 seconds."""
    done = subprocess.run(["timeout", "10", *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}")
    return done.stdout


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(folder: Path) -> None:
    """Write the settings and empty folders of a cluster."""
    host = socket.gethostname().split(".")[0]
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        ports = {"controller": first.getsockname()[1], "node": second.getsockname()[1]}
    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o755)
    (folder / "munge" / "key").write_bytes(os.urandom(1024))
    (folder / "munge" / "key").chmod(0o600)
    (folder / "slurm.conf").write_text(CONF.format(host=host, folder=folder, **ports), encoding="utf-8")
    (folder / "gres.conf").write_text(f"NodeName={host} Name=gpu Type=a100 Count=1 File=/dev/null\n", encoding="utf-8")


def _daemon(stack: contextlib.ExitStack, folder: Path, name: str, *arguments: str) -> None:
    """Start a daemon in the foreground of a session of its own, to be ended with the stack."""
    with open(folder / f"{name}.out", "wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", name, *arguments], env={**os.environ, "PATH": PATH},
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    (folder / f"{name}.started").write_text(f"{process.pid}\n", encoding="utf-8")
    stack.callback(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _clear() -> None:
    """Cancel all jobs and wait until their processes are gone."""
    ask("scancel", "--user=root", check=False)
    ask("scancel", "--user=root", "--signal=KILL", "--full", check=False)
    with contextlib.suppress(RuntimeError):
        _wait(lambda: not ask("squeue", "--noheader", "--states=RUNNING,COMPLETING", check=False).strip(), 30, lambda: "")


def _wait(done: object, seconds: float, why: object) -> None:
    assert callable(done) and callable(why)
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {seconds} s in vain: {why()}")
        time.sleep(0.2)


def _logs(folder: Path) -> str:
    return "\n".join(
        f"{path.name}: {path.read_text(errors='replace')[-2000:]}"
        for path in sorted([*folder.glob("*.log"), *folder.glob("*.out"), folder / "munge" / "log"])
        if path.is_file()
    )


def main(command: list[str]) -> int:
    """Run a command on a cluster of its own and return its exit status."""
    if command == [KEEP]:
        keep()
        return 0
    if not command:
        print(__doc__)
        return 2
    # Ended by whatever signal, the block is left as by Ctrl-C; a shell starts what goes on behind it with Ctrl-C ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with cluster():
            return subprocess.run(command).returncode
    except Missing as reason:
        print(f"No cluster: {reason}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
