/* msa-test-calls.h: every public function of multi and easy, as a table of calls to be
 * made in a callback
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-test-world.h"

typedef struct _MsaTestScene MsaTestScene;

typedef struct
{
  const char *name;
  const char *functions; /* what it calls of the public headers, with blanks around each */
  void      (*call) (MsaTestScene *scene);
  gboolean    removes;   /* transfers may be gone undelivered */
} MsaTestCall;

/* Where the calls are made: in callbacks of one transfer among several. */
struct _MsaTestScene
{
  MsaTestWorld      *world;     /* (unowned) */
  const char        *callback;  /* the name of that in which the call is made */
  const MsaTestCall *row;
  MsaEasy           *victim;    /* (unowned): the callbacks are its */
  gboolean           is_slow;   /* the victim ends by its timeout */
  MsaEasy           *other;     /* (unowned): completes by itself */
  MsaEasy           *hanging;   /* (unowned): ends by its timeout */
  guint              n_left;    /* calls of the callback until the one that makes it */
  gboolean           struck;    /* it was made */
  guint              n_pending; /* asynchronous calls that have not ended */
};

/* Ends with a row without a name. */
extern const MsaTestCall msa_test_calls[];
