/* test-fault-sweep-tls.c: each call behind MsaSys fails in turn, in connections with TLS
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "msa-fault-tls-scenes.h"

int
main (int argc,
      char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);

  msa_fault_tls_init ();
  msa_fault_tls_add ("/msa/fault-sweep/tls", &msa_fault_sys);
  result = g_test_run ();
  msa_fault_tls_clear ();

  return result;
}
