/* fuzz-engine.c: a multi in the simulation; peers and application do what the input says
 *
 * Input: the world in the first line (see set_up()); in the second one what the
 * application does, in the third one what it does in its handlers: pairs of an action,
 * see the table, and its argument. Each further line is what a peer answers to a
 * request, see play(). Each transfer must be delivered exactly once or be removed
 * before, and leave nothing behind.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-plan.h"
#include "fuzz/msa-fuzz.h"

#include "model/msa-error.h"
#include "msa-easy-options.h"
#include "sim/msa-test-server.h"
#include "sim/msa-test-world.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <netdb.h>
#include <stdlib.h>

#define MAX_ACTIONS 200
#define MAX_EASIES 40
#define MAX_DEPTH 3
/* Far more than any input needs: the multi is busy with nothing. */
#define MAX_TURNS 100000
#define TIMEOUT_MS 20000
#define N_ARGUMENTS 62
/* More than one read takes, and than a peer takes that does not read. */
#define LONG_BYTES 40000
#define FILLED_BYTES 3000
#define FILLED_TARGET "/size/3000"
#define LONG_HEAD "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n"

static char *folder; /* (owned): of the files that are written */
static char  long_answer[sizeof (LONG_HEAD) - 1 + LONG_BYTES];

typedef struct
{
  MsaTestWorld *world;        /* (owned) */
  MsaCursor     accepts;      /* what becomes of each connection */
  MsaCursor     handlers;     /* what is done in handlers */
  GArray       *answers;      /* (element-type MsaSlice) */
  guint         n_requests;
  GPtrArray    *cancellables; /* (element-type GCancellable) */
  guint         n_async;      /* asynchronous calls that have not ended */
  guint         n_fetches;    /* of these: they wait for ever */
  guint         n_files;      /* that may have been written */
  guint         n_turns;
  guint         depth;        /* of handlers that act */
  gboolean      is_faulty;    /* a driver cannot be made any more */
  gboolean      is_closed;    /* the multi takes nothing any more */
  gboolean      is_ending;
} Fuzz;

/* Peers */

static const struct
{
  char        key;
  const char *text;
} phrases[] = {
  { 'r', "\r" },
  { 'n', "\n" },
  { 'k', "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello" },
  { 'u', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n" },
  { 'i', "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" },
  { 'e', "HTTP/1.1 204 No Content\r\n\r\n" },
  { 'o', "HTTP/1.1 200 OK\r\n\r\nuntil the end" },
  { 't', "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" },
  { 'd', "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello" },
};

/* What stands behind a backslash. */
static void
play_escape (MsaSimPeer *peer,
             int key,
             MsaCursor *answer,
             gint64 *delay_us)
{
  switch (key)
    {
    case 'w': /* all that follows comes later */
      *delay_us += (gint64) 1 << msa_fuzz_choose (answer, 22);
      break;
    case 'l':
      msa_sim_peer_send_at (peer, *delay_us, long_answer, sizeof (long_answer));
      break;
    case 'c':
      msa_sim_peer_close_at (peer, *delay_us);
      break;
    case 'h':
      msa_sim_peer_shutdown (peer);
      break;
    case 'x':
      msa_sim_peer_reset (peer);
      break;
    case 's':
      msa_sim_peer_stop_reading (peer);
      break;
    case 'g':
      msa_sim_peer_go_on_reading (peer);
      break;
    default:
      for (guint i = 0; i < G_N_ELEMENTS (phrases); i++)
        if (phrases[i].key == key)
          msa_sim_peer_send_at (peer, *delay_us, phrases[i].text, -1);
      break;
    }
}

/* Bytes are sent as they are; "\k" and its like are phrases and deeds. */
static void
play (MsaSimPeer *peer,
      MsaSlice text)
{
  MsaCursor answer = msa_cursor_from_slice (text);
  gint64 delay_us = 0;

  while (!msa_cursor_is_empty (&answer))
    {
      MsaSlice plain = MSA_SLICE_INIT;

      if (!msa_cursor_take_until (&answer, '\\', &plain))
        plain = msa_cursor_take (&answer, G_MAXSIZE);
      if (plain.len > 0)
        msa_sim_peer_send_at (peer, delay_us, plain.data, (gssize) plain.len);
      if (msa_cursor_next (&answer) == '\\')
        play_escape (peer, msa_cursor_next (&answer), &answer, &delay_us);
    }
}

static void
received_cb (MsaSimPeer *peer,
             gpointer user_data)
{
  Fuzz *self = user_data;
  GString *received = msa_sim_peer_get_received (peer);
  const char *end;

  while ((end = memmem (received->str, received->len, "\r\n\r\n", 4)) != NULL)
    {
      g_string_erase (received, 0, end - received->str + 4);
      if (self->answers->len > 0)
        play (peer, g_array_index (self->answers, MsaSlice,
                                   self->n_requests++ % self->answers->len));
    }
  /* What is left may begin with the body, and end with the start of an end. */
  if (received->len > 3)
    g_string_erase (received, 0, (gssize) received->len - 3);
}

static void
accept_cb (MsaSim *sim,
           MsaSimPeer *peer,
           gpointer data)
{
  Fuzz *self = data;

  peer->user_data = self;
  peer->received = received_cb;
  switch (msa_fuzz_choose (&self->accepts, 6))
    {
    case 1:
      msa_sim_peer_close (peer);
      break;
    case 2:
      msa_sim_peer_reset (peer);
      break;
    case 3:
      msa_sim_peer_stop_reading (peer);
      break;
    case 4:
      msa_sim_peer_send (peer, "HTTP/1.1 408 Timeout\r\n\r\n", -1);
      break;
    case 5:
      msa_sim_peer_close_at (peer, 100 * 1000);
      break;
    default:
      break;
    }
}

/* The application: its handlers */

static void act (Fuzz *self,
                 MsaCursor *actions,
                 gboolean is_top);

static void
act_in_handler (Fuzz *self)
{
  if (self->depth == MAX_DEPTH || msa_cursor_is_empty (&self->handlers))
    return;

  self->depth++;
  act (self, &self->handlers, FALSE);
  self->depth--;
}

/* What the peer has filled comes as it was sent, whatever else went on. */
static void
check_body (MsaEasy *easy)
{
  g_autofree char *uri = msa_easy_dup_effective_uri (easy);
  GBytes *body = msa_easy_get_body (easy);
  char filled[FILLED_BYTES];

  if (body == NULL || uri == NULL || msa_easy_get_method (easy) != NULL ||
      !g_str_has_suffix (uri, FILLED_TARGET))
    return;

  msa_test_fill (filled, 0, sizeof (filled));
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), filled, sizeof (filled));
}

static void
record_completed_cb (MsaTestRecord *record,
                     gpointer data)
{
  if (record->error == NULL)
    {
      if (record->easy != NULL)
        check_body (record->easy);
    }
  else if (!g_error_matches (record->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_autoptr (GString) text = g_string_new (NULL);

      msa_fuzz_append_error (text, record->error);
    }
  act_in_handler (data);
}

static void
headers_cb (MsaEasy *easy,
            gpointer data)
{
  act_in_handler (data);
}

static void
driver_hook (MsaMulti *multi,
             gboolean timer,
             gpointer data)
{
  act_in_handler (data);
}

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Fuzz *self = user_data;

  g_assert_cmpuint (len, >, 0);
  if (msa_cursor_is_empty (&self->handlers))
    return MSA_WRITE_CONTINUE;

  act_in_handler (self);
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

/* The application: what it can do */

static gboolean
is_running (const MsaTestRecord *record)
{
  return record->n_added > record->n_easy;
}

/* NULL if there is none. */
static MsaTestRecord *
choose_record (Fuzz *self,
               guint argument)
{
  GPtrArray *records = self->world->records;
  MsaTestRecord *record;

  if (records->len == 0)
    return NULL;
  record = g_ptr_array_index (records, argument % records->len);

  return record->easy != NULL ? record : NULL;
}

/* NULL if there are enough. */
static MsaEasy *
make_easy (Fuzz *self,
           guint argument)
{
  static const char *const uris[] = {
    "http://fuzz.org/",
    "http://fuzz.org/a",
    FILLED_TARGET,
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
  MsaTestRecord *record;
  MsaEasy *easy;

  if (self->world->records->len == MAX_EASIES)
    return NULL;

  easy = msa_test_world_make (self->world, uris[argument % G_N_ELEMENTS (uris)]);
  msa_easy_set_timeout_ms (easy, TIMEOUT_MS);
  g_signal_connect (easy, "headers", G_CALLBACK (headers_cb), self);
  record = msa_test_world_get_record (easy);
  record->completed = record_completed_cb;
  record->data = self;

  return easy;
}

static void
add_made (Fuzz *self,
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
add_easy (Fuzz *self,
          guint argument)
{
  MsaEasy *easy = make_easy (self, argument);

  if (easy != NULL)
    add_made (self, easy);
}

static void
add_with_write_func (Fuzz *self,
                     guint argument)
{
  MsaEasy *easy = make_easy (self, argument);

  if (easy == NULL)
    return;
  msa_easy_set_write_func (easy, write_cb, self, no_op);
  add_made (self, easy);
}

static void
add_with_body (Fuzz *self,
               guint argument)
{
  gsize size = argument < N_ARGUMENTS / 2 ? 100 : LONG_BYTES;
  g_autoptr (GBytes) body = g_bytes_new_take (g_strnfill (size, 'b'), size);
  MsaEasy *easy = make_easy (self, argument % 4);

  if (easy == NULL)
    return;
  msa_easy_set_body (easy, "text/plain", body);
  if (argument % 2 == 1)
    msa_easy_set_method (easy, "PUT");
  add_made (self, easy);
}

/* Now and then the stream has less than it is said to, or its length is not known. */
static void
add_with_stream (Fuzz *self,
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
  if (argument >= N_ARGUMENTS / 2)
    msa_headers_append (msa_easy_get_request_trailers (easy), "Sum", "0", NULL);
  msa_easy_set_expect_timeout_ms (easy, argument % 8 < 4 ? 0 : 1000);
  add_made (self, easy);
}

/* Now and then the stream gets full. */
static void
add_to_stream (Fuzz *self,
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
  add_made (self, easy);
}

/* Several may write to the same one. */
static void
add_to_file (Fuzz *self,
             guint argument)
{
  g_autofree char *name = g_strdup_printf ("%u", argument % 2);
  g_autofree char *path = g_build_filename (argument % 8 == 7 ? "/nowhere" : folder, name, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  MsaEasy *easy = make_easy (self, argument / 8);

  if (easy == NULL)
    return;
  self->n_files = 2;
  msa_easy_set_output_file (easy, file);
  add_made (self, easy);
}

/* Some of what an easy can be told; not all of it goes together. */
static void
add_with_options (Fuzz *self,
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
  add_made (self, easy);
}

static void
add_with_limit (Fuzz *self,
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
  msa_easy_set_priority (easy, (int) argument - N_ARGUMENTS / 2);
  add_made (self, easy);
}

static void
add_again (Fuzz *self,
           guint argument)
{
  MsaTestRecord *record = choose_record (self, argument);

  if (record != NULL && !is_running (record))
    add_made (self, record->easy);
}

static void
async_cb (GObject *object,
          GAsyncResult *result,
          gpointer user_data)
{
  Fuzz *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_run_finish (MSA_MULTI (object), result, &error);

  g_assert_cmpint (done, ==, error == NULL);
  g_assert_cmpuint (self->n_async, >, 0);
  self->n_async--;
}

static GCancellable *
make_cancellable (Fuzz *self)
{
  GCancellable *cancellable = g_cancellable_new ();

  g_ptr_array_add (self->cancellables, cancellable);

  return cancellable;
}

static void
add_async (Fuzz *self,
           guint argument)
{
  GCancellable *cancellable;
  MsaEasy *easy;

  /* The call would attach a multi that is only performed. */
  if (self->world->kind == MSA_TEST_PERFORM)
    return;
  easy = make_easy (self, argument);
  if (easy == NULL)
    return;

  cancellable = make_cancellable (self);
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
  Fuzz *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = msa_multi_fetch_finish (MSA_MULTI (object), result, &error);

  g_assert_true ((body != NULL) == (error == NULL));
  g_assert_cmpuint (self->n_fetches, >, 0);
  self->n_fetches--;
  self->n_async--;
}

static void
fetch (Fuzz *self,
       guint argument)
{
  static const char *const uris[] = { "http://fuzz.org/", "http://two.org/", "http://[/" };

  if (self->world->kind == MSA_TEST_PERFORM)
    return;
  self->n_async++;
  self->n_fetches++;
  msa_multi_fetch_async (self->world->multi, uris[argument % G_N_ELEMENTS (uris)],
                         make_cancellable (self), fetched_cb, self);
}

static void
closed_cb (GObject *object,
           GAsyncResult *result,
           gpointer user_data)
{
  Fuzz *self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean done = msa_multi_close_finish (MSA_MULTI (object), result, &error);

  g_assert_cmpint (done, ==, error == NULL);
  g_assert_cmpuint (self->n_async, >, 0);
  self->n_async--;
}

static void
close_multi (Fuzz *self,
             guint argument)
{
  /* As above; the exported descriptor is closed under the driver, which then looks at nothing. An
   * end that came too often would hide much. */
  if (self->world->kind == MSA_TEST_PERFORM || self->world->kind == MSA_TEST_EXPORTED ||
      argument % 4 != 0)
    return;
  self->is_closed = TRUE;
  self->n_async++;
  msa_multi_close_async (self->world->multi, make_cancellable (self), closed_cb, self);
}

static void
cancel (Fuzz *self,
        guint argument)
{
  if (self->cancellables->len > 0)
    g_cancellable_cancel (self->cancellables->pdata[argument % self->cancellables->len]);
}

static void
remove_easy (Fuzz *self,
             guint argument)
{
  MsaTestRecord *record = choose_record (self, argument);

  if (record == NULL)
    return;
  if (is_running (record))
    msa_test_world_remove (self->world, record->easy);
  else
    msa_multi_remove (self->world->multi, record->easy);
}

static void
drop_easy (Fuzz *self,
           guint argument)
{
  MsaTestRecord *record = choose_record (self, argument);

  if (record != NULL)
    msa_test_world_drop (self->world, record->easy);
}

static void
pause_easy (Fuzz *self,
            guint argument)
{
  MsaTestRecord *record = choose_record (self, argument / 3);

  if (record != NULL)
    msa_easy_pause (record->easy, (MsaDirections) (1 + argument % 3));
}

static void
resume_easy (Fuzz *self,
             guint argument)
{
  MsaTestRecord *record = choose_record (self, argument / 3);

  if (record != NULL)
    msa_easy_resume (record->easy, (MsaDirections) (1 + argument % 3));
}

/* What is set meanwhile counts from the next run on. */
static void
change_easy (Fuzz *self,
             guint argument)
{
  MsaTestRecord *record = choose_record (self, argument);

  if (record == NULL)
    return;
  if (argument % 3 == 0)
    msa_easy_set_uri (record->easy, "http://fuzz.org/b");
  else if (argument % 3 == 1)
    msa_headers_append (msa_easy_get_request_headers (record->easy), "A", "b", NULL);
  else
    g_object_unref (msa_easy_copy (record->easy));
}

static void
set_limits (Fuzz *self,
            guint argument)
{
  msa_multi_set_max_connections (self->world->multi, argument % 5);
  msa_multi_set_max_connections_per_host (self->world->multi, argument / 5 % 4);
  msa_multi_set_max_idle_connections (self->world->multi, argument / 20);
}

static gboolean
count_turn (gpointer data)
{
  Fuzz *self = data;

  g_assert_cmpuint (++self->n_turns, <, MAX_TURNS);
  while (g_main_context_iteration (NULL, FALSE))
    ;

  return FALSE;
}

static void
take_turn (Fuzz *self,
           guint argument)
{
  count_turn (self);
  msa_test_driver_turn (self->world->driver);
}

static void
pass_time (Fuzz *self,
           guint argument)
{
  gint64 us = (gint64) 1 << argument % 26;
  gint64 end_us = msa_sim_get_now_us (self->world->sim) + us;

  msa_test_driver_run (self->world->driver, count_turn, self, us);
  msa_sim_advance_to (self->world->sim, end_us);
}

/* The application is busy with something else. */
static void
waste_time (Fuzz *self,
            guint argument)
{
  msa_sim_advance_by (self->world->sim, (gint64) 1 << argument % 20);
}

static void
sleep_deeply (Fuzz *self,
              guint argument)
{
  msa_sim_suspend (self->world->sim, (gint64) argument * 10 * G_USEC_PER_SEC);
}

static void
renew_driver (Fuzz *self,
              guint argument)
{
  if (self->is_faulty || self->is_closed)
    return;
  msa_test_world_renew_driver (self->world);
  msa_test_driver_set_hook (self->world->driver, driver_hook, self);
}

/* A hint that may be wrong. */
static void
act_on_socket (Fuzz *self,
               guint argument)
{
  g_autoptr (GError) error = NULL;
  guint n_fds = 0;
  g_autofree GPollFD *fds = msa_multi_get_poll_fds (self->world->multi, &n_fds);
  int fd = n_fds > 0 && argument % 4 > 0 ? fds[argument / 4 % n_fds].fd : (int) argument / 4 - 1;
  gboolean done = msa_multi_socket_action (self->world->multi, fd,
                                           (MsaSocketEvents) (argument % 32), NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static void
wake (Fuzz *self,
      guint argument)
{
  msa_multi_wakeup (self->world->multi);
}

static void
read_messages (Fuzz *self,
               guint argument)
{
  g_autoptr (MsaEasy) easy = msa_multi_info_read (self->world->multi, NULL);

  /* Handlers take all ends. */
  g_assert_null (easy);
}

static void
plant_fault (Fuzz *self,
             guint argument)
{
  static const struct
  {
    const char *op;
    int         error_number;
  } faults[] = {
    { "socket_open", EMFILE },
    { "socket_connect", EADDRNOTAVAIL },
    { "socket_send", EPIPE },
    { "socket_recv", ECONNRESET },
    { "socket_recv", EINTR },
    { "socket_send", EINTR },
    { "socket_error", EINVAL },
    { "look_up", EAI_AGAIN },
    { "run_job", EAGAIN },
  };
  guint i = argument % G_N_ELEMENTS (faults);

  msa_sim_fail_nth (self->world->sim, faults[i].op, 1 + argument / G_N_ELEMENTS (faults),
                    faults[i].error_number);
  self->is_faulty = TRUE;
}

static void
limit_descriptors (Fuzz *self,
                   guint argument)
{
  guint n_open = msa_sim_n_open (self->world->sim);

  msa_sim_set_fd_limit (self->world->sim, argument % 4 == 3 ? 0 : n_open + argument % 4);
  self->is_faulty = TRUE;
}

static void
do_nothing (Fuzz *self,
            guint argument)
{
}

static const struct
{
  char     key;
  gboolean only_at_top; /* where no handler is on the stack */
  void   (*run) (Fuzz *self, guint argument);
} actions[] = {
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
  { 'C', FALSE, close_multi },
  { 'c', FALSE, cancel },
  { 'r', FALSE, remove_easy },
  { 'x', FALSE, drop_easy },
  { 'p', FALSE, pause_easy },
  { 'u', FALSE, resume_easy },
  { 's', FALSE, change_easy },
  { 'l', FALSE, set_limits },
  { 'k', FALSE, take_turn },
  { 't', TRUE, pass_time },
  { 'j', FALSE, waste_time },
  { 'z', FALSE, sleep_deeply },
  { 'd', TRUE, renew_driver },
  { 'a', FALSE, act_on_socket },
  { 'o', FALSE, wake },
  { 'i', FALSE, read_messages },
  { 'f', FALSE, plant_fault },
  { 'v', FALSE, limit_descriptors },
  { '.', FALSE, do_nothing },
};

static void
act (Fuzz *self,
     MsaCursor *plan,
     gboolean is_top)
{
  int key = msa_cursor_next (plan);
  guint argument = msa_fuzz_choose (plan, N_ARGUMENTS);
  guint i = 0;

  while (i < G_N_ELEMENTS (actions) && actions[i].key != key)
    i++;
  if (i == G_N_ELEMENTS (actions))
    i = (guint) key % G_N_ELEMENTS (actions);
  if (is_top || !actions[i].only_at_top)
    actions[i].run (self, argument);
}

/* Begin and end */

/* Driver, latency, segments, send window; what becomes of connections. */
static void
set_up (Fuzz *self,
        MsaCursor *line)
{
  static const MsaTestDriverKind kinds[] = {
    MSA_TEST_CALLBACKS,
    MSA_TEST_ATTACHED,
    MSA_TEST_PERFORM,
    MSA_TEST_EXPORTED,
  };
  MsaSim *sim;

  self->world = msa_test_world_new (kinds[msa_fuzz_choose (line, G_N_ELEMENTS (kinds))]);
  sim = self->world->sim;
  msa_sim_set_latency (sim, msa_fuzz_choose (line, N_ARGUMENTS) * 500);
  msa_sim_set_segment (sim, msa_fuzz_choose (line, 4) * 700);
  msa_sim_set_send_window (sim, 100 << msa_fuzz_choose (line, 12));
  msa_multi_set_keep_finished (self->world->multi, msa_fuzz_choose (line, 2) == 1);
  self->accepts = *line;

  msa_sim_listen (sim, "10.0.0.3", 80, accept_cb, self);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_unreachable (sim, "fd00::1");
  msa_sim_set_host (sim, "fuzz.org", 2000, "10.0.0.3", NULL);
  msa_sim_set_host (sim, "two.org", 2000, "fd00::1", "10.0.0.9", "10.0.0.3", NULL);
  msa_sim_set_host (sim, "hole.org", 2000, "10.0.0.9", NULL);
  msa_sim_set_host (sim, "slow.org", 3 * G_USEC_PER_SEC, "10.0.0.3", NULL);
  msa_test_driver_set_hook (self->world->driver, driver_hook, self);
}

static gboolean
is_over (gpointer data)
{
  Fuzz *self = data;
  GPtrArray *records = self->world->records;

  count_turn (self);
  for (guint i = 0; i < records->len; i++)
    if (is_running (records->pdata[i]))
      return FALSE;

  return self->n_async == 0;
}

/* From here on the application wants only to be done. */
static void
come_to_an_end (Fuzz *self)
{
  GPtrArray *records = self->world->records;

  self->is_ending = TRUE;
  self->handlers = msa_cursor ("", 0);
  msa_sim_set_fd_limit (self->world->sim, 0);
  for (guint i = 0; i < records->len; i++)
    {
      MsaTestRecord *record = records->pdata[i];

      if (record->easy != NULL)
        msa_easy_resume (record->easy, MSA_DIRECTION_BOTH);
    }

  if (!msa_test_world_run_until (self->world, is_over, self) && self->n_fetches > 0)
    for (guint i = 0; i < self->cancellables->len; i++)
      g_cancellable_cancel (self->cancellables->pdata[i]);
  g_assert_true (msa_test_world_run_until (self->world, is_over, self));
  msa_test_world_assert_all_once (self->world);
  g_assert_cmpuint (msa_multi_get_n_pending (self->world->multi), ==, 0);
}

/* Nothing that was taken for the others, a slot or a mark, is kept from the next one. */
static void
check_that_it_works (Fuzz *self)
{
  MsaEasy *easy;

  if (self->is_faulty || self->is_closed)
    return;

  easy = msa_test_world_add (self->world, "/size/10");
  g_assert_true (msa_test_world_run_until (self->world, is_over, self));
  g_assert_no_error (msa_easy_get_error (easy));
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
}

/* What was begun in vain is gone. */
static void
clean_up (Fuzz *self)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  if (self->n_files == 0)
    return;
  dir = g_dir_open (folder, 0, NULL);
  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpuint (strlen (name), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
remove_folder (void)
{
  g_rmdir (folder);
}

/* Once. */
static void
prepare (void)
{
  if (folder != NULL)
    return;

  memcpy (long_answer, LONG_HEAD, sizeof (LONG_HEAD) - 1);
  memset (&long_answer[sizeof (LONG_HEAD) - 1], 'l', LONG_BYTES);
  folder = g_dir_make_tmp ("msa-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
  atexit (remove_folder);
}

/* The same changes as a grammar */

static const MsaFuzzGrammar *
get_grammar (void)
{
  static char keys[G_N_ELEMENTS (actions) + 1];
  static const char *const texts[] = {
    "\\k", "\\u", "\\i", "\\e", "\\o", "\\t", "\\d", "\\l", "\\c", "\\h", "\\x", "\\s\\w9\\g",
    "\\w9", "\\wF", "\\wL", "\\s", "\\g", "\\r\\n", "\\r\\n\\r\\n", "HTTP/1.1 200 OK\\r\\n",
    "HTTP/1.0 200\\r\\n", "HTTP/1.1 100 Continue\\r\\n\\r\\n", "HTTP/1.1 417 No\\r\\n",
    "HTTP/1.1 304 N\\r\\n\\r\\n", "Content-Length: 5\\r\\n", "Content-Length: 0\\r\\n\\r\\n",
    "Transfer-Encoding: chunked\\r\\n", "Connection: close\\r\\n", "5\\r\\nhello\\r\\n",
    "0\\r\\n\\r\\n", "hello", NULL
  };
  static const MsaFuzzGrammar grammar = { 2, keys, texts };

  for (guint i = 0; i < G_N_ELEMENTS (actions); i++)
    keys[i] = actions[i].key;

  return &grammar;
}

size_t
LLVMFuzzerCustomMutator (guint8 *data,
                         size_t size,
                         size_t max_size,
                         unsigned int seed)
{
  return msa_fuzz_plan_mutate (get_grammar (), data, size, max_size, seed);
}

size_t
LLVMFuzzerCustomCrossOver (const guint8 *one,
                           size_t one_size,
                           const guint8 *other,
                           size_t other_size,
                           guint8 *out,
                           size_t max_size,
                           unsigned int seed)
{
  return msa_fuzz_plan_cross (get_grammar (), one, one_size, other, other_size, out, max_size,
                              seed);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaCursor first = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  MsaCursor plan = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  Fuzz self = { .answers = g_array_new (FALSE, FALSE, sizeof (MsaSlice)) };

  prepare ();
  self.handlers = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  while (!msa_cursor_is_empty (&input))
    {
      MsaSlice answer = msa_fuzz_take_line (&input);

      g_array_append_val (self.answers, answer);
    }
  self.cancellables = g_ptr_array_new_with_free_func (g_object_unref);

  set_up (&self, &first);
  for (guint i = 0; i < MAX_ACTIONS && !msa_cursor_is_empty (&plan); i++)
    act (&self, &plan, TRUE);
  come_to_an_end (&self);
  check_that_it_works (&self);

  msa_test_world_free (self.world);
  clean_up (&self);
  g_ptr_array_unref (self.cancellables);
  g_array_unref (self.answers);

  return 0;
}
