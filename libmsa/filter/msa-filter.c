/* msa-filter.c: calling down a chain of filters
 *
 * What a filter leaves out passes through to the next one here. A slot that is set
 * calls the next filter itself, except that connect() finds it connected and free()
 * must leave it alone: the chain is freed here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "filter/msa-filter-private.h"

#include "model/msa-error.h"

/* The bottom filter must have the slot; a chain without is a fault of whoever built it. */
static MsaIo
fail_at_bottom (const char *slot,
                GError **error)
{
  g_set_error (error, MSA_ERROR, MSA_ERROR_INTERNAL, "No filter of the chain can %s", slot);

  return MSA_IO_ERROR;
}

MsaIo
msa_filter_connect (MsaFilter *self,
                    gint64 now_us,
                    GError **error)
{
  MsaIo io;

  if (self->connected)
    return MSA_IO_DONE;

  if (self->next != NULL)
    {
      io = msa_filter_connect (self->next, now_us, error);
      if (io != MSA_IO_DONE)
        return io;
    }

  io = self->ops->connect == NULL ? MSA_IO_DONE : self->ops->connect (self, now_us, error);
  self->connected = io == MSA_IO_DONE;

  return io;
}

MsaIo
msa_filter_send (MsaFilter *self,
                 const guint8 *data,
                 gsize len,
                 gsize *n_sent,
                 GError **error)
{
  while (self->ops->send == NULL && self->next != NULL)
    self = self->next;
  if (self->ops->send == NULL)
    return fail_at_bottom ("send", error);

  return self->ops->send (self, data, len, n_sent, error);
}

/* The filter that receives: what it would change cannot pass by it. */
static MsaFilter *
find_receiver (MsaFilter *self)
{
  while (self->ops->recv == NULL && self->next != NULL)
    self = self->next;

  return self;
}

MsaIo
msa_filter_recv (MsaFilter *self,
                 guint8 *buffer,
                 gsize size,
                 gsize *n_read,
                 GError **error)
{
  self = find_receiver (self);
  if (self->ops->recv == NULL)
    return fail_at_bottom ("receive", error);

  return self->ops->recv (self, buffer, size, n_read, error);
}

gboolean
msa_filter_can_splice (MsaFilter *self)
{
  return find_receiver (self)->ops->splice != NULL;
}

MsaIo
msa_filter_splice (MsaFilter *self,
                   MsaPipe *pipe,
                   gsize max,
                   gsize *n_read,
                   GError **error)
{
  self = find_receiver (self);
  if (self->ops->splice == NULL)
    return fail_at_bottom ("splice", error);

  return self->ops->splice (self, pipe, max, n_read, error);
}

gboolean
msa_filter_pending (MsaFilter *self)
{
  while (self->ops->pending == NULL && self->next != NULL)
    self = self->next;

  return self->ops->pending != NULL && self->ops->pending (self);
}

gboolean
msa_filter_peek (MsaFilter *self)
{
  while (self->ops->peek == NULL && self->next != NULL)
    self = self->next;

  return self->ops->peek != NULL && self->ops->peek (self);
}

MsaSocketEvents
msa_filter_wants (MsaFilter *self)
{
  while (self->ops->wants == NULL && self->next != NULL)
    self = self->next;

  return self->ops->wants == NULL ? MSA_SOCKET_NONE : self->ops->wants (self);
}

MsaIo
msa_filter_shutdown (MsaFilter *self)
{
  while (self->ops->shutdown == NULL && self->next != NULL)
    self = self->next;

  return self->ops->shutdown == NULL ? MSA_IO_DONE : self->ops->shutdown (self);
}

void
msa_filter_free (MsaFilter *self)
{
  while (self != NULL)
    {
      MsaFilter *next = g_steal_pointer (&self->next);

      if (self->ops->free != NULL)
        self->ops->free (self);
      self = next;
    }
}
