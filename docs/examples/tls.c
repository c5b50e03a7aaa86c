/* tls.c: a peer that is trusted in one of the ways there are
 *
 *   tls URL system
 *   tls URL authority FILE
 *   tls URL authority-pem FILE
 *   tls URL pin SHA256
 *   tls URL client CERTIFICATE KEY [PASSWORD]
 *   tls URL modern
 *   tls URL twice FILE
 *   tls URL show FILE
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <msa.h>
#include <string.h>

/* [authority] */
static MsaTlsConfig *
trust_file (const char *path)
{
  return msa_tls_config_new_for_ca_file (path);
}
/* [/authority] */

/* [authority-pem] */
static MsaTlsConfig *
trust_pem (GBytes *pem)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", pem, NULL);
}
/* [/authority-pem] */

/* [pin] */
static MsaTlsConfig *
trust_key (const char *pin)
{
  const char *pins[] = { pin, NULL };

  /* The key says who it is: neither an authority nor a name has to. */
  return g_object_new (MSA_TYPE_TLS_CONFIG, "pinned-keys", pins, "verify-chain", FALSE,
                       "verify-name", FALSE, NULL);
}
/* [/pin] */

/* [client] */
static MsaTlsConfig *
show_certificate (const char *certificate,
                  const char *key,
                  const char *password)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "certificate-file", certificate, "key-file", key,
                       "key-password", password, NULL);
}
/* [/client] */

/* [modern] */
static MsaTlsConfig *
speak_tls_1_3 (void)
{
  return g_object_new (MSA_TYPE_TLS_CONFIG, "min-version", MSA_TLS_VERSION_TLS_1_3, "priority",
                       "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305", NULL);
}
/* [/modern] */

/* [errors] */
static void
tell_error (const GError *error)
{
  if (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_VERIFY))
    g_print ("not trusted: %s\n", error->message);
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_PIN))
    g_print ("another key: %s\n", error->message);
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_TRUST) ||
           g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_TRUST_EMPTY))
    g_print ("no trust store: %s\n", error->message);
  else if (g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_CLIENT_CERTIFICATE) ||
           g_error_matches (error, MSA_ERROR, MSA_ERROR_TLS_PASSWORD))
    g_print ("no client certificate: %s\n", error->message);
  else
    g_print ("%s\n", error->message);
}
/* [/errors] */

static void
show_peer (MsaEasy *easy)
{
  /* [peer] */
  g_autoptr (GPtrArray) chain = msa_easy_dup_peer_chain (easy);

  for (guint i = 0; chain != NULL && i < chain->len; i++)
    g_print ("certificate %u: %zu bytes of DER\n", i, g_bytes_get_size (chain->pdata[i]));
  /* [/peer] */
}

/* Ends the connection, and makes another one. */
static gboolean
run_again (MsaEasy *easy,
           GError **error)
{
  /* [sessions] */
  g_autoptr (MsaTlsSessionStore) store = msa_tls_session_store_new ();

  msa_easy_set_tls_session_store (easy, store);
  msa_easy_set_forbid_reuse (easy, TRUE);
  if (!msa_easy_run_sync (easy, NULL, error))
    return FALSE;
  g_print ("sessions to resume: %s\n",
           msa_tls_session_store_get_n_sessions (store) > 0 ? "some" : "none");
  /* [/sessions] */
  return msa_easy_run_sync (easy, NULL, error);
}

static MsaTlsConfig *
make_config (int argc,
             char **argv)
{
  const char *way = argv[2];
  g_autoptr (GBytes) pem = NULL;
  g_autofree char *text = NULL;
  gsize len;

  if (strcmp (way, "modern") == 0)
    return speak_tls_1_3 ();
  if (argc > 3 && (strcmp (way, "authority") == 0 || strcmp (way, "twice") == 0 ||
                   strcmp (way, "show") == 0))
    return trust_file (argv[3]);
  if (argc > 3 && strcmp (way, "authority-pem") == 0 &&
      g_file_get_contents (argv[3], &text, &len, NULL))
    {
      pem = g_bytes_new (text, len);
      return trust_pem (pem);
    }
  if (argc > 3 && strcmp (way, "pin") == 0)
    return trust_key (argv[3]);
  if (argc > 4 && strcmp (way, "client") == 0)
    return show_certificate (argv[3], argv[4], argv[5]);

  return NULL;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (MsaEasy) easy = NULL;
  g_autoptr (MsaTlsConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  gboolean good;

  if (argc > 2)
    config = make_config (argc, argv);
  if (argc < 3 || (config == NULL && strcmp (argv[2], "system") != 0))
    {
      g_printerr ("Usage: tls URL "
                  "system|authority|authority-pem|pin|client|modern|twice|show [ARGUMENT…]\n");
      return 2;
    }

  easy = msa_easy_new (argv[1]);
  msa_easy_set_tls_config (easy, config);
  if (strcmp (argv[2], "twice") == 0)
    good = run_again (easy, &error);
  else
    good = msa_easy_run_sync (easy, NULL, &error);
  if (strcmp (argv[2], "show") == 0)
    show_peer (easy);

  if (good)
    g_print ("%u\n", msa_easy_get_status (easy));
  else
    tell_error (error);
  return good ? 0 : 1;
}
