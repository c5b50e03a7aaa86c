/* conformance-sockets.c: checks of how descriptors are watched
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conformance-trial.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REST_MS 200
#define SETTLE_MS 20
#define MAX_CALLS_AT_REST 20
#define UPLOAD_BYTES (16 * 1024 * 1024)
#define DOWNLOAD_BYTES 1000000

static void
check_pieces (Trial *trial)
{
  MsaEasy *easy = trial_make_counted (trial, "/pieces/20");
  GBytes *body;

  trial_add (trial, easy);
  if (!trial_run_completed (trial, 1))
    return;
  body = msa_easy_get_body (easy);
  if (body == NULL || g_bytes_get_size (body) != 20 * SERVER_PIECE_BYTES)
    trial_broken (trial, "The body was not complete.");
}

static gboolean
is_any_for_out (Trial *trial)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch_get_fds ());
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if ((((WatchedFd *) value)->announced & MSA_SOCKET_OUT) != 0)
      return server_count_held (trial->server) > 0;

  return FALSE;
}

/* More than the kernel takes, before the server reads any of it. */
static void
check_upload (Trial *trial)
{
  g_autofree guint8 *bytes = g_malloc0 (UPLOAD_BYTES);
  g_autoptr (GBytes) body = g_bytes_new_take (g_steal_pointer (&bytes), UPLOAD_BYTES);
  MsaEasy *easy = trial_make_counted (trial, "/upload");

  msa_easy_set_method (easy, "PUT");
  msa_easy_set_body (easy, "application/octet-stream", body);
  msa_easy_set_expect_timeout_ms (easy, 0);
  trial_add (trial, easy);
  if (!trial_run_held (trial, 1))
    return;
  if (!trial_is_by_callbacks (trial))
    {
      trial_rest (trial, SETTLE_MS);
    }
  else if (!trial_run (trial, is_any_for_out))
    {
      trial_stalled (trial, "the upload had not filled the socket");
      return;
    }
  server_release (trial->server);
  trial_run_completed (trial, 1);
}

/* Paused */

typedef struct
{
  gboolean pauses;
  gboolean is_paused;
  gsize    n_received;
} Download;

static MsaWriteResult
write_cb (MsaEasy *easy,
          const guint8 *data,
          gsize len,
          gpointer user_data)
{
  Download *download = user_data;

  if (download->pauses)
    {
      download->is_paused = TRUE;
      return MSA_WRITE_PAUSE;
    }
  download->n_received += len;

  return MSA_WRITE_CONTINUE;
}

static gboolean
is_paused (Trial *trial)
{
  return ((Download *) trial->data)->is_paused;
}

static void
check_paused (Trial *trial)
{
  g_autofree char *target = g_strdup_printf ("/size/%d", DOWNLOAD_BYTES);
  Download download = { .pauses = TRUE };
  MsaEasy *easy = trial_make_counted (trial, target);
  guint n;

  trial->data = &download;
  msa_easy_set_write_func (easy, write_cb, &download, NULL);
  trial_add (trial, easy);
  if (!trial_run (trial, is_paused))
    {
      trial_stalled (trial, "the body had not begun");
      return;
    }
  trial_rest (trial, SETTLE_MS);
  n = trial_rest_counting (trial, REST_MS);
  if (n > MAX_CALLS_AT_REST)
    trial_broken (trial, "While the transfer was paused, the multi was called %u times in %d ms.",
                  n, REST_MS);

  download.pauses = FALSE;
  msa_easy_resume (easy, MSA_DIRECTION_RECEIVE);
  if (trial_run_completed (trial, 1) && download.n_received != DOWNLOAD_BYTES)
    trial_broken (trial, "After the pause %" G_GSIZE_FORMAT " bytes came of %d.",
                  download.n_received, DOWNLOAD_BYTES);
  msa_easy_set_write_func (easy, NULL, NULL, NULL);
}

/* Numbers of descriptors are used again */

static gboolean
is_all_over (Trial *trial)
{
  return trial->n_completed >= trial->n_wanted &&
         msa_multi_get_n_connections (trial->multi) == 0;
}

static gboolean
run_until_over (Trial *trial,
                guint n)
{
  trial->n_wanted = n;
  if (trial_run (trial, is_all_over))
    return TRUE;

  trial_stalled (trial, "%u of %u transfers had been delivered, and %u connections were open",
                 trial->n_completed, n, msa_multi_get_n_connections (trial->multi));

  return FALSE;
}

/* Has a file that is always ready stand where a connection stood. Gives how many. */
static guint
occupy_numbers (int file,
                GArray *occupied)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch_get_fds ());
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const WatchedFd *watched = value;

      if (watched->announced == MSA_SOCKET_NONE && watched->fd >= 0 &&
          fcntl (watched->fd, F_GETFD) < 0 && dup2 (file, watched->fd) == watched->fd)
        g_array_append_val (occupied, watched->fd);
    }

  return occupied->len;
}

static void
check_strangers (Trial *trial)
{
  g_autoptr (GArray) occupied = g_array_new (FALSE, FALSE, sizeof (int));
  int pipe_fds[2];
  guint n;

  msa_multi_set_max_connections_per_host (trial->multi, 4);
  for (guint i = 0; i < 4; i++)
    trial_add (trial, trial_make_counted (trial, "/close/10"));
  if (!run_until_over (trial, 4))
    return;
  if (!trial_is_by_callbacks (trial))
    {
      trial_skip (trial, "there is no socket function");
      return;
    }

  if (pipe2 (pipe_fds, O_CLOEXEC) < 0 || write (pipe_fds[1], "x", 1) != 1)
    g_error ("a pipe cannot be made");
  occupy_numbers (pipe_fds[0], occupied);
  n = trial_rest_counting (trial, REST_MS);
  if (n > MAX_CALLS_AT_REST)
    trial_broken (trial, "With other files in place of closed sockets, the multi was called "
                         "%u times in %d ms.",
                  n, REST_MS);
  for (guint i = 0; i < occupied->len; i++)
    close (g_array_index (occupied, int, i));
  close (pipe_fds[0]);
  close (pipe_fds[1]);

  for (guint i = 0; i < 4; i++)
    trial_add (trial, trial_make_counted (trial, "/close/10"));
  run_until_over (trial, 8);
}

static void
check_numbers (Trial *trial)
{
  const guint n = 30;

  msa_multi_set_max_connections_per_host (trial->multi, 2);
  for (guint i = 0; i < n; i++)
    trial_add (trial, trial_make_counted (trial, "/close/10"));
  run_until_over (trial, n);
}

/* Nothing runs, and yet there is something to do. */
static void
check_idle (Trial *trial)
{
  trial_add (trial, trial_make_counted (trial, "/leave/10"));
  if (!trial_run_completed (trial, 1) || !trial_run_held (trial, 1))
    return;
  server_release (trial->server);
  run_until_over (trial, 1);
}

/* Several events at once */

#define N_BATCH 20
#define N_REMOVED 10

static void
remove_others_cb (MsaEasy *easy,
                  const GError *error,
                  gpointer user_data)
{
  Trial *trial = user_data;

  if (trial->n_completed > 1)
    return;
  for (guint i = 0, n = 0; i < trial->easies->len && n < N_REMOVED; i++)
    {
      MsaEasy *other = g_ptr_array_index (trial->easies, i);

      if (other == easy)
        continue;
      msa_multi_remove (trial->multi, other);
      n++;
    }
}

/* Until all that was announced is ready: the loop stands meanwhile. */
static void
wait_for_all (Trial *trial)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watch_get_fds ());
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      struct pollfd poll_fd = { .fd = ((WatchedFd *) value)->fd, .events = POLLIN };
      int size;
      socklen_t len = sizeof size;

      /* Not the one that other threads wake the multi by. */
      if (((WatchedFd *) value)->announced != MSA_SOCKET_NONE &&
          getsockopt (poll_fd.fd, SOL_SOCKET, SO_TYPE, &size, &len) == 0)
        poll (&poll_fd, 1, (int) (trial->limit_us / 1000));
    }
}

static void
check_batch (Trial *trial)
{
  msa_multi_set_max_connections_per_host (trial->multi, 0);
  for (guint i = 0; i < N_BATCH; i++)
    {
      MsaEasy *easy = trial_make_counted (trial, "/held/10");

      g_signal_connect (easy, "completed", G_CALLBACK (remove_others_cb), trial);
      trial_add (trial, easy);
    }
  if (!trial_run_held (trial, N_BATCH))
    return;
  server_release (trial->server);
  wait_for_all (trial);
  if (trial_run_completed (trial, N_BATCH - N_REMOVED))
    trial_rest (trial, SETTLE_MS);
  if (trial->n_completed > N_BATCH - N_REMOVED)
    trial_broken (trial, "Of %d transfers, %d of them removed, %u were delivered.", N_BATCH,
                  N_REMOVED, trial->n_completed);
}

const Check socket_checks[] = {
  { "pieces", "C6", "What comes in pieces is read to its end.", check_pieces },
  { "upload", "C6", "A descriptor is watched for OUT while that is wanted.", check_upload },
  { "paused", "C6", "A descriptor that was removed for a pause is left alone until it is announced "
                    "again.",
    check_paused },
  { "strangers", "C6", "A number that was removed may become that of another file.",
    check_strangers },
  { "numbers", "C6", "A number that was removed may be announced again.", check_numbers },
  { "idle", "C4", "When no transfers run, connections are still watched.", check_idle },
  { "batch", "P4", "Events of sockets that were removed by an earlier one are passed over.",
    check_batch },
  { 0 },
};
