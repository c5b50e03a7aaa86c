/* msa-interop-batch.c: many transfers of one multi, in one of its drivers, against a real server
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-batch.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>

/* What a machine under load and a sanitizer may need, not what is waited. */
#define LIMIT_US (100 * G_USEC_PER_SEC)

struct _MsaInteropBatch
{
  MsaTestDriverKind kind;
  MsaMulti         *multi;   /* (owned) */
  MsaTestDriver    *driver;  /* (owned) */
  GPtrArray        *easies;  /* (owned) (element-type MsaEasy) */
  guint             n_left;
  gint64            took_us;
};

MsaInteropBatch *
msa_interop_batch_new (MsaTestDriverKind kind)
{
  MsaInteropBatch *self = g_new0 (MsaInteropBatch, 1);

  self->kind = kind;
  self->multi = msa_multi_new ();
  self->driver = msa_test_driver_new (kind, self->multi, NULL);
  self->easies = g_ptr_array_new_with_free_func (g_object_unref);

  return self;
}

void
msa_interop_batch_free (MsaInteropBatch *self)
{
  g_assert_cmpuint (self->n_left, ==, 0);
  g_assert_cmpuint (msa_multi_get_n_running (self->multi), ==, 0);
  g_ptr_array_unref (self->easies);
  msa_test_driver_free (self->driver);
  g_assert_finalize_object (self->multi);
  g_free (self);
}

MsaMulti *
msa_interop_batch_get_multi (MsaInteropBatch *self)
{
  return self->multi;
}

MsaTestDriver *
msa_interop_batch_get_driver (MsaInteropBatch *self)
{
  return self->driver;
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              MsaInteropBatch *self)
{
  g_assert_cmpuint (self->n_left, >, 0);
  self->n_left--;
}

void
msa_interop_batch_add (MsaInteropBatch *self,
                       MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), self);
  g_ptr_array_add (self->easies, g_object_ref (easy));
  self->n_left++;
  msa_multi_add (self->multi, easy, &error);
  g_assert_no_error (error);
}

MsaEasy *
msa_interop_batch_get (MsaInteropBatch *self,
                       const char *uri)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);

  msa_interop_batch_add (self, easy);

  return easy;
}

guint
msa_interop_batch_get_length (MsaInteropBatch *self)
{
  return self->easies->len;
}

MsaEasy *
msa_interop_batch_get_nth (MsaInteropBatch *self,
                           guint i)
{
  return g_ptr_array_index (self->easies, i);
}

guint
msa_interop_batch_get_n_left (MsaInteropBatch *self)
{
  return self->n_left;
}

void
msa_interop_batch_clear (MsaInteropBatch *self)
{
  g_assert_cmpuint (self->n_left, ==, 0);
  g_ptr_array_set_size (self->easies, 0);
}

static gboolean
is_done (gpointer data)
{
  return ((MsaInteropBatch *) data)->n_left == 0;
}

void
msa_interop_batch_wait_for (MsaInteropBatch *self,
                            MsaTestCondition done,
                            gpointer data)
{
  if (!msa_test_driver_run (self->driver, done, data, LIMIT_US))
    g_error ("%u of %u transfers are still running", self->n_left, self->easies->len);
}

void
msa_interop_batch_wait (MsaInteropBatch *self)
{
  gint64 start_us = g_get_monotonic_time ();

  msa_interop_batch_wait_for (self, is_done, self);
  self->took_us = g_get_monotonic_time () - start_us;
}

/* Only the peer's end counts: what is readable may as well be a TLS ticket. */
static gboolean
has_ended (const GPollFD *fd)
{
  return (fd->revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Those the multi has seen closed are not among its descriptors any more, though it may not have
 * freed all of them yet. */
void
msa_interop_batch_wait_for_close (MsaInteropBatch *self)
{
  gint64 end_us = g_get_monotonic_time () + LIMIT_US;
  guint n_fds, n_left = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (self->multi, &n_fds);

  for (guint i = 0; i < n_fds; i++)
    {
      struct stat info;

      g_assert_cmpint (fstat (fds[i].fd, &info), ==, 0);
      if (!S_ISSOCK (info.st_mode))
        continue;
      fds[n_left] = (GPollFD) { .fd = fds[i].fd, .events = POLLRDHUP };
      n_left++;
    }

  while (n_left > 0)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end_us);
      g_poll (fds, n_left, 100);
      for (guint i = n_left; i > 0; i--)
        if (has_ended (&fds[i - 1]))
          fds[i - 1] = fds[--n_left];
    }
}

guint
msa_interop_batch_count_connections (MsaInteropBatch *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < self->easies->len; i++)
    {
      MsaEasy *easy = msa_interop_batch_get_nth (self, i);
      const char *number = msa_headers_get (msa_easy_get_response_headers (easy), "x-connection");

      g_assert_nonnull (number);
      g_hash_table_add (seen, (char *) number);
    }

  return g_hash_table_size (seen);
}

void
msa_interop_batch_tell_rate (MsaInteropBatch *self)
{
  g_test_message ("%s: %u transfers in %.3f s: %.0f a second",
                  msa_test_driver_get_name (self->kind), self->easies->len,
                  (double) self->took_us / G_USEC_PER_SEC,
                  self->easies->len * (double) G_USEC_PER_SEC / (double) self->took_us);
}

/* Single transfers */

MsaEasy *
msa_interop_batch_request (MsaInteropBatch *self,
                           const char *method,
                           const char *uri,
                           GBytes *body)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);

  g_object_set (easy, "method", method, NULL);
  if (body != NULL)
    msa_easy_set_body (easy, "application/octet-stream", body);
  msa_interop_batch_add (self, easy);
  msa_interop_batch_wait (self);

  return easy;
}

static MsaWriteResult
count_zeros_cb (MsaEasy *easy,
                const guint8 *data,
                gsize len,
                gpointer user_data)
{
  gsize *n_zeros = user_data;

  /* All are equal to the first. */
  if (data[0] == 0 && memcmp (data, data + 1, len - 1) == 0)
    *n_zeros += len;

  return MSA_WRITE_CONTINUE;
}

void
msa_interop_batch_get_zeros (MsaInteropBatch *self,
                             const char *uri,
                             gsize len)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);
  gsize n_zeros = 0;

  msa_easy_set_write_func (easy, count_zeros_cb, &n_zeros, NULL);
  msa_interop_batch_add (self, easy);
  msa_interop_batch_wait (self);
  msa_interop_check_status (easy, 200);
  g_assert_cmpuint (n_zeros, ==, len);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, len);
  g_test_message ("%s: %.0f MiB a second", msa_test_driver_get_name (self->kind),
                  (double) len / 1.048576 / (double) self->took_us);
}

/* Repeats the bytes that do not repeat. */
GBytes *
msa_interop_make_body (gsize len)
{
  const guint8 *bytes = msa_interop_get_bytes ();
  const gsize period = msa_interop_get_file_size (MSA_INTEROP_LONG_FILE);
  guint8 *body = g_malloc (len);

  for (gsize i = 0; i < len; i += period)
    memcpy (body + i, bytes, MIN (period, len - i));

  return g_bytes_new_take (body, len);
}

/* Checks */

void
msa_interop_check_status (MsaEasy *easy,
                          guint status)
{
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, status);
}

void
msa_interop_check_body (MsaEasy *easy,
                        const void *data,
                        gsize len)
{
  GBytes *body = msa_easy_get_body (easy);
  gsize size = body != NULL ? g_bytes_get_size (body) : 0;

  g_assert_cmpuint (size, ==, len);
  g_assert_cmpuint (msa_easy_get_bytes_received (easy), ==, len);
  if (len > 0 && memcmp (g_bytes_get_data (body, NULL), data, len) != 0)
    g_error ("a body of %" G_GSIZE_FORMAT " bytes is not what was served", len);
}

void
msa_interop_check_failure (MsaEasy *easy,
                           MsaError code)
{
  g_assert_error (msa_easy_get_error (easy), MSA_ERROR, (int) code);
  g_assert_cmpstr (msa_easy_get_error (easy)->message, !=, "");
}

/* Files */

#define LONGEST (200 * 1024)

const guint8 *
msa_interop_get_bytes (void)
{
  static guint8 *bytes;
  guint32 value = 1;

  if (bytes != NULL)
    return bytes;

  bytes = g_malloc (LONGEST + MSA_INTEROP_N_FILES);
  for (guint i = 0; i < LONGEST + MSA_INTEROP_N_FILES; i++)
    {
      value = value * 1664525 + 1013904223;
      bytes[i] = (guint8) (value >> 24);
    }

  return bytes;
}

/* Many short ones, few long ones; among them 0, 1 and the longest. */
gsize
msa_interop_get_file_size (guint i)
{
  const gsize last = MSA_INTEROP_N_FILES - 1;

  return i == 1 ? 1 : (gsize) i * i * i * LONGEST / (last * last * last);
}

static const guint8 *
get_file (guint i)
{
  return msa_interop_get_bytes () + i;
}

void
msa_interop_write_files (MsaInteropServer *server,
                         const char *folder)
{
  for (guint i = 0; i < MSA_INTEROP_N_FILES; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%u", folder, i);

      msa_interop_server_write (server, name, get_file (i), msa_interop_get_file_size (i));
    }
}

void
msa_interop_batch_get_files (MsaInteropBatch *self,
                             const char *start,
                             guint n,
                             MsaTlsConfig *tls_config)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *uri = g_strdup_printf ("%s%u", start, i % MSA_INTEROP_N_FILES);
      g_autoptr (MsaEasy) easy = msa_easy_new (uri);

      if (tls_config != NULL)
        g_object_set (easy, "tls-config", tls_config, NULL);
      msa_interop_batch_add (self, easy);
    }
}

void
msa_interop_check_file (MsaEasy *easy,
                        guint i)
{
  msa_interop_check_status (easy, 200);
  msa_interop_check_body (easy, get_file (i), msa_interop_get_file_size (i));
}

void
msa_interop_batch_check_files (MsaInteropBatch *self)
{
  for (guint i = 0; i < self->easies->len; i++)
    msa_interop_check_file (msa_interop_batch_get_nth (self, i), i % MSA_INTEROP_N_FILES);
}

/* Registering */

typedef struct
{
  const MsaInteropKind *server;
  const MsaInteropCase *test_case;
  MsaTestDriverKind     driver;
} Registered;

static void
run_case (gconstpointer data)
{
  const Registered *self = data;
  g_autofree char *program = msa_interop_find_program (self->server);

  if (program == NULL)
    {
      g_autofree char *message = g_strdup_printf ("%s is not installed", self->server->program);

      g_test_skip (message);
      return;
    }

  self->test_case->test (self->driver, self->test_case->data);
}

static void
add_case (const char *server,
          const MsaInteropKind *kind,
          const MsaInteropCase *test_case,
          MsaTestDriverKind driver)
{
  /* Kept for good: GLib drops nothing of a test that was not asked for. */
  static GPtrArray *all;
  Registered *registered = g_new0 (Registered, 1);
  g_autofree char *path = g_strdup_printf ("/msa/interop/%s/%s/%s", server, test_case->name,
                                           msa_test_driver_get_name (driver));

  if (all == NULL)
    all = g_ptr_array_new ();
  registered->server = kind;
  registered->test_case = test_case;
  registered->driver = driver;
  g_ptr_array_add (all, registered);
  g_test_add_data_func (path, registered, run_case);
}

void
msa_interop_add_cases (const char *server,
                       const MsaInteropKind *kind,
                       const MsaInteropCase *cases,
                       guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint driver = 0; driver < MSA_TEST_N_DRIVERS; driver++)
      add_case (server, kind, &cases[i], driver);
}

void
msa_interop_add_cases_once (const char *server,
                            const MsaInteropKind *kind,
                            const MsaInteropCase *cases,
                            guint n)
{
  for (guint i = 0; i < n; i++)
    add_case (server, kind, &cases[i], MSA_TEST_ATTACHED);
}
