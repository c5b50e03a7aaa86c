/* msa-tls-filter-private.h: the state of a TLS filter, which several files of this folder work on
 *
 * msa-tls-filter.c: data, and the filter's slots. msa-tls-handshake.c: up to the token.
 * msa-tls-resume.c: sessions taken and put. msa-tls-transport.c: bytes to and from below.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gnutls/gnutls.h>

#include "base/msa-writer-private.h"
#include "tls/msa-tls-private.h"
#include "tls/msa-tls-verify-private.h"

typedef enum
{
  MSA_TLS_PHASE_HANDSHAKE,
  MSA_TLS_PHASE_SEND,
  MSA_TLS_PHASE_RECEIVE,
} MsaTlsPhase;

/* Whether somebody is asked about a peer in doubt. */
typedef enum
{
  MSA_TLS_NOT_ASKED, /* a doubt ends the handshake */
  MSA_TLS_MAY_ASK,
  MSA_TLS_UNDECIDED, /* there is a doubt, and the handshake rests */
  MSA_TLS_ACCEPTED,
  MSA_TLS_REJECTED,
} MsaTlsAsking;

typedef struct
{
  MsaFilter        base;
  MsaSys          *sys;     /* (unowned): gives the time */
  MsaTrust        *trust;   /* (owned) */
  MsaTlsConfig    *config;  /* (owned) (nullable): NULL is the default */
  MsaHost         *host;    /* (owned) */
  char           **alpn;    /* (owned) (nullable): what was offered */
  const char      *chosen;  /* (unowned) (nullable): one of @alpn */
  gnutls_session_t session; /* (owned) (nullable): made by the first connect() */

  /* The token. The first is made within the handshake, and becomes the second when that is done: from
   * then on bytes may go through. */
  MsaTlsVerified *candidate; /* (owned) (nullable) */
  MsaTlsVerified *verified;  /* (owned) (nullable): set by connect() alone */
  MsaTlsAsking    asking;
  MsaTlsDoubt     doubt;
  GError         *doubt_error; /* (owned) (nullable) */

  MsaTlsSessions *sessions;    /* (owned) (nullable) */
  char           *session_key; /* (owned) (nullable): the same */
  gboolean        offered;     /* a session of the store */
  gboolean        has_ticket;  /* the peer sent one within the handshake */
  GQueue          fresh;       /* of GBytes: tickets of TLS 1.3, not yet in the store */

  MsaWriter input;      /* read from below, not yet taken by GnuTLS */
  GError   *pull_error; /* (owned) (nullable): what failed below, reading */
  GError   *push_error; /* (owned) (nullable): the same, writing */
  gboolean  lower_end;  /* below has ended */
  gboolean  blocked;    /* below would have blocked, since it was last set to FALSE */

  GError  *failure;      /* (owned) (nullable): of handshake or receiving; nothing works after it */
  GError  *send_failure; /* (owned) (nullable): what the peer said before can still be received */
  gboolean ended;        /* close_notify came */
  gboolean has_held;     /* @held was taken by peek() and is the next to be received */
  guint8   held;
  gboolean send_blocked; /* the last send has to be repeated */
  gboolean alert_unsent; /* GnuTLS still holds a warning of ours */
  gboolean leaving;      /* the close_notify was begun: nothing else may be said */
  gboolean has_left;     /* it was said to its end, or never will be */
  guint    n_warnings;
} MsaTlsFilter;

/* Reads and messages without data (tickets, key updates) that one call works through before the
 * rest has to wait. */
#define MSA_TLS_MAX_TURNS 16

/* msa-tls-transport.c: has GnuTLS read and write through the filter below. */
void  msa_tls_transport_init (MsaTlsFilter *self);
/* Lets the storage of the input go when nothing is in it. */
void  msa_tls_transport_rest (MsaTlsFilter *self);

/* msa-tls-filter.c: ends the session with what GnuTLS' code means; the peer is told where the protocol
 * has a word for it. */
MsaIo msa_tls_fail           (MsaTlsFilter *self,
                              MsaTlsPhase phase,
                              int result,
                              GError **error);
/* Gives what ended the session, also to those who come later. */
MsaIo msa_tls_report         (const GError *failure,
                              GError **error);
/* After a call of GnuTLS that brought nothing. TRUE: nothing is wrong. */
gboolean msa_tls_pass_over   (MsaTlsFilter *self,
                              gssize result);

/* msa-tls-handshake.c */
MsaIo msa_tls_shake_hands    (MsaTlsFilter *self,
                              GError **error);

/* msa-tls-resume.c: offers a session, before the handshake; keeps one, after it; drops the offered one. */
void  msa_tls_resume_offer   (MsaTlsFilter *self);
void  msa_tls_resume_keep    (MsaTlsFilter *self);
void  msa_tls_resume_drop    (MsaTlsFilter *self);
/* What came with the records read, into the store. */
void  msa_tls_resume_flush   (MsaTlsFilter *self);
void  msa_tls_resume_clear   (MsaTlsFilter *self);
