/* action-fetch.c: the typical use of the multi interface by callbacks, in a loop over poll()
 *
 *   action-fetch URL…
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>

#define NEVER G_MAXINT64

static GArray *fds; /* of GPollFD: what is watched */
static gint64 due_us = NEVER;
static guint n_failed;

static void
print_result (MsaEasy *easy)
{
  const GError *error = msa_easy_get_error (easy);

  n_failed += error != NULL;
  if (error != NULL)
    g_print ("%s: %s\n", msa_easy_get_uri (easy), error->message);
  else
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy),
             g_bytes_get_size (msa_easy_get_body (easy)));
}

/* [told] */
/* The multi says what to watch a descriptor for from now on. */
static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  GPollFD watched = { .fd = fd, .events = (gushort) wanted };

  for (guint i = 0; i < fds->len; i++)
    if (g_array_index (fds, GPollFD, i).fd == fd)
      g_array_remove_index_fast (fds, i--);
  if (!removed)
    g_array_append_val (fds, watched);
}

/* The multi says when to call it if nothing happens. */
static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  due_us = timeout_ms < 0 ? NEVER : g_get_monotonic_time () + timeout_ms * 1000LL;
}
/* [/told] */

/* [turn] */
/* Waits, and says what has happened. Gives how many transfers run. */
static guint
turn (MsaMulti *multi)
{
  gint64 left_us = MAX (due_us - g_get_monotonic_time (), 0);
  int wait_ms = due_us == NEVER ? -1 : (int) MIN ((left_us + 999) / 1000, G_MAXINT);
  g_autoptr (GArray) seen = NULL;
  guint n_running;
  MsaEasy *easy;

  g_poll ((GPollFD *) (gpointer) fds->data, fds->len, wait_ms);

  /* What is watched changes meanwhile: a copy is worked off. */
  seen = g_array_copy (fds);
  for (guint i = 0; i < seen->len; i++)
    {
      GPollFD *fd = &g_array_index (seen, GPollFD, i);

      if (fd->revents != 0)
        msa_multi_socket_action (multi, fd->fd, (MsaSocketEvents) fd->revents, NULL, NULL);
    }
  if (due_us <= g_get_monotonic_time ())
    {
      due_us = NEVER;
      msa_multi_socket_action (multi, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE, NULL, NULL);
    }
  n_running = msa_multi_get_n_running (multi);

  while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
    {
      print_result (easy);
      g_object_unref (easy);
    }

  return n_running;
}
/* [/turn] */

/* [run] */
static void
run (MsaMulti *multi,
     char **urls)
{
  msa_multi_set_socket_func (multi, socket_cb, NULL, NULL);
  msa_multi_set_timer_func (multi, timer_cb, NULL, NULL);

  /* Each is begun by the first turn: timer_cb() is told 0. */
  for (char **url = urls; *url != NULL; url++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new (*url);

      msa_multi_add (multi, easy, NULL);
    }
  while (turn (multi) > 0)
    ;

  msa_multi_detach (multi);
}
/* [/run] */

int
main (int argc,
      char **argv)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();

  setlocale (LC_ALL, "");
  if (argc < 2)
    {
      g_printerr ("Usage: action-fetch URL…\n");
      return 2;
    }

  fds = g_array_new (FALSE, TRUE, sizeof (GPollFD));
  run (multi, argv + 1);
  g_array_unref (fds);

  return n_failed > 0 ? 1 : 0;
}
