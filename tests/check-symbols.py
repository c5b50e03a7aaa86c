#!/usr/bin/env python3
# check-symbols.py: one door to the kernel, and no state of the process
#
#   check-symbols.py [--name name] internal-archive libmsa-folder compiler...
#
# Reads the objects of the library. Only net/msa-sys-real*.c may call the kernel, by libc's doors, GLib's or GnuTLS's.
# No object has data that can be written, except what GObject keeps for types, properties, signals and
# quarks. Locks are taken by the inline functions of base/, so that they show in any object: for
# these the sources outside of base/ and the real side are read. No object calls what depends on the locale, and the
# sources name each environment variable that is read. The compiler makes the planted objects of the proof. The
# tests are /checks/name/...
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import fnmatch
import os
import re
import subprocess
import sys
import tempfile

import tap

DOORS = '''
socket socketpair connect bind listen accept accept4 shutdown
send sendto sendmsg sendmmsg sendfile recv recvfrom recvmsg recvmmsg __recv_chk __recvfrom_chk
read readv pread pread64 __read_chk __pread_chk __pread64_chk write writev pwrite pwrite64
open open64 openat openat64 creat __open_2 __open64_2 __openat_2 fopen fopen64 fdopen close closedir opendir
dup dup2 dup3 stat stat64 fstat fstat64 lstat lstat64 access unlink rename mmap mmap64
poll ppoll __poll_chk __ppoll_chk select pselect epoll_* eventfd eventfd_* timerfd_* signalfd inotify_* io_uring_*
pipe pipe2 fcntl fcntl64 ioctl getsockopt setsockopt getpeername getsockname
clock_gettime clock_nanosleep gettimeofday time times usleep nanosleep sleep alarm setitimer
getaddrinfo freeaddrinfo getnameinfo gethostbyname* res_query res_search res_nquery
getenv secure_getenv setenv putenv unsetenv rand random srand srandom getrandom getentropy arc4random*
signal sigaction sigprocmask raise kill pthread_* fork vfork exec* system popen posix_spawn*
g_get_monotonic_time g_get_real_time g_date_time_new_now* g_usleep g_timer_*
g_file_* g_mapped_file_* g_open g_fopen g_unlink g_stat g_lstat g_access g_io_channel_* g_dir_*
g_thread_* g_once_impl g_private_* g_async_queue_*
g_task_run_in_thread*
g_resolver_* g_socket_* g_network_* g_getenv g_setenv g_unsetenv g_listenv g_get_environ g_random_* g_rand_* g_uuid_*
g_poll g_unix_open_pipe g_unix_signal_* g_unix_set_fd_nonblocking g_spawn_* g_subprocess_*
gnutls_*_file gnutls_*_file2 gnutls_load_file gnutls_*_dir gnutls_*_system_trust gnutls_*_url gnutls_url_* gnutls_pkcs11_*
gnutls_tpm_* gnutls_system_* gnutls_transport_set_int* gnutls_global_set_time_function gnutls_rnd
'''.split()

# Types, names and values: GIO says of them that they do no I/O.
HARMLESS = ['g_*_get_type', 'g_*_error_quark', 'g_socket_address_new_from_native', 'g_file_get_basename',
            'g_file_get_parse_name', 'g_file_get_path', 'g_file_peek_path', 'g_file_get_uri', 'g_file_dup', 'g_file_equal', 'g_file_hash']

# What GnuTLS alone can open, in a job: the system's trust store, and what lies in tokens.
GNUTLS_OWN = ['gnutls_certificate_set_x509_system_trust', 'gnutls_privkey_import_url', 'gnutls_x509_crt_list_import_url']

# As meson names objects: the path from libmsa/ with _ for /.
REAL_SIDE = 'net_msa-sys-real*'

# What a text is, and what it means, must not depend on the locale (tolower ("I") in Turkish, the comma of numbers in
# German). In GLib the g_ascii_ family, for numbers base/msa-number.c.
LOCALE = '''
strcasecmp strncasecmp strcasestr wcscasecmp tolower toupper towlower towupper
strcoll strxfrm strftime setlocale uselocale
isalnum isalpha iscntrl isdigit isgraph islower isprint ispunct isspace isupper isxdigit isblank __ctype_*
strtod strtof strtold strtol strtoul strtoll strtoull __isoc23_* __strto* atoi atol atoll atof sscanf __isoc99_sscanf
g_strcasecmp g_strncasecmp g_strdown g_strup g_utf8_strdown g_utf8_strup g_utf8_casefold g_utf8_collate*
g_str_match_string g_str_tokenize_and_fold g_strtod g_date_time_format
'''.split()

# The same for what the user reads: messages are English. base/msa-english.c asks in the C locale.
TRANSLATED = '''
strerror __xpg_strerror_r strerror_r g_strerror g_strsignal strsignal hstrerror gettext dgettext dcgettext ngettext
'''.split()
ENGLISH_SIDE = 'base_msa-english.c.o'

# Read through MsaSys, whose real side gives nothing in a setuid program.
ENVIRONMENT = {'MSA_DEBUG', 'NETRC', 'SSLKEYLOGFILE', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'http_proxy', 'https_proxy',
               'HTTPS_PROXY', 'ftp_proxy', 'FTP_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY'}
GETENV = re.compile(r'getenv\s*\(\s*[^,()]+,\s*([^)]*)\)')

LOCKS = re.compile(r'\b(?:g_(?:mutex|rec_mutex|cond|rw_lock|bit_lock|bit_unlock)_?\w*|GMutexLocker)\b')

# What GObject's macros and house style keep for a class; once set, it stays.
STATIC_DATA = ['*g_define_type_id*', '*_parent_class', '*_private_offset', 'signals', 'props', 'props_first_id',
               '*quark*', 'q.*']

WRITABLE_SECTIONS = re.compile(r'\.(?:data|bss|tdata|tbss)(?!\.rel\.ro)|\*COM\*')


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def forbidden_doors(name, undefined):
    if matches(name, [REAL_SIDE]):
        return
    for symbol in sorted(undefined):
        if matches(symbol, DOORS) and not matches(symbol, HARMLESS + GNUTLS_OWN):
            yield f'{name}: calls {symbol}'


def locale_calls(name, undefined):
    for symbol in sorted(undefined):
        if matches(name, [ENGLISH_SIDE]) and symbol in ('strerror', 'uselocale'):
            continue
        if matches(symbol, LOCALE + TRANSLATED):
            yield f'{name}: depends on the locale by {symbol}'
        if matches(name, [REAL_SIDE]) and symbol in ('getenv', 'g_getenv', 'g_get_environ', 'g_listenv'):
            yield f'{name}: reads the environment also in setuid programs, by {symbol}'


def writable_data(name, table):
    """table: the lines of `objdump -t`: value, flags, section, size, name."""
    for line in table:
        match = re.match(r'^[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(.+)$', line)
        if not match or 'd' in match[1] or not WRITABLE_SECTIONS.match(match[2]) or int(match[3], 16) == 0:
            continue
        if not matches(match[4], STATIC_DATA):
            yield f'{name}: {match[4]} can be written ({match[2]})'


def by_object(listing):
    """(object, its lines) of what nm or objdump says of several objects."""
    name = None
    lines = []
    for line in listing.splitlines():
        match = re.match(r'^(\S+\.o):(?:\s.*)?$', line)
        if match:
            if name is not None:
                yield name, lines
            name = os.path.basename(match[1])
            lines = []
        elif line.strip():
            lines.append(line)
    if name is not None:
        yield name, lines


def check_objects(paths):
    # Two objects at least, or nm does not name them.
    for name, lines in by_object(run('nm', '-u', *paths, *paths[:1])):
        undefined = {line.split()[-1].split('@')[0] for line in lines}
        yield from forbidden_doors(name, undefined)
        yield from locale_calls(name, undefined)
    for name, lines in by_object(run('objdump', '-t', *paths)):
        yield from writable_data(name, lines)


def bare_locks(path, text):
    for number, line in enumerate(re.sub(r'/\*.*?\*/', blank, text, flags=re.DOTALL).splitlines(), 1):
        lock = LOCKS.search(line)
        if lock and not path.startswith(('base/', 'net/msa-sys-real')):
            yield f'{path}:{number}: uses {lock[0]}, not the locks of base/'


def environment_reads(path, text):
    for name in GETENV.findall(text):
        if name.startswith('"') and name.strip('"') not in ENVIRONMENT:
            yield f'{path}: reads {name} of the environment'
        elif not name.startswith('"') and not name.startswith('const char *'):
            yield f'{path}: reads the environment by a name that is not written there: {name}'


def blank(comment):
    """Keeps the lines of a comment that is left out."""
    return '\n' * comment[0].count('\n')


def check_sources(root, check):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(('.c', '.h')):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    yield from check(os.path.relpath(path, root), file.read())


def list_objects(archive):
    """The archive is thin: it names its objects by their path."""
    folder = os.path.dirname(archive)
    for line in run('ar', 't', archive).splitlines():
        yield line if os.path.exists(line) else os.path.join(folder, line)


PLANTED = {
    # name: (object, source, whether it is refused)
    'libc-door': ('engine_msa-a.c.o', '#include <sys/socket.h>\nint f (void) { return socket (1, 1, 0); }', True),
    'clock': ('conn_msa-a.c.o', 'long g_get_monotonic_time (void);\nlong f (void) { return g_get_monotonic_time (); }',
              True),
    'file': ('tls_msa-a.c.o', 'int g_file_get_contents (void);\nint f (void) { return g_file_get_contents (); }', True),
    'thread-in-base': ('base_msa-a.c.o', 'void g_thread_new (void);\nvoid f (void) { g_thread_new (); }', True),
    'file-of-gnutls': ('tls_msa-a.c.o', 'int gnutls_certificate_set_x509_trust_file (void);\n'
                       'int f (void) { return gnutls_certificate_set_x509_trust_file (); }', True),
    'socket-of-gnutls': ('tls_msa-a.c.o', 'void gnutls_transport_set_int2 (void);\n'
                         'void f (void) { gnutls_transport_set_int2 (); }', True),
    'token-of-gnutls': ('tls_msa-a.c.o', 'int gnutls_privkey_import_url (void);\n'
                        'int f (void) { return gnutls_privkey_import_url (); }', False),
    'global': ('engine_msa-a.c.o', 'int counter = 1;\nint f (void) { return counter++; }', True),
    'static-zeroed': ('engine_msa-a.c.o', 'int f (void) { static int counter; return counter++; }', True),
    'thread-local': ('engine_msa-a.c.o', 'static __thread int depth;\nint f (void) { return depth++; }', True),
    'real-side': ('net_msa-sys-real-x.c.o',
                  '#include <sys/socket.h>\nint f (void) { return socket (1, 1, 0); }', False),
    'type-of-file': ('msa-a.c.o', 'long g_file_get_type (void);\nlong f (void) { return g_file_get_type (); }', False),
    'case-by-locale': ('model_msa-a.c.o', 'int strcasecmp (const char *, const char *);\n'
                       'int f (const char *a) { return strcasecmp (a, "i"); }', True),
    'class-by-locale': ('model_msa-a.c.o', '#include <ctype.h>\nint f (int c) { return isalpha (c); }', True),
    'number-by-locale': ('model_msa-a.c.o', '#include <stdlib.h>\ndouble f (const char *a) { return strtod (a, 0); }',
                         True),
    'integer-by-locale': ('model_msa-a.c.o', '#include <stdlib.h>\nlong f (const char *a) { return strtol (a, 0, 10); }',
                          True),
    'case-in-ascii': ('model_msa-a.c.o', 'int g_ascii_strcasecmp (const char *, const char *);\n'
                      'int f (const char *a) { return g_ascii_strcasecmp (a, "i"); }', False),
    'environment-of-setuid': ('net_msa-sys-real.c.o', 'char *getenv (const char *);\n'
                              'char *f (void) { return getenv ("A"); }', True),
    'environment': ('net_msa-sys-real.c.o', 'char *secure_getenv (const char *);\n'
                    'char *f (void) { return secure_getenv ("A"); }', False),
    'class-data': ('msa-a.c.o', 'static void *msa_a_parent_class;\nstatic void *props[3];\n'
                   'void *f (int i, void *p) { msa_a_parent_class = p; props[i] = p; return props[i + 1]; }', False),
    'table-of-functions': ('engine_msa-a.c.o', 'static int g (void) { return 1; }\n'
                           'static int (*const table[]) (void) = { g, g };\n'
                           'int f (int i) { return table[i] (); }', False),
}


def prove(test, compiler):
    with tempfile.TemporaryDirectory() as folder:
        for name, (planted, source, refused) in PLANTED.items():
            path = os.path.join(folder, planted)
            with open(path + '.c', 'w', encoding='utf-8') as file:
                file.write(source + '\n')
            run(*compiler, '-fPIC', '-c', path + '.c', '-o', path)
            complaints = list(check_objects([path]))
            test.ok(f'{"refuses" if refused else "takes"}-{name}', bool(complaints) == refused, complaints)
    lock = '/* g_mutex_lock */\nvoid f (GMutex *m) { g_mutex_lock (m); }\n'
    complaints = list(bare_locks('net/msa-a.c', lock))
    test.ok('refuses-lock-outside-base', complaints == ['net/msa-a.c:2: uses g_mutex_lock, not the locks of base/'],
            complaints)
    test.ok('takes-lock-in-base', not list(bare_locks('base/msa-a-private.h', lock)))
    for name, text, refused in (('known-variable', 'ops->getenv (sys, "MSA_DEBUG")', False),
                                ('unknown-variable', 'ops->getenv (sys, "LD_PRELOAD")', True),
                                ('made-up-variable', 'ops->getenv (sys, name)', True)):
        test.ok(f'{"refuses" if refused else "takes"}-{name}',
                bool(list(environment_reads('engine/msa-a.c', text))) == refused)
    test.ok('takes-lock-in-real-side', not list(bare_locks('net/msa-sys-real-a.c', lock)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--name', default='symbols')
    parser.add_argument('archive')
    parser.add_argument('folder')
    parser.add_argument('compiler', nargs=argparse.REMAINDER)
    options = parser.parse_args()
    test = tap.Test(f'/checks/{options.name}')
    objects = list(list_objects(options.archive))
    complaints = sorted(set(check_objects(objects)))
    doors = [complaint for complaint in complaints if ': calls ' in complaint]
    texts = [complaint for complaint in complaints if ': depends on the locale ' in complaint]
    setuid = [complaint for complaint in complaints if ': reads the environment ' in complaint]
    data = [complaint for complaint in complaints if complaint not in doors + texts + setuid]
    test.ok('one-door', objects and not doors, doors)
    test.ok('no-process-state', objects and not data, data)
    test.ok('no-locale', objects and not texts, texts)
    variables = list(check_sources(options.folder, environment_reads))
    test.ok('environment', objects and not setuid and not variables, setuid + variables)
    locks = list(check_sources(options.folder, bare_locks))
    test.ok('locks-of-base', not locks, locks)
    prove(test, options.compiler)
    test.finish()


if __name__ == '__main__':
    main()
