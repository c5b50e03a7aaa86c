/* test-first-light.c: the thin whole: plain requests through all layers, in each driver
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-multi-private.h"
#include "sim/msa-test-driver.h"

typedef struct
{
  guint n_left;
  guint n_ok;
} Counter;

static void
respond (MsaSimPeer *peer,
         const char *method,
         const char *target,
         const char *head,
         GBytes *body,
         gpointer data)
{
  msa_sim_http_respond (peer, 200, "X-Test: yes\r\n", target);
}

static void
completed_cb (MsaEasy *easy,
              const GError *error,
              gpointer data)
{
  Counter *counter = data;

  g_assert_no_error (error);
  g_assert_cmpuint (msa_easy_get_status (easy), ==, 200);
  g_assert_cmpstr (msa_headers_get (msa_easy_get_response_headers (easy), "x-test"), ==, "yes");
  g_assert_cmpmem (g_bytes_get_data (msa_easy_get_body (easy), NULL),
                   g_bytes_get_size (msa_easy_get_body (easy)), "/hello", 6);
  counter->n_ok++;
  counter->n_left--;
}

static gboolean
is_done (gpointer data)
{
  return ((Counter *) data)->n_left == 0;
}

static void
test_fetch (gconstpointer data)
{
  MsaTestDriverKind kind = GPOINTER_TO_UINT (data);
  MsaSim *sim = msa_sim_new ();
  MsaMulti *multi = msa_multi_new_with_sys (msa_sim_get_sys (msa_sim_ref (sim)));
  MsaTestDriver *driver = msa_test_driver_new (kind, multi, sim);
  Counter counter = { .n_left = 50 };

  msa_sim_http_server (sim, "10.0.0.1", 80, respond, NULL);
  msa_sim_set_host (sim, "example.org", 5000, "10.0.0.1", NULL);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (MsaEasy) easy = msa_easy_new ("http://example.org/hello");

      g_signal_connect (easy, "completed", G_CALLBACK (completed_cb), &counter);
      g_assert_true (msa_multi_add (multi, easy, NULL));
    }

  g_assert_true (msa_test_driver_run (driver, is_done, &counter, 10 * G_USEC_PER_SEC));
  g_assert_cmpuint (counter.n_ok, ==, 50);
  g_assert_cmpuint (msa_sim_get_n_peers (sim), ==, 6);
  g_assert_cmpuint (msa_multi_get_n_running (multi), ==, 0);

  msa_test_driver_free (driver);
  g_assert_finalize_object (multi);
  msa_sim_assert_clean (sim);
  msa_sim_unref (sim);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint kind = 0; kind < MSA_TEST_N_DRIVERS; kind++)
    if (msa_test_driver_works_in_sim (kind))
      {
        g_autofree char *path =
            g_strdup_printf ("/msa/first-light/fetch/%s", msa_test_driver_get_name (kind));

        g_test_add_data_func (path, GUINT_TO_POINTER (kind), test_fetch);
      }

  return g_test_run ();
}
