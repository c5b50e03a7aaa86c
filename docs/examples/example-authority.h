/* example-authority.h: a certificate authority for a server of examples
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

/* Gives the certificate and key of a server on localhost, signed by an authority made for it, whose
 * certificate is written to @ca_file. Valid for a day. A failure ends the program. */
gnutls_certificate_credentials_t example_authority_issue (int ca_file);
