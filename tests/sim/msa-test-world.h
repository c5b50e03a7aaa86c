/* msa-test-world.h: a multi, its driver and a server, for tests of the contract
 *
 * Counts what is delivered: each easy made here has a record, which says how often it completed
 * and with what. An easy completes twice, or out of order, and the test fails there and then.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-test-driver.h"
#include "sim/msa-test-server.h"

typedef struct _MsaTestRecord MsaTestRecord;
typedef struct _MsaTestWorld  MsaTestWorld;

/* What became of one easy. Lives as long as the world. */
struct _MsaTestRecord
{
  MsaTestWorld *world;       /* (unowned) */
  MsaEasy      *easy;        /* (owned) (nullable): until msa_test_world_drop() */
  guint         n_added;     /* by msa_test_world_add() and msa_test_world_add_again() */
  guint         n_easy;      /* MsaEasy::completed */
  guint         n_multi;     /* MsaMulti::completed */
  GError       *error;       /* (owned) (nullable): of the last completion */

  /* (nullable): called from MsaEasy::completed, after it was counted */
  void        (*completed) (MsaTestRecord *record, gpointer data);
  gpointer      data;
};

struct _MsaTestWorld
{
  MsaTestDriverKind kind;
  MsaSim           *sim;         /* (owned) (nullable): NULL on the real system */
  MsaTestServer    *server;      /* (owned) (nullable): on the real system */
  MsaMulti         *multi;       /* (owned) (nullable) */
  MsaTestDriver    *driver;      /* (owned) (nullable) */
  char             *base;        /* (owned): what stands before a target in a URI: scheme, host, port */
  GPtrArray        *records;     /* (element-type MsaTestRecord) */
  gconstpointer     row;         /* (unowned) (nullable): of msa_test_world_add_row_test() */
  guint             n_completed; /* MsaEasy::completed, of all */
  guint             n_ok;        /* of these: without an error */
  guint             n_multi;     /* MsaMulti::completed, of all */
};

/* The simulation: “http://example.org” and “http://other.org”, at 10.0.0.1 and 10.0.0.2, answer as
 * msa_test_answer() says. A multi is made and driven. */
MsaTestWorld *msa_test_world_new      (MsaTestDriverKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* The same in @sim (transfer full), which may have been prepared. */
MsaTestWorld *msa_test_world_new_in   (MsaTestDriverKind kind,
                                       MsaSim *sim) G_GNUC_WARN_UNUSED_RESULT;
/* The real system, with a server on the loopback interface. */
MsaTestWorld *msa_test_world_new_real (MsaTestDriverKind kind) G_GNUC_WARN_UNUSED_RESULT;
/* The multi and all easies must go with their last reference here, and leave nothing open. */
void          msa_test_world_free     (MsaTestWorld *self);

/* For msa_sim_http_server(): the same answers at another address. */
void          msa_test_world_respond_cb (MsaSimPeer *peer,
                                         const char *method,
                                         const char *target,
                                         const char *head,
                                         GBytes *body,
                                         gpointer data);
/* In the simulation: the same answers at a Unix socket. */
void          msa_test_world_serve_unix (MsaTestWorld *self,
                                         const char *path);

/* Ends the driver, which must have seen no rule broken, and the multi, which must finalize. Part of
 * msa_test_world_free(); may be called before. */
void          msa_test_world_end_multi (MsaTestWorld *self);
/* Forgets driver and multi without a look at them, for tests in which they go by themselves;
 * the reference to the multi is the caller's. */
MsaMulti     *msa_test_world_take_multi (MsaTestWorld *self) G_GNUC_WARN_UNUSED_RESULT;

/* @uri: with its scheme, or a target at the world's server. Not added. */
MsaEasy      *msa_test_world_make     (MsaTestWorld *self,
                                       const char *uri);
/* The same, and adds it. */
MsaEasy      *msa_test_world_add      (MsaTestWorld *self,
                                       const char *uri);
/* The same, and runs until its request is sent and it waits. */
MsaEasy      *msa_test_world_add_waiting (MsaTestWorld *self,
                                          const char *uri);
/* Adds one that was made. */
void          msa_test_world_add_again (MsaTestWorld *self,
                                        MsaEasy *easy);
/* Removes one whose completion is then not to be expected. */
void          msa_test_world_remove   (MsaTestWorld *self,
                                       MsaEasy *easy);
/* The world does not hold this easy any more. */
void          msa_test_world_drop     (MsaTestWorld *self,
                                       MsaEasy *easy);
MsaTestRecord *msa_test_world_get_record (MsaEasy *easy);

/* Drives anew, after the application under test has ended the driver. */
void          msa_test_world_renew_driver (MsaTestWorld *self);

/* Asynchronous calls end on the default main context, which is iterated along in all of these.
 *
 * Runs until @n_completions were counted in all, a minute of virtual time (ten seconds of
 * real time) has passed, or nothing can happen any more. TRUE if the count was reached. */
gboolean      msa_test_world_run      (MsaTestWorld *self,
                                       guint n_completions);
/* Runs until @done says so, or as above. */
gboolean      msa_test_world_run_until (MsaTestWorld *self,
                                        MsaTestCondition done,
                                        gpointer data);
/* Runs until @easy is in @state, or as above. */
gboolean      msa_test_world_run_until_state (MsaTestWorld *self,
                                              MsaEasy *easy,
                                              MsaEasyState state);
/* As long as anything is ready or due now; in the simulation also while anything is on its way and
 * arrives within @us. */
void          msa_test_world_settle   (MsaTestWorld *self,
                                       gint64 us);

/* The descriptor of a connection that the multi waits for; -1 if there is none, and one there
 * may be. */
int           msa_test_world_get_fd   (MsaTestWorld *self);

/* Checks that each easy was delivered as often as it was added, at both places, and nothing
 * runs. */
void          msa_test_world_assert_all_once (MsaTestWorld *self);

/* Checks that @easy has ended well, with @len bytes of msa_test_fill() as its body. */
void          msa_test_world_assert_filled (MsaEasy *easy,
                                            gsize len);

/* Checks that @text is its body, however it ended. */
void          msa_test_world_assert_body (MsaEasy *easy,
                                          const char *text);

/* For g_test_add_data_func(): one test for each driver that the simulation can show, with the
 * world as argument; “/driver” is put after @path. On the real system: one for each driver. */
typedef void (*MsaTestWorldFunc) (MsaTestWorld *world);

typedef struct
{
  const char      *path;
  MsaTestWorldFunc func;
} MsaTestWorldTest;

void          msa_test_world_add_test (const char *path,
                                       MsaTestWorldFunc func);
void          msa_test_world_add_tests (const MsaTestWorldTest *tests,
                                        gsize n_tests);
void          msa_test_world_add_real_test (const char *path,
                                            MsaTestWorldFunc func);
/* The same with a row of a table, to be found in the world. */
void          msa_test_world_add_row_test (const char *path,
                                           MsaTestWorldFunc func,
                                           gconstpointer row);
/* The same for one driver only; @path is the whole path. */
void          msa_test_world_add_test_in (MsaTestDriverKind kind,
                                          const char *path,
                                          MsaTestWorldFunc func);
void          msa_test_world_add_real_test_in (MsaTestDriverKind kind,
                                               const char *path,
                                               MsaTestWorldFunc func);
