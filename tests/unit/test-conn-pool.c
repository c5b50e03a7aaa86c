/* test-conn-pool.c: idle connections, found again by key
 *
 * The pool looks at a connection's key, links and site alone, so that bare ones serve here.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "conn/msa-conn-pool-private.h"
#include "msa-easy-private.h"

static MsaConnKey *
make_key (const char *uri)
{
  g_autoptr (MsaEasy) easy = msa_easy_new (NULL);
  g_autoptr (MsaUrl) url = msa_url_parse (uri, MSA_URL_DEFAULT, NULL);

  return msa_conn_key_new (url, msa_easy_peek_settings (easy));
}

static MsaConnection *
make_connection (const char *uri)
{
  MsaConnection *self = g_new0 (MsaConnection, 1);

  self->key = make_key (uri);
  self->pool_link.data = self->lru_link.data = self;

  return self;
}

static void
free_connection (MsaConnection *self)
{
  g_assert_false (self->idle);
  msa_conn_key_unref (self->key);
  g_free (self);
}

static void
take (MsaConnPool *pool,
      MsaConnection *connection)
{
  msa_conn_pool_remove (pool, connection);
  free_connection (connection);
}

static MsaConnection *
find (MsaConnPool *pool,
      const char *uri)
{
  g_autoptr (MsaConnKey) key = make_key (uri);

  return msa_conn_pool_find (pool, key);
}

static void
test_find (void)
{
  MsaConnPool pool;
  MsaConnection *one = make_connection ("http://example.org/");
  MsaConnection *other = make_connection ("http://example.com/");

  msa_conn_pool_init (&pool);
  g_assert_null (find (&pool, "http://example.org/"));
  msa_conn_pool_put (&pool, one);
  msa_conn_pool_put (&pool, other);
  g_assert_true (one->idle);
  g_assert_cmpuint (msa_conn_pool_get_length (&pool), ==, 2);
  g_assert_true (find (&pool, "http://example.org/x") == one);
  g_assert_true (find (&pool, "http://example.org/x") == one);
  g_assert_true (find (&pool, "http://example.com/") == other);
  g_assert_null (find (&pool, "https://example.com/"));

  take (&pool, one);
  g_assert_null (find (&pool, "http://example.org/"));
  g_assert_cmpuint (msa_conn_pool_get_length (&pool), ==, 1);
  take (&pool, other);
  msa_conn_pool_clear (&pool);
}

/* The one used last is the likeliest to live. */
static void
test_newest_first (void)
{
  MsaConnPool pool;
  MsaConnection *connections[4];

  msa_conn_pool_init (&pool);
  for (guint i = 0; i < 4; i++)
    {
      connections[i] = make_connection ("http://example.org/");
      msa_conn_pool_put (&pool, connections[i]);
    }
  g_assert_true (find (&pool, "http://example.org/") == connections[3]);
  take (&pool, connections[3]);
  g_assert_true (find (&pool, "http://example.org/") == connections[2]);
  take (&pool, connections[1]);
  g_assert_true (find (&pool, "http://example.org/") == connections[2]);

  /* Used once more, it is the newest. */
  msa_conn_pool_remove (&pool, connections[0]);
  msa_conn_pool_put (&pool, connections[0]);
  g_assert_true (find (&pool, "http://example.org/") == connections[0]);
  take (&pool, connections[0]);
  take (&pool, connections[2]);
  msa_conn_pool_clear (&pool);
}

static void
test_oldest (void)
{
  MsaConnPool pool;
  MsaConnection *one = make_connection ("http://example.org/");
  MsaConnection *two = make_connection ("http://example.com/");
  MsaConnection *three = make_connection ("http://example.org/");

  msa_conn_pool_init (&pool);
  g_assert_null (msa_conn_pool_oldest (&pool));
  msa_conn_pool_put (&pool, two);
  msa_conn_pool_put (&pool, one);
  msa_conn_pool_put (&pool, three);
  g_assert_true (msa_conn_pool_oldest (&pool) == two);

  take (&pool, one);
  g_assert_true (msa_conn_pool_oldest (&pool) == two);
  take (&pool, two);
  g_assert_true (msa_conn_pool_oldest (&pool) == three);
  take (&pool, three);
  msa_conn_pool_clear (&pool);
}

/* Keys that are of no more use are forgotten, sooner or later. */
static void
test_bounded (void)
{
  MsaConnPool pool;

  msa_conn_pool_init (&pool);
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *uri = g_strdup_printf ("http://host%u.org/", i);
      MsaConnection *connection = make_connection (uri);

      msa_conn_pool_put (&pool, connection);
      take (&pool, connection);
      g_assert_cmpuint (g_hash_table_size (pool.by_key), <=, 70);
    }
  msa_conn_pool_clear (&pool);
}

/* A key in use keeps its queue, however many others come and go. */
static void
test_bounded_keeps (void)
{
  MsaConnPool pool;
  MsaConnection *kept = make_connection ("http://kept.org/");

  msa_conn_pool_init (&pool);
  msa_conn_pool_put (&pool, kept);
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *uri = g_strdup_printf ("http://host%u.org/", i);
      MsaConnection *connection = make_connection (uri);

      msa_conn_pool_put (&pool, connection);
      take (&pool, connection);
      g_assert_true (find (&pool, "http://kept.org/") == kept);
    }
  take (&pool, kept);
  msa_conn_pool_clear (&pool);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/msa/conn-pool/find", test_find);
  g_test_add_func ("/msa/conn-pool/newest-first", test_newest_first);
  g_test_add_func ("/msa/conn-pool/oldest", test_oldest);
  g_test_add_func ("/msa/conn-pool/bounded", test_bounded);
  g_test_add_func ("/msa/conn-pool/bounded-keeps", test_bounded_keeps);

  return g_test_run ();
}
