/* msa-multi-contents.c: which transfers a multi has, and how many of what
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi.h"

#include "msa-multi-private.h"

/**
 * msa_multi_get_transfers:
 * @self: the multi
 *
 * Gives the easies that are added, as a list that follows them.
 *
 * It is made at the first call and costs nothing before. Changes are shown at the end of a
 * dispatch.
 *
 * Returns: (transfer none): the list of [class@Easy]
 *
 * Since: 1.0
 */
GListModel *
msa_multi_get_transfers (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  if (self->transfers == NULL)
    {
      self->transfers = msa_transfer_list_new ();
      for (GList *link = self->easies.head; link != NULL; link = link->next)
        msa_transfer_list_add (self->transfers, link->data);
      /* Nobody can listen yet. */
      msa_transfer_list_emit (self->transfers);
    }

  return G_LIST_MODEL (self->transfers);
}

/**
 * msa_multi_dup_easies:
 * @self: the multi
 *
 * Lists the easies that are added at this moment, in the order in which they were.
 *
 * Those that have ended are among them where [property@Multi:keep-finished] is set.
 * For a list that follows what happens see [method@Multi.get_transfers].
 *
 * Returns: (transfer container) (element-type MsaEasy): the easies
 *
 * Since: 1.0
 */
GPtrArray *
msa_multi_dup_easies (MsaMulti *self)
{
  GPtrArray *easies;

  g_return_val_if_fail (MSA_IS_MULTI (self), NULL);

  easies = g_ptr_array_new_full (self->easies.length, g_object_unref);
  for (GList *link = self->easies.head; link != NULL; link = link->next)
    g_ptr_array_add (easies, g_object_ref (link->data));

  return easies;
}

/**
 * msa_multi_get_n_running:
 * @self: the multi
 *
 * Gets how many transfers are added and not finished, those that wait included.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
msa_multi_get_n_running (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->n_transfers;
}

/**
 * msa_multi_get_n_pending:
 * @self: the multi
 *
 * Gets how many transfers wait for a connection because of a limit.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
msa_multi_get_n_pending (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->scheduler.n_waiting;
}

/**
 * msa_multi_get_n_connections:
 * @self: the multi
 *
 * Gets how many connections there are: being made, in use, idle, or being closed.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
msa_multi_get_n_connections (MsaMulti *self)
{
  g_return_val_if_fail (MSA_IS_MULTI (self), 0);

  return self->engine->scheduler.n_connections;
}
