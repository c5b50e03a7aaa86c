/* msa-interop-web.c: tests that nginx and httpd run alike
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "interop/msa-interop-web.h"

#include "interop/msa-interop-httpd.h"
#include "interop/msa-interop-nginx.h"

static MsaInteropWeb webs[] = {
  { "nginx", &msa_interop_nginx, NULL },
  { "httpd", &msa_interop_httpd, NULL },
};

MsaTestPki *
msa_interop_web_get_pki (void)
{
  static MsaTestPki *pki;

  if (pki == NULL)
    pki = msa_test_pki_new ();

  return pki;
}

MsaInteropServer *
msa_interop_web_start (MsaInteropWeb *web)
{
  if (web->running == NULL)
    web->running = msa_interop_server_start (web->kind, msa_interop_web_get_pki ());

  return web->running;
}

char *
msa_interop_web_make_uri (MsaInteropWeb *web,
                          guint port_index,
                          const char *path)
{
  const char *start =
      port_index == MSA_INTEROP_WEB_PLAIN ? "http://localhost" : "https://localhost";

  return msa_interop_server_make_uri (msa_interop_web_start (web), start, port_index, path);
}

MsaInteropBatch *
msa_interop_web_make_batch (MsaInteropWeb *web,
                            MsaTestDriverKind kind)
{
  g_autofree char *ca_path = msa_interop_server_get_path (msa_interop_web_start (web), "ca.pem");
  g_autoptr (MsaTlsConfig) config = msa_tls_config_new_for_ca_file (ca_path);
  MsaInteropBatch *batch = msa_interop_batch_new (kind);

  msa_multi_set_tls_config (msa_interop_batch_get_multi (batch), config);

  return batch;
}

MsaEasy *
msa_interop_web_request (MsaInteropWeb *web,
                         MsaInteropBatch *batch,
                         const char *method,
                         const char *path,
                         const char *field,
                         const char *value)
{
  g_autofree char *uri = msa_interop_web_make_uri (web, MSA_INTEROP_WEB_PLAIN, path);
  g_autoptr (MsaEasy) easy = msa_easy_new (uri);

  g_object_set (easy, "method", method, NULL);
  if (field != NULL)
    g_assert_true (msa_headers_append (msa_easy_get_request_headers (easy), field, value, NULL));
  msa_interop_batch_add (batch, easy);
  msa_interop_batch_wait (batch);

  return easy;
}

/* httpd tells them apart by the client's port, which the next one may get again. */
void
msa_interop_web_check_connections (MsaInteropWeb *web,
                                   MsaInteropBatch *batch,
                                   guint n)
{
  guint n_seen = msa_interop_batch_count_connections (batch);

  g_assert_cmpuint (n_seen, <=, n);
  g_assert_cmpuint (n_seen, >=, web->kind == &msa_interop_nginx ? n : (n + 1) / 2);
}

/* Registering */

typedef struct
{
  MsaInteropWeb           *web;
  const MsaInteropWebCase *row;
} Bound;

static void
run_bound (MsaTestDriverKind kind,
           gconstpointer data)
{
  const Bound *bound = data;

  bound->row->test (kind, bound->web, bound->row->data);
}

static void
add_for (MsaInteropWeb *web,
         const MsaInteropWebCase *cases,
         guint n,
         gboolean once)
{
  /* Kept for good, as the tests are. */
  static GPtrArray *all;
  MsaInteropCase *bound_cases = g_new0 (MsaInteropCase, n);
  Bound *bound = g_new0 (Bound, n);

  if (all == NULL)
    all = g_ptr_array_new ();
  g_ptr_array_add (all, bound_cases);
  g_ptr_array_add (all, bound);
  for (guint i = 0; i < n; i++)
    {
      bound[i] = (Bound) { web, &cases[i] };
      bound_cases[i] = (MsaInteropCase) { cases[i].name, run_bound, &bound[i] };
    }
  if (once)
    msa_interop_add_cases_once (web->name, web->kind, bound_cases, n);
  else
    msa_interop_add_cases (web->name, web->kind, bound_cases, n);
}

void
msa_interop_web_add_cases (const MsaInteropWebCase *cases,
                           guint n,
                           gboolean once)
{
  for (guint i = 0; i < G_N_ELEMENTS (webs); i++)
    add_for (&webs[i], cases, n, once);
}

int
msa_interop_web_run (void)
{
  int result = g_test_run ();

  for (guint i = 0; i < G_N_ELEMENTS (webs); i++)
    g_clear_pointer (&webs[i].running, msa_interop_server_stop);
  msa_test_pki_free (msa_interop_web_get_pki ());

  return result;
}
