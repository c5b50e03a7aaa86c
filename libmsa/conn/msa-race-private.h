/* msa-race-private.h: the first of several addresses that answers
 *
 * RFC 8305, section 5: addresses are tried in their order, the next one when the one before has
 * failed or has not answered for a while, so that attempts overlap. The first socket that
 * connects wins, the others are closed.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "base/msa-limits-private.h"
#include "filter/msa-filter-private.h"
#include "net/msa-local-end-private.h"
#include "net/msa-resolver-private.h"

typedef struct _MsaRace MsaRace;

/* Whether somebody is asked about each address before it is tried. */
typedef enum
{
  MSA_GATE_NONE,
  MSA_GATE_SHUT,   /* before the next one */
  MSA_GATE_ASKING, /* about the next one */
  MSA_GATE_OPEN,   /* the one that was asked about may be tried */
} MsaGate;

typedef struct
{
  MsaRace   *race;        /* (unowned) */
  MsaFilter *socket;      /* (owned) (nullable): NULL: free, or the winner's */
  gboolean   unwatchable;
} MsaRunner;

struct _MsaRace
{
  MsaReactor   *reactor;    /* (unowned) */
  MsaLogContext trace;      /* the owner's to set */
  MsaAddresses *addresses;  /* (owned) (nullable): NULL: not begun */
  guint         next;       /* address to look at next */
  GArray       *tried;      /* (owned) (nullable) (element-type MsaAddress): of an earlier list */
  guint16       port;
  gint64        delay_us;   /* the owner's to set: how long one runs before the next starts beside it */
  const MsaLocalEnd *local; /* (unowned) (nullable): from where; outlives the race */
  MsaGate       gate;       /* the owner's to shut after msa_race_begin() */
  MsaAddress    allowed;    /* while the gate is open: the one that may be tried */
  GSocket      *handed;     /* (owned) (nullable): to be used for the next one */
  MsaRunner     runners[MSA_MAX_RUNNERS];
  guint         n_running;
  MsaTimer      timer;      /* when the next may start although others run */
  gboolean      delay_over;
  gboolean      more_to_come; /* msa_race_join() follows: it does not fail before */
  GString      *failures;   /* (owned) (nullable): what each address said */
  int           last_code;  /* of MsaError */

  /* Something happened: msa_race_drive() wants to be called. Only takes note. */
  void        (*wake) (MsaRace *self);
};

void     msa_race_init  (MsaRace *self,
                         MsaReactor *reactor,
                         void (*wake) (MsaRace *self));
/* Ends all attempts. It may begin again. */
void     msa_race_clear (MsaRace *self);

/* There is one address at least. */
void     msa_race_begin (MsaRace *self,
                         MsaAddresses *addresses,
                         guint16 port);
/* More is known: @addresses holds those of before too, which are not tried again. */
void     msa_race_join  (MsaRace *self,
                         MsaAddresses *addresses);
/* FALSE: nobody is asked now. Else the address to be answered about. */
gboolean msa_race_get_asked (MsaRace *self,
                             MsaAddress *address);
/* It may be tried, by @socket (nullable), which is taken, or by one of our own; or not. Wants to be driven then. */
void     msa_race_answer (MsaRace *self,
                          gboolean allowed,
                          GSocket *socket);
/* No socket wakes the owner until it drives again. */
void     msa_race_rest  (MsaRace *self);
/* DONE: @winner is connected and the caller's, who has it call him; the others are closed. AGAIN. ERROR: every
 * address failed; the text says how each did. */
MsaIo    msa_race_drive (MsaRace *self,
                         gint64 now_us,
                         MsaFilter **winner,
                         GError **error);
