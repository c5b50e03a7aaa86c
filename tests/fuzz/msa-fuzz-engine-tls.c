/* msa-fuzz-engine-tls.c: easies that speak TLS, and who answers for them
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-engine.h"
#include "fuzz/msa-fuzz-pki.h"

#include "msa-certificate-request.h"
#include "msa-easy-options.h"
#include "msa-password-request.h"
#include "msa-tls-config.h"

typedef enum
{
  CONFIG_PLAIN,
  CONFIG_ANY_CHAIN,
  CONFIG_ANY_NAME,
  CONFIG_CLIENT,
  CONFIG_LOCKED_CLIENT, /* asks for a password */
  CONFIG_OTHER_PIN,
  CONFIG_TLS_1_2,
  CONFIG_WRONG,         /* says two things */
  N_CONFIGS,
} Config;

static GBytes *
get_bytes (const gnutls_datum_t *datum)
{
  return g_bytes_new_static (datum->data, datum->size);
}

static MsaTlsConfig *
make_config (Config which)
{
  static const char *const pins[] = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                                      NULL };
  const MsaFuzzIdentity *leaf = msa_fuzz_pki_get (MSA_FUZZ_LEAF);
  g_autoptr (GBytes) ca = get_bytes (&msa_fuzz_pki_get (MSA_FUZZ_ROOT)->pem);
  g_autoptr (GBytes) certificate = get_bytes (&leaf->pem);
  g_autoptr (GBytes) key = get_bytes (&leaf->key_pem);
  g_autoptr (GBytes) locked = g_bytes_new_static (MSA_FUZZ_LOCKED_KEY,
                                                  strlen (MSA_FUZZ_LOCKED_KEY));

  switch (which)
    {
    case CONFIG_ANY_CHAIN:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "verify-chain", FALSE, NULL);
    case CONFIG_ANY_NAME:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "verify-name", FALSE, NULL);
    case CONFIG_CLIENT:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "certificate-pem", certificate,
                           "key-pem", key, NULL);
    case CONFIG_LOCKED_CLIENT:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "certificate-pem", certificate,
                           "key-pem", locked, NULL);
    case CONFIG_OTHER_PIN:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "pinned-keys", pins, NULL);
    case CONFIG_TLS_1_2:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "max-version",
                           MSA_TLS_VERSION_TLS_1_2, NULL);
    case CONFIG_WRONG:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, "key-pem", key, NULL);
    case CONFIG_PLAIN:
    case N_CONFIGS:
    default:
      return g_object_new (MSA_TYPE_TLS_CONFIG, "ca-pem", ca, NULL);
    }
}

/* Questions */

static void
answer (GObject *question,
        guint how)
{
  static const char *const passwords[] = { "secret", "wrong", "" };

  if (MSA_IS_CERTIFICATE_REQUEST (question) && how % 2 == 0)
    msa_certificate_request_accept (MSA_CERTIFICATE_REQUEST (question));
  else if (MSA_IS_CERTIFICATE_REQUEST (question))
    msa_certificate_request_reject (MSA_CERTIFICATE_REQUEST (question));
  else if (how % 4 < G_N_ELEMENTS (passwords))
    msa_password_request_answer (MSA_PASSWORD_REQUEST (question), passwords[how % 4]);
  else
    msa_password_request_cancel (MSA_PASSWORD_REQUEST (question));
}

void
msa_fuzz_engine_answer (MsaFuzzEngine *self,
                        guint argument)
{
  g_autoptr (GObject) question = NULL;

  if (self->questions->len == 0)
    return;
  question = g_object_ref (self->questions->pdata[argument / 4 % self->questions->len]);
  g_ptr_array_remove (self->questions, question);
  answer (question, argument);
}

/* Answered at once, later, or never; and the application may do something else meanwhile. */
static gboolean
asked_cb (MsaEasy *easy,
          GObject *question,
          gpointer data)
{
  MsaFuzzEngine *self = data;
  guint how;

  if (self->is_ending || msa_cursor_is_empty (&self->handlers))
    return FALSE;

  msa_fuzz_engine_act_in_handler (self);
  how = msa_fuzz_choose (&self->handlers, 10);
  if (how == 0)
    return FALSE;
  if (how < 6)
    answer (question, how);
  else if (how < 9)
    g_ptr_array_add (self->questions, g_object_ref (question));

  return TRUE;
}

void
msa_fuzz_engine_add_tls (MsaFuzzEngine *self,
                         guint argument)
{
  static const char *const uris[] = {
    "https://fuzz.org/",
    "https://fuzz.org/a",
    "https://two.org/", /* not in the certificate */
    "https://fuzz.org:80/",
  };
  static MsaTlsConfig *configs[N_CONFIGS];
  MsaEasy *easy = msa_fuzz_engine_make_easy (self, uris[argument % G_N_ELEMENTS (uris)]);
  Config which = (Config) (argument / G_N_ELEMENTS (uris) % N_CONFIGS);

  if (easy == NULL)
    return;
  if (configs[which] == NULL)
    configs[which] = make_config (which);
  msa_easy_set_tls_config (easy, configs[which]);
  g_signal_connect (easy, "accept-certificate", G_CALLBACK (asked_cb), self);
  g_signal_connect (easy, "key-password", G_CALLBACK (asked_cb), self);
  msa_fuzz_engine_add (self, easy);
}
