"""The cage of a worker process: memory and CPU caps, no network, no new programs, no files once loaded.

Linux: rlimits, and a seccomp filter (classic BPF, seccomp(2)) on every thread that answers EPERM to the
system calls that open sockets, run programs, make processes, trace, or do either through io_uring. The
kernel is asked through ctypes; x86-64 and aarch64. Elsewhere rlimits hold where the system has them and
`sandbox_support` says what is missing. Reading files stays allowed: engines load their own modules lazily.
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from dataclasses import dataclass

if sys.platform != "win32":
    import resource

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_EPERM = 1
_ENOSYS = 38
_CLONE_THREAD = 0x00010000
_LOAD_WORD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_AT_LEAST = 0x35
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06
_SYSCALL, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32_BIT = 0x40000000


@dataclass(frozen=True)
class _Kernel:
    """System call numbers of one architecture (asm/unistd.h) and its audit number (linux/audit.h)."""

    audit: int
    seccomp: int
    clone: int
    clone3: int
    denied: tuple[int, ...]


_KERNELS = {
    "x86_64": _Kernel(
        audit=0xC000003E,
        seccomp=317,
        clone=56,
        clone3=435,
        denied=(
            *(41, 42, 43, 44, 46, 47, 49, 50, 53, 288, 299, 307),  # socket ... accept4, recvmmsg, sendmmsg
            *(57, 58, 59, 322),  # fork, vfork, execve, execveat
            *(101, 310, 311, 438),  # ptrace, process_vm_readv, process_vm_writev, pidfd_getfd
            *(425, 426, 427),  # io_uring
            *(
                165,
                272,
                308,
                321,
                323,
                246,
                175,
                313,
            ),  # mount, unshare, setns, bpf, userfaultfd, kexec, modules
        ),
    ),
    "aarch64": _Kernel(
        audit=0xC00000B7,
        seccomp=277,
        clone=220,
        clone3=435,
        denied=(
            *(198, 199, 200, 201, 202, 203, 206, 207, 211, 212, 242, 243, 269),
            *(221, 281),
            *(117, 270, 271, 438),
            *(425, 426, 427),
            *(40, 97, 268, 280, 282, 104, 105, 273),
        ),
    ),
}


@dataclass(frozen=True)
class SandboxSupport:
    """What this machine can deny to a worker; `missing` is for a person, empty where nothing is missing."""

    denies_network_and_exec: bool
    caps_memory: bool
    missing: tuple[str, ...]


def sandbox_support() -> SandboxSupport:
    """What the cage holds on this machine; nothing is changed."""
    missing: list[str] = []
    filtered = sys.platform == "linux" and platform.machine() in _KERNELS
    if sys.platform != "linux":
        missing.append("network and exec cannot be denied to workers: no seccomp on this system")
    elif not filtered:
        missing.append(
            f"network and exec cannot be denied to workers: no system call table for {platform.machine()}"
        )
    capped = sys.platform == "linux"
    if not capped:
        missing.append("memory of workers is not capped by this system")
    return SandboxSupport(filtered, capped, tuple(missing))


def _instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant)


def _filter(kernel: _Kernel) -> bytes:
    program = [
        _instruction(_LOAD_WORD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, kernel.audit, 1, 0),
        _instruction(_RETURN, _KILL_PROCESS),
        _instruction(_LOAD_WORD, _SYSCALL),
        _instruction(_JUMP_AT_LEAST, _X32_BIT, 0, 1),
        _instruction(_RETURN, _ERRNO | _EPERM),
    ]
    for number in kernel.denied:
        program += [_instruction(_JUMP_EQUAL, number, 0, 1), _instruction(_RETURN, _ERRNO | _EPERM)]
    # glibc falls back to clone, whose flags a filter can see; threads are fine, processes are not.
    program += [_instruction(_JUMP_EQUAL, kernel.clone3, 0, 1), _instruction(_RETURN, _ERRNO | _ENOSYS)]
    program += [
        _instruction(_JUMP_EQUAL, kernel.clone, 0, 3),
        _instruction(_LOAD_WORD, _FIRST_ARGUMENT),
        _instruction(_JUMP_ANY_BIT, _CLONE_THREAD, 1, 0),
        _instruction(_RETURN, _ERRNO | _EPERM),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def deny_network_and_exec() -> bool:
    """Lock this process for good; True where the kernel took the filter. Raises OSError where it refused."""
    if sys.platform != "linux" or platform.machine() not in _KERNELS:
        return False
    kernel = _KERNELS[platform.machine()]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the kernel refused no_new_privs")
    code = ctypes.create_string_buffer(_filter(kernel))
    program = _Program(len(_filter(kernel)) // 8, ctypes.cast(code, ctypes.c_void_p))
    libc.syscall.restype = ctypes.c_long
    done = libc.syscall(
        ctypes.c_long(kernel.seccomp),
        ctypes.c_ulong(_SECCOMP_SET_MODE_FILTER),
        ctypes.c_ulong(_SECCOMP_FILTER_FLAG_TSYNC),
        ctypes.byref(program),
    )
    if done != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused the seccomp filter")
    return True


def cap_resources(memory_mb: int) -> None:
    """Cap writable memory (MiB) and written files (the same); no core dumps."""
    size = memory_mb * 1024 * 1024
    # RLIMIT_DATA counts what is written to; RLIMIT_AS would also count what allocators only reserve.
    kinds = [resource.RLIMIT_DATA] if sys.platform == "linux" else [resource.RLIMIT_AS, resource.RLIMIT_DATA]
    for kind in kinds:
        _lower(kind, size)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, size)
    _lower(resource.RLIMIT_NOFILE, 256)


def cap_files(size: int) -> None:
    """Files may grow to `size` bytes from now on, 0 forbids writing; raised only while an engine loads."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (min(size, hard), hard))


def cap_cpu(seconds: float) -> None:
    """The kernel ends this process once it has used that many more CPU seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        if sys.platform == "linux":
            raise
