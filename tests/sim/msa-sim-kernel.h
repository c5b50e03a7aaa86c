/* msa-sim-kernel.h: the waits and the clock of this program, on the simulation's time
 *
 * GLib's main contexts wait in poll() or ppoll() and read clock_gettime(). A program that links
 * msa-sim-kernel.c has these of its own: while a simulation is in use here, a wait moves its
 * virtual clock on, and the monotonic clock shows it. In other threads, and without a simulation,
 * all is as in the kernel.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-sim.h"

/* By this thread, from now on. NULL: none. */
void msa_sim_kernel_use       (MsaSim *sim);
/* msa_sim_set_limit() of the simulation in use. */
void msa_sim_kernel_set_limit (gint64 until_us);
