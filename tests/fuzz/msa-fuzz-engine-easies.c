/* msa-fuzz-engine-easies.c: what an application adds
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"

#include "msa-easy-options.h"

#define MAX_EASIES 40
#define TIMEOUT_MS 20000

/* NULL if there is none. */
MsaTestRecord *
msa_fuzz_engine_choose_record (MsaFuzzEngine *self,
                               guint argument)
{
  GPtrArray *records = self->world->records;
  MsaTestRecord *record;

  if (records->len == 0)
    return NULL;
  record = g_ptr_array_index (records, argument % records->len);

  return record->easy != NULL ? record : NULL;
}

/* Handlers */

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  msa_fuzz_engine_act_in_handler (data);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  MsaFuzzEngine *self = user_data;

  g_assert_cmpuint (len, >, 0);
  if (msa_cursor_is_empty (&self->handlers))
    return MSA_WRITE_CONTINUE;

  msa_fuzz_engine_act_in_handler (self);
  switch (msa_fuzz_choose (&self->handlers, 8))
    {
    case 1:
      return MSA_WRITE_ABORT;
    case 2:
    case 3:
      /* Who pauses at the very end would never be asked to go on. */
      return self->is_ending ? MSA_WRITE_CONTINUE : MSA_WRITE_PAUSE;
    default:
      return MSA_WRITE_CONTINUE;
    }
}

static void
no_op (gpointer data)
{
}

/* Easies */

MsaEasy *
msa_fuzz_engine_make_easy (MsaFuzzEngine *self,
                           const char *uri)
{
  MsaTestRecord *record;
  MsaEasy *easy;

  if (self->world->records->len == MAX_EASIES)
    return NULL;

  easy = msa_test_world_make (self->world, uri);
  msa_easy_set_timeout_ms (easy, TIMEOUT_MS);
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), self);
  record = msa_test_world_get_record (easy);
  record->completed = msa_fuzz_engine_completed_cb;
  record->data = self;

  return easy;
}

static MsaEasy *
make_easy (MsaFuzzEngine *self,
           guint argument)
{
  static const char *const uris[] = {
    "http://fuzz.org/",
    "http://fuzz.org/a",
    MSA_FUZZ_FILLED_TARGET,
    "http://two.org/",
    "/chunked/20000",
    "/hang",
    "http://none.org/",
    "http://hole.org/",
    "http://example.org:81/",
    "http://[/",
    "/interim",
    "/truncated/100",
    "http://slow.org/",
  };

  return msa_fuzz_engine_make_easy (self, uris[argument % G_N_ELEMENTS (uris)]);
}

void
msa_fuzz_engine_add (MsaFuzzEngine *self,
                     MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  if (!self->is_closed)
    {
      msa_test_world_add_again (self->world, easy);
      return;
    }
  g_assert_false (msa_multi_add (self->world->multi, easy, &error));
  g_assert_error (error, MSA_ERROR, MSA_ERROR_CLOSED);
}

static void
add_easy (MsaFuzzEngine *self,
          guint argument)
{
  MsaEasy *easy = make_easy (self, argument);

  if (easy != NULL)
    msa_fuzz_engine_add (self, easy);
}

static void
add_with_write_func (MsaFuzzEngine *self,
                     guint argument)
{
  MsaEasy *easy = make_easy (self, argument);

  if (easy == NULL)
    return;
  msa_easy_set_write_func (easy, write_cb, self, no_op);
  msa_fuzz_engine_add (self, easy);
}

static void
add_with_body (MsaFuzzEngine *self,
               guint argument)
{
  gsize size = argument < MSA_FUZZ_N_ARGUMENTS / 2 ? 100 : MSA_FUZZ_LONG_BYTES;
  g_autoptr (GBytes) body = g_bytes_new_take (g_strnfill (size, 'b'), size);
  MsaEasy *easy = make_easy (self, argument % 4);

  if (easy == NULL)
    return;
  msa_easy_set_body (easy, "text/plain", body);
  if (argument % 2 == 1)
    msa_easy_set_method (easy, "PUT");
  msa_fuzz_engine_add (self, easy);
}

/* Now and then the stream has less than it is said to, or its length is not known. */
static void
add_with_stream (MsaFuzzEngine *self,
                 guint argument)
{
  static const char text[300];
  gsize size = 100 * (argument / 4 % 4);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_data (text, (gssize) size, NULL);
  /* To the peers that answer whatever comes: the others know no chunks. */
  MsaEasy *easy = make_easy (self, argument / 16 % 2);

  if (easy == NULL)
    return;
  msa_easy_set_body_stream (easy, NULL, stream,
                            argument % 4 == 0 ? -1 : (gint64) size + (argument % 4 == 1));
  if (argument >= MSA_FUZZ_N_ARGUMENTS / 2)
    msa_headers_append (msa_easy_get_request_trailers (easy), "Sum", "0", NULL);
  msa_easy_set_expect_timeout_ms (easy, argument % 8 < 4 ? 0 : 1000);
  msa_fuzz_engine_add (self, easy);
}

/* Now and then the stream gets full. */
static void
add_to_stream (MsaFuzzEngine *self,
               guint argument)
{
  static char room[50];
  g_autoptr (GOutputStream) stream = NULL;
  MsaEasy *easy = make_easy (self, argument / 4);

  if (easy == NULL)
    return;
  if (argument % 4 == 3)
    stream = g_memory_output_stream_new (room, sizeof (room), NULL, NULL);
  else
    stream = g_memory_output_stream_new_resizable ();
  msa_easy_set_output_stream (easy, stream);
  msa_fuzz_engine_add (self, easy);
}

/* Several may write to the same one. */
static void
add_to_file (MsaFuzzEngine *self,
             guint argument)
{
  g_autofree char *name = g_strdup_printf ("%u", argument % 2);
  const char *folder = argument % 8 == 7 ? "/nowhere" : msa_fuzz_engine_get_folder ();
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = make_easy (self, argument / 8);

  if (easy == NULL)
    return;
  self->n_files = 2;
  msa_easy_set_output_file (easy, file);
  msa_fuzz_engine_add (self, easy);
}

/* Some of what an easy can be told; not all of it goes together. */
static void
add_with_options (MsaFuzzEngine *self,
                  guint argument)
{
  static const char *const connect_to[] = { "fuzz.org::two.org:80", NULL };
  static const char *const resolve[] = { "+fuzz.org:80:10.0.0.9,10.0.0.3", NULL };
  MsaEasy *easy = make_easy (self, argument % 3);

  if (easy == NULL)
    return;
  switch (argument / 3 % 8)
    {
    case 0:
      msa_easy_set_allow_http09 (easy, TRUE);
      break;
    case 1:
      msa_easy_set_http_version (easy, MSA_HTTP_VERSION_HTTP_1_0);
      break;
    case 2:
      msa_easy_set_connect_to (easy, connect_to);
      break;
    case 3:
      msa_easy_set_resolve (easy, resolve);
      break;
    case 4:
      msa_easy_set_method (easy, "HEAD");
      break;
    case 5:
      msa_easy_set_idle_timeout_ms (easy, 50);
      break;
    case 6:
      msa_easy_set_ip_version (easy, MSA_IP_VERSION_IPV6);
      break;
    default:
      msa_easy_set_local_port (easy, 5000);
      break;
    }
  msa_fuzz_engine_add (self, easy);
}

static void
add_with_limit (MsaFuzzEngine *self,
                guint argument)
{
  MsaEasy *easy = make_easy (self, argument);

  if (easy == NULL)
    return;
  if (argument % 3 == 0)
    msa_easy_set_timeout_ms (easy, 1 + argument);
  else if (argument % 3 == 1)
    msa_easy_set_max_body_bytes (easy, 1 + argument);
  else
    msa_easy_set_connect_timeout_ms (easy, 1 + argument);
  msa_easy_set_priority (easy, (int) argument - MSA_FUZZ_N_ARGUMENTS / 2);
  msa_fuzz_engine_add (self, easy);
}

static void
add_again (MsaFuzzEngine *self,
           guint argument)
{
  MsaTestRecord *record = msa_fuzz_engine_choose_record (self, argument);

  if (record != NULL && !msa_fuzz_engine_is_running (record))
    msa_fuzz_engine_add (self, record->easy);
}

/* Asynchronous calls */

static void
async_cb (GObject *object,
          GAsyncResult *result,
          gpointer user_data)
{
  MsaFuzzEngine *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_run_finish (MSA_MULTI (object), result, &error);

  g_assert_cmpint (done, ==, error == NULL);
  g_assert_cmpuint (self->n_async, >, 0);
  self->n_async--;
}

GCancellable *
msa_fuzz_engine_make_cancellable (MsaFuzzEngine *self)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_ptr_array_add (self->cancellables, cancellable);

  return cancellable;
}

static void
add_async (MsaFuzzEngine *self,
           guint argument)
{
  GCancellable *cancellable;
  MsaEasy *easy;

  easy = make_easy (self, argument);
  if (easy == NULL)
    return;

  cancellable = msa_fuzz_engine_make_cancellable (self);
  if (!self->is_closed)
    msa_test_world_get_record (easy)->n_added++;
  self->n_async++;
  msa_multi_run_async (self->world->multi, easy, G_PRIORITY_DEFAULT, cancellable, async_cb, self);
}

static void
fetched_cb (GObject *object,
            GAsyncResult *result,
            gpointer user_data)
{
  MsaFuzzEngine *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = msa_multi_fetch_finish (MSA_MULTI (object), result, &error);

  g_assert_true ((body != NULL) == (error == NULL));
  g_assert_cmpuint (self->n_fetches, >, 0);
  self->n_fetches--;
  self->n_async--;
}

static void
fetch (MsaFuzzEngine *self,
       guint argument)
{
  static const char *const uris[] = { "http://fuzz.org/", "http://two.org/", "http://[/" };

  self->n_async++;
  self->n_fetches++;
  msa_multi_fetch_async (self->world->multi, uris[argument % G_N_ELEMENTS (uris)],
                         msa_fuzz_engine_make_cancellable (self), fetched_cb, self);
}

static const MsaFuzzAction additions[] = {
  { 'g', FALSE, add_easy },
  { 'w', FALSE, add_with_write_func },
  { 'b', FALSE, add_with_body },
  { 'm', FALSE, add_with_limit },
  { 'h', FALSE, add_with_stream },
  { 'y', FALSE, add_to_stream },
  { 'q', FALSE, add_to_file },
  { 'O', FALSE, add_with_options },
  { 'e', FALSE, add_again },
  { 'n', FALSE, add_async },
  { 'F', FALSE, fetch },
  { 'T', FALSE, msa_fuzz_engine_add_tls },
  { 0 },
};

const MsaFuzzAction *
msa_fuzz_engine_get_additions (void)
{
  return additions;
}
