# scripted_server.py: a server whose bytes come when the test says so
#
# Each connection has a thread, which sends what the Answer of the path is given.
# SPDX-License-Identifier: LGPL-2.1-or-later

import queue
import socket
import threading

from support import DEADLINE_S, pattern


class Answer:
    """The answer of one path: a head, and bytes of the pattern as the test sends them."""

    def __init__(self, length, status='200 OK', chunked=False):
        self.body = pattern(length)
        self.chunked = chunked
        self.head = (f'HTTP/1.1 {status}\r\n' +
                     ('Transfer-Encoding: chunked\r\n' if chunked else f'Content-Length: {length}\r\n') + '\r\n')
        self.sent = 0
        self.requests = 0
        self.parts = queue.Queue()

    def send(self, count=None):
        """The next bytes; all that are left by default. The last ones end the answer."""
        part = self.body[self.sent:] if count is None else self.body[self.sent:self.sent + count]
        self.sent += len(part)
        self.parts.put(b'%x\r\n%s\r\n' % (len(part), part) if self.chunked else part)
        if self.sent == len(self.body):
            self.parts.put(b'0\r\n\r\n' if self.chunked else b'')
            self.parts.put(None)

    def rewind(self):
        """For the request after one that was cut off."""
        self.sent = 0

    def cut(self):
        """Closes the connection, in the middle of the answer."""
        self.parts.put(ConnectionError)


class ScriptedServer:
    def __init__(self):
        self.answers = {}
        self.connections = []
        self.socket = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.socket.getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def answer(self, path, *arguments, **more):
        self.answers[path] = Answer(*arguments, **more)
        return self.answers[path]

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
            self.threads[-1].start()

    def _serve(self, connection):
        try:
            with connection, connection.makefile('rb') as lines:
                while self._answer(connection, lines):
                    pass
        except OSError:
            # Closed by the other side, or by close().
            pass

    def _answer(self, connection, lines):
        head = b''
        while not head.endswith(b'\r\n\r\n'):
            line = lines.readline()
            if not line:
                return False
            head += line
        answer = self.answers[head.split()[1].decode()]
        answer.requests += 1
        connection.sendall(answer.head.encode())
        for part in iter(answer.parts.get, None):
            if part is ConnectionError:
                return False
            connection.sendall(part)
        return True

    def close(self):
        if self.socket.fileno() < 0:
            return
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.threads[0].join(DEADLINE_S)
        for connection in self.connections:
            # Any of them may wait for a part of any answer.
            for answer in self.answers.values():
                answer.cut()
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads[1:]:
            thread.join(DEADLINE_S)
