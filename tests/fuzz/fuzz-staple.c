/* fuzz-staple.c: what is made of a stapled status
 *
 * Input: in the first line the response, a digit each: its outcome, the certificate's
 * status, who signs, whose certificate is in it, when it was made, whether there is a time
 * for the next one, how the signer is named, who is trusted (a bit for each certificate),
 * and which of the chain it is about. In the second line the peer's chain, a digit for each
 * certificate. In the third one changes of what is then signed, in the fourth one of the
 * whole response: two digits for the place, then a byte. Without a first line the rest of
 * the input is the response.
 *
 * GnuTLS' own functions for the three things that come from a session are replaced. A status
 * must be taken only if the issuer has signed it, or one whom it let do so.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "fuzz/msa-fuzz-pki.h"
#include "fuzz/msa-fuzz.h"

#include "base/msa-limits-private.h"
#include "model/msa-sys-private.h"
#include "tls/msa-tls-verify-private.h"

#include <gnutls/crypto.h>
#include <gnutls/ocsp.h>

#define NOW_S 1577836800
/* More than what is looked at. */
#define MAX_CHAIN (MSA_MAX_PEER_CHAIN + 4)
#define N_DIGITS 61

typedef struct
{
  guint       outcome;   /* 0: there is a status */
  guint       status;
  MsaFuzzCert signer;
  guint       included;  /* MSA_FUZZ_N_CERTS: none */
  guint       when;
  gboolean    has_next;
  gboolean    by_key;    /* the signer is named by it */
  guint       trusted;
  guint       index;
  MsaFuzzCert chain[MAX_CHAIN];
  guint       n_chain;
  gboolean    is_changed;
  gboolean    is_raw;
} Plan;

/* Seconds that a response is older than now. */
static const int ages_s[] = { 24 * 3600, 0, -4 * 60, -6 * 60, -365 * 24 * 3600 };

/* What comes from a session */

static const Plan *plan;
static GByteArray *response;
static gnutls_datum_t chain[MAX_CHAIN];
static gnutls_x509_trust_list_t trusted;

int
gnutls_ocsp_status_request_get2 (gnutls_session_t session,
                                 unsigned int index,
                                 gnutls_datum_t *datum)
{
  if (index != plan->index)
    return GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
  datum->data = response->data;
  datum->size = response->len;
  return 0;
}

const gnutls_datum_t *
gnutls_certificate_get_peers (gnutls_session_t session,
                              unsigned int *n)
{
  *n = plan->n_chain;
  return plan->n_chain > 0 ? chain : NULL;
}

void
gnutls_certificate_get_trust_list (gnutls_certificate_credentials_t credentials,
                                   gnutls_x509_trust_list_t *list)
{
  *list = trusted;
}

static gint64
sys_real_us (MsaSys *sys)
{
  return (gint64) NOW_S * G_USEC_PER_SEC;
}

static const MsaSysOps sys_ops = { .real_us = sys_real_us };

/* The response, in DER */

static void
wrap (GByteArray *der,
      guint8 tag)
{
  guint8 head[4] = { tag };
  guint n = 2;

  if (der->len < 128)
    head[1] = (guint8) der->len;
  else
    {
      head[1] = 0x82;
      head[2] = (guint8) (der->len >> 8);
      head[3] = (guint8) der->len;
      n = 4;
    }
  g_byte_array_prepend (der, head, n);
}

static void
append (GByteArray *der,
        guint8 tag,
        gconstpointer data,
        gsize len)
{
  g_autoptr (GByteArray) element = g_byte_array_new ();

  if (len > 0)
    g_byte_array_append (element, data, (guint) len);
  wrap (element, tag);
  g_byte_array_append (der, element->data, element->len);
}

static void
append_time (GByteArray *der,
             gint64 time_s)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time_s);
  g_autofree char *text = g_date_time_format (date, "%Y%m%d%H%M%SZ");

  append (der, 0x18, text, strlen (text));
}

/* Nothing of it is looked at here: GnuTLS has done so before. */
static void
append_id (GByteArray *der)
{
  static const guint8 sha1[] = { 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00 };
  static const guint8 zeros[20];
  g_autoptr (GByteArray) id = g_byte_array_new ();

  g_byte_array_append (id, sha1, sizeof (sha1));
  append (id, 0x04, zeros, sizeof (zeros));
  append (id, 0x04, zeros, sizeof (zeros));
  append (id, 0x02, "\1", 1);
  append (der, 0x30, id->data, id->len);
}

static void
append_signer (GByteArray *der)
{
  const MsaFuzzIdentity *signer = msa_fuzz_pki_get (plan->signer);
  g_autoptr (GByteArray) name = g_byte_array_new ();
  gnutls_datum_t dn;
  guint8 id[20];
  size_t len = sizeof (id);

  if (plan->by_key)
    {
      g_assert_cmpint (gnutls_x509_crt_get_key_id (signer->crt, 0, id, &len), ==, 0);
      append (name, 0x04, id, len);
      append (der, 0xa2, name->data, name->len);
      return;
    }
  g_assert_cmpint (gnutls_x509_crt_get_raw_dn (signer->crt, &dn), ==, 0);
  append (der, 0xa1, dn.data, dn.size);
  gnutls_free (dn.data);
}

static GByteArray *
make_data (void)
{
  static const guint8 tags[] = { 0x80, 0xa1, 0x82 };
  gint64 since_s = NOW_S - ages_s[plan->when];
  g_autoptr (GByteArray) single = g_byte_array_new ();
  g_autoptr (GByteArray) when = g_byte_array_new ();
  g_autoptr (GByteArray) next = g_byte_array_new ();
  GByteArray *data = g_byte_array_new ();

  append_id (single);
  append_time (when, since_s);
  append (single, tags[plan->status], when->data, plan->status == 1 ? when->len : 0);
  append_time (single, since_s);
  append_time (next, since_s + 7 * 24 * 3600);
  if (plan->has_next)
    append (single, 0xa0, next->data, next->len);
  wrap (single, 0x30);
  wrap (single, 0x30);

  append_signer (data);
  append_time (data, since_s);
  g_byte_array_append (data, single->data, single->len);
  wrap (data, 0x30);

  return data;
}

static void
sign (GByteArray *data)
{
  static const guint8 ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };
  g_autoptr (GByteArray) bits = g_byte_array_new ();
  gnutls_datum_t datum = { data->data, data->len };
  gnutls_datum_t signature;

  g_assert_cmpint (gnutls_privkey_sign_data2 (msa_fuzz_pki_get (plan->signer)->key,
                                              GNUTLS_SIGN_EDDSA_ED25519, 0, &datum, &signature),
                   ==, 0);
  g_byte_array_append (bits, (const guint8 *) "", 1);
  g_byte_array_append (bits, signature.data, signature.size);
  g_byte_array_append (data, ed25519, sizeof (ed25519));
  append (data, 0x03, bits->data, bits->len);
  gnutls_free (signature.data);
}

static void
append_included (GByteArray *data)
{
  const MsaFuzzIdentity *included;
  g_autoptr (GByteArray) list = g_byte_array_new ();

  if (plan->included == MSA_FUZZ_N_CERTS)
    return;
  included = msa_fuzz_pki_get ((MsaFuzzCert) plan->included);
  g_byte_array_append (list, included->der.data, included->der.size);
  wrap (list, 0x30);
  append (data, 0xa0, list->data, list->len);
}

static void
change (GByteArray *bytes,
        MsaSlice changes)
{
  MsaCursor cursor = msa_cursor_from_slice (changes);

  while (msa_cursor_left (&cursor) >= 3)
    {
      guint place = msa_fuzz_choose (&cursor, N_DIGITS) * N_DIGITS;

      place += msa_fuzz_choose (&cursor, N_DIGITS);
      bytes->data[place % bytes->len] = (guint8) msa_cursor_next (&cursor);
    }
}

static GByteArray *
make_response (MsaSlice signed_changes,
               MsaSlice changes)
{
  static const guint8 basic[] = { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x05,
                                  0x05, 0x07, 0x30, 0x01, 0x01 };
  guint8 outcome[] = { 0x0a, 0x01, (guint8) plan->outcome };
  GByteArray *der = g_byte_array_new ();

  if (plan->outcome == 0)
    {
      g_byte_array_unref (der);
      der = make_data ();
      change (der, signed_changes);
      sign (der);
      append_included (der);
      wrap (der, 0x30);
      wrap (der, 0x04);
      g_byte_array_prepend (der, basic, sizeof (basic));
      wrap (der, 0x30);
      wrap (der, 0xa0);
    }
  g_byte_array_prepend (der, outcome, sizeof (outcome));
  wrap (der, 0x30);
  change (der, changes);

  return der;
}

/* What must hold */

static gboolean
is_known (MsaFuzzCert which)
{
  for (guint i = 0; i < MIN (plan->n_chain, MSA_MAX_PEER_CHAIN); i++)
    if (plan->chain[i] == which)
      return TRUE;

  return (plan->trusted >> which & 1) != 0;
}

/* By what was written before anything was changed: what is signed stays so. */
static gboolean
is_signed_well (void)
{
  MsaFuzzCert issuer = plan->chain[plan->index] == MSA_FUZZ_TWIN ? MSA_FUZZ_TWIN : MSA_FUZZ_ROOT;
  guint key = msa_fuzz_pki_get (plan->signer)->key_number;

  if (!is_known (issuer))
    return FALSE;
  if (key == msa_fuzz_pki_get (issuer)->key_number)
    return TRUE;

  return issuer == MSA_FUZZ_ROOT && plan->included == MSA_FUZZ_DELEGATE &&
         key == msa_fuzz_pki_get (MSA_FUZZ_DELEGATE)->key_number;
}

/* Nothing is wrong with it at all: then it must be taken. */
static gboolean
is_plain (void)
{
  return !plan->is_changed && plan->status < 2 && ages_s[plan->when] >= -5 * 60 &&
         plan->signer == MSA_FUZZ_ROOT && plan->included == MSA_FUZZ_N_CERTS && !plan->by_key &&
         plan->chain[plan->index] != MSA_FUZZ_TWIN && is_known (MSA_FUZZ_ROOT) &&
         !is_known (MSA_FUZZ_TWIN);
}

static void
check (void)
{
  MsaSys sys = { &sys_ops };
  gboolean is_looked_at = plan->index < MIN (plan->n_chain, MSA_MAX_PEER_CHAIN);
  const char *objection = msa_tls_staple_object (NULL, NULL, &sys);

  if (plan->n_chain == 0)
    {
      g_assert_nonnull (objection);
      return;
    }
  if (!is_looked_at)
    {
      g_assert_null (objection);
      return;
    }
  if (objection != NULL)
    g_assert_cmpuint (strlen (objection), >, 10);
  if (plan->is_raw)
    return;
  if (objection != NULL)
    {
      g_assert_false (plan->outcome == 0 && is_plain ());
      g_assert_false (plan->outcome != 0 && !plan->is_changed);
      return;
    }

  /* What says that it has no status counts as none, and any may be made to say so. */
  if (plan->outcome != 0 || plan->is_changed)
    {
      gnutls_ocsp_resp_t read;
      gnutls_datum_t datum = { response->data, response->len };

      g_assert_cmpint (gnutls_ocsp_resp_init (&read), ==, 0);
      g_assert_cmpint (gnutls_ocsp_resp_import (read, &datum), ==, 0);
      if (gnutls_ocsp_resp_get_status (read) != GNUTLS_OCSP_RESP_SUCCESSFUL)
        {
          gnutls_ocsp_resp_deinit (read);
          return;
        }
      gnutls_ocsp_resp_deinit (read);
    }
  g_assert_true (is_signed_well ());
  if (!plan->is_changed)
    {
      g_assert_cmpuint (plan->status, <, 2);
      g_assert_cmpint (ages_s[plan->when], >=, -5 * 60);
    }
}

/* The list of those whom we trust, made once for each mask. */
static void
trust (guint mask)
{
  static gnutls_x509_trust_list_t lists[1 << MSA_FUZZ_N_CERTS];

  if (lists[mask] == NULL)
    {
      g_assert_cmpint (gnutls_x509_trust_list_init (&lists[mask], 0), ==, 0);
      for (guint i = 0; i < MSA_FUZZ_N_CERTS; i++)
        {
          gnutls_x509_crt_t crt = msa_fuzz_pki_get ((MsaFuzzCert) i)->crt;

          if ((mask >> i & 1) != 0)
            g_assert_cmpint (gnutls_x509_trust_list_add_cas (lists[mask], &crt, 1, 0), ==, 1);
        }
    }
  trusted = lists[mask];
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        size_t size)
{
  MsaCursor input = msa_cursor (data, size);
  MsaSlice first = msa_fuzz_take_line (&input);
  MsaCursor line = msa_cursor_from_slice (first);
  MsaCursor certs = msa_cursor_from_slice (msa_fuzz_take_line (&input));
  MsaSlice signed_changes, changes;
  Plan self = { .n_chain = 0 };

  self.outcome = msa_fuzz_choose (&line, 8);
  self.status = msa_fuzz_choose (&line, 3);
  self.signer = (MsaFuzzCert) msa_fuzz_choose (&line, MSA_FUZZ_N_CERTS);
  self.included = msa_fuzz_choose (&line, MSA_FUZZ_N_CERTS + 1);
  self.when = msa_fuzz_choose (&line, G_N_ELEMENTS (ages_s));
  self.has_next = msa_fuzz_choose (&line, 2) == 1;
  self.by_key = msa_fuzz_choose (&line, 2) == 1;
  self.trusted = msa_fuzz_choose (&line, 1 << MSA_FUZZ_N_CERTS);
  self.index = msa_fuzz_choose (&line, MAX_CHAIN);
  while (self.n_chain < MAX_CHAIN && !msa_cursor_is_empty (&certs))
    {
      MsaFuzzCert which = (MsaFuzzCert) msa_fuzz_choose (&certs, MSA_FUZZ_N_CERTS);

      chain[self.n_chain] = msa_fuzz_pki_get (which)->der;
      self.chain[self.n_chain++] = which;
    }
  signed_changes = msa_fuzz_take_line (&input);
  plan = &self;
  if (first.len > 0)
    {
      changes = msa_fuzz_take_line (&input);
      self.is_changed = signed_changes.len >= 3 || changes.len >= 3;
      response = make_response (signed_changes, changes);
    }
  else
    {
      MsaSlice rest = msa_cursor_rest (&input);

      self.is_raw = TRUE;
      response = g_byte_array_new ();
      g_byte_array_append (response, (const guint8 *) rest.data, (guint) rest.len);
    }
  trust (self.trusted);
  check ();
  g_byte_array_unref (response);

  return 0;
}
