/* msa-sockets.c: the table of watched descriptors
 *
 * Keeps who waits for which descriptor and what the driver was told of it. Changes are only
 * noted; msa_sockets_flush(), once in each round of a dispatch, announces them: ends first,
 * each before its close, so that a number can be given again by the kernel only after its end
 * was announced. In the own poller each registration has a generation, and an event of an older
 * one finds nobody.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "engine/msa-sockets-private.h"

typedef struct
{
  int fd;
  MsaSocketEvents announced;
} MsaClosing;

void
msa_sockets_init (MsaSockets *self,
                  MsaSys *sys)
{
  self->sys = sys;
  self->entries = g_array_new (FALSE, TRUE, sizeof (MsaSocketEntry));
  self->changed = g_array_new (FALSE, FALSE, sizeof (int));
  self->closing = g_array_new (FALSE, FALSE, sizeof (MsaClosing));
  self->poller = -1;
}

static MsaSocketEntry *
get_entry (MsaSockets *self,
           int fd)
{
  if (fd < 0 || (guint) fd >= self->entries->len)
    return NULL;

  return &g_array_index (self->entries, MsaSocketEntry, fd);
}

MsaWatch *
msa_sockets_find (MsaSockets *self,
                  int fd)
{
  MsaSocketEntry *entry = get_entry (self, fd);

  return entry == NULL ? NULL : entry->watch;
}

static guint64
make_token (const MsaWatch *watch)
{
  return (guint64) watch->generation << 32 | (guint32) watch->fd;
}

MsaWatch *
msa_sockets_find_token (MsaSockets *self,
                        guint64 token)
{
  MsaWatch *watch = msa_sockets_find (self, (int) (token & G_MAXUINT32));

  return watch != NULL && watch->generation == token >> 32 ? watch : NULL;
}

static void
note_change (MsaSockets *self,
             MsaWatch *watch)
{
  if (watch->changed)
    return;
  watch->changed = TRUE;
  g_array_append_val (self->changed, watch->fd);
}

void
msa_sockets_want (MsaSockets *self,
                  MsaWatch *watch,
                  MsaSocketEvents events)
{
  MsaSocketEntry *entry;

  if ((guint) watch->fd >= self->entries->len)
    g_array_set_size (self->entries, MAX ((guint) watch->fd + 1, 2 * self->entries->len));
  entry = get_entry (self, watch->fd);
  if (entry->watch != watch)
    {
      *entry = (MsaSocketEntry) { .watch = watch };
      watch->generation = ++self->generation;
      watch->announced = MSA_SOCKET_NONE;
      watch->changed = FALSE;
    }

  watch->wanted = events;
  note_change (self, watch);
}

void
msa_sockets_close (MsaSockets *self,
                   MsaWatch *watch)
{
  MsaClosing closing = { .fd = watch->fd };
  MsaSocketEntry *entry = get_entry (self, watch->fd);

  if (entry != NULL && entry->watch == watch)
    {
      entry->watch = NULL;
      closing.announced = watch->announced;
    }
  g_array_append_val (self->closing, closing);
  watch->fd = -1;
  watch->wanted = watch->announced = MSA_SOCKET_NONE;
  watch->changed = FALSE;
}

gboolean
msa_sockets_is_dirty (const MsaSockets *self)
{
  return self->changed->len > 0 || self->closing->len > 0;
}

/* FALSE: the own poller did not take it. */
static gboolean
announce (MsaSockets *self,
          int fd,
          MsaSocketEvents old,
          MsaSocketEvents events,
          guint64 token)
{
  if (old == events)
    return TRUE;
  if (self->uses_poller)
    return self->sys->ops->poller_set (self->sys, self->poller, fd, old, events, token) == 0;
  if (self->driver != NULL)
    self->driver->socket (self->driver_data, fd, events, events == MSA_SOCKET_NONE);

  return TRUE;
}

static void
count_announced (MsaSockets *self,
                 MsaSocketEvents old,
                 MsaSocketEvents events)
{
  self->n_announced += (events != MSA_SOCKET_NONE);
  self->n_announced -= (old != MSA_SOCKET_NONE);
}

/* After its end was told: who was told may still have asked for it. By now application code may
 * have had the number announced anew. */
static void
forget_assigned (MsaSockets *self,
                 int fd)
{
  MsaSocketEntry *entry = get_entry (self, fd);

  if (entry != NULL && (entry->watch == NULL || entry->watch->announced == MSA_SOCKET_NONE))
    entry->assigned = NULL;
}

static void
flush_closing (MsaSockets *self)
{
  MsaClosing closing = g_array_index (self->closing, MsaClosing, self->closing->len - 1);

  g_array_set_size (self->closing, self->closing->len - 1);
  count_announced (self, closing.announced, MSA_SOCKET_NONE);
  announce (self, closing.fd, closing.announced, MSA_SOCKET_NONE, 0);
  forget_assigned (self, closing.fd);
  self->sys->ops->close (self->sys, closing.fd);
}

static void
flush_change (MsaSockets *self,
              int fd,
              gint64 now_us)
{
  MsaWatch *watch = msa_sockets_find (self, fd);
  MsaSocketEvents old, wanted;

  if (watch == NULL || !watch->changed)
    return;

  watch->changed = FALSE;
  old = watch->announced;
  wanted = watch->wanted;
  count_announced (self, old, wanted);
  watch->announced = wanted;
  if (announce (self, fd, old, wanted, make_token (watch)))
    {
      forget_assigned (self, fd);
      return;
    }

  /* Still the same watch: the own poller runs no application code. */
  count_announced (self, wanted, old);
  watch->announced = old;
  watch->ready (watch, MSA_SOCKET_NONE, now_us);
}

gboolean
msa_sockets_flush (MsaSockets *self,
                   gint64 now_us)
{
  gboolean any = FALSE;

  if (self->n_dropping > 0)
    return FALSE;

  /* Application code may add to both lists, and drive a dispatch that empties them. */
  while (msa_sockets_is_dirty (self))
    {
      any = TRUE;
      if (self->closing->len > 0)
        {
          flush_closing (self);
        }
      else
        {
          int fd = g_array_index (self->changed, int, self->changed->len - 1);

          g_array_set_size (self->changed, self->changed->len - 1);
          flush_change (self, fd, now_us);
        }
    }

  return any;
}

/* Both go over a table that may change below them: application code runs. */

/* TRUE if anything had been announced. */
static gboolean
withdraw_all (MsaSockets *self)
{
  gboolean any = FALSE;

  for (guint fd = 0; fd < self->entries->len; fd++)
    {
      MsaWatch *watch = msa_sockets_find (self, (int) fd);
      MsaSocketEvents old = watch == NULL ? MSA_SOCKET_NONE : watch->announced;

      if (old == MSA_SOCKET_NONE)
        continue;
      any = TRUE;
      count_announced (self, old, MSA_SOCKET_NONE);
      watch->announced = MSA_SOCKET_NONE;
      announce (self, (int) fd, old, MSA_SOCKET_NONE, make_token (watch));
      forget_assigned (self, (int) fd);
    }

  return any;
}

static void
announce_all (MsaSockets *self)
{
  for (guint fd = 0; fd < self->entries->len; fd++)
    {
      MsaWatch *watch = msa_sockets_find (self, (int) fd);
      MsaSocketEvents old, wanted;

      if (watch == NULL)
        continue;
      old = watch->announced;
      wanted = watch->wanted;
      count_announced (self, old, wanted);
      watch->announced = wanted;
      if (!announce (self, (int) fd, old, wanted, make_token (watch)))
        {
          count_announced (self, wanted, old);
          watch->announced = old;
          note_change (self, watch);
        }
    }
}

/* A dispatch from within tells nothing new; what it closes is told here, too. */
static void
drop_driver (MsaSockets *self)
{
  self->n_dropping++;
  do
    {
      while (self->closing->len > 0)
        flush_closing (self);
    }
  while (withdraw_all (self) || self->closing->len > 0);
  self->n_dropping--;
}

static gboolean
ensure_poller (MsaSockets *self)
{
  if (self->poller < 0)
    self->poller = self->sys->ops->poller_open (self->sys);

  return self->poller >= 0;
}

gboolean
msa_sockets_set_driver (MsaSockets *self,
                        gboolean use_poller,
                        const MsaDriverOps *driver,
                        gpointer driver_data)
{
  gboolean possible = !use_poller || ensure_poller (self);

  drop_driver (self);
  self->uses_poller = use_poller && possible;
  self->driver = driver;
  self->driver_data = driver_data;
  if (self->uses_poller || self->driver != NULL)
    announce_all (self);

  return possible;
}

void
msa_sockets_get_poll_fds (MsaSockets *self,
                          GArray *fds)
{
  for (guint fd = 0; fd < self->entries->len; fd++)
    {
      MsaWatch *watch = msa_sockets_find (self, (int) fd);

      if (watch != NULL && watch->wanted != MSA_SOCKET_NONE)
        {
          GPollFD poll_fd = { .fd = (int) fd, .events = (gushort) watch->wanted };

          g_array_append_val (fds, poll_fd);
        }
    }
}

gboolean
msa_sockets_assign (MsaSockets *self,
                    int fd,
                    gpointer data)
{
  MsaSocketEntry *entry = get_entry (self, fd);

  if (entry == NULL || entry->watch == NULL || entry->watch->announced == MSA_SOCKET_NONE)
    return FALSE;
  entry->assigned = data;

  return TRUE;
}

gpointer
msa_sockets_get_assigned (MsaSockets *self,
                          int fd)
{
  MsaSocketEntry *entry = get_entry (self, fd);

  return entry == NULL ? NULL : entry->assigned;
}

void
msa_sockets_silence (MsaSockets *self)
{
  self->driver = NULL;
}

void
msa_sockets_clear (MsaSockets *self)
{
  for (guint i = 0; i < self->closing->len; i++)
    {
      MsaClosing *closing = &g_array_index (self->closing, MsaClosing, i);

      if (self->uses_poller)
        announce (self, closing->fd, closing->announced, MSA_SOCKET_NONE, 0);
      self->sys->ops->close (self->sys, closing->fd);
    }
  if (self->poller >= 0)
    self->sys->ops->close (self->sys, self->poller);
  g_array_unref (self->entries);
  g_array_unref (self->changed);
  g_array_unref (self->closing);
}
