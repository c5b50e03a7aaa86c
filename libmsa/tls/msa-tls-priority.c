/* msa-tls-priority.c: what is offered in a handshake
 *
 * Priorities are parsed once for a trust and shared by its sessions.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "tls/msa-tls-trust-private.h"

#include "model/msa-error.h"

#include <string.h>

/* Asks for 112 bits of security from keys and signatures (RSA of 2048 bits). */
#define PROFILE "%PROFILE_MEDIUM"

/* What is never spoken, nor outside of the versions that are wanted. It stands last, so that
 * nothing before can bring it back. */
static char *
make_version_part (const MsaTlsSettings *settings)
{
  return g_strconcat ("-VERS-SSL3.0:-VERS-TLS1.0:-VERS-TLS1.1:-VERS-DTLS-ALL",
                      settings->min_version == MSA_TLS_VERSION_TLS_1_3 ? ":-VERS-TLS1.2" : "",
                      settings->max_version == MSA_TLS_VERSION_TLS_1_2 ? ":-VERS-TLS1.3" : "",
                      NULL);
}

static gboolean
changes_default (const char *priority)
{
  return strchr ("+-!%", priority[0]) != NULL;
}

/* @position: where GnuTLS stopped, an offset from the start of the application's string. */
static void
set_error (const char *priority,
           gssize position,
           int result,
           GError **error)
{
  g_autofree char *shown = NULL;
  g_autofree char *text = NULL;

  if (priority == NULL)
    {
      text = msa_tls_describe (result);
      g_set_error (error, MSA_ERROR, MSA_ERROR_TLS_HANDSHAKE,
                   "the default TLS priorities cannot be used: %s", text);
      return;
    }

  shown = g_utf8_make_valid (priority, -1);
  if (result == GNUTLS_E_NO_PRIORITIES_WERE_SET)
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "the TLS priority string '%s' leaves nothing that could be offered", shown);
  else
    g_set_error (error, MSA_ERROR, MSA_ERROR_INVALID_ARGUMENT,
                 "the TLS priority string '%s' is not understood at position %" G_GSSIZE_FORMAT,
                 shown, position);
}

/* Without groups, GnuTLS drops TLS 1.3 after it has looked whether anything is left. */
static gboolean
has_versions (gnutls_priority_t priority)
{
  const guint *versions;

  return gnutls_priority_protocol_list (priority, &versions) > 0;
}

/* By default it only takes away from the system's own priorities, so that an administrator's policy
 * is narrowed and never widened; but for a %PROFILE in a default-priority-string, in whose
 * place ours comes. A min-verification-profile stands above both. */
gnutls_priority_t
msa_tls_priority_new (const MsaTlsSettings *settings,
                      GError **error)
{
  const char *own = settings->priority;
  gboolean append = own == NULL || changes_default (own);
  g_autofree char *versions = make_version_part (settings);
  g_autofree char *all = g_strconcat (append ? PROFILE ":" : "", own != NULL ? own : "",
                                      own != NULL ? ":" : "", versions, NULL);
  gsize own_start = append ? strlen (PROFILE ":") : 0;
  const char *stop = all;
  gnutls_priority_t priority = NULL;
  gssize position;
  int result;

  result = gnutls_priority_init2 (&priority, all, &stop,
                                  append ? GNUTLS_PRIORITY_INIT_DEF_APPEND : 0);
  if (result >= 0 && has_versions (priority))
    return priority;
  if (result >= 0)
    {
      gnutls_priority_deinit (priority);
      result = GNUTLS_E_NO_PRIORITIES_WERE_SET;
    }

  position = stop != NULL && stop >= all ? stop - all - (gssize) own_start : 0;
  set_error (own, MAX (position, 0), result, error);
  return NULL;
}
