/* fresh-bare.c: the floor of fresh connections: one after the other, with blocking calls
 *
 * Over TLS, GnuTLS alone, with the trusted certificates parsed once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* memmem */

#include "bench.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPLY_BYTES 4096

typedef struct
{
  int              fd;
  gnutls_session_t tls; /* (owned) (nullable) */
} Peer;

static gssize
peer_send (Peer *peer,
           GString *request)
{
  if (peer->tls != NULL)
    return gnutls_record_send (peer->tls, request->str, request->len);

  return send (peer->fd, request->str, request->len, MSG_NOSIGNAL);
}

static gssize
peer_recv (Peer *peer,
           char *data,
           gsize len)
{
  gssize n;

  if (peer->tls == NULL)
    return recv (peer->fd, data, len, 0);

  do
    n = gnutls_record_recv (peer->tls, data, len);
  while (n < 0 && !gnutls_error_is_fatal ((int) n));
  return n;
}

/* Reads to the end of the connection. */
static void
receive (Bench *bench,
         Peer *peer)
{
  char reply[REPLY_BYTES];
  gsize len = 0;
  const char *end;
  gssize n;

  while ((n = peer_recv (peer, reply + len, sizeof (reply) - len)) > 0)
    len += (gsize) n;
  end = memmem (reply, len, "\r\n\r\n", 4);
  if (n < 0 || end == NULL)
    bench_fail ("cannot receive");

  bench_finish (bench, 200, (gsize) (reply + len - (end + 4)));
}

int
main (int argc,
      char **argv)
{
  gnutls_certificate_credentials_t credentials = NULL;
  g_autoptr (GString) request = NULL;
  Bench bench;

  bench_init (&bench, argc, argv);
  request = bench_make_request (&bench);
  if (bench.ca_file != NULL)
    credentials = bench_make_credentials (&bench);

  while (bench_start (&bench))
    {
      Peer peer = { .fd = bench_connect (&bench) };

      if (credentials != NULL)
        peer.tls = bench_connect_tls (peer.fd, credentials);
      if (peer_send (&peer, request) != (gssize) request->len)
        bench_fail ("cannot send");
      receive (&bench, &peer);
      if (peer.tls != NULL)
        {
          gnutls_bye (peer.tls, GNUTLS_SHUT_WR);
          gnutls_deinit (peer.tls);
        }
      close (peer.fd);
    }

  bench_report (&bench);
  return 0;
}
