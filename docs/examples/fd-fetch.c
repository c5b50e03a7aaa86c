/* fd-fetch.c: one descriptor stands for all of the multi's, in a poll() of the program's own
 *
 *   fd-fetch < FILE
 *
 * Fetches the URL in each line of its standard input, as the lines come.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <locale.h>
#include <msa.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE_BYTES 8192

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

static void
add (MsaMulti *multi,
     const char *url)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (url);

  if (url[0] != '\0')
    msa_multi_add (multi, easy, NULL);
}

/* FALSE: there is no more to come. */
static gboolean
read_lines (MsaMulti *multi,
            GString *text)
{
  char bytes[4096];
  ssize_t n = read (STDIN_FILENO, bytes, sizeof bytes);
  char *end;

  if (n > 0)
    g_string_append_len (text, bytes, n);
  while ((end = memchr (text->str, '\n', text->len)) != NULL)
    {
      *end = '\0';
      add (multi, text->str);
      g_string_erase (text, 0, end + 1 - text->str);
    }
  if (n <= 0)
    add (multi, text->str);
  if (text->len > MAX_LINE_BYTES)
    g_printerr ("fd-fetch: a line is too long\n");

  return n > 0 && text->len <= MAX_LINE_BYTES;
}

/* [loop] */
static guint
perform (MsaMulti *multi)
{
  guint n_running;
  MsaEasy *easy;

  msa_multi_perform (multi, &n_running, NULL);
  while ((easy = msa_multi_info_read (multi, NULL)) != NULL)
    {
      print_result (easy);
      g_object_unref (easy);
    }

  return n_running;
}

static void
run (MsaMulti *multi,
     GString *text)
{
  struct pollfd fds[] = {
    { .fd = msa_multi_get_fd (multi), .events = POLLIN },
    { .fd = STDIN_FILENO, .events = POLLIN },
  };
  guint n_running = 0;

  while (n_running > 0 || fds[1].fd >= 0)
    {
      poll (fds, G_N_ELEMENTS (fds), -1);
      if (fds[1].fd >= 0 && fds[1].revents != 0 && !read_lines (multi, text))
        fds[1].fd = -1;
      /* Adding something makes the descriptor readable, too. */
      n_running = perform (multi);
    }
}
/* [/loop] */

int
main (int argc,
      char **argv)
{
  g_autoptr (MsaMulti) multi = msa_multi_new ();
  g_autoptr (GString) text = g_string_new (NULL);

  setlocale (LC_ALL, "");
  if (argc > 1)
    {
      g_printerr ("Usage: fd-fetch < FILE\n");
      return 2;
    }
  if (msa_multi_get_fd (multi) < 0)
    {
      g_printerr ("fd-fetch: this system has no such descriptor\n");
      return 1;
    }
  run (multi, text);

  return n_failed > 0 ? 1 : 0;
}
