/* test-nginx-faults.c: more of nginx than usual, and less
 *
 * Very many connections at once, a server that gives up or is not there, and a process that runs
 * out of descriptors. One that is killed in the middle is in test-web-bodies.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"
#include "interop/msa-interop-nginx.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_AT_ONCE 1500

static MsaTestPki *pki;
static MsaInteropServer *nginx;

static void
start_nginx (void)
{
  if (nginx == NULL)
    nginx = msa_interop_nginx_start (pki);
}

static char *
make_file_uri (guint i)
{
  g_autofree char *path = g_strdup_printf ("/files/%u", i);

  start_nginx ();

  return msa_interop_server_make_uri (nginx, "http://127.0.0.1", MSA_INTEROP_WEB_PLAIN, path);
}

/* All connections open at the same time */

/* A transfer that stops at its first byte until the last one has come that far. */
typedef struct
{
  GByteArray *body;
  guint      *n_stopped;
  gboolean    stopped;
} Gate;

static MsaWriteResult
stop_once_cb (MsaEasy *easy,
              const guint8 *data,
              gsize len,
              gpointer user_data)
{
  Gate *self = user_data;

  if (!self->stopped)
    {
      self->stopped = TRUE;
      ++*self->n_stopped;
      return MSA_WRITE_PAUSE;
    }
  g_byte_array_append (self->body, data, (guint) len);

  return MSA_WRITE_CONTINUE;
}

static gboolean
have_all_stopped (gpointer data)
{
  return *(guint *) data == N_AT_ONCE;
}

/* Those below are in use. */
static int
get_lowest_free_fd (void)
{
  int fd = dup (STDERR_FILENO);

  g_assert_cmpint (fd, >=, 0);
  close (fd);

  return fd;
}

static void
test_open_at_once (MsaTestDriverKind kind,
                   gconstpointer data)
{
  g_autofree Gate *gates = g_new0 (Gate, N_AT_ONCE);
  g_autofree char *uri = make_file_uri (MSA_INTEROP_MIDDLE_FILE);
  g_autoptr (MsaInteropBatch) batch = NULL;
  MsaMulti *multi;
  guint n_stopped = 0;

  if (!msa_interop_allow_descriptors (N_AT_ONCE + 100))
    {
      g_test_skip ("too few descriptors are allowed");
      return;
    }

  batch = msa_interop_batch_new (kind);
  multi = msa_interop_batch_get_multi (batch);
  msa_multi_set_max_connections_per_host (multi, 0);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      gates[i] = (Gate) { g_byte_array_new (), &n_stopped, FALSE };
      msa_easy_set_write_func (easy, stop_once_cb, &gates[i], NULL);
      msa_interop_batch_add (batch, easy);
    }

  msa_interop_batch_wait_for (batch, have_all_stopped, &n_stopped);
  g_assert_cmpuint (msa_multi_get_n_connections (multi), ==, N_AT_ONCE);
  g_assert_cmpint (get_lowest_free_fd (), >, 1024);

  for (guint i = 0; i < N_AT_ONCE; i++)
    msa_easy_resume (msa_interop_batch_get_nth (batch, i), MSA_DIRECTION_RECEIVE);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < N_AT_ONCE; i++)
    {
      msa_interop_check_status (msa_interop_batch_get_nth (batch, i), 200);
      g_assert_cmpmem (gates[i].body->data, gates[i].body->len,
                       msa_interop_get_bytes () + MSA_INTEROP_MIDDLE_FILE,
                       msa_interop_get_file_size (MSA_INTEROP_MIDDLE_FILE));
      g_byte_array_unref (gates[i].body);
    }
}

/* Given up in the middle */

/* The end of the connection comes in an orderly way, over TLS too; that of the reply does not. */
static void
test_given_up (MsaTestDriverKind kind,
               gconstpointer data)
{
  static const struct
  {
    const char *start;
    guint port_index;
  } rows[] = {
    { "http://127.0.0.1", MSA_INTEROP_WEB_PLAIN },
    { "https://127.0.0.1", MSA_INTEROP_WEB_TLS },
  };
  g_autofree char *ca_path = NULL;
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);

  start_nginx ();
  ca_path = msa_interop_server_get_path (nginx, "ca.pem");
  config = msa_tls_config_new_for_ca_file (ca_path);
  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *uri = msa_interop_server_make_uri (nginx, rows[i].start,
                                                          rows[i].port_index, "/starving/99");
      MsaEasy *easy = msa_interop_batch_request (batch, "GET", uri, NULL);

      msa_interop_check_failure (easy, MSA_ERROR_TRUNCATED);
      g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
      g_assert_cmpuint (msa_easy_get_bytes_received (easy), >, 0);
    }
}

/* Nobody there */

static void
test_not_listening (MsaTestDriverKind kind,
                    gconstpointer data)
{
  struct sockaddr_in address = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
  };
  socklen_t len = sizeof address;
  /* Has its port, and does not listen. */
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  g_autofree char *uri = NULL;

  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, len), ==, 0);
  g_assert_cmpint (getsockname (fd, (struct sockaddr *) &address, &len), ==, 0);
  uri = g_strdup_printf ("http://127.0.0.1:%u/", ntohs (address.sin_port));
  for (guint i = 0; i < 100; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
  for (guint i = 0; i < 100; i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);

      msa_interop_check_failure (easy, MSA_ERROR_CONNECT);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (ECONNREFUSED)));
    }
  close (fd);
}

/* Out of descriptors */

#define N_SPARE_FDS 20
#define N_GREEDY 100

static void
set_descriptor_limit (guint n)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = n;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
run_greedy (MsaInteropBatch *batch,
            guint max_connections_per_host)
{
  g_autofree char *uri = make_file_uri (MSA_INTEROP_SMALL_FILE);

  msa_interop_batch_clear (batch);
  msa_multi_set_max_connections_per_host (msa_interop_batch_get_multi (batch),
                                          max_connections_per_host);
  for (guint i = 0; i < N_GREEDY; i++)
    msa_interop_batch_get (batch, uri);
  msa_interop_batch_wait (batch);
}

/* Each got the file, or was told that there are too many open; gives the number of the latter. */
static guint
count_without_descriptor (MsaInteropBatch *batch)
{
  guint n = 0;

  for (guint i = 0; i < N_GREEDY; i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (batch, i);

      if (msa_easy_get_error (easy) == NULL)
        {
          msa_interop_check_file (easy, MSA_INTEROP_SMALL_FILE);
          continue;
        }
      msa_interop_check_failure (easy, MSA_ERROR_CONNECT);
      g_assert_nonnull (strstr (msa_easy_get_error (easy)->message, g_strerror (EMFILE)));
      n++;
    }

  return n;
}

static void
run_out_of_descriptors (MsaTestDriverKind kind)
{
  g_autoptr (MsaInteropBatch) batch = msa_interop_batch_new (kind);
  guint n_failed;

  run_greedy (batch, 1);
  g_assert_cmpuint (count_without_descriptor (batch), ==, 0);

  set_descriptor_limit ((guint) get_lowest_free_fd () + N_SPARE_FDS);
  run_greedy (batch, 0);
  n_failed = count_without_descriptor (batch);
  g_assert_cmpuint (n_failed, >, 0);
  g_assert_cmpuint (n_failed, <, N_GREEDY);

  /* Those that make do with few go on. */
  run_greedy (batch, 6);
  g_assert_cmpuint (count_without_descriptor (batch), ==, 0);

  g_assert_true (msa_interop_allow_descriptors (N_GREEDY + 100));
  run_greedy (batch, 0);
  g_assert_cmpuint (count_without_descriptor (batch), ==, 0);
}

/* In a process of its own: the limit counts for all that runs in one. */
static void
test_out_of_descriptors (MsaTestDriverKind kind,
                         gconstpointer data)
{
  if (g_test_subprocess ())
    {
      run_out_of_descriptors (kind);
      return;
    }

  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

static const MsaInteropCase cases[] = {
  { "open-at-once", test_open_at_once, NULL },
  { "given-up", test_given_up, NULL },
  { "not-listening", test_not_listening, NULL },
  { "out-of-descriptors", test_out_of_descriptors, NULL },
};

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  pki = msa_test_pki_new ();
  msa_interop_add_cases ("nginx-faults", &msa_interop_nginx, cases, G_N_ELEMENTS (cases));

  result = g_test_run ();
  g_clear_pointer (&nginx, msa_interop_server_stop);
  msa_test_pki_free (pki);

  return result;
}
