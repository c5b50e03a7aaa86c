/* msa-sockets-private.h: the table of watched descriptors
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-reactor-private.h"

/* Who watches the descriptors and is told of changes. Both functions may run application code. */
typedef struct
{
  /* @wanted is what to watch @fd for; @removed: no longer, and it will be closed. */
  void (*socket) (gpointer data, int fd, MsaSocketEvents wanted, gboolean removed);
  /* The next deadline: G_MAXINT64 none, 0 at once. */
  void (*timer) (gpointer data, gint64 deadline_us);
} MsaDriverOps;

typedef struct
{
  MsaWatch *watch;    /* (unowned) (nullable): who waits for this descriptor */
  gpointer  assigned; /* (unowned) (nullable): the application's */
} MsaSocketEntry;

typedef struct
{
  MsaSys             *sys;         /* (unowned) */
  GArray             *entries;     /* (owned): MsaSocketEntry by descriptor */
  GArray             *changed;     /* (owned): descriptors whose interest changed */
  GArray             *closing;     /* (owned): MsaClosing */
  guint32             generation;  /* of the last registration */
  guint               n_announced;
  int                 poller;      /* own poller; -1: not made, or there is none */
  gboolean            uses_poller; /* changes go to the own poller */
  const MsaDriverOps *driver;      /* (nullable): changes go there */
  gpointer            driver_data; /* (unowned) */
  guint               n_dropping;  /* calls on the stack that tell a driver its end */
} MsaSockets;

void      msa_sockets_init       (MsaSockets *self,
                                  MsaSys *sys);
/* Closes what is left, telling nobody. */
void      msa_sockets_clear      (MsaSockets *self);

/* Nobody is told anything any more. */
void      msa_sockets_silence    (MsaSockets *self);

/* For the reactor. */
void      msa_sockets_want       (MsaSockets *self,
                                  MsaWatch *watch,
                                  MsaSocketEvents events);
void      msa_sockets_close      (MsaSockets *self,
                                  MsaWatch *watch);

/* The watch of a descriptor that an event came for; NULL if nobody waits for it (any more). */
MsaWatch *msa_sockets_find       (MsaSockets *self,
                                  int fd);
/* As above, by what a registration with the own poller gave. */
MsaWatch *msa_sockets_find_token (MsaSockets *self,
                                  guint64 token);

gboolean  msa_sockets_is_dirty   (const MsaSockets *self);
/* Announces ends, closes, announces changes of interest. May run application code. TRUE if
 * there was anything. */
gboolean  msa_sockets_flush      (MsaSockets *self,
                                  gint64 now_us);

/* Tells the old driver that all is removed, and the new one all that is wanted. NULL and FALSE:
 * none. The own poller is made at need; FALSE if there can be none (the driver is then none). */
gboolean  msa_sockets_set_driver (MsaSockets *self,
                                  gboolean use_poller,
                                  const MsaDriverOps *driver,
                                  gpointer driver_data);

/* All that is wanted, as poll(2) takes it. */
void      msa_sockets_get_poll_fds (MsaSockets *self,
                                    GArray *fds /* of GPollFD */);

/* FALSE: @fd was not announced. */
gboolean  msa_sockets_assign     (MsaSockets *self,
                                  int fd,
                                  gpointer data);
gpointer  msa_sockets_get_assigned (MsaSockets *self,
                                    int fd);
