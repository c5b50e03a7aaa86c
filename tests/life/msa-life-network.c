/* msa-life-network.c: the hosts, servers and keys of the simulated network
 *
 * Each host holds its transfers up in one state; plain.org in none.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "life/msa-life.h"

#define MS 1000

/* Keys */

static MsaTestPki *root;
static MsaTestPki *client_root;
static MsaTestCert *server_cert;
static MsaTestCert *client_cert;
static gnutls_datum_t ticket_key;

/* Locked by MSA_LIFE_PASSWORD, in one round, where GnuTLS makes so many that each case would take
 * half a second. It is not the certificate's: none of these transfers is to come that far. */
static const char locked_key[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIGaMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAgHm1On4t3dEAIBATAM\n"
    "BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBAgQQ0gbGp/7XarIfHjaFumvDdARAecoP\n"
    "VT1PV3BYdAFTyHU9Lqo4OjZQODbrGDpxlKinKpAXYojVimmIVt6euNYB3ebcfsAZ\n"
    "Vwox0aGUjw6rY2K4YA==\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

void
msa_life_make_keys (void)
{
  const MsaTestCertSpec server = { .dns = { "other.example" } };
  const MsaTestCertSpec client = { .common_name = "me", .purpose = "1.3.6.1.5.5.7.3.2" };

  root = msa_test_pki_new ();
  client_root = msa_test_pki_new ();
  server_cert = msa_test_pki_issue (root, &server);
  client_cert = msa_test_pki_issue (client_root, &client);
  gnutls_session_ticket_key_generate (&ticket_key);
}

void
msa_life_free_keys (void)
{
  msa_test_pki_free (root);
  msa_test_pki_free (client_root);
  msa_test_cert_free (server_cert);
  msa_test_cert_free (client_cert);
  gnutls_free (ticket_key.data);
}

/* The servers */

static void
own_server_cb (MsaSimPeer *peer,
               const char *method,
               const char *target,
               const char *head,
               GBytes *body,
               gpointer data)
{
  msa_sim_peer_send_at (peer, 5 * MS, "HTTP/1.1 103 Early\r\n\r\n", -1);
  msa_sim_peer_send_at (peer, 10 * MS, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", -1);
  msa_sim_peer_send_at (peer, 1500 * MS, "half", -1);
}

static void
plain_server_cb (MsaSimPeer *peer,
                 const char *method,
                 const char *target,
                 const char *head,
                 GBytes *body,
                 gpointer data)
{
  msa_sim_http_respond (peer, 200, NULL, "ok");
}

static void
silent_server_cb (MsaSimPeer *peer,
                  const char *method,
                  const char *target,
                  const char *head,
                  GBytes *body,
                  gpointer data)
{
}

static void
half_server_cb (MsaSimPeer *peer,
                const char *method,
                const char *target,
                const char *head,
                GBytes *body,
                gpointer data)
{
  msa_sim_peer_send (peer, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf", -1);
}

static void
deaf_server_cb (MsaSim *sim,
                MsaSimPeer *peer,
                gpointer data)
{
  msa_sim_peer_stop_reading (peer);
}

void
msa_life_make_network (MsaSim *sim)
{
  msa_sim_set_host (sim, "example.org", MS, "10.0.0.1", NULL);
  msa_sim_http_server (sim, "10.0.0.1", 80, own_server_cb, NULL);
  msa_sim_set_host (sim, "plain.org", MS, "10.0.0.2", NULL);
  msa_sim_http_server (sim, "10.0.0.2", 80, plain_server_cb, NULL);
  msa_sim_set_host (sim, "silent.org", MS, "10.0.0.3", NULL);
  msa_sim_http_server (sim, "10.0.0.3", 80, silent_server_cb, NULL);
  msa_sim_set_host (sim, "deaf.org", MS, "10.0.0.4", NULL);
  msa_sim_listen (sim, "10.0.0.4", 80, deaf_server_cb, NULL);
  msa_sim_set_host (sim, "half.org", MS, "10.0.0.5", NULL);
  msa_sim_http_server (sim, "10.0.0.5", 80, half_server_cb, NULL);
  msa_sim_set_host (sim, "slow.org", G_USEC_PER_SEC * 100, "10.0.0.2", NULL);
  msa_sim_set_host (sim, "hole.org", MS, "10.0.0.9", NULL);
  msa_sim_set_black_hole (sim, "10.0.0.9");
  msa_sim_set_file (sim, "/ca.pem", msa_test_pki_ca_pem (root), -1);
  msa_sim_set_file (sim, "/cert.pem", client_cert->cert_pem, -1);
  msa_sim_set_file (sim, "/locked.pem", locked_key, -1);
}

MsaTestHttps *
msa_life_serve_tls (MsaSim *sim,
                    gboolean asks_client)
{
  const MsaTestTlsOptions options = {
    .cert = server_cert,
    .client_ca = asks_client ? msa_test_pki_ca_pem (client_root) : NULL,
    .ticket_key = &ticket_key,
  };

  return msa_test_https_new (sim, "10.0.0.1", &options, msa_test_https_answer, NULL);
}

/* A resolver of the application's */

typedef struct
{
  GResolver parent_instance;
} LifeResolver;

typedef struct
{
  GResolverClass parent_class;
} LifeResolverClass;

GType life_resolver_get_type (void);

G_DEFINE_TYPE (LifeResolver, life_resolver, G_TYPE_RESOLVER)

static GList *
life_resolver_lookup (GResolver *resolver,
                      const char *host,
                      GResolverNameLookupFlags flags,
                      GCancellable *cancellable,
                      GError **error)
{
  return g_list_append (NULL, g_inet_address_new_from_string ("10.0.0.2"));
}

static void
life_resolver_class_init (LifeResolverClass *klass)
{
  G_RESOLVER_CLASS (klass)->lookup_by_name_with_flags = life_resolver_lookup;
}

static void
life_resolver_init (LifeResolver *self)
{
}

GResolver *
msa_life_resolver_new (void)
{
  return g_object_new (life_resolver_get_type (), NULL);
}
