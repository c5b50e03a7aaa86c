/* uv-driver.c: a multi of libmsa in a loop of libuv
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "uv-driver.h"

struct _UvDriver
{
  uv_loop_t       *loop;     /* (unowned) */
  MsaMulti        *multi;    /* (owned) */
  uv_timer_t      *timer;    /* (owned): until it is closed */
  UvDriverFinished finished; /* (nullable) */
  gpointer         data;
};

static void
closed_cb (uv_handle_t *handle)
{
  g_free (handle);
}

static void
act (UvDriver *self,
     int fd,
     MsaSocketEvents events)
{
  MsaEasy *easy;

  msa_multi_socket_action (self->multi, fd, events, NULL, NULL);
  while ((easy = msa_multi_info_read (self->multi, NULL)) != NULL)
    {
      if (self->finished != NULL)
        self->finished (easy, self->data);
      g_object_unref (easy);
    }
}

/* libuv's events have values of their own. An error is for the multi to find. */
static void
ready_cb (uv_poll_t *poll,
          int status,
          int events)
{
  MsaSocketEvents seen = status < 0 ? MSA_SOCKET_ERR : MSA_SOCKET_NONE;
  int fd;

  if ((events & UV_READABLE) != 0)
    seen |= MSA_SOCKET_IN;
  if ((events & UV_WRITABLE) != 0)
    seen |= MSA_SOCKET_OUT;
  if (uv_fileno ((uv_handle_t *) poll, &fd) == 0)
    act (poll->data, fd, seen);
}

static void
timeout_cb (uv_timer_t *timer)
{
  act (timer->data, MSA_SOCKET_TIMEOUT, MSA_SOCKET_NONE);
}

/* A handle serves from the announcement of its descriptor to the removal. It is stopped at once,
 * since the number may come again at once, and freed when the loop has closed it. */
static void
socket_cb (MsaMulti *multi,
           int fd,
           MsaSocketEvents wanted,
           gboolean removed,
           gpointer user_data)
{
  UvDriver *self = user_data;
  uv_poll_t *poll = msa_multi_get_assigned (multi, fd);
  int events = 0;

  if (removed)
    {
      if (poll != NULL)
        {
          uv_poll_stop (poll);
          uv_close ((uv_handle_t *) poll, closed_cb);
        }
      return;
    }

  if (poll == NULL)
    {
      poll = g_new0 (uv_poll_t, 1);
      if (uv_poll_init (self->loop, poll, fd) < 0)
        {
          g_warning ("Descriptor %d cannot be watched", fd);
          g_free (poll);
          return;
        }
      poll->data = self;
      msa_multi_assign (multi, fd, poll);
    }
  if ((wanted & MSA_SOCKET_IN) != 0)
    events |= UV_READABLE;
  if ((wanted & MSA_SOCKET_OUT) != 0)
    events |= UV_WRITABLE;
  uv_poll_start (poll, events, ready_cb);
}

/* libuv counts from the time that it read last, which may be long ago. */
static void
timer_cb (MsaMulti *multi,
          int timeout_ms,
          gpointer user_data)
{
  UvDriver *self = user_data;

  if (timeout_ms < 0)
    {
      uv_timer_stop (self->timer);
      return;
    }
  uv_update_time (self->loop);
  uv_timer_start (self->timer, timeout_cb, (guint64) timeout_ms, 0);
}

UvDriver *
uv_driver_new (uv_loop_t *loop,
               MsaMulti *multi,
               UvDriverFinished finished,
               gpointer data)
{
  UvDriver *self = g_new0 (UvDriver, 1);

  self->loop = loop;
  self->multi = g_object_ref (multi);
  self->timer = g_new0 (uv_timer_t, 1);
  self->finished = finished;
  self->data = data;
  uv_timer_init (loop, self->timer);
  self->timer->data = self;
  msa_multi_set_socket_func (multi, socket_cb, self, NULL);
  msa_multi_set_timer_func (multi, timer_cb, self, NULL);

  return self;
}

void
uv_driver_free (UvDriver *self)
{
  msa_multi_detach (self->multi);
  g_object_unref (self->multi);
  uv_timer_stop (self->timer);
  uv_close ((uv_handle_t *) self->timer, closed_cb);
  g_free (self);
}
