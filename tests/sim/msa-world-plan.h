/* msa-world-plan.h: what a seed says
 *
 * Each part of a plan is drawn from a sequence of its own, by seed, kind and number. So one part
 * can be left out and the others stay as they are, and nothing depends on who asks first.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib.h>

#define MSA_WORLD_MAX_STEPS 64
#define MSA_WORLD_MAX_HOSTS 4
#define MSA_WORLD_MAX_PIECES 4

typedef struct
{
  guint    n_hosts;
  guint    n_steps;
  gint64   latency_us;
  gsize    segment;
  gsize    send_window;
  gboolean unsteady;
  guint    max_connections;
  guint    max_per_host;
  guint    max_idle;
  gboolean reads_messages;    /* nobody listens to the multi, and to some easies */
  gboolean acts_in_functions; /* of the multi's driver */
} MsaWorldNet;

typedef enum
{
  MSA_WORLD_MODEL,     /* speaks HTTP/1 */
  MSA_WORLD_SCRIPT,    /* says something of its own accord, and ends or not */
  MSA_WORLD_REFUSES,
  MSA_WORLD_SILENT,    /* a black hole */
  MSA_WORLD_NAMELESS,  /* nobody knows its name */
} MsaWorldHostKind;

/* What a host says that listens to nobody. */
typedef struct
{
  const char *text;
  const char *body;    /* (nullable): what of it is one */
  int         verdict; /* the error that it is in the clear, however it ends; 0: it is the beginning of a reply */
  int         at_end;  /* the error that an end after it is; 0: the same */
} MsaWorldScript;

typedef struct
{
  MsaWorldHostKind kind;
  gboolean         tls;
  gboolean         is_stranger;   /* its certificate has another name */
  gboolean         old_tls;       /* 1.2 */
  gboolean         rsa;
  gboolean         no_tickets;
  gint64           look_up_us;
  gboolean         has_ipv6;      /* an address more, good or bad: */
  guint            ipv6;          /* 0 good, 1 unreachable, 2 a black hole, 3 refuses */
  gint64           idle_us;       /* closes connections that idle so long; 0: none */
  const MsaWorldScript *script;
  gint64           script_us;     /* before its words */
  guint            script_end;    /* 0 none, 1 close, 2 reset, 3 shutdown */
  gboolean         is_deaf;       /* who follows a script: reads nothing */

  gint64           rude_us;       /* not planned, but noted: when it last sent more than a reply, or closed
                                   * without a word; 0: never */
} MsaWorldHost;

typedef enum
{
  MSA_WORLD_BY_LENGTH,
  MSA_WORLD_BY_CHUNKS,
  MSA_WORLD_BY_CLOSE,
  MSA_WORLD_BODILESS,   /* 204 or 304 */
  MSA_WORLD_OLD,        /* HTTP/1.0 with a length, and the end */
  MSA_WORLD_SURPLUS,    /* with a length, and more */
  /* From here on not good: */
  MSA_WORLD_CUT_LENGTH, /* ends before its end */
  MSA_WORLD_CUT_CHUNKS,
  MSA_WORLD_RESET,      /* somewhere */
  MSA_WORLD_EMPTY,      /* the end alone */
  MSA_WORLD_GARBAGE,
  MSA_WORLD_BAD_CHUNK,
  MSA_WORLD_HANGS,      /* somewhere */
} MsaWorldReplyKind;

/* What the server answers to one run of a transfer. */
typedef struct
{
  MsaWorldReplyKind kind;
  guint             status;
  gsize             n_body;      /* of a good one */
  guint             n_interim;
  gboolean          trailers;
  gboolean          closes;      /* Connection: close */
  gboolean          early;       /* before the body of the request was read */
  gboolean          says_goodbye; /* by close_notify */
  guint             n_pieces;
  guint             cut;         /* where it is cut, in 1/1000 */
  guint             cuts[MSA_WORLD_MAX_PIECES]; /* between pieces, the same */
  gint64            delays_us[MSA_WORLD_MAX_PIECES]; /* before each */
  gsize             chunk;
  guint             salt;        /* of the body's bytes */
} MsaWorldReply;

typedef enum
{
  MSA_WORLD_IN_MEMORY,
  MSA_WORLD_BY_FUNCTION,
  MSA_WORLD_INTO_STREAM,
} MsaWorldSink;

/* How a transfer has its connection made. */
typedef enum
{
  MSA_WORLD_VIA_NAME,
  MSA_WORLD_VIA_PIN,        /* :resolve says an address: the annex */
  MSA_WORLD_VIA_FORGETTING, /* the same, that none is known */
  MSA_WORLD_VIA_TELLING,    /* the same, an address for all */
  MSA_WORLD_VIA_OTHER_NAME, /* :connect-to says a name: the annex */
  MSA_WORLD_VIA_UNIX,
} MsaWorldVia;

typedef struct
{
  guint        host;
  const char  *method;
  gsize        n_upload;
  gboolean     streams;       /* the upload */
  gboolean     hides_length;  /* of it */
  MsaWorldSink sink;
  gboolean     by_async;      /* msa_multi_run_async() instead of add() */
  gboolean     listens;       /* to data and progress */
  gboolean     traces;
  int          priority;
  gboolean     fresh;
  gboolean     forbids_reuse;
  guint        timeout_ms;    /* 0: none; so are these: */
  guint        connect_ms;
  guint        resolve_ms;
  guint        tls_ms;
  guint        queue_ms;
  guint        response_ms;
  guint        idle_ms;
  gint64       max_body;      /* -1: none */
  gboolean     by_message;    /* its end is read, where messages are */
  gboolean     other_port;
  /* What stands in the pool's key: */
  MsaWorldVia  via;
  gboolean     from_address;  /* one of its own */
  guint        from_port;     /* 0: any; so many of them: */
  guint        n_ports;
  gboolean     tuned;         /* the socket */
  gboolean     ipv4_only;
  gboolean     names_version; /* of HTTP */
  gboolean     is_lax;        /* about names in certificates */
  guint        answer;        /* to a doubt: 0 no, 1 yes, 2 kept for later, 3 nothing is said */
} MsaWorldTransfer;

typedef enum
{
  MSA_WORLD_ADD,
  MSA_WORLD_ADD_AGAIN,
  MSA_WORLD_REMOVE,
  MSA_WORLD_PAUSE,
  MSA_WORLD_RESUME,
  MSA_WORLD_CANCEL,
  MSA_WORLD_DROP,
  MSA_WORLD_TURN,     /* drives, as long as there is something to do now */
  MSA_WORLD_PASS,     /* drives for a while */
  MSA_WORLD_LIMITS,
  MSA_WORLD_OPTIONS,  /* of an easy, be it running or not */
  MSA_WORLD_ASK,      /* reads whatever can be read */
  MSA_WORLD_WAKE,
  MSA_WORLD_SWITCH,   /* detaches, and is driven anew; never in a callback */
  MSA_WORLD_ADDRESSES, /* sets or clears the function that is asked */
  MSA_WORLD_ANSWER,   /* to a doubt that was kept */
  MSA_WORLD_HOLD,     /* the write function pauses */
  MSA_WORLD_ABORT,    /* the write function refuses */
  MSA_WORLD_N_STEPS,
} MsaWorldStepKind;

typedef enum
{
  MSA_WORLD_OUTSIDE,
  MSA_WORLD_IN_HEADERS,
  MSA_WORLD_IN_INFORMATIONAL,
  MSA_WORLD_IN_DATA,
  MSA_WORLD_IN_PROGRESS,
  MSA_WORLD_IN_TRACE,
  MSA_WORLD_IN_WRITE,
  MSA_WORLD_IN_COMPLETED,
  MSA_WORLD_IN_MULTI_COMPLETED,
  MSA_WORLD_IN_ASYNC,
  MSA_WORLD_IN_QUESTION,
  MSA_WORLD_IN_ADDRESS,
  /* Where the multi is driven by these; of no easy: */
  MSA_WORLD_IN_SOCKET_FUNC,
  MSA_WORLD_IN_TIMER_FUNC,
  MSA_WORLD_N_PLACES,
} MsaWorldPlace;

typedef struct
{
  MsaWorldStepKind kind;
  MsaWorldPlace    place;
  guint            nth;      /* call of it, from 0 */
  gint64           wait_us;  /* outside: before it */
  guint            target;   /* the number of an earlier step that adds: whose place */
  guint            victim;   /* the same: to whom something is done */
  guint            number;   /* whatever else it needs */
} MsaWorldStep;

void msa_world_plan_net      (guint64 seed,
                              MsaWorldNet *net);
void msa_world_plan_host     (guint64 seed,
                              gboolean tls,
                              guint i,
                              MsaWorldHost *host);
/* @i is the number of the step that adds it. */
void msa_world_plan_transfer (guint64 seed,
                              guint i,
                              MsaWorldTransfer *transfer);
void msa_world_plan_reply    (guint64 seed,
                              guint transfer,
                              guint run,
                              MsaWorldReply *reply);
void msa_world_plan_step     (guint64 seed,
                              guint i,
                              MsaWorldStep *step);
const char *msa_world_step_get_name (MsaWorldStepKind kind);

/* The body that @salt stands for, from @offset on. */
void     msa_world_fill  (guint salt,
                          gsize offset,
                          guint8 *bytes,
                          gsize len);
gboolean msa_world_match (guint salt,
                          gsize offset,
                          const guint8 *bytes,
                          gsize len);
