/* test-fault-sweep-gnutls.c: each call of GnuTLS fails in turn
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-fault-gnutls.h"
#include "msa-fault-tls-scenes.h"

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  msa_fault_tls_init ();
  msa_fault_tls_add ("/msa/fault-sweep/gnutls", &msa_fault_gnutls);
  result = g_test_run ();
  msa_fault_tls_clear ();

  return result;
}
