/* conformance-trial.c: one check of one glue: a multi, the server, and what is found
 *
 * Findings are lines on a descriptor, of parts divided by tabs:
 *
 *   broken  clause  what was expected  what was seen
 *   skip    reason
 *   note    what may be of interest
 *   wait    a sign of life: the glue is run
 *   end     always the last
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DELIVERIES "conformance-deliveries"
#define MAX_FINDINGS 10
#define HELD_TURN_US 5000
/* A clock may tick in milliseconds. */
#define CLOCK_TICK_US 2000

/* The one under way: libmsa's callbacks and GLib's log find it here. */
static Trial *current;
static GHashTable *told; /* (owned): what was expected and not seen so far */

/* Findings */

static void
write_line (Trial *trial,
            const char *line)
{
  gsize len = strlen (line);

  while (len > 0)
    {
      ssize_t n = write (trial->report_fd, line, len);

      if (n < 0)
        _exit (1);
      line += n;
      len -= (gsize) n;
    }
}

static void
report (const char *clause,
        const char *expected,
        const char *seen)
{
  g_autofree char *line = NULL;
  g_autofree char *text = g_strdelimit (g_strdup (seen), "\t\n", ' ');

  if (g_hash_table_size (told) >= MAX_FINDINGS || !g_hash_table_add (told, g_strdup (expected)))
    return;
  line = g_strdup_printf ("broken\t%s\t%s\t%s\n", clause, expected, text);
  write_line (current, line);
}

void
trial_broken (Trial *trial,
              const char *format,
              ...)
{
  g_autofree char *seen = NULL;
  va_list args;

  va_start (args, format);
  seen = g_strdup_vprintf (format, args);
  va_end (args);
  report (trial->check->clause, trial->check->expected, seen);
}

void
trial_skip (Trial *trial,
            const char *reason)
{
  g_autofree char *line = g_strdup_printf ("skip\t%s\n", reason);

  write_line (trial, line);
}

/* A descriptor that is ready for what it was announced for. */
static void
describe_ready (GString *text)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch_get_fds ());
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const WatchedFd *watched = value;
      struct pollfd poll_fd = { .fd = watched->fd, .events = (short) watched->announced };

      if (watched->announced == MSA_SOCKET_NONE || poll (&poll_fd, 1, 0) <= 0)
        continue;
      g_string_append_printf (text,
                              " Descriptor %d was announced for %s%s, is ready for it, and "
                              "nobody calls for it.",
                              watched->fd, (watched->announced & MSA_SOCKET_IN) != 0 ? "IN" : "",
                              (watched->announced & MSA_SOCKET_OUT) != 0 ? " OUT" : "");
      return;
    }
}

static void
describe_timer (GString *text)
{
  gint64 when_us;
  int told_ms = watch_get_told_ms (&when_us);
  gint64 late_ms = (g_get_monotonic_time () - when_us) / 1000 - told_ms;

  if (told_ms >= 0 && late_ms > 0)
    g_string_append_printf (text,
                            " The timeout, last told as %d ms, has been over for %" G_GINT64_FORMAT
                            " ms, and nobody calls with MSA_SOCKET_TIMEOUT.",
                            told_ms, late_ms);
}

void
trial_stalled (Trial *trial,
               const char *format,
               ...)
{
  g_autoptr (GString) text = g_string_new (NULL);
  va_list args;

  if (trial->is_untried)
    return;

  g_string_append_printf (text, "After %" G_GINT64_FORMAT " ms ", trial->limit_us / 1000);
  va_start (args, format);
  g_string_append_vprintf (text, format, args);
  va_end (args);
  g_string_append_c (text, '.');
  describe_ready (text);
  describe_timer (text);
  report (trial->check->clause, trial->check->expected, text->str);
}

/* Transfers */

MsaEasy *
trial_make (Trial *trial,
            const char *target)
{
  g_autofree char *uri =
      g_strdup_printf ("http://127.0.0.1:%u%s", server_get_port (trial->server), target);
  MsaEasy *easy = msa_easy_new (uri);

  g_ptr_array_add (trial->easies, easy);

  return easy;
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer user_data)
{
  Trial *trial = user_data;
  guint n = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (easy), DELIVERIES)) + 1;

  g_object_set_data (G_OBJECT (easy), DELIVERIES, GUINT_TO_POINTER (n));
  if (n > 1)
    trial_broken (trial, "%s was delivered %u times.", msa_easy_get_uri (easy), n);
  trial->n_completed++;
}

MsaEasy *
trial_make_counted (Trial *trial,
                    const char *target)
{
  MsaEasy *easy = trial_make (trial, target);

  g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), trial);

  return easy;
}

void
trial_add (Trial *trial,
           MsaEasy *easy)
{
  g_autoptr (GError) error = NULL;

  if (!msa_multi_add (trial->multi, easy, &error))
    trial_broken (trial, "msa_multi_add() failed: %s.", error->message);
}

/* Running */

typedef struct
{
  Trial    *trial;
  TrialDone done;
} Asked;

static gboolean
ask_cb (gpointer data)
{
  Asked *asked = data;

  return asked->done (asked->trial);
}

static gboolean
run_for (Trial *trial,
         TrialDone done,
         gint64 limit_us)
{
  Asked asked = { .trial = trial, .done = done };
  gint64 start_us = g_get_monotonic_time ();
  gint64 took_us;
  gboolean said, is;

  write_line (trial, "wait\n");
  said = trial->glue->run_until (trial->handle, ask_cb, &asked, limit_us);
  took_us = g_get_monotonic_time () - start_us;
  is = done (trial);

  if (said && !is)
    report ("glue", "run_until() gives TRUE only when it is done.",
            "It gave TRUE, and the function it was to ask gives FALSE.");
  else if (!said && !is && took_us + CLOCK_TICK_US < limit_us)
    report ("glue", "run_until() goes on until it is done or its limit has passed.",
            "It returned before.");
  else if (is && took_us >= limit_us && limit_us == trial->limit_us)
    report ("glue", "run_until() asks whether it is done before it waits.",
            "It was done, and the whole limit was waited for.");
  trial->is_untried |= !is && (said || took_us + CLOCK_TICK_US < limit_us);

  return is;
}

gboolean
trial_run (Trial *trial,
           TrialDone done)
{
  return run_for (trial, done, trial->limit_us);
}

static gboolean
is_completed (Trial *trial)
{
  return trial->n_completed >= trial->n_wanted;
}

gboolean
trial_run_completed (Trial *trial,
                     guint n)
{
  trial->n_wanted = n;
  if (trial_run (trial, is_completed))
    return TRUE;

  trial_stalled (trial, "%u of %u transfers had been delivered", trial->n_completed, n);

  return FALSE;
}

static gboolean
is_held (Trial *trial)
{
  return server_count_held (trial->server) >= trial->n_wanted;
}

/* That the server has got a request wakes no loop: it is asked again and again. */
gboolean
trial_run_held (Trial *trial,
                guint n)
{
  gint64 end_us = g_get_monotonic_time () + trial->limit_us;

  trial->n_wanted = n;
  while (!run_for (trial, is_held, HELD_TURN_US))
    if (g_get_monotonic_time () >= end_us)
      {
        trial_stalled (trial, "%u of %u requests had come", server_count_held (trial->server), n);
        return FALSE;
      }

  return TRUE;
}

static gboolean
never (Trial *trial)
{
  return FALSE;
}

void
trial_rest (Trial *trial,
            guint ms)
{
  run_for (trial, never, (gint64) ms * 1000);
}

guint
trial_rest_counting (Trial *trial,
                     guint ms)
{
  guint before = watch_count_calls ();

  trial_rest (trial, ms);

  return watch_count_calls () - before;
}

gboolean
trial_is_by_callbacks (Trial *trial)
{
  return (watch_get_kinds () & KIND_CALLBACKS) != 0;
}

/* The glue */

void
trial_watch_new (Trial *trial)
{
  trial->multi = msa_multi_new ();
  watch_begin (trial->multi, report);
}

void
trial_attach (Trial *trial)
{
  watch_set_detached (FALSE);
  trial->handle = trial->glue->attach (trial->multi);
  if (trial->handle == NULL)
    {
      report ("glue", "attach() gives a handle.", "It gave NULL.");
      write_line (trial, "end\n");
      _exit (0);
    }
  if (trial_is_by_callbacks (trial) && watch_has_socket_func () != watch_has_timer_func ())
    report ("C8", "Descriptors and the timeout are both taken care of.",
            watch_has_socket_func () ? "There is a socket function, and no timer function."
                                     : "There is a timer function, and no socket function.");
}

void
trial_detach (Trial *trial)
{
  trial->glue->detach (trial->handle);
  trial->handle = NULL;
  watch_set_detached (TRUE);
}

static void
write_note (Trial *trial)
{
  static const char *const names[] = { "callbacks", "attached", "get_fd()", "perform()" };
  g_autoptr (GString) line = g_string_new ("note\tdriven by");
  gboolean any = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if ((watch_get_kinds () & (1u << i)) != 0)
      {
        g_string_append_printf (line, " %s", names[i]);
        any = TRUE;
      }
  g_string_append_printf (line, "%s, %u calls, %u messages\n",
                          any ? "" : " what is not seen", watch_count_calls (),
                          watch_count_messages ());
  write_line (trial, line->str);
}

static GLogWriterOutput
write_log (GLogLevelFlags level,
           const GLogField *fields,
           gsize n_fields,
           gpointer user_data)
{
  const char *text = NULL;

  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      text = fields[i].value;
  if ((level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING)) != 0 && current != NULL)
    report ("P2", "Functions are called as they may be.", text != NULL ? text : "?");

  return g_log_writer_default (level, fields, n_fields, user_data);
}

void
trial_perform (const MsaConformanceGlue *glue,
               const Check *check,
               gint64 limit_us,
               Server *server,
               int report_fd)
{
  Trial trial = {
    .glue = glue,
    .check = check,
    .server = server,
    .limit_us = limit_us,
    .report_fd = report_fd,
  };

  current = &trial;
  told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  trial.easies = g_ptr_array_new_with_free_func (g_object_unref);
  g_log_set_writer_func (write_log, NULL, NULL);
  trial_watch_new (&trial);
  trial_attach (&trial);
  check->run (&trial);
  write_note (&trial);
  if (trial.handle != NULL)
    trial_detach (&trial);

  watch_end ();
  g_ptr_array_unref (trial.easies);
  g_clear_object (&trial.multi);
  write_line (&trial, "end\n");
  g_hash_table_unref (told);
  current = NULL;
}
