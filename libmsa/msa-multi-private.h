/* msa-multi-private.h: the multi's inside, and what the rest of the library and the tests use of it
 *
 * The object is cut by job: msa-multi.c has its life, adding and delivery, msa-multi-driver.c
 * who calls the engine, msa-multi-async.c the asynchronous calls, msa-multi-contents.c what is
 * in it, msa-multi-settings.c the properties, msa-multi-ages.c those of them that say how long
 * things are kept.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "engine/msa-engine-private.h"
#include "msa-callback-private.h"
#include "msa-multi.h"
#include "msa-transfer-list-private.h"

typedef enum
{
  MSA_MULTI_OPEN,
  MSA_MULTI_CLOSING, /* takes no more easies */
  MSA_MULTI_CLOSED,  /* and nothing is left of the others */
} MsaMultiClosing;

struct _MsaMulti
{
  GObject          parent_instance;

  MsaEngine       *engine;        /* (owned) */
  GQueue           easies;        /* of MsaMembership.link; each is held */
  GQueue           messages;      /* (element-type MsaEasy) */
  GSource         *source;        /* (owned) (nullable): when attached */
  MsaCallback     *socket_func;   /* (owned) (nullable) */
  MsaCallback     *timer_func;    /* (owned) (nullable) */
  MsaCallback     *address_func;  /* (owned) (nullable) */
  MsaCallback     *open_func;     /* (owned) (nullable) */
  MsaTransferList *transfers;     /* (owned) (nullable): made at first use */
  MsaTlsConfig    *tls_config;    /* (owned) (nullable) */
  MsaTlsSessionStore *tls_session_store; /* (owned) (nullable) */
  GTask           *closing;       /* (owned) (nullable): who waits for the end of closing */
  GSource         *close_watch;   /* (owned) (nullable): for who waits to be cancelled */
  int              priority;
  gboolean         keep_finished;
  MsaMultiClosing  closed;
  gboolean         holds_itself;
  guint            seen_running;  /* as notified last */
  guint            seen_pending;
};

/* On another system than the real one; takes @sys. */
MsaMulti  *msa_multi_new_with_sys   (MsaSys *sys) G_GNUC_WARN_UNUSED_RESULT;
MsaEngine *msa_multi_get_engine     (MsaMulti *self);
/* An attached multi lives as long as it has something to do. To be called last: the multi may
 * go with it. */
void       msa_multi_update_hold    (MsaMulti *self);

/* As msa_multi_add(). @run (nullable) hears of the end, which may come before this returns; it
 * is taken if the easy was added. */
gboolean   msa_multi_add_run        (MsaMulti *self,
                                     MsaEasy *easy,
                                     gpointer run,
                                     GError **error);
void       msa_multi_pause          (MsaMulti *self,
                                     MsaEasy *easy,
                                     MsaDirections directions);
void       msa_multi_resume         (MsaMulti *self,
                                     MsaEasy *easy,
                                     MsaDirections directions);

/* msa-multi-driver.c */

/* As msa_multi_attach(); @singly: the source watches each descriptor by itself, as it does where
 * there is no poller. */
void       msa_multi_attach_with    (MsaMulti *self,
                                     GMainContext *context,
                                     gboolean singly);
/* Ends whatever drives now. Application code may run: it is told that all is removed. */
void       msa_multi_drop_driver    (MsaMulti *self);
/* Something will call the engine: attaches the multi if nobody else does. */
void       msa_multi_ensure_driven  (MsaMulti *self);

/* msa-multi-connect.c */

/* Whether there is a function that has a say about addresses. */
gboolean   msa_multi_has_say        (const MsaMulti *self);
/* As MsaEngineClient.ask_about_address(). */
gboolean   msa_multi_ask_about_address (MsaMulti *self,
                                        MsaEasy *easy,
                                        const MsaAddress *address,
                                        GSocket **socket);

/* msa-multi-async.c */

/* The run has ended; takes @run. */
void       msa_multi_run_return     (gpointer run,
                                     MsaTransfer *transfer);
/* It was removed: ends the asynchronous call, but not from within this one; takes @run. */
void       msa_multi_run_cancel     (gpointer run);
/* Closes when nothing runs any more. */
void       msa_multi_finish_close   (MsaMulti *self);
/* Ends a pending close, but not from within this one. */
void       msa_multi_cancel_close   (MsaMulti *self);
/* Adds the easy and blocks until it has ended. */
gboolean   msa_multi_run_until_done (MsaMulti *self,
                                     MsaEasy *easy,
                                     GCancellable *cancellable,
                                     GError **error);

/* msa-multi-settings.c */

void       msa_multi_install_properties (GObjectClass *klass);
void       msa_multi_notify_counts  (MsaMulti *self);
