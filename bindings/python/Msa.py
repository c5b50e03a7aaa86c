# Msa.py: what makes libmsa feel at home in Python
#
# An override of PyGObject: awaitables and streams for asyncio, which need no GLib loop; exceptions by code; headers as
# a mapping; bytes where GBytes is asked. Loaded with `from gi.repository import Msa`.
# SPDX-License-Identifier: LGPL-2.1-or-later

import collections
import functools
import os
import threading
import weakref

from gi.repository import Gio, GLib, GObject

from ..module import get_introspection_module
from ..overrides import override

# asyncio is imported where it is used: a program on a GLib loop does not pay for it.

Msa = get_introspection_module('Msa')

__all__ = []

DOMAIN = GLib.quark_to_string(Msa.Error.quark())

# Failures


class Failure(GLib.Error):
    """An error of libmsa.

    `code` is one of Msa.Error, `message` a sentence for people, `easy` the transfer that failed, if it was one.
    For each code there is a subclass of the same name: `except Msa.Failure.TIMED_OUT`.
    """

    easy = None

    def __init__(self, message='', domain=DOMAIN, code=Msa.Error.FAILED):
        try:
            code = Msa.Error(code)
        except ValueError:
            # Of a newer libmsa than the introspection data.
            pass
        super().__init__(message, domain, code)

    def __str__(self):
        return self.message

    def __repr__(self):
        return f'Msa.{type(self).__qualname__}({self.message!r})'

    def __reduce__(self):
        return make_failure, (self.message, int(self.code))


def make_failure(message, code):
    """An instance of the subclass that belongs to code."""
    return failures.get(int(code), Failure)(message, DOMAIN, code)


def make_subclasses():
    found = {}
    for name in dir(Msa.Error):
        member = getattr(Msa.Error, name)
        if isinstance(member, Msa.Error) and name.isupper():
            kind = type(name, (Failure,), {
                '__module__': Failure.__module__,
                '__qualname__': f'Failure.{name}',
                '__doc__': f'A failure with the code Msa.Error.{name}.',
            })
            setattr(Failure, name, kind)
            found[int(member)] = kind
    return found


failures = make_subclasses()
__all__.append('Failure')


def to_failure(error, easy=None):
    """What to raise for a GLib.Error: errors of other domains stay as they are."""
    if error.domain != DOMAIN:
        return error
    failure = make_failure(error.message, error.code)
    failure.easy = easy
    return failure


def raising(method):
    """Has a method raise failures."""
    @functools.wraps(method, ('__name__', '__doc__'), ())
    def wrapper(*arguments, **keywords):
        try:
            return method(*arguments, **keywords)
        except GLib.Error as error:
            raise to_failure(error) from None

    return wrapper


# Arguments

def to_bytes(data):
    """A GLib.Bytes of anything that has bytes."""
    if isinstance(data, (bytes, bytearray, memoryview)):
        return GLib.Bytes.new(bytes(data))
    return data


def check_text(value):
    """C would read a text to its first NUL only."""
    if isinstance(value, str):
        if '\0' in value:
            raise ValueError('embedded null character')
    elif isinstance(value, (list, tuple)):
        for part in value:
            check_text(part)


def make_check(pspec):
    """What refuses a value: PyGObject makes a text of any, and C is not to see a number that is out of range."""
    kind, name = pspec.value_type, pspec.name

    def check_number(value):
        if isinstance(value, (int, float)) and not pspec.minimum <= value <= pspec.maximum:
            raise ValueError(f'{name} is from {pspec.minimum} to {pspec.maximum}, not {value}')

    def check_string(value):
        if type(value) is not str and value is not None and not isinstance(value, (str, os.PathLike)):
            raise TypeError(f'{name} is a str, not {type(value).__name__}')
        check_text(value)

    def check_enum(value):
        if not isinstance(value, kind.pytype):
            raise TypeError(f'{name} is a Msa.{kind.pytype.__name__}, not {type(value).__name__}')

    def check_object(value):
        if value is not None and not isinstance(value, kind.pytype):
            raise TypeError(f'{name} is a {kind.pytype.__name__}, not {type(value).__name__}')

    if hasattr(pspec, 'minimum'):
        return check_number
    if kind == GObject.TYPE_STRING:
        return check_string
    if kind.is_a(GObject.TYPE_ENUM):
        return check_enum
    return check_object if kind.is_a(GObject.TYPE_OBJECT) else check_text


def check_settings(thing, settings):
    """What goes to the constructor of thing."""
    for name, value in settings.items():
        check = thing._checks.get(name)
        if check is not None:
            check(value)


def checking(method):
    """Has a method refuse texts with a NUL."""
    @functools.wraps(method, ('__name__', '__doc__'), ())
    def wrapper(*arguments, **keywords):
        for value in arguments:
            if isinstance(value, (str, list, tuple)):
                check_text(value)
        for value in keywords.values():
            check_text(value)
        return method(*arguments, **keywords)

    return wrapper


def takes_text(info):
    for argument in info.get_arguments():
        # PyGObject 3.52 has another name for it.
        kind = argument.get_type_info() if hasattr(argument, 'get_type_info') else argument.get_type()
        if kind.get_tag_as_string() == 'array':
            kind = kind.get_param_type(0)
        if kind.get_tag_as_string() in ('utf8', 'filename'):
            return True
    return False


def set_property(self, name, value):
    check_settings(self, {name.replace('-', '_'): value})
    pspec = self.find_property(name.replace('_', '-'))
    if pspec is not None and pspec.flags & GObject.ParamFlags.CONSTRUCT_ONLY:
        raise TypeError(f'{name} is set by the constructor only')
    GObject.Object.set_property(self, name, value)


def finish_class(kind):
    """Wraps the methods that raise or take text, and makes attributes of the properties."""
    base = kind.__mro__[1]
    for info in base.__info__.get_methods():
        name = info.__name__
        if not info.is_method():
            if takes_text(info) and name not in kind.__dict__:
                setattr(kind, name, staticmethod(checking(getattr(base, name))))
            continue
        method = kind.__dict__.get(name, getattr(base, name))
        if info.can_throw_gerror():
            method = raising(method)
        if takes_text(info):
            method = checking(method)
        if method is not getattr(base, name):
            setattr(kind, name, method)
    if issubclass(kind, GObject.Object):
        kind.set_property = set_property
        kind._checks = {}
        for pspec in GObject.list_properties(base):
            if pspec.owner_type == base.__gtype__:
                add_attribute(kind, pspec)
    return override(kind)


def add_attribute(kind, pspec):
    name = pspec.name.replace('-', '_')
    getter = getattr(kind, 'get_' + name, getattr(kind, 'dup_' + name, None))
    setter = getattr(kind, 'set_' + name, None) if pspec.flags & GObject.ParamFlags.WRITABLE else None
    kind._checks[name] = check = make_check(pspec)
    if setter is not None:
        setter = checking_value(setter, check)
        setattr(kind, 'set_' + name, setter)
    if getter is not None and name not in kind.__dict__:
        setattr(kind, name, property(getter, setter))


def checking_value(setter, check):
    @functools.wraps(setter, ('__name__', '__doc__'), ())
    def wrapper(self, value):
        check(value)
        setter(self, value)

    return wrapper


has_feature = checking(Msa.has_feature)
supports_scheme = checking(Msa.supports_scheme)
__all__ += ['has_feature', 'supports_scheme']

# Headers


class Headers(Msa.Headers):
    """A list of fields, as a mapping in which a name may stand more than once.

    Length, iteration, keys(), values() and items() tell of each field, in order; `headers[name]` is the value
    of the first with this name, in any case; get_all(name) has all of them.
    """

    def __new__(cls, fields=()):
        self = Msa.Headers.new()
        self.update(fields)
        return self

    def __init__(self, fields=()):
        # __new__() has done it.
        pass

    def get(self, name, default=None):
        value = Msa.Headers.get(self, name)
        return default if value is None else value

    def items(self):
        return [tuple(self.get_nth(i)) for i in range(self.get_length())]

    def keys(self):
        return [name for name, _ in self.items()]

    def values(self):
        return [value for _, value in self.items()]

    def update(self, fields):
        """Sets fields, from a mapping or from pairs."""
        for name, value in fields.items() if hasattr(fields, 'items') else fields:
            self[name] = value

    def __len__(self):
        return self.get_length()

    def __bool__(self):
        return True

    def __iter__(self):
        return iter(self.keys())

    def __contains__(self, name):
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name, value):
        """None leaves out what libmsa would send of itself."""
        self.replace(name, value)

    def __delitem__(self, name):
        if not self.remove(name):
            if name not in self:
                raise KeyError(name)
            # A response's cannot be changed, and this says so.
            self.replace(name, None)


Headers = finish_class(Headers)
__all__.append('Headers')

# Easy


class Easy(Msa.Easy):
    """One transfer. Its properties are attributes as well: `easy.timeout_ms = 5000`."""

    # Who awaits it: the multi's id and the future.
    _awaited = None

    def __init__(self, uri=None, **properties):
        if uri is not None:
            properties['uri'] = uri
        check_settings(self, properties)
        super().__init__(**properties)

    def set_body(self, content_type, body):
        """Sets what is sent: any object with bytes, a GLib.Bytes, or None."""
        super().set_body(content_type, to_bytes(body))

    def set_write_func(self, func, *user_data):
        """Has `func(easy, data)` take the response's body; None keeps it in memory."""
        if callable(func):
            def write(easy, data, length, *rest):
                return func(easy, data, *rest)

            super().set_write_func(write, *user_data)
        else:
            super().set_write_func(func, *user_data)

    @property
    def body(self):
        """The response's body as bytes; None if there is none, or it went elsewhere."""
        body = self.get_body()
        return None if body is None else body.get_data() or b''

    @property
    def error(self):
        """Why the run failed: a Failure, a GLib.Error of another domain, or None."""
        error = self.get_error()
        return None if error is None else to_failure(error, self)

    @property
    def request_headers(self):
        return self.get_request_headers()

    @property
    def request_trailers(self):
        return self.get_request_trailers()


Easy = finish_class(Easy)
__all__.append('Easy')

# Drivers on asyncio


class Watch:
    """What an asyncio loop watches for a multi, which it holds weakly."""

    def __init__(self, multi, loop):
        self.multi = weakref.ref(multi)
        self.loop = loop
        self.thread = threading.get_ident()
        self.wanted = {}
        self.timer = None

    def perform(self):
        multi = self.multi()
        if multi is not None:
            base_perform(multi)

    def act(self, fd, events):
        multi = self.multi()
        if multi is not None:
            base_socket_action(multi, fd, Msa.SocketEvents(events))

    def set_wanted(self, fd, wanted):
        """The change from what the loop watches fd for."""
        if self.loop.is_closed():
            return
        changed = wanted ^ self.wanted.pop(fd, 0)
        if wanted:
            self.wanted[fd] = wanted
        for flag, add, remove in ((IN, self.loop.add_reader, self.loop.remove_reader),
                                  (OUT, self.loop.add_writer, self.loop.remove_writer)):
            if changed & wanted & flag:
                add(fd, self.act, fd, flag)
            elif changed & flag:
                remove(fd)

    def on_socket(self, multi, fd, wanted, removed):
        self.set_wanted(fd, int(wanted) & (IN | OUT))

    def on_timer(self, multi, timeout_ms):
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if timeout_ms < 0 or self.loop.is_closed():
            return
        # Not from within this function, also where it is due at once.
        self.timer = self.loop.call_later(timeout_ms / 1000, self.act, Msa.SOCKET_TIMEOUT, 0)

    def clear(self):
        if self.loop.is_closed():
            return
        if threading.get_ident() != self.thread:
            # The garbage collector may run anywhere, a loop is told in its thread only.
            self.loop.call_soon_threadsafe(self.clear)
            return
        for fd in list(self.wanted):
            self.set_wanted(fd, 0)
        self.on_timer(None, -1)


IN, OUT = int(Msa.SocketEvents.IN), int(Msa.SocketEvents.OUT)
base_perform = Msa.Multi.perform
base_socket_action = Msa.Multi.socket_action


class AsyncioDriver:
    """Has an asyncio loop drive a multi, until close() or the end of either.

    The awaitables of a multi that has no driver make one. By default the loop watches the one descriptor of
    Multi.get_fd(); where the system has none, or with use_functions, each socket by the functions of
    Multi.set_socket_func() and Multi.set_timer_func().
    """

    def __init__(self, multi, loop=None, *, use_functions=False):
        if loop is None:
            import asyncio
            loop = asyncio.get_running_loop()
        if not isinstance(multi, Multi):
            raise TypeError(f'a Msa.Multi is needed, not {type(multi).__name__}')
        multi._leave_driver()
        self.loop = loop
        self._watch = Watch(multi, loop)
        fd = -1 if use_functions else Msa.Multi.get_fd(multi)
        if fd >= 0:
            loop.add_reader(fd, self._watch.perform)
            self._watch.wanted[fd] = IN
        else:
            Msa.Multi.set_socket_func(multi, self._watch.on_socket)
            Msa.Multi.set_timer_func(multi, self._watch.on_timer)
        self._finalizer = weakref.finalize(multi, self._watch.clear)
        self._finalizer.atexit = False
        multi._driver = self

    def _leave(self):
        self._finalizer.detach()
        self._watch.clear()

    def close(self):
        """Ends driving. Transfers stay as they are until another driver goes on."""
        multi = self._watch.multi()
        if multi is not None and multi._driver is self:
            multi.detach()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()


__all__.append('AsyncioDriver')


class OtherDriver:
    """What the application has chosen itself."""

    loop = None

    def _leave(self):
        pass


OTHER = OtherDriver()


def settle(future, result):
    # Whoever waited in a loop that is closed is gone.
    if not future.done() and not future.get_loop().is_closed():
        future.set_result(result)


def completed_cb(easy, error, future):
    # The error as a result: who awaits makes it his.
    settle(future, error)


# Multi


class Multi(Msa.Multi):
    """The driver of any number of transfers; a collection of them."""

    _driver = None

    def __init__(self, **properties):
        check_settings(self, properties)
        super().__init__(**properties)

    def __len__(self):
        return len(self.dup_easies())

    def __bool__(self):
        return True

    def __iter__(self):
        return iter(self.dup_easies())

    def __contains__(self, easy):
        return easy in self.dup_easies()

    # Drivers

    def _leave_driver(self):
        if self._driver is not None:
            driver, self._driver = self._driver, None
            driver._leave()

    def attach(self, context=None):
        self._leave_driver()
        super().attach(context)
        self._driver = OTHER

    def detach(self):
        self._leave_driver()
        super().detach()

    def get_fd(self):
        self._leave_driver()
        fd = super().get_fd()
        if fd >= 0:
            self._driver = OTHER
        return fd

    def set_socket_func(self, func, *user_data):
        self._leave_driver()
        super().set_socket_func(func, *user_data)
        self._driver = OTHER

    def set_timer_func(self, func, *user_data):
        self._leave_driver()
        super().set_timer_func(func, *user_data)
        self._driver = OTHER

    def socket_action(self, fd, events=0):
        """Gives how many transfers run. Events are Msa.SocketEvents, GLib.IOCondition or a number."""
        if isinstance(events, int) and not 0 <= events <= GLib.MAXUINT16:
            raise ValueError(f'{events} is no set of events')
        return super().socket_action(fd, Msa.SocketEvents(events))[1]

    def perform(self):
        """Gives how many transfers run."""
        return super().perform()[1]

    def poll(self, timeout_ms=-1):
        """Gives how many descriptors are ready."""
        return super().poll(timeout_ms)[1]

    def info_read(self):
        """Gives an easy whose end was not told otherwise, or None."""
        return super().info_read()[0]

    # Awaitables

    def _ensure_driver(self, loop):
        driver = self._driver
        if driver is None:
            AsyncioDriver(self, loop)
        elif driver.loop is not loop and driver is not OTHER:
            if driver.loop.is_running():
                raise RuntimeError('The multi is driven by another event loop, which is running')
            driver.close()
            AsyncioDriver(self, loop)

    def remove(self, easy):
        """Who awaits the easy gets a GLib.Error, Gio.IOErrorEnum.CANCELLED."""
        super().remove(easy)
        if easy._awaited is not None and easy._awaited[0] == id(self):
            settle(easy._awaited[1], GLib.Error.new_literal(Gio.io_error_quark(), 'The transfer was removed',
                                                             Gio.IOErrorEnum.CANCELLED))

    def _start(self, easy):
        """Adds an easy; the future gets its error or None."""
        import asyncio

        loop = asyncio.get_running_loop()
        self._ensure_driver(loop)
        future = loop.create_future()
        self.add(easy)
        easy._awaited = id(self), future
        return future, easy.connect('completed', completed_cb, future)

    async def run(self, easy):
        """Adds an easy and waits for its end; gives the easy. Cancelling removes it."""
        future, handler = self._start(easy)
        try:
            error = await future
        finally:
            easy.disconnect(handler)
            easy._awaited = None
            if future.cancelled() or not future.done():
                self.remove(easy)
        if error is not None:
            raise to_failure(error, easy)
        return easy

    async def fetch(self, uri, **settings):
        """Fetches a URI and gives its body as bytes.

        Settings are properties of Msa.Easy. A status of 400 or more is a Failure.HTTP_STATUS.
        """
        easy = await self.run(make_easy(uri, settings))
        raise_for_status(easy)
        return easy.body or b''

    def stream(self, target, *, max_buffer=256 * 1024, **settings):
        """Gives a Stream of the response to an easy or a URI, which takes settings as fetch() does."""
        if isinstance(max_buffer, bool) or not isinstance(max_buffer, int):
            raise TypeError(f'max_buffer is an int, not {type(max_buffer).__name__}')
        if max_buffer < 0:
            raise ValueError(f'max_buffer is 0 or more, not {max_buffer}')
        return Stream(self, target, max_buffer, settings)


def make_easy(uri, settings):
    if not isinstance(uri, str):
        raise TypeError(f'a URI is a str, not {type(uri).__name__}')
    return Easy(uri, **settings)


def raise_for_status(easy):
    if easy.get_status() < 400:
        return
    uri = GLib.Uri.parse(easy.dup_effective_uri(), GLib.UriFlags.NONE)
    authority = uri.get_host() + (f':{uri.get_port()}' if uri.get_port() > 0 else '')
    words = [authority, 'answered with', str(easy.get_status()), easy.get_reason_phrase() or '']
    failure = make_failure(' '.join(words).rstrip(), Msa.Error.HTTP_STATUS)
    failure.easy = easy
    raise failure


Multi = finish_class(Multi)
__all__.append('Multi')

# Streams


class Sink:
    """Where the body of a stream waits; held by the easy, and knows nothing of the Stream."""

    def __init__(self, max_buffer):
        self.max_buffer = max_buffer
        self.parts = collections.deque()
        self.size = 0
        self.is_paused = False
        self.has_headers = False
        self.waiter = None

    def write(self, easy, data):
        self.parts.append(data)
        self.size += len(data)
        if self.size >= self.max_buffer:
            self.is_paused = True
            easy.pause(Msa.Directions.RECEIVE)
        self.wake()
        return Msa.WriteResult.CONTINUE

    def take(self, easy):
        data = self.parts.popleft()
        self.size -= len(data)
        if self.is_paused and self.size <= self.max_buffer // 2:
            self.is_paused = False
            easy.resume(Msa.Directions.RECEIVE)
        return data

    def headers_cb(self, easy):
        self.has_headers = True
        self.wake()

    def wake(self, *arguments):
        if self.waiter is not None:
            settle(self.waiter, None)


class Stream:
    """A response whose body comes in parts.

    `async with` gives it once status and headers are there; `async for` gives its parts as bytes, and begins the
    transfer if need be. What is not asked for waits, max_buffer bytes at most, then the peer does. Leaving
    `async with` or dropping the stream ends the transfer.
    """

    def __init__(self, multi, target, max_buffer, settings):
        self._multi = multi
        self._max_buffer = max_buffer
        self._is_fetch = not isinstance(target, Msa.Easy)
        if self._is_fetch:
            target = make_easy(target, settings)
        elif settings:
            raise TypeError('an easy has its settings already')
        self.easy = target
        self._sink = None
        self._future = None
        self._handlers = []
        self._thread = threading.get_ident()
        self._is_closed = False

    @property
    def status(self):
        return self.easy.get_status()

    @property
    def headers(self):
        return self.easy.get_response_headers()

    def close(self):
        """Ends the transfer, if it still runs. The rest of the body is gone."""
        self._is_closed = True
        if self._sink is None:
            return
        sink, self._sink = self._sink, None
        for handler in self._handlers:
            self.easy.disconnect(handler)
        self.easy._awaited = None
        if not self._future.done():
            self._multi.remove(self.easy)
            self._future.cancel()
        self.easy.set_write_func(None)
        sink.wake()

    async def aclose(self):
        self.close()

    def __del__(self):
        # The garbage collector may run in another thread, where the multi must not be touched.
        if getattr(self, '_sink', None) is None:
            return
        loop = self._future.get_loop()
        if threading.get_ident() == self._thread:
            self.close()
        elif not loop.is_closed():
            loop.call_soon_threadsafe(close_parts, self._multi, self.easy, self._future, self._handlers)

    def _begin(self):
        if self._sink is not None or self._is_closed:
            return
        sink = Sink(self._max_buffer)
        easy = self.easy
        Easy.set_write_func(easy, sink.write)
        self._future, handler = self._multi._start(easy)
        self._handlers = [handler, easy.connect('headers', sink.headers_cb)]
        self._future.add_done_callback(sink.wake)
        self._sink = sink

    async def _wait_for(self, is_there):
        """Waits until is_there() or the end."""
        sink = self._sink
        if sink.waiter is not None:
            raise RuntimeError('Somebody waits for this stream already')
        try:
            while not (self._is_closed or is_there() or self._future.done()):
                sink.waiter = self._future.get_loop().create_future()
                await sink.waiter
        except BaseException:
            self.close()
            raise
        finally:
            sink.waiter = None

    def _raise_end(self):
        """The end of the transfer was reached."""
        future = self._future
        self.close()
        error = None if future.cancelled() else future.result()
        if error is not None:
            raise to_failure(error, self.easy)

    async def _get_head(self):
        self._begin()
        sink = self._sink
        if sink is None:
            return
        await self._wait_for(lambda: sink.has_headers)
        if self._is_fetch and sink.has_headers:
            try:
                raise_for_status(self.easy)
            except Failure:
                self.close()
                raise

    async def __aenter__(self):
        await self._get_head()
        if self._sink is not None and not self._sink.has_headers:
            self._raise_end()
        return self

    async def __aexit__(self, *exception):
        self.close()

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._sink is None or not self._sink.has_headers:
            await self._get_head()
        sink = self._sink
        if sink is None:
            raise StopAsyncIteration
        if not sink.parts:
            await self._wait_for(lambda: sink.parts)
        if self._is_closed:
            raise StopAsyncIteration
        if sink.parts:
            return sink.take(self.easy)
        self._raise_end()
        raise StopAsyncIteration

    async def read(self):
        """The rest of the body."""
        return b''.join([part async for part in self])


def close_parts(multi, easy, future, handlers):
    for handler in handlers:
        easy.disconnect(handler)
    easy._awaited = None
    if not future.done():
        multi.remove(easy)
        future.cancel()
    easy.set_write_func(None)


__all__.append('Stream')

# TlsConfig


class TlsConfig(Msa.TlsConfig):
    """Settings of TLS; PEM is given as bytes, or as text."""

    def __init__(self, **properties):
        for name, value in properties.items():
            if name.endswith('_pem'):
                properties[name] = to_bytes(value.encode() if isinstance(value, str) else value)
            elif isinstance(value, os.PathLike):
                properties[name] = os.fspath(value)
        check_settings(self, properties)
        super().__init__(**properties)


TlsConfig = finish_class(TlsConfig)
__all__.append('TlsConfig')


class TlsSessionStore(Msa.TlsSessionStore):
    def __len__(self):
        return self.get_n_sessions()

    def __bool__(self):
        return True


TlsSessionStore = finish_class(TlsSessionStore)
__all__.append('TlsSessionStore')


class CertificateRequest(Msa.CertificateRequest):
    pass


CertificateRequest = finish_class(CertificateRequest)
__all__.append('CertificateRequest')


class PasswordRequest(Msa.PasswordRequest):
    pass


PasswordRequest = finish_class(PasswordRequest)
__all__.append('PasswordRequest')
