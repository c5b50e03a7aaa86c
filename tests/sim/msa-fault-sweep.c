/* msa-fault-sweep.c: scenes that are played once for each call that may fail in them
 *
 * What errors a door has stands in msa-fault-sys.c, and what a server for uploads does in
 * msa-fault-upload.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "sim/msa-fault-sweep.h"

#include "msa-easy-options.h"
#include "msa-enum-types.h"
#include "sim/msa-fault-private.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Turns of the driver in one stretch: some thousands are used. */
#define MAX_TURNS 300000
/* Calls of one door that all fail in turn; of more, those at both ends, and some between. */
#define MAX_CALLS 100
/* The same in scenes with handshakes. */
#define MAX_SLOW_CALLS 30
#define N_AT_ENDS 12
#define N_DRIVERS 4

/* What is played at the moment, for whoever sees it abort. */
static char current[256];

static void complain (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

static void
complain (const char *format,
          ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, text);
  abort ();
}

/* What an error must come to. */
typedef enum
{
  ANY,
  HARMLESS,
  GENERAL,
} Meaning;

/* Bodies */

typedef enum
{
  BODY_MEMORY,
  BODY_CALL,
  BODY_STREAM,
  BODY_FILE,
  BODY_REPORT, /* of upload.org */
} BodyKind;

typedef struct
{
  BodyKind kind;
  MsaEasy *easy; /* (unowned): the world's */
  gsize len;
  GString *got; /* (owned): CALL */
  GOutputStream *stream; /* (owned) (nullable): STREAM */
  char *path; /* (owned) (nullable): FILE */
  char *old; /* (owned) (nullable): FILE */
} Body;

static void
body_free (gpointer data)
{
  Body *self = data;

  g_string_free (self->got, TRUE);
  g_clear_object (&self->stream);
  g_free (self->path);
  g_free (self->old);
  g_free (self);
}

static Body *
expect (MsaFaultPlay *play,
        MsaEasy *easy,
        BodyKind kind,
        gsize len)
{
  Body *self = NULL;

  for (guint i = 0; i < play->bodies->len; i++)
    if (((Body *) play->bodies->pdata[i])->easy == easy)
      self = play->bodies->pdata[i];
  if (self == NULL)
    {
      self = g_new0 (Body, 1);
      self->easy = easy;
      self->got = g_string_new (NULL);
      g_ptr_array_add (play->bodies, self);
    }
  self->kind = kind;
  self->len = len;

  return self;
}

void
msa_fault_expect_memory (MsaFaultPlay *play,
                         MsaEasy *easy,
                         gsize len)
{
  expect (play, easy, BODY_MEMORY, len);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  g_string_append_len (user_data, (const char *) data, (gssize) len);

  return MSA_WRITE_CONTINUE;
}

void
msa_fault_expect_call (MsaFaultPlay *play,
                       MsaEasy *easy,
                       gsize len)
{
  Body *body = expect (play, easy, BODY_CALL, len);

  msa_easy_set_write_func (easy, write_cb, body->got, NULL);
}

void
msa_fault_expect_stream (MsaFaultPlay *play,
                         MsaEasy *easy,
                         gsize len)
{
  Body *body = expect (play, easy, BODY_STREAM, len);

  body->stream = g_memory_output_stream_new_resizable ();
  msa_easy_set_output_stream (easy, body->stream);
}

static char *
make_path (MsaFaultPlay *play,
           const char *name)
{
  if (play->folder == NULL)
    play->folder = g_dir_make_tmp ("msa-XXXXXX", NULL);
  g_assert_nonnull (play->folder);

  return g_build_filename (play->folder, name, NULL);
}

void
msa_fault_expect_file (MsaFaultPlay *play,
                       MsaEasy *easy,
                       gsize len,
                       const char *old)
{
  Body *body = expect (play, easy, BODY_FILE, len);
  g_autofree char *name = g_strdup_printf ("out-%u", play->bodies->len);
  g_autoptr (GFile) file = NULL;

  body->path = make_path (play, name);
  body->old = g_strdup (old);
  if (old != NULL)
    g_assert_true (g_file_set_contents (body->path, old, -1, NULL));
  file = g_file_new_for_path (body->path);
  msa_easy_set_output_file (easy, file);
}

void
msa_fault_expect_upload (MsaFaultPlay *play,
                         MsaEasy *easy,
                         gsize len)
{
  expect (play, easy, BODY_REPORT, len);
}

GBytes *
msa_fault_bytes (gsize len)
{
  char *bytes = g_malloc (len);

  msa_test_fill (bytes, 0, len);

  return g_bytes_new_take (bytes, len);
}

GFile *
msa_fault_input (MsaFaultPlay *play,
                 gsize len)
{
  g_autofree char *path = make_path (play, "in");
  g_autoptr (GBytes) bytes = msa_fault_bytes (len);

  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) len, NULL));

  return g_file_new_for_path (path);
}

static void
assert_filled (const void *data,
               gsize len,
               gsize expected_len)
{
  g_autoptr (GBytes) expected = msa_fault_bytes (expected_len);

  g_assert_cmpmem (data, len, g_bytes_get_data (expected, NULL), expected_len);
}

static void
assert_bytes (GBytes *bytes,
              gsize expected_len)
{
  gsize len = 0;
  const void *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;

  assert_filled (data, len, expected_len);
}

static void
assert_report (MsaEasy *easy,
               gsize expected_len)
{
  g_autofree char *expected =
      g_strdup_printf ("%" G_GSIZE_FORMAT " bytes, as they are to be", expected_len);
  GBytes *bytes = msa_easy_get_body (easy);
  gsize len = 0;
  const char *data = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;

  /* Where the body was refused there is no report. */
  if (msa_easy_get_status (easy) == 200)
    g_assert_cmpmem (data, len, expected, strlen (expected));
}

static void
assert_file (Body *self,
             gboolean whole)
{
  g_autofree char *contents = NULL;
  gsize len = 0;
  gboolean exists = g_file_get_contents (self->path, &contents, &len, NULL);

  if (whole)
    assert_filled (contents, len, self->len);
  else if (self->old != NULL)
    g_assert_cmpstr (contents, ==, self->old);
  else
    g_assert_false (exists);
}

static void
check_body (Body *self)
{
  MsaTestRecord *record = msa_test_world_get_record (self->easy);
  gboolean whole = record->n_easy > 0 && record->error == NULL;

  if (self->kind == BODY_FILE)
    assert_file (self, whole);
  else if (whole && self->kind == BODY_MEMORY)
    assert_bytes (msa_easy_get_body (self->easy), self->len);
  else if (whole && self->kind == BODY_CALL)
    assert_filled (self->got->str, self->got->len, self->len);
  else if (whole && self->kind == BODY_STREAM)
    assert_filled (g_memory_output_stream_get_data (G_MEMORY_OUTPUT_STREAM (self->stream)),
                   g_memory_output_stream_get_data_size (G_MEMORY_OUTPUT_STREAM (self->stream)),
                   self->len);
  else if (whole)
    assert_report (self->easy, self->len);
}

static gboolean
is_expected_file (MsaFaultPlay *play,
                  const char *name)
{
  if (g_str_equal (name, "in"))
    return TRUE;
  for (guint i = 0; i < play->bodies->len; i++)
    {
      Body *body = play->bodies->pdata[i];
      g_autofree char *known = body->path != NULL ? g_path_get_basename (body->path) : NULL;

      if (g_strcmp0 (known, name) == 0)
        return TRUE;
    }

  return FALSE;
}

/* Only what was asked for is there. */
static void
clear_folder (MsaFaultPlay *play)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (play->folder == NULL)
    return;

  dir = g_dir_open (play->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (play->folder, name, NULL);

      if (!is_expected_file (play, name))
        complain ("“%s” was left behind", name);
      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (play->folder), ==, 0);
}

/* Transfers */

MsaEasy *
msa_fault_make (MsaFaultPlay *play,
                const char *uri)
{
  MsaEasy *easy = msa_test_world_make (play->world, uri);
  const char *size = strstr (uri, "/size/");
  const char *chunked = strstr (uri, "/chunked/");

  play->has_hole |= strstr (uri, "://many.org") != NULL;
  if (size != NULL)
    msa_fault_expect_memory (play, easy, strtoul (size + 6, NULL, 10));
  else if (chunked != NULL)
    msa_fault_expect_memory (play, easy, strtoul (chunked + 9, NULL, 10));

  return easy;
}

MsaEasy *
msa_fault_add (MsaFaultPlay *play,
               const char *uri)
{
  MsaEasy *easy = msa_fault_make (play, uri);

  msa_test_world_add_again (play->world, easy);

  return easy;
}

MsaEasy *
msa_fault_make_upload (MsaFaultPlay *play,
                       const char *target)
{
  g_autofree char *uri = g_strconcat (target[0] == '/' ? "http://upload.org" : "", target, NULL);
  MsaEasy *easy = msa_test_world_make (play->world, uri);

  msa_easy_set_method (easy, "POST");

  return easy;
}

typedef struct
{
  MsaFaultPlay *play;
  guint n_turns;
} Wait;

static gboolean
is_over (gpointer data)
{
  Wait *self = data;
  GPtrArray *records = self->play->world->records;

  if (++self->n_turns > MAX_TURNS)
    complain ("the multi turns and turns, and nothing comes of it");
  if (self->play->n_extra > 0)
    return FALSE;
  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      if (record->n_easy < record->n_added)
        return FALSE;
    }

  return TRUE;
}

void
msa_fault_finish (MsaFaultPlay *play)
{
  Wait wait = { play, 0 };

  if (!msa_test_world_run_until (play->world, is_over, &wait))
    complain ("a transfer hangs");
}

static gboolean
is_never (gpointer data)
{
  Wait *self = data;

  if (++self->n_turns > MAX_TURNS)
    complain ("the multi turns and turns, and nothing comes of it");

  return FALSE;
}

static void
closed_cb (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  MsaFaultPlay *play = data;
  g_autoptr (GError) error = NULL;

  g_assert_true (msa_multi_close_finish (MSA_MULTI (source), result, &error));
  g_assert_no_error (error);
  play->n_extra--;
}

void
msa_fault_close (MsaFaultPlay *play)
{
  play->is_closed = TRUE;
  play->n_extra++;
  msa_multi_close_async (play->multi, NULL, closed_cb, play);
  msa_fault_finish (play);
  g_assert_cmpuint (msa_multi_get_n_connections (play->multi), ==, 0);
}

void
msa_fault_pass (MsaFaultPlay *play,
                gint64 us)
{
  gint64 end_us = msa_sim_get_now_us (play->sim) + us;
  Wait wait = { play, 0 };

  if (play->world->driver == NULL)
    {
      msa_sim_advance_to (play->sim, end_us);
      return;
    }
  msa_test_driver_run (play->world->driver, is_never, &wait, us);
  if (msa_sim_get_now_us (play->sim) < end_us)
    msa_sim_advance_to (play->sim, end_us);
  msa_test_world_settle (play->world, 0);
}

typedef struct
{
  const MsaFaultKind *kind;
  const MsaFaultScene *scene;
  MsaTestDriverKind driver;
  char *outcome; /* (owned) (nullable): without a fault */
  guint64 usual_errors; /* bits of the codes of MsaError, the same */
  guint n_timeouts; /* the same */
  guint n_plays;
  guint place; /* among the scenes */
  /* It has handshakes: each call fails with one of its codes, unless all are swept. */
  gboolean is_slow;
  guint *counts; /* (owned): calls of each door, the same */
  guint n_descriptors; /* open afterwards, the same: what GLib has of its own among them */
} Sweep;

/* What came of it */

static gboolean
has_type (const GError *error,
          Meaning meaning)
{
  if (error->domain == G_IO_ERROR)
    return error->code == G_IO_ERROR_CANCELLED;

  return error->domain == MSA_ERROR && error->code != MSA_ERROR_INTERNAL &&
         (error->code != MSA_ERROR_FAILED || meaning == GENERAL);
}

static gboolean
has_code (const int *codes,
          int code)
{
  for (guint i = 0; codes != NULL && codes[i] != 0; i++)
    if (codes[i] == code)
      return TRUE;

  return FALSE;
}

/* It is of the kind that fits what failed, and says what that was. */
static void
check_fits (Sweep *self,
            MsaFaultPlay *play,
            const MsaFaultDoor *door,
            int code,
            const GError *error)
{
  const char *cause;

  if (error->domain != MSA_ERROR || (self->usual_errors & ((guint64) 1 << error->code)) != 0 ||
      error->code == MSA_ERROR_FAILED ||
      (play->has_hole && error->code == MSA_ERROR_CONNECT_TIMED_OUT))
    return;

  if (!has_code (door->ends, error->code))
    complain ("the error does not fit: %s", error->message);
  cause = door->tell != NULL ? door->tell (code) : NULL;
  if (cause != NULL && strstr (error->message, cause) == NULL)
    complain ("the error does not say “%s”: %s", cause, error->message);
}

static void
check_records (MsaFaultPlay *play,
               Meaning meaning)
{
  GPtrArray *records = play->world->records;

  msa_test_world_assert_all_once (play->world);
  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      if (record->error == NULL)
        continue;
      if (!has_type (record->error, meaning))
        complain ("an error without a type: %s %d, “%s”",
                  g_quark_to_string (record->error->domain), record->error->code,
                  record->error->message);
      g_assert_true (g_utf8_validate (record->error->message, -1, NULL));
      g_assert_cmpuint (strlen (record->error->message), >, 10);
    }
}

static const char *
name_error (const GError *error)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (MSA_TYPE_ERROR);
  GEnumValue *value =
      error->domain == MSA_ERROR ? g_enum_get_value (class, error->code) : NULL;

  return value != NULL ? value->value_nick : "cancelled";
}

/* How each transfer ended, in the order in which they were made. */
static char *
tell_outcome (MsaFaultPlay *play)
{
  GPtrArray *records = play->world->records;
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      g_string_append_printf (text, "%s%u ", i > 0 ? ", " : "", record->n_easy);
      if (record->error != NULL)
        g_string_append_printf (text, "%s (%s)", name_error (record->error),
                                record->error->message);
      else
        g_string_append (text, "ok");
    }

  return g_string_free (text, FALSE);
}

static guint64
list_errors (MsaFaultPlay *play)
{
  GPtrArray *records = play->world->records;
  guint64 codes = 0;

  for (guint i = 0; i < records->len; i++)
    {
      const GError *error = ((MsaTestRecord *) records->pdata[i])->error;

      if (error != NULL && error->domain == MSA_ERROR)
        codes |= (guint64) 1 << error->code;
    }

  return codes;
}

static gboolean
is_timeout (const GError *error)
{
  return error != NULL && error->domain == MSA_ERROR &&
         (error->code == MSA_ERROR_TIMED_OUT || error->code == MSA_ERROR_CONNECT_TIMED_OUT ||
          error->code == MSA_ERROR_QUEUE_TIMED_OUT || error->code == MSA_ERROR_RESOLVE_TIMED_OUT ||
          error->code == MSA_ERROR_TLS_TIMED_OUT || error->code == MSA_ERROR_RESPONSE_TIMED_OUT ||
          error->code == MSA_ERROR_IDLE_TIMED_OUT);
}

static guint
count_timeouts (MsaFaultPlay *play)
{
  GPtrArray *records = play->world->records;
  guint n = 0;

  for (guint i = 0; i < records->len; i++)
    n += is_timeout (((MsaTestRecord *) records->pdata[i])->error);

  return n;
}

/* All is well again: so are new transfers. */
static void
check_usable (MsaFaultPlay *play)
{
  MsaEasy *easies[2];
  guint n = 0;

  if (play->is_closed)
    return;

  easies[n++] = msa_fault_make (play, "http://usable.org/size/10");
  if (play->again != NULL)
    {
      easies[n] = msa_fault_make (play, play->again);
      msa_easy_set_tls_config (easies[n++], play->config);
    }
  for (guint i = 0; i < n; i++)
    {
      msa_easy_set_timeout_ms (easies[i], 30000);
      msa_test_world_add_again (play->world, easies[i]);
    }
  msa_fault_finish (play);
  for (guint i = 0; i < n; i++)
    g_assert_no_error (msa_easy_get_error (easies[i]));
}

static guint
count_descriptors (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  guint n = 0;

  g_assert_nonnull (dir);
  while (readdir (dir) != NULL)
    n++;
  closedir (dir);

  return n;
}

/* The world */

static void
prepare_hosts (MsaFaultPlay *play)
{
  MsaSim *sim = play->sim;

  msa_sim_set_host (sim, "usable.org", 1000, "10.0.0.250", NULL);
  msa_sim_http_server (sim, "10.0.0.250", 80, msa_test_world_respond_cb, NULL);
  msa_sim_set_host (sim, "many.org", 1000, "fd00::1", "10.0.0.11", "10.0.0.12", NULL);
  msa_sim_set_black_hole (sim, "fd00::1");
  msa_sim_http_server (sim, "10.0.0.12", 80, msa_test_world_respond_cb, NULL);
  msa_sim_set_host (sim, "upload.org", 1000, "10.0.0.3", NULL);
  msa_fault_serve_uploads (play, "10.0.0.3");
  msa_test_world_serve_unix (play->world, "/run/server");
  msa_sim_set_interface (sim, "eth0", 2);
}

static MsaFaultPlay *
play_new (MsaTestDriverKind driver,
          MsaSim *sim)
{
  MsaFaultPlay *self = g_new0 (MsaFaultPlay, 1);

  self->world = msa_test_world_new_in (driver, sim);
  self->sim = sim;
  self->multi = self->world->multi;
  self->bodies = g_ptr_array_new_with_free_func (body_free);
  self->links = g_ptr_array_new_with_free_func (g_free);
  msa_test_driver_let_waits_fail (self->world->driver);
  prepare_hosts (self);

  return self;
}

static void
play_free (MsaFaultPlay *self)
{
  msa_test_world_end_multi (self->world);
  g_clear_pointer (&self->https, msa_test_https_free);
  msa_test_world_free (self->world);
  g_clear_object (&self->config);
  g_ptr_array_unref (self->bodies);
  g_ptr_array_unref (self->links);
  g_free (self->folder);
  g_free (self->again);
  g_free (self);
}

/* Playing */

static guint
count_doors (const MsaFaultKind *kind)
{
  guint n = 0;

  while (kind->doors[n].name != NULL)
    n++;

  return n;
}

static void
note_outcome (Sweep *self,
              MsaFaultPlay *play)
{
  for (guint i = 0; i < count_doors (self->kind); i++)
    self->counts[i] = self->kind->count (play->sim, self->kind->doors[i].name);
  self->outcome = tell_outcome (play);
  self->usual_errors = list_errors (play);
  self->is_slow = play->https != NULL;
  self->n_timeouts = count_timeouts (play);
}

static void
check_outcome (Sweep *self,
               MsaFaultPlay *play,
               const MsaFaultDoor *door,
               int code,
               Meaning meaning)
{
  g_autofree char *outcome = tell_outcome (play);
  GPtrArray *records = play->world->records;

  if (g_test_verbose () && !g_str_equal (outcome, self->outcome))
    g_test_message ("%s: %s", current, outcome);
  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      if (record->error != NULL)
        check_fits (self, play, door, code, record->error);
    }
  if (meaning == HARMLESS)
    g_assert_cmpstr (outcome, ==, self->outcome);
}

/* @door NULL: without a fault. */
static void
play (Sweep *self,
      const MsaFaultDoor *door,
      guint nth,
      int code,
      Meaning meaning)
{
  MsaSim *sim = msa_sim_new ();
  MsaFaultPlay *play;

  g_snprintf (current, sizeof current, "%s, %s, %s:%u:%d", self->scene->name,
              msa_test_driver_get_name (self->driver), door != NULL ? door->name : "no fault", nth,
              code);
  self->n_plays++;
  self->kind->arm (sim);
  if (door != NULL)
    self->kind->fail (sim, door->name, nth, code);
  play = play_new (self->driver, sim);
  self->scene->run (play);
  msa_fault_pass (play, 10000);

  check_records (play, meaning);
  g_ptr_array_foreach (play->bodies, (GFunc) (void (*) (void)) check_body, NULL);
  if (door == NULL)
    note_outcome (self, play);
  else
    check_outcome (self, play, door, code, meaning);
  /* That something failed is known at once, and is no reason to wait. */
  if (!play->has_hole && count_timeouts (play) > self->n_timeouts)
    complain ("a failure is taken for silence");
  self->kind->disarm (sim);
  check_usable (play);
  clear_folder (play);
  play_free (play);
  if (door == NULL)
    self->n_descriptors = count_descriptors ();
  g_assert_cmpuint (count_descriptors (), ==, self->n_descriptors);
}

static gboolean
sweeps_all (void)
{
  return g_strcmp0 (g_getenv ("MSA_FAULT_SWEEP"), "full") == 0;
}

static guint
get_next (Sweep *self,
          guint nth,
          guint n_calls)
{
  guint max = self->is_slow ? MAX_SLOW_CALLS : MAX_CALLS;
  guint stride = 1;

  if (!sweeps_all () && n_calls > max)
    stride = (n_calls - 2 * N_AT_ENDS) / (max - 2 * N_AT_ENDS) + 1;

  return nth < N_AT_ENDS || nth + N_AT_ENDS >= n_calls ? nth + 1 : nth + stride;
}

/* A driver without a poller gets one for the time of an asynchronous call. Where there is none,
 * descriptors are watched singly, which the simulation cannot show. */
static gboolean
can_be_shown (Sweep *self,
              const MsaFaultDoor *door)
{
  return !g_str_equal (door->name, "poller_open") || self->driver == MSA_TEST_ATTACHED ||
         self->driver == MSA_TEST_EXPORTED;
}

static void
sweep_codes (Sweep *self,
             guint i,
             const int *codes,
             Meaning meaning)
{
  const MsaFaultDoor *door = &self->kind->doors[i];
  guint n_calls = self->counts[i];
  guint n_codes = 0;

  while (codes != NULL && codes[n_codes] != 0)
    n_codes++;
  for (guint nth = 1; n_codes > 0 && nth <= n_calls; nth = get_next (self, nth, n_calls))
    for (guint k = 0; k < n_codes; k++)
      if (!self->is_slow || sweeps_all () || k == (self->place + nth) % n_codes)
        play (self, door, nth, codes[k], meaning);
}

static void
sweep_door (Sweep *self,
            guint i)
{
  const MsaFaultDoor *door = &self->kind->doors[i];

  if (!can_be_shown (self, door))
    return;

  sweep_codes (self, i, door->errors, ANY);
  sweep_codes (self, i, door->harmless, HARMLESS);
  sweep_codes (self, i, door->general, GENERAL);
}

/* MSA_FAULT=door:n:code plays one fault alone. */
static gboolean
play_one (Sweep *self)
{
  const char *text = g_getenv ("MSA_FAULT");
  g_auto (GStrv) parts = g_strsplit (text != NULL ? text : "", ":", 3);
  const MsaFaultDoor *door = self->kind->doors;

  if (g_strv_length (parts) != 3)
    return FALSE;

  while (door->name != NULL && !g_str_equal (door->name, parts[0]))
    door++;
  g_assert_cmpstr (door->name, ==, parts[0]);
  play (self, door, (guint) atoi (parts[1]), atoi (parts[2]), GENERAL);

  return TRUE;
}

static void
test_scene (gconstpointer data)
{
  Sweep *self = (Sweep *) data;
  guint n_doors = count_doors (self->kind);

  g_clear_pointer (&self->outcome, g_free);
  g_free (self->counts);
  self->counts = g_new0 (guint, n_doors);
  self->n_timeouts = G_MAXUINT;
  play (self, NULL, 0, 0, ANY);
  g_test_message ("%s", self->outcome);
  if (play_one (self))
    return;

  for (guint i = 0; i < n_doors; i++)
    sweep_door (self, i);
  g_test_message ("played %u times", self->n_plays);
  current[0] = '\0';
}

static void
sweep_free (gpointer data)
{
  Sweep *self = data;

  g_free (self->outcome);
  g_free (self->counts);
  g_free (self);
}

/* All scenes at one place. */
typedef struct
{
  const char *prefix;
  const MsaFaultKind *kind;
  const MsaFaultScene *scenes;
  guint n_scenes;
} Place;

static MsaTestDriverKind
get_usual_driver (guint place)
{
  static const MsaTestDriverKind drivers[N_DRIVERS] = { MSA_TEST_ATTACHED, MSA_TEST_CALLBACKS,
                                                        MSA_TEST_PERFORM, MSA_TEST_EXPORTED };

  return drivers[place % N_DRIVERS];
}

static void
count_scene (const Place *self,
             guint place,
             guint *totals)
{
  Sweep *sweep = g_new0 (Sweep, 1);

  sweep->kind = self->kind;
  sweep->scene = &self->scenes[place];
  sweep->driver = get_usual_driver (place);
  sweep->counts = g_new0 (guint, count_doors (self->kind));
  sweep->n_timeouts = G_MAXUINT;
  play (sweep, NULL, 0, 0, ANY);
  for (guint i = 0; self->kind->doors[i].name != NULL; i++)
    if (can_be_shown (sweep, &self->kind->doors[i]))
      totals[i] += sweep->counts[i];
  sweep_free (sweep);
}

static void
test_every_door (gconstpointer data)
{
  const Place *self = data;
  g_autofree guint *totals = g_new0 (guint, count_doors (self->kind));
  g_autoptr (GString) idle = g_string_new (NULL);

  for (guint i = 0; i < self->n_scenes; i++)
    count_scene (self, i, totals);
  for (guint i = 0; self->kind->doors[i].name != NULL; i++)
    {
      const MsaFaultDoor *door = &self->kind->doors[i];

      if (g_str_equal (door->where != NULL ? door->where : self->kind->where, self->prefix) &&
          door->excuse == NULL && totals[i] == 0)
        g_string_append_printf (idle, " %s", door->name);
    }
  if (idle->len > 0)
    complain ("no scene at %s calls%s", self->prefix, idle->str);
}

/* Tells what is played, then aborts all the same. */
static void
abort_cb (int signal_number)
{
  signal (signal_number, SIG_DFL);
  if (write (STDERR_FILENO, "# fault: ", 9) < 0 ||
      write (STDERR_FILENO, current, strlen (current)) < 0 || write (STDERR_FILENO, "\n", 1) < 0)
    return;
}

static void
add_scene (const char *prefix,
           const MsaFaultKind *kind,
           const MsaFaultScene *scene,
           guint place,
           MsaTestDriverKind driver,
           gboolean named)
{
  g_autofree char *path = g_strconcat (prefix, "/", scene->name, named ? "/" : "",
                                       named ? msa_test_driver_get_name (driver) : "", NULL);
  Sweep *sweep = g_new0 (Sweep, 1);

  sweep->kind = kind;
  sweep->scene = scene;
  sweep->place = place;
  sweep->driver = driver;
  g_test_add_data_func_full (path, sweep, test_scene, sweep_free);
}

void
msa_fault_add_scenes (const char *prefix,
                      const MsaFaultKind *kind,
                      const MsaFaultScene *scenes,
                      guint n_scenes)
{
  Place *all = g_new (Place, 1);
  g_autofree char *path = g_strconcat (prefix, "/every-door", NULL);

  signal (SIGABRT, abort_cb);
  for (guint i = 0; i < n_scenes; i++)
    if (sweeps_all ())
      for (guint k = 0; k < N_DRIVERS; k++)
        add_scene (prefix, kind, &scenes[i], i, get_usual_driver (k), TRUE);
    else
      add_scene (prefix, kind, &scenes[i], i, get_usual_driver (i), FALSE);

  *all = (Place) { prefix, kind, scenes, n_scenes };
  g_test_add_data_func_full (path, all, test_every_door, g_free);
}
