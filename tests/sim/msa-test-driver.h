/* msa-test-driver.h: a multi driven in each of its ways, on either system
 *
 * One function runs a multi until a condition holds, whoever drives it and whether the system
 * is the simulated one (virtual time, no waiting) or the real one (one deadline as a safety
 * net). The callbacks driver is a model application: it does what it was told and nothing else,
 * and records each broken rule of the contract.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-multi.h"
#include "sim/msa-sim.h"

typedef enum
{
  MSA_TEST_ATTACHED,  /* one source, own poller */
  MSA_TEST_SINGLY,    /* one source, each descriptor by itself: real system only */
  MSA_TEST_CALLBACKS, /* socket_action by socket and timer functions */
  MSA_TEST_PERFORM,   /* perform and poll in turn */
  MSA_TEST_EXPORTED,  /* perform when the one descriptor is readable */
  MSA_TEST_N_DRIVERS
} MsaTestDriverKind;

typedef struct _MsaTestDriver MsaTestDriver;
typedef gboolean (*MsaTestCondition) (gpointer data);

const char    *msa_test_driver_get_name (MsaTestDriverKind kind);
/* SINGLY needs descriptors that the kernel knows. */
gboolean       msa_test_driver_works_in_sim (MsaTestDriverKind kind);

/* @sim NULL: the real system. The multi is held, and detached by free(). */
MsaTestDriver *msa_test_driver_new  (MsaTestDriverKind kind,
                                     MsaMulti *multi,
                                     MsaSim *sim);
/* Fails the test if the model application saw a rule broken. */
void           msa_test_driver_free (MsaTestDriver *self);

/* Drives until @done says so: TRUE. FALSE when @limit_us have passed first, or nothing is left
 * that could happen. */
gboolean       msa_test_driver_run  (MsaTestDriver *self,
                                     MsaTestCondition done,
                                     gpointer data,
                                     gint64 limit_us);
/* One turn of the driver: what is ready and due now, without letting time pass. TRUE if the
 * multi was called. May be used from within a handler. */
gboolean       msa_test_driver_turn (MsaTestDriver *self);
/* One turn that may wait, but for nothing later than @until_us. */
gboolean       msa_test_driver_turn_until (MsaTestDriver *self,
                                           gint64 until_us);
/* The waits of main contexts and of poll() are virtual as well (msa-sim-kernel.h): the drivers block in
 * them, and @set_limit says before how long at most. */
void           msa_test_driver_set_limit_func (MsaTestDriver *self,
                                               void (*set_limit) (gint64 until_us));
/* Runs for @us, whatever happens. Simulation only. */
void           msa_test_driver_pass (MsaTestDriver *self,
                                     gint64 us);

/* An error of msa_multi_poll() is no failure of the test. */
void           msa_test_driver_let_waits_fail (MsaTestDriver *self);

/* @hook is called last in each call of the socket function (and of the timer function, as
 * @timer says): an application that does more there than it was told. */
typedef void (*MsaTestHook) (MsaMulti *multi,
                             gboolean timer,
                             gpointer data);

void           msa_test_driver_set_hook (MsaTestDriver *self,
                                         MsaTestHook hook,
                                         gpointer data);
/* The context of the attached ones. */
GMainContext  *msa_test_driver_get_context (MsaTestDriver *self);

/* The callbacks driver's view. */
guint          msa_test_driver_count_watched (MsaTestDriver *self);
MsaSocketEvents msa_test_driver_get_wanted   (MsaTestDriver *self,
                                              int fd);
guint          msa_test_driver_count_socket_calls (MsaTestDriver *self);
guint          msa_test_driver_count_timer_calls (MsaTestDriver *self);
/* The timeout as told last: -1 none. */
int            msa_test_driver_get_told_ms   (MsaTestDriver *self);
/* (element-type utf8) (transfer none): rules that were broken. */
GPtrArray     *msa_test_driver_get_violations (MsaTestDriver *self);
