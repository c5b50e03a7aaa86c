/* msa-url-private.h: a URL, parsed once
 *
 * Immutable and reference-counted. Never rebuilt as text to be parsed again.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-host-private.h"

typedef enum
{
  MSA_SCHEME_HTTP,
  MSA_SCHEME_HTTPS,
} MsaScheme;

typedef struct
{
  grefcount refs;
  MsaScheme scheme;
  MsaHost  *host;      /* (owned) */
  guint16   port;      /* the scheme's own where none was written */
  char     *user;      /* (owned) (nullable): percent-decoded */
  char     *password;  /* (owned) (nullable): percent-decoded */
  char     *authority; /* (owned): host and port as Host says them: no default port, no user */
  char     *target;    /* (owned): path and query, path never empty, dot segments removed, no fragment */
  char     *fragment;  /* (owned) (nullable) */
} MsaUrl;

typedef enum
{
  MSA_URL_DEFAULT = 0,
  MSA_URL_PATH_AS_IS = 1 << 0, /* dot segments stay */
} MsaUrlFlags;

/* MSA_ERROR_BAD_URI or MSA_ERROR_UNSUPPORTED_SCHEME, naming the offending part and the rule;
 * a password in @text never stands in the message. */
MsaUrl     *msa_url_parse      (const char *text,
                                MsaUrlFlags flags,
                                GError **error);
/* The same; a text without a scheme has @default_scheme, if that is not NULL, where it else would
 * be guessed from the host. */
MsaUrl     *msa_url_parse_with_scheme (const char *text,
                                       const char *default_scheme,
                                       MsaUrlFlags flags,
                                       GError **error);
MsaUrl     *msa_url_ref        (MsaUrl *self);
void        msa_url_unref      (MsaUrl *self);

/* Normalised, with the fragment, without user and password. */
gchar      *msa_url_to_string  (const MsaUrl *self) G_GNUC_WARN_UNUSED_RESULT;

const char *msa_scheme_get_name (MsaScheme scheme);
guint16     msa_scheme_get_default_port (MsaScheme scheme);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaUrl, msa_url_unref)
