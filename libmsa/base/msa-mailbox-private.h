/* msa-mailbox-private.h: a locked hand-over list
 *
 * Any thread puts, the owner takes all. What is handed over embeds an MsaMail as a
 * link, so that putting allocates nothing and cannot fail for want of memory.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct _MsaMail    MsaMail;
typedef struct _MsaMailbox MsaMailbox;

struct _MsaMail
{
  MsaMail *next; /* the mailbox's until taken, then the owner's: NULL ends the list */
};

/* @wake tells the owner that there is mail. It is called under the lock, from the thread that
 * puts, and must neither block nor come back to the mailbox. The owner withdraws the wake-up
 * before it takes: the other way round, one that comes in between is lost. @destroy frees @data
 * with the mailbox. */
MsaMailbox *msa_mailbox_new      (void (*wake) (gpointer data),
                                  gpointer data,
                                  GDestroyNotify destroy) G_GNUC_WARN_UNUSED_RESULT;
/* From any thread. */
MsaMailbox *msa_mailbox_ref      (MsaMailbox *self);
/* From any thread; the last one must have seen msa_mailbox_close(), or mail is forgotten. */
void        msa_mailbox_unref    (MsaMailbox *self);

/* From any thread. FALSE if the mailbox is closed: @mail still is the caller's. */
gboolean    msa_mailbox_put      (MsaMailbox *self,
                                  MsaMail *mail);
/* Without the lock: what is put meanwhile may be missed, and wakes. */
gboolean    msa_mailbox_is_empty (MsaMailbox *self);
/* What was put, oldest first; NULL if there is nothing. */
MsaMail    *msa_mailbox_take_all (MsaMailbox *self) G_GNUC_WARN_UNUSED_RESULT;
/* Gives what was left. Once it returns, no wake is running and none comes. */
MsaMail    *msa_mailbox_close    (MsaMailbox *self) G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaMailbox, msa_mailbox_unref)
