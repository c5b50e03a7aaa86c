/* msa-host-private.h: the one type of a host name
 *
 * Made by one function, immutable afterwards: lower case, IDNA 2008 to ASCII, one trailing
 * dot removed and noted, percent-decoded once, IP literals (all the forms of B8, and
 * IPv6 with zone) in binary. Whatever compares hosts takes only this type.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-cursor-private.h"

typedef enum
{
  MSA_HOST_NAME,
  MSA_HOST_IPV4,
  MSA_HOST_IPV6,
} MsaHostKind;

typedef struct
{
  grefcount   refs;
  MsaHostKind kind;
  gboolean    trailing_dot;  /* the name was written with one */
  guint8      address[16];   /* network order: 4 bytes for IPv4, 16 for IPv6 */
  char       *zone;          /* (owned) (nullable): of an IPv6 address */
  char       *name;          /* (owned): canonical text, IPv6 without brackets and zone */
  gsize       name_len;
} MsaHost;

/* @text is what stands in the authority: a name or address, or an IPv6 address in
 * brackets. MSA_ERROR_BAD_URI names @text and the rule it breaks. */
MsaHost *msa_host_new   (MsaSlice text,
                         GError **error);
MsaHost *msa_host_ref   (MsaHost *self);
void     msa_host_unref (MsaHost *self);

/* Takes what msa_host_new() is made of: up to a ':', or to the closing bracket. */
MsaSlice msa_host_take  (MsaCursor *cursor);
/* The same machine is meant, with a trailing dot or without. */
gboolean msa_host_equal (const MsaHost *self,
                         const MsaHost *other);

/* As it stands in Host and in an authority: IPv6 in brackets, never a zone, the
 * trailing dot as written. */
gchar   *msa_host_to_authority (const MsaHost *self) G_GNUC_WARN_UNUSED_RESULT;

/* localhost, or a name that ends in .localhost (RFC 6761, 6.3). */
gboolean msa_host_is_localhost (const MsaHost *self);
/* A name that ends in .onion (RFC 7686): must not be looked up. */
gboolean msa_host_is_onion     (const MsaHost *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaHost, msa_host_unref)
