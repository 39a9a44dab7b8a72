"""The layers around a student's process. It puts them on itself before it reads a line of the student's.

Each layer is a function that raises OSError where this system lacks it; ``seal`` says which are in force. Linux, by
ctypes: user and mount namespaces, capabilities, Landlock (kernel 5.13 and later; TCP 6.7, signals 6.12), seccomp.
"""

import contextlib
import ctypes
import os
import platform
import resource
import struct

LAYERS = ("limits", "private disk", "no privileges", "landlock", "seccomp")
libc = ctypes.CDLL(None, use_errno=True)


def seal(order):
    """Put on every layer but those in ``order["without"]``; the names of those that are in force.

    order: scratch (folder), readable and listed (paths), memory, file (bytes), cpu (seconds).
    """
    steps = {
        "private disk": lambda: private_disk(order["scratch"], order["file"]),
        "limits": lambda: limits(order, own_count="private disk" in active),
        "no privileges": no_privileges,
        "landlock": lambda: landlock(order, writable="private disk" in active),
        "seccomp": seccomp,
    }
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where the machine runs out of memory, it is this process that goes
    active = []
    for name, put_on in steps.items():
        if name not in order["without"]:
            try:
                put_on()
            except (OSError, ValueError, AttributeError):
                continue
            active.append(name)
    return active


def call(function, *arguments):
    """Call a C function; OSError where it returns a negative number."""
    result = function(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def prctl(option, argument=0):
    call(libc.prctl, option, argument, 0, 0, 0)


PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_SET_SECCOMP = 36, 38, 47, 22


def limits(order, own_count):
    """Ceilings that the process cannot raise again. own_count: processes are counted apart from the user's others."""
    for name, value in (
        ("RLIMIT_AS", order["memory"]),
        ("RLIMIT_FSIZE", order["file"]),
        ("RLIMIT_CPU", order["cpu"]),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 64),
        *([("RLIMIT_NPROC", 64)] if own_count else []),
    ):
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x8000000, 0x10000000
MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000


def private_disk(scratch, size):
    """The whole disk read-only, and a scratch folder in memory, of ``size`` bytes in all; it ends with the process."""
    user, group = os.getuid(), os.getgid()
    call(libc.unshare, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    call(libc.mount, b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    read_only = struct.pack("=QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    call(libc.syscall, MOUNT_SETATTR, AT_FDCWD, b"/", AT_RECURSIVE, ctypes.c_char_p(read_only), len(read_only))
    options = f"size={size},nr_inodes=1000,mode=700".encode()
    call(libc.mount, b"scratch", os.fsencode(scratch), b"tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)
    os.chdir(scratch)


def no_privileges():
    """No capabilities, and no program that could give any; other processes cannot look in."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break  # the last one is behind us, or we may not: then there is none to drop
    header, data = struct.pack("=II", 0x20080522, 0), bytes(24)
    call(libc.capset, ctypes.c_char_p(header), ctypes.c_char_p(data))
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


# Landlock: the rights of linux/landlock.h, and how many of them each version of its interface knows.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG, TRUNCATE = (
    1 << bit for bit in (0, 1, 2, 3, 4, 5, 7, 8, 14)
)
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446


def landlock_version():
    return call(libc.syscall, CREATE_RULESET, None, 0, 1)


def landlock(order, writable):
    """Read the libraries, write to scratch alone; no TCP, and signals for nobody outside."""
    version = landlock_version()
    known = (1 << RIGHTS[min(version, 5)]) - 1
    rules = struct.pack("=QQQ", known, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = rules[: 24 if version >= 6 else 16 if version >= 4 else 8]
    ruleset = call(libc.syscall, CREATE_RULESET, ctypes.c_char_p(rules), len(rules), 0)
    scratch = READ_FILE | READ_DIR
    if writable:
        scratch |= WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | TRUNCATE
    grants = [(path, READ_FILE | READ_DIR) for path in order["readable"]]
    grants += [(path, READ_DIR) for path in order["listed"]]
    grants += [("/dev/null", READ_FILE | WRITE_FILE), (order["scratch"], scratch)]
    for path, rights in grants:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        if not os.path.isdir(path):
            rights &= READ_FILE | WRITE_FILE
        rule = struct.pack("=Qi", rights & known, place)
        call(libc.syscall, ADD_RULE, ruleset, 1, ctypes.c_char_p(rule), 0)
        os.close(place)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    call(libc.syscall, RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


# seccomp: what NumPy and Matplotlib need, as name:number on x86-64:number on aarch64. All else does not exist.
ALLOWED = """
read:0:63 write:1:64 close:3:57 fstat:5:80 lseek:8:62 mmap:9:222 mprotect:10:226 munmap:11:215 brk:12:214
rt_sigaction:13:134 rt_sigprocmask:14:135 rt_sigreturn:15:139 pread64:17:67 pwrite64:18:68 readv:19:65 writev:20:66
access:21: faccessat:269:48 faccessat2:439:439 pipe:22: pipe2:293:59 select:23: pselect6:270:72 poll:7: ppoll:271:73
sched_yield:24:124 mremap:25:216 msync:26:227 mincore:27:232 madvise:28:233 dup:32:23 dup2:33: dup3:292:24
nanosleep:35:101 getitimer:36:102 setitimer:38:103 alarm:37: getpid:39:172 getppid:110:173 gettid:186:178 exit:60:93
exit_group:231:94 uname:63:160 fsync:74:82 fdatasync:75:83 ftruncate:77:46 getdents:78:
getdents64:217:61 getcwd:79:17 chdir:80:49 fchdir:81:50 rename:82: renameat:264:38 renameat2:316:276 mkdir:83:
mkdirat:258:34 rmdir:84: unlink:87: unlinkat:263:35 readlink:89: readlinkat:267:78 umask:95:166 gettimeofday:96:169
getrlimit:97:163 getrusage:98:165 sysinfo:99:179 times:100:153 getuid:102:174 geteuid:107:175 getgid:104:176
getegid:108:177 getgroups:115:158 getpgrp:111: getpgid:121:155 getsid:124:156 sigaltstack:131:132 statfs:137:43
fstatfs:138:44 sched_getaffinity:204:123 futex:202:98 set_tid_address:218:96 set_robust_list:273:99
get_robust_list:274:100 clock_gettime:228:113 clock_getres:229:114 clock_nanosleep:230:115
newfstatat:262:79 stat:4: lstat:6: statx:332:291 getrandom:318:278 rseq:334:293 membarrier:324:283 fadvise64:221:223
getcpu:309:168 rt_sigpending:127:136 arch_prctl:158: close_range:436:436
"""
# clone, fcntl, ioctl, prlimit64, tgkill, openat, open: allowed for some arguments only.
CHECKED = {"x86_64": (56, 72, 16, 302, 234, 257, 2), "aarch64": (220, 25, 29, 261, 131, 56, None)}
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE_THREAD = 0x10000
COMMANDS = (0, 1, 2, 3, 4, 1030)  # of fcntl: duplicate, flags; not F_SETOWN, which sends signals
REQUESTS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # of ioctl: is it a terminal, how many bytes, close on exec
O_TRUNC, O_ACCMODE = 0x200, 3
LOAD, MASK, EQUAL, ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x45, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 38  # ENOSYS: there is no such call


def seccomp():
    """Allow the listed system calls: threads and files, but no processes, programs, sockets, signals, mounts."""
    program = filter_program(platform.machine(), os.getpid())
    code = b"".join(struct.pack("=HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    call(libc.prctl, PR_SET_SECCOMP, 2, ctypes.c_char_p(header), 0, 0)


def filter_program(machine, pid):
    """The filter as lines of (code, jump if true, jump if false, constant). Raises ValueError on another machine."""
    if machine not in AUDIT_ARCH:
        raise ValueError(f"no list of system calls for {machine}")
    column = 1 if machine == "x86_64" else 2
    numbers = [int(row.split(":")[column]) for row in ALLOWED.split() if row.split(":")[column]]
    clone, fcntl, ioctl, prlimit, tgkill, openat, opens = CHECKED[machine]
    program = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, AUDIT_ARCH[machine]), (RETURN, 0, 0, REFUSE), (LOAD, 0, 0, 0)]
    for number in numbers:
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    program += only_if(clone, 0, [(ANY_BIT, 0, 1, CLONE_THREAD), (RETURN, 0, 0, ALLOW)])
    program += only_if(fcntl, 1, one_of(COMMANDS))
    program += only_if(ioctl, 1, one_of(REQUESTS))
    program += only_if(prlimit, 0, one_of([0]))  # one's own
    program += only_if(tgkill, 0, one_of([pid]))
    # Landlock before Linux 6.2 does not see that a file is cut while it is opened to be read, or for nothing at all.
    flags = [(MASK, 0, 0, O_TRUNC | O_ACCMODE), *one_of([0, 1, 2, O_TRUNC | 1, O_TRUNC | 2])]
    program += only_if(openat, 2, flags)
    program += only_if(opens, 1, flags) if opens else []
    return [*program, (RETURN, 0, 0, REFUSE)]


def only_if(number, argument, allow):
    """Lines that refuse a call unless ``allow`` lets its argument through. The kernel reads 32 bits of these."""
    body = [(LOAD, 0, 0, 16 + 8 * argument), *allow, (RETURN, 0, 0, REFUSE)]
    return [(EQUAL, 0, len(body), number), *body]


def one_of(constants):
    return [line for c in constants for line in ((EQUAL, 0, 1, c), (RETURN, 0, 0, ALLOW))]
