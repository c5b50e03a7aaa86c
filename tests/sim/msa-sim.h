/* msa-sim.h: the simulated MsaSys
 *
 * A machine with a virtual clock, a network and a resolver, in one thread and without
 * sleeping. Time stands still until it is moved by msa_sim_advance_to() and its like, or by a wait
 * (poller_wait, poll) with a timeout. The same calls give the same history.
 *
 * Descriptors have real numbers, the lowest free first, so that reuse is as in the kernel. A
 * poller's is an eventfd that is readable exactly while one of its registrations is ready, for
 * a real main loop to wait on. What the kernel would forgive or hide (double close, close
 * before removal, wrong bookkeeping of registrations) is recorded as a violation.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "model/msa-sys-private.h"

typedef struct _MsaSim     MsaSim;
typedef struct _MsaSimPeer MsaSimPeer;

/* What the clock shows at first. */
#define MSA_SIM_START_US G_GINT64_CONSTANT (1000000000)

/* The simulation is an MsaSys: (MsaSys *) sim may be given away, and ops->free drops the reference
 * of msa_sim_new(). A test that asks afterwards takes one more. */
MsaSim    *msa_sim_new            (void) G_GNUC_WARN_UNUSED_RESULT;
MsaSim    *msa_sim_ref            (MsaSim *self);
void       msa_sim_unref          (MsaSim *self);
MsaSys    *msa_sim_get_sys        (MsaSim *self);

/* Time */
gint64     msa_sim_get_now_us     (MsaSim *self);
void       msa_sim_advance_to     (MsaSim *self,
                                   gint64 now_us);
void       msa_sim_advance_by     (MsaSim *self,
                                   gint64 us);
/* When the next thing happens; G_MAXINT64: never. */
gint64     msa_sim_next_event     (MsaSim *self);
/* Moves the clock to @deadline_us or the next event, whichever is earlier. FALSE if there is no
 * event up to the deadline. */
gboolean   msa_sim_step           (MsaSim *self,
                                   gint64 deadline_us);
/* Whether it is an event that runs now: peers act, and not the library. */
gboolean   msa_sim_is_happening   (MsaSim *self);
/* No wait moves the clock beyond it; it ends there with nothing ready. G_MAXINT64, as at first: none. */
void       msa_sim_set_limit       (MsaSim *self,
                                    gint64 until_us);
gint64     msa_sim_get_limit       (MsaSim *self);
/* Runs @func when @delay_us have passed. */
void       msa_sim_call_after     (MsaSim *self,
                                   gint64 delay_us,
                                   void (*func) (MsaSim *sim, gpointer data),
                                   gpointer data);
/* The machine sleeps: only boot_us moves. */
void       msa_sim_suspend        (MsaSim *self,
                                   gint64 us);

/* Faults and findings. @op is a member of MsaSysOps, "*" any of them. */
guint      msa_sim_count          (MsaSim *self,
                                   const char *op);
/* The @nth call from now on (1: the next) fails with @error_number; for look_up an EAI_* code.
 * Calls that cannot fail are not touched. May be said several times. */
void       msa_sim_fail_nth       (MsaSim *self,
                                   const char *op,
                                   guint nth,
                                   int error_number);
/* Nothing fails any more. */
void       msa_sim_fail_no_more   (MsaSim *self);
/* The members one after the other from 0, then NULL; @can_fail: msa_sim_fail_nth() means something. */
const char *msa_sim_get_op        (guint i,
                                   gboolean *can_fail);
/* socket_open and its like give EMFILE when as many descriptors are open; 0: no limit. */
void       msa_sim_set_fd_limit   (MsaSim *self,
                                   guint n);
guint      msa_sim_n_open         (MsaSim *self);
/* (element-type utf8) (transfer none) */
GPtrArray *msa_sim_get_violations (MsaSim *self);
/* No violation, nothing open; prints what there is. */
void       msa_sim_assert_clean   (MsaSim *self);

/* Network. Addresses are numeric texts, or "unix:" with a path; then there is no port, and
 * connecting takes no time. */
typedef void (*MsaSimAcceptFunc) (MsaSim *sim,
                                  MsaSimPeer *peer,
                                  gpointer data);

/* Calls @accept when a connection request arrives. Where nobody listens it is refused. */
void       msa_sim_listen          (MsaSim *self,
                                    const char *address,
                                    guint16 port,
                                    MsaSimAcceptFunc accept,
                                    gpointer data);
void       msa_sim_unlisten        (MsaSim *self,
                                    const char *address,
                                    guint16 port);
/* Never answers. */
void       msa_sim_set_black_hole  (MsaSim *self,
                                    const char *address);
/* connect() fails at once with ENETUNREACH. */
void       msa_sim_set_unreachable (MsaSim *self,
                                    const char *address);
/* The machine has this address too; its connections come from 10.255.0.1 and fd00::ff:1, unless
 * their sockets are bound. */
void       msa_sim_add_local_address (MsaSim *self,
                                      const char *address);
/* Another program holds this local port, at all addresses. */
void       msa_sim_take_local_port (MsaSim *self,
                                    guint16 port);
/* Each way; 1000 at first. */
void       msa_sim_set_latency     (MsaSim *self,
                                    gint64 latency_us);
/* Bytes a client may have sent that its peer has not read; 256 KiB at first. */
void       msa_sim_set_send_window (MsaSim *self,
                                    gsize bytes);
/* Cuts what peers send into arrivals of so many bytes, 1 µs apart; 0, as at first: not. */
void       msa_sim_set_segment     (MsaSim *self,
                                    gsize bytes);

/* From now on each connection has a latency of its own, up to twice the usual one; reads and writes may be short,
 * and give EAGAIN once when something is there: as @seed says. */
void       msa_sim_set_unsteady    (MsaSim *self,
                                    guint64 seed);
/* Calls @watch (nullable) when a socket begins to connect (@connects) and when it is closed. */
typedef void (*MsaSimWatchFunc) (MsaSim *sim,
                                 const char *address,
                                 gboolean connects,
                                 gpointer data);

void       msa_sim_set_watch_func  (MsaSim *self,
                                    MsaSimWatchFunc watch,
                                    gpointer data);
/* Grows with each thing that happens or is done; not with the clock's being read, vain attempts, and waits. */
guint64    msa_sim_get_progress    (MsaSim *self);

/* The other end of a connection. Lives as long as the simulation. */
struct _MsaSimPeer
{
  MsaSim  *sim;            /* (unowned) */
  guint    serial;         /* 1 for the first one accepted */
  char    *address;        /* (owned): the address and port it was reached at */
  char    *client;         /* (owned): the address and port it is reached from */
  char    *device;         /* (owned) (nullable): the interface that the client is bound to */
  MsaSocketTuning tuning;  /* of the client's socket */

  gpointer user_data;
  /* (nullable): bytes were read, and stand at the end of msa_sim_peer_get_received() */
  void   (*received) (MsaSimPeer *self, gpointer user_data);
  /* (nullable): the client closed or shut down its direction */
  void   (*closed) (MsaSimPeer *self, gpointer user_data);
};

/* Arrives after the latency, in order. @len -1: a terminated text. */
void       msa_sim_peer_send          (MsaSimPeer *self,
                                       const void *data,
                                       gssize len);
/* Sends when @delay_us have passed. */
void       msa_sim_peer_send_at       (MsaSimPeer *self,
                                       gint64 delay_us,
                                       const void *data,
                                       gssize len);
/* A FIN; what the client sends from now on is answered by a reset. */
void       msa_sim_peer_close         (MsaSimPeer *self);
void       msa_sim_peer_close_at      (MsaSimPeer *self,
                                       gint64 delay_us);
/* A FIN only: the peer goes on reading. */
void       msa_sim_peer_shutdown      (MsaSimPeer *self);
void       msa_sim_peer_reset         (MsaSimPeer *self);
void       msa_sim_peer_stop_reading  (MsaSimPeer *self);
void       msa_sim_peer_go_on_reading (MsaSimPeer *self);
/* All that was read so far. The test may truncate or erase it. */
GString   *msa_sim_peer_get_received  (MsaSimPeer *self);
/* TRUE once the client's end, or its reset, has arrived. */
gboolean   msa_sim_peer_is_closed     (MsaSimPeer *self);

/* How many connections were accepted, and the nth of them from 0. */
guint       msa_sim_get_n_peers       (MsaSim *self);
MsaSimPeer *msa_sim_get_peer          (MsaSim *self,
                                       guint i);

/* Names, files, environment */

/* The answer of look_up() after @delay_us of virtual time: numeric addresses of either family.
 * A family without any gives EAI_NODATA. Names never set give EAI_NONAME at once. */
void       msa_sim_set_host        (MsaSim *self,
                                    const char *name,
                                    gint64 delay_us,
                                    ...) G_GNUC_NULL_TERMINATED;
void       msa_sim_add_host_address (MsaSim *self,
                                     const char *name,
                                     const char *address);
void       msa_sim_set_host_error  (MsaSim *self,
                                    const char *name,
                                    int code,
                                    gint64 delay_us);
/* As msa_sim_set_host_error() for one family (AF_INET, AF_INET6); code 0 leaves its addresses. */
void       msa_sim_set_host_family (MsaSim *self,
                                    const char *name,
                                    int family,
                                    int code,
                                    gint64 delay_us);
/* How long ask_resolver() takes; 0 at first. The GResolver itself is called at once, here. */
void       msa_sim_set_resolver_delay (MsaSim *self,
                                       gint64 delay_us);
/* How much longer each job takes from now on (disks, names, certificates). Its work is done at once. */
void       msa_sim_set_job_delay   (MsaSim *self,
                                    gint64 delay_us);
void       msa_sim_set_file        (MsaSim *self,
                                    const char *path,
                                    const void *data,
                                    gssize len);
void       msa_sim_set_env         (MsaSim *self,
                                    const char *name,
                                    const char *value);
/* Sockets may be bound to it. */
void       msa_sim_set_interface   (MsaSim *self,
                                    const char *name,
                                    guint index);

/* A small HTTP/1 server: heads until an empty line, bodies by Content-Length. */
typedef void (*MsaSimHttpFunc) (MsaSimPeer *peer,
                                const char *method,
                                const char *target,
                                const char *head,
                                GBytes *body,
                                gpointer data);

/* Calls @handler for each request, which answers with msa_sim_http_respond() or
 * msa_sim_peer_send(), now or later. @head is the whole head with its empty line. */
void       msa_sim_http_server     (MsaSim *self,
                                    const char *address,
                                    guint16 port,
                                    MsaSimHttpFunc handler,
                                    gpointer data);
/* @headers (nullable): lines with their CRLF. Content-Length is added unless @headers frames
 * the body or the status has none. */
void       msa_sim_http_respond    (MsaSimPeer *peer,
                                    guint status,
                                    const char *headers,
                                    const char *body);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MsaSim, msa_sim_unref)
