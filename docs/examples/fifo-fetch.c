/* fifo-fetch.c: fetches what is written into a FIFO, in a loop over epoll
 *
 *   fifo-fetch FIFO
 *
 * Each line is a URL, which is fetched at once, beside those under way; a line with a dot ends the
 * program when these have ended, SIGINT and SIGTERM at once. The FIFO is made if it is not there.
 * The loop is in epoll-loop.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE /* O_CLOEXEC and the like */

#include "epoll-loop.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE_BYTES 8192

typedef struct
{
  MsaMulti *multi;
  GString  *text;     /* (owned): of the line that is not complete yet */
  gboolean  is_skipping; /* that line is too long */
  guint     n_running;
  gboolean  is_ending; /* when none runs */
  gboolean  is_stopped;
} Fetch;

static void
finished_cb (MsaEasy *easy,
             gpointer data)
{
  const GError *error = msa_easy_get_error (easy);
  Fetch *fetch = data;

  if (error != NULL)
    g_print ("%s: %s\n", msa_easy_get_uri (easy), error->message);
  else
    g_print ("%s: %u, %zu bytes\n", msa_easy_get_uri (easy), msa_easy_get_status (easy),
             g_bytes_get_size (msa_easy_get_body (easy)));
  fetch->n_running--;
}

/* [fifo] */
static void
take_line (Fetch *fetch,
           const char *line)
{
  g_autoptr (MsaEasy) easy = NULL;

  if (fetch->is_skipping)
    g_printerr ("fifo-fetch: a line is too long\n");
  else if (strcmp (line, ".") == 0)
    fetch->is_ending = TRUE;
  if (fetch->is_skipping || fetch->is_ending || line[0] == '\0')
    return;

  /* This only has the timer function called. The loop, which called us, then drives the multi. */
  easy = msa_easy_new (line);
  msa_multi_add (fetch->multi, easy, NULL);
  fetch->n_running++;
}

static void
fifo_cb (int fd,
         gpointer data)
{
  Fetch *fetch = data;
  char bytes[4096];
  ssize_t n = read (fd, bytes, sizeof bytes);
  char *end;

  if (n > 0)
    g_string_append_len (fetch->text, bytes, n);
  while ((end = memchr (fetch->text->str, '\n', fetch->text->len)) != NULL)
    {
      *end = '\0';
      take_line (fetch, fetch->text->str);
      fetch->is_skipping = FALSE;
      g_string_erase (fetch->text, 0, end + 1 - fetch->text->str);
    }
  if (fetch->text->len > MAX_LINE_BYTES)
    {
      fetch->is_skipping = TRUE;
      g_string_truncate (fetch->text, 0);
    }
}
/* [/fifo] */

static void
signal_cb (int fd,
           gpointer data)
{
  ((Fetch *) data)->is_stopped = TRUE;
}

static gboolean
is_over (gpointer data)
{
  Fetch *fetch = data;

  return fetch->is_stopped || (fetch->is_ending && fetch->n_running == 0);
}

static int
open_signals (void)
{
  sigset_t signals;

  sigemptyset (&signals);
  sigaddset (&signals, SIGINT);
  sigaddset (&signals, SIGTERM);
  sigprocmask (SIG_BLOCK, &signals, NULL);

  return signalfd (-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Opened for writing, too, it has no end when those who write have gone. -1, and errno. */
static int
open_fifo (const char *path,
           gboolean *made)
{
  struct stat info;
  int fd;

  *made = mkfifo (path, 0600) == 0;
  if (!*made && errno != EEXIST)
    return -1;
  fd = open (path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0 && (fstat (fd, &info) < 0 || !S_ISFIFO (info.st_mode)))
    {
      close (fd);
      errno = EEXIST;
      return -1;
    }

  return fd;
}

/* [run] */
static int
run (int fifo,
     int signals)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (GString) text = g_string_new (NULL);
  Fetch fetch = { .multi = multi, .text = text };
  EpollLoop *loop = epoll_loop_new (multi, finished_cb, &fetch);

  if (loop == NULL || !epoll_loop_watch (loop, fifo, fifo_cb, &fetch) ||
      !epoll_loop_watch (loop, signals, signal_cb, &fetch))
    {
      g_printerr ("fifo-fetch: %s\n", g_strerror (errno));
      return 1;
    }
  epoll_loop_run (loop, is_over, &fetch, -1);
  epoll_loop_free (loop);

  return 0;
}
/* [/run] */

int
main (int argc,
      char **argv)
{
  gboolean made;
  int fifo, signals, status;

  setlocale (LC_ALL, "");
  if (argc != 2)
    {
      g_printerr ("Usage: fifo-fetch FIFO\n");
      return 2;
    }

  /* Signals are blocked before libmsa starts threads, which inherit that. */
  signals = open_signals ();
  fifo = open_fifo (argv[1], &made);
  if (fifo < 0)
    {
      g_printerr ("fifo-fetch: %s: %s\n", argv[1],
                  errno == EEXIST ? "There is something else than a FIFO" : g_strerror (errno));
      return 1;
    }
  setvbuf (stdout, NULL, _IOLBF, 0);
  status = run (fifo, signals);
  if (made)
    unlink (argv[1]);

  return status;
}
