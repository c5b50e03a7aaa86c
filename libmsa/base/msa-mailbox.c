/* msa-mailbox.c: a locked hand-over list
 *
 * The way in which threads give their results to the one that owns the mailbox. The list is
 * guarded by a lock; whether it is empty can be asked without.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-mailbox-private.h"

#include "base/msa-lock-private.h"

struct _MsaMailbox
{
  int            refs;     /* atomic */
  int            has_mail; /* atomic: follows head, for who looks without the lock */

  MsaLock        lock;     /* guards what follows */
  MsaMail       *head;     /* (owned by who takes it) (nullable) */
  MsaMail       *tail;     /* (unowned) (nullable) */
  gboolean       closed;

  void         (*wake) (gpointer data);
  gpointer       data;
  GDestroyNotify destroy;  /* (nullable) */
};

MsaMailbox *
msa_mailbox_new (void (*wake) (gpointer data),
                 gpointer data,
                 GDestroyNotify destroy)
{
  MsaMailbox *self = g_new0 (MsaMailbox, 1);

  self->refs = 1;
  self->wake = wake;
  self->data = data;
  self->destroy = destroy;
  msa_lock_init (&self->lock);
  return self;
}

MsaMailbox *
msa_mailbox_ref (MsaMailbox *self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
msa_mailbox_unref (MsaMailbox *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  if (self->destroy != NULL)
    self->destroy (self->data);
  msa_lock_clear (&self->lock);
  g_free (self);
}

gboolean
msa_mailbox_put (MsaMailbox *self,
                 MsaMail *mail)
{
  gboolean taken;

  msa_lock_take (&self->lock);
  taken = !self->closed;
  if (taken)
    {
      mail->next = NULL;
      if (self->tail != NULL)
        self->tail->next = mail;
      else
        self->head = mail;
      self->tail = mail;
      g_atomic_int_set (&self->has_mail, TRUE);
      /* Under the lock, so that close() waits for it. */
      self->wake (self->data);
    }
  msa_lock_give (&self->lock);
  return taken;
}

gboolean
msa_mailbox_is_empty (MsaMailbox *self)
{
  return !g_atomic_int_get (&self->has_mail);
}

static MsaMail *
detach_list (MsaMailbox *self)
{
  MsaMail *head = g_steal_pointer (&self->head);

  self->tail = NULL;
  g_atomic_int_set (&self->has_mail, FALSE);
  return head;
}

MsaMail *
msa_mailbox_take_all (MsaMailbox *self)
{
  MsaMail *head;

  msa_lock_take (&self->lock);
  head = detach_list (self);
  msa_lock_give (&self->lock);
  return head;
}

MsaMail *
msa_mailbox_close (MsaMailbox *self)
{
  MsaMail *head;

  msa_lock_take (&self->lock);
  self->closed = TRUE;
  head = detach_list (self);
  msa_lock_give (&self->lock);
  return head;
}
