/* msa-heap-private.h: a binary heap of (key, node) pairs, smallest key first
 *
 * Serves the engine's deadlines (key: µs) and its list of hosts with room (key: priority and age).
 * A key may be raised without moving the node: the pair in the heap then is older
 * than the node's key and is put right when it surfaces (deadlines are mostly
 * moved later, and most never come due). Lowering a key moves the node at once.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 key;   /* what the owner wants; G_MAXINT64: nothing, leave when it surfaces */
  guint  index; /* place in the heap plus 1; 0: not in it */
} MsaHeapNode;

typedef struct
{
  gint64       key; /* at most node->key */
  MsaHeapNode *node; /* (unowned): removed by its owner */
} MsaHeapPair;

typedef struct
{
  MsaHeapPair *pairs; /* (owned) (nullable) */
  guint        len;
  guint        size;
} MsaHeap;

void         msa_heap_init   (MsaHeap *self);
void         msa_heap_clear  (MsaHeap *self);

/* Puts the node in with @key, or changes its key: O(log n), O(1) when the key
 * rises. G_MAXINT64 takes it out, lazily. The node stays known to the heap until
 * msa_heap_remove() or until msa_heap_first() drops it. */
void         msa_heap_set    (MsaHeap *self,
                              MsaHeapNode *node,
                              gint64 key);
/* Takes the node out now: to be called before its memory goes. */
void         msa_heap_remove (MsaHeap *self,
                              MsaHeapNode *node);
/* The node with the smallest key, which stays in; NULL if there is none. Puts
 * raised keys right on the way. */
MsaHeapNode *msa_heap_first  (MsaHeap *self);
