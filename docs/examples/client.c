/* client.c: what one transfer can be told to do, one command each
 *
 *   client get|post|upload|headers|download|stream|progress|cancel|timeout URL [FILE]
 *
 * FILE is what `download` writes and `upload` reads; with the others, an authority to trust.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>
#include <string.h>

static char *file_name;

/* [errors] */
static void
done_cb (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  MsaEasy *easy = user_data;
  g_autoptr (GError) error = NULL;

  if (msa_multi_run_finish (MSA_MULTI (source), result, &error))
    g_print ("%u, %" G_GUINT64_FORMAT " bytes\n", msa_easy_get_status (easy),
             msa_easy_get_bytes_received (easy));
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_CONNECT))
    g_print ("Nobody is there: %s\n", error->message);
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY))
    g_print ("It is not who it says: %s\n", error->message);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_print ("Cancelled\n");
  else
    g_print ("%s\n", error->message);
}
/* [/errors] */

static void
get (MsaEasy *easy)
{
}

static void
post (MsaEasy *easy)
{
  /* [post] */
  const char *json = "{\"name\": \"value\"}";
  g_autoptr (GBytes) body = g_bytes_new_static (json, strlen (json));

  msa_easy_set_body (easy, "application/json", body);
  /* [/post] */
}

static void
upload (MsaEasy *easy)
{
  /* [upload] */
  g_autoptr (GFile) file = g_file_new_for_path (file_name);

  msa_easy_set_method (easy, "PUT");
  msa_easy_set_body_file (easy, "application/octet-stream", file);
  /* [/upload] */
}

/* [headers-read] */
static void
headers_cb (MsaEasy *easy,
            gpointer user_data)
{
  MsaHeaders *headers = msa_easy_get_response_headers (easy);

  g_print ("Content-Type: %s\n", msa_headers_get (headers, "content-type"));
  for (guint i = 0; i < msa_headers_get_length (headers); i++)
    {
      const char *value;
      const char *name = msa_headers_get_nth (headers, i, &value);

      g_print ("%s is %s\n", name, value);
    }
}
/* [/headers-read] */

static void
headers (MsaEasy *easy)
{
  /* [headers-send] */
  MsaHeaders *fields = msa_easy_get_request_headers (easy);
  g_autoptr (GError) error = NULL;

  if (!msa_headers_replace (fields, "Accept", "application/json", &error))
    g_print ("%s\n", error->message);
  msa_easy_set_user_agent (easy, "client/1.0");
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), NULL);
  /* [/headers-send] */
}

static void
download (MsaEasy *easy)
{
  /* [download] */
  g_autoptr (GFile) file = g_file_new_for_path (file_name);

  msa_easy_set_output_file (easy, file);
  /* [/download] */
}

/* [stream] */
static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  GChecksum *checksum = user_data;

  g_checksum_update (checksum, data, (gssize) len);
  return MSA_WRITE_CONTINUE;
}
/* [/stream] */

static void
checksum_cb (MsaEasy *easy,
             const GError *error,
             gpointer user_data)
{
  if (error == NULL)
    g_print ("%s\n", g_checksum_get_string (user_data));
}

static void
stream (MsaEasy *easy)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);

  g_signal_connect (easy, "completed", G_CALLBACK (checksum_cb), checksum);
  /* [stream-set] */
  msa_easy_set_write_func (easy, write_cb, checksum, (GDestroyNotify) g_checksum_free);
  /* [/stream-set] */
}

/* [progress] */
static void
progress_cb (MsaEasy *easy,
             gpointer user_data)
{
  gint64 length = msa_easy_get_content_length (easy);
  guint64 received = msa_easy_get_bytes_received (easy);

  if (length > 0)
    g_print ("%.0f %%\n", 100.0 * (double) received / (double) length);
  else
    g_print ("%" G_GUINT64_FORMAT " bytes\n", received);
}
/* [/progress] */

static void
progress (MsaEasy *easy)
{
  /* [progress-set] */
  g_signal_connect (easy, "progress", G_CALLBACK (progress_cb), NULL);
  /* [/progress-set] */
}

static void
timeout (MsaEasy *easy)
{
  /* [timeouts] */
  msa_easy_set_timeout_ms (easy, 60000);        /* for all of it */
  msa_easy_set_connect_timeout_ms (easy, 5000); /* until the request can be sent */
  msa_easy_set_response_timeout_ms (easy, 500); /* for the response to begin */
  msa_easy_set_idle_timeout_ms (easy, 10000);   /* for the next byte */
  /* [/timeouts] */
}

/* [cancel] */
static void
cancel_cb (MsaEasy *easy,
           gpointer user_data)
{
  g_cancellable_cancel (user_data);
}
/* [/cancel] */

static void
cancel (MsaEasy *easy)
{
  GCancellable *cancellable = g_object_get_data (G_OBJECT (easy), "cancellable");

  g_signal_connect (easy, "headers", G_CALLBACK (cancel_cb), cancellable);
}

static const struct
{
  const char *name;
  void (*set) (MsaEasy *easy);
  gboolean needs_file;
} commands[] = {
  { "get", get, FALSE },
  { "post", post, FALSE },
  { "upload", upload, TRUE },
  { "headers", headers, FALSE },
  { "download", download, TRUE },
  { "stream", stream, FALSE },
  { "progress", progress, FALSE },
  { "cancel", cancel, FALSE },
  { "timeout", timeout, FALSE },
};

static gboolean
is_over (MsaEasy *easy)
{
  return msa_easy_get_state (easy) == MSA_EASY_DONE;
}

static int
run (MsaEasy *easy,
     GCancellable *cancellable)
{
  /* [run] */
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  msa_multi_attach (multi, NULL);
  msa_multi_run_async (multi, easy, G_PRIORITY_DEFAULT, cancellable, done_cb, easy);
  /* [/run] */
  while (!is_over (easy))
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  return msa_easy_get_error (easy) != NULL ? 1 : 0;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (MsaEasy) easy = NULL;

  setlocale (LC_ALL, "");
  for (gsize i = 0; argc > 2 && i < G_N_ELEMENTS (commands); i++)
    if (strcmp (argv[1], commands[i].name) == 0 && (argc > 3 || !commands[i].needs_file))
      {
        easy = msa_easy_new (argv[2]);
        file_name = argv[3];
        g_object_set_data (G_OBJECT (easy), "cancellable", cancellable);
        if (file_name != NULL && !commands[i].needs_file)
          {
            /* [tls] */
            g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (file_name);

            msa_easy_set_tls_config (easy, config);
            /* [/tls] */
          }
        commands[i].set (easy);
        return run (easy, cancellable);
      }

  g_printerr ("Usage: client get|post|upload|headers|download|stream|progress|cancel|timeout URL "
              "[FILE]\n");
  return 2;
}
