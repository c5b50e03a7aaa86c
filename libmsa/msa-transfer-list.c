/* msa-transfer-list.c: a multi's easies as a list model
 *
 * Additions and removals are noted when they happen and shown, each with its signal, at the end
 * of a dispatch: a handler of items-changed never runs inside msa_multi_add() or
 * msa_multi_remove(). O(log n) for each.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-transfer-list-private.h"

typedef struct
{
  MsaEasy *easy; /* (owned) */
  gboolean removed;
} MsaListChange;

struct _MsaTransferList
{
  GObject parent_instance;

  GSequence *items; /* (owned) (element-type MsaEasy): as shown */
  GHashTable *places; /* (owned): MsaEasy → GSequenceIter */
  GQueue changes; /* of MsaListChange: not shown yet */
};

static GType
list_get_item_type (GListModel *model)
{
  return MSA_TYPE_EASY;
}

static guint
list_get_n_items (GListModel *model)
{
  return (guint) g_sequence_get_length (MSA_TRANSFER_LIST (model)->items);
}

static gpointer
list_get_item (GListModel *model,
               guint position)
{
  MsaTransferList *self = MSA_TRANSFER_LIST (model);
  GSequenceIter *iter;

  if (position >= list_get_n_items (model))
    return NULL;
  iter = g_sequence_get_iter_at_pos (self->items, (int) position);

  return g_object_ref (g_sequence_get (iter));
}

static void
list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = list_get_item_type;
  iface->get_n_items = list_get_n_items;
  iface->get_item = list_get_item;
}

G_DEFINE_TYPE_WITH_CODE (MsaTransferList,
                         msa_transfer_list,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_init))

static void
change_free (MsaListChange *self)
{
  g_object_unref (self->easy);
  g_free (self);
}

static void
msa_transfer_list_finalize (GObject *object)
{
  MsaTransferList *self = MSA_TRANSFER_LIST (object);

  g_sequence_free (self->items);
  g_hash_table_unref (self->places);
  g_queue_clear_full (&self->changes, (GDestroyNotify) change_free);

  G_OBJECT_CLASS (msa_transfer_list_parent_class)->finalize (object);
}

static void
msa_transfer_list_class_init (MsaTransferListClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = msa_transfer_list_finalize;
}

static void
msa_transfer_list_init (MsaTransferList *self)
{
  self->items = g_sequence_new (g_object_unref);
  self->places = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->changes);
}

MsaTransferList *
msa_transfer_list_new (void)
{
  return g_object_new (MSA_TYPE_TRANSFER_LIST, NULL);
}

static void
note (MsaTransferList *self,
      MsaEasy *easy,
      gboolean removed)
{
  MsaListChange *change = g_new0 (MsaListChange, 1);

  change->easy = g_object_ref (easy);
  change->removed = removed;
  g_queue_push_tail (&self->changes, change);
}

void
msa_transfer_list_add (MsaTransferList *self,
                       MsaEasy *easy)
{
  note (self, easy, FALSE);
}

void
msa_transfer_list_remove (MsaTransferList *self,
                          MsaEasy *easy)
{
  note (self, easy, TRUE);
}

/* The position it had or has. */
static guint
apply (MsaTransferList *self,
       const MsaListChange *change)
{
  GSequenceIter *iter;
  int position;

  if (!change->removed)
    {
      iter = g_sequence_append (self->items, g_object_ref (change->easy));
      g_hash_table_insert (self->places, change->easy, iter);
      return (guint) g_sequence_iter_get_position (iter);
    }

  iter = g_hash_table_lookup (self->places, change->easy);
  position = g_sequence_iter_get_position (iter);
  g_hash_table_remove (self->places, change->easy);
  g_sequence_remove (iter);

  return (guint) position;
}

void
msa_transfer_list_emit (MsaTransferList *self)
{
  MsaListChange *change;

  g_object_ref (self);
  while ((change = g_queue_pop_head (&self->changes)) != NULL)
    {
      guint position = apply (self, change);

      g_list_model_items_changed (G_LIST_MODEL (self), position, change->removed, !change->removed);
      change_free (change);
    }
  g_object_unref (self);
}
