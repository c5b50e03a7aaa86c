/* test-heap.c: the heap of keys and nodes, against an array searched from end to end
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "base/msa-heap-private.h"

#define N_NODES 200
#define N_STEPS 20000

static void
test_empty (void)
{
  MsaHeapNode node = { 0, 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  g_assert_null (msa_heap_first (&heap));
  msa_heap_remove (&heap, &node);
  msa_heap_set (&heap, &node, G_MAXINT64);
  g_assert_cmpuint (node.index, ==, 0);
  g_assert_null (msa_heap_first (&heap));
  msa_heap_clear (&heap);
}

static void
test_order (void)
{
  MsaHeapNode nodes[3] = { 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  msa_heap_set (&heap, &nodes[0], 30);
  msa_heap_set (&heap, &nodes[1], 10);
  msa_heap_set (&heap, &nodes[2], G_MININT64);

  g_assert_true (msa_heap_first (&heap) == &nodes[2]);
  msa_heap_remove (&heap, &nodes[2]);
  g_assert_cmpuint (nodes[2].index, ==, 0);
  g_assert_cmpint (nodes[2].key, ==, G_MAXINT64);
  g_assert_true (msa_heap_first (&heap) == &nodes[1]);
  g_assert_true (msa_heap_first (&heap) == &nodes[1]);
  msa_heap_clear (&heap);
}

/* A raised key moves nothing until the node surfaces. */
static void
test_raise_is_lazy (void)
{
  MsaHeapNode nodes[2] = { 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  msa_heap_set (&heap, &nodes[0], 10);
  msa_heap_set (&heap, &nodes[1], 20);
  msa_heap_set (&heap, &nodes[0], 30);
  g_assert_cmpint (heap.pairs[0].key, ==, 10);
  g_assert_true (heap.pairs[0].node == &nodes[0]);

  /* Lowered, but not below the pair in the heap: still nothing to move. */
  msa_heap_set (&heap, &nodes[0], 25);
  g_assert_cmpint (heap.pairs[0].key, ==, 10);

  g_assert_true (msa_heap_first (&heap) == &nodes[1]);
  g_assert_cmpint (heap.pairs[1].key, ==, 25);
  msa_heap_clear (&heap);
}

static void
test_lower_is_immediate (void)
{
  MsaHeapNode nodes[2] = { 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  msa_heap_set (&heap, &nodes[0], 10);
  msa_heap_set (&heap, &nodes[1], 20);
  msa_heap_set (&heap, &nodes[1], 5);
  g_assert_true (heap.pairs[0].node == &nodes[1]);
  g_assert_true (msa_heap_first (&heap) == &nodes[1]);
  msa_heap_clear (&heap);
}

static void
test_largest_key_leaves (void)
{
  MsaHeapNode node = { 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  msa_heap_set (&heap, &node, 10);
  msa_heap_set (&heap, &node, G_MAXINT64);
  g_assert_cmpuint (node.index, !=, 0);
  g_assert_null (msa_heap_first (&heap));
  g_assert_cmpuint (node.index, ==, 0);
  g_assert_cmpuint (heap.len, ==, 0);

  msa_heap_set (&heap, &node, 10);
  msa_heap_set (&heap, &node, G_MAXINT64);
  msa_heap_set (&heap, &node, 40);
  g_assert_true (msa_heap_first (&heap) == &node);
  g_assert_cmpint (node.key, ==, 40);
  msa_heap_clear (&heap);
}

static void
test_clear_forgets_nodes (void)
{
  MsaHeapNode node = { 0 };
  MsaHeap heap;

  msa_heap_init (&heap);
  msa_heap_set (&heap, &node, 10);
  msa_heap_clear (&heap);
  g_assert_cmpuint (node.index, ==, 0);
  msa_heap_remove (&heap, &node);
  g_assert_null (msa_heap_first (&heap));
}

static void
assert_is_heap (const MsaHeap *heap)
{
  for (guint i = 0; i < heap->len; i++)
    {
      g_assert_cmpuint (heap->pairs[i].node->index, ==, i + 1);
      g_assert_cmpint (heap->pairs[i].key, <=, heap->pairs[i].node->key);
      if (i > 0)
        g_assert_cmpint (heap->pairs[(i - 1) / 2].key, <=, heap->pairs[i].key);
    }
}

static void
assert_first_is_smallest (MsaHeap *heap,
                          const gint64 *keys)
{
  gint64 smallest = G_MAXINT64;
  MsaHeapNode *first = msa_heap_first (heap);

  for (guint i = 0; i < N_NODES; i++)
    smallest = MIN (smallest, keys[i]);

  g_assert_cmpint (first != NULL ? first->key : G_MAXINT64, ==, smallest);
}

static void
test_model (void)
{
  MsaHeapNode *nodes[N_NODES];
  gint64 keys[N_NODES];
  MsaHeap heap;

  msa_heap_init (&heap);
  for (guint i = 0; i < N_NODES; i++)
    {
      nodes[i] = g_new0 (MsaHeapNode, 1);
      keys[i] = G_MAXINT64;
    }

  for (guint step = 0; step < N_STEPS; step++)
    {
      guint i = (guint) g_test_rand_int_range (0, N_NODES);

      switch (g_test_rand_int_range (0, 8))
        {
        case 0:
          msa_heap_remove (&heap, nodes[i]);
          keys[i] = G_MAXINT64;
          /* Its memory may go. */
          g_free (nodes[i]);
          nodes[i] = g_new0 (MsaHeapNode, 1);
          break;
        case 1:
          keys[i] = G_MAXINT64;
          msa_heap_set (&heap, nodes[i], keys[i]);
          break;
        case 2:
        case 3:
          assert_first_is_smallest (&heap, keys);
          break;
        default:
          keys[i] = g_test_rand_int_range (-500, 500);
          msa_heap_set (&heap, nodes[i], keys[i]);
        }
      assert_is_heap (&heap);
    }

  for (guint i = 0; i < N_NODES; i++)
    {
      assert_first_is_smallest (&heap, keys);
      msa_heap_remove (&heap, nodes[i]);
      keys[i] = G_MAXINT64;
      g_free (nodes[i]);
    }
  g_assert_cmpuint (heap.len, ==, 0);
  msa_heap_clear (&heap);
}

/* What is due comes out in order, however it was put in. */
static void
test_drain (void)
{
  g_autofree MsaHeapNode *nodes = g_new0 (MsaHeapNode, N_NODES);
  gint64 last = G_MININT64;
  MsaHeap heap;

  msa_heap_init (&heap);
  for (guint i = 0; i < N_NODES; i++)
    msa_heap_set (&heap, &nodes[i], g_test_rand_int_range (0, 1000));
  for (guint i = 0; i < N_NODES; i++)
    msa_heap_set (&heap, &nodes[i], g_test_rand_int_range (0, 1000));

  for (guint i = 0; i < N_NODES; i++)
    {
      MsaHeapNode *first = msa_heap_first (&heap);

      g_assert_nonnull (first);
      g_assert_cmpint (first->key, >=, last);
      last = first->key;
      msa_heap_remove (&heap, first);
    }
  g_assert_null (msa_heap_first (&heap));
  msa_heap_clear (&heap);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/heap/empty", test_empty);
  g_test_add_func ("/msa/heap/order", test_order);
  g_test_add_func ("/msa/heap/raise-is-lazy", test_raise_is_lazy);
  g_test_add_func ("/msa/heap/lower-is-immediate", test_lower_is_immediate);
  g_test_add_func ("/msa/heap/largest-key-leaves", test_largest_key_leaves);
  g_test_add_func ("/msa/heap/clear-forgets-nodes", test_clear_forgets_nodes);
  g_test_add_func ("/msa/heap/model", test_model);
  g_test_add_func ("/msa/heap/drain", test_drain);

  return g_test_run ();
}
