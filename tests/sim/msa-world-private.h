/* msa-world-private.h: the parts of a random world among themselves
 *
 * msa-world.c lets it run; msa-world-server.c has the peers; msa-world-app.c the transfers and
 * what is done with them; msa-world-judge.c says what may become of a transfer; msa-world-watch.c
 * watches connections, progress and idleness; msa-world-tell.c keeps what happened.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-certificate-request.h"
#include "msa-multi-private.h"
#include "sim/msa-world-plan.h"
#include "sim/msa-world.h"
#include "unit/msa-test-pki.h"

#include <gnutls/gnutls.h>

typedef struct _MsaWorld     MsaWorld;
typedef struct _MsaWorldEasy MsaWorldEasy;

#define MSA_WORLD_LOCAL_ADDRESS "10.255.7.7"

/* By what a host is reached. */
typedef enum
{
  MSA_WORLD_WAY_IPV4,
  MSA_WORLD_WAY_IPV6,
  MSA_WORLD_WAY_ANNEX, /* another address */
  MSA_WORLD_WAY_UNIX,
  MSA_WORLD_N_WAYS,
} MsaWorldWay;

typedef struct
{
  MsaWorld   *world; /* (unowned) */
  guint       host;
  MsaWorldWay way;
  gboolean    other_port;
} MsaWorldDoor;

/* Of a connection, as its server sees it. */
typedef struct _MsaWorldIdentity MsaWorldIdentity;
struct _MsaWorldIdentity
{
  MsaWorld            *world;        /* (unowned) */
  MsaSimPeer          *peer;         /* (unowned) */
  const MsaWorldDoor  *door;         /* (unowned) */
  guint                generation;   /* of the function that is asked about addresses */
  guint                n_requests;
  MsaWorldEasy        *first;        /* (unowned) (nullable): who came over it first, in which run */
  guint                first_run;
  char                *options;      /* (owned) (nullable): that one's, of the pool's key */
  gboolean             is_spent;     /* is used for nothing more */
  gboolean             is_exclusive; /* was let through for the first one alone */
  MsaWorldIdentity    *resumes;      /* (unowned) (nullable): whose TLS session was offered */
};

/* A transfer of the application: one easy and its runs. */
struct _MsaWorldEasy
{
  MsaWorld         *world;       /* (unowned) */
  guint             id;          /* the number of the step that added it */
  MsaWorldTransfer  plan;        /* of the run at hand */
  MsaWorldTransfer  next;        /* of the next one */
  guint64           steps;       /* set of those that have their place here */
  MsaEasy          *easy;        /* (owned) (nullable): until it is dropped */
  MsaEasy          *alive;       /* (weak) (nullable): until it is finalized */
  GCancellable     *cancellable; /* (owned) (nullable): of the run at hand */
  GOutputStream    *stream;      /* (owned) (nullable): the same */
  MsaWorldStory    *story;       /* (unowned) */
  GArray           *async_ends;  /* (owned) (element-type gint64): the end of the story */
  guint             calls[MSA_WORLD_N_PLACES];

  /* The run at hand: */
  guint             run;         /* from 1 */
  gboolean          runs;
  MsaWorldReply     reply;
  gint64            begun_us;
  gint64            nested_us;   /* of the world, when it began */
  gsize             n_body;      /* that came by the function */
  gsize             n_data;      /* by the signal */
  gsize             n_sent;      /* that a server sent, or will */
  gboolean          may_go_on;   /* a server said: 100 */
  MsaWriteResult    answer;      /* of the write function */
  gboolean          has_refused; /* by it */
  guint             generation;  /* of the function that is asked about addresses */
  gboolean          has_head;
  gboolean          is_cancelled;
  gboolean          was_paused;  /* in any run */
  gboolean          was_asked;   /* about the peer */
  gboolean          was_accepted; /* the peer, against a doubt */

  guint             n_easy;      /* completions of the easy, and of the multi; of all runs */
  guint             n_multi;
  guint             n_async_begun;
  guint             n_async_done;
};

struct _MsaWorld
{
  const MsaWorldOptions *options; /* (unowned) */
  guint64          seed;
  gboolean         tls;
  MsaWorldNet      net;
  MsaWorldHost     hosts[MSA_WORLD_MAX_HOSTS];
  guint            n_steps;
  MsaWorldStep     steps[MSA_WORLD_MAX_STEPS];
  gboolean         left_out[MSA_WORLD_MAX_STEPS];
  MsaSim          *sim;          /* (owned) */
  MsaMulti        *multi;        /* (owned) (nullable) */
  MsaTestDriver   *driver;       /* (owned) (nullable) */
  MsaTlsConfig    *tls_configs[2]; /* (owned) (nullable): by is_lax */
  MsaWorldEasy    *easies[MSA_WORLD_MAX_STEPS]; /* (owned): by the step that added them */
  GPtrArray       *links;        /* (owned): connections, as servers see them */
  GPtrArray       *pieces;       /* (owned): of replies, not sent yet */
  GPtrArray       *doors;        /* (owned): where servers listen */
  GPtrArray       *tickets;      /* (owned): that servers handed out */
  guint            generation;   /* how often a function was set that is asked about addresses */
  GPtrArray       *questions;    /* (owned) (element-type MsaCertificateRequest) */
  guint            n_func_calls[2]; /* of the driver's functions, for sockets and for the timer */
  guint            func_depth;   /* of them on the stack */
  guint            depth;        /* of handlers */
  gboolean         is_calm;      /* nothing is done at random any more */
  gint64           nested_us;    /* that handlers let pass */
  guint64          n_turns;      /* in which the multi was called */
  guint64          progress;     /* of the application: its callbacks and calls */
  guint            n_vain;       /* turns in a row without any, while time stood still */
  guint            n_wakes;      /* the same, but that time went on */
  gint64           turned_us;    /* when the multi was called last */
  guint            n_sockets[MSA_WORLD_MAX_HOSTS][2][MSA_WORLD_N_WAYS]; /* that connect or are connected,
                                                       * by port */
  guint            highest_connections; /* limits, as they were at any time; 0: none */
  guint            highest_per_host;

  guint64          hash;
  MsaWorldResult  *result;       /* (owned) */
};

/* msa-world-tell.c: @easy (nullable): whose; only what is of a transfer goes into its story. */
typedef enum
{
  MSA_WORLD_TOLD_STEP,
  MSA_WORLD_TOLD_CONNECT,
  MSA_WORLD_TOLD_CLOSE,
  MSA_WORLD_TOLD_REQUEST,
  MSA_WORLD_TOLD_REPLY,
  MSA_WORLD_TOLD_BEGIN,
  MSA_WORLD_TOLD_INTERIM,
  MSA_WORLD_TOLD_HEAD,
  MSA_WORLD_TOLD_BODY,
  MSA_WORLD_TOLD_DOUBT,
  MSA_WORLD_TOLD_END,
  MSA_WORLD_TOLD_ASYNC,
  MSA_WORLD_TOLD_TAKEN,
  MSA_WORLD_TOLD_MULTI,
} MsaWorldTold;

void     msa_world_tell        (MsaWorld *self,
                                MsaWorldTold told,
                                MsaWorldEasy *easy,
                                gint64 number);
/* The last words of its story. */
void     msa_world_tell_async_ends (MsaWorldEasy *easy);

/* msa-world-server.c */
void     msa_world_serve       (MsaWorld *self);
void     msa_world_end_servers (MsaWorld *self);
void     msa_world_prepare_servers (gboolean tls);
const char *msa_world_get_ca_pem (void);

/* msa-world-identity.c */
char    *msa_world_dup_address (guint host,
                                MsaWorldWay way,
                                gboolean other_port);
guint    msa_world_get_port    (const MsaWorldHost *host,
                                gboolean other_port);
void     msa_world_set_identity (MsaWorldEasy *self);
char    *msa_world_dup_secret  (MsaWorldEasy *self,
                                guint run);
GPtrArray *msa_world_tickets_new (void);
void     msa_world_identity_init (MsaWorldIdentity *self,
                                  MsaWorld *world,
                                  MsaSimPeer *peer,
                                  const MsaWorldDoor *door);
void     msa_world_identity_clear (MsaWorldIdentity *self);
/* A request that came over it. */
void     msa_world_identity_check (MsaWorldIdentity *self,
                                   MsaWorldEasy *easy,
                                   guint run,
                                   const char *head);
void     msa_world_identity_watch (MsaWorldIdentity *self,
                                   gnutls_session_t session);

/* msa-world-app.c */
void     msa_world_do_step     (MsaWorld *self,
                                guint i);
void     msa_world_calm_down   (MsaWorld *self);
void     msa_world_end_easies  (MsaWorld *self);
void     msa_world_listen_to_multi (MsaWorld *self);
/* Takes what ended without another word. */
void     msa_world_read_messages (MsaWorld *self);
/* In one of the driver's functions. */
void     msa_world_come_by_driver (MsaMulti *multi,
                                   gboolean timer,
                                   gpointer data);
/* Takes out what would not end by itself. FALSE: there is nothing of the kind. */
gboolean msa_world_take_hanging (MsaWorld *self);
/* Asynchronous calls that have not ended. */
gboolean msa_world_is_waiting  (MsaWorld *self);
/* Steps that belong to @place of @easy (nullable) are done. */
void     msa_world_come_by     (MsaWorld *self,
                                MsaWorldEasy *easy,
                                MsaWorldPlace place);

/* msa-world-judge.c */
void     msa_world_judge       (MsaWorldEasy *self,
                                const GError *error);
/* What is told of an end: 0 where it is a good one. */
gint64   msa_world_get_code    (MsaWorldEasy *self,
                                const GError *error);
/* Whether all that came before the error with that code was handed on, in any driver. */
gboolean msa_world_gives_all   (MsaWorldEasy *self,
                                gint64 code);
/* A part of the body, which begins at @offset of it. */
void     msa_world_judge_part  (MsaWorldEasy *self,
                                gsize offset,
                                const guint8 *bytes,
                                gsize len);

/* msa-world-watch.c */
void     msa_world_watch       (MsaWorld *self);
/* Drives the multi by one turn, which ends at @until_us. TRUE if it was called. */
gboolean msa_world_turn        (MsaWorld *self,
                                gint64 until_us);
void     msa_world_drive       (MsaWorld *self,
                                gint64 until_us);
/* All has ended. Nothing wakes the multi but its connections' ages. */
void     msa_world_watch_idle  (MsaWorld *self);
