/* msa-connection-private.h: one transport to a peer
 *
 * Holds the filter chain and the session on top, from the look-up of the name to the
 * close. It reads nothing and decides nothing by itself: sockets, timers and look-ups only mark it
 * due through wake(), and the engine then calls it from a dispatch.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-log-private.h"
#include "conn/msa-conn-key-private.h"
#include "conn/msa-endpoint-private.h"
#include "conn/msa-race-private.h"
#include "filter/msa-session-private.h"
#include "model/msa-timings-private.h"
#include "net/msa-resolver-private.h"
#include "tls/msa-tls-private.h"

#include <stdbool.h>

typedef struct _MsaConnection MsaConnection;
typedef struct _MsaConnEnv    MsaConnEnv;

/* What every connection of a multi is made with. */
struct _MsaConnEnv
{
  MsaReactor    *reactor;
  MsaResolver   *resolver;
  MsaTrustCache *trusts;
  MsaTlsSessions *sessions;      /* (owned) (nullable): for transfers that name no store */
  gint64         max_idle_us;    /* how long a connection waits for its next exchange; 0: no limit */
  gint64         max_age_us;     /* how long after it was opened it begins one; 0: no limit */
  /* Something happened to the connection: it wants to be driven. Only takes note. */
  void         (*wake) (MsaConnEnv *self, MsaConnection *connection);
};

/* What the application can be asked before a connection goes on. */
typedef enum
{
  MSA_ASKS_NOTHING = 0,
  MSA_ASKS_PASSWORD = 1 << 0,    /* of the client's key */
  MSA_ASKS_CERTIFICATE = 1 << 1, /* whether a peer in doubt is taken all the same */
  MSA_ASKS_ADDRESS = 1 << 2,     /* whether an address may be connected to, and by which socket */
} MsaAsks;

typedef enum
{
  MSA_CONNECTION_NEW,
  MSA_CONNECTION_RESOLVING,  /* names are looked up and trust is loaded */
  MSA_CONNECTION_CONNECTING, /* the chain connects: TCP, then TLS */
  MSA_CONNECTION_OPEN,       /* the session works, or waits in the pool */
  MSA_CONNECTION_CHECKING,   /* taken out of the pool, while the files behind its trust are looked at */
  MSA_CONNECTION_SHUTTING,   /* it says goodbye and waits for the peer's end */
  MSA_CONNECTION_CLOSED,     /* nothing goes through it any more */
} MsaConnectionState;

/* What is needed until a socket is connected. */
typedef struct
{
  MsaConnection     *connection; /* (unowned): its owner */
  MsaLookup          lookup;
  MsaTrustWaiter     trust_waiter;
  MsaLocalEnd        local;      /* borrows from the connection's settings */
  MsaRace            race;
} MsaDial;

/* What is needed while the files behind a trust are looked at. */
typedef struct
{
  MsaConnection     *connection; /* (unowned): its owner */
  MsaTrustWaiter     waiter;
} MsaTrustLook;

/* There may be many: flags have a byte each, and what is small stands together. */
struct _MsaConnection
{
  MsaConnEnv        *env;        /* (unowned): outlives the connection */
  MsaConnKey        *key;        /* (owned) */
  MsaUrl            *url;        /* (owned): of the transfer it was made for; only scheme, host and port count */
  MsaEndpoint       *endpoint;   /* (owned): where it goes */
  MsaSettings       *settings;   /* (owned) (nullable): the same; until it is open */
  guint64            serial;

  MsaConnectionState state;
  MsaAsks            may_ask;    /* set by who made it, before connecting */
  guint              n_passwords; /* tried */
  bool               addresses_late; /* those of one family are still to come */
  bool               unwatchable; /* the system does not watch its socket */
  bool               exclusive;  /* let through against a doubt, or asked for: it serves no other transfer afterwards */
  bool               timed_out;
  bool               said_goodbye; /* when SHUTTING: all of it went out */

  /* The engine's flags. */
  bool               busy;       /* one of its events is being handled, maybe by application code */
  bool               again;      /* was due while it was busy */
  bool               due;        /* in the engine's list of due connections */
  bool               idle;       /* in the pool */
  bool               doomed;     /* to be freed at the end of the round */

  MsaDial           *dial;       /* (owned) (nullable): until a socket is connected */
  MsaTrustLook      *look;       /* (owned) (nullable): when CHECKING, until it is known */
  MsaAddresses      *addresses;  /* (owned) (nullable): NULL until known */
  MsaTrust          *trust;      /* (owned) (nullable): NULL until loaded, or without TLS */
  GError            *lock;       /* (owned) (nullable): the client's key is locked, and somebody is to be asked */
  GError            *error;      /* (owned) (nullable): why connecting failed, so far */

  MsaFilter         *socket;     /* (unowned) (nullable): the bottom of the chain, once connected */
  MsaFilter         *chain;      /* (owned) (nullable): until the session has it */
  MsaSession        *session;    /* (owned) (nullable): when OPEN */
  GPtrArray         *peer_chain; /* (owned) (nullable) (element-type GBytes): DER, the leaf first; as soon as known */

  MsaTimer           timer;      /* connecting, in whole and in part, then idle, then shutting */
  gint64             started_us;
  MsaPhaseTimes      times;      /* of making it */
  gint64             asking_us;  /* since when somebody is asked about the peer; 0: nobody is */
  gint64             asked_us;   /* for how long somebody was */
  gint64             opened_boot_us;
  gint64             idle_boot_us;
  gint64             give_up_us; /* when SHUTTING; 0: that was not begun */
  gsize              n_drained;    /* bytes that came after that was begun */

  /* The engine's. */
  gpointer           stream;     /* (unowned) (nullable): the transfer that uses or waits for it */
  gpointer           question;   /* (owned) (nullable): MsaQuestion, which waits for its answer */
  gpointer           site;       /* (unowned) (nullable): what counts it against the limits */
  guint              n_streams;  /* exchanges that were begun on it */
  guint              generation; /* of the scheduler, when it was made: one of an earlier serves no other transfer */
  GList              due_link;
  GList              pool_link;  /* by key */
  GQueue            *pool_queue; /* (unowned) (nullable): the pool's, which has pool_link */
  GList              lru_link;   /* by age in the pool or among those that shut down, or among the doomed */
  GList              site_link;  /* the same, but the doomed, among those of its site */
};

MsaConnection *msa_connection_new     (MsaConnEnv *env,
                                       MsaConnKey *key,
                                       MsaUrl *url,
                                       MsaEndpoint *endpoint,
                                       MsaSettings *settings,
                                       guint64 serial,
                                       gint64 now_us) G_GNUC_WARN_UNUSED_RESULT;
/* Hands its descriptors to the reactor. Must not be busy. */
void           msa_connection_free    (MsaConnection *self);

/* Goes on with connecting: DONE when OPEN, AGAIN, or ERROR (then CLOSED). */
MsaIo          msa_connection_connect (MsaConnection *self,
                                       gint64 now_us,
                                       GError **error);
/* What has to be answered before it can go on. */
MsaAsks        msa_connection_get_asks (MsaConnection *self);
/* The answer, and for a password its text. Connecting is then due. */
void           msa_connection_answer   (MsaConnection *self,
                                        gboolean yes,
                                        const char *text,
                                        gint64 now_us);
/* The same for an address, which get_address() tells. @socket (nullable) is taken. */
void           msa_connection_get_address (MsaConnection *self,
                                           MsaAddress *address);
void           msa_connection_answer_address (MsaConnection *self,
                                              gboolean allowed,
                                              GSocket *socket);
/* What speaks against the peer, as GTlsCertificateFlags. */
guint          msa_connection_get_peer_flags (const MsaConnection *self);
/* The text of what is asked: the doubt, or the lock; (transfer none). */
const GError  *msa_connection_get_cause (const MsaConnection *self);

/* Nothing goes through it any more, at once; a goodbye is tried if it was open and no exchange
 * used it. Memory and descriptors stay until msa_connection_free(). */
void           msa_connection_close   (MsaConnection *self);
/* An open one without an exchange is to close as it should: SHUTTING. Does no I/O
 * yet, but wakes. */
void           msa_connection_shut_down (MsaConnection *self);
/* Goes on with that, throwing away what comes into @buffer. TRUE: it can be closed, since the peer
 * has ended, something failed, or that took too long. */
gboolean       msa_connection_drain   (MsaConnection *self,
                                       gint64 now_us,
                                       guint8 *buffer,
                                       gsize size);

/* What the open connection's socket waits for. @receiving: whether there is someone to take
 * what comes. */
void           msa_connection_update_interest (MsaConnection *self,
                                               gboolean receiving);

/* It is not to be driven for now: what its peer sends wakes nobody, until it is again. */
void           msa_connection_rest (MsaConnection *self);

/* It waits for its next exchange, until it expires. */
void           msa_connection_set_idle (MsaConnection *self,
                                        gint64 now_us);
/* It is idle, and those limits have changed. */
void           msa_connection_renew_expiry (MsaConnection *self,
                                            gint64 now_us);
/* Not too old for another exchange, nor made with files that have changed. */
gboolean       msa_connection_is_fresh (MsaConnection *self);
/* It has an exchange again, of @settings. Its key names the files of a trust, not what is in them: if they were
 * not looked at just now it is CHECKING, else OPEN. */
void           msa_connection_set_used (MsaConnection *self,
                                        MsaSettings *settings,
                                        gint64 now_us);
/* Goes on with that: DONE when OPEN, AGAIN, or END (then CLOSED): it is not what the files say any more. */
MsaIo          msa_connection_check    (MsaConnection *self);
