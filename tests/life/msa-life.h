/* msa-life.h: a world in which one call is made at one point
 *
 * msa-life-stage.c has what a case runs on and counts there; msa-life-driver.c drives it;
 * msa-life-network.c is what it talks to; msa-life-points.c has the callbacks and signals, and
 * msa-life-calls.c what is called from them. test-life-matrix.c plays all of it.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "msa-certificate-request.h"
#include "msa-multi.h"
#include "msa-password-request.h"
#include "sim/msa-test-https.h"

/* Of the key that a transfer asks for. */
#define MSA_LIFE_PASSWORD "open sesame"

typedef enum
{
  MSA_LIFE_CALLBACKS,
  MSA_LIFE_ATTACHED,
  MSA_LIFE_PERFORM,
  MSA_LIFE_EXPORTED,
  MSA_LIFE_N_DRIVERS
} MsaLifeDriver;

typedef enum
{
  MSA_LIFE_POINT_OUTSIDE,           /* in no callback */
  MSA_LIFE_POINT_SOCKET,
  MSA_LIFE_POINT_TIMER,
  MSA_LIFE_POINT_SOCKET_DESTROY,
  MSA_LIFE_POINT_TIMER_DESTROY,
  MSA_LIFE_POINT_ADDRESS,
  MSA_LIFE_POINT_ADDRESS_DESTROY,
  MSA_LIFE_POINT_OPEN,
  MSA_LIFE_POINT_OPEN_DESTROY,
  MSA_LIFE_POINT_WRITE,
  MSA_LIFE_POINT_WRITE_DESTROY,
  MSA_LIFE_POINT_BODY_DESTROY,
  MSA_LIFE_POINT_LAST_BODY_DESTROY, /* of the run before this one */
  MSA_LIFE_POINT_HEADERS,
  MSA_LIFE_POINT_INFORMATIONAL,
  MSA_LIFE_POINT_DATA,
  MSA_LIFE_POINT_PROGRESS,
  MSA_LIFE_POINT_TRACE,
  MSA_LIFE_POINT_COMPLETED,
  MSA_LIFE_POINT_MULTI_COMPLETED,
  MSA_LIFE_POINT_NOTIFY,
  MSA_LIFE_POINT_MULTI_NOTIFY,
  MSA_LIFE_POINT_ITEMS,
  MSA_LIFE_POINT_FOREACH,
  MSA_LIFE_POINT_RUN,
  MSA_LIFE_POINT_FETCH,
  MSA_LIFE_POINT_CLOSE,
  MSA_LIFE_POINT_CERTIFICATE,
  MSA_LIFE_POINT_PASSWORD,
  MSA_LIFE_N_POINTS
} MsaLifePoint;

typedef struct _MsaLife MsaLife;
typedef gboolean (*MsaLifeCondition) (MsaLife *self);

typedef struct
{
  const char *name;
  gboolean    is_quiet; /* changes nothing that runs: all such are called at once */
  void      (*call) (MsaLife *self);
} MsaLifeCall;

/* What became of one easy. */
typedef struct
{
  guint    n_added;
  guint    n_completed;
  guint    n_removed;
  gboolean is_disposed;
} MsaLifeRecord;

struct _MsaLife
{
  MsaLifeDriver  driver;
  MsaLifePoint   point;
  gboolean       is_own;    /* the target is the easy whose callback it is */
  guint          own_state; /* and then: at the point in this state */
  const MsaLifeCall *call;  /* (unowned) (nullable): NULL: it is only looked what can be reached */
  gboolean       has_acted;
  guint          seen;      /* bit set of states of the own easy at the point */

  MsaSim        *sim;       /* (owned) */
  MsaTestHttps  *https;     /* (owned) (nullable) */
  MsaMulti      *multi;     /* (owned) (nullable): a weak pointer besides */
  gboolean       holds_multi;
  GMainContext  *context;   /* (owned) */
  GHashTable    *watched;   /* (owned): descriptor to events, of the callbacks driver */
  gint64         timer_us;
  int            exported;
  gboolean       is_driver_lost;
  void         (*between) (MsaLife *self); /* (nullable): before each turn, outside of callbacks */

  MsaEasy       *own;       /* (owned) (nullable) */
  MsaEasy       *other;     /* (owned) (nullable) */
  MsaEasy       *holder;    /* (owned) (nullable) */
  GPtrArray     *records;   /* (owned) (element-type MsaLifeRecord) */
  guint          n_awaited; /* asynchronous calls */
  guint          n_answered;
  guint          n_to_destroy;
  guint          n_destroyed;

  /* What calls are made with. */
  MsaEasy       *target;    /* (unowned): while a call is made */
  MsaTimings    *timings;   /* (unowned) (nullable): the same */
  GAsyncResult  *result;    /* (unowned) (nullable): in the callback it is for, or an old one */
  GAsyncResult  *old;       /* (owned) (nullable) */
  MsaCertificateRequest *certificate_request; /* (owned) (nullable) */
  MsaPasswordRequest    *password_request;    /* (owned) (nullable) */
  /* (owned): all of these */
  MsaTlsConfig  *tls_config;
  MsaTlsSessionStore *store;
  GCancellable  *cancellable;
  GFile         *file;
  GInputStream  *input;
  GOutputStream *output;
  GResolver     *resolver;
  GBytes        *bytes;
  int            fd;
};

/* The stage. @path: of a file that transfers may write to. Nothing is called before a point is
 * set. */
MsaLife       *msa_life_new            (MsaLifeDriver driver,
                                        const char *path) G_GNUC_WARN_UNUSED_RESULT;
/* All asynchronous calls must have been answered, all functions let go of, and nothing left. */
void           msa_life_free           (MsaLife *self);
/* Each easy was delivered as often as it was added and not removed. */
void           msa_life_check_accounts (MsaLife *self);

/* Makes the call, if this is where it is to be made. */
void           msa_life_at_point       (MsaLife *self,
                                        MsaLifePoint point);

MsaEasy       *msa_life_make_easy      (MsaLife *self,
                                        const char *uri);
void           msa_life_add            (MsaLife *self,
                                        MsaEasy *easy);
/* The same by msa_multi_run_async(). */
void           msa_life_start          (MsaLife *self,
                                        MsaEasy *easy,
                                        GAsyncReadyCallback callback);
gboolean       msa_life_is_own_done    (MsaLife *self);

/* To be told: it was added, is about to be removed, is about to be run by an asynchronous call and
 * was; an asynchronous call has ended. */
MsaLifeRecord *msa_life_get_record     (MsaEasy *easy);
void           msa_life_added          (MsaLife *self,
                                        MsaEasy *easy);
void           msa_life_removes        (MsaLife *self,
                                        MsaEasy *easy);
void           msa_life_awaits         (MsaLife *self,
                                        MsaEasy *easy);
void           msa_life_awaited        (MsaLife *self,
                                        MsaEasy *easy);
void           msa_life_answered_cb    (GObject *source,
                                        GAsyncResult *result,
                                        gpointer data);

/* The driver */
const char    *msa_life_driver_get_name (MsaLifeDriver driver);
void           msa_life_install_driver (MsaLife *self);
void           msa_life_renew_driver   (MsaLife *self);
/* What is ready and due now: TRUE if there was anything. */
gboolean       msa_life_turn           (MsaLife *self);
/* Until @done holds (NULL: never), or @us have passed, or nothing can happen any more. */
void           msa_life_run            (MsaLife *self,
                                        MsaLifeCondition done,
                                        gint64 us);
/* What it is told by, with a MsaLife as their data. */
void           msa_life_socket_cb      (MsaMulti *multi,
                                        int fd,
                                        MsaSocketEvents wanted,
                                        gboolean removed,
                                        gpointer user_data);
void           msa_life_timer_cb       (MsaMulti *multi,
                                        int timeout_ms,
                                        gpointer user_data);

/* The network. The keys are made once, for all cases. */
void           msa_life_make_keys      (void);
void           msa_life_free_keys      (void);
void           msa_life_make_network   (MsaSim *sim);
/* A server at https://example.org/, whose certificate is of another name. @asks_client: for the
 * client's. */
MsaTestHttps  *msa_life_serve_tls      (MsaSim *sim,
                                        gboolean asks_client) G_GNUC_WARN_UNUSED_RESULT;
/* Leads to the plain server. */
GResolver     *msa_life_resolver_new   (void) G_GNUC_WARN_UNUSED_RESULT;

/* The points */
const char    *msa_life_point_get_name (MsaLifePoint point);
/* Not all drivers have each. */
gboolean       msa_life_has_point      (MsaLifeDriver driver,
                                        MsaLifePoint point);
/* Starts a transfer of its own, which will come to the point. */
void           msa_life_start_own      (MsaLife *self);

/* The calls, by number: NULL after the last one. */
const MsaLifeCall *msa_life_get_call   (guint i);
/* A result that was finished already, for what wants one. */
void           msa_life_make_old       (MsaLife *self);
