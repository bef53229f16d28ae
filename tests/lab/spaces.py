"""Two network namespaces without names, each with one TUN device that this process holds.

They live as long as somebody holds them: when this process and those inside them are gone, however
they went, the kernel removes namespaces and devices. Nothing is left to clean up.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import subprocess
from dataclasses import dataclass

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
MTU = 1500
ADDRESSES = ("10.99.0.1", "10.99.0.2")

_libc = ctypes.CDLL(None, use_errno=True)


class NoSpaces(Exception):
    """This machine or this user cannot have namespaces with TUN devices; says why."""


@dataclass
class Space:
    """A namespace: `path` is what `nsenter --net=` takes, `tun` the device's file, unblocking."""

    path: str
    address: str
    tun: int


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise NoSpaces(f"{what}: {os.strerror(number)}")


def _open(address: str, peer: str) -> Space:
    """A fresh namespace, entered; the caller goes back."""
    _check(_libc.unshare(CLONE_NEWNET), "a network namespace cannot be made")
    handle = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise NoSpaces(f"no TUN device can be had: {error}") from error
    # The default route is for Firefox, which gathers no candidate without one. It leads into the
    # TUN as well, and the relay drops what is not for the other end.
    for line in (
        "ip link set lo up",
        f"ip address add {address} peer {peer} dev tun0",
        f"ip link set tun0 mtu {MTU} up",
        "ip route add default dev tun0",
    ):
        done = subprocess.run(line.split(), capture_output=True, text=True)
        if done.returncode:
            raise NoSpaces(f"{line}: {done.stderr.strip()}")
    return Space(f"/proc/{os.getpid()}/fd/{handle}", address, tun)


def pair() -> tuple[Space, Space]:
    """Both ends. Raises NoSpaces. To be called before any thread is started."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    spaces = []
    try:
        for address, peer in (ADDRESSES, ADDRESSES[::-1]):
            spaces.append(_open(address, peer))
            _check(_libc.setns(home, CLONE_NEWNET), "the way back from a namespace is barred")
    finally:
        _libc.setns(home, CLONE_NEWNET)
        os.close(home)
    return spaces[0], spaces[1]
