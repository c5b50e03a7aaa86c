/* msa-fault-sweep.h: scenes that are played once for each call that may fail in them
 *
 * A scene is a small story of some transfers in a world. It is played without a fault, which shows
 * what it calls; then again and again, with the n-th call of each door failing with each
 * error that is named for it. Whatever fails: each transfer ends once, with an error that has a type
 * or with the whole body; nothing hangs, leaks or is left behind; and the multi serves the next one.
 *
 * MSA_FAULT_SWEEP=full plays every fault in every driver. By default each scene has one driver; where
 * a door is called very often not each of its calls fails; and in scenes with handshakes each call fails
 * with one of its errors, another one in the next scene. MSA_FAULT=door:n:code plays one fault alone.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "sim/msa-test-https.h"
#include "sim/msa-test-world.h"

typedef struct _MsaFaultPlay MsaFaultPlay;

/* A function that may fail, and the codes of its errors. Each list ends with 0 and may be NULL. */
typedef struct
{
  const char *name;
  const char *excuse;   /* (nullable): why it cannot fail */
  const int  *errors;   /* come to success, or to an error with a type */
  const int  *harmless; /* come to what comes without them: the call is to be made again */
  const int  *general;  /* come to MSA_ERROR_FAILED as well: none of the types fits */
  const int  *ends;     /* the codes of MsaError that a transfer may end with because of it */
  /* (nullable): what the message of such an error says of the code; NULL: nothing that is fixed */
  const char *(*tell) (int code);
  const char *where;    /* (nullable): whose scenes call it, if not those at the kind's own place */
} MsaFaultDoor;

/* Who makes the doors fail. */
typedef struct
{
  const MsaFaultDoor *doors; /* up to the first without a name */
  const char *where; /* prefix of the scenes that call each of them which has no other place */
  /* @sim is new. */
  void  (*arm)    (MsaSim *sim);
  void  (*fail)   (MsaSim *sim, const char *door, guint nth, int code);
  /* Nothing fails any more. */
  void  (*disarm) (MsaSim *sim);
  guint (*count)  (MsaSim *sim, const char *door);
} MsaFaultKind;

/* The members of MsaSys. */
extern const MsaFaultKind msa_fault_sys;

struct _MsaFaultPlay
{
  MsaTestWorld *world;
  MsaSim       *sim;       /* (unowned): the world's */
  MsaMulti     *multi;     /* (unowned): the world's */
  MsaTestHttps *https;     /* (owned) (nullable): set by a scene of TLS */
  char         *again;     /* (owned) (nullable): a URI that must be served at the end, besides the plain one */
  MsaTlsConfig *config;    /* (owned) (nullable): for it */
  gboolean      has_hole;  /* an address never answers: it is waited for when all others fail */
  gboolean      is_closed; /* nothing can be added any more */
  guint         n_extra;   /* what asynchronous calls gave that have no record of their own, and must be 0 in the end */
  char         *folder;    /* (owned) (nullable): of msa_fault_path() */
  GPtrArray    *bodies;    /* what is expected */
  GPtrArray    *links;     /* of the server for uploads */
};

typedef struct
{
  const char *name;
  void      (*run) (MsaFaultPlay *play);
} MsaFaultScene;

/* http://example.org and http://other.org answer as msa_test_answer() says, and so do
 * http://local.org at the Unix socket /run/server, and http://many.org, which has an address that never answers, one
 * that refuses and one that is good. http://upload.org says what it got: its targets are /plain, /slow,
 * /refuse (417 for who expects something) and /early (413 at once). */

/* Adds one to the world. */
MsaEasy    *msa_fault_add      (MsaFaultPlay *play,
                                const char *uri);
/* The same, not added. */
MsaEasy    *msa_fault_make     (MsaFaultPlay *play,
                                const char *uri);
/* A POST to upload.org (or where @uri says), not added, and without a body. */
MsaEasy    *msa_fault_make_upload (MsaFaultPlay *play,
                                   const char *target);
/* Runs until all that was added has ended: else it hangs. */
void        msa_fault_finish   (MsaFaultPlay *play);
/* Lets @us pass. */
void        msa_fault_pass     (MsaFaultPlay *play,
                                gint64 us);
/* Closes the multi, and runs until nothing of it is left. */
void        msa_fault_close    (MsaFaultPlay *play);

/* @len bytes are to come, into memory (as they do by default for a target /size/N or /chunked/N), a function, a
 * stream or the file @path, which has @old (nullable) in it. */
void        msa_fault_expect_memory (MsaFaultPlay *play,
                                     MsaEasy *easy,
                                     gsize len);
void        msa_fault_expect_call   (MsaFaultPlay *play,
                                     MsaEasy *easy,
                                     gsize len);
void        msa_fault_expect_stream (MsaFaultPlay *play,
                                     MsaEasy *easy,
                                     gsize len);
void        msa_fault_expect_file   (MsaFaultPlay *play,
                                     MsaEasy *easy,
                                     gsize len,
                                     const char *old);
/* upload.org is to have got @len bytes. */
void        msa_fault_expect_upload (MsaFaultPlay *play,
                                     MsaEasy *easy,
                                     gsize len);

/* @len bytes of msa_test_fill(). */
GBytes     *msa_fault_bytes    (gsize len) G_GNUC_WARN_UNUSED_RESULT;
/* A file of so many of them, in a folder of the play's own. */
GFile      *msa_fault_input    (MsaFaultPlay *play,
                                gsize len) G_GNUC_WARN_UNUSED_RESULT;

/* One test for each scene: @prefix, its name, and the driver if all are swept. And one, every-door, that no door
 * is left out: what no scene calls, never fails. */
void        msa_fault_add_scenes (const char *prefix,
                                  const MsaFaultKind *kind,
                                  const MsaFaultScene *scenes,
                                  guint n_scenes);
