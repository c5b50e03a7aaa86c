/* test-tls-talk.c: what a TLS server may do in the middle of a connection
 *
 * A server of OpenSSL writes what it hears, and sends what it is told on its standard input; a line
 * of one letter makes it change its keys, ask for a new handshake, or close. So a test plays the
 * server's part word by word.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"

#include <string.h>

static MsaTestPki *pki;

static GStrv
configure_openssl (MsaInteropServer *server,
                   gpointer version_arg)
{
  g_autofree char *address =
      g_strdup_printf ("127.0.0.1:%u", msa_interop_server_get_port (server, 0));
  const char *const args[] = {
    "s_server", "-accept", address, "-cert", "good.pem", "-key", "good.key", version_arg, NULL
  };

  msa_interop_server_write_good_cert (server, pki);

  return g_strdupv ((char **) args);
}

static const MsaInteropKind openssl_kind = {
  .program = "openssl",
  .n_ports = 1,
  .configure = configure_openssl,
  .ready_file = "output",
  .ready_text = "ACCEPT",
  .listens = TRUE,
};

#define REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
/* Its length is that of the connection. */
#define ENDLESS_REPLY "HTTP/1.1 200 OK\r\n\r\nhello"
#define HALF_HEAD "HTTP/1.1 200 OK\r\nConten"
#define OTHER_HALF "t-Length: 5\r\n\r\nhello"
#define SHORT_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"

/* Closes the socket, and does not end TLS. */
#define CLOSE "q\n"
#define MAX_SAID 4

/* One request, and what is done once it was heard. */
typedef struct
{
  const char *said[MAX_SAID]; /* in this order, in one piece each; one letter is a command */
  MsaError    error;          /* 0: "hello" comes */
  const char *text;           /* (nullable): in the message */
} Act;

typedef struct
{
  const char *name;
  const char *version_arg;
  Act         acts[4]; /* on one connection if they go well; the last says nothing */
} Play;

static gboolean
is_sent (gpointer data)
{
  return msa_easy_get_state (data) >= MSA_EASY_WAITING;
}

static void
check_act (MsaEasy *easy,
           const Act *act)
{
  const GError *error = msa_easy_get_error (easy);

  if (act->error == 0)
    {
      msa_interop_check_status (easy, 200);
      msa_interop_check_body (easy, "hello", 5);
      return;
    }

  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  msa_interop_check_failure (easy, act->error);
  g_assert_nonnull (strstr (error->message, act->text));
}

static void
play_act (MsaInteropServer *server,
          MsaInteropBatch *batch,
          const Act *act,
          guint i)
{
  g_autofree char *path = g_strdup_printf ("/act-%u", i);
  g_autofree char *uri = msa_interop_server_make_uri (server, "https://localhost", 0, path);
  MsaEasy *easy = msa_interop_batch_get (batch, uri);

  msa_interop_batch_wait_for (batch, is_sent, easy);
  msa_interop_server_wait_for (server, "output", path);
  for (guint j = 0; j < MAX_SAID && act->said[j] != NULL; j++)
    msa_interop_server_say (server, act->said[j]);
  msa_interop_batch_wait (batch);
  check_act (easy, act);
}

static void
test_play (MsaTestDriverKind kind,
           gconstpointer data)
{
  const Play *play = data;
  g_autoptr (MsaInteropServer) server =
      msa_interop_server_start (&openssl_kind, (gpointer) play->version_arg);
  g_autofree char *ca_path = msa_interop_server_get_path (server, "ca.pem");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (ca_path);
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);
  for (guint i = 0; play->acts[i].said[0] != NULL; i++)
    play_act (server, batch, &play->acts[i], i);
}

#define OK(...) \
  { \
    .said = { __VA_ARGS__ } \
  }
#define KEY "K\n"
#define BOTH_KEYS "k\n"

static const Play plays[] = {
  { "plain/tls-1-2", "-tls1_2", .acts = { OK (REPLY), OK (REPLY) } },
  { "plain/tls-1-3", "-tls1_3", .acts = { OK (REPLY), OK (REPLY) } },
  /* Its own keys; and with the wish that the client changes its own, which it does with the next
   * request. */
  { "new-key", "-tls1_3", .acts = { OK (KEY, REPLY), OK (REPLY, KEY), OK (REPLY) } },
  { "new-keys", "-tls1_3", .acts = { OK (BOTH_KEYS, REPLY), OK (REPLY, BOTH_KEYS), OK (REPLY) } },
  { "new-key-between", "-tls1_3", .acts = { OK (HALF_HEAD, KEY, OTHER_HALF), OK (REPLY) } },
  /* A new handshake is refused. What the server makes of that is its own. */
  { "renegotiation", "-tls1_2", .acts = { { { "r\n" }, MSA_ERROR_RECEIVE, "localhost" } } },
  { "renegotiation-asks", "-tls1_2", .acts = { { { "R\n" }, MSA_ERROR_RECEIVE, "localhost" } } },
  /* The connection's end alone is none of the reply's, unless the reply had one before. */
  { "no-end/whole/tls-1-2", "-tls1_2", .acts = { OK (REPLY, CLOSE) } },
  { "no-end/whole/tls-1-3", "-tls1_3", .acts = { OK (REPLY, CLOSE) } },
  { "no-end/endless/tls-1-2", "-tls1_2",
    .acts = { { { ENDLESS_REPLY, CLOSE }, MSA_ERROR_TRUNCATED, "close_notify" } } },
  { "no-end/endless/tls-1-3", "-tls1_3",
    .acts = { { { ENDLESS_REPLY, CLOSE }, MSA_ERROR_TRUNCATED, "close_notify" } } },
  { "no-end/short", "-tls1_3",
    .acts = { { { SHORT_REPLY, CLOSE }, MSA_ERROR_TRUNCATED, "localhost" } } },
  { "no-end/nothing", "-tls1_3", .acts = { { { CLOSE }, MSA_ERROR_TRUNCATED, "localhost" } } },
  /* Not a record, where one should be. */
  { "junk", "-tls1_2", .acts = { { { "P\n" }, MSA_ERROR_RECEIVE, "localhost" } } },
};

int
main (int argc,
      char **argv)
{
  static MsaInteropCase cases[G_N_ELEMENTS (plays)];
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  for (guint i = 0; i < G_N_ELEMENTS (plays); i++)
    cases[i] = (MsaInteropCase) { plays[i].name, test_play, &plays[i] };
  msa_interop_add_cases ("tls-talk", &openssl_kind, cases, G_N_ELEMENTS (cases));

  result = g_test_run ();
  msa_test_pki_free (pki);

  return result;
}
