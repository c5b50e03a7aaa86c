/* msa-heap.c: a binary heap of (key, node) pairs, smallest key first
 *
 * The order is that of the pairs' keys, never of the nodes': a pair's key may lag
 * behind its node's, but not run ahead of it. Keys lie beside each other in the
 * array, so sifting touches a node only to tell it its new place.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-heap-private.h"

#define FIRST_SIZE 16

void
msa_heap_init (MsaHeap *self)
{
  *self = (MsaHeap) { NULL, 0, 0 };
}

void
msa_heap_clear (MsaHeap *self)
{
  for (guint i = 0; i < self->len; i++)
    self->pairs[i].node->index = 0;

  g_free (self->pairs);
  msa_heap_init (self);
}

static inline void
place (MsaHeap *self,
       guint i,
       MsaHeapPair pair)
{
  self->pairs[i] = pair;
  pair.node->index = i + 1;
}

/* Puts @pair at the free place @i or above it. */
static void
sift_up (MsaHeap *self,
         guint i,
         MsaHeapPair pair)
{
  while (i > 0)
    {
      guint parent = (i - 1) / 2;

      if (self->pairs[parent].key <= pair.key)
        break;
      place (self, i, self->pairs[parent]);
      i = parent;
    }
  place (self, i, pair);
}

/* Puts @pair at the free place @i or below it. */
static void
sift_down (MsaHeap *self,
           guint i,
           MsaHeapPair pair)
{
  while (i < self->len / 2)
    {
      guint child = 2 * i + 1;

      if (child + 1 < self->len && self->pairs[child + 1].key < self->pairs[child].key)
        child++;
      if (pair.key <= self->pairs[child].key)
        break;
      place (self, i, self->pairs[child]);
      i = child;
    }
  place (self, i, pair);
}

static void
insert (MsaHeap *self,
        MsaHeapNode *node,
        gint64 key)
{
  if (self->len == self->size)
    {
      self->size = self->size == 0 ? FIRST_SIZE : 2 * self->size;
      self->pairs = g_renew (MsaHeapPair, self->pairs, self->size);
    }

  self->len++;
  sift_up (self, self->len - 1, (MsaHeapPair) { key, node });
}

void
msa_heap_set (MsaHeap *self,
              MsaHeapNode *node,
              gint64 key)
{
  node->key = key;

  if (node->index == 0)
    {
      if (key != G_MAXINT64)
        insert (self, node, key);
      return;
    }

  if (key < self->pairs[node->index - 1].key)
    sift_up (self, node->index - 1, (MsaHeapPair) { key, node });
}

void
msa_heap_remove (MsaHeap *self,
                 MsaHeapNode *node)
{
  guint i = node->index - 1;
  MsaHeapPair last;

  node->key = G_MAXINT64;
  if (node->index == 0)
    return;

  node->index = 0;
  last = self->pairs[--self->len];
  if (last.node == node)
    return;

  /* The last pair may belong to another branch and be smaller than the gap's parent. */
  if (i > 0 && last.key < self->pairs[(i - 1) / 2].key)
    sift_up (self, i, last);
  else
    sift_down (self, i, last);
}

MsaHeapNode *
msa_heap_first (MsaHeap *self)
{
  while (self->len > 0)
    {
      MsaHeapPair top = self->pairs[0];

      if (top.key == top.node->key)
        return top.node;

      if (top.node->key == G_MAXINT64)
        msa_heap_remove (self, top.node);
      else
        sift_down (self, 0, (MsaHeapPair) { top.node->key, top.node });
    }
  return NULL;
}
